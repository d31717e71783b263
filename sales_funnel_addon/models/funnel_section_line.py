from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Field types that have no place in a section: tables and what only a widget of its own can show.
UNSHOWABLE_TYPES = ("one2many", "properties", "properties_definition", "json", "reference", "many2one_reference")


class FunnelSectionLine(models.Model):
    """One field in a section of the card."""

    _name = "funnel.section.line"
    _inherit = ["funnel.config.mixin"]
    _description = "Field in a Section"
    _order = "section_id, sequence, id"
    _rec_name = "field_id"

    section_id = fields.Many2one("funnel.section", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    field_id = fields.Many2one(
        "ir.model.fields",
        required=True,
        ondelete="cascade",
        domain=[("model", "=", "crm.lead"), ("ttype", "not in", list(UNSHOWABLE_TYPES))],
    )

    _unique_field = models.Constraint("UNIQUE (section_id, field_id)", "A field stands in a section only once.")

    @api.constrains("field_id")
    def _check_field_id(self):
        # managers may read the list of fields; constraints run for whoever loads a preset as well
        for field in self.sudo().field_id:
            if field.model != "crm.lead":
                raise ValidationError(self.env._("“%s” is not a field of leads.", field.field_description))
            if field.ttype in UNSHOWABLE_TYPES:
                raise ValidationError(self.env._("“%s” has no place in a section.", field.field_description))

    def _get_rule_fields(self):
        return ["section_id", "sequence", "field_id"]
