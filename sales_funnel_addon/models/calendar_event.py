from odoo import models
from odoo.exceptions import ValidationError

from .funnel_visit_event_mixin import FROM_LEAD

#: What moves an event, or takes it out of the calendar.
MOVING_FIELDS = frozenset({"start", "stop", "start_date", "stop_date", "duration", "allday", "active", "recurrency"})


class CalendarEvent(models.Model):
    """A meeting; that of a visit to a client moves the date on its lead, which the gate may refuse.

    That of a contact in a rhythm moves the next contact of its lead.
    """

    _inherit = "calendar.event"

    def write(self, vals):
        if self._is_from_lead() or vals.keys().isdisjoint(MOVING_FIELDS):
            return super().write(vals)
        leads, contacts = self._get_visit_leads(), self._get_rhythm_leads()
        if leads and (vals.get("allday") or vals.get("recurrency")):
            raise ValidationError(self.env._("A measurement takes place once, at a set time."))
        if contacts and vals.get("recurrency"):
            raise ValidationError(self.env._("The funnel plans one contact after the other: it takes place once."))
        result = super().write(vals)
        leads._follow_visit_events()
        contacts._follow_rhythm_events()
        return result

    def unlink(self):
        events = self.browse() if self._is_from_lead() else self
        leads, contacts = events._get_visit_leads(), events._get_rhythm_leads()
        result = super().unlink()
        contacts._skip_rhythm_contacts()
        if leads:
            leads.write({"measurement_date": False})
        return result

    def _is_from_lead(self):
        return self.env.context.get("funnel_visit") is FROM_LEAD

    def _sync_activities(self, fields):
        """Those of planned contacts follow together when their leads have changed."""
        return None if self._is_from_lead() else super()._sync_activities(fields)

    def _follow_with_rhythm_activities(self):
        """Let the activities of these events follow them, in one write for each user and day."""
        Lead = self.env["crm.lead"]
        places = {}
        for activity in Lead._get_rhythm_activities(self):
            event = activity.calendar_event_id
            place = (event.user_id.id, Lead._get_local_words(event.user_id, event.start)[0])
            if place != (activity.user_id.id, activity.date_deadline):
                places[place] = places.get(place, activity.browse()) + activity
        for (user_id, day), activities in places.items():
            activities.with_context(calendar_event_meeting_update=True, mail_activity_quick_update=True).write(
                {"user_id": user_id, "date_deadline": day}
            )

    def _get_rhythm_leads(self):
        """Return the leads whose planned contacts these events are, as superuser.

        :raises AccessError: when the user may not move them
        """
        # whoever takes part in the event may be unable to see the lead
        Lead = self.env["crm.lead"].sudo()
        if not self.ids:
            return Lead
        leads = Lead.with_context(active_test=False).search([("rhythm_event_id", "in", self.ids)])
        if leads and not self.env.su:
            leads._check_rhythm_movable()
        return leads.with_env(Lead.env)

    def _get_visit_leads(self):
        """Return the leads whose visits these events are, as superuser.

        :raises AccessError: when the user may not move them
        """
        # the event is the visit of a lead whether or not its participants may see the lead
        Lead = self.env["crm.lead"].sudo()
        if not self.ids:
            return Lead
        leads = Lead.with_context(active_test=False).search([("measurement_event_id", "in", self.ids)])
        if leads and not self.env.su:
            leads._check_visit_movable()
        return leads.with_env(Lead.env)
