"""``docker-compose.yml`` and the proxy of its profile ``scale``: what no test here can start has to fit together."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from toolchain import paths

COMPOSE = yaml.safe_load((paths.CHECKOUT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
NGINX = (paths.CHECKOUT / "dev/docker/nginx.conf").read_text()
#: The services that run Odoo, and those of them that answer people or the scheduler for as long as they live.
ODOO = [name for name, service in SERVICES.items() if service["image"].startswith("odoo:")]
SERVERS = [name for name in ODOO if SERVICES[name]["restart"] != "no"]


def option(service, name):
    """Return the value of an option of Odoo, or None."""
    found = [part.partition("=")[2] for part in SERVICES[service]["command"] if part.partition("=")[0] == f"--{name}"]
    return found[-1] if found else None


def default(value):
    """Return what ``${NAME:-default}`` stands for where nobody sets the variable."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def compose_command():
    """Return the command of Docker Compose, if this machine has one."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:
            return command
    pytest.skip("Docker Compose is not installed: the other tests look at the file by themselves.")


@pytest.mark.parametrize("profile", [[], ["--profile", "scale"]], ids=["default", "scale"])
def test_docker_compose_accepts_the_file(profile):
    environment = {**os.environ, "POSTGRES_PASSWORD": "secret"}
    command = [*compose_command(), *profile, "config", "--quiet"]
    result = subprocess.run(command, cwd=paths.CHECKOUT, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_profiles():
    by_profile = {
        profile: {name for name, service in SERVICES.items() if service.get("profiles", [None]) == [profile]}
        for profile in (None, "scale")
    }
    assert by_profile == {None: {"db", "install", "odoo"}, "scale": {"web", "cron", "proxy"}}
    assert all(SERVICES[name]["deploy"]["replicas"] > 1 for name in ("web", "cron"))


@pytest.mark.parametrize("service", ODOO)
def test_every_server_has_every_addon(service):
    mounts = {volume.split(":")[1]: volume.split(":") for volume in SERVICES[service]["volumes"]}
    for addon in paths.ADDONS:
        assert mounts.pop(f"/mnt/extra-addons/{addon.name}") == [
            f"./{addon.name}",
            f"/mnt/extra-addons/{addon.name}",
            "ro",
        ]
    assert mounts == {"/var/lib/odoo": ["odoo-data", "/var/lib/odoo"]}, "sessions and files are those of all servers"


def test_everything_that_is_mounted_is_there():
    for service in SERVICES.values():
        for source in (volume.split(":")[0] for volume in service.get("volumes", ())):
            assert (paths.CHECKOUT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("service", SERVERS)
def test_servers_wait_for_the_database_and_the_addon(service):
    assert SERVICES[service]["depends_on"] == {
        "db": {"condition": "service_healthy"},
        "install": {"condition": "service_completed_successfully"},
    }
    assert option(service, "database") == option("install", "database") == "sales_funnel"
    assert "--no-database-list" in SERVICES[service]["command"]
    assert option("install", "init") == paths.ADDON.name


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "install"])
def test_everything_that_stays_says_whether_it_is_well(service):
    command = SERVICES[service]["healthcheck"]["test"]
    assert command[0] == "CMD"
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_only_the_servers_for_it_run_scheduled_actions():
    assert int(option("web", "max-cron-threads")) == 0
    assert int(option("cron", "max-cron-threads")) > 0
    assert option("odoo", "max-cron-threads") is None, "the only server does everything, as Odoo does by itself"


def test_the_password_is_nobodys_default():
    passwords = [SERVICES["db"]["environment"]["POSTGRES_PASSWORD"]]
    passwords += [SERVICES[name]["environment"]["PASSWORD"] for name in ODOO]
    assert {re.match(r"\$\{POSTGRES_PASSWORD:\?.+\}$", password) is not None for password in passwords} == {True}
    assert not any("ports" in SERVICES[name] for name in SERVICES if name not in ("odoo", "proxy")), (
        "within the network"
    )


def test_the_database_has_connections_for_all_servers():
    limit = int(SERVICES["db"]["command"][-1].partition("=")[2])
    workers = int(default(option("web", "workers")))
    # besides its workers a server has the process for the websocket and the one that watches over them
    processes = {"web": workers + 2, "cron": 1}
    needed = sum(
        SERVICES[name]["deploy"]["replicas"] * count * int(option(name, "db_maxconn"))
        for name, count in processes.items()
    )
    assert needed + 10 < limit


def test_the_proxy_finds_the_servers():
    upstreams = dict(re.findall(r"upstream (\w+) \{[^}]*?server ([\w:]+) resolve;", NGINX))
    locations = dict(re.findall(r"location (\S+) \{\s*proxy_pass http://(\w+);", NGINX))
    assert {path: upstreams[name] for path, name in locations.items()} == {
        "/": "web:8069",
        "/websocket": f"web:{option('web', 'gevent-port')}",
    }
    assert {address.partition(":")[0] for address in upstreams.values()} <= set(SERVICES)
    assert int(default(option("web", "workers"))) > 0, "without workers nobody listens at the port of the websocket"
    assert "--proxy-mode" in SERVICES["web"]["command"]


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "Upgrade", "Connection"]
)
def test_the_proxy_says_who_asks_for_what(header):
    """In proxy mode Odoo believes these; its websocket needs the last two, and HTTP 1.1."""
    assert re.search(rf"^    proxy_set_header {header} \$\w+;$", NGINX, re.MULTILINE)
    assert "proxy_http_version 1.1;" in NGINX
    # a header that is set in a location would hide all of those above it
    assert not re.search(r"^        proxy_set_header", NGINX, re.MULTILINE)


def test_nobody_reaches_the_database_manager():
    assert re.search(r"location /web/database/ \{\s*return 403;", NGINX)
