"""The other transports: files, and the server in memory for other tests. They have the same interface."""

from pathlib import Path

import pytest

from composer.core.errors import OutputError
from composer.transport.envelope import Envelope
from composer.transport.memory_transport import MemoryTransport, Played
from composer.transport.outbox_transport import FileTransport
from composer.transport.outcome import Outcome, OutcomeState, Stage
from composer.transport.protocol import Transport, TransportError
from composer.transport.smtp.smtp_transport import SmtpTransport
from tests.fake_smtp import FakeSmtp
from tests.transport.setup import ANNA, BORIS, MESSAGE, server

STRANGE = Envelope(sender="", recipient="a b@example.net")


def test_the_memory_transport_behaves_like_the_server(tmp_path: Path) -> None:
    """Accepted, canceled, an invalid address, an invalid message: both return the same."""
    said = []
    memory = MemoryTransport()
    with FakeSmtp() as office:
        ways: tuple[Transport, ...] = (SmtpTransport(server(office)), memory)
        for way in ways:
            connection = way.connect()
            taken = connection.hand_over(ANNA, MESSAGE)
            held = connection.hand_over(ANNA, MESSAGE, lambda: False)
            strange = connection.hand_over(STRANGE, MESSAGE)
            with pytest.raises(ValueError, match="a message"):
                connection.hand_over(ANNA, b"a\n")
            with pytest.raises(ZeroDivisionError):
                connection.hand_over(ANNA, MESSAGE, lambda: bool(1 / 0))
            connection.close()
            connection.close()
            said.append([(each.state, each.stage, each.scope, each.reason) for each in (taken, held, strange)])
            assert taken.queue_id is not None
    assert said[0] == said[1]
    assert len(office.taken) == len(memory.taken) == 1
    assert memory.open_connections == 0


def test_the_memory_transport_follows_a_script() -> None:
    """An UNKNOWN message is accepted or not, as scripted; a connection can fail; started messages are recorded."""
    unknown = Outcome(state=OutcomeState.UNKNOWN, stage=Stage.DOT)
    plays: dict[Envelope, Played | Outcome] = {ANNA: Played(outcome=unknown, is_taken=True), BORIS: unknown}
    memory = MemoryTransport(
        lambda envelope: plays[envelope], refusals=[None, TransportError("busy", stage=Stage.CONNECT)]
    )
    connection = memory.connect()
    with pytest.raises(TransportError, match="busy"):
        memory.connect()
    assert [connection.hand_over(each, MESSAGE).state for each in (ANNA, BORIS)] == [OutcomeState.UNKNOWN] * 2
    assert [each.envelope for each in memory.taken] == [ANNA]
    assert memory.seen == [ANNA, BORIS]
    assert (memory.connections, memory.open_connections) == (1, 1)


@pytest.mark.parametrize(
    ("recipient", "name"),
    [
        ("anna@example.net", "anna@example.net.eml"),
        ("Anna@example.net", "anna@example.net-"),
        ("../../etc/passwd@x", "_.._etc_passwd@x-"),
        ("安娜@例え.jp", "__@__.jp-"),
        ("a" * 300 + "@x.org", "a" * 200 + "-"),
        ("\x1b[31m@x.org", "__31m@x.org-"),
    ],
)
def test_files(recipient: str, name: str, tmp_path: Path) -> None:
    """One file for each recipient, in the folder for any address, with the same bytes; none if canceled."""
    folder = tmp_path / "outbox" / "tests"
    connection = FileTransport(folder).connect()
    envelope = Envelope(sender="", recipient=recipient)
    assert connection.hand_over(envelope, MESSAGE, lambda: False).state is OutcomeState.NOT_ATTEMPTED
    assert list(folder.iterdir()) == []
    outcome = connection.hand_over(envelope, MESSAGE)
    assert connection.hand_over(envelope, MESSAGE).reason == outcome.reason
    connection.close()
    (file,) = folder.iterdir()
    assert file.name == outcome.reason and file.name.startswith(name) and file.read_bytes() == MESSAGE
    assert (outcome.state, outcome.stage) == (OutcomeState.WRITTEN, Stage.FILE)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "outbox"]


def test_an_unusable_folder(tmp_path: Path) -> None:
    """A file in its place, and a deleted folder: reported in one line."""
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        FileTransport(tmp_path / "outbox").connect()
    connection = FileTransport(tmp_path / "gone").connect()
    (tmp_path / "gone").rmdir()
    with pytest.raises(OutputError, match="cannot be written"):
        connection.hand_over(ANNA, MESSAGE)
