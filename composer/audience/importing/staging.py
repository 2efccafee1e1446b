"""Load people into temporary tables, to count and compare them before anything changes.

Input: tables of people, a connection outside a transaction. Output: `incoming` and `incoming_rows`, visible to this
connection only, and deleted with it. Guarantees: takes no lock, so others can write at the same time; never holds all
rows in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.sql.dml import UpdateBase

from composer.audience.identity.tombstones import known_hashes, state_of_hashes
from composer.audience.lists.list_table import ListTable as List
from composer.audience.lists.meaning.columns import Columns
from composer.audience.lists.meaning.dates import DateOrder
from composer.audience.lists.meaning.rows import CellStatements, read_row
from composer.audience.lists.meaning.status_words import STAYING
from composer.audience.lists.meaning.subscription_status import Doubts
from composer.audience.suppression import erasure_key, hashed

_temporary = MetaData()
#: People, one row each. People who get nothing have a negative number: of two rows with one address, the lower number
#: is kept.
incoming = Table(
    "incoming",
    _temporary,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("happened", BigInteger),
    Column("evidence", Text, nullable=False),
    prefixes=["TEMPORARY"],
)
by_address = Index("incoming_normal", incoming.c.normal)
incoming_tags = Table(
    "incoming_tags",
    _temporary,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("tag", Text, primary_key=True),
    prefixes=["TEMPORARY"],
)
#: Rows whose address is in this database as a hash, because a person was removed or erased, or changed their address.
incoming_known_hashes = Table(
    "incoming_known_hashes",
    _temporary,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False),
    #: Why the hash is on the suppression list, if it is.
    Column("reason", Text),
    prefixes=["TEMPORARY"],
)
#: Rows of existing subscribers: filled in the transaction of the import.
incoming_known = Table(
    "incoming_known",
    _temporary,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("subscriber_id", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
#: The consents that a list has row by row, with their ids once they are stored.
incoming_evidence = Table(
    "incoming_evidence",
    _temporary,
    Column("evidence", Text, primary_key=True),
    Column("consent_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
#: Hashes that a suppression list has instead of addresses.
incoming_hashes = Table("incoming_hashes", _temporary, Column("hash", Text, primary_key=True), prefixes=["TEMPORARY"])
#: Remarks on rows: not imported, or imported with something left empty.
incoming_rows = Table(
    "incoming_rows",
    _temporary,
    Column("id", Integer, primary_key=True),
    Column("part", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("is_bad", Boolean, nullable=False),
    Column("written", Text, nullable=False),
    Column("reason", Text, nullable=False),
    prefixes=["TEMPORARY"],
)
_BATCH = 2000
#: The hashes for which the rows of a connection were looked up.
_STATE = "compose_known_hashes"
#: Kilobytes that SQLite caches while it builds an index over a million addresses; it frees them afterwards.
_CACHE = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart:
    """One list of a file: an archive can have several."""

    table: List
    columns: Columns


def stage(
    connection: Connection,
    parts: Sequence[ListPart],
    known: tuple[str, ...],
    tell: Callable[[int, int], None] = lambda done, total: None,
    *,
    order: DateOrder | None = None,
) -> Doubts:
    """Fill the temporary tables, and keep one row for each address; `tell` is called with the progress.

    Returns what the user must decide before the import.
    """
    doubts = Doubts()
    if connection.dialect.name == "sqlite":
        with connection.begin():
            # Temporary data needs no journal.
            for pragma in ("temp.journal_mode=OFF", f"temp.cache_size=-{_CACHE // 4}", f"main.cache_size=-{_CACHE}"):
                connection.exec_driver_sql(f"PRAGMA {pragma}").close()
    with connection.begin():
        for table in _temporary.sorted_tables:
            table.create(connection)
        by_address.drop(connection)
        seq = 0
        for number, part in enumerate(parts):
            seq = _fill(connection, number, part, known, seq, tell, doubts, order)
        by_address.create(connection)
        _drop_doubles(connection, [part.table.name for part in parts])
        mark_known_hashes(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE incoming"))
    return doubts


def _fill(
    connection: Connection,
    number: int,
    part: ListPart,
    known: tuple[str, ...],
    seq: int,
    tell: Callable[[int, int], None],
    doubts: Doubts,
    order: DateOrder | None,
) -> int:
    people: list[tuple[object, ...]] = []
    tags: list[tuple[object, ...]] = []
    said: list[tuple[object, ...]] = []
    for found in read_row(part.table.rows, part.columns, known, doubts, order):
        if isinstance(found, CellStatements):
            said.append((number, found.number, found.is_bad, found.text, found.reason))
            if len(said) >= _BATCH:
                _write_said(connection, said)
                tell(*part.table.progress())
            continue
        seq += 1
        place = seq if found.standing in STAYING else -seq
        people.append((place, number, *found[:-1]))
        for tag in found.tags:
            tags.append((place, tag))
        if len(people) >= _BATCH:
            _write(connection, people, tags)
            tell(*part.table.progress())
    _write(connection, people, tags)
    _write_said(connection, said)
    tell(*part.table.progress())
    return seq


def _write(connection: Connection, people: list[tuple[object, ...]], tags: list[tuple[object, ...]]) -> None:
    insert_many(connection, "incoming", "seq, part, number, address, normal, name, first_name, last_name, language,"
                " fields, standing, happened, evidence", people)  # fmt: skip
    insert_many(connection, "incoming_tags", "seq, tag", tags)
    people.clear()
    tags.clear()


def _write_said(connection: Connection, said: list[tuple[object, ...]]) -> None:
    insert_many(connection, "incoming_rows", "part, number, is_bad, written, reason", said)
    said.clear()


def insert_many(connection: Connection, table: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows in the driver's fastest way: as tuples, without compiling a statement."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * (columns.count(",") + 1))
        connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(rows))  # noqa: S608
        return
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def changed(connection: Connection, statement: UpdateBase) -> int:
    """Run a statement and return how many rows it changed; PostgreSQL's driver counts them only on request."""
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def _drop_doubles(connection: Connection, names: Sequence[str]) -> None:
    """Keep the first row of each address, and add a remark to each repetition."""
    kept = (
        select(incoming.c.normal, func.min(incoming.c.seq).label("seq"))
        .group_by(incoming.c.normal)
        .having(func.count() > 1)
        .subquery()
    )
    first = incoming.alias()
    doubles = (
        select(incoming.c.part, incoming.c.number, incoming.c.address, first.c.part, first.c.number, incoming.c.seq)
        .join(kept, kept.c.normal == incoming.c.normal)
        .join(first, first.c.seq == kept.c.seq)
        .where(incoming.c.seq != kept.c.seq)
        .order_by(incoming.c.part, incoming.c.number)
    )
    # Collected before anything is deleted, and in batches: a list can consist of duplicates only.
    connection.exec_driver_sql("CREATE TEMPORARY TABLE incoming_doubles (seq INTEGER PRIMARY KEY)")
    result = connection.execute(doubles.execution_options(yield_per=_BATCH))
    for rows in result.partitions():
        said: list[tuple[object, ...]] = []
        for part, number, address, first_part, first_number, _ in rows:
            where = f"row {first_number}" if part == first_part else f"row {first_number} of {names[first_part]}"
            said.append((part, number, True, address, f"the same address as {where}"))
        _write_said(connection, said)
        insert_many(connection, "incoming_doubles", "seq", [(row[-1],) for row in rows])
    connection.exec_driver_sql("DELETE FROM incoming WHERE seq IN (SELECT seq FROM incoming_doubles)")
    connection.exec_driver_sql("DELETE FROM incoming_tags WHERE seq IN (SELECT seq FROM incoming_doubles)")


def mark_known_hashes(connection: Connection) -> None:
    """Find the rows whose addresses this database knows by their hash; without removed people nothing is hashed.

    Works page by page, so neither all rows nor all hashes are in memory; runs again only if hashes were added
    in the meantime.
    """
    key = erasure_key(connection)
    if key is None:
        return
    state = state_of_hashes(connection)
    if connection.info.get(_STATE) == state:
        return
    connection.info[_STATE] = state
    connection.execute(incoming_known_hashes.delete())
    page = select(incoming.c.seq, incoming.c.normal).order_by(incoming.c.seq).limit(_BATCH)
    last = connection.scalar(select(func.min(incoming.c.seq))) or 0
    rows = connection.execute(page.where(incoming.c.seq >= last)).all()
    while rows:
        marks = {hashed(key, normal): seq for seq, normal in rows}
        known = known_hashes(connection, list(marks))
        insert_many(
            *(connection, "incoming_known_hashes", "seq, hash, reason"),
            [(marks[mark], mark, reason) for mark, reason in known.items()],
        )
        rows = connection.execute(page.where(incoming.c.seq > rows[-1].seq)).all()
