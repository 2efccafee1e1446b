"""Parses YAML into a tree of texts with positions; the schema, not YAML, decides the type of a text.

Input: a `SourceText`. Output: a `Node` tree and the problems of parsing. Guarantees: does not turn texts into numbers
or dates, does not follow aliases and does not build objects: anchors, aliases and tags are problems, which prevents
alias bombs.
"""

import re
from dataclasses import replace
from typing import Protocol

import yaml

from composer.content.yaml.invisible_characters import UNSEEN, ZERO_WIDTH, name_of, stripped
from composer.content.yaml.merge_conflicts import without_conflicts, without_unseen_gaps
from composer.content.yaml.nodes import Entry, Mapping, Node, Scalar, ScalarStyle, Sequence
from composer.content.yaml.silent_losses import OTHER_DASH, odd_key, silent_losses
from composer.content.yaml.source import SourceText
from composer.core.errors import Problem

#: Deeper than any issue; prevents deep recursion on hostile input.
DEEPEST = 24
#: The maximum number of syntax errors repaired in memory, so that the mistakes after them are reported, too.
MOST_REPAIRS = 40
#: The maximum number of characters read again while searching for a misplaced line.
MOST_TRIED = 3_000_000


class _Mark(Protocol):
    index: int
    line: int


#: The key `sources` without a value on its line.
_SOURCES = re.compile(r"sources *:[ \t]*(?:#.*)?\n")
_STYLES = {"'": ScalarStyle.SINGLE, '"': ScalarStyle.DOUBLE, "|": ScalarStyle.LITERAL, ">": ScalarStyle.FOLDED}


