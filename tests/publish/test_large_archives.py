"""What an archive costs for each issue that it has, as counts that do not depend on the machine."""

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import FrameType

import pytest

from composer.core.errors import OutputError
from composer.core.workspace import Workspace
from composer.publish.records.record_file import RecordFile, record_file
from tests.publish.archives import files, letters, publish, write_issue
from tests.sizes import sized

pytestmark = pytest.mark.slow

#: Years of 52 and 53 weekly issues: lists and sections of a year have the same length in both archives.
FEW, MANY = 52, sized(105, 157)
FIRST = date(2020, 1, 2)


def weekly(folder: Path, count: int) -> Workspace:
    """Create a newsletter with issues of 10 KB."""
    workspace = letters(folder)
    topics = "".join(
        f"  - title: The topic with the number {number}\n    facts: {'Some words of a topic. ' * 55}\n"
        for number in range(8)
    )
    for number in range(count):
        text = f"subject: Issue {number}\nletter:\n  body: Hello.\nnumbers:\n  value: {number} %\n  body: of all\n"
        write_issue(workspace, str(FIRST + timedelta(days=7 * number)), f"{text}topics:\n{topics}")
    return workspace


def change(workspace: Workspace) -> None:
    path = workspace.root / "issues" / f"{FIRST + timedelta(days=70)}.yaml"
    path.write_text(path.read_text().replace("subject: Issue", "subject: New issue"))


def peak(run: Callable[[], object]) -> int:
    """Return the most memory that Python's objects needed at a time."""
    gc.collect()
    tracemalloc.start(1)
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def calls(run: Callable[[], object]) -> int:
    """Return how many functions were called."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage as rarely as the program itself (cli/main.py)."""
    before = gc.get_threshold()
    gc.set_threshold(100_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def test_what_an_issue_costs(tmp_path: Path) -> None:
    """Memory has a few kilobytes of each issue, not its text; a change takes few calls for each issue that is the same."""
    # What all archives need is loaded first.
    publish(weekly(tmp_path / "first", 2))
    peaks, changes = [], []
    with rare_collections():
        for count in (FEW, MANY):
            workspace = weekly(tmp_path / str(count), count)
            anew = peak(lambda: publish(workspace))  # noqa: B023 - called at once
            change(workspace)
            changes.append(calls(lambda: publish(workspace)))  # noqa: B023 - called at once
            change(workspace)
            peaks.append((anew, peak(lambda: publish(workspace))))  # noqa: B023 - called at once
    anew, again = ((many - few) / (MANY - FEW) for few, many in zip(*peaks, strict=True))
    each = (changes[1] - changes[0]) / (MANY - FEW)
    print(f"{anew:.0f} and {again:.0f} bytes, {each:.0f} calls for each issue")
    assert anew < 6_000 and again < 6_000
    assert each < 650


@pytest.mark.parametrize("damage", ["a letter", "cut off", "another version", "not text"])
def test_damaged_records(damage: str, tmp_path: Path) -> None:
    """An issue whose record is damaged is read again; the archive is the same."""
    workspace = letters(
        tmp_path,
        d2025_01_02="subject: One\nletter:\n  body: Hello.\n",
        d2025_01_09="subject: Two\nletter:\n  body: Bye.\n",
    )
    publish(workspace)
    before = files(workspace.root / "public")
    record = next((workspace.root / ".compose").iterdir())
    data = record.read_bytes()
    changed = {
        "a letter": data.replace(b"Two", b"Too", 1),
        "cut off": data[:-30],
        "another version": data.replace(b'"version":', b'"version":1', 1),
        "not text": b"\xff\n\xff\t\xff\n",
    }[damage]
    assert changed != data
    record.write_bytes(changed)
    result = publish(workspace)
    assert result.rendered == (1 if damage in ("a letter", "cut off") else 2)
    assert files(workspace.root / "public") == before and record.read_bytes() == data


def test_records_are_replaced_after_the_archive(tmp_path: Path) -> None:
    """A run that fails leaves the records of the one before, and no file of its own."""
    path = tmp_path / ".compose" / "archive.json"
    with record_file(path) as records:
        assert isinstance(records, RecordFile) and records.before("2025-01-02") is None
    data = path.read_bytes()
    with pytest.raises(OutputError), record_file(path):
        raise OutputError("the disk is full", "")
    assert path.read_bytes() == data and list(path.parent.iterdir()) == [path]


@contextmanager
def no_file_longer(most: int) -> Iterator[None]:
    """Make writing fail as on a full disk: no file may have more bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("most", [0, 100, 1_000, 3_000, 20_000, 60_000])
def test_a_full_disk(most: int, tmp_path: Path) -> None:
    """Whatever cannot be written, the error says why, and the old archive and its records are as they were."""
    workspace = weekly(tmp_path, 3)
    publish(workspace)
    before = files(workspace.root)
    path = workspace.root / "issues" / f"{FIRST}.yaml"
    text = path.read_text()
    path.write_text(text.replace("Hello.", "Hello. " * 10_000))
    with no_file_longer(most), pytest.raises(OutputError) as caught:
        publish(workspace)
    assert "too large" in caught.value.message and caught.value.hint.startswith("free some space")
    path.write_text(text)
    assert files(workspace.root) == before
    assert [each.name for each in workspace.root.iterdir() if each.name.startswith(".public")] == []
