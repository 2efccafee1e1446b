"""Many issues are read by several processes: the archive, the problems and the database are the same as with one."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from composer.app.context import open_newsletter
from composer.app.publishing.issue_file_archive import publish_files
from composer.app.publishing.reading_pool import MANY
from composer.app.publishing.sent_archive import publish_sent
from composer.core.environment import Environment
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.database.tables.archive_tables import text_versions
from tests.audience.people import join
from tests.databases import with_tables
from tests.publish.archives import NOW, files, letters, publish, write_issue
from tests.publish.test_sent_archive import send

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can leave a process one processor"),
    pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors"),
]
FIRST = date(2024, 2, 1)
STEMS = tuple((FIRST + timedelta(days=7 * number)).isoformat() for number in range(MANY))


def _text(stem: str) -> str:
    return f'subject: "News of {stem}"\nletter:\n  body: b\ntopics:\n  - title: "Things of {stem}"\n    facts: Two.\n'


def _letters(folder: Path) -> Workspace:
    workspace = letters(folder)
    for stem in STEMS:
        write_issue(workspace, stem, _text(stem))
    return workspace


@contextmanager
def _one_processor() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def test_the_same_archive(tmp_path: Path) -> None:
    """Several processes write the same bytes as one, and the next run reads nothing."""
    workspace = _letters(tmp_path / "news")
    with _one_processor():
        alone = publish(workspace, tmp_path / "alone")
    together = publish(workspace, tmp_path / "together")
    assert files(tmp_path / "alone") == files(tmp_path / "together")
    assert (alone.rendered, alone.written) == (together.rendered, together.written) == (MANY, alone.written)
    assert publish(workspace, tmp_path / "together").written == 0


def test_the_problems_of_all_issues(tmp_path: Path) -> None:
    """Problems that different processes find are reported together, in the order of the files."""
    workspace = _letters(tmp_path)
    for stem in (STEMS[1], STEMS[-1]):
        write_issue(workspace, stem, "subject: x\nsurprise: y\n")
    with pytest.raises(ContentError) as caught:
        publish(workspace)
    assert list(dict.fromkeys(each.path for each in caught.value.problems)) == [
        f"issues/{stem}.yaml" for stem in (STEMS[1], STEMS[-1])
    ]
    assert not (workspace.root / "public").exists()


def test_processes_that_are_killed(tmp_path: Path) -> None:
    """If the processes end early, this one reads the rest; none of them is left."""
    workspace = _letters(tmp_path / "news")
    expected = publish(workspace, tmp_path / "expected")
    killed: set[int] = set()

    def kill(done: int, total: int) -> None:
        if done == 5:
            killed.update(_children())
            for each in killed:
                os.kill(each, signal.SIGKILL)

    result = publish_files(workspace, tmp_path / "killed", now=NOW, progress=kill)
    assert killed and result.rendered == expected.rendered
    assert files(tmp_path / "killed") == files(tmp_path / "expected") and not _children()


def _children() -> set[int]:
    listed = Path("/proc/self/task").glob("*/children")
    children = {int(pid) for each in listed for pid in each.read_text().split()}
    return {pid for pid in children if b"reading_process" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def test_what_was_sent(tmp_path: Path) -> None:
    """The processes read what was sent from the database; a correction that they find is recorded once."""
    workspace = _letters(tmp_path / "news")
    with_tables(workspace.root / "newsletter.db")
    environment = Environment(environment={"XDG_STATE_HOME": str(tmp_path)}, folder=tmp_path / "config")
    with open_newsletter(workspace.root, environment) as context:
        with context.database.write() as connection:
            join(connection, "anna@example.net")
        for stem in STEMS:
            send(context, stem, at=datetime.fromisoformat(stem).replace(tzinfo=UTC))
        write_issue(workspace, STEMS[3], _text(STEMS[3]).replace("Things", "Other things"))
        result = publish_sent(context, now=NOW)
        assert result.rendered == MANY
        assert "Other things" in (result.folder / STEMS[3][:4] / STEMS[3][5:] / "index.html").read_text("utf-8")
        assert publish_sent(context, now=NOW).written == 0
        with context.database.read() as connection:
            assert connection.execute(select(func.count()).select_from(text_versions)).scalar_one() == 1


def test_few_issues_need_no_process(tmp_path: Path) -> None:
    """A run that changes a few issues starts no process."""
    workspace = letters(tmp_path, d2025_01_30=_text("2025-01-30"))
    seen: list[set[int]] = []

    publish_files(workspace, now=NOW, progress=lambda done, total: seen.append(_children()))
    assert seen == [set()]
