"""The import of a cold base of 10,000 rows with duplicates, against Odoo's own importer.

A workbook of 10,000 rows is written, a tenth of which repeat a client of the file and a tenth of which are clients
already. The addon reads it, looks for duplicates, and puts the rest through the gate into the funnel of leads of the
preset, with its tasks and reminders; two processes are at it, as on a server with processes, whose scheduled actions
for imports run side by side. Odoo's own importer reads such rows into an ordinary team, without looking for any
duplicates and in one process, whatever the server has; it is given 500 of them at a time. The budget is for what it
does when called, with its 9 queries a row; the ratio to what its dialog does by default, without logging changes, is
printed.

The memory is that of a process of its own that imports 2,000 rows and of one that imports 20,000.
"""

import base64
import json
import os
import resource
import subprocess
import sys
import time

from odoo import SUPERUSER_ID, api
from odoo.tests import new_test_user
from odoo.tools import config as odoo_config

from tests.common import FunnelFactory
from tests.imports import make_xlsx

from .common import Budget

ROWS, STOCK_ROWS, KNOWN_SHARE, REPEAT_SHARE = 10_000, 500, 10, 10
#: How many times faster than Odoo's own importer it has to be, and how many MB more 20,000 rows may take than 2,000.
LIMIT, MEMORY_LIMIT = 5.0, 60
MEMORY_ROWS = (2_000, 20_000)
#: How many processes the two scheduled actions for imports keep busy.
WORKERS = 2
HEADERS = ("Название лида", "Имя", "Фамилия", "Рабочий телефон", "Рабочий e-mail", "Город", "Должность", "Комментарий")
FIELDS = ("name", "contact_name", "partner_name", "phone", "email_from", "city", "function", "description")


def prepare(count, first=0):
    """Yield the rows of a base of clients; every tenth of them is there twice."""
    for number in range(first, first + count):
        client = number - 5 if number % REPEAT_SHARE == REPEAT_SHARE - 1 else number
        yield (
            f"Kitchen {number}",
            f"Ivan {number}",
            f"Petrov {number}",
            f"+7 912 {client // 10_000:03}-{client % 10_000:04}",
            f"client{client}@example.com",
            "Perm",
            "Director",
            f"Wants a call in the morning, {number}",
        )


def write_workbook(rows):
    """Return rows below their headers as the content of a workbook."""
    return make_xlsx((HEADERS, *rows), "Base")


class AtLeast(Budget):
    """A budget of which more is better."""

    @property
    def is_kept(self):
        """Whether the measured value reaches the limit."""
        return self.measured >= self.limit


class Scenario(FunnelFactory):
    """The funnel of leads of the preset, a head of sales, salespeople, and a team without a funnel."""

    @classmethod
    def set_up(cls, env):
        cls.env = env
        env.company.country_id = env.ref("base.ru")
        cls.head_id = new_test_user(env, "bench_head", "sales_team.group_sale_salesman_all_leads").id
        cls.user_ids = [new_test_user(env, f"bench_{n}", "sales_team.group_sale_salesman").id for n in range(4)]
        cls.funnel_id = env.ref("sales_funnel_addon.funnel_leads").id
        cls.stock_id = cls.make_funnel("Stock", False, ("New", "Talk")).id

    @classmethod
    def make_job(cls, env, content):
        """Create an import as the head of sales; return its id."""
        cold_list = env["funnel.list"].create({"name": "Base", "team_id": cls.funnel_id})
        values = {"list_id": cold_list.id, "file": base64.b64encode(content), "file_name": "base.xlsx"}
        job = env(user=cls.head_id)["funnel.import"].create({**values, "salesperson_ids": [(6, 0, cls.user_ids)]})
        job.action_import()
        return job.id


