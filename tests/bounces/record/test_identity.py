"""A returned message is about an address: its current owner counts, under whichever id the message was sent."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select, update

from composer.audience.bounce_history import of_subscriber
from composer.audience.changes import change_address
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.subscribers import Status, Subscriber, find, get
from composer.audience.suppression import Reason, suppression_of
from composer.bounces.parse.classifier import classify
from composer.bounces.record.bounce_policy import BounceEffect
from composer.bounces.record.recorder import Recorded, record
from composer.core.addresses import parse_address
from composer.database.engine import Database
from composer.database.tables.bounce_tables import returned
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.delivery.core.retry_policy import RefusalCategory
from composer.delivery.selection.freeze import freeze
from composer.delivery.worker.auto_suppression import suppress_hard_bounces
from tests.audience.list_factory import take, written
from tests.audience.people import LATER, NOW, join
from tests.bounces.news import TOKENS, complaint, message_header, report, verp
from tests.delivery.factories import draft


def mail(connection: Connection, issue: str) -> int:
    """Send an issue to everybody; return the mailing's public id."""
    mailing = freeze(connection, draft(issue), NOW)
    connection.execute(update(deliveries).where(deliveries.c.state == "pending").values(state="accepted"))
    connection.execute(update(mailings).values(ended=NOW))
    return mailing.public_id


def came(connection: Connection, data: bytes, days: int = 0) -> Recorded:
    number = connection.scalar(select(func.count()).select_from(returned))
    now = LATER + timedelta(days=days)
    return record(connection, [(f"message {number}", classify(data))], TOKENS, source="file", now=now)[0]


def here(connection: Connection, address: str) -> Subscriber:
    return get(connection, address)


def test_a_bounce_of_an_earlier_id_is_about_the_same_person(database: Database, tmp_path: Path) -> None:
    """Sent, undone, imported again: a bounce of the first message suppresses, and `who` shows it."""
    people = written(tmp_path, "email\nann@reader.example\nbo@reader.example\n")
    take(database, people, consent="form")
    with database.write() as connection:
        ann, bo = here(connection, "ann@reader.example"), here(connection, "bo@reader.example")
        public = mail(connection, "one")
        undo_import(connection, last_import(connection).number, LATER)
    take(database, people, consent="form")
    with database.write() as connection:
        assert came(connection, report(verp(ann.id, public), "ann@reader.example")).effect is BounceEffect.SUPPRESSED
        assert came(connection, complaint(message_header(bo.id, public))).effect is BounceEffect.SUPPRESSED
        new = here(connection, "ann@reader.example")
        assert new.id != ann.id and new.status is Status.BOUNCED
        assert here(connection, "bo@reader.example").status is Status.COMPLAINED
        assert [(each.bounce, each.mailing_id) for each in of_subscriber(connection, new.id)] == [("hard", 1)]


def test_a_bounce_of_an_address_without_an_owner(database: Database, tmp_path: Path) -> None:
    """The hash is suppressed, without the address: the next import excludes it with the reason."""
    people = written(tmp_path, "email\nann@reader.example\n")
    take(database, people, consent="form")
    with database.write() as connection:
        ann = here(connection, "ann@reader.example")
        public = mail(connection, "one")
        undo_import(connection, last_import(connection).number, LATER)
        recorded = came(connection, report(verp(ann.id, public), "ann@reader.example"))
        assert (recorded.effect, recorded.finding.recipient) == (BounceEffect.SUPPRESSED, "")
        line = suppression_of(connection, "ann@reader.example")
        assert line is not None and (line.reason, line.normal) == (Reason.BOUNCED, "")
    done = take(database, people, consent="form")
    assert [each.reason for each in done.left] == ["the address does not accept mail"]


def test_a_bounce_of_a_former_address_keeps_the_new_one(database: Database) -> None:
    """The person has another address by now; the current owner of the failed address is suppressed."""
    with database.write() as connection:
        ann = join(connection, "ann@reader.example")
        public = mail(connection, "one")
        change_address(connection, ann.id, parse_address("ann@new.example"), source="test", now=LATER)
        bo = join(connection, "ann@reader.example")
        assert came(connection, report(verp(ann.id, public), "ann@reader.example")).effect is BounceEffect.SUPPRESSED
        assert here(connection, "ann@new.example").status is Status.ACTIVE
        assert here(connection, "ann@reader.example").status is Status.BOUNCED
        assert find(connection, "ann@reader.example") is not None and bo.id != ann.id
        # A rejection in the mail session has the same effect.
        second = freeze(connection, draft("two"), NOW)
        change_address(connection, ann.id, parse_address("ann@third.example"), source="test", now=LATER)
        suppress_hard_bounces(second.id)(connection, ann.id, RefusalCategory.GONE, "550 5.1.1 no such user", LATER)
        assert here(connection, "ann@third.example").status is Status.ACTIVE
        assert suppression_of(connection, "ann@new.example") is not None


def test_a_bad_domain_counts_for_its_address(database: Database) -> None:
    """A bad domain of the former address does not count for the new one; that of an earlier id at this address does."""
    with database.write() as connection:
        ann = join(connection, "ann@gone.example")
        first = mail(connection, "one")
        bad = {"status": "5.1.2", "diagnostic": "smtp; Host not found"}
        assert came(connection, report(verp(ann.id, first), "ann@gone.example", **bad)).effect is BounceEffect.COUNTED  # type: ignore[arg-type]
        change_address(connection, ann.id, parse_address("ann@new.example"), source="test", now=LATER)
        second = mail(connection, "two")
        moved = report(verp(ann.id, second), "ann@new.example", **bad)  # type: ignore[arg-type]
        assert came(connection, moved, days=1).effect is BounceEffect.COUNTED
        other = join(connection, "ann@gone.example")
        third = mail(connection, "three")
        again = report(verp(other.id, third), "ann@gone.example", **bad)  # type: ignore[arg-type]
        assert came(connection, again, days=2).effect is BounceEffect.SUPPRESSED
        assert here(connection, "ann@new.example").status is Status.ACTIVE
