"""``./dev/test``: everything below ``tests/`` on a fresh copy of a prepared database."""

import os
import subprocess
import sys

from . import browser, database, postgres, server
from .console import say
from .odoo_source import ensure_odoo
from .paths import CHECKOUT


def main(arguments):
    """Prepare everything and run pytest with ``arguments``; return its exit code."""
    source = ensure_odoo()
    postgres.start()
    browser.ensure()
    with database.one_at_a_time():
        template, base = database.ensure_template(source), database.ensure_base(source)
    # tests that need databases of their own copy this copy: other runs may drop the template meanwhile
    with database.scratch_copy(template, "template") as own, database.scratch_copy(own) as name:
        database.set_key(own, database.key_of(template))
        return _run_pytest(source, name, arguments, template=own, base=base)


def _run_pytest(source, name, arguments, *, template, base):
    config = server.write_config(source, name)
    environment = dict(
        server.odoo_environment(source),
        ODOO_RC=str(config),
        FUNNEL_TEST_TEMPLATE=template,
        FUNNEL_TEST_BASE=base,
    )
    environment["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "dev")
    say("==> pytest")
    command = [sys.executable, "-m", "pytest", f"--odoo-config={config}", "--odoo-http", *arguments]
    try:
        return subprocess.call(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)
    finally:
        config.unlink()
