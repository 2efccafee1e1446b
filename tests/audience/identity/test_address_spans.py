"""Address spans: from rows of tombstones to the ids and mailings in which a person is on record."""

import pytest
from sqlalchemy import Connection, Integer, delete, insert, literal, select, union_all, update

from composer.audience.identity import tombstones as tombstones_module
from composer.audience.identity.tombstones import (
    AddressSpan,
    about,
    exists_for,
    former_id,
    inherit,
    known_hashes,
    leave_tombstone,
    mailings_of,
    next_mailing,
    note_lost_address,
    note_new_address,
    spans_of,
    spans_of_hash,
    state_of_hashes,
)
from composer.audience.suppression import Reason, erasure_key, hashed, make_erasure_key, suppress, suppress_hash
from composer.database.engine import Database
from composer.database.tables.mailing_tables import deliveries, events, mailings
from composer.database.tables.subscriber_tables import subscribers, tombstones
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.selection.freeze import freeze
from tests.audience.people import LATER, NOW
from tests.delivery.factories import add_subscribers, draft, frozen

ALWAYS = (1 << 31) - 1


def note(connection: Connection, *rows: tuple[int, str, int, int | None]) -> None:
    """Write rows: subscriber, hash, first and last mailing."""
    names = ("subscriber_id", "hash", "first_mailing", "last_mailing")
    connection.execute(insert(tombstones), [{**dict(zip(names, row, strict=True)), "at": NOW} for row in rows])


Triple = tuple[int, int, int]
#: Rows of tombstones; all spans of subscriber 1; and the spans of their current address if they differ.
CASES: tuple[tuple[tuple[tuple[int, str, int, int | None], ...], list[Triple], list[Triple] | None], ...] = (
    # Nobody had the address before.
    ((), [(1, 0, ALWAYS)], [(1, 0, ALWAYS)]),
    # Removed and added again: what was sent to the other id until then is theirs.
    (((2, "a", 0, 3), (1, "a", 4, None)), [(1, 0, ALWAYS), (2, 0, 3)], [(1, 4, ALWAYS), (2, 0, 3)]),
    # A lost address: from the next mailing on, they have another one.
    (((1, "a", 0, 3),), [(1, 0, ALWAYS)], [(1, 4, ALWAYS)]),
    # The later of two lost addresses.
    (((1, "a", 0, 3), (1, "b", 4, 6)), [(1, 0, ALWAYS)], [(1, 7, ALWAYS)]),
    # Somebody else has the lost address now: what they got there later is not about the one who lost it.
    (((1, "a", 0, 3), (2, "a", 4, None)), [(1, 0, ALWAYS)], [(1, 4, ALWAYS)]),
    # Both had it at a time (a list was undone and imported again without a mailing in between).
    (((1, "a", 0, 3), (2, "a", 3, 5)), [(1, 0, ALWAYS), (2, 3, 3)], [(1, 4, ALWAYS)]),
    # The span of the earlier owner also ends the span of the later one.
    (((1, "a", 0, None), (2, "a", 0, 5), (3, "a", 6, 9)), [(1, 0, ALWAYS), (2, 0, 5), (3, 6, 9)], None),
    # Another address has no effect.
    (((1, "a", 0, None), (2, "b", 0, 5)), [(1, 0, ALWAYS)], None),
    # Two people have it at the same time.
    (((1, "a", 0, None), (2, "a", 3, None)), [(1, 0, ALWAYS), (2, 3, ALWAYS)], None),
)


def test_the_spans_of_a_subscriber(database: Database) -> None:
    """A subscriber's spans are those of all their addresses, or of the current one, with their own id first."""
    with database.write() as connection:
        for rows, everything, this_address in CASES:
            connection.execute(delete(tombstones))
            if rows:
                note(connection, *rows)
            assert _plain(spans_of(connection, 1)) == sorted(everything), rows
            assert _plain(spans_of(connection, 1, is_this_address=True)) == sorted(this_address or everything), rows
            assert spans_of(connection, 1)[0].subscriber_id == 1


