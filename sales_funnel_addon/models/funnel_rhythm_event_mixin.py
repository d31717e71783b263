from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

#: How long a planned contact takes in the calendar, at first.
CONTACT_DURATION = timedelta(minutes=30)


class FunnelRhythmEventMixin(models.AbstractModel):
    """The planned contacts in the calendar: one event with one activity for each, made and changed for all at once."""

    _name = "funnel.rhythm.event.mixin"
    _description = "Calendar Events of Planned Contacts"

    rhythm_event_id = fields.Many2one(
        "calendar.event",
        "Planned Contact in the Calendar",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    def unlink(self):
        events = self.sudo().rhythm_event_id  # nobody is contacted of whom nothing is known
        result = super().unlink()
        self._get_visit_events(events.ids).exists().unlink()
        return result

    def _merge_dependences(self, opportunities):
        """The lead that stays has a rhythm of its own, or none."""
        opportunities.sudo()._drop_rhythm_events()
        return super()._merge_dependences(opportunities)

    # ------------------------------------------------------------
    # THE CALENDAR FOLLOWS THE LEAD
    # ------------------------------------------------------------

    def _sync_rhythm_events(self):
        """Make, move, hand over and delete the events of these leads, which are read as superuser."""
        missing, gone, changes = self.browse(), self.browse(), defaultdict(list)
        for lead in self:
            event, is_wanted = lead.rhythm_event_id, lead.rhythm_date and lead._get_rhythm_stage()
            if event and not is_wanted:
                gone += lead
            elif is_wanted and not event:
                missing += lead
            elif event:
                changes[lead._get_rhythm_changes(event)].append(event.id)
        for (items, partners), event_ids in changes.items():
            if items:
                commands = {"partner_ids": [Command.set(partners[1])]} if partners else {}
                events = self._get_visit_events(event_ids)
                events.write({**dict(items), **commands})
                events._follow_with_rhythm_activities()
        gone._drop_rhythm_events()
        missing._create_rhythm_events()

    def _get_rhythm_changes(self, event):
        """Return what has to change about the event of this lead, the same for many of them, and its participants."""
        wanted = {"start": self.rhythm_date, "user_id": self._get_caller().id}
        present = {"start": event.start, "user_id": event.user_id.id}
        items = [(name, value) for name, value in wanted.items() if value != present[name]]
        partners = ()
        if present["user_id"] != wanted["user_id"]:
            partners = (tuple(event.partner_ids.ids), tuple(self._get_caller().partner_id.ids))
        if items and items[0][0] == "start":
            items.append(("stop", self.rhythm_date + (event.stop - event.start)))
        return tuple(items), partners

    def _create_rhythm_events(self):
        """Create the events of these leads, which have none, all at once, each with its activity."""
        if not self:
            return
        model_id = self.env["ir.model"]._get_id("crm.lead")
        rules = self.env["crm.team"]._get_funnel_rules()
        values = []
        for lead in self:
            user = lead._get_caller()
            name = lead.with_context(lang=user.sudo().lang).env._("Planned contact: %s", lead.name)
            activity = {
                "res_model_id": model_id,
                "res_id": lead.id,
                "activity_type_id": rules.stages[lead.stage_id.id].contact_activity_type_id or lead._get_call_type().id,
                "user_id": user.id,
                "date_deadline": lead._get_local_words(user, lead.rhythm_date)[0],
                "summary": name,
            }
            values.append(
                {
                    "name": name,
                    "start": lead.rhythm_date,
                    "stop": lead.rhythm_date + CONTACT_DURATION,
                    "allday": False,
                    "opportunity_id": lead.id,
                    "res_model_id": model_id,
                    "res_id": lead.id,
                    "user_id": user.id,
                    "partner_ids": [Command.set(user.partner_id.ids)],
                    "activity_ids": [Command.create(activity)],
                }
            )
        events = self._get_visit_events(()).with_context(mail_activity_quick_update=True).create(values)
        self._link_events("rhythm_event_id", dict(zip(self.ids, events.ids, strict=True)))

    def _drop_rhythm_events(self):
        """Take the events of these leads out of the calendar; what has taken place stays there."""
        events = self.env["calendar.event"].sudo().browse(self.rhythm_event_id.ids)  # read all at once
        if events:
            self._link_events("rhythm_event_id", dict.fromkeys(self.filtered("rhythm_event_id").ids))
            now = fields.Datetime.now()
            over = events.filtered(lambda event: event.stop <= now)
            self._get_rhythm_activities(over).unlink()
            self._get_visit_events((events - over).ids).unlink()

    def _close_rhythm_events(self):
        """Let go of the events of contacts that were made: their activities are done, future events are not to come."""
        events = self.env["calendar.event"].sudo().browse(self.rhythm_event_id.ids)  # read all at once
        if not events:
            return
        self._link_events("rhythm_event_id", dict.fromkeys(self.filtered("rhythm_event_id").ids))
        today = fields.Datetime.now() + timedelta(days=1)
        early = events.filtered(lambda event: event.start >= today)
        activities = self._get_rhythm_activities(events)
        activities.filtered(lambda activity: activity.calendar_event_id in early).unlink()
        activities.exists()._finish_noted(False)
        self._get_visit_events(early.ids).unlink()

    @api.model
    def _get_rhythm_activities(self, events):
        # planned by the engine, whoever may see them
        domain = [("calendar_event_id", "in", events.ids), ("active", "=", True)]
        return self.env["mail.activity"].sudo().search(domain)

    # ------------------------------------------------------------
    # THE LEAD FOLLOWS THE CALENDAR
    # ------------------------------------------------------------

    def _check_rhythm_movable(self):
        """Refuse to move planned contacts of leads that the user may not edit.

        :raises AccessError: without naming a lead that the user may not know
        """
        leads = self.sudo(False)
        if leads - leads._filtered_access("write"):
            raise AccessError(self.env._("This is the planned contact of a lead that you may not change."))

    def _follow_rhythm_events(self):
        """Take the dates of these leads, which are read as superuser, from their events."""
        archived = self.filtered(lambda lead: not lead.rhythm_event_id.active)
        archived._skip_rhythm_contacts()
        for start, leads in (self - archived).grouped(lambda lead: lead.rhythm_event_id.start).items():
            leads.filtered(lambda lead, start=start: lead.rhythm_date != start).write({"rhythm_date": start})

    def _skip_rhythm_contacts(self):
        """Plan the next contacts in the place of those that somebody has taken out of the calendar."""
        if not self:
            return
        self._link_events("rhythm_event_id", dict.fromkeys(self.ids))
        dates = {}
        for lead in self:
            today = lead._get_deferral_today()
            skipped = lead.rhythm_date and lead._get_local_words(lead._get_caller(), lead.rhythm_date)[0]
            lead.rhythm_base = max(skipped or today, today)
            dates[lead.id] = lead._find_rhythm_date()
        self._set_rhythm_dates(dates)
