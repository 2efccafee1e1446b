"""Explains YAML syntax errors to editors.

Input: a source and the row at which the parser stopped. Output: a problem with its place, and the rows repaired as the
editor most likely meant them, so that parsing can continue. Guarantees: messages do not mention mappings, scalars or
tokens. One module, though long: the list of common mistakes is read and extended as a whole.

The parser's own message is not used: it says what YAML expected, rarely what the editor did, and it differs between
libyaml and the pure Python parser. Instead, the lines around the place are analysed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from composer.content.yaml.indentation_errors import (
    LineGrid,
    MisplacedLine,
    find_astray,
    find_misplaced_line,
    find_orphans,
)
from composer.content.yaml.silent_losses import WORD_KEY, shown
from composer.content.yaml.source import SourceText
from composer.core.errors import Problem

_KEY = re.compile(
    r"^(?P<lead>\s*(?:-\s+)*)(?P<key>[^\s:#\"'\[\]{}&*!|>%@`,-][^:#\"]*?)\s*:(?P<gap>\s+)(?P<value>\S.*)$"
)
_BARE_KEY = re.compile(r"^(?P<lead> *(?:- +)*)(?P<key>[^\s:#\"'-][^:#\"]*?) *:(?= |$)")
_BLOCK = re.compile(r"^(?P<lead> *(?:- +)*)(?:[^\s:#][^:#]*: +)?[|>](?:[1-9][-+]?|[-+][1-9]?)? *(?:#.*)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxRepair:
    """A problem, and the rows to read instead (None: nothing after this can be read)."""

    problem: Problem
    rows: dict[int, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explanation:
    column: int
    code: str
    message: str
    hint: str
    mended: str


def diagnose(
    source: SourceText, row: int | None, opened: int | None, reach: Callable[[list[str]], int]
) -> SyntaxRepair:
    """Explain why parsing stopped at `row` (0-based); `opened` is the row where the unfinished value starts.

    `reach` parses other lines and returns the row at which parsing stops.
    """
    lines = source.text.split("\n")
    row = len(lines) - 1 if row is None else min(row, len(lines) - 1)
    inside = block_rows(lines)
    page = LineGrid(lines, inside)
    above = [
        number
        for number in range(row, -1, -1)
        if lines[number].strip() and number not in inside and not lines[number].lstrip().startswith("#")
    ]
    near = above[:3]
    # At the end of a file, the parser may report the line after the last one.
    opened = None if opened is None else min(opened, len(lines) - 1)
    if opened is not None and opened not in near and opened not in inside:
        near.append(opened)
    if not any(_indent_characters(lines[number], "") for number in near) and (
        misplaced := _misplaced(page, row, opened)
    ):
        return _told(source, misplaced)
    for find in (_indent_characters, _value_explanation, _key_explanation):
        for number in near:
            if explanation := find(lines[number], lines[number + 1] if number + 1 < len(lines) else ""):
                return _repair(source, number, explanation)
    for number in above:
        if explanation := _open_quote(lines[number]):
            misplaced = find_misplaced_line(page, number)
            return (
                _told(source, misplaced)
                if misplaced and misplaced.row == number
                else _repair(source, number, explanation)
            )
    for number in near[:2]:
        if explanation := _prose_key(lines, number, inside):
            return _repair(source, number, explanation)
    if near and (misplaced := find_astray(page, near[0], reach)):
        is_out = len(misplaced.rows[misplaced.row]) < len(lines[misplaced.row]) and not lines[
            misplaced.row
        ].rstrip().endswith(":")
        if not (is_out and misplaced.row == near[0] and _beside_dash(lines, near[0])):
            return _told(source, misplaced)
    if near and (misplaced := find_orphans(page, near[0])):
        return _told(source, misplaced)
    for number in near[:2]:
        if explanation := _wrong_indent(lines, number, inside):
            return _repair(source, number, explanation)
    return _give_up(source, lines, near[0] if near else row)


def _misplaced(page: LineGrid, row: int, opened: int | None) -> MisplacedLine | None:
    return find_misplaced_line(page, row) or (find_misplaced_line(page, opened) if opened is not None else None)


def _told(source: SourceText, misplaced: MisplacedLine) -> SyntaxRepair:
    place = source.place(source.starts[misplaced.row] + misplaced.column)
    return SyntaxRepair(problem=place.problem(misplaced.code, misplaced.message, misplaced.hint), rows=misplaced.rows)


def _repair(source: SourceText, row: int, explanation: _Explanation) -> SyntaxRepair:
    place = source.place(source.starts[row] + explanation.column)
    return SyntaxRepair(
        problem=place.problem(explanation.code, explanation.message, explanation.hint), rows={row: explanation.mended}
    )


def _give_up(source: SourceText, lines: list[str], row: int) -> SyntaxRepair:
    """Report a line that cannot be read; skip it and the indented lines below it, and still check the rest."""
    text = lines[row]
    lead = len(text) - len(text.lstrip())
    if _beside_dash(lines, row):
        message = f"this line lines up with the dash above it: {shown(text.strip())}"
        hint = "indent it by two more spaces, to line up with the word after the dash; or delete the dash"
    else:
        message = f"this line cannot be read: {shown(text.strip())}"
        hint = 'write   key: "text in quotes"   and indent it by as many spaces as the keys around it'
    code = "yaml-indent" if _beside_dash(lines, row) else "yaml"
    problem = source.place(source.starts[row] + lead).problem(code, message, hint)
    if not text.strip() or text.lstrip().startswith("#"):
        return SyntaxRepair(problem=problem, rows=None)
    rows = {row: "#" + text}
    for below in range(row + 1, len(lines)):
        if lines[below].strip() and len(lines[below]) - len(lines[below].lstrip()) <= lead:
            break
        rows[below] = ""
    return SyntaxRepair(problem=problem, rows=rows)


def _beside_dash(lines: list[str], row: int) -> bool:
    """Check whether a line lines up with the dash of the item above it."""
    lead = len(lines[row]) - len(lines[row].lstrip())
    above = (line for line in reversed(lines[:row]) if line.strip() and len(line) - len(line.lstrip()) <= lead)
    return next(above, "").startswith(" " * lead + "- ") and not lines[row].lstrip().startswith("-")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _show(key: str, value: str) -> str:
    """Return a hint with the correct line; the outer quotes differ from those inside."""
    value = value.strip()
    if '"' not in value and "\\" not in value:
        return f'write   {key}: "{value}"' if len(value) <= 90 else f'put the whole text in quotes:   {key}: "…"'
    if "'" not in value:
        return f"write   {key}: '{value}'" if len(value) <= 90 else f"put the whole text in quotes:   {key}: '…'"
    return f"write   {key}: |   and put the text on the next line, indented by two more spaces"


# The indentation of a line ------------------------------------------------------------------------------------------


def _indent_characters(line: str, below: str) -> _Explanation | None:
    lead = line[: len(line) - len(line.lstrip())]
    for column, character in enumerate(lead):
        if character == " ":
            continue
        name = {"\t": "a tab", "\u00a0": "a no-break space", "\u3000": "a full-width space"}.get(
            character, "an unusual space"
        )
        mended = "".join("  " if each in "\t\u3000" else " " for each in lead) + line[len(lead) :]
        return _Explanation(
            column=column,
            code="yaml-indent",
            message=f"this line is indented with {name}; use only normal spaces",
            hint="delete everything before the text, and type spaces",
            mended=mended,
        )
    return None


def _wrong_indent(lines: list[str], row: int, inside: set[int]) -> _Explanation | None:
    """Explain a key that lines up with nothing above it, or a paragraph that is not indented enough."""
    line = lines[row]
    lead = len(line) - len(line.lstrip(" "))
    if _BARE_KEY.match(line) is None and not line.lstrip().startswith("- "):
        return _stray_text(lines, row, inside)
    levels: list[int] = []
    for number in range(row - 1, -1, -1):
        match = _BARE_KEY.match(lines[number]) or re.match(r"(?P<lead> *)- ", lines[number])
        if number in inside or match is None:
            continue
        level = len(match["lead"])
        outer = len(lines[number]) - len(lines[number].lstrip(" "))
        for each in (level, outer):
            if not levels or each < min(levels):
                levels.append(each)
    if line.lstrip().startswith("- ") and (dashes := _dash_levels(lines, row, inside)):
        levels = dashes
    if not levels or lead in levels and lead <= levels[0]:
        return None
    levels = [level for level in levels if level != lead]
    if not levels:
        return None
    nearest = min(levels, key=lambda level: (abs(level - lead), -level))
    return _Explanation(
        column=lead,
        code="yaml-indent",
        message=f"this line is indented by {_spaces(lead)}, which matches no line above it",
        hint=f"{'start it at the left margin' if nearest == 0 else 'indent it by ' + _spaces(nearest)}, "
        "to line up with the keys it belongs with",
        mended=" " * nearest + line.lstrip(" "),
    )


def _dash_levels(lines: list[str], row: int, inside: set[int]) -> list[int]:
    """Return the columns of the dashes above: an item must line up with them."""
    found = (re.match(r" *(?=- )", lines[number]) for number in range(row) if number not in inside)
    return list(dict.fromkeys(match.end() for match in found if match))


def _prose_key(lines: list[str], row: int, inside: set[int]) -> _Explanation | None:
    """Explain a paragraph at the left margin that looks like a key, so that the next lines match nothing."""
    match = _BARE_KEY.match(lines[row])
    above = next((number for number in range(row - 1, -1, -1) if lines[number].strip()), None)
    if match is None or match["lead"] or above not in inside or not re.match(r"[A-ZÄÖÜ]|.*\s", match["key"]):
        return None
    return _stray_text(lines, row, inside)


def _spaces(count: int) -> str:
    return {0: "no spaces", 1: "1 space"}.get(count, f"{count} spaces")


def _stray_text(lines: list[str], row: int, inside: set[int]) -> _Explanation | None:
    line = lines[row]
    lead = len(line) - len(line.lstrip(" "))
    for number in range(row - 1, -1, -1):
        if not lines[number].strip():
            continue
        if number in inside:
            wanted = len(lines[number]) - len(lines[number].lstrip(" "))
            return _Explanation(
                column=lead,
                code="yaml-indent",
                message=f"this paragraph is not indented enough to belong to the text above it: {shown(line.strip())}",
                hint=f"indent it by {_spaces(wanted)}, like the line above",
                mended=" " * wanted + line.strip(" "),
            )
        if match := _BARE_KEY.match(lines[number]):
            key = match["key"].strip()
            return _Explanation(
                column=lead,
                code="yaml-indent",
                message=f"this text is not indented enough to belong to “{key}”: {shown(line.strip())}",
                hint=f"write   {key}: |   and indent the text by two spaces more than “{key}”",
                mended=" " * (len(match["lead"]) + 2) + "# " + line.strip(),
            )
        break
    return None


# The value after the colon ------------------------------------------------------------------------------------------


def _value_explanation(line: str, below: str) -> _Explanation | None:
    match = _KEY.match(line)
    if match is None:
        return None
    key, value, column = match["key"], match["value"], match.start("value")
    head = line[:column]

    def explanation(code: str, message: str, hint: str = "", at: int = 0, mended: str = "") -> _Explanation:
        return _Explanation(
            column=column + at,
            code=code,
            message=message,
            hint=hint or _show(key, value),
            mended=mended or head + _quoted(value.rstrip()),
        )

    first = value[0]
    if first in "\"'":
        return _quote_explanation(key, value, explanation)
    if value.startswith("{{"):
        return explanation("yaml-brace", "text that starts with {{ must be quoted")
    if first in "[{":
        closing = {"[": "]", "{": "}"}[first]
        if value.rstrip().endswith(closing) and first == "{":
            return explanation("yaml-brace", "text that starts with { must be quoted")
        if not value.rstrip().endswith(closing):
            return explanation(
                "yaml-bracket" if first == "[" else "yaml-brace",
                f"text that starts with {first} must be quoted",
            )
        return None
    words = {
        "*": ("yaml-star", "text that starts with * must be quoted, even for bold or emphasis"),
        "%": ("yaml-percent", "text that starts with % must be quoted"),
        "@": ("yaml-at", "text that starts with @ must be quoted"),
        "`": ("yaml-backtick", "text that starts with ` must be quoted"),
        "&": ("yaml-ampersand", "text that starts with & must be quoted"),
        "!": ("yaml-exclamation", "text that starts with ! must be quoted"),
        ",": ("yaml-comma", "text that starts with a comma must be quoted"),
        "]": ("yaml-bracket", "text that starts with ] must be quoted"),
        "}": ("yaml-brace", "text that starts with } must be quoted"),
    }
    if first in words:
        return explanation(*words[first])
    if first in "|>" and not re.match(r"[|>](?:[1-9][-+]?|[-+][1-9]?)?\s*(#.*)?$", value):
        rest = value[1:].strip()
        # If there are lines below it, they are probably the text.
        is_last = len(below) - len(below.lstrip(" ")) <= len(match["lead"])
        if first == "|":
            return explanation(
                "yaml-pipe",
                "there is text on the same line as the |",
                f"write   {key}: |   and put the text on the next line, indented by two more spaces",
                mended=head + (_quoted(rest) if is_last else "|"),
            )
        quoted = head + _quoted(value.rstrip())
        if is_last:
            return explanation("yaml-greater", "text that starts with > must be quoted", mended=quoted)
        return explanation(
            "yaml-greater",
            "there is text on the same line as the >",
            f"write   {key}: |   and put the text on the next line, indented by two more spaces",
            mended=f"{head}|",
        )
    if re.match(r"[?-]\s", value):
        return explanation("yaml-dash", f"text that starts with “{first} ” must be quoted")
    return _colon_explanation(value, explanation)


_Explain = Callable[..., _Explanation]


def _colon_explanation(value: str, explanation: _Explain) -> _Explanation | None:
    found = re.search(r":(?=\s|$)", value)
    if found is None:
        return None
    if value[0] in "“”„«»‘’‚「『《":
        return explanation(
            "yaml-curly",
            f'{value[0]} is not a plain quotation mark ("), so the colon splits this text in two',
            at=0,
        )
    what = 'contains ": "' if value[found.end() :].strip() else 'ends with ":"'
    return explanation("yaml-colon", f"text that {what} must be quoted", at=found.start())


def _quote_explanation(key: str, value: str, explanation: _Explain) -> _Explanation | None:
    mark = value[0]
    end = _closing(value)
    if end is None:
        return None
    rest = value[end + 1 :]
    if mark == '"' and (bad := _bad_escape(value[: end + 1])) is not None:
        return explanation(
            "yaml-escape",
            f"inside double quotes, a backslash starts a special code, and {value[bad : bad + 2]} is not one",
            "write the backslash twice, or use single quotes: '…'",
            at=bad,
            mended=None,
        )
    if not rest.strip() or re.match(r"\s+#", rest):
        return None
    if mark == "'" and value.count("'") > 2 or mark == "'" and rest[:1].isalnum():
        return explanation(
            "yaml-quote",
            "this text starts with ', so the apostrophe here ends it",
            f'write   {key}: "{value.strip().strip(chr(39))}"'
            if '"' not in value
            else f"write   {key}: |   and put the text on the next line, indented by two more spaces",
            at=end,
        )
    text = value.strip()
    # In “"The "great" plan"”, the outer marks are YAML's; in “"China" and "Taiwan"”, all of them belong to the text.
    if end == 1 and rest[0].isspace():
        # The quotation marks of a new issue, with the text after them instead of between them.
        text = rest.strip().removesuffix(mark)
    elif text.endswith(mark) and (rest[0].isalnum() or end == 1 or value[end - 1].isspace()):
        text = text[1:-1]
    return explanation(
        "yaml-quote",
        f"there is text after the closing quotation mark: {shown(rest.strip())}",
        _show(key, text),
        at=end + 1,
    )


def _closing(value: str) -> int | None:
    """Return the index of the quotation mark that ends a quoted text; None if it is not closed on this line."""
    mark, index = value[0], 1
    while index < len(value):
        if mark == '"' and value[index] == "\\":
            index += 2
            continue
        if value[index] == mark:
            if mark == "'" and value[index + 1 : index + 2] == "'":
                index += 2
                continue
            return index
        index += 1
    return None


def _bad_escape(value: str) -> int | None:
    index = 1
    while index < len(value) - 1:
        if value[index] == "\\":
            form = {"x": r"[0-9A-Fa-f]{2}", "u": r"[0-9A-Fa-f]{4}", "U": r"[0-9A-Fa-f]{8}"}.get(value[index + 1])
            if form and not re.match(form, value[index + 2 :]):
                return index
            if not form and value[index + 1] not in '0abt\tnvfre "/\\N_LP':
                return index
            index += 1
        index += 1
    return None


def _open_quote(line: str) -> _Explanation | None:
    match = _KEY.match(line)
    if match is None or match["value"][0] not in "\"'" or _closing(match["value"]) is not None:
        return None
    mark = match["value"][0]
    inner = match["value"][1:].rstrip()
    return _Explanation(
        column=match.start("value"),
        code="yaml-quote",
        message=f"the quotation mark {mark} that opens here is never closed",
        hint=f"add a closing {mark} at the end of the text",
        mended=line[: match.start("value")] + _quoted(inner),
    )


# The key itself -----------------------------------------------------------------------------------------------------


def _key_explanation(line: str, below: str) -> _Explanation | None:
    if match := re.match(rf"^(\s*(?:- +)*)({WORD_KEY})\s*[：﹕︰]\s*(.*)$", line):
        return _Explanation(
            column=match.end(2),
            code="yaml-fullwidth",
            message=f"the colon after “{match[2]}” is a full-width colon (：)",
            hint=f"type a normal colon and a space:   {match[2]}: …",
            mended=f"{match[1]}{match[2]}: {_quoted(match[3])}" if match[3] else f"{match[1]}{match[2]}:",
        )
    if match := re.match(rf"^(\s*(?:- +)*)({WORD_KEY}):(?!/)(\S.*)$", line):
        return _Explanation(
            column=match.end(2),
            code="yaml-space",
            message=f"a space is missing after “{match[2]}:”",
            hint=f"write   {match[2]}: {match[3][:60]}",
            mended=f"{match[1]}{match[2]}: {match[3]}",
        )
    if match := re.match(rf"^(\s*)-({WORD_KEY}:.*)$", line):
        return _Explanation(
            column=len(match[1]),
            code="yaml-dash",
            message="a space is missing after the dash",
            hint=f"write   - {match[2][:60]}",
            mended=f"{match[1]}- {match[2]}",
        )
    if match := re.match(r"^(\s*(?:- +)*)([“”„\"']\S.*?[“”„\"'])\s*:(\s.*)?$", line):
        plain = match[2][1:-1]
        if match[2][0] in "“”„":
            return _Explanation(
                column=len(match[1]),
                code="yaml-curly",
                message=f"the key “{plain}” must not have quotation marks",
                hint=f"write   {plain}: …",
                mended=f"{match[1]}{plain}:{match[3] or ''}",
            )
    if line.startswith("%"):
        return _Explanation(
            column=0,
            code="document",
            message="a line must not start with %",
            hint="delete this line; if it is text, indent it below its key",
            mended=line.lstrip("%"),
        )
    return None


def block_rows(lines: list[str]) -> set[int]:
    """Return the rows of text below a `|` or `>`: they cannot contain syntax errors."""
    inside: set[int] = set()
    limit: int | None = None
    margin: int | None = None
    for row, line in enumerate(lines):
        lead = len(line) - len(line.lstrip(" "))
        if limit is not None:
            if not line.strip() or lead > limit and (margin is None or lead >= margin):
                margin = lead if margin is None and line.strip() else margin
                inside.add(row)
                continue
            limit = margin = None
        if match := _BLOCK.match(line):
            limit = len(match["lead"]) if ":" in line else max(len(match["lead"]) - 2, 0)
    return inside