def test_spans_of_an_address_without_an_owner(database: Database) -> None:
    """The spans of an address that nobody has are in the order of the mailings; an open span has no end."""
    with database.write() as connection:
        note(connection, (2, "a", 4, None), (1, "a", 0, 3), (3, "b", 0, 1))
        assert [(each.subscriber_id, each.first, each.last) for each in spans_of_hash(connection, "a")] == [
            (1, 0, 3),
            (2, 4, ALWAYS),
        ]


def test_known_hashes(database: Database) -> None:
    """Hashes in tombstones have no reason, hashes on the suppression list have one; new hashes change the state."""
    with database.write() as connection:
        make_erasure_key(connection)
        assert known_hashes(connection, ["a", "b"]) == {}
        states = [state_of_hashes(connection)]
        note(connection, (1, "a", 0, 3), (1, "b", 0, 3))
        states.append(state_of_hashes(connection))
        suppress_hash(connection, "b", Reason.ERASED, "erase", NOW)
        states.append(state_of_hashes(connection))
        suppress_hash(connection, "c", Reason.BOUNCED, "mail", NOW)
        states.append(state_of_hashes(connection))
        assert known_hashes(connection, ["a", "b", "d"]) == {"a": None, "b": Reason.ERASED}
        assert known_hashes(connection, ["c"]) == {"c": Reason.BOUNCED}
        assert len(set(states)) == len(states)
        # An address in a row without a hash does not match other rows without one.
        suppress(connection, "d@example.org", Reason.BOUNCED, "mail", NOW)
        assert state_of_hashes(connection) == states[-1]


def test_lost_addresses_have_consecutive_spans(database: Database) -> None:
    """Each span begins after the end of the one before and ends with the last mailing; an open row is closed."""

    def rows(connection: Connection) -> list[tuple[int, int | None]]:
        found = connection.execute(
            select(tombstones.c.first_mailing, tombstones.c.last_mailing)
            .where(tombstones.c.subscriber_id == 1)
            .order_by(tombstones.c.first_mailing)
        )
        return [(first, last) for first, last in found]

    frozen(database, 1)
    with database.write() as connection:
        note_lost_address(connection, 1, "a@example.org", NOW, is_erased=True)
        assert rows(connection) == [(0, 1)]
        for issue in ("two", "three"):
            freeze(connection, draft(issue), NOW)
        note_lost_address(connection, 1, "b@example.org", NOW)
        assert rows(connection) == [(0, 1), (2, 3)]
        # The address that somebody else had before has a row of its own.
        note_new_address(connection, 1, "a@example.org", NOW)
        assert rows(connection) == [(0, 1), (2, 3), (4, None)]
        freeze(connection, draft("four"), NOW)
        note_lost_address(connection, 1, "a@example.org", NOW)
        assert rows(connection) == [(0, 1), (2, 3), (4, 4)]


def test_number_of_the_next_mailing(database: Database) -> None:
    """The number of the next mailing starts at one."""
    with database.write() as connection:
        assert next_mailing(connection) == 1
    frozen(database, 1)
    with database.read() as connection:
        assert next_mailing(connection) == 2


def test_rows_about_a_person_are_within_their_spans(database: Database) -> None:
    """Rows about a person are those in the mailings of each span; rows without a mailing count too."""
    frozen(database, 3)
    with database.write() as connection:
        for number in (2, 3):
            freeze(connection, draft(f"i{number}"), NOW)
        spans = (
            AddressSpan(subscriber_id=1, first=2, last=2),
            AddressSpan(subscriber_id=2, first=0, last=1),
            AddressSpan(subscriber_id=3),
        )
        connection.execute(delete(events))
        rows = [{"mailing_id": mailing, "subscriber_id": each, "at": NOW, "kind": "accepted"}
                for each in (1, 2, 3) for mailing in (1, 2, 3)]  # fmt: skip
        connection.execute(insert(events), rows)
        for table in (events, deliveries):
            found = connection.execute(
                select(table.c.subscriber_id, table.c.mailing_id).where(about(table, spans))
            ).all()
            assert sorted(map(tuple, found)) == [(1, 2), (2, 1), (3, 1), (3, 2), (3, 3)]
        rows_of_any = ((1, 1), (1, 2), (1, None), (4, None), (3, None))
        pairs = (
            select(literal(each).label("subscriber_id"), literal(mailing, Integer).label("mailing_id"))
            for each, mailing in rows_of_any
        )
        notes = union_all(*pairs).subquery()
        found = connection.execute(select(notes.c.subscriber_id, notes.c.mailing_id).where(about(notes, spans))).all()
        assert set(map(tuple, found)) == {(1, 2), (1, None), (3, None)}


