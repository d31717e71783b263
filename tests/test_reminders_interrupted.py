"""Reminders whose run is interrupted: by people who change the same leads, by other workers, because time is out."""

import contextlib
import functools
import time
from unittest.mock import patch

import pytest
from odoo import fields
from odoo.fields import Command
from odoo.tests import mute_logger
from psycopg2.errors import SerializationFailure

from .common import FunnelFactory
from .reminder_workers import environment, own_database, stable

ADDON = "odoo.addons.sales_funnel_addon.models"
#: So many leads are moved by a user at the moment at which their reminders fall due.
RACING_LEADS = 160


@pytest.fixture(scope="module")
def registry():
    with own_database("interrupted") as registry:
        with environment(registry) as env:
            env["funnel.timer"].search([]).unlink()
        yield registry


class Team(FunnelFactory):
    """A funnel of one test: its stages, its reminders, its leads, by id."""

    def __init__(self, registry):
        self.registry = registry
        with self.work():
            team = self.make_funnel("Race", "deal", ["One", "Two", "Three", "Four"], user_id=self.seller.id)
            team.digest_threshold = 1000
            self.team_id, self.stage_ids = team.id, team.stage_ids.sorted("sequence").ids
            self.role_id = self.env["funnel.role"].create({"name": "Seller", "source": "salesperson"}).id

    @property
    def seller(self):
        return self.env.ref("base.user_admin")

    @contextlib.contextmanager
    def work(self):
        """Do something in a transaction of its own."""
        with environment(self.registry) as env:
            type(self).env = env
            try:
                yield env
            finally:
                del type(self).env

    def remind(self, stage=0, tell=True, **values):
        """Make a reminder that falls due at once."""
        values = {"name": "Call", "stage_id": self.stage_ids[stage], "deadline_amount": 0, **values}
        if tell:
            values["role_ids"] = [Command.set([self.role_id])]
        with self.work() as env:
            return env["funnel.reminder"].create(values).id

    def make(self, count=1, stage=0):
        """Make leads; return their ids."""
        with self.work() as env:
            team = env["crm.team"].browse(self.team_id)
            return self.make_leads(team, count, user_id=self.seller.id, stage_id=self.stage_ids[stage]).ids

    def fire(self):
        """Let the scheduled action run."""
        with environment(self.registry) as env, mute_logger("odoo.sql_db"):
            env["funnel.timer"]._cron_fire()

    def rows(self, statement, *params):
        with self.registry.cursor() as cr:
            cr.execute(statement, params)
            return cr.fetchall()

    def timers(self):
        """Return the states of the timers of this funnel with the number of people told, by reminder."""
        statement = """SELECT reminder_id, state,
                              (SELECT count(*) FROM funnel_delivery WHERE timer_id = timer.id AND state = 'sent')
                         FROM funnel_timer AS timer JOIN crm_lead AS lead ON lead.id = lead_id
                        WHERE lead.team_id = %s ORDER BY reminder_id, timer.id"""
        return self.rows(statement, self.team_id)


@pytest.fixture
def team(registry):
    team = Team(registry)
    yield team
    with environment(registry) as env:
        env["funnel.timer"].search([]).unlink()


def interrupting(registry, owner, method, interrupt, times=1):
    """Patch a method: before it does its work, something else happens in a transaction of its own.

    :param type owner: the class with the method
    :param interrupt: what happens, with an environment of that transaction
    :param int times: how often it happens
    """
    original, calls = getattr(owner, method), []

    @functools.wraps(original)
    def interrupted(self, *args, **kwargs):
        calls.append(self)
        if len(calls) <= times:
            with environment(registry) as env:
                interrupt(env)
        return original(self, *args, **kwargs)

    return patch.object(owner, method, interrupted), calls


# ------------------------------------------------------------
# SOMEBODY CHANGES THE SAME
# ------------------------------------------------------------


