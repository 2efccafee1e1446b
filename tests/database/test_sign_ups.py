"""Messages of the public pages from earlier versions: they are kept, with their mailbox, and go on in the states of today."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from composer.database.engine import Database, connect
from composer.database.location import Location
from composer.database.schema_upgrade import upgrade
from composer.database.schema_version import newest
from composer.database.tables.mailing_tables import deliveries, events, workers
from composer.database.tables.metadata import IS_STATE, metadata, milliseconds
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.core.states import DeliveryState
from composer.web.public.transactional import queue
from tests.databases import put, upgrade_to
from tests.delivery.factories import NOW

#: The last version without mailboxes, and the last one with states of its own for these messages.
WITHOUT_MAILBOXES, OWN_STATES = "0008", "0018"
AT, LATER = milliseconds(NOW), milliseconds(NOW + timedelta(minutes=15))

ROWS = {"anna@example.net": "anna@example.net", "an.na+x@googlemail.com": "anna@gmail.com", "+x@e.org": "+x@e.org"}


def test_mailboxes_are_filled_in(no_tables: Location) -> None:
    """A waiting message still waits afterwards, at the same place, and counts for its mailbox."""
    with connect(no_tables) as database:
        upgrade_to(database, WITHOUT_MAILBOXES)
        with database.write() as connection:
            for normal in ROWS:
                connection.exec_driver_sql(
                    "INSERT INTO letters (kind, address, normal, language, asked, due, state)"
                    f" VALUES ('confirm', '{normal}', '{normal}', 'en', 1, 1, 'waiting')"
                )
        assert upgrade(database) == (int(WITHOUT_MAILBOXES), newest())
        with database.read() as connection:
            rows = connection.execute(select(transactional_emails)).mappings().all()
    assert {row["normal"]: row["mailbox"] for row in rows} == ROWS
    assert {(row["turn"], row["state"], row["counted"], row["reason"]) for row in rows} == {(0, "pending", None, None)}


#: What was stored: state, attempts, the end of a claim or the next attempt, the place in the hour, reason, reply; and what
#: that is now: state, attempts, next attempt, place, reason, reply.
TRANSLATED = (
    (("waiting", 0, AT, None, None, ""), ("pending", 0, AT, None, None, None)),
    # A process had it in hand, for the first and for the second time.
    (("waiting", 1, LATER, AT, None, ""), ("pending", 0, AT, None, None, None)),
    (("waiting", 2, LATER, AT, None, "451 later"), ("pending", 1, AT, None, None, "451 later")),
    (("waiting", 1, LATER, None, None, "451 later"), ("deferred", 1, LATER, None, None, "451 later")),
    (("sending", 1, LATER, AT, None, ""), ("unknown", 1, LATER, AT, "run_died", None)),
    (("accepted", 1, LATER, AT, None, "250 ok"), ("accepted", 1, LATER, AT, None, "250 ok")),
    (("refused", 1, LATER, AT, None, "550 no"), ("refused", 1, LATER, AT, None, "550 no")),
    (("unknown", 1, LATER, AT, None, ""), ("unknown", 1, LATER, AT, None, None)),
    (("written", 1, LATER, AT, None, ""), ("written", 1, LATER, AT, None, None)),
    (("dropped", 0, AT, None, "limit", ""), ("suppressed", 0, AT, None, "limit", None)),
    (("dropped", 0, AT, None, "repeated", ""), ("suppressed", 0, AT, None, "repeated", None)),
    (("dropped", 1, LATER, AT, "nobody", ""), ("suppressed", 0, LATER, AT, "nobody", None)),
    (("dropped", 1, LATER, AT, "full", ""), ("suppressed", 0, LATER, AT, "full", None)),
    (("dropped", 3, AT, None, "expired", "451 later"), ("expired", 3, AT, None, "deadline", "451 later")),
)


@pytest.fixture
def before(no_tables: Location) -> Iterator[Database]:
    """A database from before, with a message in each state, a mailing with an event and a run, and a deleted last message."""
    with connect(no_tables) as database:
        upgrade_to(database, OWN_STATES)
        with database.write() as connection:
            for number, (old, _) in enumerate(TRANSLATED):
                state, attempts, due, counted, reason, reply = old
                named: dict[str, object] = {
                    "kind": "confirm",
                    "address": f"r{number}@example.net",
                    "normal": f"r{number}@example.net",
                }
                named |= {"mailbox": f"r{number}@example.net", "language": "en", "asked": AT, "turn": number}
                put(connection, "transactional_emails", **named, state=state, attempts=attempts, due=due,
                    counted=counted, drop_reason=reason, reply=reply)  # fmt: skip
            put(connection, "transactional_emails", **named, state="waiting", due=AT)
            connection.exec_driver_sql(f"DELETE FROM transactional_emails WHERE id = {len(TRANSLATED) + 1}")
            put(connection, "issues", key="2025-01-30", again=0)
            put(connection, "mailings", public_id=7, issue_id=1, is_rehearsal=False, made=AT, made_by="anna", program="1",
                edition="e", subject="s", audience="{}", frozen_settings="{}", frozen=1, left_out="{}")  # fmt: skip
            put(
                connection, "workers", mailing_id=1, host="h", process=1, home="", began=AT, seen=AT, nonce="n", count=3
            )
            put(
                connection,
                "mailing_events",
                mailing_id=1,
                subscriber_id=5,
                at=AT,
                kind="accepted",
                who="",
                run=1,
                words="x",
            )
        assert upgrade(database) == (int(OWN_STATES), newest())
        yield database


def test_requests_in_progress_go_on(before: Database) -> None:
    """Each has the state of a delivery that fits; a message that may have been sent is not sent again."""
    with before.read() as connection:
        rows = connection.execute(select(transactional_emails).order_by(transactional_emails.c.id)).mappings().all()
    names = ("state", "attempts", "next_at", "counted", "reason", "words")
    found = [tuple(milliseconds(row[name]) if name in ("next_at", "counted") and row[name] else row[name] for name in names)
             for row in rows]  # fmt: skip
    assert found == [new for _, new in TRANSLATED]
    assert {(row["worker_id"], row["changed"], row["queue_id"]) for row in rows} == {(None, NOW, None)}
    with before.write() as connection:
        taken = []
        while (found_next := queue.next_email(connection, 1, 50, NOW)).order is not None:
            taken.append(found_next.order.email.id)
    assert taken == [1, 2, 3]


def test_events_and_runs_stay(before: Database) -> None:
    """With their ids; ids of deleted messages are not given again; events of a message go with it."""
    with before.write() as connection:
        (told,) = connection.execute(select(events)).mappings().all()
        assert (told["id"], told["mailing_id"], told["subscriber_id"], told["email_id"]) == (1, 1, 5, None)
        assert (told["kind"], told["run"], told["words"]) == ("accepted", 1, "x")
        assert connection.execute(select(workers.c.id, workers.c.nonce, workers.c.count)).all() == [(1, "n", 3)]
        row = {
            "kind": "link",
            "address": "a@b.org",
            "normal": "a@b.org",
            "language": "en",
            "asked": NOW,
            "next_at": NOW,
        }
        new = connection.execute(
            transactional_emails.insert()
            .values(**row, changed=NOW, state="pending")
            .returning(transactional_emails.c.id)
        ).scalar_one()
        assert new == len(TRANSLATED) + 2
        connection.execute(events.insert(), [{"email_id": new, "at": NOW, "kind": "accepted"}])
        connection.execute(transactional_emails.delete())
        assert connection.scalars(select(events.c.id)).all() == [1]


def test_the_tables_have_the_states_of_the_program() -> None:
    """Every state is allowed in both tables, and no other."""
    assert f"state IN ({', '.join(repr(state.value) for state in DeliveryState)})" == IS_STATE
    for table in (deliveries, transactional_emails):
        assert IS_STATE in {str(each.sqltext) for each in table.constraints if hasattr(each, "sqltext")}
    assert {"deliveries", "transactional_emails"} == {
        table.name for table in metadata.sorted_tables
        if any(str(getattr(each, "sqltext", "")) == IS_STATE for each in table.constraints)
    }  # fmt: skip
