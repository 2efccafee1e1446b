"""The texts of an issue as they were written, for checks that look for signs: each with the way back to its characters.

Input: a review. Output: texts, plain or Markdown. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from composer.checks.issue_text import named
from composer.checks.review import ReviewedEdition
from composer.content.values.source_map import Mark
from composer.content.yaml.source import SourcePlace

#: Plain texts that are no names, by their keys.
_TITLES = (("subject",), ("preheader",), ("title",), ("caption",), ("alt",), ("text",))
#: And those that say where and when.
_DETAILS = (("time",), ("place",))


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text as an editor wrote it; a source's title or a caption is plain, a body Markdown."""

    text: str
    is_plain: bool
    mark: Mark
    #: Whether others wrote it.
    is_cited: bool = False

    def place(self, offset: int, found: str) -> SourcePlace:
        """Return where something that was found stands in the file."""
        # Of plain texts merge fields are tokens, and lines are joined: its words are looked for again.
        return self.mark.place_of(re.compile(re.escape(found))) if self.is_plain else self.mark.node.at(offset)

    @property
    def is_name(self) -> bool:
        """Whether it names somebody or something, and may be as short as initials."""
        return self.is_plain and self.mark.trail[-1:] not in _TITLES

    @property
    def is_detail(self) -> bool:
        """Whether it says where or when something takes place, and nothing else."""
        return self.is_plain and self.mark.trail[-1:] in _DETAILS

    def named(self, message: str) -> str:
        """Put the words for the place before what is wrong there."""
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
