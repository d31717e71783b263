"""Odoo 19 Community: a checkout named by ``ODOO_SRC``, or Debian sid's package unpacked into the cache.

The package is fetched with an apt state of our own, so the machine's package sources stay as they are. The mirror is
the one the machine already uses.
"""

import dataclasses
import os
import re
import shutil
import subprocess
from pathlib import Path

from .console import DevError, run, say, step
from .paths import CACHE, CHECKOUT, LOGS, digest

SERIES = "19.0"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
#: What the package's relative links point at. Font Awesome comes from the stable suite: sid's lacks the files.
SID_PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-montserrat",
)
STABLE_PACKAGES = ("fonts-font-awesome",)


@dataclasses.dataclass(frozen=True)
class OdooSource:
    """One usable Odoo: the folder to put on ``PYTHONPATH``, its addons paths, and a key of its version.

    ``own_paths`` are the folders with the addons of this project: the checkout, unless a test tries others.
    """

    python_path: Path
    addons_paths: tuple
    key: str
    own_paths: tuple = (CHECKOUT,)


def ensure_odoo():
    """Return the Odoo to use, unpacking it first if needed.

    :rtype: OdooSource
    :raises DevError: when there is neither a checkout nor apt
    """
    if os.environ.get("ODOO_SRC"):
        return _from_checkout(Path(os.environ["ODOO_SRC"]).expanduser().resolve())
    complete = sorted(CACHE.glob("odoo-*/.complete"), key=lambda path: path.stat().st_mtime)
    root = complete[-1].parent if complete else _unpack_package()
    python_path = root / "usr/lib/python3/dist-packages"
    return OdooSource(python_path, (python_path / "odoo/addons",), root.name)


def _from_checkout(source):
    release = source / "odoo/release.py"
    if not release.is_file():
        raise DevError(f"ODOO_SRC={source} is not an Odoo checkout: {release} is missing.")
    info = re.search(r"^version_info = \((\d+), (\d+)", release.read_text(), re.MULTILINE)
    if not info or ".".join(info.groups()) != SERIES:
        raise DevError(f"ODOO_SRC={source} is not Odoo {SERIES}.")
    addons = tuple(path for path in (source / "addons", source / "odoo/addons") if path.is_dir())
    return OdooSource(source, addons, f"checkout-{digest(release)}")


def _unpack_package():
    missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise DevError(
            f"No {' and no '.join(missing)} here and ODOO_SRC is not set, so there is no way to get Odoo.\n"
            f"       Unpack Odoo {SERIES} Community anywhere and name the folder: ODOO_SRC=/path/to/odoo ./dev/run"
        )
    apt = _private_apt()
    downloads = CACHE / "apt/downloads"
    with step("Downloading Odoo 19 (Debian package, 123 MB) and the fonts and scripts it links to"):
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir(parents=True)
        run([*apt, "update"], log=LOGS / "apt-update.log", error="apt could not read the package lists.")
        wanted = [*SID_PACKAGES, *(f"{name}/stable" for name in STABLE_PACKAGES)]
        for package in wanted:  # one a call: a second package of one call may be taken from the wrong suite
            run([*apt, "download", package], cwd=downloads, error=f"apt could not download {package}.")
    return _unpack(downloads)


def _unpack(downloads):
    [package] = downloads.glob("odoo-19_*.deb")
    root = CACHE / f"odoo-{package.name.split('_')[1].replace('%3a', '')}"
    with step(f"Unpacking into {root}"):
        shutil.rmtree(root, ignore_errors=True)
        for deb in downloads.glob("*.deb"):
            run(["dpkg-deb", "-x", deb, root])
        odoo = root / "usr/lib/python3/dist-packages/odoo"
        # Listed in mail's assets but stripped from the package; without it every page logs an error.
        script = odoo / "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.touch()
        if not (odoo / "addons/web/static/lib/jquery/jquery.js").exists():
            raise DevError(f"The unpacked Odoo in {root} is incomplete: jQuery is missing.")
        shutil.rmtree(downloads)
        (root / ".complete").touch()
    return root


def _private_apt():
    """Return the apt-get command with a state of our own: sid for Odoo, stable for Font Awesome."""
    state = CACHE / "apt"
    (state / "lists/partial").mkdir(parents=True, exist_ok=True)
    (state / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    uri = _debian_mirror()
    signed = f"[signed-by={KEYRING}]" if Path(KEYRING).exists() else ""
    sources = state / "sources.list"
    sources.write_text("".join(f"deb {signed} {uri} {suite} main\n" for suite in ("sid", "stable")))
    options = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State::Lists": state / "lists",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root",
    }
    return ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]


def _debian_mirror():
    """Return the address of the Debian mirror this machine uses."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)"], capture_output=True, text=True
    ).stdout
    mirrors = [line.split()[0] for line in targets.splitlines() if line.strip()]
    mirrors = [uri for uri in mirrors if "security" not in uri]
    if not mirrors:
        raise DevError(
            "apt knows no Debian mirror (apt-get indextargets is empty). Set ODOO_SRC, or run apt-get update."
        )
    say(f"    mirror: the one of this machine, {len(mirrors)} index files")
    return mirrors[0].rstrip("/")
