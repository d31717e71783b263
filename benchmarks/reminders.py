"""Reminders that are due among 100,000 open deals, against the same rules in ``base_automation``.

Two rules: one plans an activity for the salesperson, who is told of it; one tells the salesperson and the head. When
1,000 reminders are due, each of the two is due for 500 deals of 16 salespeople. Ours are timed from
``funnel.timer._cron_fire`` on to the last commit, with all messages; those of stock Odoo in its scheduled action, with
a server action that plans a next activity (Odoo notifies the assignee) and one that calls ``message_notify``. All
people have their messages by mail, which both sides hand over to the queue of outgoing mails.

What people get differs in one thing: ours write one list to whoever has more to read than the funnel allows one by
one, stock Odoo a message for each deal. What ours cost with a message for each deal is shown as well.

With 10,000 due stock Odoo works in one transaction per rule, which slows down all the time. It gets so many seconds for
each rule, and the rest is taken at the mean speed of what it has done by then: in fact it takes longer.

An idle run finds nothing due among 10 thousand, 100 thousand and a million deals, all of which have two armed timers.
"""

import time
from contextlib import contextmanager
from unittest import mock

from odoo import SUPERUSER_ID

from .common import Measure
from .reminder_data import Scenario

#: How many open deals the funnel has: for idle runs, and the second for everything else as well.
DEALS = (10_000, 100_000, 1_000_000)
FEW, MANY = 1_000, 10_000
#: How many are due when ours write a message for each, as stock Odoo does.
SINGLY = 100
#: How often ours is timed, and stock Odoo, which needs half a minute each time.
SAMPLES, STOCK_SAMPLES = 5, 3
#: How many seconds stock Odoo gets for each of the two rules with many due.
PATIENCE = 120


class TimeIsUp(BaseException):
    """Stock Odoo has had its time; not an ``Exception``, which its scheduled action would take for a broken rule."""


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    bench.install("base_automation")
    with bench.environment() as env:
        Scenario.set_up(env)
        Scenario.add_deals(env, DEALS[0])
    analyze(bench)
    idle = [measure_idle(bench, DEALS[0])]
    with bench.environment() as env:
        Scenario.add_deals(env, DEALS[1] - DEALS[0])
        stock_deals = Scenario.add_deals(env, DEALS[1], stock=True)
        Scenario.make_automations(env)
        deals = all_deals(env)
    analyze(bench)
    idle.append(measure_idle(bench, DEALS[1]))
    compare_fired(bench, deals, stock_deals)
    measure_rearming(bench)
    with bench.environment() as env:
        Scenario.add_deals(env, DEALS[2] - DEALS[1])
    analyze(bench)
    idle.append(measure_idle(bench, DEALS[2]))
    bench.add_budget("reminders_idle_ms", max(measure.median for measure in idle) * 1000, 10)
    bench.add_budget("reminders_idle_growth", idle[-1].best / idle[0].best, 1.5)


def analyze(bench):
    """Let the database clean up and know what it holds, as autovacuum does while people work.

    The deals are copied and then given other dates: a due moment that is no more would be looked at in each run.
    """
    with bench.registry.cursor() as cr:
        cr._cnx.autocommit = True  # no transaction: the database refuses to clean up within one
        cr.execute("VACUUM (ANALYZE) funnel_timer")
        cr.execute("ANALYZE")
        cr._cnx.autocommit = False


def all_deals(env):
    """Return an iterator over the ids of the deals of the funnel, in no order, without the one that is copied."""
    where = [Scenario.funnel_id, Scenario.lead_ids[0]]
    env.cr.execute("SELECT id FROM crm_lead WHERE team_id = %s AND id != %s ORDER BY md5(id::text)", where)
    return iter([lead_id for (lead_id,) in env.cr.fetchall()])


def fire(env):
    """Do what the scheduled action of the addon does."""
    env["funnel.timer"]._cron_fire()


def automate(env):
    """Do what the scheduled action of stock Odoo does; mails go into the queue, as those of the addon."""
    env["base.automation"].with_context(mail_notify_force_send=False)._cron_process_time_based_actions()


# ------------------------------------------------------------
# NOTHING DUE
# ------------------------------------------------------------


def measure_idle(bench, deals):
    """Time a run that finds nothing to do among so many deals."""
    [idle] = bench.measure(SUPERUSER_ID, fire)
    bench.add_row(f"nothing due among {deals:,}", None, idle)
    bench.explain_one(f"nothing due among {deals:,}", SUPERUSER_ID, fire)
    return idle


# ------------------------------------------------------------
# SOME DUE
# ------------------------------------------------------------


