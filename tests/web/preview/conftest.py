"""Runs a preview for tests: a server on its own port, and a newsletter to save files in."""

import asyncio
import contextlib
import datetime
import http.client
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from composer.app.issues.issue_lookup import IssueFile
from composer.app.issues.preview import list_issues
from composer.core.errors import Problem
from composer.core.workspace import Workspace
from composer.web.preview.build_preview import always, preview_builder
from composer.web.preview.editor_links import editor_links, editor_template
from composer.web.preview.issue_sessions import IssueSessions
from composer.web.preview.preview_server import PreviewServer, listen
from composer.web.preview.preview_session import PreviewSession
from composer.web.preview.view_model import Attempt, PreviewModel
from tests.browser.conftest import driver
from tests.factories import ROOT, sample, sample_message

__all__ = ["desks", "driver", "model", "preview", "sampled", "shared"]

#: The sending date of the issues, so that no date in them is past.
DAY = datetime.date(2025, 1, 30)


def now() -> datetime.datetime:
    """Return a time on that day."""
    return datetime.datetime.combine(DAY, datetime.time(9), datetime.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response; header names are in lower case, as the server sends them."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Preview:
    """A running preview of one issue. `findings` are added to those of the next build."""

    workspace: Workspace
    path: Path
    server: PreviewServer
    session: PreviewSession
    thread: threading.Thread
    findings: list[Problem] = field(default_factory=list)
    #: Builds wait while it is not set.
    may_build: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Delay builds."""
        self.may_build.clear()
        try:
            yield
        finally:
            self.may_build.set()

    @property
    def port(self) -> int:
        return int(self.server.url.rstrip("/").rpartition(":")[2])

    def ask(self, path: str, headers: dict[str, str], method: str = "GET") -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        with contextlib.closing(self.ask(path, headers or {}, method)) as connection:
            answer = connection.getresponse()
            return Answer(status=answer.status, headers=dict(answer.getheaders()), body=answer.read())

    def state(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.get("/state.json").body)
        return told

    def session_of(self, issue: str) -> dict[str, Any]:
        """Return the state of another issue, as soon as it is built."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            told: dict[str, Any] = json.loads(self.get(f"/issue/{issue}/state.json").body)
            if told["version"]:
                return told
            time.sleep(0.01)
        raise AssertionError(f"never built: {issue}")

    def text(self) -> str:
        """Return the plain text as the page shows it without a subscriber."""
        told: dict[str, str] = json.loads(self.get("/views/text.json").body)
        return told["defaults"]

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait for a state; fail after half a minute."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            told = self.state()
            if holds(told):
                return told
            time.sleep(0.01)
        raise AssertionError(f"never told: {json.dumps(self.state())[:600]}")

    def save(self, text: str) -> None:
        """Save as most programs do: a new file replaces the old one."""
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.path)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def running(workspace: Workspace, stem: str = "2025-01-30") -> Iterator[Preview]:
    """Run a preview of an issue of this newsletter, as `compose preview` does, and stop it."""
    path = workspace.issue(stem)
    findings: list[Problem] = []
    build = preview_builder(workspace, path, now, DAY)

    may_build = threading.Event()
    may_build.set()

    def rebuild() -> Attempt:
        may_build.wait(60)
        attempt = build()
        return replace(attempt, problems=(*attempt.problems, *findings))

    listener = listen(0)
    links = partial(editor_links, editor_template(""), workspace.root)
    session = PreviewSession(rebuild, always(workspace, path), links)

    def prepare(name: str) -> PreviewSession | None:
        other = next((each for each in workspace.issues() if each.stem == name), None)
        if other is None:
            return None
        return PreviewSession(preview_builder(workspace, other, now, DAY), always(workspace, other), links)

    issue = IssueFile(workspace=workspace, path=path)
    sessions = IssueSessions(session, stem, partial(list_issues, issue), prepare)
    ready = threading.Event()
    server = PreviewServer(sessions, listener, lambda url: ready.set(), 0.2)

    def run() -> None:
        with listener:
            asyncio.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60)
    shown = Preview(
        workspace=workspace,
        path=path,
        server=server,
        session=session,
        thread=thread,
        findings=findings,
        may_build=may_build,
    )
    try:
        shown.until(lambda told: told["version"])
        yield shown
    finally:
        shown.stop()


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[Preview]:
    """A preview of a short letter."""
    with running(sample_message(tmp_path)) as shown:
        yield shown


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """A preview of the sample that tests share and do not change."""
    with running(sample(tmp_path_factory.mktemp("shared"))) as shown:
        yield shown


@pytest.fixture
def sampled(tmp_path: Path) -> Iterator[Preview]:
    """A preview of the sample."""
    with running(sample(tmp_path)) as shown:
        yield shown


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Preview]:
    """A preview of an issue with several variants."""
    shutil.copytree(ROOT / "tests/golden/variants", tmp_path / "desks")
    with running(Workspace(root=(tmp_path / "desks").resolve())) as shown:
        yield shown


@pytest.fixture(scope="session")
def model() -> PreviewModel:
    """The sample's English edition."""
    workspace = Workspace(root=ROOT)
    found = preview_builder(workspace, workspace.issue("2025-01-30"), now, DAY)().model
    assert found is not None
    return found
