from odoo import api, fields, models
from odoo.fields import Domain
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

    @api.model
    def _get_follow_domain(self):
        """Whoever may read every lead there is need not have each of a million rows looked up."""
        return Domain.TRUE if self._is_open_to_reader() else super()._get_follow_domain()

    def _is_open_to_reader(self):
        """Tell whether the record rules let this user read all leads of all companies."""
        rules = self.env["ir.rule"]._compute_domain("crm.lead", "read")
        # the companies of other people count as well: there must be none that is closed to this user
        everywhere = {False, *self.env["res.company"].sudo().with_context(active_test=False).search([])._ids}

        def open_company(condition):
            is_open = condition.field_expr == "company_id" and condition.operator == "in"
            return Domain.TRUE if is_open and everywhere.issubset(condition.value) else condition

        lead_rules = Domain(rules).optimize(self.env["crm.lead"]).map_conditions(open_company)
        return lead_rules.optimize(self.env["crm.lead"]).is_true() and self.env["crm.lead"].has_access("read")

    def action_open_lead(self):
        """Open the lead of the row."""
        return self.lead_id.get_formview_action()