def test_a_batch_that_meets_a_change_begins_again(team):
    reminder_id = team.remind(move_stage_id=team.stage_ids[1])
    [lead_id] = team.make()

    def rename(env):
        env["crm.lead"].browse(lead_id).name = "Renamed meanwhile"

    interruption, calls = interrupting(team.registry, team.registry["funnel.reminder"], "_move", rename, times=3)
    with interruption:
        team.fire()
    assert len(calls) == 4
    assert team.timers() == [(reminder_id, "fired", 1)]
    moves = team.rows("SELECT kind FROM funnel_move WHERE lead_id = %s ORDER BY id", lead_id)
    assert moves == [("created",), ("automatic",)]


def test_a_change_that_the_rendering_of_a_message_meets_is_not_the_fault_of_the_template(team):
    with team.work() as env:
        values = {"name": "Counts", "model_id": env["ir.model"]._get_id("crm.lead"), "subject": "Hello"}
        body = "<p t-out=\"object.write({'priority': '2'}) and object.flush_recordset()\"/>"
        template = env["mail.template"].create({**values, "body_html": body})
    reminder_id = team.remind(template_id=template.id)
    [lead_id] = team.make()

    def rename(env):
        env["crm.lead"].browse(lead_id).name = "Renamed meanwhile"

    interruption, calls = interrupting(team.registry, team.registry["funnel.delivery"], "_send", rename)
    with interruption:
        team.fire()
    assert len(calls) == 2
    assert team.timers() == [(reminder_id, "fired", 1)]


def follow_twice(env, lead_id):
    """Make the same follower as the action of :func:`make_following_action`."""
    env["mail.followers"].create({"res_model": "crm.lead", "res_id": lead_id, "partner_id": env.user.partner_id.id})


def make_following_action(env):
    code = """for lead in records:
    env['mail.followers'].create({'res_model': 'crm.lead', 'res_id': lead.id, 'partner_id': env.user.partner_id.id})"""
    values = {"name": "Follow", "model_id": env["ir.model"]._get_id("crm.lead"), "state": "code", "code": code}
    return env["ir.actions.server"].create(values)


def test_what_somebody_else_makes_at_the_same_moment_is_seen_by_the_next_attempt(team):
    with team.work() as env:
        action = make_following_action(env)
    reminder_id = team.remind(server_action_id=action.id)
    [lead_id] = team.make()
    with team.work() as env:
        env["mail.followers"].search([("res_model", "=", "crm.lead"), ("res_id", "=", lead_id)]).unlink()

    def follow(env):
        follow_twice(env, lead_id)

    def unfollow(env):
        env["mail.followers"].search([("res_model", "=", "crm.lead"), ("res_id", "=", lead_id)]).unlink()

    interruption, calls = interrupting(team.registry, team.registry["funnel.reminder"], "_run", follow)
    original = team.registry["funnel.timer"]._begin_again

    def begin_again(self, error, attempts):
        original(self, error, attempts)
        assert "UniqueViolation" in str(error)
        with environment(team.registry) as env:
            unfollow(env)

    with interruption, patch.object(team.registry["funnel.timer"], "_begin_again", begin_again):
        team.fire()
    assert len(calls) == 2
    assert team.timers() == [(reminder_id, "fired", 1)]


def test_what_is_always_there_twice_is_a_failure(team):
    with team.work() as env:
        action = make_following_action(env)
    broken_id = team.remind(server_action_id=action.id)
    sound_id = team.remind(name="Sound")
    [lead_id] = team.make()
    with team.work() as env:
        env["mail.followers"].search([("res_model", "=", "crm.lead"), ("res_id", "=", lead_id)]).unlink()
        follow_twice(env, lead_id)
    team.fire()
    assert team.timers() == [(broken_id, "failed", 0), (sound_id, "fired", 1)]


def test_who_is_always_in_the_way_of_one_lead_holds_up_no_other(team):
    reminder_id = team.remind(move_stage_id=team.stage_ids[1])
    lead_ids = team.make(20)
    original = team.registry["funnel.reminder"]._move

    def move(self, leads):
        if lead_ids[0] in leads.ids:
            raise SerializationFailure("somebody else was quicker")
        original(self, leads)

    path = f"{ADDON}.funnel_timer_schedule_mixin.time.sleep"
    with patch.object(team.registry["funnel.reminder"], "_move", move), patch(path):
        team.fire()
    assert sorted(team.timers()) == [(reminder_id, "armed", 0), *[(reminder_id, "fired", 1)] * 19]
    team.fire()
    assert team.timers() == [(reminder_id, "fired", 1)] * 20


