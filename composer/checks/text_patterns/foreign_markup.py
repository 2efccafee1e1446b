"""Find markup of other programs, which subscribers would see as plain characters.

Input: a text as written, plain or Markdown. Output: each finding with its offset and what to write instead.
Guarantees: characters in prose are skipped: footnote marks, multiplication, `~`, `[sic]`, `%`, escaped characters, addresses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from composer.checks.text_patterns.markup_rules import BLANK, EVERYWHERE, PLAIN, RICH
from composer.checks.text_patterns.scan_memory import remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMarkup:
    """Markup that subscribers would see, where it starts, and what to do."""

    offset: int
    text: str
    message: str
    hint: str
    #: Distinguishes findings that need different fixes.
    kind: str = ""


#: Not prose: merge fields, link targets and addresses; in Markdown also code and characters after a backslash.
_NO_PROSE = re.compile(
    r"\{\{(?:[^{}\n]{1,200}|\s*[\"']\{\{[\"']\s*)\}\}"
    r"|(?<=\]\()\s*<?[^()\s]*(?:\([^()\s]*\)[^()\s]*)*"
    r"|(?<!\])<(?:https?|mailto|tel):[^>\s]*>|(?<![\[({<])(?<!\]: )\bhttps?://[^\s\]]+"
)
#: Kinds that are reported once for a whole list.
_BULLETS = ("bullet", "task")
#: Code is shown as it is written.
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)[^\n]{1,300}?(?<!`)\1(?!`)")
_ESCAPED = re.compile(r"\\[!-/:-@\[-`{-~]")


@remembered
def foreign_markup(text: str, *, is_plain: bool) -> tuple[FoundMarkup, ...]:
    """Return the markup that subscribers would see as plain characters, in the order of the text."""
    prose = _prose(text, is_plain=is_plain)
    found = [
        _found(text, match, kind, *say(_original(match, text)))
        for kind, pattern, say in (*EVERYWHERE, *(PLAIN if is_plain else RICH))
        for match in pattern.finditer(prose)
    ]
    if not is_plain:
        found += [*_tables(text, prose), *_unclosed(prose)]
    found.sort(key=lambda each: (each.offset, -len(each.text)))
    # Of two findings at one place, keep the longer one.
    kept: list[FoundMarkup] = []
    for each in found:
        if not kept or each.offset >= kept[-1].offset + len(kept[-1].text):
            kept.append(each)
    return _lists_once(text, kept)


def _lists_once(text: str, found: list[FoundMarkup]) -> tuple[FoundMarkup, ...]:
    """Report bullets in consecutive lines once, at the first one, with their number."""
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
    """Return whether other lines separate two bullets."""
    return between.strip().count("\n") > 0


def _prose(text: str, *, is_plain: bool) -> str:
    """Blank what is not prose, character by character; keep addresses that are part of the mistake."""
    for pattern in (_NO_PROSE,) if is_plain else (_ESCAPED, _CODE, _NO_PROSE):
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

_TABBED = re.compile(r"^[^\s|][^\t\n]*\t+[^\t\n]*\S")


def _tables(text: str, prose: str) -> Iterator[FoundMarkup]:
    """Yield each table with tabs, as copied from a spreadsheet, once; the parser reads tables with bars."""
    lines = prose.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    row = 0
    while row < len(lines):
        end = row
        while end < len(lines) and _TABBED.match(lines[end]):
            end += 1
        if end - row < 2:
            row += 1
            continue
        offset = starts[row] + len(lines[row]) - len(lines[row].lstrip())
        yield FoundMarkup(
            offset=offset,
            text=text[offset : starts[end] - 1],
            message="tabs do not make a table: the rows are shown as one paragraph",
            hint="write each row as   | Permits | 2027 |   below headings and dashes, as   compose help issue-format   shows",
            kind="table",
        )
        row = end


# Emphasis -------------------------------------------------------------------------------------------------------------

_STARS = re.compile(r"(?<![*\w])(?P<open>\*\*)(?=[^\s*])|(?<=[^\s*])(?P<close>\*\*)(?![*\w])")
_BARS = re.compile(r"(?<![_\w])(?P<open>__)(?=[^\W_])|(?<=[^\W_])(?P<close>__)(?![_\w])")
_LONE_STAR = re.compile(r"(?<![*\n])(?<!^)\*(?!\*)")
_ONE_STAR = re.compile(r"(?<=[\w,;] )\*(?=[^\W\d_]{3})")


def _unclosed(prose: str) -> Iterator[FoundMarkup]:
    """Yield bold or emphasis that does not end; skip note marks, which come after a word."""
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
                    message=f"bold starts here with {sign} but does not end in this paragraph",
                    hint="write   **bold words**   with two * at both ends, and no space inside",
                    kind="bold",
                )
    if "*" not in _ONE_STAR.sub("", prose).replace("**", ""):
        for match in _ONE_STAR.finditer(prose):
            yield FoundMarkup(
                offset=match.start(),
                text="*",
                message="emphasis starts here with * but does not end",
                hint="write   *words*   with one * at both ends, or   \\*   for a literal *",
                kind="emphasis",
            )


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in re.finditer(r"\n[ \t]*\n|\n(?=[ \t]*[-*+][ \t])|\Z", text):
        yield start, text[start : match.start()]
        start = match.end()