def _plain(spans: tuple[AddressSpan, ...]) -> list[tuple[int, int, int]]:
    return sorted((each.subscriber_id, each.first, each.last) for each in spans)


#: Earlier rows of tombstones; and the rows that subscriber 1, who has address b from mailing 5 on, inherits.
INHERITED: tuple[tuple[tuple[tuple[int, str, int, int | None], ...], list[tuple[str, int, int | None]]], ...] = (
    ((), []),
    # The address that somebody had before they changed to b; b itself already links them.
    (((2, "a", 0, 2), (2, "b", 3, 4)), [("a", 0, 2)]),
    # Every part of it, and from everybody who had b.
    (((2, "a", 0, 1), (2, "a", 3, 3), (2, "b", 4, 4)), [("a", 0, 3)]),
    (((2, "a", 0, 1), (2, "b", 2, 2), (3, "c", 1, 3), (3, "b", 4, 4)), [("a", 0, 1), ("c", 1, 3)]),
    # Not the address they changed to afterwards, nor one they still have, nor one from before b was lost.
    (((2, "b", 0, 2), (2, "a", 3, 4)), []),
    (((2, "b", 0, 2), (2, "a", 3, None)), []),
    (((2, "a", 0, 2), (2, "b", 3, None)), []),
    # Both ended with the same mailing.
    (((2, "a", 0, 4), (2, "b", 4, 4)), [("a", 0, 4)]),
    # Nor the addresses of somebody who never had b.
    (((2, "a", 0, 2), (2, "c", 3, 4)), []),
    # Rows that are already theirs: from the same mailing on, or up to the same or a later one.
    (((1, "a", 0, 1), (2, "a", 0, 2), (2, "b", 3, 4)), [("a", 0, 1)]),
    (((1, "a", 1, 2), (2, "a", 0, 2), (2, "b", 3, 4)), [("a", 1, 2)]),
    (((1, "a", 1, 3), (2, "a", 0, 2), (2, "b", 3, 4)), [("a", 1, 3)]),
    (((1, "a", 1, 1), (2, "a", 0, 2), (2, "b", 3, 4)), [("a", 0, 2), ("a", 1, 1)]),
    (((1, "c", 0, 2), (2, "a", 0, 2), (2, "b", 3, 4)), [("a", 0, 2), ("c", 0, 2)]),
    # Rows of other people do not count as theirs.
    (((3, "a", 0, 2), (2, "a", 0, 2), (2, "b", 3, 4)), [("a", 0, 2)]),
    # A lost address of theirs links nobody.
    (((1, "c", 3, 4), (2, "a", 0, 1), (2, "c", 2, 2)), [("c", 3, 4)]),
)


def test_inherited_addresses(database: Database) -> None:
    """Only the given subscribers inherit, not others with such an address."""
    with database.write() as connection:
        for before, after in INHERITED:
            connection.execute(delete(tombstones))
            note(connection, *before, (1, "b", 5, None), (9, "b", 5, None))
            inherit(connection, tombstones.c.subscriber_id == 1, LATER)
            rows = {each: _rows(connection, each) for each in (1, 9)}
            assert rows == {1: sorted([*after, ("b", 5, None)]), 9: [("b", 5, None)]}, before
        assert set(connection.scalars(select(tombstones.c.at).where(tombstones.c.last_mailing == 2))) == {NOW}
        note(connection, (2, "x", 0, 2), (2, "b", 3, 4))
        inherit(connection, tombstones.c.subscriber_id == 1, LATER)
        assert (
            connection.scalar(select(tombstones.c.at).where(tombstones.c.hash == "x", tombstones.c.subscriber_id == 1))
            == LATER
        )