def test_a_timer_that_fires_while_it_is_armed_anew_does_not_fire_again(team):
    reminder_id = team.remind(catches_up=True)
    team.make()
    with environment(team.registry) as env:
        env["funnel.timer"].search_count([])  # what this transaction sees is from before
        team.fire()
        with pytest.raises(SerializationFailure), mute_logger("odoo.sql_db"):
            env["funnel.reminder"].browse(reminder_id)._arm_next(10, 0)
        env.cr.rollback()
        env["funnel.reminder"].browse(reminder_id)._arm_next(10, 0)
    team.fire()
    assert team.timers() == [(reminder_id, "fired", 1)]


def test_arming_in_the_background_goes_on_when_timers_fire_meanwhile(team):
    reminder_id = team.remind(catches_up=True)
    team.make()

    def fire(env):
        env["funnel.timer"]._cron_fire()

    with team.work() as env:
        env["funnel.reminder"].browse(reminder_id)._queue()
    interruption, calls = interrupting(team.registry, team.registry["funnel.reminder"], "_arm_next", fire)
    with interruption, environment(team.registry) as env, mute_logger("odoo.sql_db"):
        env["funnel.reminder"]._cron_arm()
    assert len(calls) == 2
    assert team.rows("SELECT arming_position FROM funnel_reminder WHERE id = %s", reminder_id) == [(-1,)]
    assert team.timers() == [(reminder_id, "fired", 1)]


# ------------------------------------------------------------
# OTHER WORKERS, AND TIME THAT IS OUT
# ------------------------------------------------------------


def test_a_rung_that_a_dying_worker_held_is_not_told_after_the_higher_one(team):
    lower_id = team.remind(name="At once")
    higher_id = team.remind(name="Later", deadline_amount=1, deadline_unit="minutes")
    team.make()
    with team.work() as env:
        env.cr.execute("UPDATE funnel_timer SET due_at = due_at - interval '1 hour'")
    with stable(team.registry.db_name) as workers:
        with team.registry.cursor() as dying:
            dying.execute("SELECT 1 FROM funnel_timer WHERE reminder_id = %s FOR UPDATE", [lower_id])
            worker = workers.start("fire_once", 10)
            wait_for_lock(team.registry)
            dying.rollback()
        assert workers.wait(worker) == 0
    team.fire()
    assert team.timers() == [(lower_id, "collapsed", 0), (higher_id, "fired", 1)]


