from odoo import api, fields, models


class UtmLabelMixin(models.AbstractModel):
    """A translatable label for UTM records, whose names are one word for all languages.

    The name stays what links and imports use; people see the label in their language and can search by either.
    """

    _name = "utm.label.mixin"
    _description = "Translatable UTM Label"
    _rec_names_search = ["name", "label"]

    label = fields.Char(translate=True, help="What people see instead of the name, in their language.")

    @api.depends("label")
    @api.depends_context("lang")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        for record in self:
            if record.label:
                record.display_name = record.label
        return result


class UtmSource(models.Model):
    """Where a client comes from."""

    _name = "utm.source"
    _inherit = ["utm.label.mixin", "utm.source"]


class UtmMedium(models.Model):
    """The intake form through which a request arrives."""

    _name = "utm.medium"
    _inherit = ["utm.label.mixin", "utm.medium"]
