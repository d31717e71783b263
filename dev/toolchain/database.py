"""Databases: templates keyed by their content, and copies of them.

A database is finished when its comment holds its key; one without is a leftover of an interrupted run and is made anew.
"""

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path

from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege

from . import postgres, server
from .console import DevError, step
from .paths import ADDON, ADDONS, CACHE, REQUIREMENTS, digest

BASE_MODULES = "crm,sale_crm"
#: The apps of Odoo with which the glue addons install themselves.
APPS = "mrp,purchase,repair"
#: Copies that live as long as the process whose id follows.
SCRATCH = "funnel_test_"
#: How often it is tried to drop a database, once a second.
DROP_ATTEMPTS = 60
LANGUAGES = "--load-language=en_US,ru_RU"


def _execute(statement, *names, params=()):
    with contextlib.closing(postgres.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), params)
        return cursor.fetchall() if cursor.description else None


def key_of(name):
    """Return the key of the finished database ``name``, or None."""
    rows = _execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", params=[name])
    return rows[0][0] if rows else None


def set_key(name, key):
    """Mark ``name`` as finished."""
    _execute("COMMENT ON DATABASE {} IS %s", name, params=[key])


def drop(name):
    """Drop a database and its files, if there."""
    for attempt in range(1, DROP_ATTEMPTS + 1):
        try:
            _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
            break
        except InsufficientPrivilege:
            # PostgreSQL is just cleaning up in it, as its own superuser, whom nobody else may send away
            if attempt == DROP_ATTEMPTS:
                raise
            time.sleep(1)
    shutil.rmtree(server.DATA_DIR / "filestore" / name, ignore_errors=True)


def copy(template, name):
    """Make ``name`` a copy of ``template`` with its files."""
    drop(name)
    _execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    files = server.DATA_DIR / "filestore"
    if (files / template).is_dir():
        shutil.copytree(files / template, files / name)


def _names(prefix):
    return [
        name
        for (name,) in _execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", params=[prefix]
        )
    ]


def _drop_abandoned():
    """Drop the scratch copies of processes that are gone."""
    for name in _names(SCRATCH):
        process_id = name.removeprefix(SCRATCH).partition("-")[0]
        if not Path(f"/proc/{process_id}").exists():
            drop(name)


def _drop_older(prefix, keep=3):
    for name in _names(prefix)[:-keep]:
        drop(name)


@contextlib.contextmanager
def one_at_a_time():
    """Let only one command at a time prepare databases."""
    with (CACHE / "databases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def scratch_copy(template, label="main"):
    """Copy a database for the block, with its key.

    :param template: the name of the database, or a function that prepares it and returns its name: until it is copied,
        nobody else drops it
    :param str label: tells this copy from others of the same process
    :returns: the name of the copy
    """
    name = f"{SCRATCH}{os.getpid()}-{label}"
    with one_at_a_time():
        template = template() if callable(template) else template
        _drop_abandoned()
        copy(template, name)
        if key_of(template):
            set_key(name, key_of(template))
    try:
        yield name
    finally:
        drop(name)


def ensure_base(source):
    """Return the name of a database with stock CRM, in English and Russian, without demo data."""
    key = f"{source.key}-{digest(REQUIREMENTS)} {BASE_MODULES} {LANGUAGES}"
    name = "funnel_base"
    if key_of(name) != key:
        with step(f"Installing stock Odoo CRM into the database {name}"):
            drop(name)
            server.run_once(source, name, "-i", BASE_MODULES, LANGUAGES, log_name=name)
            set_key(name, key)
    return name


def ensure_template(source):
    """Return the name of a database with the addon as it stands in this checkout, without demo data.

    :raises DevError: when its installation leaves a warning in the log
    """
    return _ensure_installed(source, ensure_base(source), f"funnel_template_{digest(*ADDONS)}", "funnel_template_")


def _ensure_installed(source, base, name, prefix, title="the addon"):
    """Return ``name``, the copy of ``base`` into which the addon is installed, making it first where it is not there.

    :param str prefix: what the names of such databases begin with; the oldest of them are dropped
    """
    key = f"{name} on {key_of(base)}"
    if key_of(name) != key:
        with step(f"Installing {title} into the database {name}"):
            _drop_older(prefix)
            copy(base, name)
            lines = server.run_once(source, name, "-i", ADDON.name, log_name=prefix.strip("_"))
            complaints = server.warnings_in(lines)
            if complaints:
                raise DevError("The installation of the addon left warnings in the log:\n" + "\n".join(complaints))
            set_key(name, key)
    return name


def ensure_apps_base(source):
    """Return the name of a database with stock CRM and the apps that documents of leads come from."""
    base = ensure_base(source)
    key, name = f"{key_of(base)} {APPS}", "funnel_base_apps"
    if key_of(name) != key:
        with step(f"Installing stock manufacturing, purchase and repair into the database {name}"):
            copy(base, name)
            server.run_once(source, name, "-i", APPS, log_name=name)
            set_key(name, key)
    return name


def ensure_apps_template(source):
    """Return the name of a database with the addon, the apps, and what glues them together, without demo data.

    :raises DevError: when its installation leaves a warning in the log
    """
    base = ensure_apps_base(source)
    name = f"funnel_apps_{digest(*ADDONS)}"
    return _ensure_installed(
        source, base, name, "funnel_apps_", title="the addon beside manufacturing and the other apps"
    )


def ensure_demo(source, name="funnel_demo", *, reset=False):
    """Prepare the database of ``./dev/run``: created once, upgraded when the addon has changed.

    :param bool reset: drop it first
    """
    if reset:
        drop(name)
    key, present = digest(*ADDONS), key_of(name)
    if present is None:
        drop(name)
        with step(f"Installing Odoo CRM, the addon and demo data into the database {name} (a minute or two)"):
            options = ("-i", f"{BASE_MODULES},{ADDON.name}", "--with-demo", LANGUAGES)
            lines = server.run_once(source, name, *options, log_name="demo")
            failed = [line for line in lines if "demo data failed to install" in line]
            if failed:
                raise DevError("Odoo could not load the demo data:\n" + "\n".join(failed))
    elif present != key:
        with step(f"The addon has changed: upgrading the database {name}"):
            server.run_once(source, name, "-u", ADDON.name, log_name="demo-upgrade")
    set_key(name, key)
    return name
