"""The registry of personal data: every table that holds something about a person, and what erasure does with it.

Input: a connection and an address. Output: all records about that person, for `compose who`, for the download on the public
pages and for erasure. Guarantees: all three use this registry, so that none of them misses a table. A test fails if a
table with a column for an address, its hash or a subscriber's id is neither here nor in `EXEMPT`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, false, func, or_, select

from composer.audience.erasure import ForgetElsewhere, former_addresses
from composer.audience.identity.tombstones import AddressSpan, about, known_hashes, spans_of, spans_of_hash
from composer.audience.subscribers import find
from composer.audience.suppression import Reason, erasure_key, hashed
from composer.bounces.record.recorder import forget as forget_bounces
from composer.core.addresses import normal_address
from composer.database.tables.bounce_tables import bounce_marks, returned
from composer.database.tables.mailing_tables import deliveries, events, issues, mailings, recipients
from composer.database.tables.review_tables import edition_tests, editions, review_answers, review_requests, reviews
from composer.database.tables.subscriber_tables import (
    consents,
    erasures,
    imports,
    subscriber_changes,
    subscriber_tags,
    subscribers,
    suppressions,
    tombstones,
)
from composer.database.tables.transactional_tables import transactional_emails
from composer.delivery.selection.recipient_erasure import forget as forget_mailings


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What identifies a person in the records: ids with the mailings they were used in, addresses, hashes of addresses."""

    subscriber_id: int | None
    normals: tuple[str, ...]
    hashes: tuple[str, ...]
    spans: tuple[AddressSpan, ...]


class OnErasure(StrEnum):
    """What erasure does with the records of a store."""

    DELETED = "deleted"
    #: columns that identify the person are emptied; the row stays in the statistics
    CLEARED = "cleared"
    #: identifies nobody: a number or a keyed hash
    PSEUDONYMOUS = "pseudonymous"
    #: not about the person as a subscriber
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A table with records about people."""

    table: Table
    #: Its name in JSON, and the name to display.
    key: str
    title: str
    #: Columns with an address, its hash, or a subscriber's id.
    columns: tuple[str, ...]
    #: Selects the rows about a person.
    about: Callable[[Subject], ColumnElement[bool]]
    on_erasure: OnErasure
    #: Removes the rows; None if they are removed with the subscriber (audience/erasure.py) or stay.
    forget: ForgetElsewhere | None = None
    #: More columns that make a row understandable.
    more: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    #: Columns that name somebody else, such as the editor who decided something.
    hidden: tuple[str, ...] = ()
    #: Part of a subscriber's summary; `compose who` and the download do not repeat it.
    is_summarised: bool = False


def forget_emails(
    connection: Connection, subscriber_id: int | None, normal: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Delete the mails that were requested for an address; called by `audience.erasure.erase`."""
    count = connection.scalar(select(func.count()).where(transactional_emails.c.normal == normal)) or 0
    connection.execute(delete(transactional_emails).where(transactional_emails.c.normal == normal))
    return ((f"messages requested on the public pages ({count})",) if count else ()), ()


def _theirs(column: ColumnElement[int]) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: column == subject.subscriber_id if subject.subscriber_id is not None else false()


def _by_address(column: ColumnElement[str]) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: func.lower(column).in_(subject.normals)


def _by_hash(column: ColumnElement[str]) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: column.in_(subject.hashes)


def _by_mailing(table: Table) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: about(table, subject.spans) if subject.spans else false()


def _of_emails(subject: Subject) -> ColumnElement[bool]:
    """Select the events of requested messages; they are deleted together with their message."""
    return events.c.email_id.in_(
        select(transactional_emails.c.id).where(transactional_emails.c.normal.in_(subject.normals))
    )


def _issue_of(table: Table) -> ColumnElement[Any]:
    named = select(issues.c.key).join_from(mailings, issues).where(mailings.c.id == table.c.mailing_id)
    return named.correlate(table).scalar_subquery()


def _stem_of(table: Table) -> ColumnElement[Any]:
    return select(editions.c.stem).where(editions.c.id == table.c.edition_id).correlate(table).scalar_subquery()


def _reviewed_in(table: Table) -> ColumnElement[Any]:
    return select(reviews.c.issue).where(reviews.c.id == table.c.review_id).correlate(table).scalar_subquery()


def _linked(table: Table, column: ColumnElement[Any]) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: table.c.id.in_(select(column).where(_theirs(subscribers.c.id)(subject)))


