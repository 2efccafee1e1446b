"""Collects the text of one paragraph as spans, without hidden text.

Input: pieces of text with their looks, in reading order. Output: spans of which neighbors differ. Guarantees: pure. Visible
characters are kept; spaces are joined; optional hyphens and other characters without a width are removed, except those that
join letters and those that set a direction.
"""

import re
import unicodedata
from dataclasses import dataclass, field, replace

from composer.content.yaml.source import FORBIDDEN
from composer.drafts.draft_document import Span

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: Optional hyphens, byte order marks and word joiners, and zero-width spaces outside scripts without spaces.
_UNSEEN = re.compile("[\u00ad\ufeff\u2060\u034f]|(?<![\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff])\u200b")
#: Several spaces; a no-break space next to a normal one only makes it wider.
_SPACES = re.compile("[ \u00a0]{2,}")
_AROUND_LINE_END = re.compile(" *\n *")
PLAIN = Span("")
#: Spans of an item of a list to which further paragraphs are added; a longer one is followed by another item.
MOST_JOINED = 100


@dataclass(slots=True)
class SpanCollector:
    """The spans of a paragraph so far: looks, each with the pieces of its text."""

    _spans: list[tuple[Span, list[str]]] = field(default_factory=list)

    def add(self, text: str, look: Span = PLAIN) -> None:
        """Add text that looks like `look`, of which only the look counts."""
        text = visible_text(text)
        if not text:
            return
        if self._spans and self._spans[-1][0] == look:
            self._spans[-1][1].append(text)
        else:
            self._spans.append((look, [text]))

    def mark(self, *, footnote: str = "", comment: str = "") -> None:
        """Add a reference to a footnote or a comment."""
        self._spans.append((Span("", footnote=footnote, comment=comment), []))

    @property
    def is_empty(self) -> bool:
        """Whether there is neither text nor a reference."""
        return not any(_is_mark(look) or any(map(str.strip, pieces)) for look, pieces in self._spans)

    def take(self) -> tuple[Span, ...]:
        """Return the spans with single spaces between words and none at the ends, and begin anew."""
        spans, self._spans = self._spans, []
        return tidy([replace(look, text="".join(pieces)) for look, pieces in spans])


def tidy(spans: list[Span]) -> tuple[Span, ...]:
    """Join spaces, also across spans; remove those at the ends and around line ends."""
    made: list[Span] = []
    before = "\n"  # what was last seen: a space after white space is dropped
    for span in spans:
        text = _AROUND_LINE_END.sub("\n", _SPACES.sub(_narrow, unicodedata.normalize("NFC", span.text)))
        if before in " \n\t":
            text = text.lstrip(" " if _has_text(made) else " \n\u00a0")
        if text.startswith("\n"):
            _strip_end(made)
        before = text[-1:] or before
        if text or _is_mark(span):
            made.append(replace(span, text=text))
    _strip_end(made, " \n\t\u00a0")
    made = [span for span in made if span.text or _is_mark(span)]
    return tuple(made) if any(span.text.strip() or _is_mark(span) for span in made) else ()


def without_start(spans: tuple[Span, ...], length: int) -> tuple[Span, ...]:
    """Return spans without their first characters."""
    made = []
    for span in spans:
        cut = min(length, len(span.text))
        length -= cut
        made.append(replace(span, text=span.text[cut:]))
    return tidy(made)


def split_paragraphs(spans: tuple[Span, ...]) -> list[tuple[Span, ...]]:
    """Return what is between empty lines: two line breaks in a row separate paragraphs."""
    made: list[list[Span]] = [[]]
    for span in spans:
        first, *others = re.split("\n{2,}", span.text)
        made[-1].append(replace(span, text=first))
        made += [[replace(span, text=text)] for text in others]
    return [found for each in made if (found := tidy(each))]


def without_heading_look(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return the spans of a heading without bold or italic if all of it has it: only a part is emphasis."""
    texts = [span for span in spans if span.text.strip()]
    is_bold, is_italic = all(span.is_bold for span in texts), all(span.is_italic for span in texts)
    plain = [
        replace(span, is_bold=span.is_bold and not is_bold, is_italic=span.is_italic and not is_italic)
        for span in spans
    ]
    return tuple(plain)


def visible_text(text: str) -> str:
    """Return a text without controls and characters without a width; every kind of line end is a line feed."""
    if text.isascii() and text.isprintable():
        return text
    return FORBIDDEN.sub("", _UNSEEN.sub("", _LINE_ENDS.sub("\n", text)))


def shortened(text: str, length: int = 40) -> str:
    """Return how a text begins, for messages."""
    text = " ".join(visible_text(text).split())
    return text if len(text) <= length else f"{text[:length].rsplit(' ', 1)[0]}…"


def _narrow(spaces: re.Match[str]) -> str:
    return " " if " " in spaces[0] else spaces[0]


def _strip_end(spans: list[Span], characters: str = " ") -> None:
    for at in range(len(spans) - 1, -1, -1):
        if _is_mark(spans[at]):
            continue
        spans[at] = replace(spans[at], text=spans[at].text.rstrip(characters))
        if spans[at].text:
            return


def _has_text(spans: list[Span]) -> bool:
    return any(span.text for span in spans)


def _is_mark(span: Span) -> bool:
    return bool(span.footnote or span.comment)
