"""Finds misplaced lines: a missing `|` or dash, or paragraphs that are not indented enough.

Input: the lines of a file in which parsing stopped, and the row. Output: one `MisplacedLine` for a whole run of lines,
so that one mistake is reported once and not for every line. Guarantees: does not guess if the lines have several
meanings. One module, though long: whether a line is misplaced depends on all lines around it.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from composer.content.yaml.silent_losses import OTHER_DASH, shown

#: The maximum number of keys and dashes above that are tried for a misplaced line.
MOST_TRIED = 8
_KEY = re.compile(
    r"""^(?P<lead>[ ]*)(?P<dash>(?:-[ ]+)*)["'“„]?(?P<key>[A-Za-z_$][A-Za-z0-9_$-]*)["'”“]?[ ]*
        (?:[:：](?!//))[ ]*(?P<value>.*)$""",
    re.VERBOSE,
)
_DASH = re.compile(r"^(?P<lead> *)-(?: |$)")
_BLOCK = re.compile(r"[|>](?:[1-9][-+]?|[-+][1-9]?)?\s*(?:#.*)?$")
#: A word alone on its line, or before something that can only be a value.
_WORD = re.compile(r"""^ *(?:- +)*(?P<key>[a-z_][a-z0-9_]*)(?: +(?P<value>["|>'].*|[0-9-]+|https?:\S+))?\s*$""")
#: A key that was turned into a comment, with a group or a text below it.
_COMMENTED = re.compile(r"^ *#+ *(?P<key>[a-z_][a-z0-9_]*:(?: *[|>])?) *$")
#: The start of a value that makes the word before it a key for certain.
_SURE = re.compile(r"""["'|>]|\s*(?:#.*)?$""")


@dataclass(frozen=True, slots=True, kw_only=True)
class MisplacedLine:
    """A mistake, the place where it is reported (0-based), and the rows to read instead."""

    row: int
    column: int
    code: str
    message: str
    hint: str
    rows: dict[int, str]
    #: The last row that was misread because of it.
    until: int = -1


@dataclass(frozen=True)
class LineGrid:
    """The lines of a file, with methods that tell keys, items and text apart."""

    lines: list[str]
    #: The rows of text below a `|` or `>`.
    inside: set[int]

    def lead(self, row: int) -> int:
        return len(self.lines[row]) - len(self.lines[row].lstrip(" "))

    def is_quiet(self, row: int) -> bool:
        """Check whether the row is empty or a comment."""
        text = self.lines[row].strip()
        return row not in self.inside and (not text or text.startswith("#"))

    @cached_property
    def words(self) -> Counter[str]:
        """The words used as keys, with the number of times."""
        matches = (_KEY.match(line) for row, line in enumerate(self.lines) if row not in self.inside)
        return Counter(match["key"] for match in matches if match)

    def key(self, row: int) -> re.Match[str] | None:
        """Match a row with a key; a sentence with a colon (`Background: …`) does not match."""
        match = None if row in self.inside else _KEY.match(self.lines[row])
        if match is None:
            return None
        word = match["key"]
        if self.words[word] == 1 and match["value"] and not _SURE.match(match["value"]) and self._is_amid(row):
            return None
        return match if word[0].islower() or word[0] in "_$" or word.lower() in self.words else None

    def _is_amid(self, row: int) -> bool:
        """Check whether a row is in the middle of a paragraph."""
        below = self.lines[row + 1] if row + 1 < len(self.lines) else ""
        return (
            row - 1 in self.inside
            and bool(self.lines[row - 1].strip() and below.strip())
            and not (_KEY.match(below) or _DASH.match(below))
        )

    def starts(self, row: int) -> bool:
        """Check whether a key or an item starts in the row."""
        return row not in self.inside and not self.is_quiet(row) and bool(self.key(row) or _DASH.match(self.lines[row]))

    def levels(self, row: int) -> set[int]:
        """Return the columns in which a key or item may start in a row: those of the open groups and lists above it."""
        found: set[int] = set()
        lowest = len(self.lines[row]) + 1000
        for above in range(row - 1, -1, -1):
            if not self.starts(above):
                continue
            match, dash = self.key(above), _DASH.match(self.lines[above])
            lead = self.lead(above)
            column = len(match["lead"]) + len(match["dash"]) if match else lead + 2
            if not found and match and not match["value"].strip():
                found.add(column + 2)
            if lead < lowest:
                found |= {lead, column} if dash else {column}
                lowest = lead
        return found or {0}

    def is_sure(self, row: int) -> bool:
        """Check whether a row is certainly a key, even in the middle of a text."""
        match = self.key(row)
        return match is not None and bool(_SURE.match(match["value"]) or self.words[match["key"]] > 1)

    def is_text(self, row: int) -> bool:
        """Check whether a row is text without a key or a dash, and not below a `|`."""
        line = self.lines[row]
        if self.is_quiet(row) or row in self.inside or self.key(row) or _DASH.match(line):
            return False
        return not re.match(r"[\t%\u00a0\u3000]| *-\w+:", line)

    def before(self, row: int) -> int | None:
        """Return the nearest row above that is not empty or a comment."""
        return next(
            (each for each in range(row - 1, -1, -1) if not self.is_quiet(each) and self.lines[each].strip()), None
        )

    def behind(self, row: int) -> int | None:
        """Return the nearest row below that is not empty or a comment."""
        rows = range(row + 1, len(self.lines))
        return next((each for each in rows if not self.is_quiet(each) and self.lines[each].strip()), None)


def find_misplaced_line(page: LineGrid, row: int) -> MisplacedLine | None:
    """Return the mistake because of which parsing stopped at `row`."""
    lines, inside = page.lines, page.inside
    row = min(row, len(lines) - 1)
    if misplaced := _comment(page, row) or _other_dash(page, row):
        return misplaced
    for start in range(row, -1, -1):
        if misplaced := _colon(page, start):
            return misplaced
        if page.is_text(start) and ((above := page.before(start)) is None or not page.is_text(above)):
            misplaced = _text(page, start, row)
            if misplaced is not None and row <= max(misplaced.until, *misplaced.rows) + 2:
                return misplaced
        if start < row and page.lead(start) == 0 and page.is_sure(start):
            break
    below = page.behind(row)
    if below is not None and page.is_text(below) and (misplaced := _text(page, below, row)) and misplaced.row == row:
        return misplaced
    if row not in inside and page.lines[row].strip() and (above := page.before(row)) in inside and above is not None:
        first = _first(page, above)
        if first == above and (misplaced := _first_line(page, row, first)):
            return misplaced
    return _dash_missing(page, row)


def _colon(page: LineGrid, row: int) -> MisplacedLine | None:
    """Find a key without its colon."""
    match = None if row in page.inside else _WORD.match(page.lines[row])
    if match is None:
        return None
    word, value = match["key"], match["value"] or ""
    behind = page.behind(row)
    has_more = behind is not None and page.lead(behind) > page.lead(row)
    is_parent = behind is not None and page.starts(behind) and (has_more or _DASH.match(page.lines[behind]))
    is_key = (page.words[word] > 0 and bool(value)) or (not value and is_parent)
    if not is_key:
        return None
    end = match.end("key")
    return MisplacedLine(
        row=row,
        column=end,
        code="yaml-colon",
        message=f"the colon is missing after “{word}”",
        hint=f"write   {word}: {value if len(value) <= 60 else value[:59] + '…'}".rstrip(),
        rows={row: page.lines[row][:end] + ":" + page.lines[row][end:]},
        until=row,
    )


def _comment(page: LineGrid, row: int) -> MisplacedLine | None:
    """Find a comment that is indented less than the text around it: it ends the text, so that `row` has no key."""
    above = None if row in page.inside else page.before(row)
    if above is None:
        return None
    first = _first(page, above) if above in page.inside else row
    owner = page.before(first)
    match = page.key(owner) if owner is not None else None
    comments = [each for each in range(above + 1, row) if page.lines[each].strip()]
    if match is None or not _BLOCK.match(match["value"]) or not comments:
        return None
    wanted = max(page.lead(first), len(match["lead"]) + len(match["dash"]) + 1)
    if page.lead(row) < wanted:
        return None
    commented = _COMMENTED.match(page.lines[comments[-1]])
    if commented:
        at, message = comments[-1], f"this comment hides the key of the lines below it: {commented['key']}"
        hint = "put a # in front of those lines too, or remove this one"
        column = max((each for each in page.levels(row) if each < page.lead(row)), default=0)
        rows = {at: " " * column + commented["key"]}
    else:
        at, message = comments[0], f"this comment ends the text above it: {shown(page.lines[comments[0]].strip())}"
        hint = f"move the comment above “{match['key']}:”; or {_indent(wanted)} to keep it in the text"
        rows = dict.fromkeys(comments, "")
    return MisplacedLine(
        row=at, column=page.lead(at), code="yaml-hash", message=message, hint=hint, rows=rows, until=row
    )


# Text ---------------------------------------------------------------------------------------------------------------


def _text(page: LineGrid, start: int, row: int) -> MisplacedLine | None:
    above = page.before(start)
    if above is None:
        return _homeless(page, start, _run(page, start, -1))
    if above in page.inside:
        return _slid(page, start, above)
    match = page.key(above)
    if match is None:
        return None
    column, value = len(match["lead"]) + len(match["dash"]), re.sub(r"(?:^|\s+)#.*$", "", match["value"])
    is_empty = not value.strip()
    if _BLOCK.match(value):
        return _slid_from(page, start, column, column + 2)
    if page.lead(start) > column and (misplaced := _opened(page, above, start, match)):
        return misplaced
    if is_empty and page.lead(start) >= column:
        return _pipe(page, above, start, column, match["key"])
    is_quoted = re.match(r"""(["']).*\1\s*$""", value) is not None and len(value.strip()) > 1
    run = _run(page, start, page.lead(start) - 1)
    is_cut = page.lead(start) > column and start <= row <= max(run, default=-1)
    return _homeless(page, start, run) if is_quoted or page.lead(start) <= column or is_cut else None


def _run(page: LineGrid, start: int, owner: int) -> list[int]:
    """Return the rows of a text up to the next key or dash. `owner` is the column of its key."""
    rows: list[int] = []
    for row in range(start, len(page.lines)):
        if page.is_quiet(row):
            continue
        is_deep = page.lead(row) > owner
        if page.is_sure(row) or (_DASH.match(page.lines[row]) and (not is_deep or owner < 0)):
            break
        if page.key(row) and not (is_deep and owner >= 0) and not page.lines[row - 1].strip():
            break
        rows.append(row)
    return rows


def _slid(page: LineGrid, start: int, above: int) -> MisplacedLine | None:
    first = _first(page, above)
    if first == above and (misplaced := _first_line(page, start, first)):
        return misplaced
    owner = page.before(first)
    match = page.key(owner) if owner is not None else None
    return None if match is None else _slid_from(page, start, len(match["lead"]) + len(match["dash"]), page.lead(first))


def _first(page: LineGrid, row: int) -> int:
    """Return the first row of the text below a `|` that contains `row`."""
    while row - 1 in page.inside:
        row -= 1
    while not page.lines[row].strip():
        row += 1
    return row


def _first_line(page: LineGrid, start: int, first: int) -> MisplacedLine | None:
    """Find a text whose first line is indented more than the others, so that YAML does not read them as text."""
    owner = page.before(first)
    match = page.key(owner) if owner is not None else None
    wanted = page.lead(start)
    if match is None or wanted <= len(match["lead"]) + len(match["dash"]) or not page.lines[start - 1].strip():
        return None
    return MisplacedLine(
        row=first,
        column=page.lead(first),
        code="yaml-indent",
        message=f"the first line of this text is {_indented(page.lead(first))}, the others are {_indented(wanted)}",
        hint=f"{_indent(wanted)} too",
        rows={first: " " * wanted + page.lines[first].lstrip(" ")},
        until=start,
    )


def _slid_from(page: LineGrid, start: int, column: int, wanted: int) -> MisplacedLine | None:
    """Indent a text below its key, which is at `column`."""
    run = _run(page, start, column)
    rows = [row for row in run if page.lead(row) < wanted]
    if not rows:
        return None
    what, them = ("this paragraph is", "it") if len(rows) == 1 else (f"these {len(rows)} lines are", "them")
    spaces = "1 space" if wanted == 1 else f"{wanted} spaces"
    return MisplacedLine(
        row=start,
        column=page.lead(start),
        code="yaml-indent",
        message=f"{what} not indented enough to belong to the text above {them}: {shown(page.lines[start].strip())}",
        hint=f"indent {'it' if len(rows) == 1 else 'each of them'} by {spaces}",
        rows={row: " " * wanted + page.lines[row].strip(" ") for row in rows},
        until=run[-1],
    )


def _pipe(page: LineGrid, above: int, start: int, column: int, key: str) -> MisplacedLine | None:
    if page.lines[start].lstrip()[:1] in "[{":
        return None
    rows = [start]
    for row in range(start + 1, len(page.lines)):
        if page.is_quiet(row):
            continue
        if page.lead(row) < column or page.lead(row) == column and (page.key(row) or _DASH.match(page.lines[row])):
            break
        rows.append(row)
    sure = next((row for row in rows if page.is_sure(row) and page.lead(row) <= page.lead(start)), None)
    if sure is not None and page.lead(sure) > column:
        return _homeless(page, start, [row for row in rows if row < sure])
    if page.lines[start].lstrip()[:1] in "\"'":
        return None
    wanted = max(page.lead(start), column + 2)
    mended = {row: " " * max(wanted, page.lead(row)) + page.lines[row].strip(" ") for row in rows}
    mended[above] = re.sub(r"\s*(#.*)?$", " |", page.lines[above])
    return MisplacedLine(
        row=above,
        column=column,
        code="yaml-pipe",
        message=f"the | is missing after “{key}:”, so the text below it cannot be read",
        hint=f"write   {key}: |   and indent the text by {column + 2} spaces",
        rows=mended,
    )


def _opened(page: LineGrid, above: int, start: int, match: re.Match[str]) -> MisplacedLine | None:
    """Find text of several lines that starts on the line of the `|`, or after a quotation mark that is never closed."""
    value, at = match["value"], match.start("value")
    key = match["key"]
    if re.match(r"\|\s*[^\s\d+#-]", value):
        message = "there is text on the same line as the |"
        code, hint = "yaml-pipe", f"write   {key}: |   and put the text on the next line, indented by two more spaces"
    elif (
        value[:1]
        and value[0] in "\"'"
        and not any(value[0] in page.lines[row] for row in _run(page, start, len(match["lead"]) + len(match["dash"])))
        and value.count(value[0]) == 1
    ):
        message = f"the quotation mark {value[0]} that opens here is never closed"
        code, hint = "yaml-quote", f"for text of several lines, write   {key}: |   and leave out the quotation marks"
    else:
        return None
    return MisplacedLine(
        row=above, column=at, code=code, message=message, hint=hint, rows={above: page.lines[above][:at] + "|"}
    )


def _homeless(page: LineGrid, start: int, rows: list[int]) -> MisplacedLine | None:
    if not rows:
        return None
    return MisplacedLine(
        row=start,
        column=page.lead(start),
        code="yaml-indent",
        message=f"this text has no key: {shown(page.lines[start].strip())}",
        hint="write its key and a colon before it:   key: …   or, for text of several lines,   key: |   above it",
        rows=dict.fromkeys(rows, ""),
    )


# Dashes -------------------------------------------------------------------------------------------------------------


def _dash_missing(page: LineGrid, row: int) -> MisplacedLine | None:
    """Find a list whose first item has no dash, so that the second item is below a group of keys."""
    dash = None if row in page.inside else _DASH.match(page.lines[row])
    if dash is None:
        return None
    level = len(dash["lead"])
    for above in range(row - 1, -1, -1):
        if above in page.inside or page.is_quiet(above) or page.lead(above) >= level and level > 0:
            continue
        parent = page.key(above)
        first = page.behind(above)
        if parent is None or parent["value"].strip() or first is None:
            return None
        child = page.key(first)
        if child is None or child["dash"] or page.lead(first) != level + 2:
            return None
        text = page.lines[first].strip(" ")
        return MisplacedLine(
            row=first,
            column=level + 2,
            code="yaml-dash",
            message=f"the dash is missing before “{child['key']}”, the start of the first item of “{parent['key']}”",
            hint=f"write   - {text if len(text) <= 60 else text[:59] + '…'}",
            rows={first: " " * level + "- " + text},
        )
    return None


def _other_dash(page: LineGrid, row: int) -> MisplacedLine | None:
    """Find items that start with an en dash or a bullet, which autocorrection inserts for a hyphen."""
    matches = {each: OTHER_DASH.match(line) for each, line in enumerate(page.lines) if each not in page.inside}
    found = {each: match for each, match in matches.items() if match}
    first = next(iter(found), None)
    if first is None or first > row:
        return None
    rest = found[first]["rest"]
    others = [str(each + 1) for each in found if each != first]
    too = f"   and do the same in line{'s' if len(others) > 1 else ''} {', '.join(others)}" if others else ""
    return MisplacedLine(
        row=first,
        column=len(found[first]["lead"]),
        code="yaml-dash",
        message=f"a list item must start with a hyphen (-), not with “{found[first]['dash']}”",
        hint=f"write   - {rest if len(rest) <= 60 else rest[:59] + '…'}{too}",
        rows={each: f"{match['lead']}- {match['rest']}" for each, match in found.items()},
        until=row,
    )


def find_astray(page: LineGrid, row: int, reach: Callable[[list[str]], int]) -> MisplacedLine | None:
    """Find the key or dash in the wrong column because of which parsing stopped at `row`.

    It may be in this row or above: each candidate is tried in the columns of this file's keys and dashes, and the first
    with which parsing gets furthest is returned. `reach` returns the row at which parsing stops.
    """
    lines = page.lines
    if not page.starts(row):
        return None
    rows = [row, *(each for each in range(row - 1, -1, -1) if page.starts(each))][:MOST_TRIED]
    best: tuple[int, int, int, int] | None = None
    found: tuple[int, int] | None = None
    for number, each in enumerate(rows):
        match = page.key(each)
        # If parsing gets equally far, the line above is more likely misplaced, unless it is the key of a group.
        rank = 1 if number == 1 and match and not match["dash"] and match["value"].strip() else -number
        mine, text = page.lead(each), lines[each].lstrip(" ")
        # A key with a group below it is more likely indented too far, a key with a value not far enough.
        side = 1 if match is None or match["value"].strip() else -1
        for level in page.levels(each) - {mine}:
            score = (
                reach([*lines[:each], " " * level + text, *lines[each + 1 :]]),
                rank,
                -abs(level - mine),
                side * level,
            )
            if best is None or score > best:
                best, found = score, (each, level)
    below = next((each for each in range(row + 1, len(lines)) if page.starts(each)), row)
    if best is None or found is None or best[0] <= max(row, min(below, len(lines) - 1)):
        return None
    each, level = found
    mine = page.lead(each)
    return MisplacedLine(
        row=each,
        column=mine,
        code="yaml-indent",
        message=f"this line is {_indented(mine)}; to match the lines around it, it should {_expected(level)}",
        hint=_indent(level),
        rows={each: " " * level + lines[each].lstrip(" ")},
    )


def find_orphans(page: LineGrid, row: int) -> MisplacedLine | None:
    """Find a list whose key is missing: the key above it already has a value."""
    lines, inside = page.lines, page.inside
    dash = _DASH.match(lines[row]) if row not in inside else None
    above = next((each for each in range(row - 1, -1, -1) if page.starts(each)), None)
    owner = page.key(above) if above is not None else None
    if dash is None or owner is None or not owner["value"].strip():
        return None
    level = len(dash["lead"])
    if level < len(owner["lead"]) + len(owner["dash"]):
        return None
    rows = [row]
    for each in range(row + 1, len(lines)):
        if lines[each].strip() and not page.is_quiet(each) and page.lead(each) < level:
            break
        rows.append(each)
    return MisplacedLine(
        row=row,
        column=level,
        code="yaml-indent",
        message=f"this list has no key: {shown(lines[row].strip())}",
        hint="write its key and a colon on the line above it",
        rows=dict.fromkeys(rows, ""),
    )


def _indented(count: int) -> str:
    return {0: "not indented", 1: "indented by 1 space"}.get(count, f"indented by {count} spaces")


def _expected(count: int) -> str:
    return "start at the left margin" if count == 0 else f"be {_indented(count)}"


def _indent(count: int) -> str:
    return {0: "start it at the left margin", 1: "indent it by 1 space"}.get(count, f"indent it by {count} spaces")
