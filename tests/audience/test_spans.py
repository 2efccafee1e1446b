"""Under which ids, and in which mailings, a person is on record: the rows of tombstones in, spans out."""

from sqlalchemy import Connection, delete, insert, select

from composer.audience.suppression import Reason, make_erasure_key, suppress, suppress_hash
from composer.audience.tombstones import (
    Span,
    about,
    known_hashes,
    next_mailing,
    note_lost_address,
    note_new_address,
    spans_of,
    spans_of_hash,
    state_of_hashes,
)
from composer.database.engine import Database
from composer.database.mailings import deliveries, events
from composer.database.readers import tombstones
from composer.delivery.freezing import freeze
from tests.audience.people import NOW
from tests.delivery.house import draft, frozen

ALWAYS = (1 << 31) - 1


def note(connection: Connection, *rows: tuple[int, str, int, int | None]) -> None:
    """Write rows: whose, which hash, from and up to which mailing."""
    names = ("reader_id", "hash", "first_mailing", "last_mailing")
    connection.execute(insert(tombstones), [{**dict(zip(names, row, strict=True)), "at": NOW} for row in rows])


Triple = tuple[int, int, int]
#: Rows of tombstones; the spans of reader 1 in all, and those of the address that they have today where these are others.
CASES: tuple[tuple[tuple[tuple[int, str, int, int | None], ...], list[Triple], list[Triple] | None], ...] = (
    # Nobody had the address before.
    ((), [(1, 0, ALWAYS)], [(1, 0, ALWAYS)]),
    # Removed and back: what went to the other id up to then is theirs.
    (((2, "a", 0, 3), (1, "a", 4, None)), [(1, 0, ALWAYS), (2, 0, 3)], [(1, 4, ALWAYS), (2, 0, 3)]),
    # An address that was lost: from the next mailing on it is another one.
    (((1, "a", 0, 3),), [(1, 0, ALWAYS)], [(1, 4, ALWAYS)]),
    # The later of two that were lost.
    (((1, "a", 0, 3), (1, "b", 4, 6)), [(1, 0, ALWAYS)], [(1, 7, ALWAYS)]),
    # Somebody else has the lost address now: what they got there later is not about the one who lost it.
    (((1, "a", 0, 3), (2, "a", 4, None)), [(1, 0, ALWAYS)], [(1, 4, ALWAYS)]),
    # Both had it at a time (a list was taken back and imported again without a mailing in between).
    (((1, "a", 0, 3), (2, "a", 3, 5)), [(1, 0, ALWAYS), (2, 3, 3)], [(1, 4, ALWAYS)]),
    # The end of the one who had it before is the end of what is theirs.
    (((1, "a", 0, None), (2, "a", 0, 5), (3, "a", 6, 9)), [(1, 0, ALWAYS), (2, 0, 5), (3, 6, 9)], None),
    # Another address says nothing.
    (((1, "a", 0, None), (2, "b", 0, 5)), [(1, 0, ALWAYS)], None),
)


def test_the_spans_of_a_subscriber(database: Database) -> None:
    """All their addresses, and the one that they have today: their own id first."""
    with database.write() as connection:
        for rows, everything, this_address in CASES:
            connection.execute(delete(tombstones))
            if rows:
                note(connection, *rows)
            assert _plain(spans_of(connection, 1)) == sorted(everything), rows
            assert _plain(spans_of(connection, 1, is_this_address=True)) == sorted(this_address or everything), rows
            assert spans_of(connection, 1)[0].reader_id == 1


def test_the_spans_of_an_address_that_nobody_has(database: Database) -> None:
    """In the order of the mailings; one that somebody has still has no end."""
    with database.write() as connection:
        note(connection, (2, "a", 4, None), (1, "a", 0, 3), (3, "b", 0, 1))
        assert [(each.reader_id, each.first, each.last) for each in spans_of_hash(connection, "a")] == [
            (1, 0, 3),
            (2, 4, ALWAYS),
        ]


def test_which_hashes_are_known(database: Database) -> None:
    """From tombstones without a reason, from the suppression list with one; what is new changes the state."""
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
        # An address that is no hash is no other hash.
        suppress(connection, "d@example.org", Reason.BOUNCED, "mail", NOW)
        assert state_of_hashes(connection) == states[-1]


def test_addresses_that_are_lost_one_after_the_other_follow_each_other(database: Database) -> None:
    """Each from the mailing behind the end of the one before, up to the last that there is; what is held is closed."""

    def rows(connection: Connection) -> list[tuple[int, int | None]]:
        found = connection.execute(
            select(tombstones.c.first_mailing, tombstones.c.last_mailing)
            .where(tombstones.c.reader_id == 1)
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
        # The address that somebody had before them is held in a row of its own.
        note_new_address(connection, 1, "a@example.org", NOW)
        assert rows(connection) == [(0, 1), (2, 3), (4, None)]
        freeze(connection, draft("four"), NOW)
        note_lost_address(connection, 1, "a@example.org", NOW)
        assert rows(connection) == [(0, 1), (2, 3), (4, 4)]


def test_the_next_mailing_is_behind_the_last(database: Database) -> None:
    """From one on."""
    with database.write() as connection:
        assert next_mailing(connection) == 1
    frozen(database, 1)
    with database.read() as connection:
        assert next_mailing(connection) == 2


def test_what_is_about_a_person_is_what_lies_within_their_spans(database: Database) -> None:
    """In each span's own mailings; what names no mailing counts as well, and deliveries as other rows."""
    frozen(database, 3)
    with database.write() as connection:
        for number in (2, 3):
            freeze(connection, draft(f"i{number}"), NOW)
        spans = (Span(reader_id=1, first=2, last=2), Span(reader_id=2, first=0, last=1), Span(reader_id=3))
        connection.execute(delete(events))
        rows = [{"mailing_id": mailing, "reader_id": each, "at": NOW, "kind": "accepted"}
                for each in (1, 2, 3) for mailing in (1, 2, 3)]  # fmt: skip
        connection.execute(insert(events), rows)
        for table in (events, deliveries):
            found = connection.execute(select(table.c.reader_id, table.c.mailing_id).where(about(table, spans))).all()
            assert sorted(map(tuple, found)) == [(1, 2), (2, 1), (3, 1), (3, 2), (3, 3)]


def _plain(spans: tuple[Span, ...]) -> list[tuple[int, int, int]]:
    return sorted((each.reader_id, each.first, each.last) for each in spans)
