"""``./dev/lint``: style, Odoo's conventions, translations, and whether the addons can be packaged.

Needs the Python environment only: no Odoo, no database, no network. Every check runs, whatever the others say.
"""

import argparse
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .console import DevError, run, say, step
from .paths import ADDON, ADDONS, CHECKOUT

TOOLS = Path(sys.executable).parent
#: What a wheel is useless without: a pattern of files in the addon, and what it stands for.
PACKAGED = {"views/*.xml": "views", "data/**/*.*": "data", "i18n/*.po": "translations"}
#: What the addon has besides; those that glue it to apps need none of it.
PACKAGED_BESIDES = {"data/presets/*": "presets", "static/src/**/*": "scripts of the web client"}


def main(arguments):
    """Run all checks; return 1 if one of them has found something."""
    options = _parse(arguments)
    failed = [title for title, check in _checks(options.fix) if not _passes(title, check)]
    if failed:
        say("\nFAILED: " + "; ".join(failed))
        return 1
    say("\nAll checks passed.")
    return 0


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev/lint", description=__doc__)
    parser.add_argument("--fix", action="store_true", help="first repair what ruff and the OCA checks can repair")
    return parser.parse_args(arguments)


def _checks(fix):
    """Yield the title of each check and what raises :class:`DevError` if it fails."""
    names = [addon.name for addon in ADDONS]
    if fix:
        yield "repairing", _repair
    yield "ruff check", _tool("ruff", "check", CHECKOUT)
    yield "ruff format", _tool("ruff", "format", "--check", CHECKOUT)
    yield "pylint with pylint-odoo", _tool("pylint", f"--rcfile={CHECKOUT / '.pylintrc'}", *names)
    yield "oca-checks-odoo-module", _tool("oca-checks-odoo-module", *names)
    yield "oca-checks-po", check_translations
    for addon in ADDONS:
        yield f"building the wheel of {addon.name}", functools.partial(check_wheel, addon)


def _passes(title, check):
    try:
        with step(title):
            check()
    except DevError as error:
        say(f"    {title}: {error}")
        return False
    return True


def _tool(name, *arguments):
    """Return a check that runs a tool of the environment in the checkout and shows what it prints."""

    def check():
        command = [str(part) for part in (TOOLS / name, *arguments)]
        code = subprocess.call(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL)
        if code:
            raise DevError(f"failed (exit code {code})")

    return check


def _repair():
    """Repair what can be repaired; the checks that follow tell what is left."""
    fixers = (
        ("ruff", "check", "--fix-only", CHECKOUT),
        ("ruff", "format", CHECKOUT),
        ("oca-checks-odoo-module", "--fix", *(addon.name for addon in ADDONS)),
    )
    for name, *arguments in fixers:
        command = [str(part) for part in (TOOLS / name, *arguments)]
        subprocess.call(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def check_translations():
    """Check the translations of the addons, if there are any yet.

    As at the OCA, not their layout (the order of terms, the width of lines): Odoo's own export decides that.
    """
    files = sorted(path.relative_to(CHECKOUT) for addon in ADDONS for path in addon.glob("i18n/*.po*"))
    if files:
        _tool("oca-checks-po", "--disable=po-pretty-format", *files)()
    else:
        say("    no translations yet")


def check_wheel(addon):
    """Build the wheel of an addon as it stands here and look into it.

    It is built from a copy: the checkout stays as it is, and files that git does not know yet count as well.

    :raises DevError: when it cannot be built or lacks something
    """
    with tempfile.TemporaryDirectory() as folder:
        copy, output = Path(folder) / addon.name, Path(folder) / "dist"
        shutil.copytree(addon, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", output, copy]
        # A commit hook names its repository in GIT_*; whool would pack the files of that one.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        run(build, env=environment, error="the wheel could not be built")
        [wheel] = output.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            packed = {name.removeprefix(f"odoo/addons/{addon.name}/") for name in archive.namelist()}
        _look_for(packed, addon)
        say(f"    {wheel.name}: {len(packed)} files")


def _look_for(packed, addon):
    """Raise :class:`DevError` unless the files ``packed`` into the wheel are those of the addon."""
    packaged = {**PACKAGED, **PACKAGED_BESIDES} if addon == ADDON else PACKAGED
    present = {pattern: {path for path in addon.glob(pattern) if path.is_file()} for pattern in packaged}
    nothing = [what for pattern, what in packaged.items() if not present[pattern] and not pattern.startswith("i18n")]
    if nothing and addon == ADDON:
        raise DevError(f"the addon has no {', no '.join(nothing)}")
    wanted = {path.relative_to(addon).as_posix() for paths in present.values() for path in paths}
    if wanted - packed:
        raise DevError("missing in the wheel: " + ", ".join(sorted(wanted - packed)))
