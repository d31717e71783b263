from odoo import fields, models


class FunnelHandover(models.TransientModel):
    """The dialog that asks to which funnel a deal is handed over, when it is won or afterwards."""

    _name = "funnel.handover"
    _description = "Hand Over a Deal"

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade")
    # somebody may name any deal: nothing is told of those that they may not see
    won_status = fields.Selection(related="lead_id.won_status", related_sudo=False)
    choice_ids = fields.Many2many("crm.team", related="lead_id.funnel_handover_choice_ids", related_sudo=False)
    team_id = fields.Many2one(
        "crm.team", "To the Funnel", required=True, ondelete="cascade", domain="[('id', 'in', choice_ids)]"
    )

    def action_apply(self):
        """Hand the deal over, winning it if it is not won yet; show the new card where the user may see it."""
        self.ensure_one()
        lead = self.lead_id
        if lead.won_status != "won":
            lead.funnel_handover_team_id = self.team_id
            return lead.action_set_won_rainbowman()
        lead.funnel_hand_over(self.team_id.id)
        return {"type": "ir.actions.act_window_close"}
