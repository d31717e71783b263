from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.lead_moves import GatePass

#: How often within an hour a lead may come back to a stage and be moved or worked on by the same reminder there.
MOST_RETURNS = 10


class FunnelReminderEffectMixin(models.AbstractModel):
    """What a reminder does when it falls due, for a whole batch of leads at once."""

    _name = "funnel.reminder.effect.mixin"
    _description = "Effects of Reminders"

    def _may_move_leads(self):
        """Tell whether a lead may be somewhere else, or nowhere, after this."""
        return bool(self.move_stage_id or self.server_action_id)

    def _apply(self, timers):
        """Do what this reminder says for the leads of timers, which have been marked as fired.

        :raises Exception: whatever goes wrong; the caller takes everything back
        """
        self.ensure_one()
        if not self._get_effects():
            raise UserError(self.env._("“%s” does nothing any more: what it did was deleted.", self.name))
        people = timers.lead_id._get_role_people([*self.role_ids.ids, *self.activity_role_id.ids])
        self._tell(timers, people)
        self._plan_activities(timers, people)
        self._post(timers.lead_id)
        self._check_circles(timers)
        self._move(timers.lead_id)
        self._run(timers.lead_id)

    # ------------------------------------------------------------
    # MESSAGES
    # ------------------------------------------------------------

    def _tell(self, timers, people):
        """Note who has to be told what; the messages go out once everything that is due has fired."""
        if not self.role_ids:
            return
        overtaken = timers._get_overtaken_roles()
        people |= timers.lead_id._get_role_people(set().union(*overtaken.values()) - set(self.role_ids.ids))
        rows = []
        for timer in timers:
            lead_id, role_ids = timer.lead_id.id, {*self.role_ids.ids, *overtaken.get(timer.id, ())}
            user_ids = {i for role_id in role_ids for i in people[lead_id, role_id].performers}
            if not user_ids:
                names = ", ".join(self.role_ids.mapped("name"))
                raise UserError(self.env._("Nobody is there to be told: %s. Assign somebody, or a head.", names))
            spared = {timer.armed_by_id.id} if self.spares_author else set()
            rows += [(timer.id, lead_id, self.id, user_id) for user_id in sorted(user_ids - spared)]
        self.env["funnel.delivery"]._insert(rows)

    # ------------------------------------------------------------
    # ACTIVITIES
    # ------------------------------------------------------------

    def _plan_activities(self, timers, people):
        """Plan an activity for each lead; one that this reminder has planned before is due again instead."""
        if not self.activity_type_id:
            return
        # quick: what the assignees are told besides is for the reminder to say
        leads, Activity = timers.lead_id, self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        today = self._get_today(leads)
        present = Activity.search(
            [("funnel_reminder_id", "=", self.id), ("res_model", "=", "crm.lead"), ("res_id", "in", leads.ids)]
        )
        for day, activities in present.grouped(lambda activity: today[activity.res_id]).items():
            activities.write({"date_deadline": day})
        missing = leads.browse(set(leads.ids) - set(present.mapped("res_id")))
        users = {lead.id: self._get_activity_user_id(lead, people) for lead in missing}
        langs = {user.id: user.lang for user in self.env["res.users"].browse(set(users.values()))}
        rules, model_id = self.env["crm.team"]._get_funnel_rules(), self.env["ir.model"]._get_id("crm.lead")
        Activity.create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": lead_id,
                    "activity_type_id": self.activity_type_id.id,
                    "summary": rules.text(self._name, self.id, langs.get(user_id)),
                    "user_id": user_id,
                    "date_deadline": today[lead_id],
                    "funnel_reminder_id": self.id,
                }
                for lead_id, user_id in users.items()
            ]
        )

    @api.model
    def _get_today(self, leads):
        """Return which day it is where people work on the leads, by lead id."""
        rules, now = self.env["crm.team"]._get_funnel_rules(), fields.Datetime.now()
        return {lead.id: rules.working_time(lead.team_id.id, lead.company_id.id).day_of(now) for lead in leads}

    def _get_activity_user_id(self, lead, people):
        """Return for whom the activity of a lead is planned."""
        if not self.activity_role_id:
            salesperson = lead.user_id
            return salesperson.id if salesperson.active and not salesperson.share else lead.team_id.user_id.id
        user_id = next(iter(people[lead.id, self.activity_role_id.id].performers), False)
        if not user_id:
            raise UserError(self.env._("Nobody plays the role “%s”, and there is no head.", self.activity_role_id.name))
        return user_id

    # ------------------------------------------------------------
    # CHANNELS, STAGES, ACTIONS
    # ------------------------------------------------------------

    def _post(self, leads):
        """Post the leads in the channels, all in one message."""
        for channel in self.channel_ids:
            lang = self.env.company.partner_id.lang
            links = Markup().join(
                Markup("<li>%s — %s</li>") % (lead._get_html_link(), lead.stage_id.with_context(lang=lang).name)
                for lead in leads
            )
            title = self.env["crm.team"]._get_funnel_rules().text(self._name, self.id, lang)
            body = Markup("<p><b>%s</b></p><ul>%s</ul>") % (title, links)
            channel.message_post(body=body, message_type="comment", subtype_xmlid="mail.mt_comment")

    def _check_circles(self, timers):
        """Refuse to send leads round in circles, as reminders of two stages do that move them at once to each other.

        :raises UserError: for leads that have come back for this reminder again and again
        """
        if not self._may_move_leads():
            return
        since = fields.Datetime.now() - timedelta(hours=1)
        fired = [("id", "not in", timers.ids), ("lead_id", "in", timers.lead_id.ids), ("reminder_id", "=", self.id)]
        fired += [("round", "=", 0), ("state", "=", "fired"), ("fired_at", ">", since)]
        groups = timers._read_group(fired, ["lead_id"], having=[("__count", ">=", MOST_RETURNS)])
        if groups:
            raise UserError(
                self.env._(
                    "“%(lead)s” goes round in circles: it came back %(times)s times within an hour.",
                    lead=groups[0][0].name,
                    times=MOST_RETURNS,
                )
            )

    def _move(self, leads):
        """Move the leads to another stage; what the present stage still asks for is why they go."""
        if self.move_stage_id:
            gate_pass = GatePass(frozenset(leads.ids), self.move_stage_id.id, self.name, automatic=True)
            leads.with_context(funnel_gate_pass=gate_pass).write({"stage_id": self.move_stage_id.id})

    def _run(self, leads):
        """Run the server action on the leads."""
        if self.server_action_id:
            leads = leads.exists()
            context = {"active_model": leads._name, "active_ids": leads.ids, "active_id": leads[:1].id}
            self.server_action_id.with_context(**context).run()
