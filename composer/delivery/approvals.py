"""What editors saw and said of an edition: test sends that a server took, and words by command or by link.

Comes in: a connection, an edition, whose word, the time. Goes out: how the edition stands. Everything is about one hash: a
change makes another edition, of which nobody has said anything yet. Nothing here knows a reader.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from composer.audience.tokens import Purpose, Tokens
from composer.content.addresses import Address, normal_address
from composer.content.fields import stand_ins
from composer.database.approvals import edition_tests, edition_words, editions, mailing_editions
from composer.database.mailings import deliveries, mailings
from composer.delivery.digests import FILE_GONE, FILE_NEW, OUTDATED, changes, changes_since_outdated, digests_of
from composer.delivery.states import DeliveryState
from composer.mail.merge import fill_text
from composer.pipeline import Variant, hash_of, is_outdated, pick

#: How long the link in a request for approval works.
LINK_DAYS = 14


class Word(StrEnum):
    """What somebody says of an edition."""

    #: nothing yet
    ASKED = "asked"
    YES = "yes"
    #: with a comment
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue file as it stands: all that readers may get of it."""

    issue: str
    stem: str
    hash: str
    subject: str
    language: str
    #: The issue's own date and number.
    date: Date | None = None
    number: int | None = None
    digests: Mapping[str, str] = field(repr=False)
    #: The fullest message.
    compiled: bytes = field(repr=False)
    #: What a reader without any tag gets, where that is another: a passage for some is for nobody else.
    public: bytes | None = field(default=None, repr=False)

    @property
    def digests_as_json(self) -> str:
        """The digests as the database keeps them."""
        return json.dumps(dict(self.digests), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A word given."""

    address: str
    word: Word
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """How an edition stands with its editors."""

    #: When and to whom it was test-sent, the last first.
    tests: tuple[tuple[datetime, str], ...] = ()
    words: tuple[Said, ...] = ()
    #: Where an earlier edition of the file was tested or approved, and this one not: what has changed since, in codes
    #: (digests.in_words).
    changed_since_test: tuple[str, ...] = ()
    changed_since_approval: tuple[str, ...] = ()

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Who said yes."""
        return tuple(each.address for each in self.words if each.word is Word.YES)

    @property
    def returned(self) -> tuple[Said, ...]:
        """Who sent it back, and why."""
        return tuple(each for each in self.words if each.word is Word.NO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An edition that somebody is asked about, as it was frozen for them."""

    address: str
    word: Word
    compiled: bytes = field(repr=False)


def edition_of(variants: Sequence[Variant]) -> Edition:
    """Freeze what one issue file makes; `variants` are those of one file."""
    built = variants[0].built
    everybodys = pick(variants, built.issue.language, ())
    return Edition(
        issue=built.issue.key,
        stem=built.issue.stem,
        hash=hash_of(variants),
        subject=fill_text(built.edition.subject, stand_ins(built.edition.fields)),
        language=built.issue.language,
        date=built.issue.date,
        number=built.issue.number,
        digests=digests_of(variants),
        compiled=built.compiled.to_bytes(),
        public=None if everybodys is variants[0] else everybodys.compiled.to_bytes(),
    )


def remember(connection: Connection, edition: Edition, now: datetime) -> int:
    """Keep an edition, unless it is kept already; give its id."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = dialect.insert(editions).values(
        issue=edition.issue,
        stem=edition.stem,
        hash=edition.hash,
        subject=edition.subject,
        language=edition.language,
        issue_date=edition.date.isoformat() if edition.date else None,
        issue_number=edition.number,
        digests=edition.digests_as_json,
        compiled=edition.compiled,
        public=edition.public,
        seen=now,
    )
    # A date that is not in the text may have changed, and an older version has kept none.
    dated = {"issue_date": added.excluded.issue_date, "issue_number": added.excluded.issue_number}
    connection.execute(added.on_conflict_do_update(index_elements=["stem", "hash"], set_=dated))
    here = editions.c.stem == edition.stem, editions.c.hash == edition.hash
    edition_id: int = connection.execute(select(editions.c.id).where(*here)).scalar_one()
    return edition_id


def record_test(connection: Connection, edition: Edition, address: str, reply: str, now: datetime) -> None:
    """Write down that a server took a test send of an edition."""
    row = {"edition_id": remember(connection, edition, now), "at": now, "address": address, "reply": reply}
    connection.execute(insert(edition_tests), [row])


def record_word(
    connection: Connection, edition: Edition, who: Address, word: Word, comment: str, via: str, now: datetime
) -> None:
    """Write down what somebody says of an edition, in the place of what they said before."""
    _say(connection, _asked(connection, edition, who, now), word, comment, via, now)


def ask(connection: Connection, edition: Edition, who: Address, tokens: Tokens, now: datetime) -> str:
    """Give the token by which somebody answers for an edition; it works for `LINK_DAYS`."""
    number = _asked(connection, edition, who, now)
    return tokens.make(Purpose.APPROVE, number, expires=now + timedelta(days=LINK_DAYS))


def question(connection: Connection, tokens: Tokens, token: str, now: datetime) -> Question | None:
    """Give what a token asks; None for one that leads nowhere."""
    claim = tokens.read(Purpose.APPROVE, token, now)
    if claim is None:
        return None
    row = connection.execute(
        select(edition_words.c.address, edition_words.c.answer, editions.c.compiled)
        .join_from(edition_words, editions)
        .where(edition_words.c.id == claim.reader_id)
    ).first()
    return None if row is None else Question(address=row.address, word=Word(row.answer), compiled=row.compiled)


def answer(connection: Connection, tokens: Tokens, token: str, word: Word, comment: str, now: datetime) -> bool:
    """Write down an answer by link; False for a token that leads nowhere."""
    claim = tokens.read(Purpose.APPROVE, token, now)
    return claim is not None and _say(connection, claim.reader_id, word, comment, "link", now)


def opinion(connection: Connection, edition: Edition) -> Opinion:
    """Say how an edition stands."""
    here = select(editions.c.id).where(editions.c.stem == edition.stem, editions.c.hash == edition.hash)
    edition_id = connection.scalar(here)
    tests = connection.execute(
        select(edition_tests.c.at, edition_tests.c.address)
        .where(edition_tests.c.edition_id == edition_id)
        .order_by(edition_tests.c.id.desc())
    ).all()
    words = connection.execute(
        select(edition_words).where(edition_words.c.edition_id == edition_id).order_by(edition_words.c.at)
    ).all()
    said = tuple(
        Said(address=row.address, word=Word(row.answer), comment=row.comment, at=row.at)
        for row in words
        if row.answer != Word.ASKED
    )
    tested_ids = select(edition_tests.c.edition_id)
    approved_ids = select(edition_words.c.edition_id).where(edition_words.c.answer == Word.YES)
    return Opinion(
        tests=tuple((row.at, row.address) for row in tests),
        words=said,
        changed_since_test=() if tests else _changed(connection, edition, editions.c.id.in_(tested_ids)),
        changed_since_approval=()
        if any(each.word is Word.YES for each in said)
        else _changed(connection, edition, editions.c.id.in_(approved_ids)),
    )


def link_to_mailing(connection: Connection, mailing_id: int, found: Sequence[Edition], now: datetime) -> None:
    """Write down which editions a mailing holds."""
    rows = [{"mailing_id": mailing_id, "edition_id": remember(connection, each, now)} for each in found]
    connection.execute(insert(mailing_editions), rows)


def differences(connection: Connection, mailing_id: int, now_there: Sequence[Edition]) -> Mapping[str, tuple[str, ...]]:
    """Return how the editions of a mailing differ from what stands there now, in codes by stem; empty: in nothing."""
    rows = connection.execute(
        select(editions.c.stem, editions.c.hash, editions.c.digests)
        .join_from(mailing_editions, editions)
        .where(mailing_editions.c.mailing_id == mailing_id)
    ).all()
    frozen = {row.stem: row for row in rows}
    current = {each.stem: each for each in now_there}
    found: dict[str, tuple[str, ...]] = {}
    for stem in sorted({*frozen, *current}):
        if stem not in current:
            found[stem] = (FILE_GONE,)
        elif stem not in frozen:
            found[stem] = (FILE_NEW,)
        elif is_outdated(frozen[stem].hash):
            # The texts can still be compared; what is around them, and who gets which, cannot.
            if found_since := changes_since_outdated(json.loads(frozen[stem].digests), current[stem].digests):
                found[stem] = found_since
        elif frozen[stem].hash != current[stem].hash:
            found[stem] = changes(json.loads(frozen[stem].digests), current[stem].digests)
    return found


def published(connection: Connection, stem: str) -> bytes | None:
    """Give what everybody may see of a stem's edition that went out last and was accepted by a server; None for none."""
    went = (
        select(deliveries.c.mailing_id)
        .where(deliveries.c.mailing_id == mailings.c.id)
        .where(or_(deliveries.c.state == DeliveryState.ACCEPTED, deliveries.c.state == DeliveryState.UNKNOWN))
        .exists()
    )
    found: bytes | None = connection.scalar(
        select(func.coalesce(editions.c.public, editions.c.compiled))
        .join_from(editions, mailing_editions)
        .join(mailings, mailings.c.id == mailing_editions.c.mailing_id)
        .where(editions.c.stem == stem, mailings.c.is_rehearsal.is_(False), went)
        .order_by(mailings.c.id.desc())
        .limit(1)
    )
    return found


def _changed(connection: Connection, edition: Edition, which: ColumnElement[bool]) -> tuple[str, ...]:
    last = connection.execute(
        select(editions.c.hash, editions.c.digests)
        .where(editions.c.stem == edition.stem, editions.c.hash != edition.hash, which)
        .order_by(editions.c.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return ()
    return (OUTDATED,) if is_outdated(last.hash) else changes(json.loads(last.digests), edition.digests)


def _asked(connection: Connection, edition: Edition, who: Address, now: datetime) -> int:
    edition_id, normal = remember(connection, edition, now), normal_address(who.address)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {
        "edition_id": edition_id,
        "address": who.address,
        "normal": normal,
        "answer": Word.ASKED,
        "at": now,
    }
    added = dialect.insert(edition_words).values(row)
    connection.execute(added.on_conflict_do_nothing(index_elements=["edition_id", "normal"]))
    here = edition_words.c.edition_id == edition_id, edition_words.c.normal == normal
    number: int = connection.execute(select(edition_words.c.id).where(*here)).scalar_one()
    return number


def _say(connection: Connection, number: int, word: Word, comment: str, via: str, now: datetime) -> bool:
    changed = connection.execute(
        update(edition_words).where(edition_words.c.id == number).values(answer=word, comment=comment, via=via, at=now)
    )
    return changed.rowcount > 0
