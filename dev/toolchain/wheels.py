"""The addons as packages for pip."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .console import run


def build(addon, folder):
    """Build the wheel of an addon as it stands here.

    It is built from a copy: the checkout stays as it is, and files that git does not know yet count as well.

    :param pathlib.Path addon: the folder of the addon
    :param pathlib.Path folder: where the wheel goes
    :returns: the path of the wheel
    :rtype: pathlib.Path
    :raises DevError: when it cannot be built
    """
    with tempfile.TemporaryDirectory() as work:
        copy, output = Path(work) / addon.name, Path(work) / "dist"
        shutil.copytree(addon, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", output, copy]
        # A commit hook names its repository in GIT_*; whool would pack the files of that one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        run(command, env=environment, error=f"the wheel of {addon.name} could not be built")
        [wheel] = output.glob("*.whl")
        return Path(shutil.move(wheel, folder))
