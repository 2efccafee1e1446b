"""The page with the walkthrough of a mailing shows the output of the commands."""

import os
from pathlib import Path

import pytest

from tests.walkthrough import PAGE, play

pytestmark = [pytest.mark.kill, pytest.mark.slow]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_the_walk_through_is_real(tmp_path: Path) -> None:
    """200 people imported, tested, approved, sent, killed half-way, sent again, settled, reported, corrected: exact
    output.
    """
    folder = tmp_path / "news"
    folder.mkdir()
    assert play(folder) == PAGE.read_text(encoding="utf-8")
