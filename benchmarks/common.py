"""What benchmarks share: transactions, timing, tables and budgets."""

import contextlib
import functools
import gc
import os
import statistics
import sys
import time
from dataclasses import dataclass, field

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service.server import load_server_wide_modules
from odoo.tools import config as odoo_config

from .explain import explain

#: How often each operation is timed, and how often it runs before that, so that caches are as warm as on a busy server.
SAMPLES, WARM_UPS = 61, 5


@dataclass
class Measure:
    """The runs of one operation: wall time in seconds and number of queries of each."""

    seconds: list = field(default_factory=list)
    queries: list = field(default_factory=list)

    @property
    def median(self):
        """The median wall time in seconds."""
        return statistics.median(self.seconds)

    @property
    def best(self):
        """The wall time in seconds that a tenth of the runs stays below: what it takes on a quiet machine."""
        return statistics.quantiles(self.seconds, n=10)[0] if len(self.seconds) > 1 else self.median

    def ratio_to(self, other):
        """Return how much longer it takes than another operation that ran in turns with it.

        That is the median of the ratios of neighbouring runs: a machine that is slower for a while is so for both.
        """
        return statistics.median(own / theirs for own, theirs in zip(self.seconds, other.seconds, strict=True))

    @property
    def median_queries(self):
        """The median number of queries."""
        return round(statistics.median(self.queries))


def _duration(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:.1f} s"


@dataclass(frozen=True)
class Budget:
    """What was measured, and what it may be at most."""

    name: str
    measured: float
    limit: float

    @property
    def is_kept(self):
        """Whether the measured value lies within the limit."""
        return self.measured <= self.limit

    def __str__(self):
        return f"BUDGET {self.name} {self.measured:.4g} {self.limit:.4g} {'ok' if self.is_kept else 'missed'}"


class Bench:
    """A registry of the scratch database, and what was measured on it.

    :param str config: the path of Odoo's configuration file
    :param bool explain: whether to show the queries and the profile of whatever is compared
    """

    def __init__(self, config, *, explain=False):
        odoo_config.parse_config([f"--config={config}", "--log-level=warn"])
        load_server_wide_modules()
        [database] = odoo_config["db_name"]
        self.registry = Registry(database)
        self.explain = explain
        self.rows, self.budgets = [], []

    @contextlib.contextmanager
    def environment(self, user_id=SUPERUSER_ID, **context):
        """Yield an environment of a new transaction, as each request of a client gets one; it is committed."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, user_id, context)

    @staticmethod
    def environment_of(cr, user_id=SUPERUSER_ID):
        """Return the environment in which what is measured runs."""
        return api.Environment(cr, user_id, {"lang": "en_US", "tz": "Europe/Moscow", "uid": user_id})

    def install(self, module_name):
        """Install a module that only this benchmark needs; the database is dropped afterwards anyway."""
        with self.environment() as env:
            env["ir.module.module"].search([("name", "=", module_name)]).button_immediate_install()
        self.registry = Registry(self.registry.db_name)

    # ------------------------------------------------------------
    # MEASURING
    # ------------------------------------------------------------

    def measure(self, user_id, *operations, samples=SAMPLES, warm_ups=WARM_UPS, prepare=None):
        """Run operations in turn, so that whatever else the machine does strikes all of them alike.

        :param int user_id: who does it
        :param operations: functions of an environment; each call gets a new transaction, and the commit counts
        :param int samples: how many timed runs each gets
        :param int warm_ups: how many runs each gets before
        :param prepare: a function of an environment that is called before each run, in a transaction of its own
        :returns: a :class:`Measure` for each operation
        """
        measures = [Measure() for _operation in operations]
        for number in range(warm_ups + samples):
            if number == warm_ups:
                gc.collect()
                gc.freeze()  # the registry is no garbage; looking through it time and again would hit single runs
            # who goes first finds what the other has left in the caches of the machine, so they take turns in that too
            for operation, measure in list(zip(operations, measures, strict=True))[:: -1 if number % 2 else 1]:
                self._prepare(prepare)
                gc.collect()
                seconds, queries = self._run(user_id, operation)
                if number >= warm_ups:
                    measure.seconds.append(seconds)
                    measure.queries.append(queries)
        gc.unfreeze()
        return measures

    def _prepare(self, prepare):
        if prepare:
            with self.environment() as env:
                prepare(env)

    def _run(self, user_id, operation):
        """Return the seconds and the number of queries of one run, the commit with all its hooks included."""
        with self.registry.cursor() as cr:
            env = self.environment_of(cr, user_id)
            queries, started = cr.sql_log_count, time.perf_counter()
            operation(env)
            cr.commit()
            return time.perf_counter() - started, cr.sql_log_count - queries

    def compare(self, what, user_id, stock, ours, **options):
        """Measure the same operation in stock Odoo and in a funnel, and add a row to the table.

        :param str what: what is done
        :param stock: a function of an environment
        :param ours: a function of an environment
        :param options: see :meth:`measure`
        :returns: both measures
        """
        measures = self.measure(user_id, stock, ours, **options)
        self.add_row(what, *measures)
        self.explain_one(f"{what}, stock", user_id, stock)
        self.explain_one(f"{what}, ours", user_id, ours)
        return measures

    def explain_one(self, title, user_id, operation, prepare=None):
        """Show the queries and the profile of an operation, if ``--explain`` asks for it."""
        if self.explain:
            before = functools.partial(self._prepare, prepare)
            explain(title, self.registry, lambda: self._run(user_id, operation), before)

    # ------------------------------------------------------------
    # REPORTING
    # ------------------------------------------------------------

    def add_row(self, what, stock, ours):
        """Add a comparison to the table.

        :param str what: what is done
        :param Measure stock: what it takes in stock Odoo, or None where stock Odoo knows no such thing
        :param Measure ours: what it takes in a funnel
        """
        before = _duration(stock.median) if stock else "–"
        ratios = [f"{ours.ratio_to(stock):.3g}", f"{ours.best / stock.best:.3g}"] if stock else ["–", "–"]
        queries = f"{stock.median_queries} → {ours.median_queries}" if stock else str(ours.median_queries)
        self.rows.append((what, before, _duration(ours.median), *ratios, queries))
        print("...", *self.rows[-1], sep="  ", file=sys.stderr, flush=True)  # a long benchmark shows how far it is

    def add_budget(self, name, measured, limit):
        """Hold ``measured`` against ``limit``; more is a miss."""
        self.budgets.append(Budget(name, measured, limit))

    def report(self):
        """Print the table and the budgets; return 1 if one is missed.

        Times are medians, and so is the ratio, of neighbouring runs. Beside it stands that of the fastest runs: where
        the two differ, the machine was busy with other things.
        """
        table = [("what", "stock", "ours", "ratio", "best", "queries"), *self.rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for what, *cells in table:
            print(what.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)))
        busy = os.getloadavg()[1]
        if busy > os.cpu_count():
            print(f"NOTE: {busy:.0f} processes compete for {os.cpu_count()} processors, so the timings are noisy.")
        for budget in self.budgets:
            print(budget)
        return int(not all(budget.is_kept for budget in self.budgets))
