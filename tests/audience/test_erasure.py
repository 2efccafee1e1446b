"""Erasure: what the receipt says, which other tables forget the person, and what stays of others."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, update

from composer.audience.changes import change_address, sign_up
from composer.audience.erasure import erase, former_addresses
from composer.audience.subscribers import AudienceError, find, get
from composer.audience.suppression import (
    Reason,
    lift,
    listed,
    make_erasure_key,
    suppress,
    suppress_hash,
    suppression_of,
)
from composer.audience.suppression import hashed as hash_of
from composer.core.addresses import parse_address
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import consents, erasures, subscriber_changes, subscribers, tombstones
from tests.audience.list_factory import take, written
from tests.audience.people import LATER, NOW, join

ANN = "ann@example.org"
HASH_STAYS = "a hash of the address, on the suppression list, so that no import adds it again"
HERSELF = "the address, the name and the other details"


def move(connection: Connection, old: str, new: str) -> None:
    change_address(connection, get(connection, old).id, parse_address(new), source="by hand", now=LATER)


def test_the_receipt_of_a_subscriber(database: Database) -> None:
    """The receipt names the data, the history, the consent, the suppression entry and earlier addresses."""
    asked: list[tuple[int | None, str]] = []

    def forget(_: Connection, subscriber_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        asked.append((subscriber_id, normal))
        return (f"went {len(asked)}",), (f"stays {len(asked)}",)

    with database.write() as connection:
        ann = join(connection, ANN)
        receipt = erase(connection, parse_address("Ann@Example.ORG"), LATER, [forget])
        assert receipt.went == (HERSELF, "the history (1 entry)", "the record of consent", "went 1")
        assert receipt.stays == (HASH_STAYS, "stays 1")
        assert (receipt.number, receipt.at, asked) == (1, LATER, [(ann.id, ANN)])
        assert connection.scalars(select(consents.c.id)).all() == []
        # The pages behind her links must be correct, even without mail on record.
        assert connection.scalars(select(tombstones.c.subscriber_id)).all() == [ann.id]

        asked.clear()
        suppress(connection, "other@example.org", Reason.BOUNCED, "mail", NOW)
        bob = join(connection, "bob@example.org")
        for old, new in (("bob", "bo"), ("bo", "robert")):
            move(connection, f"{old}@example.org", f"{new}@example.org")
        suppress(connection, "bo@example.org", Reason.BOUNCED, "mail", NOW)
        suppress(connection, "robert@example.org", Reason.UNSUBSCRIBED, "link", NOW)
        others = [each for each in listed(connection) if each.normal == "other@example.org"]
        receipt = erase(connection, parse_address("robert@example.org"), LATER, [forget])
        assert receipt.went == (
            HERSELF,
            "the history (4 entries)",
            "the record of consent",
            "the address on the suppression list (since 2025-01-30)",
            "went 1",
            "the data about 2 earlier addresses",
        )
        assert [each for each in listed(connection) if each.normal] == others
        assert asked == [(bob.id, "robert@example.org"), (None, "bob@example.org"), (None, "bo@example.org")]
        lift(connection, "other@example.org")
        assert [(each.normal, each.reason, each.source, each.since) for each in listed(connection)] == [
            ("", Reason.ERASED, "erase", LATER)
        ] * 4
        hashes = connection.scalars(select(erasures.c.hash).order_by(erasures.c.id)).all()
        key = make_erasure_key(connection)
        assert hashes == [hash_of(key, ANN), hash_of(key, "robert@example.org")]


def test_an_earlier_address_of_somebody_else_stays(database: Database) -> None:
    """An earlier address that somebody else has is not erased with the person."""
    with database.write() as connection:
        ann = join(connection, ANN)
        for old, new in ((ANN, "then@example.org"), ("then@example.org", "new@example.org")):
            move(connection, old, new)
        # In their order, although PostgreSQL returns a changed row after the others.
        connection.execute(
            update(subscriber_changes).where(subscriber_changes.c.before == ANN).values(source="changed")
        )
        assert former_addresses(connection, ann.id) == (ANN, "then@example.org")
        connection.execute(delete(subscriber_changes).where(subscriber_changes.c.before == "then@example.org"))
        other = join(connection, ANN)
        assert former_addresses(connection, ann.id) == former_addresses(connection, other.id) == ()
        receipt = erase(connection, parse_address("new@example.org"), LATER)
        assert not any("earlier" in each for each in receipt.went)
        assert suppression_of(connection, ANN) is None
        move(connection, ANN, "ann2@example.org")
        receipt = erase(connection, parse_address("ann2@example.org"), LATER)
        assert receipt.went[-1] == "the data about 1 earlier address"


def test_consent_of_a_whole_list_stays(database: Database, tmp_path: Path) -> None:
    """The consent of a whole list stays, and only the link to it is deleted, even with the last person."""
    take(database, written(tmp_path, "email\nann@example.org\nbob@example.org\n"), consent="form")
    with database.write() as connection:
        for address in (ANN, "bob@example.org"):
            receipt = erase(connection, parse_address(address), LATER)
            assert receipt.went == (HERSELF, "the link to the record of consent")
        assert len(connection.scalars(select(consents.c.id)).all()) == 1
        # Somebody else agreed with the same record: that stays too.
        first, second = join(connection, "a@example.net"), join(connection, "b@example.net")
        shared = connection.scalar(select(subscribers.c.consent_id).where(subscribers.c.id == first.id))
        connection.execute(update(subscribers).where(subscribers.c.id == second.id).values(consent_id=shared))
        assert "the link to the record of consent" in erase(connection, parse_address("b@example.net"), LATER).went
        assert "the record of consent" in erase(connection, parse_address("a@example.net"), LATER).went


def test_data_of_other_people_stays(database: Database) -> None:
    """Other people's consents and earlier addresses stay."""
    with database.write() as connection:
        for name in ("first", "ann", "last"):
            join(connection, f"{name}@example.org", consent=f"form of {name}")
            move(connection, f"{name}@example.org", f"new-{name}@example.org")
        receipt = erase(connection, parse_address("new-ann@example.org"), LATER)
        assert "the record of consent" in receipt.went and "the data about 1 earlier address" in receipt.went
        found = connection.scalars(select(consents.c.evidence).order_by(consents.c.id)).all()
        assert found == ["form of first", "form of last"]
        key = make_erasure_key(connection)
        assert {each.hash for each in listed(connection)} == {hash_of(key, ANN), hash_of(key, "new-ann@example.org")}
        kept = connection.execute(select(erasures)).mappings().one()
        assert (kept["at"], json.loads(kept["receipt"])) == (
            LATER,
            {"went": list(receipt.went), "stays": list(receipt.stays)},
        )
        with pytest.raises(AudienceError) as stop:
            erase(connection, parse_address("nobody@example.org"), LATER)
        assert stop.value.hint == "list similar addresses: compose who nobody@example.org"


