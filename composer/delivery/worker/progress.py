"""How a run stands, several times a second, without asking the database more than it can bear.

Input: the recorder's tally, a view. Output: a `Progress`. What was counted in the database is reckoned forward by what
this run did since; other processes' work shows at the next count.
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

#: Seconds between two words.
_OFTEN = 0.25
#: Seconds over which the pace is measured.
_SPAN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a run stands, several times a second."""

    sums: Sums
    #: Messages whose outcome this run has recorded, those under way, and seconds since it began.
    tried: int
    open: int
    seconds: float
    #: Messages a minute of late.
    pace: float
    #: What the rate is held to now, after throttles; None for no bound.
    rate: float | None
    #: What it waits for, where there is nothing to do meanwhile.
    wait: Wait | None
    #: The answers that it waits for before it ends.
    outstanding: Outstanding | None = None


class Counter:
    """Counts for the progress: the database's sums now and then, what the run has done since in between."""

    def __init__(self, database: Database, mailing_id: int, recorder: LedgerWriter, sums: Sums) -> None:
        self._database, self._mailing, self._recorder, self._tally = database, mailing_id, recorder, recorder.tally
        self._began = self._told = time.monotonic()
        self._counted = self._next = float("-inf")
        #: As they were counted last.
        self.sums = sums
        self._since: dict[DeliveryState, int] = {}
        #: When how many had been tried, for the pace of the last seconds.
        self._marks: list[tuple[float, int]] = []

    @property
    def is_due(self) -> bool:
        """Whether it is time to tell."""
        return time.monotonic() - self._told >= _OFTEN

    def count(self) -> Sums:
        """Count in the database. Raises DatabaseError."""
        begun = time.monotonic()
        sums = abandonable(self._read, self._recorder.is_late)
        if sums is None:
            raise self._recorder.give_up()
        end = time.monotonic()
        # A twentieth of the time at most: a million rows take a moment.
        self._next = end + max(1.0, 20 * (end - begun))
        self.sums, self._since = sums, dict(self._tally.came_to)
        return sums

    def _read(self) -> Sums:
        with self._database.read() as connection:
            return sums_of(connection, self._mailing)

    def progress(self, view: View, outstanding: Outstanding | None, *, is_last: bool) -> Progress:
        """Say how it stands. Without a ledger to count in, what was counted last is reckoned forward."""
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
    """Reckon what was counted forward by what came to its states since."""
    by_state = {state: sums[state] + came.get(state, 0) for state in DeliveryState}
    left = sum(came.values())
    for state in (DeliveryState.SENDING, DeliveryState.CLAIMED, DeliveryState.PENDING, DeliveryState.DEFERRED):
        moved = min(left, by_state[state])
        by_state[state] -= moved
        left -= moved
    return Sums(frozen=sums.frozen, by_state=by_state)
