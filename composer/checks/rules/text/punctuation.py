"""Checks of punctuation: Latin punctuation in Chinese text, and two styles of quotation marks in one text.

Input: a review. Output: findings. Guarantees: a cause is reported once for each issue; the finding lists its lines.
"""

import re
from collections.abc import Iterator, Sequence

from composer.checks.issue_text import IssueText, named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.text_patterns.latin_signs import latin_signs
from composer.content.values.source_map import Mark
from composer.content.yaml.nodes import ScalarStyle
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level

#: How many more lines a finding lists.
_MOST_LINES = 10
_CODE = re.compile(r"`[^`]*`")
#: A straight quotation mark after a digit may mean inches.
_STRAIGHT = re.compile(r'(?<!\d)"')
#: Quotation marks by language, alone and in a pair; other languages use “…”.
_SIGNS = dict.fromkeys(("de", "cs", "sk", "sl", "bg", "et", "is", "lt"), "„ “") | dict.fromkeys(
    ("pl", "ro", "hu"), "„ ”"
)
_HINTS = {language: signs.replace(" ", "…") for language, signs in _SIGNS.items()}
#: A text in one pair of typographic quotation marks, with none inside.
_WRAPPED = re.compile("[“”„‟«»‘’‚‹›「『][^“”„‟«»‘‚‹›「」『』\n]+[“”«»‘’‹›」』]")
_TYPOGRAPHIC = re.compile("[“”„]")


@check(
    "EDIT06",
    "Chinese text uses Chinese punctuation",
    fix="use ，。；：！？ after Chinese characters",
    source="GB/T 15834-2011",
)
def half_width(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for a Latin sign between two Chinese characters, or a Latin full stop at the end of a Chinese sentence."""
    found: list[tuple[IssueText, SourcePlace, str]] = []
    for text in review.texts:
        for sign, pattern, around in latin_signs(text.words):
            message = f"Latin “{sign}” after a Chinese character: {around}"
            found.append((text, text.mark.place_of(pattern), message))
    if found:
        text, place, message = found[0]
        yield CheckFinding(
            place=place, message=named(text.mark, message) + _other_lines(place, [each[1] for each in found])
        )


@check(
    "EDIT12",
    "Each text uses one style of quotation marks",
    level=Level.INFO,
    fix='use either “…” or "…" throughout the text',
    source="editorial rule: set its level in newsletter.yaml",
)
def mixed_quotes(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for texts with both straight and typographic quotation marks; inches and code do not count."""
    texts: dict[int, list[IssueText]] = {}
    for text in (each for each in review.texts if not each.is_cited):
        texts.setdefault(id(text.mark.node), []).append(text)
    found: list[tuple[Mark, SourcePlace]] = []
    for paragraphs in texts.values():
        straight = next((each.mark for each in paragraphs if _has(_STRAIGHT, each)), None)
        if straight is not None and any(_has(_TYPOGRAPHIC, each) for each in paragraphs):
            found.append((straight, straight.place_of(_STRAIGHT)))
    if found:
        mark, place = found[0]
        language = review.edition.language.split("-")[0].lower()
        message = named(
            mark, f'this text mixes straight (") and typographic ({_SIGNS.get(language, "“ ”")}) quotation marks'
        )
        hint = _HINTS.get(language)
        hint = f'use either {hint} or "…" throughout the text' if hint else ""
        yield CheckFinding(place=place, message=message + _other_lines(place, [each for _, each in found]), hint=hint)


@check(
    "EDIT14",
    "Quotation marks around a whole text are meant to be seen",
    fix='write straight quotation marks (") around the text, or none',
    source="YAML 1.2.2, 7.3",
)
def quoted_whole(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for plain texts between typographic quotation marks and without straight ones, which YAML would remove."""
    for text in review.texts:
        node, key = text.mark.node, text.mark.trail[-1:]
        if text.is_paragraph or node.style is not ScalarStyle.PLAIN or not _WRAPPED.fullmatch(node.text):
            continue
        inside = node.text[1:-1].replace("\\", "\\\\").replace('"', '\\"')
        hint = (
            f'write   {key[0] if key else "…"}: "{inside}"   or, if it is a quotation, put straight ones around it, too'
        )
        message = f"subscribers see the quotation marks {node.text[0]} {node.text[-1]} around this text"
        yield CheckFinding(place=text.mark.place, message=named(text.mark, message), hint=hint)


def _has(pattern: re.Pattern[str], text: IssueText) -> bool:
    return pattern.search(_CODE.sub("", text.words)) is not None


def _other_lines(first: SourcePlace, places: Sequence[SourcePlace]) -> str:
    """List the other lines of a cause: ` (also in lines 7, 12)`; of other files with their names."""
    others = dict.fromkeys(
        str(place.line) if place.path == first.path else f"{place.path}:{place.line}"
        for place in places
        if (place.path, place.line) != (first.path, first.line)
    )
    if not others:
        return ""
    more = f" and {len(others) - _MOST_LINES} more" if len(others) > _MOST_LINES else ""
    return f" (also in {'line' if len(others) == 1 else 'lines'} {', '.join(list(others)[:_MOST_LINES])}{more})"
