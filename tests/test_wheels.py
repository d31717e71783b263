"""The addons as pip packages: whoever installs the wheels has all of each addon, and Odoo finds it there."""

import ast
import dataclasses
import importlib.metadata
import os
import sys
import venv
from pathlib import Path

import pytest

from toolchain import console, odoo_source, paths, server, wheels

from .live_server import database_copy, query

#: What the build needs and the installed addon does not.
BUILD_FILES = {"pyproject.toml"}


@dataclasses.dataclass
class Installed:
    """An environment into which the wheels of all addons were installed, and nothing else."""

    site: Path

    @property
    def addons(self):
        return self.site / "odoo/addons"

    def metadata(self, addon):
        [found] = importlib.metadata.distributions(name=f"odoo-addon-{addon.name}", path=[str(self.site)])
        return found.metadata


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    built = [wheels.build(addon, folder) for addon in paths.ADDONS]
    target = tmp_path_factory.mktemp("environment")
    venv.create(target, system_site_packages=False, with_pip=False)
    pip = (sys.executable, "-m", "pip", "--python", target / "bin/python", "--isolated", "--disable-pip-version-check")
    console.run([*pip, "install", "--no-deps", "--no-index", "--no-compile", *built])
    [site] = target.glob("lib/python*/site-packages")
    return Installed(site)


def files_in(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.relative_to(folder).parts
    }


def manifest_of(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def test_no_addon_of_the_project_is_forgotten():
    assert {manifest.parent for manifest in paths.CHECKOUT.glob("*/__manifest__.py")} == set(paths.ADDONS)


@pytest.mark.parametrize("addon", paths.ADDONS, ids=lambda addon: addon.name)
def test_the_wheel_has_every_file_of_the_addon_and_no_other(installed, addon):
    assert files_in(installed.addons / addon.name) == files_in(addon) - BUILD_FILES
    assert not list(installed.addons.rglob("__pycache__"))


@pytest.mark.parametrize("addon", paths.ADDONS, ids=lambda addon: addon.name)
def test_all_kinds_of_files_have_arrived(installed, addon):
    """Were they missing in the checkout as well, the comparison above would not tell."""
    kinds = {Path(name).suffix for name in files_in(installed.addons / addon.name)}
    wanted = {".py", ".xml", ".po", ".pot"}
    if addon == paths.ADDON:
        wanted |= {".csv", ".js", ".scss", ".png", ".html", ".md", ".rst"}
    assert wanted - kinds == set()


def test_the_wheels_bring_nothing_besides(installed):
    names = {addon.name for addon in paths.ADDONS}
    assert {path.name for path in installed.addons.iterdir()} == names
    assert {path.name for path in (installed.site / "odoo").iterdir()} == {"addons"}, "no file that would hide Odoo's"


@pytest.mark.parametrize("addon", paths.ADDONS, ids=lambda addon: addon.name)
def test_metadata(installed, addon):
    metadata, manifest = installed.metadata(addon), manifest_of(addon)
    assert (metadata["Version"], metadata["License"]) == (manifest["version"], "LGPL-3")
    assert metadata["Summary"] == manifest["summary"]
    assert metadata["Description-Content-Type"] == "text/x-rst"
    assert metadata.get_payload().strip() == (addon / "README.rst").read_text().strip()
    own = {f"odoo-addon-{name}==19.0.*" for name in manifest["depends"] if name.startswith("sales_funnel_")}
    python = set(manifest.get("external_dependencies", {}).get("python", ()))
    assert set(metadata.get_all("Requires-Dist")) == {"odoo==19.0.*"} | own | python


def test_versions_are_told_in_the_changelog():
    assert f"\n## {manifest_of(paths.ADDON)['version']}\n" in (paths.CHECKOUT / "CHANGELOG.md").read_text()


def test_odoo_installs_the_addon_from_the_environment(installed, tmp_path):
    """Odoo finds addons wherever Python does: no addons path names the environment, or the checkout."""
    source = odoo_source.ensure_odoo()
    python_path = os.pathsep.join((str(source.python_path), str(installed.site)))
    source = dataclasses.replace(source, python_path=python_path, own_paths=())
    with database_copy("wheels", os.environ["FUNNEL_TEST_BASE"]) as name:
        lines = server.run_once(source, name, "-i", paths.ADDON.name, log_name=str(tmp_path / "wheels"))
        assert server.warnings_in(lines) == []
        states = dict(query(name, "SELECT name, state FROM ir_module_module WHERE name LIKE 'sales_funnel_%'"))
        russian = "SELECT name->>'ru_RU' FROM crm_team WHERE funnel_kind = 'lead'"
        assert states.pop(paths.ADDON.name) == "installed"
        assert set(states) == {addon.name for addon in paths.GLUE}, "found, for those who have their apps"
        assert query(name, russian) == [("Лиды",)]