#: Rows of tombstones; and for subscriber 2 in the mailings 1, 2 and 3, whether subscriber 1 got them.
THEIRS: tuple[tuple[tuple[tuple[int, str, int, int | None], ...], set[int]], ...] = (
    ((), set()),
    (((1, "a", 3, None), (2, "a", 0, 2)), {1, 2}),
    (((1, "a", 3, None), (2, "a", 2, 2)), {2}),
    (((1, "a", 3, None), (2, "a", 2, None)), {2, 3}),
    # Up to the mailing with which they lost the address themselves.
    (((1, "a", 0, 1), (2, "a", 0, None)), {1}),
    (((1, "a", 0, 2), (2, "a", 2, 3)), {2}),
    # Another address links nobody; nor does that of a third person.
    (((1, "a", 0, None), (2, "b", 0, 3)), set()),
    (((3, "a", 0, None), (2, "a", 0, 3)), set()),
)


def test_rows_under_another_id_are_found(database: Database) -> None:
    """A row under a person's own id or another id is found, with that id; conditions apply to both."""
    frozen(database, 3)
    with database.write() as connection:
        for number in (2, 3):
            freeze(connection, draft(f"i{number}"), NOW)

        def those(subscriber_id: int, mailing: int, kind: str = "accepted") -> tuple[bool, int | None]:
            about_it = (events.c.mailing_id == mailing, events.c.kind == kind)
            person = subscribers.c.id
            query = select(exists_for(person, events, *about_it), former_id(person, events, *about_it))
            is_there, former = connection.execute(query.where(person == subscriber_id)).one()
            return bool(is_there), former

        connection.execute(delete(events))
        rows = [{"mailing_id": mailing, "subscriber_id": 2, "at": NOW, "kind": "accepted"} for mailing in (1, 2, 3)]
        connection.execute(insert(events), rows)
        for before, theirs in THEIRS:
            connection.execute(delete(tombstones))
            if before:
                note(connection, *before)
            for mailing in (1, 2, 3):
                assert those(1, mailing) == ((True, 2) if mailing in theirs else (False, None)), (before, mailing)
                assert those(1, mailing, "refused") == (False, None)
                assert those(2, mailing)[0] and not those(2, mailing, "refused")[0]
        # If there are two, one is returned.
        connection.execute(delete(tombstones))
        note(connection, (1, "a", 0, None), (2, "a", 0, 3), (3, "a", 0, 3))
        connection.execute(insert(events), [{**row, "subscriber_id": 3} for row in rows])
        assert those(1, 1)[0] and those(1, 1)[1] in (2, 3)


def test_a_new_address_is_linked_to_earlier_owners(database: Database) -> None:
    """A new address links only its current owner, and only by that address."""
    frozen(database, 3)
    with database.write() as connection:
        note_new_address(connection, 2, "a@example.org", NOW)
        assert _rows(connection, 2) == []
        note_lost_address(connection, 1, "a@example.org", NOW)
        key = erasure_key(connection)
        assert key is not None
        mark = hashed(key, "a@example.org")
        note_new_address(connection, 2, "b@example.org", NOW)
        assert _rows(connection, 2) == []
        note_new_address(connection, 3, "a@example.org", LATER)
        assert (_rows(connection, 1), _rows(connection, 3)) == ([(mark, 0, 1)], [(mark, 2, None)])
        assert connection.scalar(select(tombstones.c.at).where(tombstones.c.subscriber_id == 3)) == LATER
        # What somebody else has stays open.
        note_new_address(connection, 2, "a@example.org", NOW)
        note_lost_address(connection, 3, "a@example.org", NOW)
        assert connection.scalar(select(tombstones.c.at).where(tombstones.c.subscriber_id == 3)) == NOW
        assert (_rows(connection, 2), _rows(connection, 3)) == ([(mark, 2, None)], [(mark, 2, 1)])
        # Lost and regained without a mailing in between: one row, open again.
        note_new_address(connection, 3, "a@example.org", LATER)
        assert _rows(connection, 3) == [(mark, 2, None)]
        assert connection.scalar(select(tombstones.c.at).where(tombstones.c.subscriber_id == 3)) == LATER


