"""``./dev/run``: a working Odoo with the addon and demo data."""

import argparse
import os
import signal
import sys

from . import database, postgres, server
from .console import say, step
from .odoo_source import ensure_odoo
from .paths import LOGS


def main(arguments):
    """Start the server and stay until it is stopped with Ctrl-C."""
    options = _parse(arguments)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(0))
    server.check_port(options.port)
    source = ensure_odoo()
    postgres.start()
    with database.one_at_a_time():
        name = database.ensure_demo(source, options.database, reset=options.reset)
    with step(f"Starting Odoo on port {options.port}"):
        process = server.start(source, name, options.port, "--max-cron-threads=1", *options.odoo)
    try:
        say(
            f"\n  Open   http://localhost:{options.port}\n"
            "  Login  admin / admin (administrator)\n"
            "         demo / demo (head of sales), anna / anna (salesperson), oleg / oleg (salesperson, in Russian),\n"
            "         kira / kira (quality control), vera / vera (logistics)\n"
            f"  Log    {LOGS / 'server.log'}\n"
            "  Stop   Ctrl-C\n"
        )
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        with step("Stopping Odoo and PostgreSQL"):
            server.stop(process)


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev/run", description=__doc__)
    port = int(os.environ.get("PORT") or 8069)
    parser.add_argument("--port", type=int, default=port, help="HTTP port (default: $PORT or 8069)")
    parser.add_argument("--database", default="funnel_demo", help="the demo database (default: funnel_demo)")
    parser.add_argument("--reset", action="store_true", help="start over with a fresh demo database")
    parser.add_argument("odoo", nargs="*", help="options for Odoo itself, after --")
    return parser.parse_args(arguments)
