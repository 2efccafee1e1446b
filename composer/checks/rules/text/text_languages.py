"""Checks whether texts and headings are in the language of the edition."""

from collections.abc import Iterator

from composer.checks.issue_text import named
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.checks.rules.text.untranslated_texts import copied_texts
from composer.checks.text_patterns.text_language import LANGUAGE_NAMES, other_language
from composer.content.document.sections import SectionSpec
from composer.content.yaml.nodes import Mapping, Node, Scalar, Sequence
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
    "Headings, labels and the masthead are translated in the file of the edition's language",
    fix="write the translation in this file",
    source="docs/how-to/add-a-language.md",
)
def headings(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for headings, labels and roles that are those of newsletter.yaml, and for empty headings."""
    newsletter = review.newsletter
    file = next((node.source.name for node in newsletter.nodes.values() if node.source.name != NEWSLETTER), None)
    if file is None:
        return
    sections = newsletter.nodes.get(("sections",))
    for spec in newsletter.sections:
        section = sections.get(spec.key) if isinstance(sections, Mapping) else None
        if isinstance(section, Mapping):
            yield from _heading(section, spec, file)
            yield from _labels(section.get("labels"), spec.key, file)
    if ("masthead",) not in review.issue.nodes:
        yield from _masthead(newsletter.nodes.get(("masthead",)), file)


def _heading(section: Mapping, spec: SectionSpec, file: str) -> Iterator[CheckFinding]:
    node = section.get("heading")
    if not isinstance(node, Scalar) or node.is_empty == (node.source.name == NEWSLETTER):
        return
    message = f"{file} has no heading for “{spec.key}”, so the edition shows “{spec.heading}”"
    if node.is_empty:
        message = f"the heading of “{spec.key}” is empty in {file}, so the edition shows no heading"
    hint = f'write   heading: "…"   below “{spec.key}” in {file}'
    yield CheckFinding(place=node.place, message=message, hint=hint, about=spec.key)


def _labels(labels: Node | None, key: str, file: str) -> Iterator[CheckFinding]:
    for entry in labels.entries if isinstance(labels, Mapping) else ():
        name, node = entry.key.text, _original(entry.value)
        if node is not None:
            message = f"{file} has no label “{name}” for “{key}”, so the edition shows “{node.text.strip()}”"
            hint = f'write   {name}: "…"   below “{key}”, “labels” in {file}'
            yield CheckFinding(place=node.place, message=message, hint=hint, about=f"{key}.{name}")


def _masthead(masthead: Node | None, file: str) -> Iterator[CheckFinding]:
    """Yield one finding for all headings and titles: the masthead of a language replaces the whole list."""
    groups = [group for group in masthead.items if isinstance(group, Mapping)] if isinstance(masthead, Sequence) else []
    people = [people for group in groups if isinstance(people := group.get("people"), Sequence)]
    titles = [person.get("title") for each in people for person in each.items if isinstance(person, Mapping)]
    texts = [text for node in (*(group.get("heading") for group in groups), *titles) if (text := _original(node))]
    if texts:
        message = f"{file} has no masthead, so the edition shows “{texts[0].text.strip()}”"
        hint = f"copy   masthead:   from {NEWSLETTER} to {file}, and translate its headings and titles"
        yield CheckFinding(place=texts[0].place, message=message, hint=hint, about="masthead")


def _original(node: Node | None) -> Scalar | None:
    """Return a text if it is one of the newsletter's own language."""
    return node if isinstance(node, Scalar) and not node.is_empty and node.source.name == NEWSLETTER else None
