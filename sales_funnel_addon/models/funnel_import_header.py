from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.import_headers import normalise


class FunnelImportHeader(models.Model):
    """Into which field a company has last imported columns with a header."""

    _name = "funnel.import.header"
    _description = "Remembered Column of Imports"
    _order = "header"
    _rec_name = "header"

    header = fields.Char(required=True, help="In small letters, without marks.")
    target = fields.Char(help="The name of the field. Empty: columns with this header are left out.")
    company_id = fields.Many2one("res.company", index=True, ondelete="cascade")

    _unique_header = models.UniqueIndex("(header, COALESCE(company_id, 0))", "Each header is remembered once.")

    @api.model
    def _get_known(self, company):
        """Return the fields by normalised header that a company has chosen before."""
        known = self.sudo().search_fetch([("company_id", "=", company.id)], ["header", "target"])  # whoever chose them
        return {header.header: header.target for header in known}

    @api.model
    def _remember(self, columns, company):
        """Note what was chosen for columns, in one statement."""
        chosen = {normalise(column.header)[:200]: column.target or None for column in columns}
        chosen.pop("", None)
        if chosen:
            rows = [
                SQL("(%s, %s, %s)", header, target, company.id or None) for header, target in sorted(chosen.items())
            ]
            self.env.cr.execute(
                SQL(
                    """INSERT INTO funnel_import_header (header, target, company_id) VALUES %s
                       ON CONFLICT (header, COALESCE(company_id, 0)) DO UPDATE SET target = EXCLUDED.target""",
                    SQL(", ").join(rows),
                )
            )
            self.invalidate_model(flush=False)
