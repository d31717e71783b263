"""First half of every command, on the standard library alone: the Python environment.

Makes a virtual environment keyed by the pinned requirements and hands over to the command inside it.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import venv

from .console import DevError, main_with_errors, run, step
from .paths import CACHE, DEV, LOGS, REQUIREMENTS, digest, ensure_cache

COMMANDS = ("run", "test", "lint", "clean", "translate", "stock-tests", "bench", "screenshots")


def venv_path():
    """Return the folder of the environment that fits the requirements file and this Python."""
    version = "{}.{}".format(*sys.version_info[:2])
    return CACHE / f"python{version}-{digest(REQUIREMENTS)}"


def ensure_venv():
    """Create the environment if it is missing; return its Python."""
    target = venv_path()
    python = target / "bin" / "python"
    complete = target / ".complete"
    if not complete.exists():
        ensure_cache()
        _ensure_venv_module()
        with step(f"Installing the pinned Python packages into {target}"):
            shutil.rmtree(target, ignore_errors=True)
            venv.create(target, with_pip=True)
            run(
                [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS],
                log=LOGS / "pip.log",
                error="pip could not install the pinned packages.",
            )
            complete.touch()
    return python


def _ensure_venv_module():
    """Debian ships ``venv`` without ``ensurepip``; root gets the missing package, others are told."""
    if importlib.util.find_spec("ensurepip"):
        return
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with step(f"Installing Debian's {package}"):
            subprocess.run(["apt-get", "-qq", "update"], stdin=subprocess.DEVNULL)
            run(["apt-get", "-qq", "install", "-y", package], log=LOGS / "venv.log")
        return
    raise DevError(f"This Python cannot create virtual environments. Install the missing part: apt install {package}")


def main():
    """Prepare the environment and replace this process by the command inside it."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        raise DevError(f"Commands: {', '.join('./dev/' + command for command in COMMANDS)}")
    ensure_cache(needed_gib=0.2)
    if sys.argv[1] == "clean":
        from .clean import clean

        return clean()
    python = ensure_venv()
    environment = dict(os.environ, PYTHONPATH=str(DEV), PYTHONDONTWRITEBYTECODE="1")
    os.execve(python, [str(python), "-m", "toolchain", *sys.argv[1:]], environment)


if __name__ == "__main__":
    main_with_errors(main)
