"""Where the server, its secret and the keys come from; no secret is ever shown."""

import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.environment import Environment, SettingsError
from composer.core.errors import ComposeError, ContentError
from composer.core.workspace import Workspace
from composer.delivery.config.delivery_settings import settings_of
from composer.delivery.config.resolve import (
    hosts_of,
    routes_of,
    servers_of,
    signing_host,
    signing_of,
    transport_name,
)
from composer.transport.server_settings import MailServer, Security
from tests.factories import LETTER, sample_message

SECRET = "Geheim-秘密-5ecret"
SMTP = "delivery:\n  smtp:\n    host: smtp.example.org\n    username: briefing\n"


def _newsletter(folder: Path, more: str) -> tuple[Newsletter, Workspace]:
    workspace = sample_message(folder, newsletter=LETTER + more)
    return read_newsletter(workspace), workspace


def _around(folder: Path, **environment: str) -> Environment:
    return Environment(environment=environment, folder=folder / "config")


def _server(folder: Path, more: str = SMTP, **environment: str) -> MailServer:
    newsletter, workspace = _newsletter(folder, more)
    [(_, server)] = servers_of(newsletter, workspace, _around(folder, **environment))
    return server


def test_without_a_server_nothing_is_sent(tmp_path: Path) -> None:
    """The outbox is the transport unless a server is named or newsletter.yaml sets one."""
    newsletter, workspace = _newsletter(tmp_path, "")
    assert transport_name(newsletter, _around(tmp_path)) == "outbox"
    assert transport_name(newsletter, _around(tmp_path, COMPOSE_SMTP_URL="smtp://localhost")) == "smtp"
    with pytest.raises(SettingsError, match="no mail server"):
        servers_of(newsletter, workspace, _around(tmp_path))
    assert transport_name(_newsletter(tmp_path, SMTP)[0], _around(tmp_path)) == "smtp"
    assert transport_name(_newsletter(tmp_path, SMTP + "  transport: outbox\n")[0], _around(tmp_path)) == "outbox"


def test_a_server_with_the_password_of_the_environment(tmp_path: Path) -> None:
    """The security decides the port; the password comes from the environment."""
    server = _server(tmp_path, COMPOSE_SMTP_PASSWORD=SECRET)
    assert (server.host, server.port, server.security) == ("smtp.example.org", 587, Security.STARTTLS)
    assert server.username == "briefing" and server.secret is not None and server.secret.reveal() == SECRET
    tls = _server(tmp_path, SMTP + "    security: tls\n", COMPOSE_SMTP_PASSWORD=SECRET)
    assert (tls.port, tls.security) == (465, Security.TLS)
    assert _server(tmp_path, SMTP + "    port: 2525\n", COMPOSE_SMTP_PASSWORD=SECRET).port == 2525


def test_a_password_can_be_bound_to_its_host(tmp_path: Path) -> None:
    """A newsletter with another host does not get the password."""
    assert _server(tmp_path, COMPOSE_SMTP_PASSWORD=SECRET, COMPOSE_SMTP_HOST="SMTP.example.org").secret
    with pytest.raises(SettingsError, match=r"is for smtp\.mine\.example") as stop:
        _server(tmp_path, COMPOSE_SMTP_PASSWORD=SECRET, COMPOSE_SMTP_HOST="smtp.mine.example")
    assert SECRET not in f"{stop.value} {stop.value.hint}"


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "username"),
    [
        ("smtps://me:p%40ss@smtp.example.org", "smtp.example.org", 465, Security.TLS, "me"),
        ("smtp+starttls://me:p%40ss@smtp.example.org:2525", "smtp.example.org", 2525, Security.STARTTLS, "me"),
        ("smtp://localhost", "localhost", 25, Security.NONE, None),
        ("smtp://[::1]:1025", "::1", 1025, Security.NONE, None),
    ],
)
def test_an_address_overrides_all(
    tmp_path: Path, url: str, host: str, port: int, security: Security, username: str | None
) -> None:
    """COMPOSE_SMTP_URL sets everything; percent signs encode characters that an address cannot contain."""
    server = _server(tmp_path, COMPOSE_SMTP_URL=url, COMPOSE_SMTP_PASSWORD="another")
    assert (server.host, server.port, server.security, server.username) == (host, port, security, username)
    if username:
        assert server.secret is not None and server.secret.reveal() == "p@ss"


