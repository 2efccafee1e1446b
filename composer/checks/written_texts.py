"""The texts of an issue as they were written, for checks that look for characters and patterns.

Input: a review. Output: texts, plain or Markdown, each with a way to find the place of its characters in the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from composer.checks.issue_text import named
from composer.checks.review import ReviewedEdition
from composer.content.values.source_map import Mark
from composer.content.yaml.source import SourcePlace

#: The keys of plain texts that are not names.
_TITLES = (("subject",), ("preheader",), ("title",), ("caption",), ("alt",), ("text",), ("heading",), ("action",))
#: The keys of plain texts that say where and when.
_DETAILS = (("time",), ("place",), ("detail",))


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text as an editor wrote it: titles and captions are plain, bodies are Markdown."""

    text: str
    is_plain: bool
    mark: Mark
    #: Whether it is cited, not written by the editors.
    is_cited: bool = False

    def place(self, offset: int, found: str) -> SourcePlace:
        """Return the place of a match in the file."""
        # In plain texts, merge fields are tokens and lines are joined, so the match is searched for again.
        return self.mark.place_of(re.compile(re.escape(found))) if self.is_plain else self.mark.node.at(offset)

    @property
    def is_name(self) -> bool:
        """Whether the text is a name, which may be as short as initials."""
        return self.is_plain and self.mark.trail[-1:] not in _TITLES

    @property
    def is_detail(self) -> bool:
        """Whether the text only says where or when something takes place."""
        return self.is_plain and self.mark.trail[-1:] in _DETAILS

    def named(self, message: str) -> str:
        """Return a message with the name of its place in front."""
        return named(self.mark, message)


def written_texts(review: ReviewedEdition) -> Iterator[WrittenText]:
    """Yield each text once: Markdown whole, not paragraph by paragraph."""
    seen: set[int] = set()
    for text in review.texts:
        node = text.mark.node
        if not text.is_paragraph:
            yield WrittenText(text.words, True, text.mark, text.is_cited)
        elif id(node) not in seen:
            seen.add(id(node))
            yield WrittenText(node.text, False, text.mark)
