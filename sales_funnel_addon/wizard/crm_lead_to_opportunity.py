from odoo import models


class CrmLead2opportunityPartner(models.TransientModel):
    """The dialog *Convert*: a lead of a funnel goes to the funnel that its own funnel names."""

    _inherit = "crm.lead2opportunity.partner"

    def _compute_team_id(self):
        result = super()._compute_team_id()
        self._set_team_of_funnel("lead_id")
        return result

    def _convert_and_allocate(self, leads, user_ids, team_id=False):
        """Stock Odoo converts lead by lead; the gate judges them together and names all that do not pass."""
        with leads._gate_batch() as batched:
            batched.env.context["funnel_gate_batch"].conversions = leads._judge_conversions()
            return super()._convert_and_allocate(batched, user_ids, team_id=team_id)

    def _set_team_of_funnel(self, leads_field):
        """Choose the funnel of deals, if all leads of the dialog convert into the same one."""
        for wizard in self:
            target = wizard[leads_field].team_id.deal_team_id
            if len(target) == 1:
                wizard.team_id = target


class CrmLead2opportunityPartnerMass(models.TransientModel):
    """The same for several leads at once."""

    _inherit = "crm.lead2opportunity.partner.mass"

    def _compute_team_id(self):
        result = super()._compute_team_id()
        self._set_team_of_funnel("lead_tomerge_ids")
        return result
