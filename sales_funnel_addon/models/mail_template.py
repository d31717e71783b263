from odoo import models
from odoo.exceptions import AccessError


class MailTemplate(models.Model):
    """A message template; what reminders and chats are made of is configuration: it is evaluated with all rights."""

    _inherit = "mail.template"

    def write(self, vals):
        self._check_reminders()
        return super().write(vals)

    def unlink(self):
        self._check_reminders()
        return super().unlink()

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        # translations are evaluated just as well, and do not pass through write
        self._check_reminders()
        return super()._update_field_translations(field_name, translations, digest=digest, source_lang=source_lang)

    def _check_reminders(self):
        """Refuse to let others than funnel managers change what reminders are written from, or may be one day."""
        if self.env.su or self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            return
        repeat = self.env.ref("sales_funnel_addon.mail_template_repeat_client", raise_if_not_found=False)
        if repeat and repeat in self:
            raise AccessError(self.env._("Only a funnel manager changes what is said of repeat clients."))
        teams = self.env["crm.team"].sudo().with_context(active_test=False)
        if teams.search_count([("chat_template_id", "in", self.ids)], limit=1):
            raise AccessError(self.env._("This is the first message of chats: only a funnel manager changes it."))
        used = self.env["funnel.reminder"].sudo().with_context(active_test=False)
        own = self.env["ir.model.data"].sudo()
        templates = used.search([("template_id", "in", self.ids)], limit=1).template_id or self.sudo().browse(
            own.search(
                [("module", "=", "sales_funnel_addon"), ("model", "=", self._name), ("res_id", "in", self.ids)], limit=1
            ).mapped("res_id")
        )
        if templates:
            raise AccessError(
                self.env._("“%s” is a message of reminders: only a funnel manager changes it.", templates.name)
            )
