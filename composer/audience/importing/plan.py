"""What would become of each row of a list that `staging` has prepared.

Input: the temporary tables, and what was chosen. Output: a `Summary` to ask about, and what is said of single rows. Changes
nothing: that is composer/audience/importing/apply.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, true

from composer.audience.changes import words
from composer.audience.importing.staging import incoming, incoming_known_hashes, incoming_rows
from composer.audience.lists.meaning.subscription_status import PENDING, SUBSCRIBER
from composer.audience.subscribers import Status
from composer.audience.suppression import Reason
from composer.database.tables.subscriber_tables import subscribers, suppressions

_STAYING = (SUBSCRIBER, PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChoice:
    """What a command chose."""

    #: How, when, to which words they agreed; without it new subscribers stay pending.
    consent: str = ""
    tags: tuple[str, ...] = ()
    #: Whether subscribers who are known take over what the list says of them.
    is_update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What becomes of the rows of a list. Every row is counted once; the sum is how many there are."""

    #: New subscribers who will get the newsletter, and those who stay pending.
    new: int
    pending: int
    #: Here already.
    known: int
    #: On the suppression list: they stay as they are.
    left: int
    #: Not active by the list: they go onto the suppression list.
    leaving: int
    #: On the suppression list by this list and before.
    out: int
    bad: int
    #: Rows that were taken with something left empty; they are counted above, too.
    notes: int
    #: Subscribers who are pending here, and become active by the consent that is given now.
    agreeing: int

    @property
    def rows(self) -> int:
        """How many rows there are that are not blank."""
        return self.new + self.pending + self.known + self.left + self.leaving + self.out + self.bad


class RowVerdict(StrEnum):
    """What became of a row of which something is said."""

    #: it cannot be taken in
    BAD = "bad"
    #: its address is on the suppression list
    LEFT = "left"
    #: it is taken, with something left empty or left out
    TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What is said of one row."""

    part: int
    number: int
    verdict: RowVerdict
    #: What stands in it.
    written: str
    reason: str


def listed() -> ColumnElement[bool]:
    """Whether the address of a row is on the suppression list."""
    by_address = select(suppressions.c.id).where(suppressions.c.normal == incoming.c.normal).correlate(incoming)
    known = incoming_known_hashes.c
    by_hash = select(known.seq).where(known.seq == incoming.c.seq, known.reason.is_not(None)).correlate(incoming)
    return or_(by_address.exists(), by_hash.exists())


def _is_known() -> ColumnElement[bool]:
    return exists().where(subscribers.c.normal == incoming.c.normal)


def stays() -> ColumnElement[bool]:
    return incoming.c.standing.in_(_STAYING)


def becomes_active(choice: StatusChoice) -> ColumnElement[bool]:
    """Whether it is known of a row how its person agreed, and the list does not say that they have not."""
    agreed = true() if choice.consent else incoming.c.evidence != ""
    return and_(incoming.c.standing == SUBSCRIBER, agreed)


def summarise(connection: Connection, choice: StatusChoice) -> ImportSummary:
    """Count what would become of each row."""
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
    """A row as it was understood, for a person to look at."""

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
    """Stream what is said of rows, in their order."""
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
    """Stream the rows of people who are on the suppression list, with the reason."""
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
