from odoo import models


class CrmLead2opportunityPartner(models.TransientModel):
    """The dialog *Convert*: a lead of a funnel goes to the funnel that its own funnel names."""

    _inherit = "crm.lead2opportunity.partner"

    def _compute_team_id(self):
        super()._compute_team_id()
        for wizard in self:
            target = wizard._get_converted_leads().team_id.deal_team_id
            if len(target) == 1:
                wizard.team_id = target

    def _get_converted_leads(self):
        return self.lead_id


class CrmLead2opportunityPartnerMass(models.TransientModel):
    """The same for several leads at once."""

    _inherit = "crm.lead2opportunity.partner.mass"

    def _compute_team_id(self):
        super()._compute_team_id()
        for wizard in self:
            target = wizard._get_converted_leads().team_id.deal_team_id
            if len(target) == 1:
                wizard.team_id = target

    def _get_converted_leads(self):
        return self.lead_tomerge_ids
