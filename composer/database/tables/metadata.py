"""The common parts of all tables: the catalog, the type of times, the states of messages.

Input: nothing. Output: `metadata`, `Moment`, `IS_STATE`. The tables are in the other modules of this package.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Integer, MetaData
from sqlalchemy.types import TypeDecorator

#: Names of constraints, so that a later migration can name what it changes.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: A public id (public_ids.py): more bits than INTEGER has on PostgreSQL. On SQLite every integer is that large, and
#: only INTEGER makes an automatic key.
LargeId = BigInteger().with_variant(Integer, "sqlite")

#: The states of every message that is sent (delivery/core/states.py), as a condition of both tables that have them.
IS_STATE = (
    "state IN ('pending', 'claimed', 'sending', 'deferred', 'accepted', 'refused', 'unknown', 'suppressed', 'expired',"
    " 'written')"
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Moment(TypeDecorator[datetime]):
    """A time: aware and in UTC in Python, milliseconds since 1970 in the database; finer parts are dropped."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MILLISECOND


def milliseconds(time: datetime) -> int:
    """Return a time as the database stores it. Raises ValueError without a time zone."""
    if time.tzinfo is None:
        raise ValueError("a time without a time zone says nothing")
    return (time - _EPOCH) // _MILLISECOND
