"""The effect of each row of a staged list, before anything changes.

Input: the temporary tables, and the user's choices. Output: an `ImportSummary` to confirm, and remarks on single rows.
Guarantees: changes nothing; composer/audience/importing/apply.py does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, true

from composer.audience.changes import words
from composer.audience.importing.staging import incoming, incoming_known_hashes, incoming_rows
from composer.audience.lists.meaning.status_words import STAYING, SUBSCRIBER
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason
from composer.database.tables.subscriber_tables import subscribers, suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChoice:
    """The choices of a command."""

    #: How, when and to which text they agreed; without it new subscribers stay pending.
    consent: str = ""
    tags: tuple[str, ...] = ()
    #: Whether known subscribers are updated from the list.
    is_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """The effect on the rows of a list. Every row counts once, so the counts add up to the number of rows."""

    #: New subscribers who will get the newsletter, and new subscribers who stay pending.
    new: int
    pending: int
    #: Already subscribers.
    known: int
    #: People on the suppression list, who do not change.
    left: int
    #: People who unsubscribed, bounced or complained in the list, and are added to the suppression list.
    leaving: int
    #: The same, but already on the suppression list.
    out: int
    bad: int
    #: Rows that are imported with something left empty; they are also counted above.
    notes: int
    #: Pending subscribers who become active by the consent of this import.
    agreeing: int

    @property
    def rows(self) -> int:
        """The number of rows that are not blank."""
        return self.new + self.pending + self.known + self.left + self.leaving + self.out + self.bad


class RowVerdict(StrEnum):
    """The result for a row with a remark."""

    #: the row cannot be imported
    BAD = "bad"
    #: its address is on the suppression list
    LEFT = "left"
    #: the row is imported, but a value was left empty or ignored
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A remark on one row."""

    part: int
    number: int
    verdict: RowVerdict
    #: The text of the row.
    written: str
    reason: str


def listed() -> ColumnElement[bool]:
    """Return the condition that the address of a row is on the suppression list."""
    by_address = select(suppressions.c.id).where(suppressions.c.normal == incoming.c.normal).correlate(incoming)
    known = incoming_known_hashes.c
    by_hash = select(known.seq).where(known.seq == incoming.c.seq, known.reason.is_not(None)).correlate(incoming)
    return or_(by_address.exists(), by_hash.exists())


def _is_known() -> ColumnElement[bool]:
    return exists().where(subscribers.c.normal == incoming.c.normal)


def stays() -> ColumnElement[bool]:
    return incoming.c.standing.in_(STAYING)


def becomes_active(choice: StatusChoice) -> ColumnElement[bool]:
    """Return the condition that consent is known for a row, and that the list does not deny it."""
    agreed = true() if choice.consent else incoming.c.evidence != ""
    return and_(incoming.c.standing == SUBSCRIBER, agreed)


def summarise(connection: Connection, choice: StatusChoice) -> ImportSummary:
    """Count the effect on each row."""
    what = case(
        (and_(stays(), listed()), "left"),
        (listed(), "out"),
        (~stays(), "leaving"),
        (_is_known(), "known"),
        (becomes_active(choice), "new"),
        else_="pending",
    ).label("what")
    with connection.begin():
        fates = select(what).subquery()
        counts = connection.execute(select(fates.c.what, func.count()).group_by(fates.c.what))
        counted: dict[str, int] = {name: many for name, many in counts}  # noqa: C416 - a row is no pair to mypy
        bad = connection.execute(select(func.count()).where(incoming_rows.c.is_bad)).scalar_one()
        notes = connection.execute(select(func.count()).where(~incoming_rows.c.is_bad)).scalar_one()
        waiting = and_(subscribers.c.normal == incoming.c.normal, subscribers.c.status == Status.PENDING)
        agreeing = connection.execute(
            select(func.count()).join_from(incoming, subscribers, waiting).where(becomes_active(choice), ~listed())
        ).scalar_one()
    names = ("new", "pending", "known", "left", "leaving", "out")
    return ImportSummary(**{name: counted.get(name, 0) for name in names}, bad=bad, notes=notes, agreeing=agreeing)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodList:
    """A row as it was understood, to show to the user."""

    address: str
    name: str
    first_name: str
    last_name: str
    language: str
    standing: str


def first_rows(connection: Connection, count: int) -> list[UnderstoodList]:
    """Return the first rows of a list as they were understood."""
    table = incoming.c
    columns = (table.address, table.name, table.first_name, table.last_name, table.language, table.standing)
    with connection.begin():
        found = connection.execute(select(*columns).order_by(table.part, table.number).limit(count)).mappings().all()
    return [UnderstoodList(**row) for row in found]


def remarks(connection: Connection, *, bad_only: bool = False) -> Iterator[Remark]:
    """Yield the remarks on rows, in the order of the list."""
    table = incoming_rows.c
    query = select(table.part, table.number, table.is_bad, table.written, table.reason)
    query = query.order_by(table.part, table.number, table.id)
    if bad_only:
        query = query.where(table.is_bad)
    with connection.begin():
        for part, number, is_bad, written, reason in connection.execute(query.execution_options(yield_per=1000)):
            verdict = RowVerdict.BAD if is_bad else RowVerdict.TAKEN
            yield Remark(part=part, number=number, verdict=verdict, written=written, reason=reason)


def left_earlier(connection: Connection) -> Iterator[Remark]:
    """Yield the rows of people who are on the suppression list, with the reason."""
    table, known = incoming.c, incoming_known_hashes.c
    query = (
        select(table.part, table.number, table.address, func.coalesce(suppressions.c.reason, known.reason))
        .outerjoin_from(incoming, suppressions, suppressions.c.normal == table.normal)
        .outerjoin(incoming_known_hashes, known.seq == table.seq)
        .where(stays(), listed())
        .order_by(table.part, table.number)
    )
    with connection.begin():
        for part, number, address, why in connection.execute(query.execution_options(yield_per=1000)):
            yield Remark(part=part, number=number, verdict=RowVerdict.LEFT, written=address, reason=words(Reason(why)))
