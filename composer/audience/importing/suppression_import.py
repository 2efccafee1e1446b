"""Read a suppression list, our own export or another list, so that its addresses get nothing.

Input: a table with a column of addresses, or of hashes that this database made. Output: the same table for `staging`.
Guarantees: no person on the list becomes a subscriber, even if a column says that they subscribed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from composer.audience.importing.staging import ListPart, insert_many
from composer.audience.lists.list_table import ListTable, Row, Unreadable, beginning
from composer.audience.lists.meaning.columns import Columns, columns_of
from composer.audience.lists.meaning.normal_keys import key_of
from composer.audience.suppression import HASH, erasure_key, hash_prefix


def suppression_part(connection: Connection, table: ListTable, given: Mapping[str, str]) -> ListPart:
    """Prepare a list for `stage`. Raises UsageError or ListError, as `columns_of` does."""
    columns = columns_of(table, (), given)
    keys = [key_of(name) for name in table.header]
    taken = {name: at for name, at in columns.taken.items() if name == "email"}
    if {"email", "hash", "reason", "since"} <= set(keys):
        # Only for our own export, because in other lists the meaning of the words is unknown.
        taken |= {"status": keys.index("reason"), "left": keys.index("since")}
        rows = _without_hashes(connection, table.rows, taken["email"], keys.index("hash"))
        table = replace(table, rows=rows)
    return ListPart(
        table=table,
        columns=Columns(
            kind=columns.kind,
            taken=taken,
            fields={},
            left_out=(),
            width=columns.width,
            standing="imported",
            told=frozenset(range(columns.width)),
            names=columns.names,
        ),
    )


def _without_hashes(connection: Connection, rows: Iterator[Row], at_email: int, at_hash: int) -> Iterator[Row]:
    """Collect the hashes of erased people, and yield all other rows."""
    key = erasure_key(connection)
    ours = hash_prefix(key) if key else None
    for row in rows:
        if isinstance(row, Unreadable):
            yield row
            continue
        number, cells = row
        mark = cells[at_hash].strip() if at_hash < len(cells) else ""
        if not mark or (at_email < len(cells) and cells[at_email].strip()):
            yield row
        elif not HASH.fullmatch(mark):
            yield Unreadable(
                number=number, reason="this is not a hash in the form that compose writes", text=beginning(mark)
            )
        elif ours is None or not mark.startswith(ours):
            reason = "this hash was made by another database and cannot be compared here"
            yield Unreadable(number=number, reason=reason, text=beginning(mark))
        else:
            insert_many(connection, "incoming_hashes", "hash", [(mark,)])