@pytest.mark.parametrize(
    "url", ["smtp.example.org", "http://x:secret@y", "smtps://", "smtps://a:secret@h:99999", "smtps://h/x"]
)
def test_an_invalid_url_is_reported_without_showing_it(tmp_path: Path, url: str) -> None:
    """The error does not contain the address, which may include a password."""
    with pytest.raises(SettingsError) as stop:
        _server(tmp_path, COMPOSE_SMTP_URL=url)
    assert "secret" not in "".join(traceback.format_exception(stop.value))


def _config(folder: Path, text: str, mode: int = 0o600) -> None:
    path = folder / "config" / "smtp.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def test_a_command_in_the_users_folder_returns_the_secret(tmp_path: Path) -> None:
    """Each entry is for one host; without a shell; a token means XOAUTH2; the user name in the file wins."""
    script = tmp_path / "secret.py"
    script.write_text(f"print({SECRET!r}); print('more')", encoding="utf-8")
    _config(tmp_path, f"smtp.example.org:\n  password_command: {sys.executable} {script}\n")
    server = _server(tmp_path)
    assert server.secret is not None and server.secret.reveal() == SECRET and not server.is_token
    _config(tmp_path, f"smtp.example.org:\n  username: other\n  token_command: {sys.executable} {script}\n")
    server = _server(tmp_path)
    assert server.is_token and server.username == "other"
    _config(tmp_path, f"smtp.another.org:\n  password_command: {sys.executable} {script}\n")
    with pytest.raises(SettingsError, match=r"no password for briefing at smtp\.example\.org"):
        _server(tmp_path)


