"""The outbox contains all files of an edition or none, even if a build is interrupted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from composer.core.errors import OutputError
from composer.core.folders import put_back
from composer.editions import outbox
from composer.editions.pipeline import build_issue
from tests.factories import ROOT, sample_message


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    """If there is a file in place of the outbox, the build stops with a clear message and changes nothing."""
    workspace = sample_message(tmp_path)
    built = build_issue(workspace, workspace.issue("2025-01-30"))
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        outbox.write(built, tmp_path / "outbox")
    assert (tmp_path / "outbox").read_text() == "in the way"


def test_an_output_folder_in_use_does_not_change(tmp_path: Path) -> None:
    """If the earlier folder cannot be moved (on Windows: a file in it is open), it is not changed.

    A read-only outbox does not stop root, and a mount point would need root, so the test makes the move itself
    impossible: it puts the name of the edition on a folder that cannot be renamed.
    """
    workspace = sample_message(tmp_path)
    built = build_issue(workspace, workspace.issue("2025-01-30"))
    box = tmp_path / "outbox"
    outbox.write(built, box)
    before = (box / "2025-01-30/issue.eml").read_bytes()
    if os.geteuid() == 0:
        subprocess.run(["chattr", "+i", str(box / "2025-01-30")], check=False, capture_output=True)
        probe = box / "2025-01-30/probe"
        try:
            probe.write_text("x")
        except PermissionError:
            pass
        else:
            probe.unlink()
            pytest.skip("this file system knows no immutable folders, and root may move all others")
    else:
        box.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="no permission"):
            outbox.write(built, box)
    finally:
        subprocess.run(["chattr", "-i", str(box / "2025-01-30")], check=False, capture_output=True)
        box.chmod(0o700)
    assert (box / "2025-01-30/issue.eml").read_bytes() == before
    assert outbox.is_current(built, box)


def test_an_interrupted_swap_is_undone(tmp_path: Path) -> None:
    """If a build is killed between its two renames, the next build restores the earlier edition."""
    workspace = sample_message(tmp_path)
    built = build_issue(workspace, workspace.issue("2025-01-30"))
    box = tmp_path / "outbox"
    outbox.write(built, box)
    left = box / ".2025-01-30-abc.new"
    left.mkdir()
    (box / "2025-01-30").rename(left / "old")
    os.utime(left, (time.time() - 3600, time.time() - 3600))
    outbox.write(built, box)
    assert [path.name for path in box.iterdir()] == ["2025-01-30"]
    assert outbox.is_current(built, box)


def test_a_running_build_is_kept(tmp_path: Path) -> None:
    """A new incomplete folder may belong to another running build, so it is kept."""
    workspace = sample_message(tmp_path)
    built = build_issue(workspace, workspace.issue("2025-01-30"))
    box = tmp_path / "outbox"
    (box / ".2025-01-30-abc.new").mkdir(parents=True)
    outbox.write(built, box)
    assert (box / ".2025-01-30-abc.new").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.kill
def test_kill_at_any_moment_leaves_a_whole_edition(tmp_path: Path) -> None:
    """After builds are killed at many moments, the edition's folder is always complete: the old one or the new one."""
    workspace = sample_message(tmp_path)
    issue = workspace.issue("2025-01-30")
    box = tmp_path / "outbox"
    outbox.write(build_issue(workspace, issue), box)
    code = (
        "import sys; from pathlib import Path; from composer.editions import outbox;"
        "from composer.editions.pipeline import build_issue;"
        "from composer.core.workspace import Workspace; w = Workspace(root=Path(sys.argv[1]));"
        "b = build_issue(w, w.issue('2025-01-30'));"
        "print('ready', flush=True)\n"
        "while True: outbox.write(b, w.root / 'outbox')"
    )
    for delay in (0.0, 0.001, 0.002, 0.003, 0.005, 0.007):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(workspace.root)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        folder = box / "2025-01-30"
        if not folder.exists():
            # Killed between the two renames: the next build first restores it.
            put_back(folder)
        assert {path.name for path in folder.iterdir()} == {"issue.html", "issue.txt", "issue.eml"}
