from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.import_headers import NAME_PARTS, REPEATABLE
from .funnel_import_value_mixin import IMPORTED_FIELDS


class FunnelImportColumn(models.Model):
    """One column of an imported table, and the field of the leads that its values go into."""

    _name = "funnel.import.column"
    _description = "Column of an Import"
    _order = "import_id, position"
    _rec_name = "header"

    import_id = fields.Many2one("funnel.import", required=True, index=True, ondelete="cascade")
    position = fields.Integer(required=True, readonly=True, help="Counted from the left, the first one is 0.")
    header = fields.Char("Column", required=True, readonly=True)
    sample = fields.Char("For Example", readonly=True, help="The first values of the column.")
    target = fields.Selection("_selection_target", "Goes Into", help="Empty: the column is left out.")

    _unique_position = models.Constraint("UNIQUE (import_id, position)", "Each column of a table stands there once.")

    @api.model
    def _selection_target(self):
        """Return the fields that can be imported, with their labels in the language of the reader."""
        Lead = self.env["crm.lead"]
        names = [name for name in self._get_target_names() if name in Lead._fields]
        labels = {name: values["string"] for name, values in Lead.fields_get(names, ["string"]).items()}
        parts = {
            "last_name": self.env._("Last Name"),
            "first_name": self.env._("First Name"),
            "middle_name": self.env._("Middle Name"),
        }
        found = {**labels, "name": self.env._("Title"), **parts}
        return [(name, found[name]) for name in self._get_target_names() if name in found]

    @api.model
    def _get_target_names(self):
        """Return the names of the fields that can be imported; a module with fields of its own adds them here."""
        names = list(IMPORTED_FIELDS)
        at = names.index("contact_name") + 1
        return [*names[:at], *NAME_PARTS, *names[at:]]

    def write(self, vals):
        self.import_id._check_may_change()
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name == "target"}
        result = super().write(vals)
        self.import_id.sudo()._forget_check()  # the state is the server's to say
        return result

    @api.constrains("target")
    def _check_target(self):
        """A field that has one value is filled from one column; what no table fills is filled from none.

        Odoo does not check the values of a selection whose choices depend on the reader.
        """
        known = self._get_target_names()
        for column in self:
            if column.target and column.target not in known:
                raise ValidationError(
                    self.env._(
                        "The column “%(column)s” cannot go into “%(field)s”: no table fills that field.",
                        column=column.header,
                        field=column.target,
                    )
                )
        for job in self.import_id:
            job._check_targets(REPEATABLE)
