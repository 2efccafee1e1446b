"""Markup that other programs know and this one does not: subscribers would read its signs.

Input: a text as written, plain or Markdown. Output: what was found, each at its offset, with the form to write instead.
Guarantees: signs in prose stay what they are: footnote marks, multiplication, `~`, `[sic]`, `%`, escaped signs, addresses. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from composer.checks.text_patterns.markup_rules import BLANK, EVERYWHERE, PLAIN, RICH


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMarkup:
    """Signs that would be read, where they begin, and what to do."""

    offset: int
    text: str
    message: str
    hint: str
    #: What tells findings apart that call for different things.
    kind: str = ""


#: What is not prose: merge fields, where links lead, addresses, and in Markdown signs behind a backslash.
_NO_PROSE = re.compile(
    r"\{\{(?:[^{}\n]{1,200}|\s*[\"']\{\{[\"']\s*)\}\}"
    r"|(?<=\]\()\s*<?[^()\s]*(?:\([^()\s]*\)[^()\s]*)*"
    r"|(?<!\])<(?:https?|mailto):[^>\s]*>|(?<![\[({<])(?<!\]: )\bhttps?://[^\s\]]+"
)
#: What makes one list, however many lines it has.
_BULLETS = ("bullet", "task")
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")


def foreign_markup(text: str, *, is_plain: bool) -> tuple[FoundMarkup, ...]:
    """Find markup that would be read as signs, in the order of the text."""
    prose = _prose(text, is_plain=is_plain)
    found = [
        _found(text, match, kind, *say(_original(match, text)))
        for kind, pattern, say in (*EVERYWHERE, *(PLAIN if is_plain else RICH))
        for match in pattern.finditer(prose)
    ]
    if not is_plain:
        found += [*_tables(text, prose), *_unclosed(prose)]
    found.sort(key=lambda each: (each.offset, -len(each.text)))
    # Of two at one place, the longer one says more.
    kept: list[FoundMarkup] = []
    for each in found:
        if not kept or each.offset >= kept[-1].offset + len(kept[-1].text):
            kept.append(each)
    return _lists_once(text, kept)


def _lists_once(text: str, found: list[FoundMarkup]) -> tuple[FoundMarkup, ...]:
    """Tell of bullets that follow each other line by line at the first one, with how many there are."""
    lists: list[list[FoundMarkup]] = []
    for each in found:
        last = lists[-1][-1] if lists else None
        if last is not None and each.kind == last.kind in _BULLETS and not _parted(text[last.offset : each.offset]):
            lists[-1].append(each)
        else:
            lists.append([each])
    return tuple(
        replace(first, message=f"{first.message} ({1 + len(others)} in a row)") if others else first
        for first, *others in lists
    )


def _parted(between: str) -> bool:
    """Return whether there is more than a bullet's own line before the next: a paragraph, a line without one."""
    return between.strip().count("\n") > 0


def _prose(text: str, *, is_plain: bool) -> str:
    """Blank what is not prose, character for character; a link's address stays where it is the mistake itself."""
    for pattern in (_NO_PROSE,) if is_plain else (_ESCAPED, _NO_PROSE):
        text = pattern.sub(lambda match: BLANK * len(match[0]), text)
    return text


def _original(match: re.Match[str], text: str) -> re.Match[str]:
    """Match again in the text as written, so that hints repeat what is there."""
    return match.re.match(text, match.start()) or match


def _found(text: str, match: re.Match[str], kind: str, message: str, hint: str) -> FoundMarkup:
    lead = len(match[0]) - len(match[0].lstrip())
    start = match.start() + lead
    hint = hint.replace(BLANK, "")
    return FoundMarkup(offset=start, text=text[start : match.end()].rstrip(), message=message, hint=hint, kind=kind)


# Tables ---------------------------------------------------------------------------------------------------------------

_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_ROW = re.compile(r"^\s*\|[^|\n]*\|(?:[^|\n]*\|)+\s*$")
_TABBED = re.compile(r"^\S[^\t\n]*\t+[^\t\n]*\S")


def _tables(text: str, prose: str) -> Iterator[FoundMarkup]:
    """Find tables, each once: with bars, or with tabs as a spreadsheet gives them."""
    lines = prose.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    row = 0
    while row < len(lines):
        end = row
        while end < len(lines) and _is_row(lines, end):
            end += 1
        tabbed = row
        while end == row and tabbed < len(lines) and _TABBED.match(lines[tabbed]):
            tabbed += 1
        if tabbed - row > 1:
            end = tabbed
        if end > row:
            offset = starts[row] + len(lines[row]) - len(lines[row].lstrip())
            yield FoundMarkup(
                offset=offset,
                text=text[offset : starts[end] - 1],
                message="tables are not known here: the rows run together",
                hint="write each row as a line of a list, such as   - Permits: 2027, EUR 0   or make a picture of the table",
                kind="table",
            )
        row = max(end, row + 1)


def _is_row(lines: list[str], row: int) -> bool:
    line = lines[row]
    if _ROW.match(line) or ("|" in line and _RULE.match(line)):
        return True
    near = (lines[each] for each in (row - 1, row + 1) if 0 <= each < len(lines))
    return "|" in line and any("|" in each and _RULE.match(each) for each in near)


# Emphasis -------------------------------------------------------------------------------------------------------------

_STARS = re.compile(r"(?<![*\w])(?P<open>\*\*)(?=[^\s*])|(?<=[^\s*])(?P<close>\*\*)(?![*\w])")
_BARS = re.compile(r"(?<![_\w])(?P<open>__)(?=[^\W_])|(?<=[^\W_])(?P<close>__)(?![_\w])")
_LONE_STAR = re.compile(r"(?<![*\n])(?<!^)\*(?!\*)")
_ONE_STAR = re.compile(r"(?<=[\w,;] )\*(?=[^\W\d_]{3})")


def _unclosed(prose: str) -> Iterator[FoundMarkup]:
    """Find bold that begins and does not end; marks of notes, which come behind a word first, are none."""
    for pattern in (_STARS, _BARS):
        has_note = False
        for start, paragraph in _paragraphs(prose):
            has_note = has_note or len(_LONE_STAR.findall(paragraph)) % 2 == 1
            opened: int | None = None
            for match in pattern.finditer(paragraph):
                if match["open"]:
                    opened = match.start() if opened is None else None
                elif opened is None:
                    has_note = True
                else:
                    opened = None
            if opened is not None and not has_note:
                sign = paragraph[opened : opened + 2]
                yield FoundMarkup(
                    offset=start + opened,
                    text=sign,
                    message=f"bold begins here with {sign} and does not end in this paragraph",
                    hint="write   **bold words**   with two * at both ends, and no space inside",
                    kind="bold",
                )
    if "*" not in _ONE_STAR.sub("", prose).replace("**", ""):
        for match in _ONE_STAR.finditer(prose):
            yield FoundMarkup(
                offset=match.start(),
                text="*",
                message="emphasis begins here with * and does not end",
                hint="write   *words*   with one * at both ends, or   \\*   for the sign itself",
                kind="emphasis",
            )


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in re.finditer(r"\n[ \t]*\n|\n(?=[ \t]*[-*+][ \t])|\Z", text):
        yield start, text[start : match.start()]
        start = match.end()
