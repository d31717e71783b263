from markupsafe import Markup
from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize_all, format_time
from odoo.tools.misc import get_lang


class FunnelContactActivityMixin(models.AbstractModel):
    """The activities around contact attempts: calls to make, calls that were made, numbers to verify."""

    _name = "funnel.contact.activity.mixin"
    _description = "Activities of Contact Attempts"

    # ------------------------------------------------------------
    # CALLS
    # ------------------------------------------------------------

    def _get_open_calls(self):
        """Return the open *Call* activities of the leads that this user may finish or put off, the earliest first.

        What a task of somebody else's role asks for stays that role's, and an approval is not given by a call.
        """
        domain = Domain("res_model", "=", "crm.lead") & Domain("res_id", "in", self.ids) & Domain("active", "=", True)
        domain &= Domain("activity_type_id.category", "=", "phonecall")
        # who may edit the lead may plan its calls; whose task it is, is asked below
        calls = self.env["mail.activity"].sudo().search(domain, order="date_deadline, id")
        tasks = calls.funnel_task_id.filtered(lambda task: task.kind == "todo").sudo(False)
        own = tasks._filter_doable()
        return calls.filtered(lambda call: not call.funnel_task_id or call.funnel_task_id.sudo(False) in own)

    def _get_due_calls(self):
        """Return the open calls that an answer makes needless: those up to today, and up to the next call planned."""
        days, today = {}, fields.Date.context_today(self)
        for lead in self:
            days[lead.id] = max(today, self._get_day_of_call(lead) if lead.funnel_call_date else today)
        return self._get_open_calls().filtered(lambda call: call.date_deadline <= days[call.res_id])

    def _forget_calls_until(self, last_days):
        """Forget the next call where it was planned for these days, by lead id, or before: it has been made."""
        self.exists().filtered(
            lambda lead: lead.funnel_call_date and self._get_day_of_call(lead) <= last_days[lead.id]
        )._forget_next_call()

    @api.model
    def _get_day_of_call(self, lead):
        return fields.Datetime.context_timestamp(self, lead.funnel_call_date).date()

    def _plan_calls(self, dates, make_summary):
        """Plan the next call of each lead: put off the one that is planned, or plan one for the salesperson.

        :param dict dates: when to call, in UTC, by lead id
        :param make_summary: returns what the activity says, given an environment in the language of its user and the
            time as the clock of its user shows it
        """
        for date in dict.fromkeys(dates.values()):
            self.filtered(lambda lead, date=date: dates[lead.id] == date).write({"funnel_call_date": date})
        planned = {}
        users = {lead.id: lead._get_caller() for lead in self}
        for call in self._get_open_calls():
            if call.user_id in (users[call.res_id], self.env.user):
                planned.setdefault(call.res_id, call)
        values, postponed = [], {}
        words = {}
        for lead in self:
            user = planned[lead.id].user_id if lead.id in planned else users[lead.id]
            key = (user, dates[lead.id])
            if key not in words:
                day, time = self._get_local_words(*key)
                reader = self.with_context(lang=user.sudo().lang)
                words[key] = {"date_deadline": day, "summary": make_summary(reader.env, time)}
            if lead.id in planned:
                postponed[key] = postponed.get(key, planned[lead.id].browse()) + planned[lead.id]
            else:
                values.append({**words[key], "res_id": lead.id, "user_id": user.id})
        for key, calls in postponed.items():
            calls.write(words[key])
        self._create_activities(values, self._get_call_type())

    def _get_caller(self):
        """Return who calls the client of this lead."""
        salesperson = self.user_id
        return salesperson if salesperson.sudo().active and not salesperson.sudo().share else self.env.user

    @api.model
    def _get_call_type(self):
        Type = self.env["mail.activity.type"].sudo()
        call = self.env.ref("mail.mail_activity_data_call", raise_if_not_found=False)
        return call or Type.search([("category", "=", "phonecall")], limit=1)

    @api.model
    def _create_activities(self, vals_list, activity_type):
        """Create activities of leads, in one go.

        The assignee sees them in the web client; one e-mail for each would be a flood.
        """
        common = {"res_model_id": self.env["ir.model"]._get_id("crm.lead"), "activity_type_id": activity_type.id}
        # planned by the engine, also for people who may not open the lead
        Activity = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        return Activity.create([{**common, **vals} for vals in vals_list]) if vals_list else Activity

    @api.model
    def _get_local_words(self, user, moment):
        """Return the day and the time of a moment as the clock of a user shows them, the time as text."""
        user = user.sudo()
        local = fields.Datetime.context_timestamp(self.with_context(tz=user.tz or self.env.context.get("tz")), moment)
        time = format_time(self.env, local.time(), time_format="short", lang_code=get_lang(self.env, user.lang).code)
        return local.date(), time

    # ------------------------------------------------------------
    # NUMBERS TO VERIFY
    # ------------------------------------------------------------

    def _get_number_check_type(self):
        own = self.env.ref("sales_funnel_addon.activity_type_number_check", raise_if_not_found=False)
        return own or self.env.ref("mail.mail_activity_data_todo")

    def _get_open_number_checks(self):
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "crm.lead"),
                    ("res_id", "in", self.ids),
                    ("active", "=", True),
                    ("activity_type_id", "=", self._get_number_check_type().id),
                ]
            )
        )

    def _plan_number_checks(self, note):
        """Ask the people of the funnel's role, or the salesperson, to verify the numbers, once for each lead."""
        waiting = set(self._get_open_number_checks().mapped("res_id"))
        leads = self.filtered(lambda lead: lead.id not in waiting)
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        role_ids = {lead.id: funnels[lead.team_id.id].number_check_role_id for lead in leads}
        people = leads._get_role_people(set(filter(None, role_ids.values())))
        values = []
        for lead in leads:
            performers = people[lead.id, role_ids[lead.id]].performers if (lead.id, role_ids[lead.id]) in people else ()
            user = self.env["res.users"].browse(performers[:1]) or lead._get_caller()
            values.append(lead._prepare_number_check(user, note))
        self._create_activities(values, self._get_number_check_type())

    def _prepare_number_check(self, user, note):
        reader = self.with_context(lang=user.sudo().lang)
        # whoever verifies it may be unable to open the lead
        known = [self.contact_name or self.partner_id.name or self.partner_name or self.name, self.phone, note]
        return {
            "res_id": self.id,
            "user_id": user.id,
            "summary": reader.env._("Verify the phone number"),
            "note": Markup(", ").join(filter(None, known)),  # escapes what people have typed
            "date_deadline": fields.Date.context_today(self),
        }

    # ------------------------------------------------------------
    # ATTEMPTS THAT NOTE THEMSELVES
    # ------------------------------------------------------------

    def _note_by_itself(self, channel, note=None):
        """Note an attempt that this user has just made, of which it is not known what came.

        Nobody's attempt: what the scheduler, OdooBot, a portal user or the public does.
        """
        if self.env.context.get("cron_id") or self.env.uid == SUPERUSER_ID or not self.env.user._is_internal():
            return
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        # whoever was asked to call has called, also somebody who may only look at the lead
        leads = self.sudo().exists().filtered(lambda lead: lead.team_id.id in funnels)
        if leads:
            values = self._prepare_contact("attempted", channel, note)
            self.env["funnel.contact"].sudo().create(
                [{**values, "lead_id": lead.id, "user_id": self.env.uid} for lead in leads]
            )

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """A message that goes to the client is an attempt to reach them."""
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if self and self._is_letter(message):
            emails = {data["email_normalized"] for data in recipients}
            partner_ids = {data["id"] for data in recipients}
            self._filter_clients(partner_ids, emails)._note_by_itself("email", message.subject)
        return recipients

    def _is_letter(self, message):
        """Tell whether a message was written by this user for people outside."""
        return (
            message.message_type == "comment"
            and message.author_id == self.env.user.partner_id
            and message.subtype_id.id == self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
            and not message.is_internal
        )

    def _message_mail_after_hook(self, mails):
        """A mail that somebody sends to many leads at once, from their list, is an attempt to reach each client."""
        result = super()._message_mail_after_hook(mails)
        sent = mails.filtered(lambda mail: not ("mailing_id" in mail._fields and mail.mailing_id))
        noted = self.browse()
        for mail in sent:
            lead = self.browse(mail.res_id).with_prefetch(self.ids)
            noted |= lead._filter_clients(set(mail.recipient_ids.ids), set(email_normalize_all(mail.email_to or "")))
        noted._note_by_itself("email")
        return result

    def _filter_clients(self, partner_ids, emails):
        """Return the leads whose client is among people who were written to."""
        return self.filtered(
            lambda lead: (
                (lead.partner_id and lead.partner_id.id in partner_ids)
                or (lead.email_normalized and lead.email_normalized in emails)
            )
        )
