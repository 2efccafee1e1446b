"""Returned mail is read, held and decided by functions, which return the effects."""

from io import BytesIO
from pathlib import Path

import pytest

from composer.app.context import MailingContext
from composer.app.people.bounce_decisions import decide_holds, held_bounces_of, undo_bounces
from composer.app.people.bounce_explanation import explain
from composer.app.people.bounce_intake import ingest_files, ingest_pipe
from composer.audience.bounce_holds import HoldDecision
from composer.audience.subscribers import AudienceError, Status
from composer.bounces.parse.vocabulary import ReturnedKind
from composer.bounces.record.bounce_policy import BounceEffect
from composer.core.environment import SettingsError
from tests.audience.people import NOW, everybody, join
from tests.bounces.news import report, verp


def _people(context: MailingContext, count: int) -> list[int]:
    with context.database.write() as connection:
        return [join(connection, f"r{number}@reader.example").id for number in range(count)]


def _statuses(context: MailingContext) -> list[Status]:
    with context.database.read() as connection:
        found = everybody(connection)
    return [found[f"r{number}@reader.example"] for number in range(len(found))]


def test_a_folder_that_is_read_twice_is_recorded_once(context: MailingContext, tmp_path: Path) -> None:
    """A bounce to a subscriber suppresses them; when read again, it is known and has no effect."""
    (first,) = _people(context, 1)
    (tmp_path / "1.eml").write_bytes(report(verp(first, 7), "r0@reader.example"))
    (tmp_path / "2.eml").write_bytes(report("somebody@news.example.org", "who@reader.example", number=2))
    told: list[int] = []
    done = ingest_files(context, [tmp_path / "1.eml", tmp_path / "2.eml"], clock=lambda: NOW, tell=told.append)
    assert dict(done.summary.kinds) == {ReturnedKind.BOUNCE: 2}
    assert dict(done.summary.effects) == {BounceEffect.SUPPRESSED: 1, BounceEffect.UNPROVEN: 1}
    assert (done.held, told, _statuses(context)) == ((), [1, 1], [Status.BOUNCED])
    again = ingest_files(context, [tmp_path / "1.eml"], clock=lambda: NOW).summary
    assert (again.new, again.known) == (0, 1)
    assert undo_bounces(context, ["r0@reader.example"], "anna", NOW) == {"r0@reader.example": Status.ACTIVE}
    with pytest.raises(AudienceError):
        undo_bounces(context, ["r0@reader.example"], "anna", NOW)


def test_messages_for_a_person_from_a_pipe_are_kept(context: MailingContext) -> None:
    """A message that is not understood is kept in the outbox, byte for byte; an ordinary bounce is not."""
    (first,) = _people(context, 1)
    odd = b"From: x@y.example\n\nhello\n"
    done = ingest_pipe(context, BytesIO(odd), lambda: NOW)
    assert dict(done.summary.effects) == {BounceEffect.KEPT: 1}
    folder = context.workspace.root / "outbox" / "bounces"
    assert [path.read_bytes() for path in folder.iterdir()] == [odd]
    done = ingest_pipe(context, BytesIO(report(verp(first, 7), "r0@reader.example")), lambda: NOW)
    assert done.summary.new == 1
    assert len(list(folder.iterdir())) == 1


def test_too_many_bounces_alike_wait_for_a_decision(context: MailingContext, tmp_path: Path) -> None:
    """Twelve bounces of one mailing are held twice, by text and by provider; each hold is decided once."""
    for number, each in enumerate(_people(context, 12)):
        (tmp_path / f"{number}.eml").write_bytes(report(verp(each, 7), f"r{number}@reader.example", number=number))
    done = ingest_files(context, [tmp_path], clock=lambda: NOW)
    assert [(each.id, each.kind, each.count) for each in done.held] == [(1, "text", 12), (2, "provider", 12)]
    assert held_bounces_of(context) == done.held
    assert set(_statuses(context)) == {Status.ACTIVE}
    with pytest.raises(AudienceError):
        decide_holds(context, [1, 99], HoldDecision.DISCARDED, "anna", NOW)
    assert held_bounces_of(context) == done.held
    released = decide_holds(context, [1], HoldDecision.RELEASED, "anna", NOW)
    assert (released.counts, [each.id for each in released.left]) == ({1: 0}, [2])
    decided = decide_holds(context, [2], HoldDecision.DISCARDED, "anna", NOW)
    assert (decided.counts, decided.left) == ({2: 12}, ())
    assert set(_statuses(context)) == {Status.BOUNCED}


def test_messages_are_explained_without_a_newsletter(tmp_path: Path) -> None:
    """Name and kind of each message of a folder are returned; no database is opened."""
    (tmp_path / "1.eml").write_bytes(report("somebody@news.example.org", "who@reader.example"))
    ((name, kind, recipients),) = (
        (each.name, each.returned.kind, [finding.recipient for finding in each.returned.findings])
        for each in explain(tmp_path)
    )
    assert (Path(name).name, kind, recipients) == ("1.eml", ReturnedKind.BOUNCE, ["who@reader.example"])


def test_a_mailbox_that_is_not_set_up_is_an_error(context: MailingContext, tmp_path: Path) -> None:
    """It stops the reading; the files before it are recorded."""
    (first,) = _people(context, 1)
    (tmp_path / "1.eml").write_bytes(report(verp(first, 7), "r0@reader.example"))
    with pytest.raises(SettingsError):
        ingest_files(context, [tmp_path / "1.eml"], by_imap=True, clock=lambda: NOW)
    assert _statuses(context) == [Status.BOUNCED]
