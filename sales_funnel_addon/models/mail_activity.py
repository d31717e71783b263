from odoo import fields, models

from ..tools.checklists import OPEN_STATES


class MailActivity(models.Model):
    """An activity; the one of a checklist task is done together with the task."""

    _inherit = "mail.activity"

    funnel_task_id = fields.Many2one("funnel.task", "Checklist Task", ondelete="set null", index="btree_not_null")

    def _action_done(self, feedback=False, attachment_ids=None):
        # the task may belong to a lead that the assignee cannot open
        tasks = self.sudo().funnel_task_id.filtered(lambda task: task.state in OPEN_STATES).sudo(False)
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        for kind, group in tasks.sudo().grouped("kind").items():
            group.sudo(False)._change_state("approved" if kind == "approval" else "done", feedback or None)
        return result
