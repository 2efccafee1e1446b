"""The suppression list: the effect of each reason, the weightier of two reasons, and entries with only a hash."""

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from composer.audience.change_history import changes_of
from composer.audience.changes import confirm, sign_up
from composer.audience.erasure import erase
from composer.audience.subscribers import Status
from composer.audience.suppression import (
    HASH,
    Reason,
    erasure_key,
    has_hashes,
    hash_prefix,
    hashed,
    is_suppressed,
    lift,
    listed,
    make_erasure_key,
    status_of,
    suppress,
    suppress_hash,
    suppression_of,
)
from composer.core.addresses import parse_address
from composer.core.environment import SettingsError
from composer.database.engine import Database
from composer.database.tables.subscriber_tables import database_keys, imports, subscribers, suppressions
from tests.audience.people import LATER, NOW, everybody, join

ADDRESS = "a@example.org"
#: Weightiest first.
REASONS = (
    Reason.ERASED,
    Reason.COMPLAINED,
    Reason.UNSUBSCRIBED,
    Reason.BY_HAND,
    Reason.IMPORTED,
    Reason.BOUNCED,
    Reason.HELD,
)


def test_the_weight_of_reasons() -> None:
    """A person's own request outweighs a list, a list outweighs a bounce; no reason outweighs itself."""
    for rank, reason in enumerate(REASONS):
        assert [each for each in Reason if reason.outweighs(each)] == list(REASONS[rank + 1 :])


STATUSES = ("pending", "active", "bounced", "unsubscribed", "complained")
#: The status after each reason, for each status before.
AFTER = {
    Reason.HELD: STATUSES,
    Reason.BOUNCED: ("bounced", "bounced", "bounced", "unsubscribed", "complained"),
    **dict.fromkeys(
        (Reason.IMPORTED, Reason.BY_HAND, Reason.UNSUBSCRIBED, Reason.ERASED), (*("unsubscribed",) * 4, "complained")
    ),
    Reason.COMPLAINED: ("complained",) * 5,
}


def test_status_after_each_reason(database: Database) -> None:
    """A status only gets worse; the history has the change with source and time."""
    people = {f"{before}-{reason}@example.org": (before, reason) for reason in AFTER for before in STATUSES}
    with database.write() as connection:
        ids = {address: join(connection, address).id for address in people}
        for address, (before, reason) in people.items():
            them = subscribers.c.normal == address
            connection.execute(update(subscribers).where(them).values(status=before))
            suppress(connection, address, reason, "mail", LATER)
        after = everybody(connection)
        for address, (before, reason) in people.items():
            assert after[address] == AFTER[reason][STATUSES.index(before)], address
            last = changes_of(connection, ids[address])[-1]
            is_changed = after[address] != before
            assert (
                (last.before, last.after, last.source, last.at) == (before, after[address], "mail", LATER)
            ) is is_changed
            assert (
                connection.scalar(select(subscribers.c.changed).where(subscribers.c.normal == address)) == LATER
            ) is is_changed


def test_an_entry_keeps_its_day_and_leaves_its_import(database: Database) -> None:
    """A weightier reason replaces reason and source; undoing the first import must not remove the entry."""
    with database.write() as connection:
        suppress(connection, ADDRESS, Reason.BOUNCED, "list", LATER, since=NOW)
        entry = {"at": NOW, "file": "a.csv", "kind": "csv", "counts": "{}"}
        number = connection.execute(insert(imports).returning(imports.c.id), entry).scalar_one()
        connection.execute(update(suppressions).values(import_id=number))
        suppress(connection, ADDRESS, Reason.HELD, "mail", LATER)
        assert connection.scalar(select(suppressions.c.import_id)) is None
        assert _entries(connection) == [(ADDRESS, "", Reason.BOUNCED, "list")]
        suppress(connection, "b@example.org", Reason.BOUNCED, "mail", LATER)
        suppress(connection, ADDRESS, Reason.COMPLAINED, "web", LATER)
        # In the order of the list.
        assert _entries(connection) == [
            (ADDRESS, "", Reason.COMPLAINED, "web"),
            ("b@example.org", "", Reason.BOUNCED, "mail"),
        ]
        assert [each.since for each in listed(connection)] == [NOW, LATER]


