"""Erasing a person: what the receipt says, whom other tables are asked to forget, and what stays of others."""

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
    """What was known, each entry of the history, the consent, the address on the suppression list, earlier addresses."""
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
        # Whatever link she has must tell the truth, though no mail of ours is on record.
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


def test_an_earlier_address_that_somebody_else_has_stays_theirs(database: Database) -> None:
    """It is not forgotten with the one who had it before."""
    with database.write() as connection:
        ann = join(connection, ANN)
        for old, new in ((ANN, "then@example.org"), ("then@example.org", "new@example.org")):
            move(connection, old, new)
        # In their order, though PostgreSQL keeps a row that was changed behind the others.
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


def test_the_consent_of_a_whole_list_stays(database: Database, tmp_path: Path) -> None:
    """It is about everybody in it; only the link to it goes, also with the last of them."""
    take(database, written(tmp_path, "email\nann@example.org\nbob@example.org\n"), consent="form")
    with database.write() as connection:
        for address in (ANN, "bob@example.org"):
            receipt = erase(connection, parse_address(address), LATER)
            assert receipt.went == (HERSELF, "the link to the record of consent")
        assert len(connection.scalars(select(consents.c.id)).all()) == 1
        # Somebody else agreed by the same record: that stays, too.
        first, second = join(connection, "a@example.net"), join(connection, "b@example.net")
        shared = connection.scalar(select(subscribers.c.consent_id).where(subscribers.c.id == first.id))
        connection.execute(update(subscribers).where(subscribers.c.id == second.id).values(consent_id=shared))
        assert "the link to the record of consent" in erase(connection, parse_address("b@example.net"), LATER).went
        assert "the record of consent" in erase(connection, parse_address("a@example.net"), LATER).went


def test_what_is_kept_of_others_stays(database: Database) -> None:
    """Their consents, and the addresses that they had before."""
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
    """It is replaced by its hash; by a hash that is there already it is found, and once erased there is nothing more."""
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
        # Removed, and unsubscribed by an old link since: only a hash is there, for another reason.
        mark = hash_of(make_erasure_key(connection), "bob@example.org")
        suppress_hash(connection, mark, Reason.UNSUBSCRIBED, "link", NOW)
        assert erase(connection, parse_address("bob@example.org"), LATER).went == ()
        found = suppression_of(connection, "bob@example.org")
        assert found is not None and (found.hash, found.reason) == (mark, Reason.ERASED)
        with pytest.raises(AudienceError, match="no data is stored about"):
            erase(connection, parse_address("nobody@example.org"), LATER)


def test_whoever_was_erased_and_signs_up_can_be_erased_again(database: Database) -> None:
    """Before they confirm, while the hash of the first time is still on the list."""
    with database.write() as connection:
        join(connection, ANN)
        erase(connection, parse_address(ANN), NOW)
        sign_up(connection, parse_address(ANN), {}, source="form", now=LATER)
        receipt = erase(connection, parse_address(ANN), LATER)
        assert receipt.went[0] == HERSELF
        assert [(each.normal, each.reason) for each in listed(connection)] == [("", Reason.ERASED)]
        assert find(connection, ANN) is None
