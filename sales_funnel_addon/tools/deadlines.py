"""When something is due: an offset from a moment, in the local time of the people who work."""

import contextlib
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from .working_time import NoWorkingTime, WorkingTime

#: Anchors that are events: the moment a task appears or a lead comes into its stage, its creation, and the last attempt
#: to contact the client. Any other anchor is the name of a field.
ENTRY, CREATION, CONTACT = "entry", "creation", "contact"
EVENTS = frozenset({ENTRY, CREATION, CONTACT})
MINUTES = {"minutes": 1, "hours": 60}


@dataclass(frozen=True)
class Deadline:
    """A rule for a due moment.

    :param str anchor: one of :data:`EVENTS`, or the name of a date field of the lead
    :param int amount: how many units after the anchor; negative for before
    :param str unit: ``minutes``, ``hours`` or ``days``
    :param float clock: the time of that day in hours from midnight; None keeps the time of the anchor
    :param bool working: count only working minutes, hours or days
    :param bool day_end: when the last working hour of that day ends, instead of a set time
    """

    anchor: str
    amount: int = 0
    unit: str = "days"
    clock: float | None = None
    working: bool = False
    day_end: bool = False

    def due_at(self, moment, working_time=None):
        """Return when it is due, in UTC without a time zone, as Odoo stores it; False where the calendar ends.

        A date without a time stands for its midnight. What counts from an event is never due before it: "at 18:00"
        means the next day once it is later than that. Days are days of the calendar: they keep the time on the clock
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
        >>> Deadline(ENTRY, 1, "days", working=True).due_at(datetime(2026, 3, 6, 19, 15), moscow)
        datetime.datetime(2026, 3, 10, 6, 0)
        >>> Deadline(ENTRY, 0, "days", working=True, day_end=True).due_at(datetime(2026, 3, 6, 14, 45), moscow)
        datetime.datetime(2026, 3, 6, 15, 0)
        >>> Deadline(ENTRY, 0, "days", 10.0, working=True).due_at(datetime(2026, 3, 6, 14, 45), moscow)
        datetime.datetime(2026, 3, 9, 7, 0)
        >>> Deadline("date", 3).due_at(date(9999, 12, 31), moscow)
        False
        """
        try:
            due = self._due_at(moment, working_time or WorkingTime())
        except OverflowError:
            return False
        return due if MINYEAR < due.year < MAXYEAR else False  # people in every time zone can still be told

    def _due_at(self, moment, working_time):
        if not isinstance(moment, datetime):
            moment = working_time.at(moment, 0)
        due = self._at_time_of_day(working_time.day_of(shifted := self._shift(moment, working_time)), working_time)
        if due is None:
            return shifted
        if due < moment and self.anchor in EVENTS and self.amount >= 0:
            return self._at_time_of_day(self._next_day(working_time.day_of(moment), working_time), working_time)
        return due

    @property
    def _has_time_of_day(self):
        return self.day_end or self.clock is not None

    def _at_time_of_day(self, day, working_time):
        """Return the set time of a day, or the end of its working hours; None where the time of the anchor counts."""
        if self.day_end:
            intervals = working_time.intervals(day)
            return intervals[-1][1] if intervals else working_time.at(day, 24 * 60)
        if self.clock is not None:
            return working_time.at(day, min(round(self.clock * 60), 24 * 60 - 1))
        return None

    def _next_day(self, day, working_time):
        if self.working:
            with contextlib.suppress(NoWorkingTime):
                return working_time.add_days(day, 1)
        return day + timedelta(days=1)

    def _shift(self, moment, working_time):
        """Return the moment that is so many units away; where nobody works, working time is time like any other."""
        with contextlib.suppress(NoWorkingTime):
            if self.working and self.unit in MINUTES:
                return working_time.add_minutes(moment, self.amount * MINUTES[self.unit])
            if self.working:
                if self.amount > 0 and not self._has_time_of_day:
                    moment = working_time.add_minutes(moment, 0)  # a day of work begins when people come
                day = working_time.add_days(working_time.day_of(moment), self.amount)
                due = self._at_same_time(moment, day, working_time)
                # at night nobody is told and nothing is expected: what is due then is due when people come
                return due if self.amount < 0 or self._has_time_of_day else working_time.add_minutes(due, 0)
        if self.unit in MINUTES:
            return moment + timedelta(minutes=self.amount * MINUTES[self.unit])
        return self._at_same_time(moment, working_time.day_of(moment) + timedelta(days=self.amount), working_time)

    def _at_same_time(self, moment, day, working_time):
        """Return the moment of another day at which the clock on the wall shows the same."""
        clock = moment.replace(tzinfo=UTC).astimezone(working_time.zone).time()
        return datetime.combine(day, clock, working_time.zone).astimezone(UTC).replace(tzinfo=None)
