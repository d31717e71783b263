from collections import defaultdict
from datetime import MAXYEAR

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.deadlines import ENTRY, Deadline

#: What comes of an attempt decides what happens next; an attempt of which nothing is known changes nothing.
FOLLOW_UPS = {
    "reached": "_follow_up_reached",
    "no_answer": "_follow_up_no_answer",
    "wrong_number": "_follow_up_wrong_number",
    "call_back": "_follow_up_call_back",
}


class FunnelContactFlowMixin(models.AbstractModel):
    """Noting a contact attempt, and what follows from it: the stage, the next call, checking the number."""

    _name = "funnel.contact.flow.mixin"
    _description = "Flow of Contact Attempts"

    # ------------------------------------------------------------
    # PUBLIC
    # ------------------------------------------------------------

    def funnel_log_contact(self, outcome, channel="phone", note=None, call_date=None):
        """Note that somebody tried to reach the clients of these leads, and do what follows from the outcome.

        - ``reached``: no further call is planned, the *Call* activities that were due are done;
        - ``no_answer``: the lead goes to the stage that the funnel has for it, and the next call is planned after the
          gap of the funnel. Where a rule keeps the lead in its stage, the attempt and the next call stand all the same;
        - ``call_back``: the next call is planned at ``call_date``;
        - ``wrong_number``: no further call is planned, somebody is asked to verify the number;
        - ``attempted``: nothing, for it is not known what came of it.

        :param str outcome: one of the above
        :param str channel: ``phone``, ``whatsapp``, ``email`` or ``meeting``
        :param str note: what was said
        :param call_date: when to call back, in UTC, as a datetime or as text; only with ``call_back``
        :returns: the attempts, one for each lead
        :raises AccessError: for leads that the user may not edit
        :raises UserError: for leads that are closed or in no funnel
        :raises ValidationError: for anything else than the above, and for a call in the past
        """
        self.check_access("write")
        self._check_contactable()
        values = self._prepare_contact(outcome, channel, note)
        moment = self._read_call_date(outcome, call_date)
        contacts = self.env["funnel.contact"].create([{**values, "lead_id": lead.id} for lead in self])
        if outcome in FOLLOW_UPS:
            getattr(self, FOLLOW_UPS[outcome])(values["note"], moment)
        return contacts

    def action_funnel_reached(self):
        """Note that the client was reached; say what was done."""
        return self._note_contact("reached")

    def action_funnel_no_answer(self):
        """Note that nobody answered, and plan the next call; say when it is."""
        return self._note_contact("no_answer")

    def action_funnel_wrong_number(self):
        """Note that the number is wrong, and have it verified; say who does it."""
        return self._note_contact("wrong_number")

    def action_funnel_call_back(self):
        """Open the dialog that asks when to call back."""
        self._check_contactable()
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_call_back_action"),
            "context": {"default_lead_ids": self.ids},
        }

    # ------------------------------------------------------------
    # CHECKS
    # ------------------------------------------------------------

    def _check_contactable(self):
        """Refuse to note attempts where nobody has to reach the client.

        :raises UserError: naming a lead that is closed or in no funnel
        """
        refused = self - self._filter_contactable()
        if not refused:
            return
        lead = refused[0]
        if not lead.team_id.funnel_kind:
            raise UserError(self.env._("“%s” is in no funnel: nobody counts its contact attempts.", lead.display_name))
        raise UserError(self.env._("“%s” is closed: reopen it before you note a contact attempt.", lead.display_name))

    @api.model
    def _prepare_contact(self, outcome, channel, note):
        """Return the values of an attempt that is made now, the lead left out."""
        known = self.env["funnel.contact"]._fields
        for name, value in (("outcome", outcome), ("channel", channel)):
            if value not in known[name].get_values(self.env):
                raise ValidationError(
                    self.env._("A contact attempt cannot have this %(name)s: %(value)s.", name=name, value=value)
                )
        if not isinstance(note or "", str):
            raise ValidationError(self.env._("A note is text."))
        # not later than what follows from it: moves are logged with the moment at which the transaction began
        date = min(self.env.cr.now(), fields.Datetime.now()).replace(microsecond=0)
        return {"outcome": outcome, "channel": channel, "note": (note or "").strip() or False, "date": date}

    @api.model
    def _read_call_date(self, outcome, call_date):
        """Return when to call back, or None for outcomes that do not ask for it."""
        if outcome != "call_back":
            if call_date:
                raise ValidationError(self.env._("Only a client who asked for it is called back at a given time."))
            return None
        try:
            moment = fields.Datetime.to_datetime(call_date)
        except (TypeError, ValueError, KeyError) as error:
            raise ValidationError(self.env._("This is no date and time: %s.", call_date)) from error
        if not moment:
            raise ValidationError(self.env._("Say when to call back."))
        if moment.year == MAXYEAR:
            raise ValidationError(self.env._("This is no date and time: %s.", call_date))  # in some time zones
        if moment <= fields.Datetime.now():
            raise ValidationError(self.env._("The time to call back is over: choose one in the future."))
        return moment

    # ------------------------------------------------------------
    # WHAT FOLLOWS
    # ------------------------------------------------------------

    def _follow_up_reached(self, note, moment):
        due = self._get_due_calls()
        self._forget_next_call()
        due._finish_noted(note)

    def _follow_up_no_answer(self, note, moment):
        self._move_to_no_answer(note)
        self._plan_calls(self._get_next_calls(), lambda env, time: env._("No answer, call again at %s", time))

    def _follow_up_call_back(self, note, moment):
        self._plan_calls(dict.fromkeys(self.ids, moment), lambda env, time: env._("Call back at %s", time))

    def _follow_up_wrong_number(self, note, moment):
        self._forget_next_call()
        self._plan_number_checks(note)

    def _forget_next_call(self):
        self.filtered("funnel_call_date").write({"funnel_call_date": False})

    def _get_next_calls(self):
        """Return when the clients are to be called again at the earliest, by lead id."""
        rules = self.env["crm.team"]._get_funnel_rules()
        now = fields.Datetime.now()
        dates = {}
        for lead in self:
            place = (lead.team_id.id, lead.company_id.id)
            if place not in dates:
                gap = Deadline(ENTRY, rules.funnels[lead.team_id.id].call_gap, "minutes", working=True)
                dates[place] = gap.due_at(now, rules.working_time(*place)).replace(microsecond=0)
        return {lead.id: dates[lead.team_id.id, lead.company_id.id] for lead in self}

    def _move_to_no_answer(self, note):
        """Send the leads to the stage for clients who do not answer, those that the rules let go there.

        Whoever could not be reached was called all the same: a rule that keeps a lead in its stage is no error here.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        reason = note or self.env._("No answer")
        lead_ids_by_stage = defaultdict(list)
        for lead in self:
            stage_id = rules.funnels[lead.team_id.id].no_answer_stage_id
            if stage_id and lead.stage_id.id != stage_id:
                lead_ids_by_stage[stage_id].append(lead.id)
        for stage_id, lead_ids in lead_ids_by_stage.items():
            leads = self.browse(lead_ids)
            targets = {lead.id: lead._get_target_state(stage_id) for lead in leads}
            verdicts = leads._judge_moves(targets, reasons=dict.fromkeys(lead_ids, reason))
            passing = leads.filtered(lambda lead, verdicts=verdicts: verdicts[lead.id].status == "ok")
            passing.write({"stage_id": stage_id, "funnel_move_reason": reason})

    # ------------------------------------------------------------
    # BUTTONS
    # ------------------------------------------------------------

    def _note_contact(self, outcome, **values):
        """Note an attempt and return the action that says what was done, and shows it."""
        stages = {lead.id: lead.stage_id for lead in self}
        self.funnel_log_contact(outcome, **values)
        lines = self._describe_contact(outcome, stages) if len(self) == 1 else self._describe_contacts()
        stayed = outcome == "no_answer" and self._filter_kept_from_no_answer()
        if stayed:
            lines.append(self.env._("It stays in its stage: a rule keeps it there."))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if stayed else "success",
                "message": " ".join(lines),
                "next": {"type": "ir.actions.act_window_close"},  # closes the dialog, reloads the view below
            },
        }

    def _describe_contacts(self):
        return [self.env._("Noted for %s leads.", len(self))]

    def _describe_contact(self, outcome, stages):
        """Return what was done about one lead, as sentences."""
        labels = dict(self.env["funnel.contact"]._fields["outcome"]._description_selection(self.env))
        lines = [self.env._("Noted: %s.", labels[outcome])]
        if self.stage_id != stages[self.id]:
            lines.append(self.env._("Moved to “%s”.", self.stage_id.name))
        if self.funnel_call_date:
            lines.append(self._describe_next_call())
        if outcome == "wrong_number":
            people = self._get_open_number_checks().user_id
            lines.append(self.env._("The number will be verified by %s.", ", ".join(people.mapped("name"))))
        return lines

    def _describe_next_call(self):
        """Return a sentence that says when the client is called again, as the reader's clock shows it."""
        day, time = self._get_local_words(self.env.user, self.funnel_call_date)
        days = (day - fields.Date.context_today(self)).days
        if days == 0:
            return self.env._("Next call today at %s.", time)
        if days == 1:
            return self.env._("Next call tomorrow at %s.", time)
        date = self.env["ir.qweb.field.date"].value_to_html(day, {})
        return self.env._("Next call on %(date)s at %(time)s.", date=date, time=time)

    def _filter_kept_from_no_answer(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        return self.filtered(lambda lead: funnels[lead.team_id.id].no_answer_stage_id not in (False, lead.stage_id.id))