def wait_for_lock(registry):
    """Wait until some process waits for a lock in this database."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    for _attempt in range(200):
        with registry.cursor() as cr:
            cr.execute(waiting, [registry.db_name])
            if cr.fetchone()[0]:
                return
            cr.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("nobody waits")


def test_what_others_hold_is_looked_at_again_soon_but_not_at_once(team):
    team.remind()
    team.make()
    [(cron_id,)] = team.rows("SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_fire_timers'")
    with team.registry.cursor() as other:
        other.execute("SELECT 1 FROM funnel_timer FOR UPDATE")
        with team.registry.cursor() as cr:
            cr.execute("DELETE FROM ir_cron_trigger")
        now = fields.Datetime.now()
        team.fire()
    [(call_at,)] = team.rows("SELECT call_at FROM ir_cron_trigger WHERE cron_id = %s", cron_id)
    assert 0 < (call_at - now).total_seconds() < 90


def test_when_time_is_out_the_next_runs_do_the_rest(team):
    reminder_id = team.remind()
    team.make(30)
    cron, original = team.registry["ir.cron"], team.registry["ir.cron"]._commit_progress

    def commit(self, *args, **kwargs):
        original(self, *args, **kwargs)
        return 0

    states = []
    with patch.object(cron, "_commit_progress", commit):
        for _run in range(4):
            with environment(team.registry) as env:
                env["funnel.timer"]._cron_fire(batch_size=12)
            fired = sum(state == "fired" for _id, state, _told in team.timers())
            states.append((fired, sum(told for *_rest, told in team.timers())))
    assert states == [(12, 0), (24, 0), (30, 0), (30, 30)]
    assert team.timers() == [(reminder_id, "fired", 1)] * 30


# ------------------------------------------------------------
# A USER WHO MOVES THE SAME LEADS
# ------------------------------------------------------------


def test_a_timer_fires_before_the_move_or_never(team):
    tell_id = team.remind(activity_type_id=1)
    move_id = team.remind(stage=1, tell=False, move_stage_id=team.stage_ids[2])
    told_ids, moved_ids = team.make(RACING_LEADS), team.make(RACING_LEADS, stage=1)
    one, two, _three, four = team.stage_ids
    with stable(team.registry.db_name) as workers:
        shuffle_due_moments(team, seconds=12)
        firing = [workers.start("fire_for_ever", 10) for _number in range(2)]
        wait_until_fired(team, {tell_id, move_id})
        for task in [workers.start("move_leads", 1, one, four), workers.start("move_leads", 2, two, four)]:
            assert workers.wait(task) == 0
        for worker in firing:
            workers.kill(worker)
    team.fire()
    check_told(team, tell_id, told_ids)
    check_moved(team, move_id, moved_ids)


def shuffle_due_moments(team, seconds):
    """Let timers fall due in the next seconds, in an order of their own."""
    with team.work() as env:
        env.cr.execute(
            """UPDATE funnel_timer SET due_at = now() AT TIME ZONE 'UTC' + interval '1 second' * (id * 7 %% %s)
               WHERE state = 'armed'""",
            [seconds],
        )


def wait_until_fired(team, reminder_ids):
    """Wait until every one of some reminders has fired for some lead: from then on users and reminders race."""
    deadline = time.monotonic() + 60
    while {reminder_id for reminder_id, state, _told in team.timers() if state == "fired"} != reminder_ids:
        assert time.monotonic() < deadline, "nothing fires"
        time.sleep(0.05)


def check_told(team, reminder_id, lead_ids):
    """Every lead was moved by the user; what had fired by then had done all it does, and what had not is gone."""
    rows = team.rows(
        """SELECT lead.id, lead.stage_id, timer.state, timer.escalated,
                  (SELECT count(*) FROM funnel_delivery WHERE lead_id = lead.id AND state = 'sent'),
                  (SELECT count(*) FROM mail_activity WHERE res_id = lead.id AND funnel_reminder_id = %s),
                  (SELECT count(*) FROM funnel_move WHERE lead_id = lead.id AND kind = 'moved')
             FROM crm_lead AS lead LEFT JOIN funnel_timer AS timer ON timer.lead_id = lead.id AND reminder_id = %s
            WHERE lead.id = ANY(%s)""",
        reminder_id,
        reminder_id,
        lead_ids,
    )
    results = {lead_id: row for lead_id, *row in rows}
    assert len(results) == len(rows) == len(lead_ids)
    # the move has taken away the mark that firing had made: it came after it
    fired, never = [team.stage_ids[3], "fired", False, 1, 1, 1], [team.stage_ids[3], None, None, 0, 0, 1]
    assert [row for row in results.values() if row not in (fired, never)] == []
    assert 0 < list(results.values()).count(fired) < len(lead_ids)


def check_moved(team, reminder_id, lead_ids):
    """Every lead was moved either by the reminder or by the user."""
    rows = team.rows(
        """SELECT lead.id, lead.stage_id, timer.state,
                  (SELECT array_agg(kind::text ORDER BY id) FROM funnel_move WHERE lead_id = lead.id)
             FROM crm_lead AS lead LEFT JOIN funnel_timer AS timer ON timer.lead_id = lead.id AND reminder_id = %s
            WHERE lead.id = ANY(%s)""",
        reminder_id,
        lead_ids,
    )
    results = {lead_id: row for lead_id, *row in rows}
    assert len(results) == len(rows) == len(lead_ids)
    by_reminder = [team.stage_ids[2], "fired", ["created", "automatic"]]
    by_user = [team.stage_ids[3], None, ["created", "moved"]]
    assert [row for row in results.values() if row not in (by_reminder, by_user)] == []
    assert 0 < list(results.values()).count(by_reminder) < len(lead_ids)
