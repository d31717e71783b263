"""``./dev/test``: everything below ``tests/`` on a fresh copy of a prepared database.

What is told of the apps of Odoo (``tests/apps``) needs a database with those apps: one test of the suite runs it there,
and ``./dev/test tests/apps`` does so alone.
"""

import functools
import os
import subprocess
import sys

from . import browser, database, postgres, server
from .console import say
from .odoo_source import ensure_odoo
from .paths import CHECKOUT

#: Where the tests stand that need the apps.
APPS = "tests/apps"


def main(arguments):
    """Prepare everything and run pytest with ``arguments``; return its exit code."""
    if any(argument.startswith(APPS) for argument in arguments):
        return with_apps(arguments)
    source = ensure_odoo()
    postgres.start()
    browser.ensure()
    with database.one_at_a_time():
        base = database.ensure_base(source)
    template = functools.partial(database.ensure_template, source)
    # tests that need databases of their own copy this copy: other runs may drop the template meanwhile
    with database.scratch_copy(template, "template") as own, database.scratch_copy(own) as name:
        return _run_pytest(source, name, arguments, FUNNEL_TEST_TEMPLATE=own, FUNNEL_TEST_BASE=base)


def with_apps(arguments):
    """Run pytest with ``arguments`` on a database with the apps of Odoo; return its exit code."""
    source = ensure_odoo()
    postgres.start()
    with database.scratch_copy(functools.partial(database.ensure_apps_template, source), "apps") as name:
        return _run_pytest(source, name, arguments, FUNNEL_TEST_APPS="1")


def _run_pytest(source, name, arguments, **variables):
    config = server.write_config(source, name)
    environment = dict(server.odoo_environment(source), ODOO_RC=str(config), **variables)
    environment["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "dev")
    say("==> pytest")
    command = [sys.executable, "-m", "pytest", f"--odoo-config={config}", "--odoo-http", *arguments]
    try:
        return subprocess.call(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)
    finally:
        config.unlink()
