"""Counts the words of a draft and of the file that was written from it, and compares them word by word.

Input: drafts, the text of the file as it will be saved, the newsletter. Output: a `WordAccount`. Guarantees: the words of
the file are read from its text by the reader of issues, not taken from what the mapping believes to have written.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from composer.content.document.newsletter import Newsletter
from composer.content.document.rich_parts import paragraphs
from composer.content.schema.loader import DocumentLoader
from composer.content.schema.schema import DocumentSchema, SchemaField
from composer.content.values.field_values import Group, Value, value_in
from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.values.rich_text import Rich, plain_words
from composer.content.yaml.nodes import Mapping, Path
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourceText
from composer.core.reading_speed import words_of
from composer.core.workspace import Workspace
from composer.drafts.draft_document import DraftDocument, text_of, texts_of
from composer.drafts.mapping.text.span_text import clean_text
from composer.drafts.writing.issue_yaml import LEFT_OVER_LINE, LEFT_OVER_START


@dataclass(frozen=True, slots=True, kw_only=True)
class WordAccount:
    """The words of the drafts, and where they are now."""

    total: int
    placed: int
    left_over: int
    #: Words of sections that were not wanted.
    skipped: int = 0
    #: Words that are missing in the file, and words that are in it without being in a draft.
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every word of the drafts is in the file, once."""
        return not self.missing and not self.surplus


def account_words(
    documents: Iterable[DraftDocument],
    text: str,
    newsletter: Newsletter,
    workspace: Workspace,
    *,
    accounted: Sequence[str],
    added: Sequence[str],
    skipped: Sequence[str] = (),
    before: str = "",
) -> WordAccount:
    """Compare drafts with a file. `before` is the file as it was, if the drafts were written into an existing one.

    `skipped` are those of the accounted texts that were not wanted.
    """
    drafted = Counter(word for document in documents for each in _draft_texts(document) for word in words_of(each))
    known = Counter(word for each in accounted for word in words_of(each))
    left = _left_over(text) - _left_over(before)
    written = _written(text, newsletter, workspace)
    if before:
        written.subtract(_written(before, newsletter, workspace))
    written.subtract(Counter(word for each in added for word in words_of(each)))
    found = Counter(known)
    found.update(left)
    found.update(written)
    unwanted = sum(len(words_of(each)) for each in skipped)
    return WordAccount(
        total=drafted.total(),
        placed=drafted.total() - left.total() - unwanted,
        left_over=left.total(),
        skipped=unwanted,
        missing=tuple((drafted - found).elements()),
        surplus=tuple((found - drafted).elements()),
    )


def _draft_texts(document: DraftDocument) -> Iterator[str]:
    """Yield the texts that `DraftDocument.word_count` counts, in the form in which a file stores them."""
    for block in document.blocks:
        yield from map(clean_text, texts_of(block))
    for note in document.footnotes.values():
        yield clean_text(text_of(note))


def _left_over(text: str) -> Counter[str]:
    """Count the words in comments of texts that have no field."""
    found: Counter[str] = Counter()
    is_inside = False
    for line in text.split("\n"):
        stripped = line.strip()
        if is_inside and stripped.startswith(LEFT_OVER_LINE):
            found.update(words_of(stripped[1:]))
        else:
            is_inside = stripped.startswith(LEFT_OVER_START)
    return found


def _written(text: str, newsletter: Newsletter, workspace: Workspace) -> Counter[str]:
    found: Counter[str] = Counter()
    for words in field_words(text, newsletter, workspace).values():
        found.update(words)
    return found


def field_words(text: str, newsletter: Newsletter, workspace: Workspace) -> dict[Path, Counter[str]]:
    """Count the words that each field of an issue shows, by its path in the file."""
    source = SourceText.of(text.removeprefix("\ufeff"), name="issue", path=workspace.root / "issues" / "draft.yaml")
    root, problems = parse(source)
    if problems or not isinstance(root, Mapping):
        return {}
    book = FieldBook(known=newsletter.fields, mark=token_prefix(text))
    schema = newsletter.issue_schema()
    loader = DocumentLoader(schema=schema, workspace=workspace, fields=book, has_pictures=False)
    value = loader.read(root)
    tokens = {field.token: field.stand_in for field in book.fields}
    found: dict[Path, Counter[str]] = {}
    for path, each in _texts(value, schema.root, schema, ()):
        found.setdefault(path, Counter()).update(words_of(_filled(each, tokens)))
    return found


def _filled(text: str, tokens: dict[str, str]) -> str:
    for token, stand_in in tokens.items():
        text = text.replace(token, stand_in)
    return text


def _texts(value: Value, given: SchemaField, schema: DocumentSchema, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts that people read; addresses, dates and names of files are not."""
    field = schema.resolve(given)
    match value:
        case Rich():
            yield from ((path, plain_words(paragraph.children)) for paragraph in paragraphs(value.parts))
        case Group():
            for name in value:
                inner = field.properties.get(name) or field.others
                if inner is not None:
                    yield from _texts(value_in(value, name), inner, schema, (*path, name))
        case tuple():
            for number, item in enumerate(value):
                yield from _texts(item, field.items or SchemaField(), schema, (*path, number))
        case str() if field.format in ("plain", "markdown", "sources", "") and not field.enum:
            yield path, re.sub(r"\s+", " ", value)