def run(bench):
    """Measure and hold against the budgets; see the head of this module."""
    with bench.environment() as env:
        Scenario.set_up(env)
        known = [
            {"name": row[0], "type": "lead", "team_id": Scenario.stock_id, "phone": row[3]}
            for row in prepare(ROWS)
            if int(row[0].split()[1]) % KNOWN_SHARE == 0
        ]
        env["crm.lead"].with_context(tracking_disable=True).create(known)
    with bench.environment() as env:
        env.cr.execute("ANALYZE")
    # before and after: whatever else the machine does strikes all of them alike
    stock = {quiet: [import_stock(bench, 0, quiet)] for quiet in (True, False)}
    seconds, counts = import_ours(bench)
    for quiet in stock:
        stock[quiet].append(import_stock(bench, 1, quiet))
    print(f"{ROWS} rows in {seconds:.1f} s, {ROWS / seconds:.0f} a second: {counts}", flush=True)
    ratios = {}
    for quiet, name in ((True, "without logging changes"), (False, "as called")):
        rate = len(stock[quiet]) * STOCK_ROWS / sum(stock[quiet])
        ratios[quiet] = ROWS / seconds / rate
        print(f"Odoo's own importer {name}: {rate:.0f} rows a second, ratio {ratios[quiet]:.2f}", flush=True)
    bench.budgets.append(AtLeast("import", ratios[False], LIMIT))
    peaks = [measure_memory(bench, count) for count in MEMORY_ROWS]
    for count, peak in zip(MEMORY_ROWS, peaks, strict=True):
        print(f"Importing {count} rows takes {peak:.0f} MB at most.")
    bench.add_budget("import_memory", peaks[1] - peaks[0], MEMORY_LIMIT)


def import_ours(bench):
    """Import the base; return the seconds, with reading the file, and what became of the rows."""
    with bench.environment() as env:
        job_id = Scenario.make_job(env, write_workbook(prepare(ROWS)))
    workers = [start_worker(bench, stdin=subprocess.PIPE) for _number in range(WORKERS)]
    for worker in workers:
        worker.stdout.readline()  # it has loaded Odoo
    started = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate()
    seconds = time.perf_counter() - started
    with bench.environment() as env:
        job = env["funnel.import"].browse(job_id)
        state, counts = job.state, (job.created_count, job.duplicate_count, job.invalid_count)
    if state != "done" or sum(counts) != ROWS or not counts[1] > ROWS / 10:
        raise AssertionError(f"The rows were not imported: {counts}")
    return seconds, counts


def import_stock(bench, number, quiet):
    """Let Odoo's own importer read a part of the base into an ordinary team; return the seconds.

    :param int number: which part
    :param bool quiet: without logging changes, as its dialog does unless it is asked to
    """
    content = write_workbook(prepare(STOCK_ROWS, ROWS * (2 + 2 * number + quiet)))
    with bench.registry.cursor() as cr:
        context = {"lang": "en_US", "import_file": True, "default_team_id": Scenario.stock_id, "default_type": "lead"}
        env = api.Environment(cr, Scenario.head_id, {**context, **({"tracking_disable": True} if quiet else {})})
        wizard = env["base_import.import"].create(
            {
                "res_model": "crm.lead",
                "file": content,
                "file_name": "base.xlsx",
                "file_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            }
        )
        options = {"has_headers": True, "quoting": '"', "separator": "", "keep_matches": False, "sheet": "Base"}
        started = time.perf_counter()
        result = wizard.execute_import(list(FIELDS), list(HEADERS), options)
        cr.commit()
        seconds = time.perf_counter() - started
    if len(result["ids"] or ()) != STOCK_ROWS:
        raise AssertionError(f"Odoo has not imported the rows: {result['messages'][:2]}")
    return seconds


def measure_memory(bench, count):
    """Return how many MB a process that imports so many rows needs at most."""
    with bench.environment() as env:
        job_id = Scenario.make_job(env, write_workbook(prepare(count, 100 * count)))
    worker = start_worker(bench, stdin=subprocess.DEVNULL)
    output, _errors = worker.communicate()
    with bench.environment() as env:
        if env["funnel.import"].browse(job_id).state != "done":
            raise AssertionError("The import has not come to its end.")
    return json.loads(output.splitlines()[-1])


def start_worker(bench, stdin):
    """Start a process that runs the imports that are waiting as soon as it is given a line, or none at all."""
    command = [sys.executable, "-m", "benchmarks.imports", odoo_config["config"], bench.registry.db_name]
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, text=True, env=os.environ)


def main(rcfile, database):
    """Run the imports until there are none, and print how many MB of memory that took."""
    from odoo.modules.registry import Registry

    odoo_config.parse_config([f"--config={rcfile}", "--log-level=warn"])
    registry = Registry(database)
    print("ready", flush=True)
    sys.stdin.readline()
    running = True
    while running:  # the scheduled action is woken up when there is something for it
        with registry.cursor() as cr:
            jobs = api.Environment(cr, SUPERUSER_ID, {})["funnel.import"]
            jobs._cron_run()
            running = jobs.search_count([("state", "=", "importing")])
        time.sleep(0.05 * bool(running))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
