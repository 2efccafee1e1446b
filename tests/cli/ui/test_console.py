"""What the console shows."""

import io
import sys

import pytest

from composer.cli.ui import console


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_appears_with_the_first_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn before there is something to tell, so that a use case may find mistakes first; then each step."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with console.progress("checking links") as tell:
        assert terminal.getvalue() == ""
        tell(0, 4)
        tell(1, 4)
        assert "checking links" in terminal.getvalue() and "25%" in terminal.getvalue()
        tell(4, 4)
    assert "100%" in terminal.getvalue() and terminal.getvalue().endswith("\n")


def test_a_bar_that_is_never_told_is_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that tells nothing leaves the terminal as it was."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyError), console.progress("checking links"):
        raise KeyError
    assert terminal.getvalue() == ""


def test_a_file_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to a file or another program has no progress in it."""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with console.progress("checking links") as tell:
        tell(1, 2)
    assert file.getvalue() == ""
