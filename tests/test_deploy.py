"""The files for a server: valid for systemd, nginx and Caddy, with commands that the program has."""

import configparser
import contextlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import dns.name
import dns.node
import dns.zone
import pytest

from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.cli.command_group import cli
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.retry_policy import RetryPolicy
from tests.factories import ROOT, sample
from tests.proxies import DEPLOY, Proxy, caddy, in_front, needed, nginx, written
from tests.restarts import one_click, restarts
from tests.web.public.running import Running, running

pytestmark = pytest.mark.slow

UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVER = (ROOT / "docs" / "how-to" / "run-the-public-pages.md").read_text(encoding="utf-8")
ARCHIVE = (ROOT / "docs" / "how-to" / "put-the-archive-online.md").read_text(encoding="utf-8")


def test_old_copies_of_the_database_go_whatever_becomes_of_the_keys() -> None:
    """systemd skips commands after one that failed, such as the backup of the keys without a passphrase."""
    unit = (DEPLOY / "systemd" / "compose-backup.service").read_text(encoding="utf-8")
    order = [
        unit.index(word)
        for word in ("compose db backup", "newsletter/backups -name", "compose keys backup", "newsletter/keys -name")
    ]
    assert order == sorted(order) and "ExecStartPost" not in unit


def test_every_file_is_explained() -> None:
    """docs/how-to/run-the-public-pages.md and put-the-archive-online.md name every file in deploy/."""
    for path in (each for each in DEPLOY.rglob("*") if each.is_file()):
        name = path.relative_to(ROOT).as_posix()
        assert name in SERVER or f"`{path.name}`" in SERVER or name in ARCHIVE, name


def _read(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


@pytest.mark.parametrize("path", UNITS, ids=lambda path: str(path.name))
def test_units(path: Path) -> None:
    """A service runs a command of this program with valid options; timers and sockets have their service."""
    unit = _read(path)
    if path.suffix == ".service":
        assert unit["Service"]["User"] == "newsletter"
        called = re.findall(r"^Exec\w+=.*?/opt/compose/bin/compose ([a-z][^'\n]*)", path.read_text(), re.MULTILINE)
        assert called
        for words in called:
            _takes(shlex.split(words))
        return
    assert path.with_suffix(".service").is_file()
    if path.suffix == ".timer":
        assert unit["Timer"]["OnCalendar"]
    else:
        assert unit["Socket"]["ListenStream"] == "127.0.0.1:8800"


def _takes(words: list[str]) -> None:
    """Check that the program has a command and its options."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, words
        command = found
    command.make_parser(click.Context(command)).parse_args(words)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """systemd-analyze verify: every word and every line is valid."""
    program = needed("systemd-analyze", "systemd")
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
    """The unit gives a run more time than it needs to stop; a stop, and messages left for later, are not failures."""
    service = _read(DEPLOY / "systemd" / "compose-send.service")["Service"]
    policy = RetryPolicy()
    assert int(service["TimeoutStopSec"]) >= (policy.drain + policy.database_wait).total_seconds() + 15
    assert {"75", "130"} <= set(service["SuccessExitStatus"].split())
    assert "3" not in service["SuccessExitStatus"].split()


def test_the_zone_can_be_read() -> None:
    """The DNS records are valid: an address, SPF, DKIM, DMARC, the mailbox for bounces."""
    zone = dns.zone.from_text((DEPLOY / "dns.zone").read_text(encoding="utf-8"), check_origin=False)
    nodes: dict[dns.name.Name, dns.node.Node] = dict(zone.nodes)
    kinds = {(str(name), each.rdtype.name) for name, node in nodes.items() for each in node}
    assert {("@", "A"), ("@", "TXT"), ("_dmarc", "TXT"), ("compose-rsa._domainkey", "TXT"), ("bounces", "MX")} <= kinds


@pytest.fixture
def pages(sqlite_template: Path, tmp_path: Path) -> Iterator[Running]:
    """Pages with a proxy in front of them."""
    (tmp_path / "publication").mkdir()
    workspace: Workspace = sample(tmp_path / "publication")
    path = Path(shutil.copy(sqlite_template, tmp_path / "newsletter.db"))
    with open_database(Location(path=path)) as database, running(workspace, database) as made:
        yield made


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_behind_a_proxy(pages: Running, tmp_path: Path, proxy: Proxy) -> None:
    """One click works; no client can pose as another; no token is logged; other paths are not ours."""
    folder = tmp_path / "proxy"
    subscriber = pages.join("anna@example.net")
    token = pages.token(Purpose.UNSUBSCRIBE, subscriber)
    with _behind(pages, proxy, folder) as port:
        # Caddy's requests contain the port, as browsers send it for another port than 443.
        host = f"news.example.org:{port}" if proxy is caddy else "news.example.org"
        path, body = f"/unsubscribe/{token}", b"List-Unsubscribe=One-Click"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        if proxy is caddy:
            assert pages.ask("GET", path, host=host).status == 421  # the name with its own port is not ours
            host = "news.example.org"
        assert pages.ask("GET", path, host=host).title == "Unsubscribe from China Briefing?"
        answer = pages.ask("POST", path, body, kind, host=host)
        assert (answer.status, answer.header("set-cookie"), answer.header("location")) == (200, None, None)
        found = pages.subscriber("anna@example.net")
        assert found is not None
        assert found.status is Status.UNSUBSCRIBED
        logo = re.search(r'src="/n(/brand/[^"]+)"', answer.body)
        assert logo is not None
        assert pages.ask("HEAD", logo[1], host=host).status == 200
        assert pages.ask("POST", path, b"x" * 70_000, kind, host=host).status in (413, 502)
        # A provider's webhook request arrives complete; no provider is configured here.
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
    assert token not in written(folder)


@contextlib.contextmanager
def _behind(pages: Running, proxy: Proxy, folder: Path) -> Iterator[int]:
    """Run a proxy in front of the pages, and send a request through it."""
    with in_front(proxy, folder, pages.port) as port:
        behind, pages.port = pages.port, port
        try:
            yield port
        finally:
            pages.port = behind


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_no_token_in_the_logs_of_failures(tmp_path: Path, proxy: Proxy) -> None:
    """Missing pages, and pages that disconnect: the proxy answers 502, logs it, and the log contains no token."""
    folder, token = tmp_path / "proxy", "tokentokentoken"

    def hastily(folder: Path, port: int, pages: int) -> list[str]:
        command = proxy(folder, port, pages)
        for path in folder.iterdir():
            path.write_text(path.read_text().replace("lb_try_duration 60s", "lb_try_duration 1s"))
        return command

    with socket.socket() as hanging_up:
        hanging_up.bind(("127.0.0.1", 0))
        with in_front(hastily, folder, hanging_up.getsockname()[1]) as port:
            assert one_click(port, token) == "502"
            hanging_up.listen()
            with ThreadPoolExecutor(1) as asking:
                answer = asking.submit(one_click, port, token)
                while not answer.done():
                    with contextlib.suppress(TimeoutError):
                        hanging_up.settimeout(0.1)
                        hanging_up.accept()[0].close()
            assert answer.result() == "502"
    if proxy is caddy:
        assert "connection refused" in written(folder)
    assert token not in written(folder)


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_no_request_is_lost_while_the_pages_restart(tmp_path: Path, proxy: Proxy) -> None:
    """The short form of tests/restarts.py: every request is answered, every subscriber unsubscribed, no token logged."""
    result = restarts(proxy, tmp_path, requests=80, times=1)
    assert result.answers == {"200": 80}
    assert (result.still_active, result.tokens_in_logs) == (0, 0)
