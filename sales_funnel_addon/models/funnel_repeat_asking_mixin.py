from odoo import api, fields, models
from odoo.exceptions import UserError


class FunnelRepeatAskingMixin(models.AbstractModel):
    """Asking the head of sales to allow the conversion of a colleague's client, and telling what came of it."""

    _name = "funnel.repeat.asking.mixin"
    _description = "Permission for Repeat Clients"

    def action_ask_repeat_client(self):
        """Plan an activity for the head of the funnel: to allow the conversion of these leads.

        Leads that need no permission and those for which somebody has asked already are passed over.

        :returns: an action that says who has been asked
        :raises AccessError: for leads that the user may not edit
        :raises UserError: when nobody has to be asked, or when the funnel has no head
        """
        self.check_access("write")
        leads = self.filtered("repeat_needs_approval")
        if not leads:
            raise UserError(self.env._("Nobody has to allow the conversion of these leads."))
        heads = leads.team_id.user_id
        if leads.filtered(lambda lead: not lead.team_id.user_id.active):
            raise UserError(
                self.env._("The funnel has no head of sales: ask a funnel manager to allow the conversion.")
            )
        asked = set(leads._find_repeat_requests().mapped("res_id"))
        today = fields.Date.context_today(self)
        self._create_activities(
            [
                {
                    "res_id": lead.id,
                    "user_id": head.id,
                    "date_deadline": today,
                    "summary": lead.with_context(lang=head.sudo().lang).env._("Allow the conversion of this client?"),
                    # what the head reads of it, in the language of the head
                    "note": lead.with_user(head).with_context(lang=head.sudo().lang).sudo().repeat_summary,
                }
                for lead in leads
                if lead.id not in asked
                for head in lead.team_id.user_id
            ],
            self._get_repeat_request_type(),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Asked: %s.", ", ".join(heads.sudo().mapped("name"))),
                "next": {"type": "ir.actions.act_window_close"},  # reloads the view below
            },
        }

    def action_approve_repeat_client(self):
        """Tell the salespeople, and finish what the head was asked to do."""
        result = super().action_approve_repeat_client()
        requests = self._find_repeat_requests()
        if requests:
            requests._action_done()
        for lead in self.filtered(lambda lead: lead.user_id.active and lead.user_id != self.env.user):
            words = lead.with_context(lang=lead.user_id.sudo().lang).env
            lead.message_notify(
                partner_ids=lead.user_id.sudo().partner_id.ids,
                subject=words._("You may convert “%s”", lead.name),
                body=words._("The conversion of a colleague's client was allowed."),
                force_send=False,
            )
        return result

    def _find_repeat_requests(self):
        """Return the activities by which somebody was asked to allow the conversion of these leads."""
        own = self._get_repeat_request_type()
        Activity = self.env["mail.activity"].sudo()  # the engine's own, whoever may see them
        domain = [("res_model", "=", "crm.lead"), ("res_id", "in", self.ids), ("activity_type_id", "=", own.id)]
        return Activity.search(domain) if own else Activity

    @api.model
    def _get_repeat_request_type(self):
        """Return the type of those activities; none if somebody has deleted it."""
        own = self.env.ref("sales_funnel_addon.activity_type_repeat_client", raise_if_not_found=False)
        return own or self.env["mail.activity.type"]
