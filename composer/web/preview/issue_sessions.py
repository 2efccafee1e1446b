"""One session for each issue that a page shows: a page can switch between issues and languages.

Input: the first issue's session, a function that lists issues, and one that prepares the session of another one. Output:
sessions by the name of an issue. Guarantees: an issue is built only after a page has opened it, and no longer when other
issues were opened since and no page shows it.
"""

import asyncio
import sys
import traceback
from collections.abc import Callable, Sequence

from composer.web.preview.file_watcher import watch
from composer.web.preview.preview_session import PreviewSession
from composer.web.preview.view_model import ListedIssue

#: How many issues besides the first are kept up to date although no page shows them.
_KEPT = 3


class IssueSessions:
    """The sessions. All methods run in the server's thread."""

    def __init__(
        self,
        first: PreviewSession,
        current: str = "",
        listed: Callable[[], Sequence[ListedIssue]] = tuple,
        prepare: Callable[[str], PreviewSession | None] = lambda stem: None,
    ) -> None:
        """`current` is the first issue's name; `prepare` returns None if there is no such issue."""
        self.first = first
        self.current = current
        self.listed = listed
        self._prepare = prepare
        self._others: dict[str, PreviewSession] = {}
        self._tasks: dict[PreviewSession, tuple[asyncio.Task[None], ...]] = {}

    def start(self) -> None:
        """Begin to build the first issue, and to watch its files."""
        self._begin(self.first)

    async def end(self) -> None:
        """Stop all builds."""
        tasks = [task for session in tuple(self._tasks) for task in self._stopped(session)]
        await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """End the event streams of all pages."""
        for session in (self.first, *self._others.values()):
            session.close()

    def session(self, stem: str | None) -> PreviewSession | None:
        """Return the session of an issue, the first one's without a name; None if there is no such issue."""
        if stem is None or stem == self.current:
            return self.first
        # The issue that was used last is last.
        session = self._others.pop(stem, None)
        if session is None:
            session = self._prepare(stem)
            if session is None:
                return None
            self._begin(session)
            self._forget()
        self._others[stem] = session
        return session

    def _forget(self) -> None:
        unseen = [stem for stem, session in self._others.items() if not session.listeners]
        for stem in unseen[: max(0, len(unseen) - _KEPT + 1)]:
            session = self._others.pop(stem)
            session.close()
            self._stopped(session)

    def _begin(self, session: PreviewSession) -> None:
        tasks = (asyncio.create_task(session.run()), asyncio.create_task(watch(session)))
        for task in tasks:
            task.add_done_callback(_confess)
        self._tasks[session] = tasks

    def _stopped(self, session: PreviewSession) -> tuple["asyncio.Task[None]", ...]:
        tasks = self._tasks.pop(session, ())
        for task in tasks:
            task.cancel()
        return tasks


def _confess(task: "asyncio.Task[None]") -> None:
    """Print the error of a task that should never end."""
    if not task.cancelled() and (bug := task.exception()) is not None:
        traceback.print_exception(bug, file=sys.stderr)
