"""Processes that work on one database at the same time, and that can be killed: workers of the scheduled action, users.

This file is also the program that starts them. It loads Odoo once and forks a process for each, so that one more worker
costs milliseconds; that the workers live apart from the tests makes them safe to kill.
"""

import contextlib
import gc
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import config

from toolchain.paths import CHECKOUT

from .live_server import database_copy

# ------------------------------------------------------------
# IN THE TESTS
# ------------------------------------------------------------


@contextlib.contextmanager
def own_database(label):
    """Copy the database with the addon for the block.

    :returns: the registry of the copy; what its cursors commit is there for all processes
    """
    with database_copy(label) as name, registry_of(name) as registry:
        yield registry


@contextlib.contextmanager
def registry_of(name):
    """Yield the registry of the database ``name``; what its cursors commit is there for all processes."""
    # or loading would run the tests of Odoo's own modules
    with patch.dict(config.options, test_enable=False):
        registry = Registry(name)
    try:
        yield registry
    finally:
        sql_db.close_db(name)
        Registry.delete(name)


@contextlib.contextmanager
def environment(registry):
    """Yield an environment of the system user; what happens in it is committed in the end."""
    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


@contextlib.contextmanager
def stable(name):
    """Run the program that starts workers during the block.

    :rtype: Stable
    """
    command = [sys.executable, "-m", __name__, name]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    workers = Stable(process)
    try:
        workers.ask("ready")
        yield workers
    finally:
        for worker in list(workers.running):
            workers.kill(worker)
        process.stdin.close()
        process.wait(30)


class Stable:
    """Starts, kills and awaits processes that work on one database."""

    def __init__(self, process):
        self._process = process
        self.running = []

    def ask(self, *words):
        """Send one line, and return the number that comes back."""
        print(*words, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the program that starts workers has died"
        return int(answer)

    def start(self, task, *numbers):
        """Start a process that does one of :data:`TASKS`; return its id."""
        worker = self.ask("start", task, *numbers)
        self.running.append(worker)
        return worker

    def kill(self, worker):
        """Kill a process so that it can do nothing about it, and wait until it is gone."""
        os.kill(worker, signal.SIGKILL)
        assert self.wait(worker) == -signal.SIGKILL, "it had ended by itself"

    def wait(self, worker):
        """Wait until a process has ended; return its exit code, or the negative number of the signal that ended it."""
        self.running.remove(worker)
        return self.ask("wait", worker)


# ------------------------------------------------------------
# IN THE PROCESSES
# ------------------------------------------------------------


def fire_for_ever(registry, batch_size):
    """Do what a worker of the scheduler does, over and over again."""
    while True:
        fire_once(registry, batch_size)
        time.sleep(0.02)


def fire_once(registry, batch_size):
    """Let the scheduled action run to its end."""
    with environment(registry) as env:
        env["funnel.timer"]._cron_fire(batch_size=batch_size)


def move_leads(registry, seed, from_stage_id, to_stage_id):
    """Move every lead that is in one stage to another, in any order, a few at a time, as a user of the web client does.

    A lead that somebody else has moved meanwhile is left where it is.
    """
    with environment(registry) as env:
        lead_ids = env["crm.lead"].search([("stage_id", "=", from_stage_id)]).ids
    random.Random(seed).shuffle(lead_ids)
    for start in range(0, len(lead_ids), 4):
        with environment(registry) as env:
            leads = env["crm.lead"].browse(lead_ids[start : start + 4])

            def move(leads=leads):
                leads.filtered(lambda lead: lead.stage_id.id == from_stage_id).stage_id = to_stage_id

            retrying(move, env)
        time.sleep(0.05)


def import_for_ever(registry, batch_size):
    """Do what a worker of the scheduler does for imports, over and over again."""
    while True:
        with environment(registry) as env:
            env["funnel.import"]._cron_run(batch_size=batch_size)
        time.sleep(0.02)


#: What a process can be started for; the arguments are numbers.
TASKS = {task.__name__: task for task in (fire_for_ever, fire_once, move_leads, import_for_ever)}


def fork(registry, task, *numbers):
    """Start a process; return its id."""
    worker = os.fork()
    if not worker:
        # from now on the name of the connection tells the process
        registry._db = sql_db.db_connect(registry.db_name)
        try:
            TASKS[task](registry, *map(int, numbers))
            code = 0
        except BaseException:
            traceback.print_exc()
            code = 1
        # at once: what this process has inherited is its parent's to end
        os._exit(code)
    return worker


def warm_up(registry):
    """Fill the caches of Odoo, so that each worker is at work at once: do a little, and take it back."""
    with environment(registry) as env:
        env["funnel.timer"]._fire_due(20)
        env["funnel.delivery"]._deliver_pending()
        env.flush_all()
        env.cr.rollback()
    gc.freeze()


def main(name):
    """Start processes on the database ``name`` as the lines of the standard input say, until it is closed."""
    config.parse_config(["-d", name, "--log-level=warn"])
    registry = Registry(name)
    # only now is the addon to be found
    from odoo.addons.sales_funnel_addon.models import funnel_delivery

    # more transactions, more moments to be killed in
    funnel_delivery.PEOPLE_AT_ONCE = 1
    warm_up(registry)
    # a connection that several processes use would mix up their answers
    sql_db.close_all()
    for line in sys.stdin:
        command, *words = line.split()
        if command == "start":
            answer = fork(registry, *words)
        elif command == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(int(words[0]), 0)[1])
        else:
            answer = 0
        print(answer, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
