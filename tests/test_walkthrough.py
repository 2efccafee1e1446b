"""The tutorial of a whole mailing shows what the commands print."""

import os
from pathlib import Path

import pytest

from tests.walkthrough import PAGE, play

pytestmark = [pytest.mark.kill, pytest.mark.slow]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_the_walk_through_is_real(tmp_path: Path) -> None:
    """200 subscribers are imported; the issue is tested, approved, sent, killed, continued, settled, reported and corrected."""
    folder = tmp_path / "news"
    folder.mkdir()
    assert play(folder) == PAGE.read_text(encoding="utf-8")
