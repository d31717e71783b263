from odoo import fields, models
from odoo.tools import SQL


class FunnelReportMixin(models.AbstractModel):
    """A report with one row per fact about a lead; whoever may read the lead may read its rows."""

    _name = "funnel.report.mixin"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Report on Leads"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "lead_id"

    lead_id = fields.Many2one("crm.lead", readonly=True)
    date = fields.Datetime(readonly=True)

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM %s WHERE %s", self._select(), self._from(), self._where())

    def _select(self):
        raise NotImplementedError

    def _from(self):
        raise NotImplementedError

    def _where(self):
        return SQL("TRUE")

    def action_open_lead(self):
        """Open the lead of the row."""
        return self.lead_id.get_formview_action()
