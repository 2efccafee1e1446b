"""Tracked changes of a Word document: finds them, and accepts or rejects them all.

Input: the tree of a part. Output: the changes that are open; the tree is changed in place. Guarantees: afterwards the tree
is what Word has after “Accept all” or “Reject all”, so that readers need not know about changes.
"""

from collections.abc import Iterable
from dataclasses import replace

from lxml import etree

from composer.drafts.draft_document import Place, TrackedChange
from composer.drafts.formats.docx.docx_package import W

_INSERTED, _DELETED = (f"{W}ins", f"{W}moveTo"), (f"{W}del", f"{W}moveFrom")
_TEXTS = (f"{W}t", f"{W}delText")
#: Where an element of a change marks what it is in, instead of containing what was changed.
_MARKS = (f"{W}rPr", f"{W}trPr", f"{W}numPr")
_FORMER = ("rPrChange", "pPrChange", "tblPrChange", "trPrChange", "tcPrChange", "sectPrChange")
_DELETED_TEXT = {f"{W}delText": f"{W}t", f"{W}delInstrText": f"{W}instrText"}


def open_changes(tree: etree._Element, places: dict[etree._Element, Place]) -> tuple[TrackedChange, ...]:
    """Find the insertions and deletions in a tree; `places` has its paragraphs.

    What one person changed in one place is one change, although Word stores it in pieces. A change without text (of
    formatting, an empty paragraph) does not count.
    """
    found: list[TrackedChange] = []
    last: etree._Element | None = None
    for element in tree.iter(*_INSERTED, *_DELETED):
        text = "".join(each.text or "" for each in element.iter(*_TEXTS))
        if _is_mark(element) or not text or _is_inside_same(element):
            continue
        paragraph = _paragraph_of(element)
        place = places.get(paragraph, Place(0)) if paragraph is not None else Place(0)
        change = TrackedChange(element.get(f"{W}author", ""), element.tag in _INSERTED, text, place)
        if found and _before(element) is last and _is_continued(found[-1], change):
            change = replace(change, text=found.pop().text + text)
        found.append(change)
        last = element
    return tuple(change for change in found if change.text.strip())


def resolve_changes(tree: etree._Element, *, accept: bool) -> None:
    """Accept or reject all changes in a tree."""
    gone, kept = (_DELETED, _INSERTED) if accept else (_INSERTED, _DELETED)
    _former_formatting(tree, accept=accept)
    _rows_and_cells(tree, gone, "cellDel" if accept else "cellIns")
    merged = [each for each in tree.iter(f"{W}p") if _mark(each, gone)]
    for element in list(tree.iter(*gone)):
        if not _is_mark(element):
            _remove(element)
    for element in list(tree.iter(*kept)):
        if not _is_mark(element):
            _unwrap(element)
    if not accept:
        for element in tree.iter(*_DELETED_TEXT):
            element.tag = _DELETED_TEXT[element.tag]
    for paragraph in reversed(merged):
        _merge_with_next(paragraph)


def _former_formatting(tree: etree._Element, *, accept: bool) -> None:
    for name in _FORMER:
        for change in list(tree.iter(f"{W}{name}")):
            properties = change.getparent()
            if properties is None:
                continue
            properties.remove(change)
            if not accept and name in ("rPrChange", "pPrChange"):
                _restore(properties, change)


def _restore(properties: etree._Element, change: etree._Element) -> None:
    """Put the former properties back; the mark of the paragraph keeps what is known about it."""
    kept = [each for each in properties if each.tag in (f"{W}rPr", *_INSERTED, *_DELETED)]
    former = [each for holder in change for each in holder]
    properties[:] = [*former, *kept]


def _rows_and_cells(tree: etree._Element, gone: tuple[str, ...], cell_change: str) -> None:
    for properties in list(tree.iter(f"{W}trPr")):
        if any(each.tag in gone for each in properties):
            _remove(properties.getparent())
    for change in list(tree.iter(f"{W}{cell_change}")):
        _remove(next(change.iterancestors(f"{W}tc"), None))


def _is_mark(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is None or parent.tag in _MARKS


def _mark(paragraph: etree._Element, tags: Iterable[str]) -> bool:
    """Whether the end of a paragraph was inserted or deleted, so that it was split or joined."""
    mark = paragraph.find(f"{W}pPr/{W}rPr")
    return mark is not None and any(each.tag in tags for each in mark)


def _merge_with_next(paragraph: etree._Element) -> None:
    following = paragraph.getnext()
    while following is not None and following.tag != f"{W}p":
        following = following.getnext()
    content = [each for each in paragraph if each.tag != f"{W}pPr"]
    if following is None:
        if not content:
            _remove(paragraph)
        return
    properties = following.find(f"{W}pPr")
    for element in reversed(content):
        if properties is not None:
            properties.addnext(element)
        else:
            following.insert(0, element)
    _remove(paragraph)


def _unwrap(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        for child in reversed(element):
            element.addnext(child)
        parent.remove(element)


def _remove(element: etree._Element | None) -> None:
    parent = None if element is None else element.getparent()
    if parent is not None and element is not None:
        parent.remove(element)


def _paragraph_of(element: etree._Element) -> etree._Element | None:
    inside = next(element.iter(f"{W}p"), None)
    return next(element.iterancestors(f"{W}p"), inside)


def _is_inside_same(element: etree._Element) -> bool:
    tags = _INSERTED if element.tag in _INSERTED else _DELETED
    return any(each.tag in tags for each in element.iterancestors())


def _before(element: etree._Element) -> etree._Element | None:
    """Return the element before, without marks of no width such as bookmarks and the ranges of comments."""
    before = element.getprevious()
    while before is not None and before.tag != f"{W}r" and before.tag not in (*_INSERTED, *_DELETED):
        before = before.getprevious()
    return before


def _is_continued(last: TrackedChange, change: TrackedChange) -> bool:
    return (last.author, last.is_insertion, last.place) == (change.author, change.is_insertion, change.place)
