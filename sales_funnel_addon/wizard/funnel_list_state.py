from odoo import fields, models


class FunnelListState(models.TransientModel):
    """The dialog in which a list is paused or resumed, with a note."""

    _name = "funnel.list.state"
    _description = "Pause or Resume a List"

    list_ids = fields.Many2many("funnel.list", string="Lists", required=True)
    mode = fields.Selection([("pause", "Pause"), ("resume", "Resume")], default="resume", required=True)
    note = fields.Text(required=True, help="It is kept in the chatter of the list.")

    def action_apply(self):
        """Pause or resume the lists; rights are checked there."""
        self.ensure_one()
        if self.mode == "pause":
            self.list_ids.action_pause(self.note)
        else:
            self.list_ids.action_resume(self.note)
        return {"type": "ir.actions.act_window_close"}
