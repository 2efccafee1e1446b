"""A person is an address: ids are never reused, and the ids of one person are linked."""

from itertools import count, pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, update

from composer.audience.changes import add_subscriber, change_address, confirm, sign_up, unsubscribe
from composer.audience.erasure import erase
from composer.audience.identity.tombstones import spans_of
from composer.audience.importing.undo import last_import, undo_import
from composer.audience.subscribers import AudienceError, Status, find, get
from composer.core.addresses import parse_address
from composer.database.engine import Database
from composer.database.public_ids import MAILINGS, SUBSCRIBERS
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.subscriber_tables import subscribers, tombstones
from composer.delivery.core.mailing import Mailing, mailing_of
from composer.delivery.core.states import DeliveryState
from composer.delivery.reporting.subscriber_history import received_mailings
from composer.delivery.selection.freeze import freeze
from composer.delivery.selection.selection import LeftOut, Selection
from composer.delivery.selection.selection import count as count_selected
from tests.audience.list_factory import take, written
from tests.audience.people import LATER, NOW, join
from tests.delivery.factories import draft

ISSUE = "2025-01-30"


def mail(connection: Connection, issue: str = ISSUE, **more: object) -> Mailing:
    """Send an issue to all recipients: every server accepts it, and the mailing is complete."""
    found = freeze(connection, draft(issue, selection=Selection(issue=issue, **more)), NOW)  # type: ignore[arg-type]
    end(connection, found)
    return found


def end(connection: Connection, mailing: Mailing, state: DeliveryState = DeliveryState.ACCEPTED) -> None:
    connection.execute(update(deliveries).where(deliveries.c.mailing_id == mailing.id).values(state=state))
    connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(ended=NOW))


def get_it(connection: Connection, issue: str = ISSUE, **more: object) -> tuple[int, dict[LeftOut, int]]:
    """Return how many people would get an issue now, and why the others would not."""
    found = count_selected(connection, Selection(issue=issue, **more))  # type: ignore[arg-type]
    return found.included, dict(found.left_out)


def move(connection: Connection, old: str, new: str) -> None:
    change_address(connection, get(connection, old).id, parse_address(new), source="by hand", now=LATER)


def undo_last(database: Database) -> None:
    with database.write() as connection:
        undo_import(connection, last_import(connection).number, LATER)


def test_ids_are_random_and_an_import_takes_one_run(database: Database, tmp_path: Path) -> None:
    """Ids are random, so a restored database does not reuse forgotten ids; a list keeps its order."""
    people = [f"r{number}@example.org" for number in range(40)]
    take(database, written(tmp_path, "email\n" + "\n".join(people)), consent="form")
    with database.write() as connection:
        ids = connection.scalars(
            select(subscribers.c.id).order_by(subscribers.c.normal.in_(people), subscribers.c.id)
        ).all()
        assert ids == list(range(ids[0], ids[0] + 40))
        assert connection.scalars(select(subscribers.c.address).order_by(subscribers.c.id)).all() == people
        single = [join(connection, f"s{number}@example.org").id for number in range(20)]
        first = mail(connection, "a")
        second = mail(connection, "b")
        assert (first.id, second.id) == (1, 2)
    assert all(each in SUBSCRIBERS for each in [*ids, *single])
    assert all(abs(one - other) > 1 for one, other in pairwise(single))
    assert first.public_id in MAILINGS and second.public_id in MAILINGS and first.public_id != second.public_id


