from odoo import api, fields, models

from ..models.crm_lost_reason import LOSS_CATEGORIES


class CrmLeadLost(models.TransientModel):
    """The dialog *Lost*: for leads of a funnel it asks for everything that the reason demands."""

    _inherit = "crm.lead.lost"

    is_funnel = fields.Boolean(compute="_compute_is_funnel")
    category = fields.Selection(LOSS_CATEGORIES, default="refusal")
    available_reason_ids = fields.Many2many("crm.lost.reason", compute="_compute_available_reason_ids")
    comment_required = fields.Boolean(related="lost_reason_id.comment_required")
    lost_comment = fields.Text("Comment")
    missing_fields = fields.Json(compute="_compute_missing_fields")
    missing_values = fields.Json()

    @api.depends("lead_ids")
    def _compute_is_funnel(self):
        for wizard in self:
            wizard.is_funnel = any(wizard.lead_ids.mapped("team_id.funnel_kind"))

    @api.depends("lead_ids")
    def _compute_available_reason_ids(self):
        """Offer the reasons that every funnel of the leads has; other teams have the reasons without a funnel."""
        reasons = self.env["crm.lost.reason"].search([])
        for wizard in self:
            funnels = wizard.lead_ids._get_funnel_of_losses().filtered("funnel_kind")
            if funnels:
                wizard.available_reason_ids = reasons.filtered(lambda reason, f=funnels: not (f - reason.team_ids))
            else:
                wizard.available_reason_ids = reasons.filtered(lambda reason: not reason.team_ids)

    @api.depends("lead_ids", "lost_reason_id")
    def _compute_missing_fields(self):
        """List the fields that the reason demands and that some of the leads lack."""
        rules = self.env["crm.team"]._get_funnel_rules()
        for wizard in self:
            reason = rules.reasons.get(wizard.lost_reason_id.id)
            leads = wizard.lead_ids.filtered("team_id.funnel_kind")
            names = reason.field_names if reason else ()
            wizard.missing_fields = [name for name in names if any(lead._get_missing_fields((name,)) for lead in leads)]

    @api.onchange("category")
    def _onchange_category(self):
        if self.lost_reason_id.category != self.category:
            self.lost_reason_id = False

    def action_lost_reason_apply(self):
        """Fill in what was missing, then lose the leads; the gate has the last word."""
        funnel_leads = self.lead_ids.filtered("team_id.funnel_kind")
        if funnel_leads:
            answers = self.missing_values or {}
            for name in set(self.missing_fields or ()) & set(answers):
                lacking = funnel_leads.filtered(lambda lead, n=name: lead._get_missing_fields((n,)))
                lacking.write({name: answers[name]})
            if self.lost_comment:
                funnel_leads.write({"lost_comment": self.lost_comment})
        return super().action_lost_reason_apply()
