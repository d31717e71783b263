from odoo import models
from odoo.exceptions import AccessError


class MailTemplate(models.Model):
    """A message template; what reminders are written from is configuration, for it is evaluated with all rights."""

    _inherit = "mail.template"

    def write(self, vals):
        self._check_reminders()
        return super().write(vals)

    def unlink(self):
        self._check_reminders()
        return super().unlink()

    def _check_reminders(self):
        """Refuse to let others than funnel managers change what reminders are written from."""
        if self.env.su or self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            return
        repeat = self.env.ref("sales_funnel_addon.mail_template_repeat_client", raise_if_not_found=False)
        if repeat and repeat in self:
            raise AccessError(self.env._("Only a funnel manager changes what is said of repeat clients."))
        used = self.env["funnel.reminder"].sudo().with_context(active_test=False)
        reminder = used.search([("template_id", "in", self.ids)], limit=1)
        if reminder:
            raise AccessError(
                self.env._(
                    "“%(template)s” is the message of the reminder “%(reminder)s”: only a funnel manager changes it.",
                    template=reminder.template_id.name,
                    reminder=reminder.name,
                )
            )
