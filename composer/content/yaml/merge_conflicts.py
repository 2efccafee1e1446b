"""What other programs leave in a file: merge conflicts, and invisible characters between keys and values.

Input: a source text. Output: a text that can be read, and a problem for each conflict or character. Runs before the
YAML parser, which would report other lines.
"""

import re

from composer.content.yaml.invisible_characters import UNSEEN, UNSEEN_CLASS, ZERO_WIDTH, name_of
from composer.content.yaml.silent_losses import shown
from composer.content.yaml.source import SourceText
from composer.core.errors import Problem

#: The lines that git and other programs put around two versions; longer ones if conflicts are nested.
_OURS = re.compile(r"^[ \t]*<{7,}(?: (?P<name>.*))?$")
_BASE = re.compile(r"^[ \t]*\|{7,}(?: .*)?$")
_MIDDLE = re.compile(r"^[ \t]*={7,}$")
_THEIRS = re.compile(r"^[ \t]*>{7,}(?: (?P<name>.*))?$")
_MARKERS = re.compile(r"^[ \t]*(?:<{7,}|>{7,}|\|{7,}|={7}$)", re.MULTILINE)
_KEY = rf"[a-z_](?:[a-z0-9_]|{ZERO_WIDTH.pattern})*"
_DASH = re.compile(rf"^(?P<head> *(?:- +)*-)(?P<gap>[{UNSEEN_CLASS}][{UNSEEN_CLASS} ]*)(?=\S)")
_COLON = re.compile(
    rf"^(?P<head> *(?:- +)*{ZERO_WIDTH.pattern}*{_KEY} *:)(?P<gap>[{UNSEEN_CLASS}][{UNSEEN_CLASS} \t]*)"
)
#: A quoted text that continues on the next line.
_QUOTED = re.compile(r"^ *(?:- +)*(?:[^\s:#\"'][^:#\"']*: +)?(?P<mark>[\"'])(?P<text>.*)$")


def without_conflicts(source: SourceText, problems: list[Problem]) -> SourceText:
    """Report each merge conflict once, and keep one of the two versions, so that parsing can continue."""
    if not _MARKERS.search(source.text):
        return source
    lines = source.text.split("\n")
    rows: dict[int, str] = {}
    row = 0
    while row < len(lines):
        if _OURS.match(lines[row]) and (end := _end_of(lines, row)) is not None:
            _report_conflict(source, lines, row, end, problems)
            rows |= _dropped(lines, row, end)
            row = end
        elif _is_left_over(lines[row]):
            message = f"this line is left over from a merge of two versions: {shown(lines[row].strip())}"
            hint = "check that the lines around it are the right version, then delete this line"
            problems.append(source.place(source.starts[row]).problem("conflict", message, hint))
            rows[row] = ""
        row += 1
    return source.mend(rows) if rows else source


def _end_of(lines: list[str], start: int) -> int | None:
    """Return the line that ends a conflict, after any conflicts inside it; None if the end is missing."""
    depth = 0
    for row in range(start, len(lines)):
        if _OURS.match(lines[row]):
            depth += 1
        elif _THEIRS.match(lines[row]):
            depth -= 1
            if not depth:
                return row
    # The end of this conflict is missing: the next conflict has its own end.
    return None


def _is_left_over(line: str) -> bool:
    if _OURS.match(line) or _THEIRS.match(line) or _BASE.match(line):
        return True
    # In a text, a line of = below another line is Markdown; a merge writes exactly seven at the left margin.
    return line == "======="


def _report_conflict(source: SourceText, lines: list[str], start: int, end: int, problems: list[Problem]) -> None:
    ours, theirs = _OURS.match(lines[start]), _THEIRS.match(lines[end])
    names = [found["name"].strip() for found in (ours, theirs) if found and found["name"]]
    which = f" ({' and '.join(shown(name) for name in names)})" if len(names) == 2 else ""
    message = f"merge conflict: lines {start + 1} to {end + 1} contain two versions{which}"
    hint = "keep the lines you want, and delete the others and the lines with <<<<<<<, ======= and >>>>>>>"
    problems.append(source.place(source.starts[start]).problem("conflict", message, hint))


def _dropped(lines: list[str], start: int, end: int) -> dict[int, str]:
    """Return the rows to make empty: the markers, and all versions except the first one with text."""
    versions: list[list[int]] = [[]]
    is_base = False
    depth = 0
    for row in range(start + 1, end):
        depth += bool(_OURS.match(lines[row])) - bool(_THEIRS.match(lines[row]))
        if depth == 0 and (_BASE.match(lines[row]) or _MIDDLE.match(lines[row])):
            is_base = _BASE.match(lines[row]) is not None
            versions.append([])
        elif not is_base or depth:
            versions[-1].append(row)
    kept = next((version for version in versions if any(lines[row].strip() for row in version)), [])
    # A version with another conflict inside is not kept.
    nested = any(_MARKERS.match(lines[row]) for row in kept)
    return {row: "" for row in range(start, end + 1) if row not in kept or nested}


def without_unseen_gaps(source: SourceText, problems: list[Problem]) -> SourceText:
    """Report invisible characters after a dash or a key's colon, where YAML needs a space, and read them as a space."""
    if source.text.isascii():
        return source
    rows: dict[int, str] = {}
    lines = source.text.split("\n")
    start = 0
    while (row := _next_gap(lines, start)) is not None:
        for gap, what in ((_DASH, "dash"), (_COLON, "colon")):
            if found := gap.match(lines[row]):
                odd = UNSEEN.search(lines[row], found.start("gap"))
                assert odd is not None
                message = f"{name_of(odd[0])} follows the {what} here instead of a normal space"
                begin = lines[row][: found.end("head")].strip()
                hint = f"delete everything between “{begin}” and the next visible character, and type one space"
                problems.append(source.place(source.starts[row] + odd.start()).problem("invisible", message, hint))
                lines[row] = f"{found['head']} {lines[row][found.end('gap') :]}"
        rows[row] = lines[row]
        start = row + 1
    return source.mend(rows) if rows else source


def _next_gap(lines: list[str], start: int) -> int | None:
    candidates = [row for row in range(start, len(lines)) if _DASH.match(lines[row]) or _COLON.match(lines[row])]
    if not candidates:
        return None
    # Imported late: few files have any. Each fixed line can start a text, so texts are searched again each time.
    from composer.content.yaml.syntax_errors import block_rows

    texts = block_rows(lines) | _quoted_rows(lines)
    return next((row for row in candidates if row not in texts), None)


def _quoted_rows(lines: list[str]) -> set[int]:
    """Return the rows that continue a quoted text from a row above."""
    inside: set[int] = set()
    mark = ""
    for row, line in enumerate(lines):
        if mark:
            inside.add(row)
            mark = "" if line.count(mark) % 2 else mark
        elif (found := _QUOTED.match(line)) and found["text"].count(found["mark"]) % 2 == 0:
            mark = found["mark"]
    return inside
