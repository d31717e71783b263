from odoo import models


class CrmMergeOpportunity(models.TransientModel):
    """The dialog *Merge*: leads of funnels stay where the best of them is, whoever takes them over."""

    _inherit = "crm.merge.opportunity"

    def _compute_team_id(self):
        result = super()._compute_team_id()
        for wizard in self:
            team = wizard.opportunity_ids._origin._get_merge_team()
            if team:
                wizard.team_id = team
        return result