STORES: tuple[Store, ...] = (
    Store(table=subscribers, key="subscriber", title="Subscriber", columns=("id", "address", "normal"),
          about=_theirs(subscribers.c.id), on_erasure=OnErasure.DELETED, is_summarised=True),
    Store(table=subscriber_tags, key="tags", title="Tags", columns=("subscriber_id",),
          about=_theirs(subscriber_tags.c.subscriber_id), on_erasure=OnErasure.DELETED, is_summarised=True),
    Store(table=subscriber_changes, key="history", title="History", columns=("subscriber_id",),
          about=_theirs(subscriber_changes.c.subscriber_id), on_erasure=OnErasure.DELETED, is_summarised=True),
    Store(table=consents, key="consent", title="Consent", columns=("evidence",),
          about=_linked(consents, subscribers.c.consent_id), on_erasure=OnErasure.DELETED, is_summarised=True),
    Store(table=imports, key="came_with", title="Import", columns=(),
          about=_linked(imports, subscribers.c.import_id), on_erasure=OnErasure.KEPT, is_summarised=True),
    Store(table=suppressions, key="suppressed", title="Suppression list", columns=("normal", "hash"),
          about=lambda subject: or_(suppressions.c.normal.in_(subject.normals), suppressions.c.hash.in_(subject.hashes)),
          on_erasure=OnErasure.PSEUDONYMOUS, is_summarised=True),
    Store(table=transactional_emails, key="messages_asked_for", title="Messages requested on the public pages",
          columns=("address", "normal", "mailbox"),
          about=lambda subject: transactional_emails.c.normal.in_(subject.normals), on_erasure=OnErasure.DELETED,
          forget=forget_emails),
    Store(table=deliveries, key="deliveries", title="Deliveries", columns=("subscriber_id",),
          about=_by_mailing(deliveries), on_erasure=OnErasure.PSEUDONYMOUS, forget=forget_mailings,
          more={"issue": _issue_of(deliveries)}),
    Store(table=events, key="events", title="Events of mailings and messages", columns=("subscriber_id", "email_id"),
          about=lambda subject: or_(_by_mailing(events)(subject), _of_emails(subject)),
          on_erasure=OnErasure.PSEUDONYMOUS, more={"issue": _issue_of(events)}, hidden=("who",)),
    Store(table=recipients, key="frozen_values", title="Values frozen for mailings in progress",
          columns=("subscriber_id", "address", "answered_subscriber"), about=_by_mailing(recipients),
          on_erasure=OnErasure.DELETED,
          forget=forget_mailings, more={"issue": _issue_of(recipients)}),
    Store(table=returned, key="bounces", title="Bounces and complaints", columns=("subscriber_id", "recipient"),
          about=lambda subject: or_(_by_mailing(returned)(subject), _by_address(returned.c.recipient)(subject)),
          on_erasure=OnErasure.CLEARED, forget=forget_bounces, more={"issue": _issue_of(returned)}),
    Store(table=bounce_marks, key="bounces_by_mailing", title="Mailings with a bounce that suppressed the address or is held",
          columns=("subscriber_id",), about=_by_mailing(bounce_marks), on_erasure=OnErasure.PSEUDONYMOUS,
          more={"issue": _issue_of(bounce_marks)}),
    Store(table=tombstones, key="earlier_ids", title="Earlier ids and addresses, as hashes", columns=("subscriber_id", "hash"),
          about=lambda subject: or_(_by_hash(tombstones.c.hash)(subject), _theirs(tombstones.c.subscriber_id)(subject)),
          on_erasure=OnErasure.PSEUDONYMOUS),
    Store(table=erasures, key="erasures", title="Earlier erasures", columns=("hash",),
          about=_by_hash(erasures.c.hash), on_erasure=OnErasure.PSEUDONYMOUS),
    Store(table=edition_tests, key="tests_as_editor", title="Test messages, as an editor", columns=("address",),
          about=_by_address(edition_tests.c.address), on_erasure=OnErasure.KEPT, more={"edition": _stem_of(edition_tests)}),
    Store(table=review_requests, key="review_requests_as_editor", title="Requests for approval, as an editor",
          columns=("address", "normal"), about=_by_address(review_requests.c.normal), on_erasure=OnErasure.KEPT,
          more={"issue": _reviewed_in(review_requests)}, hidden=("link",)),
    Store(table=review_answers, key="approvals_as_editor", title="Approvals, as an editor", columns=("address", "normal"),
          about=_by_address(review_answers.c.normal), on_erasure=OnErasure.KEPT,
          more={"issue": _reviewed_in(review_answers)}, hidden=("typed_by",)),
)  # fmt: skip

#: Columns that look like personal data but are not: table and column, with the reason.
EXEMPT: Mapping[tuple[str, str], str] = {
    ("editions", "hash"): "hash of an edition",
    ("reviews", "hash"): "hash of the editions of an issue",
    ("returned", "hash"): "hash of the bounce message",
}

#: What `audience.erasure.erase` calls, both from the command line and from a subscriber's own page.
EVERYWHERE: tuple[ForgetElsewhere, ...] = tuple(
    dict.fromkeys(each.forget for each in STORES if each.forget is not None)
)


def subject_of(connection: Connection, address: str) -> Subject:
    """Return what identifies a person, given any spelling of their address. Raises AddressError."""
    normal, key = normal_address(address), erasure_key(connection)
    subscriber = find(connection, address)
    normals = (normal, *(former_addresses(connection, subscriber.id) if subscriber else ()))
    hashes = tuple(hashed(key, each) for each in normals) if key else ()
    spans: tuple[AddressSpan, ...] = ()
    if subscriber is not None:
        spans = spans_of(connection, subscriber.id)
    elif hashes and known_hashes(connection, hashes).get(hashes[0]) != Reason.ERASED:
        # After an erasure, records under a number are no longer found by the address.
        spans = spans_of_hash(connection, hashes[0])
    return Subject(subscriber_id=subscriber.id if subscriber else None, normals=normals, hashes=hashes, spans=spans)


def records_of(
    connection: Connection, subject: Subject, *, is_whole: bool = False
) -> dict[str, list[dict[str, object]]]:
    """Return all records about a person by the keys of their stores, oldest first.

    Stores that are part of a subscriber's summary are left out unless `is_whole`.
    """
    found: dict[str, list[dict[str, object]]] = {}
    for store in STORES:
        if store.is_summarised and not is_whole:
            continue
        shown = (each for each in store.table.columns if each.name not in store.hidden)
        columns = [*shown, *(column.label(name) for name, column in store.more.items())]
        rows = connection.execute(
            select(*columns).where(store.about(subject)).order_by(*store.table.primary_key.columns)
        ).mappings()
        found[store.key] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return found


def _plain(value: object) -> object:
    """Return a value in a form that JSON supports."""
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else value
