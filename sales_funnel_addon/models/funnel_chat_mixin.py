from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

#: What changes who talks about a lead.
CHAT_FIELDS = frozenset({"user_id", "measurement_user_id", "measurement_date"})


class FunnelChatMixin(models.AbstractModel):
    """A chat about one deal, for the people who work on it: a private group that is made with one click."""

    _name = "funnel.chat.mixin"
    _description = "Chat about a Deal"

    chat_channel_id = fields.Many2one(
        "discuss.channel", "Chat", copy=False, readonly=True, index="btree_not_null", ondelete="set null"
    )
    funnel_can_chat = fields.Boolean("May Chat about It", compute="_compute_funnel_can_chat")

    @api.depends("team_id", "user_id")
    @api.depends_context("uid")
    def _compute_funnel_can_chat(self):
        allowed = self.filtered(lambda lead: lead._origin and lead._has_chat())._filter_chattable()
        for lead in self:
            lead.funnel_can_chat = lead in allowed

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_funnel_chat(self):
        """Open the chat about this lead. The first to ask for it makes it, with everybody who has a part in the lead.

        :raises AccessError: for people who neither may edit the lead nor play a role in its chat
        :raises UserError: when the funnel has no chats
        """
        self.ensure_one()
        if not self._filter_chattable():
            raise AccessError(self.env._("Only those who work on a deal join its chat."))
        lead = self.sudo()  # the chat is the engine's; those who play a role in it may not edit the lead
        if not lead._has_chat():
            raise UserError(self.env._("The funnel of this deal has no chats: choose the roles first."))
        # who asks at the same moment waits here, and begins anew once there is a chat
        self.env.cr.execute(SQL("SELECT id FROM crm_lead WHERE id = %s FOR NO KEY UPDATE", self.id))
        channel = lead.chat_channel_id or lead._create_chat()
        if self.env.user.partner_id not in channel.channel_member_ids.partner_id:
            channel._add_members(users=self.env.user)
        return {
            "type": "ir.actions.client",
            "tag": "mail.action_discuss",
            "name": channel.name,
            "context": {"active_id": channel.id},  # the web client would take the lead's id for that of a channel
        }

    def _has_chat(self):
        """Tell whether people talk about this lead in a chat of its own, or may do so."""
        funnel = self.env["crm.team"]._get_funnel_rules().funnels.get(self.team_id.id)
        return bool(self.sudo().chat_channel_id or (funnel and funnel.chat_role_ids))

    def _filter_chattable(self):
        """Return those of the leads in whose chat this user may have a part."""
        leads = self.sudo(False)
        editable = leads._filtered_access("write")
        people = (leads - editable)._get_chat_user_ids(everybody=True)
        return self.filtered(lambda lead: lead in editable or self.env.uid in people.get(lead.id, ()))

    # ------------------------------------------------------------
    # THE CHAT
    # ------------------------------------------------------------

    def _get_chat_user_ids(self, *, everybody=False):
        """Return who has a part in the chats of these leads, as sets of user ids by lead id.

        Of the role that goes to the client only who goes has one.

        :param bool everybody: also those who may act in a role, but are not expected to
        """
        leads, rules = self.sudo(), self.env["crm.team"]._get_funnel_rules()
        funnels = {lead.id: rules.funnels[lead.team_id.id] for lead in leads if lead.team_id.id in rules.funnels}
        people = leads._get_role_people({i for funnel in funnels.values() for i in funnel.chat_role_ids})
        users = {}
        for lead in leads:
            funnel, users[lead.id] = funnels.get(lead.id), set(lead._get_visit_users().ids)
            for role_id in funnel.chat_role_ids if funnel else ():
                played = people.get((lead.id, role_id))
                is_chosen = role_id == funnel.visit_role_id and lead.measurement_user_id
                if played and (everybody or not is_chosen):
                    users[lead.id].update(played.members if everybody else played.performers)
        return users

    def _create_chat(self):
        """Make the chat about this lead, which is read as superuser, and say in it what it is about."""
        users = self.env["res.users"].browse(self._get_chat_user_ids()[self.id])
        channel = self.env["discuss.channel"]._create_group(users.partner_id.ids, name=self.name)
        self._link_chat(channel)
        channel.message_post(body=self._render_chat_message(), message_type="comment", subtype_xmlid="mail.mt_comment")
        return channel

    def _render_chat_message(self):
        """Return the first message, in the language of the funnel and with its time zone."""
        team, rules = self.team_id, self.env["crm.team"]._get_funnel_rules()
        template = team.chat_template_id or self.env.ref("sales_funnel_addon.mail_template_chat")
        timezone = rules.working_time(team.id, self.company_id.id).timezone
        lang = team.user_id.lang or "en_US"
        return template.with_context(funnel_tz=timezone)._render_field("body_html", self.ids, set_lang=lang)[self.id]

    def _link_chat(self, channel):
        self.flush_recordset(["chat_channel_id"])
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET chat_channel_id = %s WHERE id IN %s", channel.id or None, self._ids)
        )
        self.invalidate_recordset(["chat_channel_id"], flush=False)
        self._follow_with_tasks({"chat_channel_id"})

    # ------------------------------------------------------------
    # THE CHAT FOLLOWS THE LEAD
    # ------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(CHAT_FIELDS):
            self.sudo().filtered("chat_channel_id")._join_chats()  # whoever hands a lead over, its chat goes along
        return result

    def _join_chats(self):
        """Let those into the chats of these leads who have come to have a part in them, for all chats at once."""
        if not self:
            return
        Member = self.env["discuss.channel.member"]
        user_ids = self._get_chat_user_ids()
        users = {lead.id: self.env["res.users"].browse(user_ids[lead.id]) for lead in self}
        present = set(
            Member.search_fetch([("channel_id", "in", self.chat_channel_id.ids)], ["channel_id", "partner_id"]).mapped(
                lambda member: (member.channel_id.id, member.partner_id.id)
            )
        )
        self.env["res.users"].union(*users.values()).fetch(["partner_id"])
        self.chat_channel_id.fetch(["channel_type"])  # Odoo reads them one by one
        Member.create(
            [
                {"channel_id": lead.chat_channel_id.id, "partner_id": user.partner_id.id}
                for lead in self
                for user in users[lead.id]
                if (lead.chat_channel_id.id, user.partner_id.id) not in present
            ]
        )

    def _merge_dependences(self, opportunities):
        lead = self.sudo()  # the chats are the engine's
        chats = opportunities.sudo().chat_channel_id
        if chats and not lead.chat_channel_id:
            lead._link_chat(chats[0])
        return super()._merge_dependences(opportunities)
