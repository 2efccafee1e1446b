"""The files for a server: systemd, nginx and Caddy take them, and what they run is what the program has."""

import configparser
import contextlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import dns.name
import dns.node
import dns.zone
import pytest

from composer.audience.readers import Status
from composer.audience.tokens import Purpose
from composer.cli.main import cli
from composer.database.engine import open_database
from composer.database.location import Location
from composer.delivery.policy import Policy
from composer.workspace import Workspace
from tests.public.running import Running, running
from tests.workspaces import ROOT, sample

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVER = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")


def _needed(program: str, package: str) -> str:
    """Find a program that CI installs; a missing one is a failure there only."""
    if found := shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
        return found
    reason = f"needs {program}: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def test_every_file_is_explained() -> None:
    """docs/server.md names every file of deploy/."""
    for path in (each for each in DEPLOY.rglob("*") if each.is_file()):
        name = path.relative_to(ROOT).as_posix()
        assert name in SERVER or f"`{path.name}`" in SERVER, name


def _read(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


@pytest.mark.parametrize("path", UNITS, ids=lambda path: str(path.name))
def test_units(path: Path) -> None:
    """What a service runs is a command of this program with options that it has; every timer has its service."""
    unit = _read(path)
    if path.suffix == ".timer":
        assert path.with_suffix(".service").is_file()
        assert unit["Timer"]["OnCalendar"]
        return
    assert unit["Service"]["User"] == "newsletter"
    called = re.search(r"/opt/compose/bin/compose ([a-z][^']*)", unit["Service"]["ExecStart"])
    assert called is not None
    command: click.Command = cli
    words = shlex.split(called[1])
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, called[0]
        command = found
    command.make_parser(click.Context(command)).parse_args(words)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze verify: no word that it does not know, no line that it cannot read."""
    program = _needed("systemd-analyze", "systemd")
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/compose/bin/compose", sys.executable)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    names = [str(tmp_path / path.name) for path in UNITS]
    ran = subprocess.run(
        [program, "verify", "--man=no", *names], capture_output=True, text=True, check=False, timeout=60
    )
    ours = [line for line in ran.stderr.splitlines() if any(path.name in line for path in UNITS)]
    assert ours == []


def test_a_run_ends_before_systemd_kills_it() -> None:
    """The unit gives a run more time than it takes to stop; being stopped, and a rest for the next run, are no failures."""
    service = _read(DEPLOY / "systemd" / "compose-send.service")["Service"]
    policy = Policy()
    assert int(service["TimeoutStopSec"]) >= (policy.drain + policy.record).total_seconds() + 15
    assert {"75", "130"} <= set(service["SuccessExitStatus"].split())
    assert "3" not in service["SuccessExitStatus"].split()


def test_the_zone_can_be_read() -> None:
    """The DNS records are records: an address, SPF, DKIM, DMARC, the mailbox of bounces."""
    zone = dns.zone.from_text((DEPLOY / "dns.zone").read_text(encoding="utf-8"), check_origin=False)
    nodes: dict[dns.name.Name, dns.node.Node] = dict(zone.nodes)
    kinds = {(str(name), each.rdtype.name) for name, node in nodes.items() for each in node}
    assert {("@", "A"), ("@", "TXT"), ("_dmarc", "TXT"), ("compose-rsa._domainkey", "TXT"), ("bounces", "MX")} <= kinds


@pytest.fixture
def pages(sqlite_template: Path, tmp_path: Path) -> Iterator[Running]:
    """Pages that run behind what a test puts before them."""
    (tmp_path / "publication").mkdir()
    workspace: Workspace = sample(tmp_path / "publication")
    path = Path(shutil.copy(sqlite_template, tmp_path / "newsletter.db"))
    with open_database(Location(path=path)) as database, running(workspace, database) as made:
        yield made


@contextlib.contextmanager
def _before(pages: Running, command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a proxy before the pages; what the pages are asked goes through it."""
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as proxy:
        behind = pages.port
        try:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert proxy.poll() is None, proxy.stderr.read() if proxy.stderr else ""
                assert time.monotonic() < end
                time.sleep(0.05)
            pages.port = port
            yield
        finally:
            pages.port = behind
            proxy.terminate()
            proxy.communicate(timeout=20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _nginx(pages: Running, folder: Path, port: int) -> list[str]:
    """Set nginx up as docs/server.md says, on this computer and without TLS."""
    program = _needed("nginx", "nginx-light")
    ours = (DEPLOY / "nginx" / "newsletter.conf").read_text(encoding="utf-8")
    (folder / "newsletter.conf").write_text(ours.replace("127.0.0.1:8800", f"127.0.0.1:{pages.port}"), encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}"
        f"access_log {folder}/access.log;\nserver {{\nlisten 127.0.0.1:{port};\nserver_name news.example.org;\n"
        f"include {folder}/newsletter.conf;\n}}\n}}\n",
        encoding="utf-8",
    )
    return [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def _caddy(pages: Running, folder: Path, port: int) -> list[str]:
    """Set Caddy up as docs/server.md says, on this computer and without TLS."""
    program = _needed("caddy", "caddy")
    ours = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    ours = ours.replace("127.0.0.1:8800", f"127.0.0.1:{pages.port}")
    ours = ours.replace("news.example.org {", f"http://news.example.org:{port} {{\n\tbind 127.0.0.1")
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{ours}", encoding="utf-8")
    return [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.mark.parametrize("proxy", [_nginx, _caddy], ids=["nginx", "caddy"])
def test_behind_a_proxy(pages: Running, tmp_path: Path, proxy: object) -> None:
    """One click goes through; nobody counts as somebody else; no token is written down; other paths are not ours."""
    port, folder = _free_port(), tmp_path / "proxy"
    folder.mkdir()
    assert callable(proxy)
    reader = pages.join("anna@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, reader)
    # Caddy is asked by the port as well; so it is by browsers when it answers on another than 443.
    host = f"news.example.org:{port}" if proxy is _caddy else "news.example.org"
    with _before(pages, proxy(pages, folder, port), port, folder):
        path, body = f"/unsubscribe/{token}", b"List-Unsubscribe=One-Click"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        if proxy is _caddy:
            assert pages.ask("GET", path, host=host).status == 421  # the name with a port of its own is not ours
            host = "news.example.org"
        assert pages.ask("GET", path, host=host).title == "Unsubscribe from China Briefing?"
        answer = pages.ask("POST", path, body, kind, host=host)
        assert (answer.status, answer.header("set-cookie"), answer.header("location")) == (200, None, None)
        found = pages.reader("anna@example.net")
        assert found is not None
        assert found.status is Status.UNSUBSCRIBED
        logo = re.search(r'src="/n(/brand/[^"]+)"', answer.body)
        assert logo is not None
        assert pages.ask("HEAD", logo[1], host=host).status == 200
        assert pages.ask("POST", "/subscribe", b"x" * 70_000, kind, host=host).status in (413, 502)
        # A provider's post comes through whole; none is set up here.
        assert pages.ask("POST", "/hooks/ses", b"x" * 200_000, kind, host=host).status == 404
        statuses = [
            pages.post_form(
                "/subscribe", {"email": f"r{number}@example.net"}, {"X-Forwarded-For": f"198.51.{number}.1"}
            ).status
            for number in range(25)
        ]
        assert statuses == [200] * 20 + [429] * 5
        outside = pages.raw(b"GET /subscribe HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n\r\n")
        assert b"China Briefing" not in outside
    for path_ in folder.rglob("*"):
        if path_.is_file():
            assert token not in path_.read_text(encoding="utf-8", errors="replace"), path_
