"""When something is due: an offset from a moment, in the local time of the people who work."""

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: The anchor of deadlines that count from the moment a task appears; any other anchor is the name of a field.
ENTRY = "entry"


@dataclass(frozen=True)
class Deadline:
    """A rule for a due moment.

    :param str anchor: :data:`ENTRY`, or the name of a date field of the lead
    :param int amount: how many units after the anchor; negative for before
    :param str unit: ``minutes``, ``hours`` or ``days``
    :param float clock: the time of that day in hours from midnight; None keeps the time of the anchor
    """

    anchor: str
    amount: int = 0
    unit: str = "days"
    clock: float | None = None

    def due_at(self, moment, timezone):
        """Return when it is due, in UTC without a time zone, as Odoo stores it; False where the calendar ends.

        A date without a time stands for its midnight. Days are days of the calendar: they keep the time on the clock
        when the clocks are changed.

        :param moment: a date, or a datetime in UTC
        :param str timezone: the name of the time zone, for example ``Europe/Moscow``

        >>> from datetime import date
        >>> Deadline("date", -1, "days", 16.0).due_at(date(2026, 3, 10), "Europe/Moscow")
        datetime.datetime(2026, 3, 9, 13, 0)
        >>> Deadline(ENTRY, 30, "minutes").due_at(datetime(2026, 3, 10, 9, 45), "Europe/Moscow")
        datetime.datetime(2026, 3, 10, 10, 15)
        >>> Deadline(ENTRY, 1, "days").due_at(datetime(2026, 3, 28, 11, 0), "Europe/Berlin")
        datetime.datetime(2026, 3, 29, 10, 0)
        >>> Deadline("date", 3).due_at(date(9999, 12, 31), "Europe/Moscow")
        False
        """
        try:
            due = self._due_at(moment, ZoneInfo(timezone))
        except OverflowError:
            return False
        return due if MINYEAR < due.year < MAXYEAR else False  # people in every time zone can still be told

    def _due_at(self, moment, zone):
        if isinstance(moment, datetime):
            local = moment.replace(tzinfo=UTC).astimezone(zone)
        else:
            local = datetime.combine(moment, time.min, zone)
        if self.unit == "days":
            local += timedelta(days=self.amount)  # arithmetic within one zone moves the clock on the wall
        else:
            local = (local.astimezone(UTC) + timedelta(**{self.unit: self.amount})).astimezone(zone)
        if self.clock is not None:
            minutes = min(round(self.clock * 60), 24 * 60 - 1)
            local = local.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)
        return local.astimezone(UTC).replace(tzinfo=None)
