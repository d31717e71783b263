"""``./dev/bench``: what the addon costs, measured against stock Odoo in the same run.

Each benchmark is a module in ``benchmarks/`` and runs in a process of its own, on a fresh copy of the database that
the tests use. It ends with a line ``BUDGET <name> <measured> <limit> ok|missed`` for each budget; a missed one makes
the exit code 1, so that a script can see it. No test and no part of continuous integration: timings are noisy.
"""

import argparse
import ast
import functools
import os
import subprocess
import sys

from . import database, postgres, server
from .console import DevError, say
from .odoo_source import ensure_odoo
from .paths import CHECKOUT

BENCHMARKS = CHECKOUT / "benchmarks"


def available():
    """Return the first line of the description of each benchmark, by its name.

    A benchmark is a module that defines ``run``; the others are what benchmarks share.
    """
    found = {}
    for path in sorted(BENCHMARKS.glob("[!_]*.py")):
        module = ast.parse(path.read_text())
        if any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in module.body):
            found[path.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return found


def main(arguments):
    """Run the benchmarks named in ``arguments``, or all of them; return 1 if a budget is missed or one breaks."""
    known = available()
    options = _parse(arguments)
    if options.list:
        for name, description in known.items():
            say(f"{name:20} {description}")
        return 0
    names = [_complete(name, known) for name in options.names]
    source = ensure_odoo()
    postgres.start()
    template = functools.partial(database.ensure_template, source)
    codes = [_run(source, template, name, explain=options.explain) for name in names or known]
    return max(codes)


def _complete(name, known):
    """Return the benchmark that is meant: its name may be cut off where no other one begins so.

    :raises DevError: naming the benchmarks there are
    """
    found = [name] if name in known else [other for other in known if other.startswith(name)]
    if len(found) != 1:
        raise DevError(f"There is no benchmark {name}. There are: {', '.join(known)}")
    return found[0]


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="the benchmarks to run (default: all)")
    parser.add_argument("--list", action="store_true", help="say which benchmarks there are")
    parser.add_argument(
        "--explain", action="store_true", help="also show the queries and where the time goes, for what is compared"
    )
    return parser.parse_args(arguments)


def _run(source, template, name, *, explain):
    """Run one benchmark on a copy of the database that ``template`` prepares; return its exit code."""
    with database.scratch_copy(template, name) as copy:
        config = server.write_config(source, copy)
        environment = server.odoo_environment(source)
        environment["PYTHONPATH"] += os.pathsep + str(CHECKOUT)
        command = [sys.executable, "-m", "benchmarks", str(config), name, *(["--explain"] if explain else [])]
        say(f"==> {name}")
        try:
            return subprocess.call(command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)
        finally:
            config.unlink()
