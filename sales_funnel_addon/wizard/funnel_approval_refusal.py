from odoo import fields, models


class FunnelApprovalRefusal(models.TransientModel):
    """The dialog in which somebody of the role refuses approvals and says why."""

    _name = "funnel.approval.refusal"
    _description = "Refuse an Approval"

    task_ids = fields.Many2many("funnel.task", string="Approvals", required=True)
    comment = fields.Text("Reason", required=True)

    def action_apply(self):
        """Refuse; rights and comment are checked there."""
        self.task_ids.write({"state": "refused", "comment": self.comment})
        return {"type": "ir.actions.act_window_close"}
