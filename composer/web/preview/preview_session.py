"""A preview's session: builds when something has changed, and keeps the last edition without errors.

Input: a function that builds. Output: what is shown, and a notification to every page when it changes. Guarantees: never runs
two builds at once, and never ends because a build failed.
"""

import asyncio
import contextlib
import datetime
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from composer.core.errors import ComposeError, ContentError
from composer.core.workspace import stamp
from composer.web.preview.page_state import as_json, files_of, panels, state
from composer.web.preview.view_model import Attempt, ShownVariant

#: Seconds between two messages that tell a page that the preview is still running.
HEARTBEAT = 15.0

Stamps = Mapping[Path, tuple[int, int]]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a page is told: the current version, or that the next one is being built."""

    version: int
    is_building: bool


class PreviewSession:
    """What the pages share. All methods except `rebuild` run in the server's thread."""

    def __init__(
        self,
        rebuild: Callable[[], Attempt],
        inputs: tuple[Path, ...] = (),
        places: Callable[[Iterable[str]], Mapping[str, str]] = lambda names: {},
    ) -> None:
        """`inputs` are watched until the first build has reported which files it read.

        `places` returns the addresses that open files in the editor's program, by their names.
        """
        self._rebuild = rebuild
        self._places = places
        self.is_building = False
        self.shown = ShownVariant()
        self.json = as_json(state(self.shown, None))
        self.inputs = inputs
        #: The state of the files when the last build began.
        self.stamps: Stamps = {}
        self._panels: Mapping[str, object] | None = None
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._listeners: set[asyncio.Event] = set()
        self._is_closed = False

    @property
    def listeners(self) -> int:
        """The number of pages that are listening."""
        return len(self._listeners)

    def changed(self) -> None:
        """Request a build. Any number of requests during a build lead to one more build."""
        self._wanted.set()

    async def run(self) -> None:
        """Build now and on every request, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            before = stamps(self.inputs)
            self.is_building = True
            self._tell()
            shown, made, attempt = await _in_thread(self._attempt)
            if attempt is not None:
                self.inputs = attempt.inputs
            # A file that changed while it was read leads to another build; a new one is recorded as it is now.
            self.stamps = {
                **stamps(self.inputs),
                **{path: seen for path, seen in before.items() if path in self.inputs},
            }
            self.shown, self._panels = shown, made
            self.json = as_json(state(shown, made, self._places(files_of(shown))))
            self.is_building = False
            self._tell()

    def _attempt(self) -> tuple[ShownVariant, Mapping[str, object] | None, Attempt | None]:
        begun = time.perf_counter()
        attempt, made = None, None
        try:
            attempt = self._rebuild()
            made = panels(attempt.model) if attempt.model is not None else None
        except ContentError as stop:
            shown = self._broken(replace(self.shown, problems=stop.problems, error=""))
        except ComposeError as stop:
            shown = self._broken(
                replace(self.shown, problems=(), error=" ".join(filter(None, (stop.message, stop.hint))))
            )
        except Exception as bug:
            traceback.print_exc(file=sys.stderr)
            words = f"internal error: {type(bug).__name__}: {bug}. For details, see the terminal that runs the preview"
            shown = self._broken(replace(self.shown, problems=(), error=words))
        else:
            version = self.shown.version + 1
            problems = attempt.problems + (attempt.model.findings if attempt.model else ())
            shown = replace(self.shown, problems=problems, error=attempt.error)
            if attempt.model is None:
                shown = self._broken(shown)
            else:
                shown = replace(shown, version=version, edition=version, model=attempt.model, is_broken=False)
        spent = (time.perf_counter() - begun) * 1000
        shown = replace(shown, built=datetime.datetime.now().astimezone(), milliseconds=spent)
        return shown, made if not shown.is_broken else self._panels, attempt

    def _broken(self, shown: ShownVariant) -> ShownVariant:
        return replace(shown, version=self.shown.version + 1, is_broken=True)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener.set()

    def _signal(self) -> Signal:
        return Signal(version=self.shown.version, is_building=self.is_building)

    async def signals(self, heartbeat: float = HEARTBEAT) -> AsyncIterator[Signal | None]:
        """Yield the current version, the beginning of each build, and each new version; None after a while without any.

        Ends with the session.
        """
        listener = asyncio.Event()
        self._listeners.add(listener)
        try:
            yield Signal(version=self.shown.version, is_building=False)
            if self.is_building:
                yield self._signal()
            while not self._is_closed:
                try:
                    await asyncio.wait_for(listener.wait(), heartbeat)
                except TimeoutError:
                    yield None
                    continue
                listener.clear()
                if not self._is_closed:
                    yield self._signal()
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End the event streams of the pages."""
        self._is_closed = True
        self._tell()


def stamps(paths: tuple[Path, ...]) -> Stamps:
    """Return values that change when one of the files changes."""
    return {path: stamp(path) for path in paths}


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    """Run a function in a daemon thread, so that a build that hangs does not keep the program running."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_Result] = loop.create_future()

    def settle(result: _Result) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = work()
        # The loop is closed if the preview was stopped in the meantime.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="rebuild", daemon=True).start()
    return await done
