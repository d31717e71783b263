"""Announcing steps and failing with a message a reader can act on."""

import contextlib
import shlex
import subprocess
import sys
import time


class DevError(Exception):
    """Something the reader of the terminal can mend; printed without a traceback."""


@contextlib.contextmanager
def step(title):
    """Print ``title``, run the block, print how long it took.

    :param str title: what is being done, in the present participle
    """
    print(f"==> {title} ...", flush=True)
    started = time.monotonic()
    yield
    print(f"    done in {time.monotonic() - started:.1f} s", flush=True)


def say(message):
    """Print one line of information at once."""
    print(message, flush=True)


def run(command, *, log=None, error=None, **kwargs):
    """Run ``command`` and raise :class:`DevError` with its last lines if it fails.

    :param list command: the program and its arguments
    :param pathlib.Path log: a file that receives the output
    :param str error: the first line of the error message
    :returns: the captured output (standard output and standard error together)
    :rtype: str
    """
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        **kwargs,
    )
    if log:
        log.write_text(result.stdout)
    if result.returncode:
        tail = "\n".join(result.stdout.splitlines()[-25:])
        where = f"\n(whole output: {log})" if log else ""
        raise DevError(f"{error or 'Failed: ' + shlex.join(map(str, command))}\n{tail}{where}")
    return result.stdout


def main_with_errors(main, *args):
    """Call ``main`` and turn :class:`DevError` and Ctrl-C into an exit code."""
    try:
        sys.exit(main(*args))
    except DevError as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr, flush=True)
        sys.exit(130)
