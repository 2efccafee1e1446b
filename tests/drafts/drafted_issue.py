"""The draft from which an issue could have been made: a Word document with the styles that editors use.

Input: an issue that was read. Output: a .docx file with headings, linked sources, a number, a dated digest, podcasts, a
contents list with page numbers, people and publisher.
"""

from collections.abc import Iterator
from itertools import count
from xml.sax.saxutils import escape

from composer.content.document.issue import Issue, Section
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Group, groups_in, text_in, value_in
from composer.content.values.rich_text import BulletList, Emphasis, Inline, Link, Paragraph, PlainWords, Rich
from tests.drafts.word_factory import paragraph, text, word_file

_BOLD = "<w:b/>"
_BULLET = '<w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
_STYLES = {"Bullet": _BULLET, **{f"H{level}": f'<w:name w:val="heading {level}"/>' for level in range(1, 5)}}
_HEADINGS = "".join(f'<w:style w:type="paragraph" w:styleId="{key}">{rest}</w:style>' for key, rest in _STYLES.items())


class DraftedIssue:
    """Writes the document piece by piece."""

    def __init__(self, issue: Issue, newsletter: Newsletter) -> None:
        self.issue, self.newsletter = issue, newsletter
        self.links: dict[str, str] = {}
        self._numbers = count(1)

    def docx(self) -> bytes:
        """Return the .docx file."""
        body = "".join((*self._front(), *self._sections(), *self._end()))
        return word_file(body, links=self.links, parts={"styles.xml": ("styles", _HEADINGS)})

    def _front(self) -> Iterator[str]:
        yield paragraph(self.issue.date.strftime("%B %d, %Y").upper())
        yield _heading(1, self.newsletter.name)
        yield _heading(2, "CONTENTS")
        for page, section in enumerate(self.issue.sections, 2):
            yield _listed(str(section.spec.heading).upper(), page)
            for _, item in section.pieces if section.spec.contents == "titles" else ():
                if title := value_in(item, "title"):
                    yield _listed(str(title), page)

    def _sections(self) -> Iterator[str]:
        for section in self.issue.sections:
            yield _heading(1, str(section.spec.heading).upper())
            for _, item in section.pieces:
                yield from self._item(section, item)

    def _item(self, section: Section, item: Group) -> Iterator[str]:
        labels = section.spec.options["labels"] if "labels" in iter(section.spec.options) else Group({})
        assert isinstance(labels, Group) or labels is None
        if title := value_in(item, "title"):
            outlet = f" ({item.outlet})" if value_in(item, "outlet") else ""
            yield _styled(4, self._linked(f"{title}{outlet}", value_in(item, "url")))
        if value := value_in(item, "value"):
            yield _heading(1, str(value))
        for key in ("body", "facts", "watch", "analysis"):
            if isinstance(rich := value_in(item, key), Rich):
                label = text_in(labels, key) if labels is not None and key in iter(labels) else None
                yield from self._rich(rich, label, self._after(section, item, key))
        if sources := value_in(item, "sources"):
            assert isinstance(sources, tuple) and labels is not None
            yield _heading(4, f"{text_in(labels, 'sources')}:")
            yield from (_bullet(self._source(source)) for source in sources if isinstance(source, Group))

    def _after(self, section: Section, item: Group, key: str) -> str:
        """Return what follows the last paragraph of a text: the date, or the source of a number."""
        if key != "body":
            return ""
        if date := value_in(item, "date"):
            return text(f" ({date:%y/%m/%d})")
        if value_in(item, "value") and value_in(item, "outlet"):
            return text(" (Source: ") + self._linked(str(item.outlet), value_in(item, "url")) + text(")")
        return ""

    def _source(self, source: Group) -> str:
        language = " (CN)" if source.language == "zh" else ""
        original = text(f" ({source.original_title})") if source.original_title else ""
        return text(f"{source.outlet}{language}: ") + self._linked(str(source.title), source.url) + original

    def _rich(self, rich: Rich, label: str | None, after: str) -> Iterator[str]:
        lead = text(f"{label}:", _BOLD) + text(" ") if label else ""
        for number, node in enumerate(rich.nodes, 1):
            end = after if number == len(rich.nodes) else ""
            if isinstance(node, Paragraph):
                yield paragraph(lead + self._runs(node.children) + end)
                lead = ""
            elif isinstance(node, BulletList):
                for item in node.items:
                    assert isinstance(item[0], Paragraph)
                    yield _bullet(self._runs(item[0].children))

    def _runs(self, nodes: tuple[Inline, ...], properties: str = "") -> str:
        pieces = []
        for node in nodes:
            match node:
                case PlainWords():
                    pieces.append(text(escape(node.text), properties))
                case Emphasis():
                    pieces.append(self._runs(node.children, properties + (_BOLD if node.strong else "<w:i/>")))
                case Link():
                    pieces.append(self._link(self._runs(node.children, properties), node.url))
        return "".join(pieces)

    def _linked(self, words: str, url: object) -> str:
        return self._link(text(escape(words)), str(url)) if url else text(escape(words))

    def _link(self, runs: str, url: str) -> str:
        key = f"link{next(self._numbers)}"
        self.links[key] = url
        return f'<w:hyperlink r:id="{key}">{runs}</w:hyperlink>'

    def _end(self) -> Iterator[str]:
        yield _heading(1, "EDITORIAL TEAM")
        for group in self.issue.masthead:
            yield _heading(4, str(group.heading).upper())
            for person in groups_in(group, "people"):
                yield paragraph(
                    text(escape(f"{person.name}")) + "<w:r><w:br/></w:r>" + text(escape(f"{person.title or ''}"))
                )
        imprint = self.issue.imprint
        assert imprint is not None
        yield _heading(4, str(imprint.heading).upper())
        yield paragraph(text(escape(str(imprint.name)), _BOLD))
        address = imprint.address if isinstance(imprint.address, tuple) else ()
        for line in (*address, f"Tel.: {imprint.phone}", f"Mail: {imprint.email}", str(imprint.website)):
            yield paragraph(escape(str(line)))


def _heading(level: int, words: str) -> str:
    return _styled(level, text(escape(words)))


def _styled(level: int, runs: str) -> str:
    return paragraph(runs, f'<w:pStyle w:val="H{level}"/>')


def _bullet(runs: str) -> str:
    return paragraph(runs, '<w:pStyle w:val="Bullet"/>')


def _listed(words: str, page: int) -> str:
    return paragraph(text(escape(words)) + "<w:r><w:tab/></w:r>" + text(str(page)))
