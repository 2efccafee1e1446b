"""What the online archive is made of: the public sources of what was sent, and the versions of each issue since.

Input: a connection in a transaction. Output: rows, and values for the archive. Guarantees: a text or picture is stored
once; nothing that is stored here is about a subscriber.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from composer.content.document.newsletter_config import ArchiveMode
from composer.database.tables.archive_tables import edition_sources, public_pictures, public_sources, text_versions
from composer.database.tables.mailing_tables import deliveries, issues, mailings
from composer.database.tables.review_tables import editions, mailing_reviews, review_editions
from composer.delivery.approval.recorded_editions import RecordedEdition
from composer.delivery.core.states import DeliveryState
from composer.publish.sources.public_source import PublicSource, Visibility, public_source, visibility_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """An edition that was sent and that somebody may have."""

    stem: str
    #: The issue's key, and the hash of the edition.
    issue: str
    hash: str
    at: datetime
    #: The key of the issue that its mailing corrected.
    corrects: str | None
    #: The public source by its digest; None if it was sent before sources were stored.
    source: str | None
    #: What the issue said about the archive when it was sent.
    visibility: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVersion:
    """A version that the archive showed after the issue was sent."""

    stem: str
    source: str
    visibility: Visibility
    at: datetime


def keep_public_source(connection: Connection, edition: RecordedEdition, edition_id: int) -> None:
    """Store the public source of an edition that is frozen for a mailing."""
    if not edition.variants:
        return
    built = edition.variants[0].built
    digest = _store(connection, *public_source(built.issue, built.newsletter))
    row = {"edition_id": edition_id, "source": digest, **_columns(visibility_of(built.issue))}
    _add(connection, edition_sources, row, "edition_id")


def add_version(
    connection: Connection,
    stem: str,
    source: PublicSource,
    pictures: Mapping[str, bytes],
    *,
    visibility: Visibility,
    at: datetime,
) -> None:
    """Record that the archive shows another version of an issue from now on."""
    digest = _store(connection, source, pictures)
    row = {"stem": stem, "source": digest, "at": at, **_columns(visibility)}
    connection.execute(insert(text_versions), [row])


def sent_texts(connection: Connection, stem: str | None = None) -> Sequence[SentText]:
    """Return everything that was sent, or only one issue, the earliest first, without rehearsals."""
    went = (
        select(deliveries.c.mailing_id)
        .where(deliveries.c.mailing_id == mailings.c.id)
        .where(or_(deliveries.c.state == DeliveryState.ACCEPTED, deliveries.c.state == DeliveryState.UNKNOWN))
        .exists()
    )
    corrected, corrected_issue = mailings.alias(), issues.alias()
    question = (
        select(
            editions.c.stem,
            editions.c.issue,
            editions.c.hash,
            mailings.c.made,
            corrected_issue.c.key,
            edition_sources.c.source,
            edition_sources.c.archive,
            edition_sources.c.withdrawn,
        )
        .join_from(editions, review_editions, review_editions.c.edition_id == editions.c.id)
        .join(mailing_reviews, mailing_reviews.c.review_id == review_editions.c.review_id)
        .join(mailings, mailings.c.id == mailing_reviews.c.mailing_id)
        .outerjoin(corrected, corrected.c.id == mailings.c.corrects)
        .outerjoin(corrected_issue, corrected_issue.c.id == corrected.c.issue_id)
        .outerjoin(edition_sources, edition_sources.c.edition_id == editions.c.id)
        .where(mailings.c.is_rehearsal.is_(False), went)
        .order_by(mailings.c.id, review_editions.c.position)
    )
    if stem is not None:
        question = question.where(editions.c.stem == stem)
    return [
        SentText(
            stem=row.stem,
            issue=row.issue,
            hash=row.hash,
            at=row.made,
            corrects=row.key,
            source=row.source,
            visibility=_visibility(row.archive, row.withdrawn) if row.source is not None else Visibility(),
        )
        for row in connection.execute(question)
    ]


def versions(connection: Connection) -> Sequence[TextVersion]:
    """Return the versions since, the earliest first."""
    return [
        TextVersion(stem=row.stem, source=row.source, visibility=_visibility(row.archive, row.withdrawn), at=row.at)
        for row in connection.execute(select(text_versions).order_by(text_versions.c.id))
    ]


def withdrawal_of(connection: Connection, stem: str) -> str | None:
    """Return why an issue that was sent was withdrawn, as the archive last knew; None if it was not."""
    latest = connection.execute(
        select(text_versions.c.at, text_versions.c.withdrawn)
        .where(text_versions.c.stem == stem)
        .order_by(text_versions.c.id.desc())
        .limit(1)
    ).first()
    known = [(each.at, each.visibility.withdrawn) for each in sent_texts(connection, stem)]
    if latest is not None:
        known.append((latest.at, latest.withdrawn))
    return max(known, key=lambda each: each[0])[1] if known else None


def texts_of_sources(connection: Connection) -> Mapping[str, str]:
    """Return the digest of the texts of each public source."""
    return {
        row.digest: row.texts for row in connection.execute(select(public_sources.c.digest, public_sources.c.texts))
    }


def source_of(connection: Connection, digest: str) -> PublicSource:
    """Return a public source."""
    body: bytes = connection.execute(
        select(public_sources.c.body).where(public_sources.c.digest == digest)
    ).scalar_one()
    return PublicSource.from_bytes(body)


def picture_of(connection: Connection, digest: str) -> bytes:
    """Return a picture."""
    data: bytes = connection.execute(
        select(public_pictures.c.data).where(public_pictures.c.digest == digest)
    ).scalar_one()
    return data


def _columns(visibility: Visibility) -> Mapping[str, str | None]:
    return {"archive": visibility.mode.value, "withdrawn": visibility.withdrawn}


def _visibility(archive: str, withdrawn: str | None) -> Visibility:
    return Visibility(mode=ArchiveMode(archive), withdrawn=withdrawn)


def _store(connection: Connection, source: PublicSource, pictures: Mapping[str, bytes]) -> str:
    for digest, data in pictures.items():
        _add(connection, public_pictures, {"digest": digest, "data": data}, "digest")
    body = source.to_bytes()
    digest = hashlib.sha256(body).hexdigest()
    _add(connection, public_sources, {"digest": digest, "texts": source.digest, "body": body}, "digest")
    return digest


def _add(connection: Connection, table: Table, row: Mapping[str, Any], key: str) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table).values(**row).on_conflict_do_nothing(index_elements=[key]))
