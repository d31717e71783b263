from odoo import models
from odoo.exceptions import ValidationError

from .funnel_visit_event_mixin import FROM_LEAD

#: What moves an event, or takes it out of the calendar.
MOVING_FIELDS = frozenset({"start", "stop", "start_date", "stop_date", "duration", "allday", "active", "recurrency"})


class CalendarEvent(models.Model):
    """A meeting; that of a visit to a client moves the date on its lead, which the gate may refuse."""

    _inherit = "calendar.event"

    def write(self, vals):
        if self._is_from_lead() or vals.keys().isdisjoint(MOVING_FIELDS):
            return super().write(vals)
        leads = self._get_visit_leads()
        if leads and (vals.get("allday") or vals.get("recurrency")):
            raise ValidationError(self.env._("A measurement takes place once, at a set time."))
        result = super().write(vals)
        leads._follow_visit_events()
        return result

    def unlink(self):
        leads = self.browse()._get_visit_leads() if self._is_from_lead() else self._get_visit_leads()
        result = super().unlink()
        if leads:
            leads.write({"measurement_date": False})
        return result

    def _is_from_lead(self):
        return self.env.context.get("funnel_visit") is FROM_LEAD

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
