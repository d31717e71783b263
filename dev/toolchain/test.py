"""``./dev/test``: everything below ``tests/`` on a fresh copy of a prepared database."""

import os
import subprocess
import sys

from . import browser, database, postgres, server
from .console import say
from .odoo_source import ensure_odoo
from .paths import CACHE, CHECKOUT

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
    config = _write_config(source, name)
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


def _write_config(source, name):
    """Write the configuration file that pytest-odoo asks for."""
    addons = ",".join(str(path) for path in (*source.addons_paths, CHECKOUT))
    config = CACHE / f"{name}.conf"
    config.write_text(
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {server.DATA_DIR}\n"
        f"db_name = {name}\n"
        "http_interface = 127.0.0.1\n"
        "max_cron_threads = 0\n"
        "list_db = False\n"
    )
    return config
