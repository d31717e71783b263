"""Reminders fire exactly once, whatever dies: real processes on a real database, killed in the midst of their work."""

import contextlib
import dataclasses
import os
import random
import re
import time
from collections import Counter

import pytest
from odoo.fields import Command
from odoo.tests import new_test_user

from toolchain import postgres

from .common import FunnelFactory
from .reminder_workers import environment, own_database, stable

LEADS, MOVING_LEADS = 500, 500
#: How often a process is killed while timers fire, and how often while people are told.
KILLS_FIRING, KILLS_TELLING = 32, 18
BATCH_SIZE = 100
#: Salespeople with many leads, who get lists, and with one lead each, who get a message for each reminder.
BUSY, IDLE = 4, 20


@dataclasses.dataclass
class Department:
    """A database with everything that the tests need; ids, for every transaction has records of its own."""

    registry: object
    stage_ids: list
    reminder_ids: dict
    lead_ids: list
    moving_lead_ids: list

    def query(self, statement, *params):
        """Return the rows of a query about what is committed now."""
        with contextlib.closing(postgres.connect(self.registry.db_name)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, params)
            return cursor.fetchall()

    def count(self, statement, *params):
        [[number]] = self.query(statement, *params)
        return number


class Founder(FunnelFactory):
    """Makes a department in which much falls due."""

    def __init__(self, env):
        type(self).env = env

    def found(self, registry):
        """Return a department with 5,000 timers that are due."""
        people = self.make_people()
        team = self.make_funnel("Kitchens", "deal", ["Estimate", "Measurement", "Contract", "Done!"])
        team.write({"user_id": people[-1].id, "digest_threshold": 5})
        estimate, measurement, contract, _done = team.stage_ids.sorted("sequence")
        reminders = self.make_reminders(estimate, measurement, contract)
        quiet = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}
        busy, idle = people[:BUSY], people[BUSY:-1]
        owners = [*idle, *(busy[number % BUSY] for number in range(LEADS - IDLE))]
        values = [{"team_id": team.id, "name": f"Lead {n}", "user_id": user.id} for n, user in enumerate(owners)]
        leads = self.env["crm.lead"].with_context(**quiet).create(values)
        moving = leads.create([{**one, "stage_id": measurement.id} for one in values[:MOVING_LEADS]])
        # what tells and does more is due later: a batch is of few reminders, as in real life
        self.env.cr.execute(
            """UPDATE funnel_timer SET due_at = due_at - interval '3 hours'
                      + interval '1 minute' * CASE WHEN reminder_id IN %s THEN 0 ELSE reminder_id %% 30 END""",
            [tuple(reminders.filtered(lambda reminder: reminder._get_effects() == ["role_ids"]).ids)],
        )
        return Department(
            registry,
            (estimate | measurement | contract).ids,
            {reminder.name: reminder.id for reminder in reminders},
            leads.ids,
            moving.ids,
        )

    def make_people(self):
        """Make salespeople, every other of whom reads e-mails, and the head of the department."""
        people = [
            new_test_user(self.env, f"seller_{number}", "sales_team.group_sale_salesman")
            for number in range(BUSY + IDLE)
        ]
        people.append(new_test_user(self.env, "boss", "sales_team.group_sale_salesman_all_leads"))
        for number, user in enumerate(people):
            user.email = f"{user.login}@example.com"
            user.notification_type = "email" if number % 2 else "inbox"
        return people

    def make_reminders(self, estimate, measurement, contract):
        """Make nine reminders of one stage, and one that moves the leads of another stage."""
        seller = self.env["funnel.role"].create({"name": "Seller", "source": "salesperson"})
        head = self.env["funnel.role"].create({"name": "Boss", "source": "head"})
        channels = self.env["discuss.channel"].create([{"name": "Late"}, {"name": "Every day"}])
        call, todo = (self.env.ref(f"mail.mail_activity_data_{kind}") for kind in ("call", "todo"))
        daily = {"repeat_amount": 1, "repeat_unit": "days"}
        reminders = {
            "Tell seller": {"role_ids": seller},
            "Tell head": {"role_ids": head},
            "Tell daily": {"role_ids": seller, **daily},
            "Plan call": {"activity_type_id": call.id},
            "Plan for head": {"activity_type_id": todo.id, "activity_role_id": head.id},
            "Tell and plan": {"role_ids": seller, "activity_type_id": call.id},
            "Post": {"channel_ids": channels[0]},
            "Post daily": {"channel_ids": channels[1], **daily},
            "Tell and post": {"role_ids": head, "channel_ids": channels[0]},
        }
        values = [self.prepare(name, estimate, **effects) for name, effects in reminders.items()]
        values.append(self.prepare("Move", measurement, move_stage_id=contract.id))
        return self.env["funnel.reminder"].create(values)

    def prepare(self, name, stage, **effects):
        """Return the values of a reminder that falls due an hour after a lead comes into ``stage``."""
        effects = {key: [Command.set(value.ids)] if key.endswith("_ids") else value for key, value in effects.items()}
        return {"name": name, "stage_id": stage.id, "deadline_amount": 1, "deadline_unit": "hours", **effects}


