"""Chromium for browser tours and screenshots."""

import os
import shutil
import subprocess

from .console import DevError, run, say, step
from .paths import LOGS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find():
    """Return the path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Install Debian's Chromium if that is possible without asking anybody.

    :returns: whether there is a browser; without one Odoo skips the browser tours
    :rtype: bool
    """
    if find():
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        try:
            with step("Installing Debian's chromium (for the browser tours)"):
                subprocess.run(["apt-get", "-qq", "update"], stdin=subprocess.DEVNULL)
                run(
                    ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"],
                    log=LOGS / "chromium.log",
                )
            return True
        except DevError as error:
            say(str(error))
    say("NOTE: there is no Chromium here, so the browser tours are SKIPPED. Debian: apt install chromium")
    return False
