"""A mailbox on a real server (Dovecot): read, recorded, moved; nothing is lost or counted twice."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from composer.audience.changes import add_subscriber
from composer.audience.suppression import suppression_of
from composer.bounces.intake.imap import ConnectionLostError, ImapMailbox, MailboxError
from composer.bounces.intake.ingest import IngestSummary, ingest
from composer.bounces.intake.message_files import Raw
from composer.bounces.record.bounce_settings import MailboxAccount
from composer.bounces.record.recorder import Recorded
from composer.core.addresses import Address
from composer.database.engine import Database
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.database.tables.bounce_tables import returned
from composer.transport.server_settings import MailServer, Secret, Security
from tests.bounces.intake import dovecot
from tests.bounces.intake.dovecot import PASSWORD, Dovecot, cut
from tests.bounces.news import TOKENS, report, verp
from tests.bounces.samples import FOLDER

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)
pytestmark = [
    pytest.mark.skipif(not dovecot.is_there() and not os.environ.get("CI"), reason="needs Dovecot"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    with dovecot.dovecot() as running:
        yield running


@pytest.fixture
def server(running: Dovecot) -> Dovecot:
    running.clear()
    return running


@pytest.fixture
def news(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path / "news.db"
    path.write_bytes(sqlite_template.read_bytes())
    with open_database(Location(path=path)) as opened:
        yield opened


def fill(server: Dovecot, news: Database, count: int) -> None:
    """Deliver returned messages from this many subscribers, and one that cannot be understood."""
    for number in range(count):
        address = f"reader{number}@reader.example"
        with news.write() as connection:
            subscriber = add_subscriber(connection, Address(address=address), {}, source="t", now=NOW, consent="yes")
        server.put(number, report(verp(subscriber.id, 7), address, number=number))
    server.put(count, (FOLDER / "person-writes.eml").read_bytes())


def take_in(
    server: Dovecot, news: Database, port: int | None = None, security: Security = Security.TLS
) -> IngestSummary:
    mailbox = ImapMailbox.open(server.account(port=port, security=security))
    try:
        return ingest(news, TOKENS, mailbox, now=lambda: NOW)
    finally:
        mailbox.close()


def _lost(server: Dovecot, news: Database, port: int) -> MailboxError | None:
    try:
        take_in(server, news, port=port)
    except MailboxError as error:
        return error
    return None


def suppressed(news: Database, count: int) -> bool:
    """Return whether each of them is suppressed: with so many bounces of one mailing they are on hold, not bounced yet."""
    with news.read() as connection:
        return all(suppression_of(connection, f"reader{number}@reader.example") for number in range(count))


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_mailbox_is_read_and_emptied(server: Dovecot, news: Database, security: Security) -> None:
    """Understood messages are in one folder, the others in another folder, unchanged; a second run finds nothing."""
    fill(server, news, 25)
    before = sorted(server.folder())
    summary = take_in(server, news, security=security)
    assert (summary.new, summary.known, summary.effects.total()) == (26, 0, 26)
    assert suppressed(news, 25)
    assert server.folder() == []
    assert sorted(server.folder("compose-read") + server.folder("compose-kept")) == before
    assert server.folder("compose-kept") == [(FOLDER / "person-writes.eml").read_bytes()]
    assert take_in(server, news, security=security).new == 0


def test_a_mailbox_read_twice_counts_once(server: Dovecot, news: Database) -> None:
    """Messages that were moved back into the inbox are recognised, and moved away again."""
    fill(server, news, 12)
    take_in(server, news)
    kept = server.home / "mail" / ".compose-read" / "cur"
    for path in list(kept.iterdir()) or list((kept.parent / "new").iterdir()):
        path.rename(server.home / "mail" / "new" / path.name.partition(":")[0])
    summary = take_in(server, news)
    assert (summary.new, summary.known) == (0, 12)
    assert server.folder() == []


@pytest.mark.parametrize("after", [200, 3000, 9000, 26_500, 34_500])
def test_a_lost_connection_loses_nothing(server: Dovecot, news: Database, after: int) -> None:
    """Cut after any number of bytes and run again: each message is there once, in its folder."""
    fill(server, news, 45)
    with cut(server, after) as port:
        lost = _lost(server, news, port)
    assert lost is None or (
        isinstance(lost, ConnectionLostError) and lost.exit_code == 75 and "run it again" in lost.hint
    )
    summary = take_in(server, news)
    with news.read() as connection:
        assert connection.scalar(select(func.count()).select_from(returned)) == 46
    assert summary.new + summary.known <= 46
    assert suppressed(news, 45)
    assert server.folder() == []
    assert len(server.folder("compose-read")) == 45
    assert len(server.folder("compose-kept")) == 1


class _Torn(ImapMailbox):
    """A mailbox whose connection breaks when everything is recorded and nothing is moved."""

    def release(self, done: Sequence[tuple[Raw, Recorded]]) -> None:
        self._connection.shutdown()
        super().release(done)


def test_a_connection_lost_before_the_move(server: Dovecot, news: Database) -> None:
    """Everything is recorded and still in the inbox; the next run recognises, counts none again, and moves them."""
    fill(server, news, 12)
    with pytest.raises(ConnectionLostError):
        ingest(news, TOKENS, _Torn.open(server.account()), now=lambda: NOW)
    assert len(server.folder()) == 13
    summary = take_in(server, news)
    assert (summary.new, summary.known) == (0, 13)
    assert suppressed(news, 12)
    assert (len(server.folder()), len(server.folder("compose-read"))) == (0, 12)


def test_without_move_messages_are_copied_and_marked(news: Database) -> None:
    """Without MOVE and UIDPLUS messages are copied, and the originals are marked and not read again."""
    more = "protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR\n}\n"
    with dovecot.dovecot(more) as server:
        fill(server, news, 3)
        assert take_in(server, news).new == 4
        assert len(server.folder("compose-read")) == 3
        assert take_in(server, news).known == 0


def test_a_message_of_50_mb_is_read_in_part(server: Dovecot, news: Database) -> None:
    """The first megabyte is fetched and understood; the whole message is moved."""
    data = (FOLDER / "person-writes.eml").read_bytes() + b"x" * 76 * 1000
    big = data + b"\n".join([b"y" * 76] * (50 * 1024 * 1024 // 77))
    server.put(1, big)
    assert take_in(server, news).new == 1
    assert [len(each) for each in server.folder("compose-kept")] == [len(big)]


def test_a_wrong_password_is_reported_without_showing_it(server: Dovecot) -> None:
    """A rejected sign-in shows the server's answer, and never the password."""
    with pytest.raises(MailboxError, match="rejected the sign-in of") as stop:
        ImapMailbox.open(server.account(password="wrong-secret"))
    assert "wrong-secret" not in f"{stop.value} {stop.value.hint}"
    assert PASSWORD not in repr(server.account())


def test_a_wrong_certificate_is_rejected(server: Dovecot) -> None:
    """Nothing is sent to a server whose certificate does not fit."""
    stranger = MailServer(
        host="127.0.0.1", port=server.tls_port, security=Security.TLS, username="a", secret=Secret("b")
    )
    with pytest.raises(MailboxError, match="cannot be secured"):
        ImapMailbox.open(MailboxAccount(server=stranger))


def test_a_missing_server_is_reported() -> None:
    """If no server listens on the port, the error says that it cannot connect."""
    nobody = MailServer(host="127.0.0.1", port=1, security=Security.TLS, username="a", secret=Secret("b"))
    with pytest.raises(ConnectionLostError, match="cannot connect to"):
        ImapMailbox.open(MailboxAccount(server=nobody))
