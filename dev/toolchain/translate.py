"""``./dev/translate``: bring the translation files up to date with the addons.

Writes the template (``.pot``), merges it into every ``.po`` file and says which terms have no translation yet.
"""

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

from . import database, postgres, server
from .console import DevError, say, step
from .odoo_source import ensure_odoo
from .paths import ADDONS

#: What is loaded later has terms as well.
LOAD_PRESETS = "env['funnel.preset'].search([]).action_load(); env.cr.commit()"
#: These change with every export and would make every diff noisy.
VOLATILE = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team")


def main(arguments):
    """Export the terms and merge them; return 1 if some are not translated."""
    source = ensure_odoo()
    postgres.start()
    template = functools.partial(database.ensure_apps_template, source)
    with database.scratch_copy(template) as name, step("Exporting the terms of the addons and of the presets"):
        _run_odoo(source, name, "shell", "--no-http", text=LOAD_PRESETS)
        for addon in ADDONS:
            _export(source, name, addon)
    return 1 if sum(_merge(path, addon) for addon in ADDONS for path in addon.glob("i18n/*.po")) else 0


def _template_of(addon):
    return addon / "i18n" / f"{addon.name}.pot"


def _export(source, name, addon):
    template = _template_of(addon)
    template.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / template.name
        _run_odoo(source, name, "i18n", "export", "-l", "pot", "-o", target, arguments=[addon.name])
        terms = polib.pofile(str(target), wrapwidth=120)
    for header in VOLATILE:
        terms.metadata.pop(header, None)
    for entry in list(terms):
        entry.occurrences = [place for place in entry.occurrences if _is_ours(*place)]
        if not entry.occurrences:
            terms.remove(entry)
    terms.save(str(template))
    say(f"    {len(terms)} terms in {template.relative_to(addon.parent)}")


def _run_odoo(source, name, *command, arguments=(), text=None):
    """Run a command of Odoo on the database ``name``; ``text`` is what it reads."""
    config = server.write_config(source, name)
    environment = dict(server.odoo_environment(source), ODOO_RC=str(config))
    command = [sys.executable, "-m", "odoo", *map(str, command), "-d", name, *arguments]
    result = subprocess.run(command, env=environment, input=text, capture_output=True, text=True)
    config.unlink()
    if result.returncode:
        raise DevError(f"Odoo could not export the terms:\n{result.stdout}{result.stderr}")


def _is_ours(place, _line):
    """Tell whether a term belongs into the files where it stands: names of the menus made from funnels do not.

    They follow their funnels, and bear the id of the funnel, which is another one in each database.
    """
    return "funnel_action_" not in place and "funnel_menu_" not in place


def _merge(path, addon):
    translations = polib.pofile(str(path), wrapwidth=120)
    translations.merge(polib.pofile(str(_template_of(addon))))
    for entry in translations.obsolete_entries():
        translations.remove(entry)
    for header in VOLATILE:
        translations.metadata.pop(header, None)
    translations.save(str(path))
    missing = [entry.msgid for entry in translations if not entry.msgstr or entry.fuzzy]
    for term in missing:
        say(f"    {addon.name}/{path.name}: not translated: {term!r}")
    return len(missing)
