"""``./dev/stock-tests``: Odoo's own CRM tests, without and with the addon, and what differs.

Both runs go through pytest-odoo and not through ``odoo -u crm --test-tags /crm``. Odoo runs the tests marked
``at_install`` (most of CRM's) while the module ``crm`` is being loaded. At that moment the Python classes of this
addon are not in the registry yet, so such a run would be green whatever the addon does. pytest-odoo loads the whole
registry first and then runs every test, the browser tours included, on it. The two runs are the same in all but the
addon, and so they can be compared test by test: a test that already fails in the run without the addon is named but
not held against the addon.

Arguments go to pytest in both runs: ``./dev/stock-tests -k merge``.
"""

import dataclasses
import functools
import os
import subprocess
import sys
from xml.etree import ElementTree

from . import browser, database, postgres, server
from .console import DevError, say, step
from .odoo_source import ensure_odoo
from .paths import ADDON, CACHE, LOGS

#: The stock modules whose behaviour the addon changes.
MODULES = database.BASE_MODULES.split(",")


@dataclasses.dataclass
class Outcome:
    """What became of each test of one run: its name and, unless it was skipped or passed, the text of its failure."""

    passed: set = dataclasses.field(default_factory=set)
    skipped: set = dataclasses.field(default_factory=set)
    failed: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        count = len(self.passed) + len(self.skipped) + len(self.failed)
        return f"{count} tests: {len(self.passed)} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"


def main(arguments):
    """Run the tests twice; return 1 if there is a test that only fails with the addon."""
    source = ensure_odoo()
    postgres.start()
    browser.ensure()
    prepare = {"without": database.ensure_base, "with": database.ensure_template}
    outcomes = {}
    for label, ensure in prepare.items():
        with database.scratch_copy(functools.partial(ensure, source), label) as name:
            outcomes[label] = _run(source, name, label, arguments)
    return _report(**{f"{label}_addon": outcome for label, outcome in outcomes.items()})


def _run(source, name, label, arguments):
    """Run the tests on the database ``name`` and return their outcome."""
    log, results = LOGS / f"stock-tests-{label}.log", LOGS / f"stock-tests-{label}.xml"
    results.unlink(missing_ok=True)
    addons = source.addons_paths[0]
    config = server.write_config(source, name)
    command = [
        *(sys.executable, "-m", "pytest", f"--odoo-config={config}", "--odoo-http"),
        # Nothing of this checkout's own pytest settings, nothing written into Odoo, and Odoo's addons (one is called
        # "calendar") must not hide modules of Python.
        *("-c", os.devnull, f"--rootdir={addons}", "-p", "no:cacheprovider", "--import-mode=append"),
        *("--tb=short", f"--junit-xml={results}"),
        *(addons / module / "tests" for module in MODULES),
        *arguments,
    ]
    try:
        with step(f"Odoo's tests of {' and '.join(MODULES)} {label} the addon (log: {log})"), log.open("w") as output:
            code = subprocess.call(
                [str(part) for part in command],
                cwd=CACHE,
                env=server.odoo_environment(source),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
    finally:
        config.unlink()
    if code not in (0, 1) or not results.exists():
        tail = "\n".join(log.read_text().splitlines()[-25:])
        raise DevError(f"pytest could not run Odoo's tests {label} the addon (exit code {code}):\n{tail}")
    outcome = _read(results)
    say(f"    {outcome}")
    return outcome


def _read(results):
    """Return the outcome that a JUnit file tells."""
    outcome = Outcome()
    for case in ElementTree.parse(results).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        failures = [child.text or child.get("message") for child in case if child.tag in ("failure", "error")]
        if failures:
            outcome.failed[name] = "\n".join(failures)
        elif case.find("skipped") is not None:
            outcome.skipped.add(name)
        else:
            outcome.passed.add(name)
    # A test that passes and whose clean-up fails stands twice in the file.
    outcome.passed -= outcome.failed.keys()
    return outcome


def _report(without_addon, with_addon):
    """Print the comparison; return the exit code."""
    both = without_addon.failed.keys() & with_addon.failed.keys()
    for name in sorted(both):
        say(f"    fails in both runs: {name}")
    worse = (without_addon.passed - with_addon.passed) | (with_addon.failed.keys() - without_addon.failed.keys())
    for name in sorted(worse):
        reason = with_addon.failed.get(name, "did not run with the addon")
        say(f"\n--- fails only with the addon: {name}\n{reason.strip()}")
    say(
        f"\nwithout {ADDON.name}: {without_addon}\nwith {ADDON.name}:    {with_addon}\n"
        f"failing in both: {len(both)}, failing only with the addon: {len(worse)}"
    )
    return 1 if worse else 0
