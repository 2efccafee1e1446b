"""Prints results to stdout, and messages and errors to stderr, on any console.

Input: values of lower layers. Output: lines that the console can show. Guarantees: makes no decisions.
"""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

import click

from composer.cli.program_name import in_called_name
from composer.core.errors import ComposeError, ContentError, Problem, Who, grouped, places_in_words
from composer.core.untrusted.untrusted_text import in_json, visible

#: Replacements for characters that an old console cannot show.
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-", "：": ":", "\u00a0": " "}
)


def showable(text: str, encoding: str | None) -> str:
    """Return a text in the characters of an encoding: quotation marks become plain, others become escapes."""
    encoding = encoding or "ascii"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
    return text


def _write(stream: TextIO, text: str) -> None:
    print(shown(text, stream), file=stream)


def shown(text: str, stream: TextIO | None = None) -> str:
    """Return a text that a stream, or stderr, can show, without control characters that act on a terminal."""
    return showable(visible(in_called_name(text)), (stream or sys.stderr).encoding)


class ConsoleTable:
    """A list on stdout: made safe for a terminal, unchanged for a file or another program."""

    def __init__(self) -> None:
        self._is_shown = sys.stdout.isatty()

    def write(self, text: str) -> int:
        """Write a row."""
        return sys.stdout.write(visible(text.replace("\r\n", "\n")) if self._is_shown else text)


def answer(text: str) -> None:
    """Print a result to stdout."""
    _write(sys.stdout, text)


def answer_page(text: str) -> None:
    """Show a formatted text of ours on a terminal, page by page if it is longer than the screen."""
    if text.count("\n") < shutil.get_terminal_size().lines:
        print(in_called_name(text), end="", file=sys.stdout)
    else:
        click.echo_via_pager(in_called_name(text), color=True)


def answer_json(value: object) -> None:
    """Print a value as JSON; letters outside ASCII are escaped unless the stream is Unicode."""
    import json

    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    print(in_json(json.dumps(value, ensure_ascii=not is_unicode, indent=2)), file=sys.stdout)


def answer_line(value: object) -> None:
    """Print a value as one line of JSON, for results that are printed one by one."""
    import json

    print(in_json(json.dumps(value, ensure_ascii=True, separators=(",", ":"))), file=sys.stdout)


def as_line(value: object) -> str:
    """Return a value as one line of JSON; letters outside ASCII are escaped unless stdout is Unicode."""
    import json

    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    return in_json(json.dumps(value, ensure_ascii=not is_unicode, default=str))


def talk(text: str) -> None:
    """Print a message to stderr."""
    _write(sys.stderr, text)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress, on a terminal only; the function it yields is called with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    bar = click.progressbar(length=1, label=label, file=sys.stderr)
    with ExitStack() as shown_bar:

        def tell(done: int, total: int) -> None:
            if not bar.entered:
                # Started only when there is progress to show, because an error may come first.
                shown_bar.enter_context(bar)
            bar.length = total
            bar.update(done - bar.pos)

        yield tell


def problems(found: Iterable[Problem]) -> None:
    """Print problems to stderr, each with its place and its hint."""
    for line in problem_lines(found):
        talk(line)


def problem_lines(found: Iterable[Problem]) -> Iterator[str]:
    """Yield problems as text; several of one kind are grouped."""
    for problem, others in grouped(found):
        yield str(problem) + ("" if problem.who is Who.EDITOR else f"  (for: {problem.who})")
        if others:
            yield f"    and {len(others)} more like it, at {places_in_words(others)}"


def problems_as_json(found: Iterable[Problem]) -> list[dict[str, object]]:
    """Return problems as they are in JSON answers."""
    return [
        {
            "path": each.path,
            "line": each.line,
            "column": each.column,
            "code": each.code,
            "level": each.level.value,
            "message": each.message,
            "hint": each.hint or None,
        }
        for each in found
    ]


def stop(error: ComposeError) -> None:
    """Print why a command stopped, and what to do next."""
    if isinstance(error, ContentError):
        problems(error.problems)
        return
    talk(f"error: {error.message}")
    if error.hint:
        talk(f"    {error.hint}")
