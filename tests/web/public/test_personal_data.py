"""The registry of personal data lists every table with personal data; `compose who`, download and erasure use it."""

import importlib
import json
import pkgutil
import re
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.types import Text

import composer.database
from composer.audience.changes import change_address, tag
from composer.audience.erasure import erase
from composer.audience.suppression import Reason, suppress
from composer.core.addresses import Address, parse_address
from composer.database.engine import Database
from composer.database.tables.bounce_tables import returned
from composer.database.tables.mailing_tables import deliveries, events, recipients
from composer.database.tables.metadata import metadata
from composer.database.tables.review_tables import edition_tests, editions, review_answers, review_requests, reviews
from composer.database.tables.subscriber_tables import subscribers
from composer.delivery.selection.freeze import freeze
from composer.web.personal_data import EVERYWHERE, EXEMPT, STORES, OnErasure, records_of, subject_of
from composer.web.public.pages.operations import data_of
from composer.web.public.transactional.mail_requests import EmailKind, EmailRequest, request_email
from tests.audience.people import LATER, NOW, join
from tests.delivery.factories import draft

#: Names of columns that contain an address, its hash, or a subscriber's id.
_PERSONAL = re.compile(r"(^|_)(subscriber|subscriber|person|recipient|address|email|normal|mailbox|hash)(_id|_hash)?$")
#: Records about a person as an editor stay when they are erased as a subscriber.
_AS_EDITOR = ("edition_tests", "review_requests", "review_answers")
_REGISTERED = {(store.table.name, column) for store in STORES for column in store.columns}


def all_tables() -> None:
    for module in pkgutil.iter_modules(composer.database.__path__, "composer.database."):
        importlib.import_module(module.name)


def fill(connection: Connection) -> int:
    """Write a record about berta into every table with personal data; return her id."""
    berta = join(connection, "berta.old@example.net", "press", name="Berta Berg")
    mailing = freeze(connection, draft(), NOW)
    connection.execute(update(deliveries).values(state="accepted", words="250 ok"))
    row = {"mailing_id": mailing.id, "subscriber_id": berta.id, "at": NOW, "kind": "accepted", "words": "250 ok"}
    connection.execute(insert(events), [row])
    bounce = {"hash": "h", "at": NOW, "source": "file", "kind": "bounce", "bounce": "soft", "effect": "counted",
              "words": "berta.old@example.net is full", "recipient": "Berta.Old@example.net", "domain": "example.net",
              "subscriber_id": berta.id, "mailing_id": mailing.id}  # fmt: skip
    connection.execute(insert(returned), [bounce])
    suppress(connection, "berta.older@example.net", Reason.BY_HAND, "test", NOW)
    change_address(connection, berta.id, parse_address("berta@example.net"), source="test", now=LATER)
    suppress(connection, "berta.old@example.net", Reason.BOUNCED, "bounce", LATER)
    tag(connection, berta.id, give=["staff"], source="test", now=LATER)
    address = Address(address="Berta@example.net")
    request_email(connection, EmailRequest(kind=EmailKind.LINK, address=address, language="en", turn=0, asked=LATER))
    edition = {"issue": "i", "stem": "i", "hash": "e", "subject": "s", "language": "en", "digests": "{}", "seen": NOW}
    edition_id = connection.scalar(insert(editions).returning(editions.c.id), edition)
    connection.execute(
        insert(edition_tests), [{"edition_id": edition_id, "at": NOW, "address": "Berta@example.net", "reply": "250"}]
    )
    review = connection.scalar(insert(reviews).returning(reviews.c.id), {"issue": "i", "hash": "e", "seen": NOW})
    asked = {"review_id": review, "address": "Berta@example.net", "normal": "berta@example.net", "at": NOW}
    connection.execute(insert(review_requests), [{**asked, "link": "l"}])
    connection.execute(insert(review_answers), [{**asked, "answer": "yes"}])
    return berta.id


def holds(connection: Connection, marker: str, number: int) -> set[str]:
    """Return the tables that contain a marker or a subscriber's id."""
    found = set()
    for table in metadata.tables.values():
        for row in connection.execute(select(table)).mappings():
            if any(value == number or (isinstance(value, str) and marker in value.lower()) for value in row.values()):
                found.add(table.name)
    return found


def test_every_column_that_may_hold_a_person_is_registered() -> None:
    """A new table with an address, a hash of one or a subscriber's id must be in the registry, or exempt with a reason."""
    all_tables()
    suspects = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if _PERSONAL.search(column.name) or any(key.column.table is subscribers for key in column.foreign_keys)
    }
    suspects.add(("subscribers", "id"))
    assert suspects - _REGISTERED - EXEMPT.keys() == set()
    assert EXEMPT.keys() <= suspects and all(EXEMPT.values())
    assert {column for table, column in _REGISTERED if column not in metadata.tables[table].columns} == set()
    assert isinstance(subscribers.c.normal.type, Text)


def test_everything_that_is_stored_is_found(database: Database) -> None:
    """Every table that contains a marker is one that the registry returns."""
    all_tables()
    with database.write() as connection:
        number = fill(connection)
        there = holds(connection, "berta", number)
        subject = subject_of(connection, "BERTA@example.net")
        records = records_of(connection, subject, is_whole=True)
        given = {store.table.name for store in STORES if records[store.key]}
        # The database does not show that another address on the list is hers.
        assert there <= given | {"suppressions"}
        assert given >= {
            *(
                "subscribers",
                "subscriber_tags",
                "subscriber_changes",
                "consents",
                "deliveries",
                "delivery_events",
                "recipients",
            ),
            *("returned", "transactional_emails", "suppressions", *_AS_EDITOR, "tombstones"),
        }
        download = data_of(connection, number)
        assert download is not None
        assert {store.key for store in STORES if not store.is_summarised} <= download.keys()
        assert [each["issue"] for each in download["deliveries"]] == ["2025-01-30"]  # type: ignore[attr-defined]
        text = json.dumps(download)
        for word in ("Berta Berg", "is full", "250 ok", "staff", "berta.old@example.net", "form"):
            assert word in text


def test_erasure_follows_the_registry(database: Database) -> None:
    """Records are deleted or cleared as registered, for earlier addresses too; no table contains the marker."""
    all_tables()
    with database.write() as connection:
        number = fill(connection)
        before = subject_of(connection, "berta@example.net")
        erase(connection, parse_address("berta@example.net"), LATER + timedelta(days=1), EVERYWHERE)
        for store in STORES:
            rows = connection.execute(select(store.table).where(store.about(before))).mappings().all()
            match store.on_erasure:
                case OnErasure.DELETED | OnErasure.CLEARED:
                    assert rows == [], store.key
                case OnErasure.PSEUDONYMOUS:
                    assert not any("berta" in str(value).lower() for row in rows for value in row.values()), store.key
                case OnErasure.KEPT:
                    assert store.table.name in ("imports", *_AS_EDITOR)
        left = holds(connection, "berta", number) - {*_AS_EDITOR}
        # The id is left where rows are counted, and with the hash; the last is a row without a known person.
        assert left == {"deliveries", "delivery_events", "tombstones", "suppressions"}
        assert connection.execute(select(recipients)).all() == []
        assert connection.execute(select(returned.c.recipient, returned.c.words, returned.c.subscriber_id)).all() == [
            ("", "", None)
        ]