def compare_fired(bench, deals, stock_deals):
    """Time both with few and with many reminders due."""
    stock_few = measure_stock(bench, stock_deals, FEW)
    few = measure_ours(bench, deals, FEW)
    bench.add_row(f"{FEW:,} due", stock_few, few)
    stock_many = estimate_stock(bench, stock_deals)
    many = measure_ours(bench, deals, MANY)
    bench.add_row(f"{MANY:,} due", stock_many, many)
    with one_by_one(bench):
        bench.add_row(
            f"{SINGLY:,} due, a message for each",
            measure_stock(bench, stock_deals, SINGLY),
            measure_ours(bench, deals, SINGLY),
        )
    bench.explain_one(f"{FEW:,} due", SUPERUSER_ID, fire, Scenario.due_timers(deals, FEW))
    bench.add_budget("reminders_1000", few.median / stock_few.median, 1 / 10)
    bench.add_budget("reminders_10000", many.median / stock_many.median, 1 / 50)
    bench.add_budget("reminders_queries_each", few.median_queries / FEW, 1)
    bench.add_budget("reminders_growth", many.median / MANY / (few.median / FEW), 1.5)


@contextmanager
def one_by_one(bench):
    """Let people have a message for each reminder instead of a list."""
    with bench.environment() as env:
        funnel = env["crm.team"].browse(Scenario.funnel_id)
        usual, funnel.digest_threshold = funnel.digest_threshold, 2 * SINGLY
    yield
    with bench.environment() as env:
        env["crm.team"].browse(Scenario.funnel_id).digest_threshold = usual


def measure_ours(bench, deals, count):
    """Time the addon with so many reminders due; check that all of them have been told."""
    with bench.environment() as env:
        before = count_told(env)
    prepare = Scenario.due_timers(deals, count)
    [ours] = bench.measure(SUPERUSER_ID, fire, samples=SAMPLES, warm_ups=1, prepare=prepare)
    with bench.environment() as env:
        told = [after - before for after, before in zip(count_told(env), before, strict=True)]
        runs = SAMPLES + 1
        # each deal has an activity, and three times somebody is told: of that, and two of the other rule
        Scenario.expect(told, [runs * count, runs * count // 2 * 3, runs * count // 2], "fired, told, planned")
    return ours


def count_told(env):
    """Return how many timers have fired, how many messages have been sent, and how many activities planned."""
    return (
        env["funnel.timer"].search_count([("state", "=", "fired")]),
        env["funnel.delivery"].search_count([("state", "=", "sent")]),
        env["mail.activity"].search_count([("funnel_reminder_id", "in", Scenario.reminder_ids)]),
    )


def measure_stock(bench, deals, count):
    """Time stock Odoo with so many due, from beginning to end."""
    prepare = Scenario.due_automations(deals, count // 2)
    with counted_automations(bench) as times:
        [stock] = bench.measure(SUPERUSER_ID, automate, samples=STOCK_SAMPLES, warm_ups=0, prepare=prepare)
    Scenario.expect(len(times), STOCK_SAMPLES * count, "automations")
    return stock


def estimate_stock(bench, deals):
    """Return what stock Odoo takes at least with many due; see the head of this module."""
    seconds = queries = 0
    for automation_id in Scenario.automation_ids:
        with bench.environment() as env:
            Scenario.due_automations(deals, MANY // 2, [automation_id])(env)
        done, took, asked = run_stock_for_a_while(bench)
        seconds += took / done * MANY // 2
        queries += asked / done * MANY // 2
        if done < MANY // 2:
            print(f"NOTE: stock Odoo did {done:,} of {MANY // 2:,} in {took:.0f} s; the rest is estimated.", flush=True)
    return Measure([seconds], [queries])


def run_stock_for_a_while(bench):
    """Run stock Odoo until its time is up; return for how many deals it got done, the seconds, and the queries."""
    with counted_automations(bench, patience=PATIENCE) as times, bench.registry.cursor() as cr:
        env = bench.environment_of(cr)
        queries, started = cr.sql_log_count, time.perf_counter()
        try:
            automate(env)
            finished = time.perf_counter()
        except TimeIsUp:
            finished = times[-1]
            cr.rollback()
        return len(times), finished - started, cr.sql_log_count - queries


@contextmanager
def counted_automations(bench, patience=None):
    """Note when a rule of stock Odoo has dealt with a deal.

    :param int patience: after how many seconds it is stopped
    :returns: the moments
    :rtype: list[float]
    """
    times, process, started = [], bench.registry["base.automation"]._process, time.perf_counter()

    def counting(self, records, domain_post=None):
        process(self, records, domain_post)
        times.append(time.perf_counter())
        if patience and times[-1] - started > patience:
            raise TimeIsUp

    with mock.patch.object(bench.registry["base.automation"], "_process", counting):
        yield times


# ------------------------------------------------------------
# CHANGED RULES
# ------------------------------------------------------------


def measure_rearming(bench):
    """Time how long a changed rule takes to be armed anew for all deals, in the background."""
    amounts = iter(range(101, 200))

    def change(env):
        reminder = env["funnel.reminder"].browse(Scenario.reminder_ids[0])
        reminder.deadline_amount = next(amounts)
        Scenario.expect(reminder.arming_position, 0, "as the position of a reminder that waits")

    def arm(env):
        env["funnel.reminder"]._cron_arm()

    [ours] = bench.measure(SUPERUSER_ID, arm, samples=2, warm_ups=0, prepare=change)
    bench.add_row(f"a changed rule armed for {DEALS[1]:,}", None, ours)
    bench.add_budget("reminders_rearm_seconds", ours.median, 60)
