"""The output of the console."""

import io
import sys

import pytest

from composer.cli.ui import console


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_appears_with_the_first_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar is drawn with the first progress, so that errors can come before it; then each step is shown."""
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
    """A block without progress does not change the terminal."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyError), console.progress("checking links"):
        raise KeyError
    assert terminal.getvalue() == ""


def test_a_file_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output to a file or another program contains no progress bar."""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with console.progress("checking links") as tell:
        tell(1, 2)
    assert file.getvalue() == ""
