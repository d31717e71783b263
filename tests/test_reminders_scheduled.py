"""Reminders by Odoo's own scheduler: it is woken when something falls due, and does not look for it now and then."""

import contextlib
import time

import pytest

from toolchain import postgres

from .live_server import database_copy, running_server

#: The scheduler looks around by itself once a minute; what is quicker was woken.
SECONDS = 15


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    """An administrator at work on a server with a scheduler, in which no scheduled action runs by the clock."""
    with database_copy("scheduled") as name:
        with contextlib.closing(postgres.connect(name)) as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE ir_cron SET nextcall = now() + interval '1 year'")
            cursor.execute("DELETE FROM ir_cron_trigger")
        folder = tmp_path_factory.mktemp("scheduled")
        with running_server(name, folder, "--max-cron-threads=1") as live:
            yield live.log_in("admin", "admin", lang="en_US")
            assert live.errors() == []


def make_reminder(admin):
    """Make a reminder of the head that is due at once when a lead comes in; return the funnel."""
    funnel = admin.create("crm.team", name="Doors", funnel_kind="deal", user_id=admin.user_id)
    stage = admin.create("crm.stage", name="New", team_ids=[(6, 0, [funnel])])
    role = admin.create("funnel.role", name="Boss", source="head")
    values = {"name": "Somebody is there", "stage_id": stage, "deadline_amount": 0, "role_ids": [(6, 0, [role])]}
    admin.create("funnel.reminder", **values)
    return funnel


def wait_until_told(admin, lead_id):
    """Return how many seconds it takes until somebody is told of a lead."""
    start = time.monotonic()
    while time.monotonic() < start + SECONDS:
        if admin.count("funnel.delivery", ("lead_id", "=", lead_id), ("state", "=", "sent")):
            return time.monotonic() - start
        time.sleep(0.1)
    raise AssertionError(f"nobody was told within {SECONDS} s")


def test_what_is_due_at_once_is_told_at_once(admin):
    funnel = make_reminder(admin)
    waits = []
    for number in range(4):
        lead_id = admin.create("crm.lead", name=f"Door {number}", team_id=funnel)
        waits.append(wait_until_told(admin, lead_id))
        timers = admin.rows("funnel.timer", [("lead_id", "=", lead_id)], "state")
        assert timers == [{"state": "fired"}]
    # one of them may have met a run by the clock; four in a row cannot
    assert sum(waits) < SECONDS, waits
