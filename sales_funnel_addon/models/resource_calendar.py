from odoo import api, models
from odoo.fields import Domain

from ..tools.working_time import Hours, WorkingTime


class ResourceCalendar(models.Model):
    """A working schedule; deadlines of funnels are counted by it."""

    _name = "resource.calendar"
    _inherit = ["funnel.config.mixin", "resource.calendar"]

    def _get_funnel_working_time(self):
        """Return the working time of a schedule, with its leaves and public holidays, but without those of one person.

        People who choose their own hours, and a schedule without any, count as working round the clock.

        :rtype: sales_funnel_addon.tools.working_time.WorkingTime
        """
        self.ensure_one()
        lines = self.attendance_ids.filtered(lambda line: line.day_period != "lunch" and not line.display_type)
        if self.schedule_type == "flexible":
            lines = lines.browse()
        return WorkingTime(
            timezone=self.tz or "UTC",
            hours=tuple(
                Hours(
                    weekday=int(line.dayofweek),
                    start=round(line.hour_from * 60),
                    end=round(line.hour_to * 60),
                    week=int(line.week_type) if self.two_weeks_calendar and line.week_type else None,
                )
                for line in lines
            ),
            leaves=tuple((leave.date_from, leave.date_to) for leave in self._get_general_leaves()),
        )

    def _get_general_leaves(self):
        """Return the leaves of everybody who works by this schedule."""
        domain = (
            Domain("resource_id", "=", False)
            & Domain("time_type", "=", "leave")
            & Domain("calendar_id", "in", [self.id, False])
            & Domain("company_id", "in", [self.company_id.id, False] if self.company_id else [False])
        )
        if not self.company_id:
            domain |= Domain("calendar_id", "=", self.id) & Domain("resource_id", "=", False)
        return self.env["resource.calendar.leaves"].search(domain, order="date_from, id")

    @api.model
    def _get_rule_fields(self):
        return ["tz", "attendance_ids", "two_weeks_calendar", "schedule_type", "company_id"]

    def _clear_rules(self):
        self.env["funnel.reminder"]._follow_working_time()
        return super()._clear_rules()


class ResourceCalendarAttendance(models.Model):
    """The hours of one day of a working schedule."""

    _name = "resource.calendar.attendance"
    _inherit = ["funnel.config.mixin", "resource.calendar.attendance"]

    @api.model
    def _get_rule_fields(self):
        return ["dayofweek", "hour_from", "hour_to", "day_period", "week_type", "display_type", "calendar_id"]

    def _clear_rules(self):
        self.env["funnel.reminder"]._follow_working_time()
        return super()._clear_rules()


class ResourceCalendarLeaves(models.Model):
    """A time in which somebody does not work; a public holiday when it is nobody's in particular."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._renew_working_time()
        return leaves

    def write(self, vals):
        result = super().write(vals)
        self._renew_working_time()
        return result

    def unlink(self):
        general = self.filtered(lambda leave: not leave.resource_id)
        result = super().unlink()
        if general:
            self.env["resource.calendar"]._clear_rules()
        return result

    def _renew_working_time(self):
        """Holidays are part of the rules of funnels; the leaves of one person, which come every day, are not."""
        if not all(leave.resource_id for leave in self):
            self.env["resource.calendar"]._clear_rules()
