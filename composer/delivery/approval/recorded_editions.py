"""Recorded editions: an issue file with all its variants, as it was when it was tested, reviewed or sent.

Input: a connection, built variants, the time. Output: values and rows. Guarantees: everything belongs to one hash; an
edit makes a new edition, which has no test yet; nothing here contains a subscriber's data.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from composer.content.values.merge_fields import stand_ins
from composer.database.tables.mailing_tables import deliveries, mailings
from composer.database.tables.review_tables import (
    edition_tests,
    edition_variants,
    editions,
    mailing_reviews,
    review_editions,
)
from composer.delivery.approval.content_diff import (
    FILE_GONE,
    FILE_NEW,
    OUTDATED,
    changes,
    changes_since_outdated,
    section_digests,
)
from composer.delivery.core.states import DeliveryState
from composer.editions.pipeline import BuiltVariant, hash_of, is_outdated, pick
from composer.mail.merge_slots import fill_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEdition:
    """An issue file as it is now: all messages for subscribers in its language."""

    issue: str
    stem: str
    hash: str
    subject: str
    language: str
    #: The issue's own date and number.
    date: Date | None = None
    number: int | None = None
    digests: Mapping[str, str] = field(repr=False)
    #: The variant with the most content first.
    variants: tuple[BuiltVariant, ...] = field(default=(), repr=False)

    @property
    def digests_as_json(self) -> str:
        """The digests as the database stores them."""
        return json.dumps(dict(self.digests), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTests:
    """The test sends of an edition."""

    #: The times and addresses, the latest first.
    sent: tuple[tuple[datetime, str], ...] = ()
    #: If only an earlier edition of the file was tested: what has changed since, as codes (content_diff.since).
    changed_since: tuple[str, ...] = ()


def edition_of(variants: Sequence[BuiltVariant]) -> RecordedEdition:
    """Return the edition of one issue file; `variants` are those of one file."""
    built = variants[0].built
    return RecordedEdition(
        issue=built.issue.key,
        stem=built.issue.stem,
        hash=hash_of(variants),
        subject=fill_text(built.edition.subject, stand_ins(built.edition.fields)),
        language=built.issue.language,
        date=built.issue.date,
        number=built.issue.number,
        digests=section_digests(variants),
        variants=tuple(variants),
    )


def remember(connection: Connection, edition: RecordedEdition, now: datetime) -> int:
    """Record an edition, unless it is recorded already; return its id."""
    added = _insert(connection, editions).values(
        issue=edition.issue,
        stem=edition.stem,
        hash=edition.hash,
        subject=edition.subject,
        language=edition.language,
        issue_date=edition.date.isoformat() if edition.date else None,
        issue_number=edition.number,
        digests=edition.digests_as_json,
        seen=now,
    )
    # A date that is not in the text may have changed, and older versions did not store the date.
    dated = {"issue_date": added.excluded.issue_date, "issue_number": added.excluded.issue_number}
    connection.execute(added.on_conflict_do_update(index_elements=["stem", "hash"], set_=dated))
    here = editions.c.stem == edition.stem, editions.c.hash == edition.hash
    edition_id: int = connection.execute(select(editions.c.id).where(*here)).scalar_one()
    return edition_id


def keep_messages(
    connection: Connection, edition: RecordedEdition, edition_id: int, *, is_public_only: bool = False
) -> None:
    """Store the messages of a recorded edition, so that they can be shown: all of them, or only the public one."""
    if not edition.variants:
        return
    public = pick(edition.variants, edition.language, ())
    for number, variant in enumerate(edition.variants, 1):
        if is_public_only and variant is not public:
            continue
        added = _insert(connection, edition_variants).values(
            edition_id=edition_id,
            number=number,
            subscribers=variant.issue_variant.who.to_json(),
            is_public=variant is public,
            compiled=variant.compiled.to_bytes(),
        )
        connection.execute(added.on_conflict_do_nothing(index_elements=["edition_id", "number"]))


def record_test(connection: Connection, edition: RecordedEdition, address: str, reply: str, now: datetime) -> None:
    """Record that a server accepted a test send of an edition."""
    row = {"edition_id": remember(connection, edition, now), "at": now, "address": address, "reply": reply}
    connection.execute(insert(edition_tests), [row])


def sent_tests(connection: Connection, edition: RecordedEdition) -> SentTests:
    """Return the test sends of an edition."""
    sent = connection.execute(
        select(edition_tests.c.at, edition_tests.c.address)
        .join_from(edition_tests, editions)
        .where(editions.c.stem == edition.stem, editions.c.hash == edition.hash)
        .order_by(edition_tests.c.id.desc())
    ).all()
    if sent:
        return SentTests(sent=tuple((row.at, row.address) for row in sent))
    last = connection.execute(
        select(editions)
        .where(editions.c.stem == edition.stem, editions.c.id.in_(select(edition_tests.c.edition_id)))
        .order_by(editions.c.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return SentTests()
    is_old = is_outdated(last.hash)
    return SentTests(changed_since=(OUTDATED,) if is_old else differences([last], [edition]).get(edition.stem, ()))


def differences(before: Sequence[Row[Any]], now_there: Sequence[RecordedEdition]) -> Mapping[str, tuple[str, ...]]:
    """Return how recorded editions (rows of `editions`) differ from the current ones, as codes by stem."""
    recorded = {row.stem: row for row in before}
    current = {each.stem: each for each in now_there}
    found: dict[str, tuple[str, ...]] = {}
    for stem in sorted({*recorded, *current}):
        if stem not in current:
            found[stem] = (FILE_GONE,)
        elif stem not in recorded:
            found[stem] = (FILE_NEW,)
        elif is_outdated(recorded[stem].hash):
            # The texts can still be compared. The theme, and who gets which variant, cannot.
            if found_since := changes_since_outdated(json.loads(recorded[stem].digests), current[stem].digests):
                found[stem] = found_since
        elif recorded[stem].hash != current[stem].hash:
            found[stem] = changes(json.loads(recorded[stem].digests), current[stem].digests)
    return found


def editions_in(connection: Connection, review_id: int) -> Sequence[Row[Any]]:
    """Return the rows of a review's editions, the newsletter's main language first."""
    question = select(editions).join_from(review_editions, editions).where(review_editions.c.review_id == review_id)
    return connection.execute(question.order_by(review_editions.c.position)).all()


def changes_of_mailing(
    connection: Connection, mailing_id: int, now_there: Sequence[RecordedEdition]
) -> Mapping[str, tuple[str, ...]]:
    """Return how the editions of a mailing differ from the current ones, as codes by stem."""
    review_id = connection.scalar(select(mailing_reviews.c.review_id).where(mailing_reviews.c.mailing_id == mailing_id))
    return differences([] if review_id is None else editions_in(connection, review_id), now_there)


def published(connection: Connection, stem: str) -> bytes | None:
    """Return the public message of the last edition of a stem that was sent and possibly accepted, or None."""
    went = (
        select(deliveries.c.mailing_id)
        .where(deliveries.c.mailing_id == mailings.c.id)
        .where(or_(deliveries.c.state == DeliveryState.ACCEPTED, deliveries.c.state == DeliveryState.UNKNOWN))
        .exists()
    )
    found: bytes | None = connection.scalar(
        select(edition_variants.c.compiled)
        .join_from(edition_variants, editions)
        .join(review_editions, review_editions.c.edition_id == editions.c.id)
        .join(mailing_reviews, mailing_reviews.c.review_id == review_editions.c.review_id)
        .join(mailings, mailings.c.id == mailing_reviews.c.mailing_id)
        .where(editions.c.stem == stem, edition_variants.c.is_public, mailings.c.is_rehearsal.is_(False), went)
        .order_by(mailings.c.id.desc())
        .limit(1)
    )
    return found


def _insert(connection: Connection, table: Any) -> Any:
    """Return the dialect's own INSERT, which supports ON CONFLICT."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)
