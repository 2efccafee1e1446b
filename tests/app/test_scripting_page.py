"""docs/how-to/use-from-python.md: its examples run, and print what the page shows."""

from pathlib import Path

import pytest

from tests import sessions

pytestmark = pytest.mark.slow

NAME = "docs/how-to/use-from-python.md"


def test_the_examples_are_real(tmp_path: Path) -> None:
    """Every Python block runs after the one before, in a copy of the sample, and prints the text that follows it."""
    page = sessions.read(NAME)
    assert page.count("```python") >= 5
    folder = tmp_path / "news"
    folder.mkdir()
    assert sessions.python(page, folder) == page
