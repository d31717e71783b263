"""Working time against a reference that goes through it minute by minute."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from odoo.addons.sales_funnel_addon.tools.working_time import Hours, NoWorkingTime, WorkingTime

ZONES = ("UTC", "Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
#: The clocks are changed within a few days of these, on both sides of the world.
STARTS = (datetime(2026, 3, 6, 12), datetime(2026, 3, 27, 12), datetime(2026, 10, 23, 12), datetime(2026, 4, 3, 12))
MINUTE = timedelta(minutes=1)


def make_working_time(dice):
    hours = []
    for weekday in dice.sample(range(7), dice.randint(1, 6)):
        start = dice.randrange(0, 20 * 60, 15)
        lunch = start + dice.randrange(15, 240, 15)
        hours.append(Hours(weekday, start, min(lunch, 1440), dice.choice((None, None, 0, 1))))
        if lunch + 60 < 1440:
            hours.append(Hours(weekday, lunch + 60, dice.randrange(lunch + 61, 1441)))
    leaves = []
    for _leave in range(dice.randint(0, 3)):
        begin = dice.choice(STARTS) + dice.randint(-3000, 3000) * MINUTE
        leaves.append((begin, begin + dice.randint(1, 3000) * MINUTE))
    return WorkingTime(dice.choice(ZONES), tuple(hours), tuple(leaves))


def works_in(working_time, minute):
    """Tell whether people work in the minute that begins at this moment."""
    if any(begin <= minute < end for begin, end in working_time.leaves):
        return False
    local = minute.replace(tzinfo=UTC).astimezone(ZoneInfo(working_time.timezone))
    clock = local.hour * 60 + local.minute
    return any(item.are_on(local.date()) and item.start <= clock < item.end for item in working_time.hours)


def later(working_time, moment, minutes):
    """Return the end of the last of so many working minutes after a moment, going through every minute."""
    while minutes:
        minutes -= works_in(working_time, moment)
        moment += MINUTE
    return moment


def earlier(working_time, moment, minutes):
    while minutes:
        moment -= MINUTE
        minutes -= works_in(working_time, moment)
    return moment


def changes_its_clocks(working_time, moment):
    """Tell whether an hour is left out or comes twice nearby: which of its minutes are working time is open."""
    zone = ZoneInfo(working_time.timezone)
    days = (moment.replace(tzinfo=UTC) + timedelta(days=offset) for offset in range(-12, 13))
    return len({day.astimezone(zone).utcoffset() for day in days}) > 1


@pytest.mark.parametrize("seed", range(150))
def test_minutes(seed):
    dice = random.Random(seed)
    working_time = make_working_time(dice)
    moment = dice.choice(STARTS) + dice.randint(-2000, 2000) * MINUTE
    minutes = dice.randint(1, 900)
    if changes_its_clocks(working_time, moment):
        # by day: people work from nine to six on such a day as well, and in the night nobody notices
        hours = tuple(Hours(item.weekday, 9 * 60, 18 * 60, item.week) for item in working_time.hours)
        working_time = WorkingTime(working_time.timezone, hours, working_time.leaves)
    assert working_time.add_minutes(moment, minutes) == later(working_time, moment, minutes)
    assert working_time.add_minutes(moment, -minutes) == earlier(working_time, moment, minutes)


@pytest.mark.parametrize("seed", range(50))
def test_there_and_back(seed):
    dice = random.Random(seed)
    working_time = make_working_time(dice)
    moment = working_time.add_minutes(dice.choice(STARTS), dice.randint(1, 600))
    minutes = dice.randint(1, 900)
    assert working_time.add_minutes(working_time.add_minutes(moment, minutes), -minutes) == moment


@pytest.mark.parametrize("seed", range(50))
def test_days(seed):
    dice = random.Random(seed)
    working_time = make_working_time(dice)
    day = working_time.day_of(dice.choice(STARTS))
    days = dice.choice((-5, -2, -1, 1, 3, 8))
    step = timedelta(days=1 if days > 0 else -1)
    expected, left = day, abs(days)
    while left:
        expected += step
        begin = working_time.at(expected, 0)
        minutes = int((working_time.at(expected, 1440) - begin) / MINUTE)
        left -= any(works_in(working_time, begin + minute * MINUTE) for minute in range(minutes))
    assert working_time.add_days(day, days) == expected


def test_the_day_on_which_clocks_are_changed_has_its_hours():
    office = WorkingTime("Europe/Berlin", tuple(Hours(weekday, 0, 1440) for weekday in range(7)))
    lengths = [
        sum((end - start for start, end in office.intervals(date(2026, 3, day))), timedelta()) for day in (28, 29)
    ]
    assert lengths == [timedelta(hours=24), timedelta(hours=23)]


def test_nobody_works():
    never = WorkingTime("UTC", (Hours(0, 540, 1080),), ((datetime(2000, 1, 1), datetime(2100, 1, 1)),))
    with pytest.raises(NoWorkingTime):
        never.add_minutes(datetime(2026, 3, 2), 10)
    with pytest.raises(NoWorkingTime):
        never.add_days(date(2026, 3, 2), 1)


def test_round_the_clock():
    assert WorkingTime().add_minutes(datetime(2026, 3, 7, 23, 55), 10) == datetime(2026, 3, 8, 0, 5)
