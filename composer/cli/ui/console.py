"""Prints: answers on stdout, talk and errors on stderr, on any console.

Input: values of the rooms below. Output: lines that the console can show. Never decides.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

import click

from composer.core.errors import ComposeError, ContentError, Problem, Who, grouped, places_in_words
from composer.core.untrusted_text import in_json, visible

#: What an old console shows in the place of what it cannot.
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-", "：": ":", "\u00a0": " "}
)


def showable(text: str, encoding: str | None) -> str:
    """Return a text in characters that an encoding has: quotation marks become plain, others their code point."""
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
    return text


def _write(stream: TextIO, text: str) -> None:
    print(shown(text, stream), file=stream)


def shown(text: str, stream: TextIO | None = None) -> str:
    """Return a text as a stream, or stderr, may show it: whatever came from elsewhere acts on no terminal."""
    return showable(visible(text), (stream or sys.stderr).encoding)


class ConsoleTable:
    """A list on stdout: to a terminal as it may be shown, to a file or another program as it is."""

    def __init__(self) -> None:
        self._is_shown = sys.stdout.isatty()

    def write(self, text: str) -> int:
        """Write a row."""
        return sys.stdout.write(visible(text.replace("\r\n", "\n")) if self._is_shown else text)


def answer(text: str) -> None:
    """Print what was asked for."""
    _write(sys.stdout, text)


def answer_json(value: object) -> None:
    """Print a value as JSON: letters as they are where the stream is Unicode, as escapes elsewhere."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print(in_json(json.dumps(value, ensure_ascii=not is_unicode, indent=2)), file=sys.stdout)


def answer_line(value: object) -> None:
    """Print a value as JSON in one line: one of many, each as soon as it is known."""
    print(in_json(json.dumps(value, ensure_ascii=True, separators=(",", ":"))), file=sys.stdout)


def as_line(value: object) -> str:
    """Return a value as one line of JSON, with letters as they are where stdout is Unicode."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return in_json(json.dumps(value, ensure_ascii=not is_unicode, default=str))


def talk(text: str) -> None:
    """Print what goes on."""
    _write(sys.stderr, text)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far something is, on a terminal only; what it gives is called with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    bar = click.progressbar(length=1, label=label, file=sys.stderr)
    with ExitStack() as shown_bar:

        def tell(done: int, total: int) -> None:
            if not bar.entered:
                # Not before there is something to tell: what comes first may end it.
                shown_bar.enter_context(bar)
            bar.length = total
            bar.update(done - bar.pos)

        yield tell


def problems(found: Iterable[Problem]) -> None:
    """Print problems, each at its place, with its hint."""
    for line in problem_lines(found):
        talk(line)


def problem_lines(found: Iterable[Problem]) -> Iterator[str]:
    """Yield problems in words, many of one kind together."""
    for problem, others in grouped(found):
        yield str(problem) + ("" if problem.who is Who.EDITOR else f"  (for: {problem.who})")
        if others:
            yield f"    and {len(others)} more like it, at {places_in_words(others)}"


def stop(error: ComposeError) -> None:
    """Print why a command stopped, and what to do."""
    if isinstance(error, ContentError):
        problems(error.problems)
        return
    talk(f"error: {error.message}")
    if error.hint:
        talk(f"    {error.hint}")
