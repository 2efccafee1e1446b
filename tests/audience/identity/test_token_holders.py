"""The people that a token means: from subscribers and rows of tombstones to people and hashes."""

from sqlalchemy import delete, update

from composer.audience.identity.token_holders import FoundHolder, resolve, resolve_recipient, stop_mail
from composer.audience.identity.tokens import TokenClaim
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason, listed, make_erasure_key
from composer.database.engine import Database
from composer.database.public_ids import MAILINGS
from composer.database.tables.mailing_tables import mailings
from composer.database.tables.subscriber_tables import tombstones
from tests.audience.identity.test_address_spans import note
from tests.audience.people import LATER, NOW, everybody
from tests.delivery.factories import add_subscribers, frozen

Row = tuple[int, str, int, int | None]


#: Rows of tombstones, subscriber and mailing of a token; then the people, the hashes, and the current owner of the
#: address.
CASES: tuple[tuple[tuple[Row, ...], int, int | None, tuple[int, ...], tuple[str, ...], int | str | None], ...] = (
    # A subscriber whose address nobody had before.
    ((), 1, 2, (1,), (), 1),
    ((), 1, None, (1,), (), 1),
    # An unknown person.
    ((), 9, 2, (), (), None),
    # Removed: their hash, for any mailing or none.
    (((9, "a", 0, 3),), 9, 2, (), ("a",), "a"),
    (((9, "a", 0, 3),), 9, None, (), ("a",), "a"),
    (((9, "a", 0, 3),), 9, 4, (), ("a",), "a"),
    # Removed and added again under another id.
    (((9, "a", 0, 3), (1, "a", 4, None)), 9, 3, (1,), (), 1),
    (((9, "a", 0, 3), (1, "a", 4, None)), 9, None, (1,), (), 1),
    (((9, "a", 0, 3), (1, "a", 4, None)), 1, 5, (1,), (), 1),
    # Changed address: in mailings until then, it was another one.
    (((1, "a", 1, 3),), 1, 3, (1,), ("a",), "a"),
    (((1, "a", 1, 3),), 1, 1, (1,), ("a",), "a"),
    (((1, "a", 1, 3),), 1, 4, (1,), (), 1),
    (((1, "a", 1, 3),), 1, None, (1,), (), 1),
    # Changed address, and somebody else has the old one now: both are meant, and a bounce is about the new owner.
    (((1, "a", 0, 3), (2, "a", 4, None)), 1, 2, (1, 2), (), 2),
    (((1, "a", 0, 3), (2, "a", 4, None)), 1, 4, (1,), (), 1),
    # Changed address, then removed: the address in the mailing, and the last address.
    (((9, "b", 4, 6), (9, "a", 0, 3)), 9, 2, (), ("a", "b"), "a"),
    (((9, "b", 4, 6), (9, "a", 0, 3)), 9, 5, (), ("b",), "b"),
    (((9, "b", 4, 6), (9, "a", 0, 3)), 9, None, (), ("b",), "b"),
    (((9, "b", 4, 6), (9, "a", 0, 3), (2, "b", 7, None)), 9, 2, (2,), ("a",), "a"),
    (((9, "b", 4, 6), (9, "a", 0, 3), (2, "a", 7, None)), 9, 2, (2,), ("b",), 2),
    (((9, "a", 0, 1), (9, "b", 2, 3), (9, "c", 4, 6)), 9, 0, (), ("a", "c"), "a"),
    # Only the mailings tell which address was lost last.
    (((9, "b", 0, 3), (9, "a", 4, 6)), 9, None, (), ("a",), "a"),
    (((9, "b", 0, 3), (9, "a", 4, 6)), 9, 2, (), ("b", "a"), "b"),
    # Addresses that somebody else had and lost have no effect, nor do addresses they still have.
    (((8, "a", 0, 3),), 9, 2, (), (), None),
    (((8, "a", 0, 3),), 1, 2, (1,), (), 1),
    (((1, "a", 0, 3), (1, "b", 4, None)), 1, 5, (1,), (), 1),
    # A person in a row who is not a subscriber does not count.
    (((9, "a", 0, 3), (8, "a", 4, None)), 9, 2, (), ("a",), "a"),
    # Added again with both addresses: one person, named once.
    (((9, "b", 4, 6), (9, "a", 0, 3), (2, "a", 7, None), (2, "b", 7, None)), 9, 2, (2,), (), 2),
)


def test_who_a_recipient_is_today(database: Database) -> None:
    """The person comes first, then the current owner of the mailing's address; or the hash if nobody has it."""
    with database.write() as connection:
        assert add_subscribers(connection, 2, language="de", consented=NOW) == [1, 2]
        for rows, subscriber_id, mailing_id, people, hashes, at in CASES:
            connection.execute(delete(tombstones))
            if rows:
                note(connection, *rows)
            found = resolve_recipient(connection, subscriber_id, mailing_id)
            case = f"{rows} {subscriber_id} {mailing_id}"
            assert (tuple(each.id for each in found.people), found.hashes) == (people, hashes), case
            assert (found.at_address.id if found.at_address else found.at_hash) == at, case
            assert found.at_address is None or found.at_hash is None, case
            assert (found.subscriber_id, found.mailing_id) == (subscriber_id, mailing_id)
            assert found.found is (
                FoundHolder.PERSON if people else FoundHolder.GONE if hashes else FoundHolder.UNKNOWN
            ), case
            assert found.person == (found.people[0] if people else None)
            for each in found.people:
                assert (each.normal, each.language, each.consented) == (f"reader{each.id}@example.net", "de", NOW)


def test_everybody_a_token_means_is_suppressed(database: Database) -> None:
    """Everybody whom a token means is suppressed: subscribers by address, removed people by hash."""
    with database.write() as connection:
        add_subscribers(connection, 1)
        make_erasure_key(connection)
        note(connection, (1, "h", 0, 3))
        stop_mail(connection, resolve_recipient(connection, 1, 2), Reason.COMPLAINED, "mail", LATER)
        assert everybody(connection) == {"Reader1@example.net": Status.COMPLAINED}
        entries = {(each.normal, each.hash): (each.reason, each.source, each.since) for each in listed(connection)}
        assert entries == dict.fromkeys((("reader1@example.net", ""), ("", "h")), (Reason.COMPLAINED, "mail", LATER))


def test_the_mailing_that_a_token_names(database: Database) -> None:
    """A token names a mailing by its public number; an old token by the id, if no other mailing has that number."""
    mailing = frozen(database, 1)
    unknown = next(each for each in MAILINGS if each != mailing.public_id)
    with database.write() as connection:

        def named(number: int) -> int | None:
            return resolve(connection, TokenClaim(subscriber_id=1, mailing_id=number)).mailing_id

        assert named(mailing.public_id) == mailing.id == 1
        assert (named(0), named(unknown), named(1), named(2)) == (None, None, None, 2)
        connection.execute(update(mailings).values(public_id=7))
        assert named(7) == 1