def test_undo_and_import_again_send_no_second_copy(database: Database, tmp_path: Path) -> None:
    """After import, send, undo, import and send, the same people have new ids, and each of them has the issue once."""
    people = written(tmp_path, "email\na@example.org\nb@example.org\nA+x@example.org\n")
    take(database, people, consent="form")
    with database.write() as connection:
        before = set(connection.scalars(select(subscribers.c.id)))
        mail(connection)
    for _ in range(3):
        undo_last(database)
        with database.read() as connection:
            assert connection.scalar(select(func.count()).select_from(subscribers)) == 0
        take(database, people, consent="form")
        with database.read() as connection:
            ids = set(connection.scalars(select(subscribers.c.id)))
            assert not ids & before
            before |= ids
            assert get_it(connection) == (0, {LeftOut.HAS_IT: 3})
            assert get_it(connection, is_rest=True) == (0, {LeftOut.HAS_IT: 3})
            assert get_it(connection, "next") == (3, {})
            got = received_mailings(connection, get(connection, "a@example.org").id)
            assert [(each.issue, each.state) for each in got] == [(ISSUE, DeliveryState.ACCEPTED)]
    with database.read() as connection:
        assert get_it(connection, "correction", got=ISSUE) == (3, {})


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (DeliveryState.UNKNOWN, {LeftOut.CANNOT_KNOW: 1}),
        (DeliveryState.DEFERRED, {LeftOut.HAS_IT: 1}),
        (DeliveryState.SUPPRESSED, {}),
    ],
)
def test_delivery_state_follows_the_address(
    database: Database, tmp_path: Path, state: DeliveryState, why: dict[LeftOut, int]
) -> None:
    """Unconfirmed messages stay unconfirmed after undo and import; people who did not get the issue get it."""
    people = written(tmp_path, "email\na@example.org\n")
    take(database, people, consent="form")
    with database.write() as connection:
        end(connection, freeze(connection, draft(), NOW), state)
    undo_last(database)
    take(database, people, consent="form")
    with database.read() as connection:
        assert get_it(connection, is_rest=True) == (0 if why else 1, why)


def test_erased_and_subscribed_again(database: Database) -> None:
    """A person who was erased and subscribes again does not get an issue twice; only a hash is stored."""
    with database.write() as connection:
        join(connection, "a@example.org")
        mail(connection)
        erase(connection, parse_address("a@example.org"), LATER)
        assert not find(connection, "a@example.org")
        kept = connection.execute(select(tombstones)).mappings().all()
        assert len(kept) == 1 and not any("example" in str(each) for each in kept[0].values())
        back = sign_up(connection, parse_address("A@example.org"), {}, source="form", now=LATER)
        confirm(connection, back.id, "double opt-in", source="form", now=LATER)
        assert get_it(connection) == (0, {LeftOut.HAS_IT: 1})


def test_people_without_mail_leave_no_tombstone(database: Database, tmp_path: Path) -> None:
    """People who were imported by mistake and removed before any mail leave no tombstone."""
    take(database, written(tmp_path, "email\na@example.org\n"), consent="form")
    undo_last(database)
    with database.read() as connection:
        assert connection.execute(select(tombstones)).all() == []


def test_a_changed_address_keeps_its_history(database: Database) -> None:
    """After a change of address neither the person nor the next owner of the old address gets the issue again."""
    with database.write() as connection:
        join(connection, "a@example.org")
        mail(connection)
        move(connection, "a@example.org", "b@example.org")
        assert get_it(connection) == (0, {LeftOut.HAS_IT: 1})
        join(connection, "a@example.org")
        assert get_it(connection) == (0, {LeftOut.HAS_IT: 2})
        # From here on they are two people: mail to one has no effect on the other.
        second = freeze(connection, draft("second"), NOW)
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.subscriber_id == get(connection, "b@example.org").id, deliveries.c.mailing_id == second.id
            )
            .values(state=DeliveryState.ACCEPTED)
        )
        connection.execute(
            update(deliveries)
            .where(deliveries.c.state == DeliveryState.PENDING)
            .values(state=DeliveryState.EXPIRED, issue_id=None)
        )
        connection.execute(update(mailings).values(ended=NOW))
        assert get_it(connection, "second", is_rest=True) == (1, {LeftOut.HAS_IT: 1})


def test_a_chain_of_addresses_and_ids_is_one_person(database: Database, tmp_path: Path) -> None:
    """Imported, mailed, undone, imported, moved, erased and subscribed again with the new address: one person."""
    people = written(tmp_path, "email\na@example.org\n")
    take(database, people, consent="form")
    with database.write() as connection:
        mail(connection)
    undo_last(database)
    take(database, people, consent="form")
    with database.write() as connection:
        move(connection, "a@example.org", "b@example.org")
        assert get_it(connection) == (0, {LeftOut.HAS_IT: 1})
        erase(connection, parse_address("b@example.org"), LATER)
        back = sign_up(connection, parse_address("b@example.org"), {}, source="form", now=LATER)
        confirm(connection, back.id, "double opt-in", source="form", now=LATER)
        assert get_it(connection) == (0, {LeftOut.HAS_IT: 1})
        assert [each.issue for each in received_mailings(connection, back.id)] == [ISSUE]
        # The earlier address was erased too: only its owner's own double opt-in brings it back.
        with pytest.raises(AudienceError, match="they asked to be erased"):
            join(connection, "a@example.org")
        other = sign_up(connection, parse_address("a@example.org"), {}, source="form", now=LATER)
        confirm(connection, other.id, "double opt-in", source="form", now=LATER)
        assert get_it(connection) == (0, {LeftOut.HAS_IT: 2})


