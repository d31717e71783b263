from odoo import api, fields, models


class FunnelListMove(models.TransientModel):
    """The dialog in which leads go to another list, because its product fits these clients better."""

    _name = "funnel.list.move"
    _inherit = ["funnel.leads.dialog"]
    _description = "Move to Another List"

    lead_ids = fields.Many2many(context={"active_test": False})
    former_list_ids = fields.Many2many("funnel.list", string="From Lists", compute="_compute_former_list_ids")
    list_id = fields.Many2one("funnel.list", "To List", required=True)
    list_team_id = fields.Many2one(related="list_id.team_id", string="Its Funnel")
    list_product_id = fields.Many2one(related="list_id.product_id", string="Its Product")
    note = fields.Text(required=True, help="It is kept in the chatter and in the stage history.")

    @api.depends("lead_ids")
    def _compute_former_list_ids(self):
        """Find the list to which it makes no sense to move the leads; of several lists each may be the right one."""
        for wizard in self:
            lists = wizard.lead_ids.funnel_list_id
            wizard.former_list_ids = lists if len(lists) == 1 else False

    def action_apply(self):
        """Move the leads; rights and rules are checked there."""
        self.ensure_one()
        self.lead_ids.funnel_move_to_list(self.list_id.id, self.note)
        return {"type": "ir.actions.act_window_close"}