@pytest.fixture(scope="module")
def department():
    with own_database("killed") as registry:
        with environment(registry) as env:
            env["funnel.timer"].search([]).unlink()
            department = Founder(env).found(registry)
        yield department


DUE = "SELECT count(*) FROM funnel_timer WHERE state = 'armed' AND due_at <= now() AT TIME ZONE 'UTC'"
#: People are told one by one, whether of three leads or of a thousand.
PENDING = "SELECT count(DISTINCT user_id) FROM funnel_delivery WHERE state = 'pending'"
#: The names of the connections that have written something that they have not committed.
AT_WORK = "SELECT application_name FROM pg_stat_activity WHERE datname = %s AND backend_xid IS NOT NULL"
#: How many of them there are: a killed worker's last statement may still be on its way.
BUSY_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_xid IS NOT NULL"


class Killer:
    """Kills one of two workers at random moments and starts another; notes what there was to do at these moments."""

    def __init__(self, department, workers, seed):
        self.department, self.workers = department, workers
        self.random = random.Random(seed)
        for _number in range(2):
            workers.start("fire_for_ever", BATCH_SIZE)

    def kill(self, kills, statement):
        """Kill so many times while there is work, evenly spread over the first two thirds of it at the latest.

        The last third is left because nobody can stop the others at the very moment at which they come to an end.

        :returns: for each of them what was left to do, and whether the process had written what it had not committed
        """
        total, moments = self.department.count(statement), []
        for number in range(1, kills + 1):
            moment = time.monotonic() + self.random.uniform(0.02, 0.4)
            floor = total * (1 - number / kills * 2 / 3)
            while time.monotonic() < moment and self.department.count(statement) > floor:
                time.sleep(0.005)
            victim = self.random.choice(self.get_busy() or self.workers.running)
            moments.append((self.department.count(statement), victim in self.get_busy()))
            self.workers.kill(victim)
            self.workers.start("fire_for_ever", BATCH_SIZE)
        return moments

    def get_busy(self):
        """Return the processes that have written something that they have not committed."""
        names = self.department.query(AT_WORK, self.department.registry.db_name)
        return [worker for worker in self.workers.running if (f"odoo-{worker}",) in names]

    def let_work(self, statement, seconds=120):
        """Let the workers do the rest of some work."""
        deadline = time.monotonic() + seconds
        while self.department.count(statement):
            assert time.monotonic() < deadline, "the workers do not come to an end"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def kills(department):
    """What there was to do when workers were killed, while timers fired and while people were told; all is done now."""
    assert department.count(DUE) == 5000
    seed = int(os.environ.get("FUNNEL_KILL_SEED") or random.randrange(10**6))
    print(f"FUNNEL_KILL_SEED={seed} kills at the same moments again")
    with stable(department.registry.db_name) as workers:
        killer = Killer(department, workers, seed)
        firing = killer.kill(KILLS_FIRING, DUE)
        killer.let_work(DUE)
        telling = killer.kill(KILLS_TELLING, PENDING)
        killer.let_work(PENDING)
        killer.let_work(BUSY_CONNECTIONS.replace("%s", f"'{department.registry.db_name}'"))
    return firing, telling


