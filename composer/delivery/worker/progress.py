"""The progress of a run, several times a second, without too many database queries.

Input: the ledger writer's tally, a view. Output: a `Progress`. Between two counts in the database, the results of this
run are added; the work of other processes appears with the next count.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from composer.database.engine import Database
from composer.delivery.core.mailing import Sums, sums_of
from composer.delivery.core.scheduler import View, Wait, next_move
from composer.delivery.core.states import DeliveryState
from composer.delivery.worker.abandonable_work import abandonable
from composer.delivery.worker.drain import Outstanding
from composer.delivery.worker.ledger_writer import LedgerWriter

#: Seconds between two reports.
_OFTEN = 0.25
#: Seconds over which the pace is measured.
_SPAN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a run."""

    sums: Sums
    #: Messages whose outcome this run has recorded, those being sent, and seconds since the start.
    tried: int
    open: int
    seconds: float
    #: The recent messages per minute.
    pace: float
    #: The current rate, after throttles; None for no limit.
    rate: float | None
    #: What the run waits for, if there is nothing to do.
    wait: Wait | None
    #: The outstanding answers before it ends.
    outstanding: Outstanding | None = None


class Counter:
    """Counts for the progress: in the database from time to time, and the results of this run in between."""

    def __init__(self, database: Database, mailing_id: int, recorder: LedgerWriter, sums: Sums) -> None:
        self._database, self._mailing, self._recorder, self._tally = database, mailing_id, recorder, recorder.tally
        self._began = self._told = time.monotonic()
        self._counted = self._next = float("-inf")
        #: The last counted sums.
        self.sums = sums
        self._since: dict[DeliveryState, int] = {}
        #: How many messages had been tried at which time, to measure the pace of the last seconds.
        self._marks: list[tuple[float, int]] = []

    @property
    def is_due(self) -> bool:
        """Whether it is time for a report."""
        return time.monotonic() - self._told >= _OFTEN

    def count(self) -> Sums:
        """Count in the database. Raises DatabaseError."""
        begun = time.monotonic()
        sums = abandonable(self._read, self._recorder.is_late)
        if sums is None:
            raise self._recorder.give_up()
        end = time.monotonic()
        # Counting uses a twentieth of the time at most, because a million rows take a moment.
        self._next = end + max(1.0, 20 * (end - begun))
        self.sums, self._since = sums, dict(self._tally.came_to)
        return sums

    def _read(self) -> Sums:
        with self._database.read() as connection:
            return sums_of(connection, self._mailing)

    def progress(self, view: View, outstanding: Outstanding | None, *, is_last: bool) -> Progress:
        """Return the progress. If the ledger cannot be read, the last count is used."""
        clock = self._told = time.monotonic()
        sums = self.sums
        if is_last or (clock >= self._next and not view.is_ledger_broken):
            sums = self.count()
        else:
            came = {state: number - self._since.get(state, 0) for state, number in self._tally.came_to.items()}
            sums = _moved(sums, came)
        self._marks = [*(mark for mark in self._marks if clock - mark[0] < _SPAN), (clock, self._tally.tried)]
        then, before = self._marks[0]
        span, move = clock - then, next_move(view)
        return Progress(
            sums=sums,
            tried=self._tally.tried,
            open=view.open,
            seconds=clock - self._began,
            pace=(self._tally.tried - before) / span * 60 if span > 0 else 0.0,
            rate=view.rate,
            wait=move if isinstance(move, Wait) and move.why is not None else None,
            outstanding=outstanding,
        )


def _moved(sums: Sums, came: Mapping[DeliveryState, int]) -> Sums:
    """Return the sums with the results since the last count."""
    by_state = {state: sums[state] + came.get(state, 0) for state in DeliveryState}
    left = sum(came.values())
    for state in (DeliveryState.SENDING, DeliveryState.CLAIMED, DeliveryState.PENDING, DeliveryState.DEFERRED):
        moved = min(left, by_state[state])
        by_state[state] -= moved
        left -= moved
    return Sums(frozen=sums.frozen, by_state=by_state)
