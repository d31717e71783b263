"""When something is due: an offset from a moment, in the local time of the people who work."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from .working_time import NoWorkingTime, WorkingTime

#: The anchor of deadlines that count from the moment a task appears; any other anchor is the name of a field.
ENTRY = "entry"
MINUTES = {"minutes": 1, "hours": 60}


@dataclass(frozen=True)
class Deadline:
    """A rule for a due moment.

    :param str anchor: :data:`ENTRY`, or the name of a date field of the lead
    :param int amount: how many units after the anchor; negative for before
    :param str unit: ``minutes``, ``hours`` or ``days``
    :param float clock: the time of that day in hours from midnight; None keeps the time of the anchor
    :param bool working: count only working minutes, hours or days
    """

    anchor: str
    amount: int = 0
    unit: str = "days"
    clock: float | None = None
    working: bool = False

    def due_at(self, moment, working_time=None):
        """Return when it is due, in UTC without a time zone, as Odoo stores it.

        A date without a time stands for its midnight. Days are days of the calendar: they keep the time on the clock
        when the clocks are changed. Where nobody ever works, working time is time like any other.

        :param moment: a date, or a datetime in UTC
        :param WorkingTime working_time: when people work, and in which time zone; by default round the clock, in UTC

        >>> from datetime import date
        >>> from odoo.addons.sales_funnel_addon.tools.working_time import Hours
        >>> moscow = WorkingTime("Europe/Moscow", tuple(Hours(day, 540, 1080) for day in range(5)))
        >>> Deadline("date", -1, "days", 16.0).due_at(date(2026, 3, 10), moscow)
        datetime.datetime(2026, 3, 9, 13, 0)
        >>> Deadline(ENTRY, 30, "minutes").due_at(datetime(2026, 3, 6, 14, 45), moscow)
        datetime.datetime(2026, 3, 6, 15, 15)
        >>> Deadline(ENTRY, 30, "minutes", working=True).due_at(datetime(2026, 3, 6, 14, 45), moscow)
        datetime.datetime(2026, 3, 9, 6, 15)
        >>> Deadline(ENTRY, 1, "days", 11.0, working=True).due_at(datetime(2026, 3, 6, 14, 45), moscow)
        datetime.datetime(2026, 3, 9, 8, 0)
        >>> Deadline(ENTRY, 1, "days").due_at(datetime(2026, 3, 28, 11, 0), WorkingTime("Europe/Berlin"))
        datetime.datetime(2026, 3, 29, 10, 0)
        """
        working_time = working_time or WorkingTime()
        if not isinstance(moment, datetime):
            moment = working_time.at(moment, 0)
        try:
            due = self._shift(moment, working_time) if self.working else self._shift(moment, working_time.every_day())
        except NoWorkingTime:
            due = self._shift(moment, working_time.every_day())
        if self.clock is not None:
            due = working_time.at(working_time.day_of(due), round(self.clock * 60))
        return due

    def _shift(self, moment, working_time):
        if self.unit in MINUTES:
            return working_time.add_minutes(moment, self.amount * MINUTES[self.unit])
        local = moment.replace(tzinfo=UTC).astimezone(working_time.zone)
        day = working_time.add_days(local.date(), self.amount)
        wall = datetime.combine(day, time(local.hour, local.minute, local.second, local.microsecond), working_time.zone)
        return wall.astimezone(UTC).replace(tzinfo=None)
