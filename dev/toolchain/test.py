"""``./dev/test``: everything below ``tests/`` on a fresh copy of a prepared database."""

import os
import subprocess
import sys

from . import browser, database, postgres, server
from .console import say
from .odoo_source import ensure_odoo
from .paths import CHECKOUT

PREFIX = "funnel_test_"


def main(arguments):
    """Prepare everything and run pytest with ``arguments``; return its exit code."""
    source = ensure_odoo()
    postgres.start()
    browser.ensure()
    name = f"{PREFIX}{os.getpid()}"
    with database.one_at_a_time():
        template = database.ensure_template(source)
        database.drop_abandoned(PREFIX)
        database.copy(template, name)
    config = server.write_config(source, name)
    environment = dict(
        server.odoo_environment(source),
        ODOO_RC=str(config),
        FUNNEL_TEST_TEMPLATE=template,
        FUNNEL_TEST_BASE=database.ensure_base(source),
    )
    environment["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "dev")
    say("==> pytest")
    command = [sys.executable, "-m", "pytest", f"--odoo-config={config}", "--odoo-http", *arguments]
    try:
        return subprocess.call(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)
    finally:
        database.drop(name)
        config.unlink()