def parse(source: SourceText) -> tuple[Node | None, tuple[Problem, ...]]:
    """Parse a source as YAML.

    Return the tree (None for an empty file, or if nothing can be read) and all syntax problems. A known mistake is
    repaired in memory and parsing continues, so that all mistakes are reported at once and sections after a broken
    line are checked, too.
    """
    problems: list[Problem] = []
    current = without_unseen_gaps(_without_ends(without_conflicts(source, problems), problems), problems)
    if _SOURCES.search(source.text):
        # Imported late: most files have a | after `sources:`.
        from composer.content.yaml.dashed_sources import with_sources_as_lines

        current = with_sources_as_lines(current)
    trials = _Trials()
    for _ in range(min(MOST_REPAIRS, 2 + MOST_TRIED // max(len(source.text), 1))):
        try:
            root, found = _TreeBuilder(current).read()
        except yaml.YAMLError as error:
            # Imported late: most files have no syntax errors.
            from composer.content.yaml.syntax_errors import diagnose

            marks = (getattr(error, "problem_mark", None), getattr(error, "context_mark", None))
            repair = diagnose(current, _row(marks[0]), _row(marks[1]), trials.reach)
            problems.append(repair.problem)
            mended = None if repair.rows is None else current.mend(repair.rows)
            if mended is None or mended.text == current.text:  # the same problem would be reported again
                return None, tuple(problems)
            current = mended
        else:
            return root, tuple(problems + found)
    return None, tuple(problems)


#: A line at which YAML ends the file.
_END = re.compile(r"^(?:---|\.\.\.)(?=\s|$)", re.MULTILINE)


def _without_ends(source: SourceText, problems: list[Problem]) -> SourceText:
    """Report and remove lines of three dashes or dots in the middle, after which YAML would read nothing."""
    rows: dict[int, str] = {}
    for match in _END.finditer(source.text):
        is_first = match[0] == "---" and not re.search(r"^[^#%\s]", source.text[: match.start()], re.MULTILINE)
        is_last = match[0] == "..." and not source.text[match.end() :].strip()
        if is_first or is_last:
            continue
        place = source.place(match.start())
        what = "dashes" if match[0] == "---" else "dots"
        hint = "delete this line; for a break in the text, leave an empty line"
        message = f"a line of three {what} ends the file; everything after it would be lost"
        problems.append(place.problem("document", message, hint))
        rows[place.line - 1] = ""
    return source.mend(rows) if rows else source


def _index(mark: "_Mark | None") -> int:
    """Return a mark's offset in characters; every event of the parser has a mark."""
    assert mark is not None
    return int(mark.index)


def _row(mark: "_Mark | None") -> int | None:
    return None if mark is None else int(mark.line)


class _Trials:
    """Tries a file with changed lines, to find how far it can be parsed; at most `MOST_TRIED` characters in total."""

    def __init__(self) -> None:
        self.left = MOST_TRIED

    def reach(self, lines: list[str]) -> int:
        """Return the row at which parsing stops; the number of rows if it does not stop; 0 if the limit is reached."""
        text = "\n".join(lines)
        self.left -= len(text)
        if self.left < 0:
            return 0
        loader = getattr(yaml, "CLoader", yaml.Loader)(text)
        try:
            while not isinstance(loader.get_event(), yaml.StreamEndEvent):
                pass
        except yaml.YAMLError as error:
            return _row(getattr(error, "problem_mark", None)) or 0
        return len(lines)


class _OtherDash(yaml.YAMLError):
    """A list with dashes other than hyphens, which YAML would read as one group of keys."""

    def __init__(self, mark: "_Mark | None") -> None:
        super().__init__()
        self.problem_mark = mark


class _Stop(Exception):
    """The file is nested too deeply."""


class _TreeBuilder:
    """Builds the tree from the parser's events, up to a maximum depth."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.problems: list[Problem] = []
        loader = getattr(yaml, "CLoader", yaml.Loader)
        self.events = loader(source.text)

    def read(self) -> tuple[Node | None, list[Problem]]:
        root: Node | None = None
        try:
            while not isinstance(event := self._next(), yaml.StreamEndEvent):
                if isinstance(event, yaml.NodeEvent):
                    node = self._node(event, 0)
                    root = root or node
        except _Stop:
            return None, self.problems
        return root, self.problems

    def _problem(self, offset: int, code: str, message: str, hint: str = "") -> None:
        self.problems.append(self.source.place(offset).problem(code, message, hint))

    def _next(self) -> yaml.Event:
        event: yaml.Event = self.events.get_event()
        return event

    def _node(self, event: yaml.Event, depth: int, *, is_item: bool = False) -> Node:
        start = _index(event.start_mark)
        if depth > DEEPEST:
            self._problem(start, "depth", f"lists and keys are nested more than {DEEPEST} levels deep here")
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self.problems.extend(silent_losses(self.source, start, alias=True))
            return self._text(start, _index(event.end_mark), ScalarStyle.PLAIN)
        anchored = getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None
        if anchored:
            self.problems.extend(silent_losses(self.source, start, alias=False))
        if isinstance(event, yaml.ScalarEvent):
            if anchored:
                return self._text(start, _index(event.end_mark), ScalarStyle.PLAIN)
            style = _STYLES.get(event.style or "", ScalarStyle.PLAIN)
            end = _index(event.end_mark)
            if event.style in ("'", '"') and self.source.text.startswith("#", end):
                self._problem(end, "yaml-space", "a space is missing before #", "put two spaces before the comment")
            return Scalar(source=self.source, start=start, end=end, text=event.value, style=style)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(inner := self._next(), yaml.SequenceEndEvent):
                items.append(self._node(inner, depth + 1, is_item=True))
            return Sequence(source=self.source, start=start, items=tuple(items))
        return self._mapping(event, depth, is_item=is_item)

    def _text(self, start: int, end: int, style: ScalarStyle) -> Scalar:
        """Return a text as written, so that checking can continue."""
        return Scalar(source=self.source, start=start, end=end, text=self.source.text[start:end], style=style)

    def _mapping(self, event: yaml.Event, depth: int, *, is_item: bool) -> Node:
        start = _index(event.start_mark)
        is_flow = bool(getattr(event, "flow_style", False))
        entries: list[Entry] = []
        seen: dict[str, Scalar] = {}
        again: list[tuple[Scalar, Scalar]] = []
        so_far = len(self.problems)
        while not isinstance(inner := self._next(), yaml.MappingEndEvent):
            if isinstance(inner, yaml.ScalarEvent) and not inner.style and OTHER_DASH.match(inner.value + ":"):
                raise _OtherDash(inner.start_mark)
            key = self._node(inner, depth + 1)
            value = self._node(self._next(), depth + 1)
            if is_flow and self.source.text.startswith("{{", start):
                continue
            if not isinstance(key, Scalar):
                self._problem(key.start, "key", "expected a word as the key, found a list or a group of keys")
                continue
            if is_flow and isinstance(value, Scalar) and value.is_empty and value.start >= key.end:
                self._lost_comma(key, value)
                continue
            key = self._without_unseen(key)
            if odd := odd_key(key.text):
                code, message, hint, meant = odd
                self._problem(key.start, code, message, hint)
                key = replace(key, text=meant)
            if key.text in seen:
                again.append((key, seen[key.text]))
                continue
            seen[key.text] = key
            entries.append(Entry(key=key, value=value))
        self._repeated(again, is_item=is_item)
        if is_flow and self.source.text.startswith("{{", start):
            del self.problems[so_far:]
            row = self.source.place(start).line - 1
            end = self.source.starts[row] + len(self.source.line(row))
            self._problem(
                start,
                "yaml-brace",
                "text that starts with {{ must be quoted",
                f'write "{self.source.text[start:end].strip()}"',
            )
            return self._text(start, end, ScalarStyle.PLAIN)
        return Mapping(source=self.source, start=start, entries=tuple(entries))

    def _without_unseen(self, key: Scalar) -> Scalar:
        """Return a key without invisible characters, and report the first one."""
        meant = stripped(ZERO_WIDTH.sub("", key.text))
        if meant == key.text or not meant:
            return key
        odd = UNSEEN.search(self.source.text, key.start, key.end)
        if odd is not None:
            message = f"the key “{meant}” contains {name_of(odd[0])}, which is invisible"
            self._problem(odd.start(), "invisible", message, f"delete the key and type it again: {meant}")
        return replace(key, text=meant)

    def _repeated(self, again: list[tuple[Scalar, Scalar]], *, is_item: bool) -> None:
        """Report duplicate keys; several in one item mean that the dash of a new item is missing."""
        is_next = is_item and len(again) > 1
        for key, first in again[: 1 if is_next else MOST_REPAIRS]:
            message = f"“{key.text}” is used twice here; the first one is on line {first.place.line}"
            hint = "delete one of the two"
            if is_next:
                hint = "if a new item starts here, put a dash before its first line"
            self._problem(key.start, "duplicate-key", message, hint)

    def _lost_comma(self, key: Scalar, value: Scalar) -> None:
        if self.source.text[key.end : value.end + 1].lstrip().startswith(":"):
            return
        self._problem(
            key.start,
            "yaml-comma",
            f"inside {{ … }}, the comma before “{key.text}” splits the text in two",
            "write each key on its own line, and put the text in quotes",
        )
