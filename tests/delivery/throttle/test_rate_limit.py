"""The bucket and the daily quota in the database: one process writes, the others read, on both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from composer.database.engine import Database
from composer.database.schema_upgrade import open_database
from composer.database.tables.mailing_tables import buckets, usage
from composer.delivery.core.retry_policy import PauseRoute
from composer.delivery.throttle import rate_limit
from composer.delivery.throttle.token_bucket import Bucket, reserve
from tests.databases import PostgresServer
from tests.delivery.factories import NOW, SECOND

HOUR = timedelta(hours=1)
#: In the middle of an hour, to distinguish starting hours from past ones.
HALF = NOW.replace(minute=0) + HOUR / 2


def test_a_bucket_is_read_back(database: Database) -> None:
    """Every value is read back, to the microsecond; before the first write it is empty, and names are independent."""
    with database.write() as connection:
        assert rate_limit.look(connection, "a") == Bucket()
        pause = PauseRoute(until=NOW + 5 * SECOND, number=1, is_rate=True)
        slowed = rate_limit.slow(connection, "a", 601, 0, pause, NOW)
        bucket, slots = rate_limit.take(connection, "a", 601, NOW, 3)
        assert (bucket, slots) == reserve(slowed, 601, NOW, 3)
    with database.read() as connection:
        assert rate_limit.look(connection, "a") == bucket
        assert (bucket.paused_until, bucket.throttles, bucket.ceiling, bucket.ceiling_at) == (
            NOW + 5 * SECOND,
            1,
            300.5,
            NOW,
        )
        assert bucket.next_at is not None and bucket.next_at.microsecond
        assert rate_limit.look(connection, "b") == Bucket()


def test_returned_slots_can_be_used_again(database: Database) -> None:
    """The slots of an ended run are available to the next one."""
    with database.write() as connection:
        _, first = rate_limit.take(connection, "a", 600, NOW, 5)
        rate_limit.put_back(connection, "a", 600, NOW, 5)
        assert rate_limit.take(connection, "a", 600, NOW, 5)[1] == first


def test_each_bucket_is_its_own(database: Database) -> None:
    """Writing to one bucket does not change another."""
    pause = PauseRoute(until=NOW + 5 * SECOND, number=1, is_rate=True)
    with database.write() as connection:
        other, _ = rate_limit.take(connection, "b", 60, NOW, 2)
        rate_limit.slow(connection, "a", 600, 0, pause, NOW)
        rate_limit.take(connection, "a", 600, NOW, 3)
        rate_limit.put_back(connection, "a", 600, NOW, 1)
        assert rate_limit.look(connection, "b") == other
        assert rate_limit.look(connection, "a") != other


def test_where_no_slot_is_free_nothing_is_written(database: Database) -> None:
    """Another request returns none, either; later there are some."""
    with database.write() as connection:
        full, _ = rate_limit.take(connection, "a", 60, NOW, 1000)
        assert rate_limit.take(connection, "a", 60, NOW, 1000) == (full, ())
        assert rate_limit.look(connection, "a") == full
        assert rate_limit.take(connection, "a", 60, NOW + 10 * SECOND, 1)[1]


def test_no_slot_is_given_to_two_processes(database: Database) -> None:
    """With any number of requests, each future slot has one owner."""
    taken: list[object] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(10):
            with database.write() as connection:
                taken.extend(rate_limit.take(connection, "a", 6_000, NOW, 3)[1])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Saved slots may be used at once.
    ahead = [slot for slot in taken if slot != NOW]
    assert len(taken) >= 100
    assert len(ahead) == len(set(ahead)) > 40


def test_the_daily_quota_counts_the_last_day(database: Database) -> None:
    """By the hour, for each name; the oldest counted hour decides when there is more."""
    with database.write() as connection:
        assert rate_limit.quota(connection, "a", 100, HALF) == rate_limit.Quota(
            left=100, more_at=HALF - HOUR / 2 + 24 * HOUR
        )
        for hours, count in ((30, 1), (24, 2), (23, 4), (22, 8), (0, 16), (0, 32)):
            rate_limit.spend(connection, "a", count, HALF - hours * HOUR)
        rate_limit.spend(connection, "b", 64, HALF)
        found = rate_limit.quota(connection, "a", 100, HALF)
        assert found == rate_limit.Quota(left=100 - 4 - 8 - 16 - 32, more_at=HALF - HOUR / 2 + HOUR)
        assert rate_limit.look_at_quota(connection, "a", 100, HALF) == found
        assert rate_limit.look_at_quota(connection, "a", 100, HALF + HOUR / 2).left == found.left + 4
        assert rate_limit.look_at_quota(connection, "b", 50, HALF).left == -14
        assert rate_limit.look_at_quota(connection, "c", 50, HALF).left == 50


def test_counts_before_a_clock_change_still_count(database: Database) -> None:
    """A future hour still counts, but nobody waits for more than a day."""
    with database.write() as connection:
        rate_limit.spend(connection, "a", 7, HALF + 5 * HOUR)
        found = rate_limit.quota(connection, "a", 10, HALF)
    assert found == rate_limit.Quota(left=3, more_at=HALF - HOUR / 2 + 24 * HOUR)


def test_old_counts_are_deleted(database: Database) -> None:
    """After two days, only for this name; counts that still matter are kept."""
    with database.write() as connection:
        for name in ("a", "b"):
            for hours in (49, 48, 24, 0):
                rate_limit.spend(connection, name, 1, HALF - hours * HOUR)
        rate_limit.quota(connection, "a", 10, HALF)
        kept = select(usage.c.bucket, func.count()).group_by(usage.c.bucket).order_by(usage.c.bucket)
        assert connection.execute(kept).all() == [("a", 3), ("b", 4)]


def test_rows_of_an_earlier_version_go_on_counting(database: Database) -> None:
    """They have hours and microseconds since 1970."""
    with database.write() as connection:
        rate_limit.spend(connection, "a", 3, HALF)
        assert connection.scalar(select(usage.c.hour)) == int(HALF.timestamp()) // 3600
        bucket, _ = rate_limit.take(connection, "a", 600, NOW, 1)
        assert bucket.next_at is not None
        kept = connection.scalar(select(buckets.c.next_at))
        assert kept == int(NOW.timestamp()) * 1_000_000 + (bucket.next_at - NOW) // timedelta(microseconds=1)


def test_a_bucket_is_held_to_the_end_of_a_transaction(postgres: PostgresServer, postgres_template: str) -> None:
    """On PostgreSQL other requests wait; requests for another bucket do not."""
    with open_database(postgres.create(postgres_template)) as database:
        with database.write() as connection:
            for name in ("a", "b"):
                rate_limit.take(connection, name, 600, NOW, 1)
        with database.write() as connection:
            rate_limit.take(connection, "a", 600, NOW, 0)
            for name, is_free in (("b", True), ("a", False)):
                with database.engine.connect() as other:
                    other.exec_driver_sql("SET lock_timeout = '100ms'")
                    if is_free:
                        rate_limit.take(other, name, 600, NOW, 0)
                        continue
                    with pytest.raises(OperationalError, match="lock timeout"):
                        rate_limit.take(other, name, 600, NOW, 0)