def test_an_address_that_is_only_on_the_suppression_list(database: Database) -> None:
    """An address on the suppression list is replaced by its hash; an erased address has no more data."""
    asked: list[tuple[int | None, str]] = []

    def forget(_: Connection, subscriber_id: int | None, normal: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        asked.append((subscriber_id, normal))
        return (), ()

    with database.write() as connection:
        suppress(connection, ANN, Reason.BOUNCED, "mail", NOW)
        receipt = erase(connection, parse_address(ANN), LATER, [forget])
        assert (receipt.went, asked) == (
            ("the address on the suppression list (since 2025-01-30)",),
            [(None, ANN)],
        )
        assert [(each.normal, each.reason) for each in listed(connection)] == [("", Reason.ERASED)]
        with pytest.raises(AudienceError, match="was erased on"):
            erase(connection, parse_address(ANN), LATER)
        # Removed, then unsubscribed by an old link: only a hash is stored, for another reason.
        mark = hash_of(make_erasure_key(connection), "bob@example.org")
        suppress_hash(connection, mark, Reason.UNSUBSCRIBED, "link", NOW)
        assert erase(connection, parse_address("bob@example.org"), LATER).went == ()
        found = suppression_of(connection, "bob@example.org")
        assert found is not None and (found.hash, found.reason) == (mark, Reason.ERASED)
        with pytest.raises(AudienceError, match="no data is stored about"):
            erase(connection, parse_address("nobody@example.org"), LATER)


def test_an_erased_person_can_be_erased_again(database: Database) -> None:
    """A person can be erased again before they confirm, while the first hash is still on the list."""
    with database.write() as connection:
        join(connection, ANN)
        erase(connection, parse_address(ANN), NOW)
        sign_up(connection, parse_address(ANN), {}, source="form", now=LATER)
        receipt = erase(connection, parse_address(ANN), LATER)
        assert receipt.went[0] == HERSELF
        assert [(each.normal, each.reason) for each in listed(connection)] == [("", Reason.ERASED)]
        assert find(connection, ANN) is None
