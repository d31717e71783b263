"""``./dev/clean``: remove the cache."""

import shutil

from .console import DevError, say
from .paths import CACHE


def clean():
    """Remove the cache folder.

    :raises DevError: while a server of this cache is running
    """
    if list(CACHE.glob("postgres*/postmaster.pid")):
        raise DevError("A database server of this cache is running. Stop ./dev/run or ./dev/test first.")
    shutil.rmtree(CACHE, ignore_errors=False)
    say(f"Removed {CACHE}.")
