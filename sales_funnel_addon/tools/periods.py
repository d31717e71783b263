"""Periods of days, as people choose them, and the moments between which they lie."""

from datetime import date, datetime, time, timedelta

import pytz


def parse_day(text):
    """Return the day that a text names, or None for an empty one.

    :param text: a day such as "2026-03-01", or something empty
    :raises ValueError: if it is no day

    >>> parse_day("2026-03-01"), parse_day(False)
    (datetime.date(2026, 3, 1), None)
    >>> parse_day("yesterday")
    Traceback (most recent call last):
    ...
    ValueError: yesterday
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise ValueError(text) from error


def get_bounds(first, last, timezone):
    """Return the moments between which a period lies, in UTC: the first that belongs to it and the first after it.

    :param first: its first day, None if it has no beginning
    :param last: its last day, None if it has no end
    :param str timezone: where the days begin at midnight
    :returns: a pair of naive datetimes in UTC, None where the period is open

    >>> get_bounds(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin")  # this day has 23 hours
    (datetime.datetime(2026, 3, 28, 23, 0), datetime.datetime(2026, 3, 29, 22, 0))
    >>> get_bounds(None, date(2026, 1, 1), "Europe/Moscow")
    (None, datetime.datetime(2026, 1, 1, 21, 0))
    """
    zone = pytz.timezone(timezone)

    def midnight(day):
        return zone.localize(datetime.combine(day, time())).astimezone(pytz.utc).replace(tzinfo=None)

    return first and midnight(first), last and midnight(last + timedelta(days=1))
