"""The Odoo process: its command line, its log, and knowing when it is up."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from .console import DevError
from .paths import CACHE, LOGS

DATA_DIR = CACHE / "data"
#: A log line at level WARNING or worse: "2026-01-31 12:00:00,000 123 WARNING db odoo.modules: ..."
WARNING_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (WARNING|ERROR|CRITICAL) ")


def odoo_environment(source):
    """Return the environment variables of an Odoo process run from ``source``."""
    return dict(os.environ, PYTHONPATH=str(source.python_path), PYTHONDONTWRITEBYTECODE="")


def _addons_path(source):
    return ",".join(str(path) for path in (*source.addons_paths, *source.own_paths))


def odoo_options(source):
    """Return the options shared by every Odoo process: where addons and files are."""
    return [f"--addons-path={_addons_path(source)}", f"--data-dir={DATA_DIR}", "--max-cron-threads=0"]


def write_config(source, database):
    """Write a configuration file for commands that take no options; the caller removes it.

    :returns: the path of the file
    :rtype: pathlib.Path
    """
    config = CACHE / f"{database}.conf"
    config.write_text(
        "[options]\n"
        f"addons_path = {_addons_path(source)}\n"
        f"data_dir = {DATA_DIR}\n"
        f"db_name = {database}\n"
        "http_interface = 127.0.0.1\n"
        "max_cron_threads = 0\n"
        "list_db = False\n"
    )
    return config


def run_once(source, database, *options, log_name):
    """Run Odoo on ``database`` until it has done what ``options`` say.

    :param str log_name: the name of the log file
    :returns: the lines of the log
    :rtype: list[str]
    :raises DevError: when Odoo fails
    """
    log = LOGS / f"{log_name}.log"
    command = [
        *(sys.executable, "-m", "odoo"),
        *odoo_options(source),
        *("-d", database, "--no-http", "--stop-after-init"),
        *options,
    ]
    with log.open("w") as output:
        code = subprocess.call(
            command, env=odoo_environment(source), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    lines = log.read_text().splitlines()
    if code or any(" CRITICAL " in line or "Failed to load registry" in line for line in lines):
        raise DevError("Odoo failed:\n" + "\n".join(lines[-40:]) + f"\n(whole log: {log})")
    return lines


def warnings_in(lines):
    """Return the lines of a log that warn or complain."""
    return [line for line in lines if WARNING_LINE.match(line)]


def check_port(port):
    """Raise :class:`DevError` when something listens on ``port`` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DevError(
                f"Port {port} is in use. Is another Odoo running? Choose another: ./dev/run --port {port + 1}"
            ) from error


def free_port():
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent():
    """Ask Linux to end this child when its parent is gone, however that came about."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(source, database, port, *options, log_name="server"):
    """Start an Odoo server on localhost and wait until it answers.

    :param int port: the HTTP port
    :returns: the running process
    :rtype: subprocess.Popen
    :raises DevError: when it does not come up within two minutes
    """
    log = LOGS / f"{log_name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "odoo"),
                *odoo_options(source),
                *("-d", database, f"--db-filter=^{database}$", "--no-database-list"),
                *("--http-interface=127.0.0.1", f"--http-port={port}"),
                *options,
            ],
            env=odoo_environment(source),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
    try:
        _wait(process, port, log)
    except BaseException:
        stop(process)
        raise
    return process


def _wait(process, port, log, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=60) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    state = "stopped by itself" if process.poll() is not None else f"did not answer within {seconds} s"
    tail = "\n".join(log.read_text().splitlines()[-30:])
    raise DevError(f"The Odoo server {state}. The end of its log ({log}):\n{tail}")


def stop(process):
    """End a server that :func:`start` started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
