"""Repeat clients: 10,000 leads of which 30 % have been clients before, created with and without matching.

The leads are created in batches of 1,000, as an import does, in a database with 10,000 earlier requests of two
salespeople. Three times the same: in a stock team; in a funnel without matching (nothing is looked up, marked or told);
and in the funnel as it is, where in addition the secretary is noted down for every client of somebody else. All of them
store the keys by which clients are found, for leads of stock teams are found as well.

Counted is what matching adds in queries for a batch of 100 and for one of 1,000.
"""

import contextlib
import time
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import new_test_user

from tests.common import FunnelFactory

from .common import Measure

LEADS, BATCH, FEW = 10_000, 1_000, 100
REPEAT_SHARE = 0.3
#: What Odoo's importer sends along by default: nobody is mailed that a lead is theirs now.
IMPORT_CONTEXT = {"lang": "en_US", "tz": "Europe/Moscow", "tracking_disable": True, "import_file": True}
#: The same import may take so much longer with matching than without.
LIMIT = 1.25


class Scenario(FunnelFactory):
    """A funnel, a stock team, two salespeople and a secretary."""

    env = None
    serial = 0

    @classmethod
    def set_up(cls, env):
        """Make everything in the transaction of ``env``; the caller commits."""
        cls.env = env
        env.company.country_id = env.ref("base.ru")
        users = [new_test_user(env, f"bench_{name}", "sales_team.group_sale_salesman") for name in ("anna", "oleg")]
        cls.user_ids = [user.id for user in users]
        secretary = cls.make_role("Office", new_test_user(env, "bench_sonja", "sales_funnel_addon.group_funnel_user"))
        cls.funnel_id = cls.make_funnel("Funnel", "lead", ("New", "Talk"), repeat_role_id=secretary.id).id
        cls.stock_id = cls.make_funnel("Stock", False, ("New", "Talk")).id

    @classmethod
    def prepare(cls, team_id, count, phone_of):
        """Return the values of leads; their phone numbers are spelled in turn in different ways."""
        spellings = ("+7 912 {:03}-{:04}", "8 (912) {:03}-{:04}", "7912{:03}{:04}")
        return [
            {
                "name": f"Lead {number}",
                "type": "lead",
                "team_id": team_id,
                "user_id": cls.user_ids[number % 2],
                "contact_name": f"Client {number}",
                "phone": spellings[number % 3].format(*divmod(phone_of(number), 10_000)),
            }
            for number in range(count)
        ]

    @classmethod
    def prepare_import(cls, team_id, count):
        """Return the values of new leads, the agreed share of them from clients of earlier leads."""
        cls.serial += 1
        base = LEADS + cls.serial * BATCH

        def phone_of(number):
            is_repeat = number % 10 < REPEAT_SHARE * 10
            # the neighbour's client, who belongs to the other salesperson
            return (cls.serial * 37 + number + 1) % LEADS if is_repeat else base + number

        return cls.prepare(team_id, count, phone_of)


def unmatched():
    """Switch matching off."""
    return patch("odoo.addons.sales_funnel_addon.models.funnel_repeat_mixin.FunnelRepeatMixin._match_clients")


def create(bench, team_id, count, measure, without=contextlib.nullcontext):
    """Create one batch in a transaction of its own, the commit included."""
    rows = Scenario.prepare_import(team_id, count)
    with without(), bench.registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, IMPORT_CONTEXT)
        queries, started = cr.sql_log_count, time.perf_counter()
        env["crm.lead"].create(rows)
        cr.commit()
        measure.seconds.append(time.perf_counter() - started)
        measure.queries.append(cr.sql_log_count - queries)


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    with bench.environment() as env:
        Scenario.set_up(env)
    for start in range(0, LEADS, BATCH):
        with bench.environment(tracking_disable=True) as env:
            env["crm.lead"].create(Scenario.prepare(Scenario.stock_id, BATCH, start.__add__))
    with bench.environment() as env:
        env.cr.execute("ANALYZE")
    ways = {
        "stock": (Scenario.stock_id, contextlib.nullcontext),
        "unmatched": (Scenario.funnel_id, unmatched),
        "matched": (Scenario.funnel_id, contextlib.nullcontext),
    }
    few, many = ({name: Measure() for name in ways} for _size in (FEW, BATCH))
    for count, measures, rounds in ((FEW, few, 4), (BATCH, many, LEADS // BATCH)):
        for number in range(rounds + 1):
            # who goes first finds what the other has left in the caches, so they take turns in that too
            for name in list(ways)[:: -1 if number % 2 else 1]:
                create(bench, ways[name][0], count, measures[name] if number else Measure(), ways[name][1])
            if number:
                ratio = measures["matched"].median / measures["unmatched"].median
                print(f"... {number} of {rounds} times {count} leads: {ratio:.2f} so far", flush=True)
    check_matches(bench)
    for what, before in (("funnel without matching → with it", "unmatched"), ("stock team → funnel", "stock")):
        bench.add_row(f"{BATCH} leads created, {what}", many[before], many["matched"])
    total = sum(many["matched"].seconds)
    print(f"{LEADS} leads with matching: {total:.1f} s, {LEADS / total:.0f} a second")
    bench.add_budget("repeat_clients_import", many["matched"].median / many["unmatched"].median, LIMIT)
    added = [m["matched"].median_queries - m["unmatched"].median_queries for m in (few, many)]
    print(f"Matching adds {added[0]} queries for {FEW} leads and {added[1]} for {BATCH}.")
    bench.add_budget("repeat_clients_queries", added[1] - added[0], 3)


def check_matches(bench):
    """Raise if the leads were not recognised, for then nothing was measured."""
    with bench.environment() as env:
        found = env["crm.lead"].search_count([("is_repeat_client", "=", True)])
        told = env["funnel.delivery"].search_count([("timer_id", "=", False)])
        expected = REPEAT_SHARE * LEADS
        if found < expected or told < expected * 0.9:
            raise AssertionError(f"Only {found} repeat clients were found, and {told} told of.")
