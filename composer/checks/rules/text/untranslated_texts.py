"""Finds the texts of a translation that nobody has translated yet, by comparing them with the original issue.

Input: an issue, the newsletter, the original as a tree. Output: findings at the lines of the translation. Guarantees: keys
that the translation leaves out are not reported.
"""

import re
from collections.abc import Iterator

from composer.checks.issue_text import named_path
from composer.checks.registry import CheckFinding, CheckLimits, check
from composer.checks.review import ReviewedEdition
from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.content.yaml.nodes import Mapping, Node, Path, Scalar, Sequence
from composer.content.yaml.source import SourcePlace
from composer.core.errors import Level

TRANSLATED = "LANG05"
#: A text with fewer words may be the same in two languages, such as the name of an event.
_LEAST_WORDS = 4
_WORD = re.compile(r"[^\W\d_]{2,}")


@check(
    TRANSLATED,
    "Each text of the original issue is translated",
    fix="write the translation here",
    source="docs/how-to/add-a-language.md",
)
def translations(review: ReviewedEdition, limits: CheckLimits) -> Iterator[CheckFinding]:
    """Look for texts that are empty or the same as in the issue in the newsletter's own language."""
    if review.original is not None:
        yield from untranslated(review.issue, review.newsletter, review.original)


def untranslated(issue: Issue, newsletter: Newsletter, original: Mapping) -> Iterator[CheckFinding]:
    """Yield a finding for each text that is empty, which must not be sent, or the same as in the original."""
    file = original.source.name
    for path, mine, text in _pairs(issue, newsletter, original):
        place = _key_place(issue, path) or mine.place
        if mine.is_empty:
            message = f"this text is empty here, but not in {file}"
            hint = "write the translation, or delete the line with the key to leave it out in this language"
            yield CheckFinding(
                place=place, message=named_path(path, message), hint=hint, level=Level.BLOCKER, kind="empty"
            )
        elif _is_copied(mine, text):
            message = f"this text is not translated: it is the same as in {file}"
            yield CheckFinding(place=place, message=named_path(path, message), kind="same")


def copied_texts(review: ReviewedEdition) -> frozenset[int]:
    """Return the ids of the nodes of texts that are those of the original, for checks that would find the same mistake."""
    if review.original is None:
        return frozenset()
    pairs = _pairs(review.issue, review.newsletter, review.original)
    return frozenset(id(mine) for _, mine, text in pairs if _is_copied(mine, text))


def _pairs(issue: Issue, newsletter: Newsletter, original: Mapping) -> Iterator[tuple[Path, Scalar, Scalar]]:
    """Yield the texts that differ from language to language: path, translation, original."""
    schema = newsletter.issue_schema()
    for path, text in _texts(schema, original, schema.root, ()):
        mine = issue.nodes.get(path)
        if isinstance(mine, Scalar):
            yield path, mine, text


def _is_copied(mine: Scalar, original: Scalar) -> bool:
    """Return whether a text is that of the original, and long enough to be another one in each language."""
    return mine.text.split() == original.text.split() and len(_WORD.findall(mine.text)) >= _LEAST_WORDS


def _texts(schema: DocumentSchema, node: Node, given: SchemaField, path: Path) -> Iterator[tuple[Path, Scalar]]:
    """Yield the texts of the original that differ from language to language, with their paths."""
    field = schema.resolve(given)
    match node:
        case Scalar():
            if field.is_translated and not node.is_empty:
                yield path, node
        case Mapping():
            for entry in node.entries:
                inner = field.properties.get(entry.key.text) or field.others
                if inner is not None:
                    yield from _texts(schema, entry.value, inner, (*path, entry.key.text))
        case Sequence() if field.format != "sources" and field.items is not None:
            for number, item in enumerate(node.items):
                yield from _texts(schema, item, field.items, (*path, number))


def _key_place(issue: Issue, path: Path) -> SourcePlace | None:
    """Return the place of a key, which is on the line above a text below `|`."""
    group = issue.nodes.get(path[:-1])
    if not isinstance(group, Mapping):
        return None
    return next((entry.key.place for entry in group.entries if entry.key.text == path[-1]), None)