#: The possible states of a message, and whether the person may have received it.
LETTERS = dict.fromkeys(("pending", "claimed", "deferred", "suppressed", "expired"), False)
LETTERS |= dict.fromkeys(("sending", "accepted", "refused", "unknown", "written"), True)


def test_people_who_may_have_mail_leave_a_tombstone(database: Database) -> None:
    """Only a message that may have been sent leaves a tombstone; whoever has one gets another for the next address."""
    last = len(LETTERS) + 1
    with database.write() as connection:
        make_erasure_key(connection)
        add_subscribers(connection, last)
        letter = {"kind": "link", "address": "reader@example.net", "language": "en", "asked": NOW, "next_at": NOW}
        letter["changed"] = NOW
        for number, (state, is_mail) in enumerate(LETTERS.items(), start=1):
            normal = f"reader{number}@example.net"
            connection.execute(insert(transactional_emails), [{**letter, "normal": normal, "state": state}])
            note_lost_address(connection, number, normal, NOW)
            assert len(_rows(connection, number)) == is_mail, state
        note_lost_address(connection, last, f"reader{last}@example.net", NOW)
        assert _rows(connection, last) == []
        note(connection, (last, "x", 0, 0))
        note_lost_address(connection, last, "other@example.net", NOW)
        assert len(_rows(connection, last)) == 2
        # An erased person always leaves one.
        note_lost_address(connection, last + 1, "reader@example.net", NOW, is_erased=True)
        assert len(_rows(connection, last + 1)) == 1


def test_removed_people_leave_tombstones_page_by_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each removed person who got mail has one tombstone; people without mail have none."""
    monkeypatch.setattr(tombstones_module, "_PAGE", 2)
    frozen(database, 6)
    with database.write() as connection:
        connection.execute(delete(deliveries).where(deliveries.c.subscriber_id == 3))
        # A rehearsal does not count as mail.
        freeze(connection, draft("i2"), NOW)
        connection.execute(update(mailings).where(mailings.c.id == 2).values(is_rehearsal=True))
        # PostgreSQL returns a changed row after the others.
        connection.execute(update(subscribers).where(subscribers.c.id == 1).values(name="changed"))
        leave_tombstone(connection, subscribers.c.id < 6, LATER)
        found = connection.execute(
            select(tombstones.c.subscriber_id, tombstones.c.last_mailing, tombstones.c.at).order_by(
                tombstones.c.subscriber_id
            )
        ).all()
        assert [tuple(each) for each in found] == [(each, 2, LATER) for each in (1, 2, 4, 5)]


def test_the_mailings_of_some_subscribers(database: Database) -> None:
    """The mailings of some subscribers are those sent to any of them, without rehearsals."""
    frozen(database, 3)
    with database.write() as connection:
        for number in (2, 3):
            freeze(connection, draft(f"i{number}"), NOW)
        connection.execute(update(mailings).where(mailings.c.id == 3).values(is_rehearsal=True))
        connection.execute(delete(deliveries).where(deliveries.c.mailing_id == 2, deliveries.c.subscriber_id < 3))
        for those, found in (
            (subscribers.c.id < 3, {1}),
            (subscribers.c.id == 3, {1, 2}),
            (subscribers.c.id > 3, set()),
        ):
            assert set(mailings_of(connection, those)) == found


def _rows(connection: Connection, subscriber_id: int) -> list[tuple[str, int, int | None]]:
    rows = connection.execute(
        select(tombstones.c.hash, tombstones.c.first_mailing, tombstones.c.last_mailing)
        .where(tombstones.c.subscriber_id == subscriber_id)
        .order_by(tombstones.c.hash, tombstones.c.first_mailing)
    )
    return [(mark, first, last) for mark, first, last in rows]
