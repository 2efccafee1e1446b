"""The files of compose deploy: valid for systemd, nginx, Caddy and name servers, with commands that the program has."""

import configparser
import contextlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

import click
import dns.name
import dns.node
import dns.zone
import pytest

from composer.app.administration.dkim_pair import make_dkim_keys
from composer.app.deployment.deployment import FileResult, check_names, write_server_files
from composer.app.deployment.server_place import ServerPlace, check_place, place_elsewhere, place_here
from composer.app.work.work_session import LAST_MAIL
from composer.audience.identity.tokens import Purpose
from composer.audience.subscribers import Status
from composer.cli.command_group import cli
from composer.cli.main import run
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.errors import UsageError
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.delivery.core.retry_policy import RetryPolicy
from tests.factories import ROOT, sample
from tests.proxies import FOLDER, Proxy, caddy, deployed, in_front, needed, nginx, with_bounces, written
from tests.restarts import one_click, restarts
from tests.web.public.running import Running, running

pytestmark = pytest.mark.slow

PAGES = "".join(
    (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("run-the-public-pages", "put-the-archive-online")
)
#: Kinds of newsletters that need different files: more lines of newsletter.yaml.
KINDS = {
    "pages": "",
    "archive": "archive:\n  url: https://news.example.org/archive\n",
    "archive at the root": "archive:\n  url: https://news.example.org\n",
    "archive elsewhere": "archive:\n  url: https://archive.example.org/briefing\n",
    "archive in the pages": "archive:\n  url: https://news.example.org/n/archive\n",
    "PostgreSQL": "database: postgresql://db.example.org/briefing\n",
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A newsletter with a bounce mailbox, of each kind."""
    workspace = with_bounces(tmp_path)
    path = workspace.root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8") + KINDS[request.param], encoding="utf-8")
    return workspace


def _units(files: Mapping[str, str]) -> dict[str, str]:
    return {name.partition("/")[2]: text for name, text in files.items() if name.startswith("systemd/")}


def test_every_file_is_explained(kind: Workspace) -> None:
    """docs/how-to/run-the-public-pages.md and put-the-archive-online.md name every file."""
    for name in deployed(kind):
        assert f"`{name}`" in PAGES or f"`{name.rpartition('/')[2]}`" in PAGES, name


def _read(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    return unit


def test_units(kind: Workspace) -> None:
    """A service runs a command of this program with valid options; sockets have their service."""
    units = _units(deployed(kind, port=8801))
    assert sorted(units) == ["compose-serve.service", "compose-serve.socket", "compose-work.service"]
    for name, text in units.items():
        unit, path = _read(text), PurePosixPath(name)
        assert unit["Unit"]["Description"].startswith("China Briefing: ")
        if path.suffix == ".service":
            assert unit["Service"]["User"] == "newsletter"
            assert unit["Service"]["WorkingDirectory"] == str(FOLDER)
            called = re.findall(r"^Exec\w+=.*?/opt/compose/bin/compose ([a-z][^'\n]*)", text, re.MULTILINE)
            assert called
            for words in called:
                _takes(shlex.split(words))
            continue
        assert str(path.with_suffix(".service")) in units
        assert unit["Socket"]["ListenStream"] == "127.0.0.1:8801"


def _takes(words: list[str]) -> None:
    """Check that the program has a command and its options."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, words
        command = found
    command.make_parser(click.Context(command)).parse_args(words)


def _named(folder: Path, kind: Workspace, **place: object) -> Mapping[str, str]:
    """Write the files of a newsletter on this computer, run by this Python."""
    own = replace(place_here(kind.root), program=PurePosixPath(sys.executable), **place)  # type: ignore[arg-type]
    environment = Environment(environment={}, folder=folder / "none")
    done = write_server_files(kind, environment, own, folder)
    return {name: (folder / name).read_text(encoding="utf-8") for name in done.files}


def test_systemd_takes_the_units(kind: Workspace, tmp_path: Path) -> None:
    """systemd-analyze verify: every word and every line is valid, also with other names."""
    program = needed("systemd-analyze", "systemd")
    for unit in ("compose", "economy"):
        units = _units(_named(tmp_path / unit, kind, unit=unit))
        assert all(name.startswith(f"{unit}-") for name in units)
        names = [str(tmp_path / unit / "systemd" / name) for name in units]
        ran = subprocess.run(
            [program, "verify", "--man=no", *names], capture_output=True, text=True, check=False, timeout=120
        )
        assert [line for line in ran.stderr.splitlines() if any(name in line for name in units)] == []


def test_nginx_takes_the_sites(kind: Workspace, tmp_path: Path) -> None:
    """nginx -t: the sites with everything that they include."""
    program = needed("nginx", "nginx-light")
    _named(tmp_path / "files", kind)
    folder = tmp_path / "files" / "nginx"
    site = folder / "compose-site.conf"
    text = site.read_text(encoding="utf-8").replace("/etc/nginx/snippets", str(folder))
    site.write_text(text.replace("listen 80", "listen 127.0.0.1:8899").replace("    listen [::]:80;\n", ""))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{each}_temp_path {tmp_path}/{each};\n" for each in kinds)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{temporary}access_log off;\n"
        f"include {folder}/compose-upstream.conf;\ninclude {site};\n}}\n",
        encoding="utf-8",
    )
    command = [program, "-t", "-e", f"{tmp_path}/errors", "-p", str(tmp_path), "-c", f"{tmp_path}/nginx.conf"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert "warn" not in ran.stderr


def test_caddy_takes_the_sites(kind: Workspace, tmp_path: Path) -> None:
    """caddy validate: the file is valid."""
    program = needed("caddy", "caddy")
    _named(tmp_path / "files", kind)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    command = [
        program,
        "validate",
        "--adapter",
        "caddyfile",
        "--config",
        str(tmp_path / "files" / "caddy" / "Caddyfile"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert ran.returncode == 0, ran.stderr


def test_work_ends_before_systemd_kills_it() -> None:
    """The unit gives a mailing and the last message of the pages more time than they need to stop."""
    service = _read(deployed()["systemd/compose-work.service"])["Service"]
    policy = RetryPolicy()
    assert int(service["TimeoutStopSec"]) >= (policy.drain + policy.database_wait).total_seconds() + LAST_MAIL + 10
    assert (service["Type"], service["Restart"]) == ("notify", "on-failure")


def test_work_writes_only_where_the_unit_allows_it(kind: Workspace) -> None:
    """Each folder of its command is inside a folder that may be written; the archive is only there with an address."""
    service = _read(deployed(kind)["systemd/compose-work.service"])["Service"]
    words = shlex.split(service["ExecStart"])
    options = dict(zip(words[2::2], words[3::2], strict=True))
    assert ("--publish" in options) is (read_newsletter(kind).archive.url is not None)
    assert {"--backups", "--keys"} == set(options) - {"--publish"}
    allowed = service["ReadWritePaths"].split()
    assert all(any(PurePosixPath(each).is_relative_to(place) for place in allowed) for each in options.values())


def test_the_port_for_monitoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit serves figures only if a port was named, which cannot be that of the pages; the program takes the line."""
    assert "--metrics-port" not in deployed()["systemd/compose-work.service"]
    monkeypatch.chdir(sample(tmp_path).root)
    assert run(["deploy", "files", "--folder", str(FOLDER), "--metrics-port", "8800"]) == 2
    assert run(["deploy", "files", "--folder", str(FOLDER), "--metrics-port", "9108"]) == 0
    unit = _read((tmp_path / "files" / "systemd" / "compose-work.service").read_text(encoding="utf-8"))
    words = shlex.split(unit["Service"]["ExecStart"])[1:]
    assert words[-2:] == ["--metrics-port", "9108"]
    _takes(words)


def test_the_dns_records(tmp_path: Path) -> None:
    """With a mail server and keys of one's own: SPF, DKIM, DMARC; what is unknown is a comment in the zone file."""
    (tmp_path / "news").mkdir()
    workspace = with_bounces(tmp_path / "news", "  smtp:\n    host: mail.example.org\n")
    environment = Environment(environment={}, folder=tmp_path / "config")
    make_dkim_keys(read_newsletter(workspace), environment)
    write_server_files(workspace, environment, place_elsewhere(FOLDER), tmp_path / "files")
    text = (tmp_path / "files" / "dns.zone").read_text(encoding="utf-8")
    zone = dns.zone.from_text(text, origin="example.org.", check_origin=False)
    nodes: dict[dns.name.Name, dns.node.Node] = dict(zone.nodes)
    kinds = {(str(name), each.rdtype.name) for name, node in nodes.items() for each in node}
    names = {"news", "bounces", "_dmarc.news", "compose-rsa._domainkey.news", "compose-ed._domainkey.news"}
    assert kinds == {(name, "TXT") for name in names}
    blocks = (tmp_path / "files" / "dns.txt").read_text(encoding="utf-8")
    assert "    name   news.example.org\n    type   TXT\n    value  v=spf1 a:mail.example.org -all\n" in blocks
    assert blocks.count("Replace the part in angle brackets:") == 4
    assert "PRIVATE" not in text + blocks


def test_files_are_kept(tmp_path: Path) -> None:
    """A file that differs stays, unless the caller wants to replace it; the one for secrets always stays, and is private."""
    (tmp_path / "news").mkdir()
    workspace, folder = sample(tmp_path / "news"), tmp_path / "files"
    environment = Environment(environment={}, folder=tmp_path / "config")

    def write(*, replaces: bool = False) -> Mapping[str, FileResult]:
        return write_server_files(workspace, environment, place_elsewhere(FOLDER), folder, replaces=replaces).files

    assert set(write().values()) == {FileResult.WRITTEN}
    assert set(write().values()) == {FileResult.UNCHANGED}
    secrets, unit = folder / "newsletter.env", folder / "systemd" / "compose-work.service"
    assert secrets.stat().st_mode & 0o077 == 0
    for path in (secrets, unit):
        path.write_text("mine", encoding="utf-8")
    kept = write()
    assert {name for name, result in kept.items() if result is FileResult.KEPT} == {
        "newsletter.env",
        "systemd/compose-work.service",
    }
    replaced = write(replaces=True)
    assert replaced["systemd/compose-work.service"] is FileResult.REPLACED
    assert secrets.read_text(encoding="utf-8") == "mine" and unit.read_text(encoding="utf-8") != "mine"


def test_the_place_on_this_computer(tmp_path: Path) -> None:
    """A folder in a home folder is not hidden; a path with a space, and a name that is not valid, are refused."""
    place = place_elsewhere(PurePosixPath("/home/anna/briefing"))
    assert place.is_in_home and not place_elsewhere(FOLDER).is_in_home
    for wrong in (
        replace(place, folder=PurePosixPath("/srv/my news")),
        replace(place, unit="My News"),
        replace(place, folder=PurePosixPath("news")),
    ):
        with pytest.raises(UsageError):
            check_place(wrong)
    assert str(place_elsewhere(PurePosixPath("/news")).backups) == "/news/backups"
    here = place_here(tmp_path)
    assert str(here.folder) == str(tmp_path) and here.program.name == "compose"


def test_two_newsletters_on_one_computer(tmp_path: Path) -> None:
    """Units of another newsletter with the same names are noticed; with another name, all folders differ, too."""
    units = tmp_path / "units"
    units.mkdir()
    first, second = place_elsewhere(FOLDER), place_elsewhere(FOLDER.with_name("economy"))
    check_names(second, units)
    (units / "compose-work.service").write_text(deployed()["systemd/compose-work.service"], encoding="utf-8")
    check_names(first, units)
    with pytest.raises(UsageError):
        check_names(second, units)
    other: ServerPlace = replace(second, unit="economy")
    check_names(other, units)
    assert {first.backups, first.key_backups, first.environment_file}.isdisjoint(
        {other.backups, other.key_backups, other.environment_file}
    )


@pytest.mark.parametrize("kind", ["archive in the pages", "archive elsewhere"], indirect=True)
def test_the_archive_gets_to_where_it_is_served(kind: Workspace) -> None:
    """The service writes it; the pages serve this folder, or the next steps say how to copy it to the web server."""
    files, folder = deployed(kind), f"{FOLDER}/public"
    assert f"compose work --publish {folder} " in files["systemd/compose-work.service"]
    if "archive.example.org" in files["caddy/Caddyfile"]:
        assert f"{folder}/ /var/www/archive.example.org/briefing/\n" in files["next-steps.txt"]
    else:
        assert f"compose serve --archive {folder}\n" in files["systemd/compose-serve.service"]


def test_a_name_with_a_percent_sign(tmp_path: Path) -> None:
    """It is escaped in units, where % has a meaning, and only there."""
    workspace = with_bounces(tmp_path)
    path = workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8").replace("name: China Briefing", 'name: "100 % China"', 1)
    path.write_text(text, encoding="utf-8")
    files = deployed(workspace)
    assert "Description=100 %% China: " in files["systemd/compose-work.service"]
    assert "records of 100 % China," in files["dns.txt"]


def test_one_address_for_two_sites(tmp_path: Path) -> None:
    """Pages and archive at the same address are refused."""
    workspace = with_bounces(tmp_path)
    path = workspace.root / "newsletter.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + "archive:\n  url: https://news.example.org/n/\n", encoding="utf-8"
    )
    with pytest.raises(UsageError):
        deployed(workspace)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists the files, and prints the next steps with the newsletter's own names; a second time, nothing changes."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "news").mkdir()
    monkeypatch.chdir(sample(tmp_path / "news").root)
    assert run(["deploy", "files", "--folder", str(FOLDER), "--name", "economy", "--port", "8801"]) == 0
    said = capsys.readouterr()
    assert "written        files/systemd/economy-serve.socket\n" in said.out
    assert "systemctl enable --now economy-serve.socket economy-serve.service economy-work.service\n" in said.err
    assert "certbot --nginx -d news.example.org\n\n   Or Caddy" in said.err
    assert run(["deploy", "files", "--folder", str(FOLDER), "--name", "economy"]) == 0
    said = capsys.readouterr()
    assert "DIFFERS, kept  files/nginx/economy-upstream.conf\n" in said.out and "--force" in said.err
    assert run(["deploy", "files", "--name", "My News"]) == 2


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
