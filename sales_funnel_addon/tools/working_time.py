"""Working time: when people work, and what is so many working minutes or days away. No database.

A :class:`WorkingTime` holds the hours of a week and the leaves; nights, lunch, weekends, public holidays, time zones
and the days on which clocks are changed follow from that. All moments that go in and out are in UTC without a time
zone, as Odoo stores them; days are days of the time zone of the working time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from zoneinfo import ZoneInfo

#: How many days are looked through for working time before it is said that there is none.
HORIZON = 3 * 366


class NoWorkingTime(ValueError):
    """Within the horizon nobody works."""


@dataclass(frozen=True)
class Hours:
    """Working hours on one day of the week.

    :param int weekday: 0 for Monday
    :param int start: minutes from midnight
    :param int end: minutes from midnight, up to 1440
    :param week: 0 or 1 where weeks alternate, else None
    """

    weekday: int
    start: int
    end: int
    week: int | None = None

    def are_on(self, day: date):
        """Tell whether people work these hours on a day.

        >>> Hours(0, 540, 1080).are_on(date(2026, 3, 2)), Hours(0, 540, 1080).are_on(date(2026, 3, 3))
        (True, False)
        """
        parity = (day.toordinal() - 1) // 7 % 2  # the way Odoo counts the weeks of a two-week calendar
        return day.weekday() == self.weekday and self.week in (None, parity)


@dataclass(frozen=True)
class WorkingTime:
    """When people work.

    :param str timezone: the name of the time zone of the hours, for example ``Europe/Moscow``
    :param tuple hours: the :class:`Hours` of a week, or of two; none at all for people who work round the clock
    :param tuple leaves: pairs of moments between which nobody works

    >>> office = WorkingTime("Europe/Moscow", tuple(Hours(day, 540, 1080) for day in range(5)))
    >>> friday = datetime(2026, 3, 6, 14, 55)  # 17:55 in Moscow
    >>> office.add_minutes(friday, 10)  # 9:05 on Monday
    datetime.datetime(2026, 3, 9, 6, 5)
    >>> office.add_days(date(2026, 3, 6), 3)
    datetime.date(2026, 3, 11)
    """

    timezone: str = "UTC"
    hours: tuple = ()
    leaves: tuple = ()

    @cached_property
    def _known_days(self):
        return {}

    @cached_property
    def zone(self):
        """The time zone of the hours."""
        return ZoneInfo(self.timezone)

    # ------------------------------------------------------------
    # CLOCK AND CALENDAR
    # ------------------------------------------------------------

    def day_of(self, moment):
        """Return the local day of a moment.

        >>> WorkingTime("Asia/Vladivostok").day_of(datetime(2026, 3, 6, 20, 0))
        datetime.date(2026, 3, 7)
        """
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def at(self, day, minutes):
        """Return the moment of a local time of day; what the clocks leave out falls to the moment they are changed to.

        :param int minutes: minutes from midnight; 1440 is the midnight that follows

        >>> WorkingTime("Europe/Berlin").at(date(2026, 3, 29), 9 * 60)
        datetime.datetime(2026, 3, 29, 7, 0)
        """
        day += timedelta(days=minutes // 1440)
        local = datetime.combine(day, time(minutes % 1440 // 60, minutes % 60), self.zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    # ------------------------------------------------------------
    # WORKING TIME
    # ------------------------------------------------------------

    def intervals(self, day):
        """Return when people work on a local day: pairs of moments in order, none of them empty.

        >>> lunch = WorkingTime("UTC", (Hours(0, 540, 780), Hours(0, 840, 1080)))
        >>> [(start.hour, end.hour) for start, end in lunch.intervals(date(2026, 3, 2))]
        [(9, 13), (14, 18)]
        >>> lunch.intervals(date(2026, 3, 3))
        ()
        """
        # a hundred thousand deadlines lie on the same few days
        if day not in self._known_days:
            if self.hours:
                spans = [(self.at(day, item.start), self.at(day, item.end)) for item in self.hours if item.are_on(day)]
            else:
                spans = [(self.at(day, 0), self.at(day, 1440))]
            self._known_days[day] = tuple(self._without_leaves(_merged(spans)))
        return self._known_days[day]

    def _without_leaves(self, spans):
        for leave_start, leave_end in self.leaves:
            rest = []
            for start, end in spans:
                rest += [(start, min(end, leave_start)), (max(start, leave_end), end)]
            spans = [(start, end) for start, end in _merged(rest) if start < end]
        return spans

    def is_working_day(self, day):
        """Tell whether people work on a local day at all."""
        return bool(self.intervals(day))

    def add_minutes(self, moment, minutes):
        """Return the moment that is so many working minutes later, or earlier for a negative number.

        Zero minutes from a moment at which nobody works is the moment at which they begin.

        :raises NoWorkingTime: when there is not so much working time within the horizon

        >>> office = WorkingTime("UTC", (Hours(0, 540, 1080), Hours(1, 540, 1080)))
        >>> office.add_minutes(datetime(2026, 3, 2, 17, 30), 60), office.add_minutes(datetime(2026, 3, 3, 9, 30), -60)
        (datetime.datetime(2026, 3, 3, 9, 30), datetime.datetime(2026, 3, 2, 17, 30))
        """
        left, forward = timedelta(minutes=abs(minutes)), minutes >= 0
        for day in islice(self._days(self.day_of(moment), forward), HORIZON):
            for start, end in self.intervals(day) if forward else reversed(self.intervals(day)):
                start, end = (max(start, moment), end) if forward else (start, min(end, moment))
                if start < end and left <= end - start:
                    return start + left if forward else end - left
                left -= max(end - start, timedelta())
        raise NoWorkingTime(f"There are not {minutes} working minutes around {moment}")

    def add_days(self, day, days):
        """Return the working day that comes so many working days after a local day, or before it.

        Zero days is the day itself, or the next one on which people work.

        :raises NoWorkingTime: when there are not so many working days within the horizon

        >>> office = WorkingTime("UTC", tuple(Hours(weekday, 540, 1080) for weekday in range(5)))
        >>> office.add_days(date(2026, 3, 7), 0), office.add_days(date(2026, 3, 9), -1)
        (datetime.date(2026, 3, 9), datetime.date(2026, 3, 6))
        """
        if days:
            day += timedelta(days=1 if days > 0 else -1)
        working = (other for other in islice(self._days(day, days >= 0), HORIZON) if self.is_working_day(other))
        found = next(islice(working, max(abs(days) - 1, 0), None), None)
        if found is None:
            raise NoWorkingTime(f"There are not {days} working days around {day}")
        return found

    def _days(self, day, forward):
        while True:
            yield day
            day += timedelta(days=1 if forward else -1)


def _merged(spans):
    """Return spans of time in order, those that touch or overlap as one."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
