"""A newsletter's folder as it was in an earlier commit.

Input: a newsletter's folder, and what git calls a commit. Output: a copy in a temporary folder. Guarantees: changes
neither the repository nor the folder; the copy is removed at the end.
"""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from composer.core.errors import UsageError
from composer.core.workspace import NEWSLETTER, Workspace

_SECONDS = 120


@contextmanager
def base_version(workspace: Workspace, base: str) -> Iterator[Workspace | None]:
    """Provide the newsletter as it was where the current commit branched from `base`; None if it did not exist.

    Raises UsageError if this is not a git repository, or the commit is not in it.
    """
    packed = _git(workspace.root, "archive", "--format=tar", _commit(workspace.root, base))
    if packed is None:
        # The commit has no such folder.
        yield None
        return
    with TemporaryDirectory(prefix="compose-review-") as name:
        folder = Path(name).resolve()
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            # Refuses members that lead out of the folder.
            tar.extractall(folder, filter="data")
        yield Workspace(root=folder) if (folder / NEWSLETTER).is_file() else None


def _commit(root: Path, base: str) -> str:
    if shutil.which("git") is None:
        raise UsageError("git is not installed", "a review compares the issues with an earlier commit: install git")
    if _git(root, "rev-parse", "--git-dir") is None:
        raise UsageError(f"{root} is not in a git repository", "a review compares the issues with an earlier commit")
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if found is None:
        raise UsageError(
            f"git does not know the commit “{base}”",
            "name a branch or a commit, such as   --base origin/main   (in CI, fetch the whole history)",
        )
    commit = found.decode().strip()
    return (_git(root, "merge-base", commit, "HEAD") or found).decode().strip()


def _git(root: Path, *arguments: str) -> bytes | None:
    """Run git in a folder and return its output; None if git is missing or fails."""
    try:
        ran = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=root,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout if ran.returncode == 0 else None
