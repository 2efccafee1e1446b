"""Shows the progress of a run: a bar on a terminal; elsewhere, a line when it has to wait.

Input: a `Progress`, several times a second. Output: text on stderr. Guarantees: makes no decisions.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from composer.cli.ui import console
from composer.cli.ui.mailing_texts import WORDS, answers
from composer.delivery.core.scheduler import Wait, Why
from composer.delivery.core.states import DeliveryState

if TYPE_CHECKING:
    from composer.delivery.worker.progress import Progress

#: The least number of seconds between two lines about waiting.
_SELDOM = 60.0
_WAITING = {
    Why.NO_CONNECTION: "paused until {}: no connection to the server",
    Why.SERVER: "paused until {}: the server asked to slow down",
    Why.ELSEWHERE: "paused until {}: the server asked another run to slow down",
    Why.QUOTA: "waiting until {}: the daily quota is used up",
    Why.RETRY: "waiting until {}: deferred messages are retried then",
}


@contextmanager
def shown(label: str, zone: ZoneInfo) -> Iterator[Callable[["Progress"], None]]:
    """Provide a function that shows the progress of a run."""
    if not sys.stderr.isatty():
        yield _lines(label, zone)
        return
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    # Two lines: the first fits into 80 columns, and only the second is cut off.
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn("{task.fields[pace]}"),
        TextColumn("{task.fields[left]}"),
    )
    screen = Console(stderr=True)
    bar, outcomes = Bar(*columns, console=screen), Text(no_wrap=True, overflow="ellipsis")
    task = bar.add_task(console.shown(label), total=None, pace="", left="")
    with Live(Group(bar, outcomes), console=screen, refresh_per_second=4):

        def tell(progress: "Progress") -> None:
            sums = progress.sums
            pace = f"{progress.pace:,.0f}/min"
            done = sums.frozen - sums.open
            bar.update(task, total=max(sums.frozen, 1), completed=done, pace=pace, left=_left(progress))
            waiting = "" if progress.wait is None else f"  {_waiting(progress.wait, zone)}"
            if progress.outstanding is not None:
                waiting = f"  {answers(progress.outstanding, zone)}"
            outcomes.plain = f"{waiting}  {_outcomes(progress)}"

        yield tell


def _lines(label: str, zone: ZoneInfo) -> Callable[["Progress"], None]:
    """Return a function that prints a line when a wait begins, but not too often."""
    told_at, told = float("-inf"), None

    def tell(progress: "Progress") -> None:
        nonlocal told_at, told
        wait = progress.wait
        if wait is not None and wait != told and time.monotonic() - told_at >= _SELDOM:
            told_at, told = time.monotonic(), wait
            console.talk(f"{label}: {_waiting(wait, zone)}")

    return tell


def _waiting(wait: Wait, zone: ZoneInfo) -> str:
    assert wait.until is not None and wait.why is not None
    return _WAITING[wait.why].format(f"{wait.until.astimezone(zone):%H:%M:%S}")


def _left(progress: "Progress") -> str:
    waiting = progress.sums[DeliveryState.PENDING] + progress.sums[DeliveryState.CLAIMED]
    if progress.pace <= 0 or not waiting or progress.wait is not None:
        return ""
    seconds = int(waiting / progress.pace * 60)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02} left" if hours else f"{rest // 60}:{rest % 60:02} left"


def _outcomes(progress: "Progress") -> str:
    shown = (
        DeliveryState.ACCEPTED,
        DeliveryState.WRITTEN,
        DeliveryState.DEFERRED,
        DeliveryState.REFUSED,
        DeliveryState.UNKNOWN,
    )
    short = {
        DeliveryState.ACCEPTED: WORDS[DeliveryState.ACCEPTED],
        DeliveryState.WRITTEN: "written",
        DeliveryState.DEFERRED: WORDS[DeliveryState.DEFERRED],
        DeliveryState.REFUSED: WORDS[DeliveryState.REFUSED],
        DeliveryState.UNKNOWN: WORDS[DeliveryState.UNKNOWN],
    }
    return "  ".join(f"{progress.sums[state]:,} {short[state]}" for state in shown if progress.sums[state])
