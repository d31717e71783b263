from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

#: What each figure counts: the model, its date, and the domain, which is made a Domain for each registry anew.
FIGURES = {
    "kpi_funnel_passed": ("funnel.stage.report", "left_date", [("went_on_count", "=", 1)]),
    "kpi_funnel_refused": ("funnel.loss.report", "date", [("category", "=", "refusal")]),
    "kpi_funnel_returned": ("funnel.refusal", "verdict_date", [("state", "=", "returned")]),
    "kpi_funnel_reminded": ("funnel.reminder.report", "date", []),
}


class DigestDigest(models.Model):
    """The regular mail with figures; here those of the funnels."""

    _inherit = "digest.digest"

    kpi_funnel_passed = fields.Boolean("Leads Moved On in Funnels")
    kpi_funnel_passed_value = fields.Integer(compute="_compute_funnel_figures")
    kpi_funnel_refused = fields.Boolean("Leads Refused in Funnels")
    kpi_funnel_refused_value = fields.Integer(compute="_compute_funnel_figures")
    kpi_funnel_returned = fields.Boolean("Refusals Returned to Work")
    kpi_funnel_returned_value = fields.Integer(compute="_compute_funnel_figures")
    kpi_funnel_reminded = fields.Boolean("Reminders because Nobody Acted")
    kpi_funnel_reminded_value = fields.Integer(compute="_compute_funnel_figures")

    def _compute_funnel_figures(self):
        """Count what the reader may see of each company; leads without a company count for all of them.

        :raises AccessError: for readers outside sales, whose mail leaves these figures out
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(self.env._("Only salespeople get the figures of the funnels."))
        start, end, companies = self._get_kpi_compute_parameters()
        for name, (model, date_field, condition) in FIGURES.items():
            counted = Domain(date_field, ">=", start) & Domain(date_field, "<", end) & Domain(condition)
            counted &= Domain("lead_id.company_id", "in", [*companies.ids, False])
            groups = self.env[model]._read_group(counted, ["lead_id.company_id"], ["__count"])
            counts = {company.id: count for company, count in groups}
            for digest in self:
                company = digest.company_id or self.env.company
                digest[f"{name}_value"] = counts.get(company.id, 0) + counts.get(False, 0)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("crm.crm_menu_root").id
        return {**actions, **dict.fromkeys(FIGURES, f"sales_funnel_addon.funnel_dashboard_action?menu_id={menu}")}