@pytest.mark.parametrize(
    ("command", "words"),
    [("/no/such/program", "cannot be run"), (f"{sys.executable} -c 'raise SystemExit(3)'", "exit code 3"),
     (f"{sys.executable} -c pass", "printed nothing"), ("echo 'unclosed", "cannot be run")],
)  # fmt: skip
def test_a_failed_command_is_reported(tmp_path: Path, command: str, words: str) -> None:
    """One sentence with the host, without the output of the command."""
    _config(tmp_path, f"smtp.example.org:\n  password_command: |-\n    {command}\n")
    with pytest.raises(SettingsError, match=words):
        _server(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
def test_a_file_that_others_can_write_is_rejected(tmp_path: Path) -> None:
    """It contains commands, which anybody who can write to it could change."""
    _config(tmp_path, "smtp.example.org:\n  password_command: echo x\n", mode=0o666)
    with pytest.raises(SettingsError, match="other users can change"):
        _server(tmp_path)


def test_a_workspace_cannot_run_a_command(tmp_path: Path) -> None:
    """password_command in newsletter.yaml is an unknown key, and nothing is run."""
    with pytest.raises(ContentError) as stop:
        _newsletter(tmp_path, SMTP + "    password_command: touch owned\n")
    assert any(problem.code == "unknown-key" for problem in stop.value.problems)
    _config(tmp_path, "smtp.example.org:\n  pasword_command: x\n")
    with pytest.raises(ContentError, match="1 problem"):
        _server(tmp_path)


def test_own_certificates_must_be_inside_the_workspace(tmp_path: Path) -> None:
    """A missing file, or one outside, is an error."""
    with pytest.raises(ComposeError, match="no file"):
        _server(tmp_path, SMTP + "    ca_file: ca.pem\n", COMPOSE_SMTP_PASSWORD="x")
    with pytest.raises(ComposeError, match="outside"):
        _server(tmp_path, SMTP + "    ca_file: ../ca.pem\n", COMPOSE_SMTP_PASSWORD="x")
    (tmp_path / "ca.pem").write_text("x")
    assert (
        _server(tmp_path, SMTP + "    ca_file: ca.pem\n", COMPOSE_SMTP_PASSWORD="x").ca_file
        == (tmp_path / "ca.pem").resolve()
    )


def test_who_signs(tmp_path: Path) -> None:
    """Nobody, the relay, or our keys; Amazon's changes are known, those of other relays are configured."""
    assert signing_of(_newsletter(tmp_path, "")[0]) is None
    relay = signing_of(_newsletter(tmp_path, "delivery:\n  dkim: relay\n")[0])
    assert relay is not None and relay.is_relayed
    ours = "delivery:\n  dkim:\n    selectors:\n      - c-rsa\n      - c-ed\n"
    signing = signing_of(_newsletter(tmp_path, ours)[0])
    assert signing is not None and (signing.domain, signing.selectors) == ("example.org", ("c-rsa", "c-ed"))
    assert signing.unsigned == frozenset()
    amazon = signing_of(_newsletter(tmp_path, ours)[0], "email-smtp.eu-west-1.amazonaws.com")
    assert amazon is not None and amazon.unsigned == {"message-id", "date"}
    said = signing_of(_newsletter(tmp_path, ours + "  relay_rewrites:\n    - date\n")[0], "smtp.example.org")
    assert said is not None and said.unsigned == {"date"}
    with pytest.raises(ContentError, match="1 problem"):
        signing_of(_newsletter(tmp_path, "delivery:\n  dkim: relais\n")[0])
    with pytest.raises(ContentError):
        _newsletter(tmp_path, "delivery:\n  dkim:\n    domain: example.org\n")


SERVERS = """delivery:
  rate: 600/min
  connections: 3
  smtp:
    - name: main
      host: a.example
      username: letters
    - name: big-list
      host: a.example
      username: others
      rate: 1/s
      daily_quota: 50
"""


def test_each_server_has_its_own_password_bucket_and_limits(tmp_path: Path) -> None:
    """By its name, so that no password goes to another server if the order changes; `main` has the usual variables."""
    newsletter, workspace = _newsletter(tmp_path, SERVERS)
    around = _around(tmp_path, COMPOSE_SMTP_PASSWORD="one", COMPOSE_SMTP_PASSWORD_BIG_LIST="two")
    settings = settings_of(newsletter)
    main, big = routes_of(newsletter, workspace, around, settings)
    secrets = [each.server.secret.reveal() for each in (main, big) if each.server.secret]
    assert secrets == ["one", "two"]
    assert (main.bucket, big.bucket) == ("a.example:587", "a.example:587/big-list")
    assert [(each.rate, each.connections, each.daily_quota) for each in (main, big)] == [(600, 3, None), (60, 3, 50)]
    forced = routes_of(newsletter, workspace, around, replace(settings, forced_rate=6.0, forced_connections=9))
    assert [(each.rate, each.connections) for each in forced] == [(6.0, 9), (6.0, 9)]


def test_a_missing_password_names_its_variable(tmp_path: Path) -> None:
    """Also if the host does not match."""
    newsletter, workspace = _newsletter(tmp_path, SERVERS)
    with pytest.raises(SettingsError) as missing:
        servers_of(newsletter, workspace, _around(tmp_path, COMPOSE_SMTP_PASSWORD="one"))
    assert "COMPOSE_SMTP_PASSWORD_BIG_LIST" in missing.value.hint
    bound = _around(tmp_path, COMPOSE_SMTP_PASSWORD="one", COMPOSE_SMTP_HOST="b.example")
    with pytest.raises(SettingsError, match=r"is for b\.example"):
        servers_of(newsletter, workspace, bound)


def test_one_address_replaces_all_servers(tmp_path: Path) -> None:
    """COMPOSE_SMTP_URL is one server without a name."""
    newsletter, workspace = _newsletter(tmp_path, SERVERS)
    around = _around(tmp_path, COMPOSE_SMTP_URL="smtp://localhost:2525")
    [route] = routes_of(newsletter, workspace, around, settings_of(newsletter))
    assert (route.name, route.bucket, route.domains) == (None, "localhost:2525", frozenset())
    assert hosts_of(newsletter, around) == ("localhost",)


def test_amazon_decides_what_is_signed() -> None:
    """It replaces headers, which then must not be signed, whichever server sends a message."""
    assert signing_host(()) == ""
    assert signing_host(("a.example", "b.example")) == "a.example"
    assert signing_host(("a.example", "email-smtp.eu-west-1.AMAZONAWS.com")) == "email-smtp.eu-west-1.AMAZONAWS.com"