def test_an_address_changes_back_and_forth(database: Database) -> None:
    """An address that changes back and forth, with and without a mailing in between, is always right."""
    with database.write() as connection:
        subscriber = join(connection, "a@example.org")
        issues, numbers = count(1), []
        for old, new, is_mailed in (
            ("a", "b", True),
            ("b", "a", False),
            ("a", "b", False),
            ("b", "c", True),
            ("c", "a", True),
            ("a", "c", False),
        ):
            if is_mailed:
                numbers.append(mail(connection, f"i{next(issues)}").id)
            move(connection, f"{old}@example.org", f"{new}@example.org")
        assert len(received_mailings(connection, subscriber.id)) == 3
        for name, wanted in (("a", {1}), ("b", {1, 2})):
            other = join(connection, f"{name}@example.org")
            assert {each.mailing_id for each in received_mailings(connection, other.id)} >= wanted
        assert spans_of(connection, subscriber.id, is_this_address=True)[0].first == 4


def test_an_unavailable_address_is_rejected(database: Database) -> None:
    """Nobody can change to an address of another subscriber, or of one who unsubscribed; nor can unsubscribed people."""
    with database.write() as connection:
        first, other = join(connection, "a@example.org"), join(connection, "b@example.org")
        gone = join(connection, "gone@example.org")
        unsubscribe(connection, gone.id, source="link", now=LATER)
        for subscriber, address in ((first, "B@example.org"), (first, "gone@example.org"), (gone, "new@example.org")):
            with pytest.raises(AudienceError):
                change_address(connection, subscriber.id, parse_address(address), source="by hand", now=LATER)
        assert find(connection, "a@example.org") is not None
        moved = change_address(connection, first.id, parse_address("A@Example.org"), source="by hand", now=LATER)
        assert (moved.id, moved.address, moved.status) == (first.id, "A@Example.org", Status.ACTIVE)
        assert other.id == get(connection, "b@example.org").id
        assert connection.execute(select(tombstones)).all() == []


def test_a_correction_has_the_number_of_its_mailing(database: Database) -> None:
    """A correction has the public number of the mailing that it corrects."""
    with database.write() as connection:
        add_subscriber(connection, parse_address("a@example.org"), {}, source="test", now=NOW, consent="form")
        first = mail(connection)
        fix = freeze(connection, draft("fix", selection=Selection(issue="fix", got=ISSUE), corrects=first.id), NOW)
        assert mailing_of(connection, fix.id).corrects_public_id == first.public_id


def test_mail_received_by_imported_people_is_counted(database: Database, tmp_path: Path) -> None:
    """Received mail is counted by mailing: accepted and unconfirmed, without other people's mail."""
    take(
        database,
        written(tmp_path, "email\n" + "\n".join(f"r{number}@example.org" for number in range(5))),
        consent="form",
    )
    states = (DeliveryState.ACCEPTED, DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.REFUSED)
    with database.write() as connection:
        ids = connection.scalars(select(subscribers.c.id).order_by(subscribers.c.id)).all()
        join(connection, "other@example.org")
        mail(connection)
        for subscriber_id, state in zip(ids, (*states, DeliveryState.SENDING), strict=True):
            connection.execute(
                update(deliveries).where(deliveries.c.subscriber_id == subscriber_id).values(state=state)
            )
        # A second, unconfirmed mailing; one that every server rejected; and a rehearsal.
        for number, state in ((2, DeliveryState.UNKNOWN), (3, DeliveryState.REFUSED), (4, DeliveryState.ACCEPTED)):
            end(connection, freeze(connection, draft(f"i{number}"), NOW), state)
        connection.execute(update(mailings).where(mailings.c.id == 4).values(is_rehearsal=True))
        found = last_import(connection)
        assert (found.came, found.left, found.others) == (5, 0, 0)
        assert [(each.mailing, each.issue, each.received, each.unconfirmed) for each in found.mailed] == [
            (1, ISSUE, 2, 2),
            (2, "i2", 0, 5),
        ]
