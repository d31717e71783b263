"""``./dev/test``: everything below ``tests/`` on a fresh copy of a prepared database."""

import os
import subprocess
import sys

from . import browser, database, postgres, server
from .console import say
from .odoo_source import ensure_odoo
from .paths import CACHE, CHECKOUT

DATABASE = "funnel_test"


def main(arguments):
    """Prepare everything and run pytest with ``arguments``; return its exit code."""
    source = ensure_odoo()
    postgres.start()
    browser.ensure()
    template = database.ensure_template(source)
    database.copy(template, DATABASE)
    config = _write_config(source)
    environment = dict(
        server.odoo_environment(source),
        ODOO_RC=str(config),
        FUNNEL_TEST_TEMPLATE=template,
        FUNNEL_TEST_BASE=database.ensure_base(source),
    )
    environment["PYTHONPATH"] += os.pathsep + str(CHECKOUT / "dev")
    say("==> pytest")
    command = [sys.executable, "-m", "pytest", f"--odoo-config={config}", "--odoo-http", *arguments]
    return subprocess.call(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)


def _write_config(source):
    """Write the configuration file that pytest-odoo asks for."""
    addons = ",".join(str(path) for path in (*source.addons_paths, CHECKOUT))
    config = CACHE / "test.conf"
    config.write_text(
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {server.DATA_DIR}\n"
        f"db_name = {DATABASE}\n"
        "http_interface = 127.0.0.1\n"
        "max_cron_threads = 0\n"
        "list_db = False\n"
    )
    return config
