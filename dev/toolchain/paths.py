"""Where things stand: the checkout, and the cache outside it.

The cache holds what can be made again: Odoo, the Python environment, the database cluster, logs. It is
``$SALES_FUNNEL_CACHE`` if set; else, for root, ``/var/cache/sales_funnel_addon`` (the embedded PostgreSQL runs as a
user of its own and must be able to reach it); else ``$XDG_CACHE_HOME/sales_funnel_addon``.
"""

import hashlib
import os
import shutil
from pathlib import Path

from .console import DevError

CHECKOUT = Path(__file__).resolve().parents[2]
DEV = CHECKOUT / "dev"
ADDON = CHECKOUT / "sales_funnel_addon"
#: What is installed by itself beside the addon and an app of Odoo: one addon for each of the apps. The app of the
#: spreadsheet comes with Sales, so that it is there in every database.
GLUE = tuple(sorted(CHECKOUT / f"sales_funnel_{app}" for app in ("mrp", "purchase", "repair", "spreadsheet")))
ADDONS = (ADDON, *GLUE)
REQUIREMENTS = DEV / "requirements.txt"

#: Free space in GiB that the first set-up takes (measured: Odoo 1.3, Python 0.7, databases 0.5), with some air.
NEEDED_GIB = 3.5


def _cache_root():
    if os.environ.get("SALES_FUNNEL_CACHE"):
        return Path(os.environ["SALES_FUNNEL_CACHE"]).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/cache/sales_funnel_addon")
    home_cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home_cache) / "sales_funnel_addon"


CACHE = _cache_root()
LOGS = CACHE / "logs"


def ensure_cache(needed_gib=NEEDED_GIB):
    """Create the cache folder.

    :param float needed_gib: free space asked for, in GiB
    :raises DevError: when it cannot be written or the disk is full
    """
    try:
        LOGS.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DevError(
            f"Cannot create the cache folder {CACHE}: {error}. Name another: SALES_FUNNEL_CACHE=..."
        ) from error
    free_gib = shutil.disk_usage(CACHE).free / 2**30
    if free_gib < needed_gib:
        raise DevError(
            f"The disk of {CACHE} has {free_gib:.1f} GiB free, {needed_gib:.1f} GiB are needed. "
            "Make room, or name a folder on another disk: SALES_FUNNEL_CACHE=..."
        )


def digest(*roots, ignore=("__pycache__",)):
    """Return a short key of the content of files and folders.

    :param pathlib.Path roots: files, or folders that are read in depth
    :param ignore: names of folders that do not count
    :rtype: str
    """
    key = hashlib.sha256()
    for root in roots:
        files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
        for path in files:
            if not set(ignore) & set(path.parts):
                key.update(f"{path.relative_to(root.parent)}\0".encode())
                key.update(path.read_bytes())
    return key.hexdigest()[:12]
