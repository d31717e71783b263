from odoo import models


class CrmMergeOpportunity(models.TransientModel):
    """The dialog *Merge*: leads of one funnel stay in it, whoever takes them over."""

    _inherit = "crm.merge.opportunity"

    def _compute_team_id(self):
        result = super()._compute_team_id()
        for wizard in self:
            team = wizard.opportunity_ids.team_id
            if len(team) == 1 and team.funnel_kind:
                wizard.team_id = team
        return result