def test_a_hash_is_listed_once_with_its_weightiest_reason(database: Database) -> None:
    """A removed person unsubscribes, bounces and unsubscribes again by an old link: one entry."""
    with database.write() as connection:
        mark = hashed(make_erasure_key(connection), ADDRESS)
        assert HASH.fullmatch(mark)
        suppress_hash(connection, mark, Reason.BOUNCED, "mail", NOW)
        suppress_hash(connection, hashed(make_erasure_key(connection), "b@example.org"), Reason.HELD, "mail", LATER)
        entry = {"at": NOW, "file": "a.csv", "kind": "csv", "counts": "{}"}
        number = connection.execute(insert(imports).returning(imports.c.id), entry).scalar_one()
        connection.execute(update(suppressions).values(import_id=number))
        suppress_hash(connection, mark, Reason.UNSUBSCRIBED, "link", LATER)
        assert connection.scalars(select(suppressions.c.import_id).order_by(suppressions.c.id)).all() == [None, number]
        suppress_hash(connection, mark, Reason.BOUNCED, "mail", LATER)
        assert [(reason, source) for _, _, reason, source in _entries(connection)] == [
            (Reason.UNSUBSCRIBED, "link"),
            (Reason.HELD, "mail"),
        ]
        assert is_suppressed(connection, ADDRESS) and not is_suppressed(connection, "c@example.org")
        # The current owner of the address is unsubscribed, and the address is not stored next to its hash.
        join_anyway(connection)
        suppress(connection, ADDRESS, Reason.COMPLAINED, "web", LATER)
        assert everybody(connection) == {ADDRESS: Status.COMPLAINED}
        assert [each[0] for each in _entries(connection)] == ["", ""]


def test_only_one_address_is_removed_from_the_list(database: Database) -> None:
    """An address is removed by address and by hash; other entries stay."""
    with database.write() as connection:
        suppress(connection, ADDRESS, Reason.BOUNCED, "mail", NOW)
        suppress(connection, "b@example.org", Reason.BOUNCED, "mail", NOW)
        lift(connection, ADDRESS)
        key = make_erasure_key(connection)
        for address in (ADDRESS, "c@example.org"):
            suppress_hash(connection, hashed(key, address), Reason.ERASED, "erase", NOW)
        lift(connection, ADDRESS)
        assert [(each.normal, each.hash) for each in listed(connection)] == [
            ("b@example.org", ""),
            ("", hashed(key, "c@example.org")),
        ]
        assert suppression_of(connection, ADDRESS) is None
        found = suppression_of(connection, "b@example.org")
        assert found is not None and (found.normal, found.hash) == ("b@example.org", "")
        lift(connection, "b@example.org")
        assert [is_suppressed(connection, f"{name}@example.org") for name in "abc"] == [False, False, True]


@pytest.mark.parametrize("is_back", [False, True])
def test_without_the_key_hashes_are_an_error(database: Database, is_back: bool) -> None:
    """Without the key the command stops, whether hashes are on the list or only in tombstones."""
    with database.write() as connection:
        assert (erasure_key(connection), has_hashes(connection)) == (None, False)
        connection.execute(insert(database_keys), [{"name": "another", "key": b"k"}])
        assert erasure_key(connection) is None
        key = make_erasure_key(connection)
        assert (make_erasure_key(connection), erasure_key(connection), len(key)) == (key, key, 32)
        assert not has_hashes(connection)
        if is_back:
            join(connection, ADDRESS)
            erase(connection, parse_address(ADDRESS), LATER)
            back = sign_up(connection, parse_address(ADDRESS), {}, source="form", now=LATER)
            confirm(connection, back.id, "form", source="form", now=LATER)
            assert list(listed(connection)) == []
        else:
            suppress_hash(connection, hashed(key, ADDRESS), Reason.ERASED, "erase", NOW)
        assert has_hashes(connection)
        connection.execute(delete(database_keys))
        with pytest.raises(SettingsError):
            is_suppressed(connection, "b@example.org")


def test_hashes_of_databases_differ() -> None:
    """The prefix of a hash names the key; the rest depends on key and address."""
    one, other = b"1" * 32, b"2" * 32
    assert hash_prefix(one) != hash_prefix(other) and hashed(one, ADDRESS).startswith(hash_prefix(one))
    assert len({hashed(key, each)[-64:] for key in (one, other) for each in (ADDRESS, "b@example.org")}) == 4
    assert hashed(one, ADDRESS) == hashed(one, ADDRESS)


def join_anyway(connection: Connection) -> None:
    """Add a subscriber whose address is on the list, as an older version did."""
    join(connection, "z@example.org")
    connection.execute(update(subscribers).values(address=ADDRESS, normal=ADDRESS))


def _entries(connection: Connection) -> list[tuple[str, str, Reason, str]]:
    return [(each.normal, "", each.reason, each.source) for each in listed(connection)]


def test_a_held_subscriber_counts_as_bounced(database: Database) -> None:
    """A held subscriber who is active counts as bounced, without a status of their own."""
    with database.write() as connection:
        active, pending = join(connection, ADDRESS), join(connection, "b@example.org", consent="")
        assert status_of(connection, active) is Status.ACTIVE
        for each in (active, pending):
            suppress(connection, each.normal, Reason.HELD, "mail", NOW)
        assert (status_of(connection, active), status_of(connection, pending)) == (Status.BOUNCED, Status.PENDING)
