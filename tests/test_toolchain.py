"""The commands in ``dev/`` tell what is wrong, and what to do about it, instead of showing a traceback."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from toolchain import bench, bootstrap, console, database, odoo_source, paths, server

START = Path(bootstrap.__file__).with_name("start")


def test_wrong_python_is_named(tmp_path):
    for name in ("dirname", "pwd"):
        (tmp_path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    shell = shutil.which("sh")
    script = START.read_text().replace("/usr/bin/python3", "")
    copy = tmp_path / "start"
    copy.write_text(script)
    result = subprocess.run([shell, str(copy), "run"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert result.returncode == 1
    assert "needs Python 3.10, 3.11, 3.12 or 3.13" in result.stderr


def test_port_in_use():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(console.DevError, match=f"Port {port} is in use.*--port {port + 1}"):
            server.check_port(port)


def test_full_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "CACHE", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path / "logs")
    with pytest.raises(console.DevError, match=r"GiB free, 1000000.0 GiB are needed.*SALES_FUNNEL_CACHE"):
        paths.ensure_cache(needed_gib=1e6)


def test_neither_apt_nor_checkout(monkeypatch, tmp_path):
    monkeypatch.setattr(odoo_source, "CACHE", tmp_path)
    monkeypatch.setattr(odoo_source.shutil, "which", lambda name: None)
    monkeypatch.delenv("ODOO_SRC", raising=False)
    with pytest.raises(console.DevError, match="No apt-get and no dpkg-deb here and ODOO_SRC is not set"):
        odoo_source.ensure_odoo()


@pytest.mark.parametrize(
    ("release", "message"), [(None, "is not an Odoo checkout"), ("version_info = (18, 0, 0)", "is not Odoo 19.0")]
)
def test_checkout_that_is_none(monkeypatch, tmp_path, release, message):
    if release:
        (tmp_path / "odoo").mkdir()
        (tmp_path / "odoo/release.py").write_text(release)
    monkeypatch.setenv("ODOO_SRC", str(tmp_path))
    with pytest.raises(console.DevError, match=message):
        odoo_source.ensure_odoo()


def test_server_that_does_not_come_up(monkeypatch, tmp_path):
    monkeypatch.setattr(server, "LOGS", tmp_path)
    monkeypatch.setattr(server.sys, "executable", shutil.which("false"))
    source = odoo_source.OdooSource(tmp_path, (tmp_path,), "none")
    with pytest.raises(console.DevError, match="The Odoo server stopped by itself"):
        server.start(source, "none", 1)


def test_failed_command_shows_its_last_lines():
    with pytest.raises(console.DevError, match="It broke.\nlast words"):
        console.run(["sh", "-c", "echo last words; exit 3"], error="It broke.")


def test_unknown_command():
    result = subprocess.run([START, "fly"], capture_output=True, text=True, env=os.environ)
    assert (result.returncode, result.stderr.startswith("ERROR: Commands: ./dev/run")) == (1, True)


@pytest.mark.parametrize("name", ["re", "nothing"])
def test_unknown_benchmark(name):
    with pytest.raises(console.DevError, match=f"There is no benchmark {name}. There are: imports, presets, "):
        bench.main([name])


def test_the_name_of_a_benchmark_may_be_cut_off():
    assert [bench._complete(name, bench.available()) for name in ("import", "reports")] == ["imports", "reports"]


def test_warnings_in_a_log_are_found():
    lines = [
        "2026-01-31 12:00:00,000 12 WARNING db odoo.modules: something",
        "2026-01-31 12:00:00,000 12 INFO db odoo.modules: a WARNING in a text",
        "2026-01-31 12:00:00,000 12 ERROR db odoo.modules: something",
    ]
    assert server.warnings_in(lines) == [lines[0], lines[2]]


def test_digest_follows_content(tmp_path):
    (tmp_path / "a").write_text("1")
    first = paths.digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/a").write_text("noise")
    assert paths.digest(tmp_path) == first
    (tmp_path / "a").write_text("2")
    assert paths.digest(tmp_path) != first


def test_everything_is_pinned():
    lines = [line for line in paths.REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.match(r"^[\w.\-]+==[\w.]+( ;.*)?$", line)] == []


def test_template_database_is_finished():
    assert database.key_of(os.environ["FUNNEL_TEST_TEMPLATE"])
    assert database.key_of("no_such_database") is None
