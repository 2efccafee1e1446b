"""Prints the content of an issue as YAML, as an editor would write it.

Input: a `KeyGroup`. Output: text: titles in quotes, texts below a `|` and wrapped, comments above the keys. Guarantees:
pure; the project's own reader gets back exactly what was given.
"""

import re
from collections.abc import Iterator, Sequence

from composer.content.values.markdown_parser import is_cjk
from composer.drafts.issue_entries import (
    BareValue,
    BlockText,
    EntryValue,
    ItemList,
    KeyEntry,
    KeyGroup,
    Note,
    NoteKind,
    PlainText,
)

SCHEMA_LINE = "# yaml-language-server: $schema=../.compose/issue.schema.json"
#: The keys at the top of an issue, without empty lines between them.
_FRAME = ("date", "number", "subject", "preheader")
#: The length of a wrapped line, and what starts each line of a text that has no field.
WIDTH = 110
LEFT_OVER_START = "# left over"
LEFT_OVER_LINE = "#   "
#: A word at the start of a line that would make a list, a heading, a quotation, a table, a footnote or a line of it.
_NO_START = re.compile(
    r"\d{1,9}[.)](?:\s|$)|[-+*](?:\s|$)|#{1,6}(?:\s|$)|>|\||[-=_*]+$|[~`]{3}|:|\[\^|<|\{figure", re.IGNORECASE
)
_ALONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:%?=&+~,;@#()\[\]!$'*-]*")


def issue_text(keys: KeyGroup) -> str:
    """Return a whole issue file."""
    lines = [SCHEMA_LINE]
    previous: KeyEntry | Note | None = None
    for part in keys.parts:
        is_joined = isinstance(previous, Note) and previous.kind is NoteKind.TODO
        if (
            not is_joined
            and not _is_frame(part)
            and not (previous is None or _is_frame(previous) and _is_todo(part, keys))
        ):
            lines.append("")
        lines += _part(part, "")
        previous = part
    return _joined(lines)


def _is_frame(part: KeyEntry | Note) -> bool:
    return isinstance(part, KeyEntry) and part.key in _FRAME


def _is_todo(note: KeyEntry | Note, keys: KeyGroup) -> bool:
    """Return whether a comment is about one of the keys above the sections."""
    after = keys.parts[next(at for at, part in enumerate(keys.parts) if part is note) + 1 :]
    entry = next((part for part in after if isinstance(part, KeyEntry)), None)
    return isinstance(note, Note) and note.kind is NoteKind.TODO and entry is not None and _is_frame(entry)


def section_text(entry: KeyEntry) -> str:
    """Return one section of an issue."""
    return _joined(_part(entry, ""))


def _joined(lines: Sequence[str]) -> str:
    found: list[str] = []
    for line in lines:
        if line or (found and found[-1]):
            found.append(line)
    return "\n".join(found).rstrip("\n") + "\n"


def _part(part: KeyEntry | Note, indent: str) -> list[str]:
    if isinstance(part, Note):
        return [f"{indent}{line}" for line in _note(part)]
    return _entry(part.key, part.value, indent)


def _note(note: Note) -> Iterator[str]:
    if note.kind is NoteKind.TODO:
        yield f"# TODO {_one_line(note.text)}"
        return
    yield f"{LEFT_OVER_START}, {note.source}:" if note.source else f"{LEFT_OVER_START}:"
    for line in note.text.split("\n"):
        yield from (f"{LEFT_OVER_LINE}{row}".rstrip() for row in _filled(_one_line(line).split(" "), WIDTH - 8))


def _entry(key: str, value: EntryValue, indent: str) -> list[str]:
    match value:
        case PlainText():
            return [f"{indent}{key}: {quoted(value.text)}"]
        case BareValue():
            return [f"{indent}{key}: {_bare(value.text)}".rstrip()]
        case BlockText():
            inner = indent + "  "
            lines = value.text.split("\n") if value.is_lines else list(wrapped(value.text, WIDTH - len(inner)))
            return [f"{indent}{key}: |", *(f"{inner}{line}".rstrip() for line in lines)]
        case KeyGroup():
            return [f"{indent}{key}:", *(line for part in value.parts for line in _part(part, indent + "  "))]
        case ItemList():
            return [f"{indent}{key}:", *_items(value, indent + "  ")]


def _items(value: ItemList, indent: str) -> Iterator[str]:
    has_long = any(isinstance(part, KeyEntry) and isinstance(part.value, (BlockText, ItemList, KeyGroup))
                   for item in value.items for part in item.parts)  # fmt: skip
    for number, item in enumerate(value.items):
        if number and has_long:
            yield ""
        notes = []
        parts = list(item.parts)
        while parts and isinstance(parts[0], Note):
            notes.append(parts.pop(0))
        for note in notes:
            yield from _part(note, indent)
        lines = [line for part in parts for line in _part(part, indent + "  ")]
        if lines:
            yield f"{indent}- {lines[0].removeprefix(indent + '  ')}"
            yield from lines[1:]
    for note in value.trailing:
        yield from _part(note, indent)


def quoted(text: str) -> str:
    """Return a text in quotation marks."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _bare(text: str) -> str:
    is_safe = not text or (_ALONE.fullmatch(text) and not re.search(r":$|: | #", text))
    return text if is_safe else quoted(text)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield the lines of a Markdown text, wrapped between words where this changes nothing."""
    for line in text.split("\n"):
        if line.lstrip().startswith("|") or line.startswith((": ", "[^")) and len(line) <= width:
            yield line
            continue
        lead = re.match(r"(?:\s*(?:[-*+]|\d{1,9}[.)])\s+|\s+|(?:>\s?)+|#{1,6}\s)?", line)
        start = lead[0] if lead else ""
        if start.startswith("#") or line.startswith(("{figure", ": ")):
            yield line
            continue
        hanging = start if start.startswith(">") else " " * len(start)
        rows = _filled(_words(line[len(start) :]), width - len(start))
        for number, row in enumerate(rows):
            yield f"{hanging if number else start}{row}".rstrip(" ")


def _words(text: str) -> list[str]:
    """Return pieces between which a line may end: not in links, code and merge fields, and not between Chinese characters."""
    pieces: list[str] = []
    for word in _tokens(text):
        before = pieces[-1] if pieces else ""
        is_joined = bool(before) and (
            _NO_START.match(word) is not None or (is_cjk(before[-1]) and is_cjk(word[0])) or not word
        )
        if is_joined:
            pieces[-1] = f"{before} {word}"
        else:
            pieces.append(word)
    return pieces


def _tokens(text: str) -> list[str]:
    """Divide a text at spaces outside of code and of merge fields."""
    tokens = re.findall(r"(?:\{\{.*?\}\}|`[^`]*`|[^ ])+", text)
    return tokens or [text]


def _filled(words: Sequence[str], width: int) -> Iterator[str]:
    row = ""
    for word in words:
        if row and len(row) + 1 + len(word) > width:
            yield row
            row = word
        else:
            row = f"{row} {word}" if row else word
    yield row


def _one_line(text: str) -> str:
    return " ".join(text.split())