def test_the_kills_hit_workers_at_work(kills):
    firing, telling = kills
    assert (len(firing), len(telling)) == (KILLS_FIRING, KILLS_TELLING)
    assert all(0 < left for left, _busy in firing + telling)
    assert len({left for left, _busy in firing}) > 5, "work went on between the kills"
    assert sum(busy for _left, busy in firing) >= KILLS_FIRING / 2
    assert sum(busy for _left, busy in telling) >= KILLS_TELLING / 2


def test_every_timer_has_fired_once(kills, department):
    rounds = "SELECT round, state, count(*), count(DISTINCT (lead_id, reminder_id)) FROM funnel_timer GROUP BY 1, 2"
    daily = 2 * LEADS
    assert sorted(department.query(rounds)) == [(0, "fired", 5000, 5000), (1, "armed", daily, daily)]
    assert department.count(DUE) == 0


def test_every_lead_has_each_activity_once(kills, department):
    activities = "SELECT res_id, funnel_reminder_id FROM mail_activity WHERE funnel_reminder_id IS NOT NULL"
    planning = [department.reminder_ids[name] for name in ("Plan call", "Plan for head", "Tell and plan")]
    expected = [(lead_id, reminder_id) for lead_id in department.lead_ids for reminder_id in planning]
    assert sorted(department.query(activities)) == sorted(expected)


def test_everybody_was_told_once(kills, department):
    told = "SELECT lead_id, reminder_id, state FROM funnel_delivery"
    telling = [department.reminder_ids[name] for name in department.reminder_ids if name.startswith("Tell")]
    expected = Counter((lead_id, reminder_id, "sent") for lead_id in department.lead_ids for reminder_id in telling)
    found = Counter(department.query(told))
    assert (found - expected, expected - found) == (Counter(), Counter())


def test_each_message_is_one_delivery_or_one_list(kills, department):
    per_message = """SELECT message_id, bool_and(is_digest), count(*), count(DISTINCT user_id)
                       FROM funnel_delivery GROUP BY message_id"""
    messages = department.query(per_message)
    assert all(people == 1 for *_rest, people in messages)
    assert all(is_digest or count == 1 for _id, is_digest, count, _people in messages)
    assert {is_digest for _id, is_digest, *_rest in messages} == {True, False}


def test_no_message_went_out_but_these(kills, department):
    messages = department.query("SELECT DISTINCT message_id FROM funnel_delivery ORDER BY 1")
    notices = "SELECT id FROM mail_message WHERE message_type = 'user_notification' ORDER BY 1"
    notified = "SELECT mail_message_id FROM mail_notification ORDER BY 1"
    assert department.query(notices) == messages
    assert department.query(notified) == messages


def test_each_email_is_in_the_queue_once(kills, department):
    emails = "SELECT mail_message_id FROM mail_notification WHERE notification_type = 'email' ORDER BY 1"
    queued = "SELECT mail_message_id FROM mail_mail WHERE state = 'outgoing' ORDER BY 1"
    assert department.query(queued) == department.query(emails) != []


def test_each_lead_was_moved_once(kills, department):
    moves = "SELECT lead_id, to_stage_id FROM funnel_move WHERE kind = 'automatic'"
    _estimate, _measurement, contract = department.stage_ids
    assert sorted(department.query(moves)) == [(lead_id, contract) for lead_id in department.moving_lead_ids]
    assert department.count("SELECT count(*) FROM crm_lead WHERE stage_id = %s", contract) == MOVING_LEADS


def test_each_lead_was_posted_once(kills, department):
    bodies = """SELECT substring(body FROM '<b>(.*?)</b>'), string_agg(body, '') FROM mail_message
                 WHERE model = 'discuss.channel' AND body LIKE '%%<li>%%' GROUP BY 1"""
    posted = {
        name: sorted(map(int, re.findall(r'data-oe-id="(\d+)"', body))) for name, body in department.query(bodies)
    }
    assert posted == dict.fromkeys(("Post", "Post daily", "Tell and post"), department.lead_ids)
