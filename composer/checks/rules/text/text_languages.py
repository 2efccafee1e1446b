"""Checks whether texts and headings are in the language of the edition."""

from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.text.untranslated_texts import copied_texts
from composer.checks.text_patterns.text_language import LANGUAGE_NAMES, other_language
from composer.content.yaml.nodes import Mapping, Scalar
from composer.core.workspace import NEWSLETTER

#: A paragraph between quotation marks is somebody else's text.
_QUOTES = ("“", "„", "«", "»", '"', "‘", "‹", "「", "『", "《")


@check(
    "LANG03",
    "Each paragraph is in the language of the edition",
    fix="translate it, or move it to the edition of its language",
    source="https://www.w3.org/WAI/WCAG22/Understanding/language-of-parts.html",
)
def texts(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Report the first paragraph of each section that is clearly in another language, such as one that was not translated."""
    expected, copied = review.newsletter.language, copied_texts(review)
    reported: set[int | None] = set()
    for text in review.texts:
        if (
            not text.is_paragraph
            or text.is_cited
            or id(text.mark.node) in copied
            or text.words.lstrip().startswith(_QUOTES)
        ):
            continue
        section = id(text.section) if text.section is not None else None
        found = None if section in reported else other_language(text.words, expected)
        if found is not None:
            reported.add(section)
            message = f"this text is in {LANGUAGE_NAMES[found]}, but the edition is in “{expected}”"
            yield CheckFinding(place=text.mark.place, message=named(text.mark, message), about=found)


@check(
    "LANG04",
    "Each heading is translated in the file of the edition's language",
    fix="write the heading in this file",
    source="docs/how-to/add-a-language.md",
)
def headings(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for headings that are those of newsletter.yaml, or empty."""
    newsletter = review.newsletter
    file = next((node.source.name for node in newsletter.nodes.values() if node.source.name != NEWSLETTER), None)
    sections = newsletter.nodes.get(("sections",))
    if file is None or not isinstance(sections, Mapping):
        return
    for spec in newsletter.sections:
        section = sections.get(spec.key)
        node = section.get("heading") if isinstance(section, Mapping) else None
        if not isinstance(node, Scalar) or node.is_empty == (node.source.name == NEWSLETTER):
            continue
        message = f"{file} has no heading for “{spec.key}”, so the edition shows “{spec.heading}”"
        if node.is_empty:
            message = f"the heading of “{spec.key}” is empty in {file}, so the edition shows no heading"
        hint = f'write   heading: "…"   below “{spec.key}” in {file}'
        yield CheckFinding(place=node.place, message=message, hint=hint, about=spec.key)
