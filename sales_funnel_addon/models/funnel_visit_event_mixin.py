from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import SQL

from ..tools.roles import RolePeople

#: Says that an event is written because its lead was; no client can put it into a context.
FROM_LEAD = object()
#: Nobody gets a mail because a lead was changed, and the chatter of the lead says already what it was.
QUIET = {
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "skip_contact_description": True,
    "dont_notify": True,
}


class FunnelVisitEventMixin(models.AbstractModel):
    """The calendar follows the visits: one event for each that is planned, made and changed for all leads at once.

    What the event says about the client is for those who go there: it is private, others see that they are busy.
    """

    _name = "funnel.visit.event.mixin"
    _description = "Calendar Events of Visits"

    def _sync_visits(self, former=None):
        """Make, change, archive and delete the events of these leads, so that the calendar says what the leads say.

        :param dict former: the ids of the partners who had a part in the visits before, by lead id
        """
        former = former or {}
        leads = self.sudo()  # the calendar follows the lead, whoever changes it
        missing, gone, changes = leads.browse(), [], defaultdict(list)
        for lead in leads:
            event = lead.measurement_event_id
            if not event and lead._has_visit():
                missing += lead
            elif event and not lead.measurement_date:
                gone.append(event.id)
            elif event:
                changes[lead._get_visit_changes(event, former.get(lead.id, ()))].append(event.id)
        for (items, added, removed, _present), event_ids in changes.items():
            values = dict(items)
            if added or removed:
                values["partner_ids"] = [*map(Command.link, added), *map(Command.unlink, removed)]
            if values:
                self._get_visit_events(event_ids).write(values)
        self._get_visit_events(gone).unlink()
        missing._create_visit_events()

    @api.model
    def _get_visit_events(self, event_ids):
        """Return events as the engine writes them, free of what the context says about other things."""
        kept = {name: value for name, value in self.env.context.items() if name in ("lang", "tz")}
        env = self.env(su=True, context={**kept, **QUIET, "funnel_visit": FROM_LEAD})
        return env["calendar.event"].browse(event_ids)

    def _get_visit_changes(self, event, former):
        """Return what has to change about the event of this lead, the same for many of them.

        :param former: the ids of the partners who had a part in it before
        :returns: pairs of names and values, the ids of those who join, of those who leave, and of those who are there
        """
        if not self._has_visit():
            # what has taken place has taken place
            is_planned = event.active and event.stop > fields.Datetime.now()
            return ((("active", False),) if is_planned else (), (), (), ())
        items = tuple(
            (name, value)
            for name, value in self._prepare_visit_event().items()
            if value != (event[name].id if name.endswith("_id") else event[name])
        )
        present, wanted = event.partner_ids._ids, self._get_visit_partner_ids()
        added = tuple(i for i in wanted if i not in present)
        removed = tuple(i for i in former if i in present and i not in wanted)
        # Odoo changes the participants of several events at once only if they are the same people
        return items, added, removed, tuple(sorted(present)) if added or removed else ()

    def _prepare_visit_event(self):
        """Return what the event says."""
        env = self.with_context(lang=self.team_id.user_id.lang or "en_US").env
        organizer = self._get_visit_users()[-1:]
        return {
            "name": env._("Measurement: %s", self.name),
            "start": self.measurement_date,
            "location": self.visit_address,
            "opportunity_id": self.id,
            "active": True,
            **({"user_id": organizer.id} if organizer else {}),
        }

    def _create_visit_events(self):
        """Create the events of these leads, which have none, all at once."""
        if not self:
            return
        events = self._get_visit_events(()).create(
            [
                {
                    **lead._prepare_visit_event(),
                    "stop": lead._get_visit_span()[1],
                    "allday": False,
                    "privacy": "private",
                    "partner_ids": [Command.set(lead._get_visit_partner_ids())],
                }
                for lead in self
            ]
        )
        self._link_visits(dict(zip(self.ids, events.ids, strict=True)))

    @api.model
    def _link_visits(self, event_ids):
        self._link_events("measurement_event_id", event_ids)

    @api.model
    def _link_events(self, name, event_ids):
        """Tie events to leads, in one statement.

        :param str name: the field in which the leads name their event
        :param dict event_ids: the id of an event or None, by lead id
        """
        rows = SQL(", ").join(SQL("(%s, %s::integer)", *pair) for pair in event_ids.items())
        leads = self.browse(event_ids)
        leads.flush_recordset()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead SET %s = link.event_id FROM (VALUES %s) AS link (lead_id, event_id)
                    WHERE crm_lead.id = link.lead_id""",
                SQL.identifier(name),
                rows,
            )
        )
        leads.invalidate_recordset([name], flush=False)

    def log_meeting(self, meeting):
        """The date on the lead says it already, and costs no message for each lead."""
        if self.env.context.get("funnel_visit") is not FROM_LEAD:
            return super().log_meeting(meeting)
        return self.env["mail.message"]

    # ------------------------------------------------------------
    # WHO AND WHEN
    # ------------------------------------------------------------

    def _get_visit_users(self):
        """Return who has a part in the visit: who goes, and the salesperson."""
        users = self.measurement_user_id | self.user_id
        return users.filtered(lambda user: user.active and not user.share)

    def _get_visit_partner_ids(self):
        return tuple(self._get_visit_users().partner_id.ids)

    def _get_visit_span(self):
        """Return from when to when the visit takes place; in the calendar somebody may have made it longer."""
        funnel = self.env["crm.team"]._get_funnel_rules().funnels[self.team_id.id]
        hours = self._origin.sudo().measurement_event_id.duration or funnel.visit_duration or 1
        return self.measurement_date, self.measurement_date + timedelta(hours=hours)

    # ------------------------------------------------------------
    # WHAT HAPPENS IN THE CALENDAR
    # ------------------------------------------------------------

    def _check_visit_movable(self):
        """Refuse to move visits to those who neither may edit the lead nor go to its client.

        :raises AccessError: without naming a lead that the user may not know
        """
        leads = self.sudo(False)
        refused = leads - leads._filtered_access("write")
        people = refused._get_role_people({lead._get_visit_role_id() for lead in refused.sudo()} - {False})
        for lead in refused.sudo():
            members = people.get((lead.id, lead._get_visit_role_id()), RolePeople()).members
            if self.env.uid not in (lead.measurement_user_id.id, *members):
                raise AccessError(
                    self.env._("This is the measurement of a deal that you may not change: ask its salesperson.")
                )

    def _follow_visit_events(self):
        """Take the dates of these leads, which are read as superuser, from their events; the gate judges them."""
        archived = self.filtered(lambda lead: not lead.measurement_event_id.active and lead._has_visit())
        if archived:
            archived._link_visits(dict.fromkeys(archived.ids))
            archived.write({"measurement_date": False})
        for start, leads in (self - archived).grouped(lambda lead: lead.measurement_event_id.start).items():
            moved = leads.filtered(lambda lead, start=start: lead.measurement_date != start)
            if moved:
                moved.write({"measurement_date": start})
