"""Reads a Word document as a draft.

Input: the archive of a .docx file. Output: a `DraftDocument`. Guarantees: headers, footers, text boxes, footnotes and
endnotes are read, too; headers come first and footers last. Open changes are listed; unless told to reject them, the text
is that after accepting them. docs/decisions/0015-reading-word-documents.md says why this is not left to a library.
"""

from collections.abc import Iterator

from lxml import etree

from composer.drafts.draft_document import Block, DraftDocument, Paragraph, Place, Region, Span, TrackedChange
from composer.drafts.formats.docx.docx_body import READABLE, BodyReader
from composer.drafts.formats.docx.docx_changes import open_changes, resolve_changes
from composer.drafts.formats.docx.docx_comments import read_comments
from composer.drafts.formats.docx.docx_inline import WordDraft
from composer.drafts.formats.docx.docx_numbering import Numbering
from composer.drafts.formats.docx.docx_package import R, W, WordPackage
from composer.drafts.formats.docx.docx_styles import WordStyles, toggle
from composer.drafts.formats.draft_archive import DraftArchive
from composer.drafts.formats.span_collector import shortened
from composer.drafts.formats.table_cells import joined_spans
from composer.drafts.formats.tracked_changes import ChangeDecision

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"


def read_word(archive: DraftArchive, decision: ChangeDecision | None = None) -> DraftDocument:
    """Read a Word document. Raises DraftError."""
    package = WordPackage(archive)
    tree = package.tree(package.main)
    body = None if tree is None else tree.find(f"{W}body")
    if tree is None or body is None:
        raise archive.damaged("it contains no text")
    styles = WordStyles(package.tree(package.related(package.main, "styles")))
    document = _DocumentReader(
        WordDraft(package, styles, Numbering.of(package.tree(package.related(package.main, "numbering")))), decision
    )
    return document.read(tree, body)


class _DocumentReader:
    """Reads the parts one after the other; footnotes last, when their numbers are known."""

    def __init__(self, draft: WordDraft, decision: ChangeDecision | None) -> None:
        self.draft, self.decision = draft, decision
        self.package = draft.package
        self.changes: list[TrackedChange] = []

    def read(self, tree: etree._Element, body: etree._Element) -> DraftDocument:
        edges = list(self._edges(body))
        headers = self._read_edges(edges, "headerReference", Region.HEADER)
        self._prepare(tree)
        blocks = BodyReader(self.draft, self.package.main, tree).read(body)
        footnotes = self._footnotes()
        footers = self._read_edges(edges, "footerReference", Region.FOOTER)
        main = self.package.main
        comments = read_comments(
            self.package.tree(self.package.related(main, "comments")),
            self.package.tree(self.package.related(main, "commentsExtended")),
            self.draft.comment_places,
        )
        return DraftDocument(
            (*headers, *blocks, *footers),
            footnotes,
            comments,
            tuple(self.changes) if self.decision is None else (),
            tuple(self.draft.omissions),
        )

    def _prepare(self, tree: etree._Element) -> None:
        """Number the paragraphs, note the open changes, and accept or reject them."""
        _choose_alternatives(tree)
        self.draft.places.update(_places(tree))
        self.changes += open_changes(tree, self.draft.places)
        resolve_changes(tree, accept=self.decision is not ChangeDecision.REJECT)

    def _edges(self, body: etree._Element) -> Iterator[tuple[str, str]]:
        """Yield the headers and footers that are shown: their kind and their path."""
        settings = self.package.tree(self.package.related(self.package.main, "settings"))
        has_even = toggle(settings, "evenAndOddHeaders")
        for section in body.iter(f"{W}sectPr"):
            is_shown = {"default": True, "first": toggle(section, "titlePg"), "even": has_even}
            for reference in section.iter(f"{W}headerReference", f"{W}footerReference"):
                relation = self.package.relations(self.package.main).get(reference.get(f"{R}id", ""))
                if relation is not None and is_shown.get(reference.get(f"{W}type", "default")):
                    yield reference.tag, relation.target

    def _read_edges(self, edges: list[tuple[str, str]], tag: str, region: Region) -> tuple[Block, ...]:
        """Read headers or footers; those with the same text on different pages once."""
        found: dict[str, tuple[Block, ...]] = {}
        for path in dict.fromkeys(path for kind, path in edges if kind == f"{W}{tag}"):
            tree = self.package.tree(path)
            if tree is not None:
                self._prepare(tree)
                blocks = BodyReader(self.draft, path, tree, region).read(tree)
                found.setdefault("\n".join(each.text for each in blocks if isinstance(each, Paragraph)), blocks)
        return tuple(block for blocks in found.values() for block in blocks)

    def _footnotes(self) -> dict[str, tuple[Span, ...]]:
        """Read the notes to which the text refers; a note can refer to others."""
        trees: dict[str, etree._Element | None] = {}
        found: dict[str, tuple[Span, ...]] = {}
        while missing := [each for each in self.draft.note_labels.items() if each[1] not in found]:
            for (kind, key), label in missing:
                path = self.package.related(self.package.main, f"{kind}s")
                if kind not in trees:
                    trees[kind] = self.package.tree(path)
                    if (tree := trees[kind]) is not None:
                        self._prepare(tree)
                found[label] = self._note(trees[kind], path, kind, key)
        return found

    def _note(self, tree: etree._Element | None, path: str, kind: str, key: str) -> tuple[Span, ...]:
        notes = () if tree is None else tree.iterfind(f"{W}{kind}")
        note = next((each for each in notes if each.get(f"{W}id") == key), None)
        if tree is None or note is None:
            return ()
        blocks = BodyReader(self.draft, path, tree).read(note)
        return joined_spans(blocks)


def _choose_alternatives(tree: etree._Element) -> None:
    """Of several versions of the same content, for new and old programs, keep the first that has something to read."""
    for element in list(tree.iter(f"{_MC}AlternateContent")):
        versions = [each for each in element if each.tag in (f"{_MC}Choice", f"{_MC}Fallback")]
        version = next((each for each in versions if next(each.iter(*READABLE), None) is not None), None)
        element[:] = [] if version is None else [version]


def _places(tree: etree._Element) -> dict[etree._Element, Place]:
    """Number the paragraphs of the text that are not empty; those of headers and notes have the number 0."""
    places: dict[etree._Element, Place] = {}
    number = 0
    for paragraph in tree.iter(f"{W}p"):
        text = "".join(each.text or "" for each in paragraph.iter(f"{W}t", f"{W}delText"))
        number += bool(text.strip()) and tree.tag == f"{W}document"
        places[paragraph] = Place(number, shortened(text))
    return places
