"""What commands say and do with several mail servers. Real servers; every copy is counted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from composer.app.administration.doctor_run import diagnose
from composer.core.environment import environment
from composer.doctor.diagnosis import DiagnosisLevel
from tests.cli_harness import CliHarness, make_workspace
from tests.fake_smtp import FakeSmtp, says

ISSUE = "2031-01-30"
SERVERS = """\
delivery:
  smtp:
    - name: special
      host: 127.0.0.1
      port: {special}
      security: none
      domains:
        - special.example
    - name: main
      host: 127.0.0.1
      port: {main}
      security: none
    - name: backup
      host: 127.0.0.1
      port: {backup}
      security: none
"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def servers(room: CliHarness) -> Iterator[tuple[FakeSmtp, FakeSmtp, FakeSmtp]]:
    """A server for one domain, a main one that rejects the sender, and a backup."""
    with FakeSmtp() as special, FakeSmtp({"mail": says(b"550 5.7.1 not you\r\n")}) as main, FakeSmtp() as backup:
        ports = {"special": special.port, "main": main.port, "backup": backup.port}
        room.configure("delivery:\n", SERVERS.format(**ports))
        yield special, main, backup


def test_what_status_and_report_say_about_servers(
    room: CliHarness, servers: tuple[FakeSmtp, FakeSmtp, FakeSmtp]
) -> None:
    """Their conditions, with the answer that caused them, and what each did; as text and as JSON."""
    special, main, backup = servers
    room.add(6)
    said = room.say("send", ISSUE, "--yes", "6", "--connections", "1", "--allow", "untested=it is a test")
    assert said.code == 0, said.all
    assert (len(special.taken), len(main.taken), len(backup.taken)) == (0, 0, 6)
    whole, data = room.say("status"), json.loads(room.say("status", "--json").out)
    assert f"  main (127.0.0.1:{main.port})   rejecting the sender or every message; next attempt " in whole.out
    assert "550 5.7.1 not you" in whole.out and f"  backup (127.0.0.1:{backup.port})   up\n" in whole.out
    assert [(each["route"], each["condition"]) for each in data["servers"]] == [
        ("special", "up"),
        ("main", "rejecting"),
        ("backup", "up"),
    ]
    [one] = json.loads(room.say("status", "1", "--json").out)["mailings"]
    rerouted = one["routes"]["main"]["rerouted"]
    assert one["routes"] == {"main": {"rerouted": rerouted}, "backup": {"accepted": 6}} and rerouted >= 3
    done = f"main: {rerouted} passed on to another server"
    assert "  by         backup: 6 accepted\n" in room.say("status", "1").out
    said = room.say("report", "1")
    assert "By mail server, counting each attempt:\n  backup: 6 accepted\n" in said.out and done in said.out
    page = (room.root / "outbox/mailings/1-report/report.html").read_text(encoding="utf-8")
    assert '<td>main</td><td class="number">0</td>' in page and f'<td class="number">{rerouted}</td></tr>' in page


def test_a_single_message_goes_by_the_first_server_that_accepts_it(
    room: CliHarness, servers: tuple[FakeSmtp, FakeSmtp, FakeSmtp]
) -> None:
    """Never by one for some domains, even if the recipient is there: it may be only for a mailing's volume."""
    special, main, backup = servers
    room.configure("anna@example.org", "anna@special.example")
    assert room.say("test", ISSUE).code == 0
    assert (len(special.taken), len(main.taken), len(backup.taken)) == (0, 0, 1)
    main.script = {}
    assert room.say("test", ISSUE).code == 0
    assert (len(special.taken), len(main.taken), len(backup.taken)) == (0, 1, 1)


def test_the_doctor_looks_at_each_server(room: CliHarness, servers: tuple[FakeSmtp, FakeSmtp, FakeSmtp]) -> None:
    """By its name; one that does not answer is wrong, and the others are still looked at."""
    special, main, backup = servers
    main.end()
    found: dict[str, DiagnosisLevel] = {}
    for each in diagnose(room.workspace, environment(), datetime.now(UTC)):
        if each.subject.startswith("mail server "):
            found.setdefault(each.subject, each.health)
        if len(found) == len(servers):
            # What follows asks name servers.
            break
    assert found == {
        f"mail server special (127.0.0.1:{special.port})": DiagnosisLevel.GOOD,
        f"mail server main (127.0.0.1:{main.port})": DiagnosisLevel.BAD,
        f"mail server backup (127.0.0.1:{backup.port})": DiagnosisLevel.GOOD,
    }
