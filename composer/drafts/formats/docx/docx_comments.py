"""The comments of reviewers in a Word document.

Input: comments.xml, and where the text refers to them. Output: comments that are not resolved. Guarantees: pure.
"""

from collections.abc import Mapping

from lxml import etree

from composer.drafts.draft_document import Comment, Place
from composer.drafts.formats.docx.docx_package import W

_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"


def read_comments(
    tree: etree._Element | None, extended: etree._Element | None, places: Mapping[str, Place]
) -> tuple[Comment, ...]:
    """Return the comments in the order in which they were stored. `extended` says which ones are resolved."""
    if tree is None:
        return ()
    resolved = _resolved(extended)
    made = []
    for element in tree.iterfind(f"{W}comment"):
        key = element.get(f"{W}id", "")
        text = "\n".join(filter(None, map(_text, element.iter(f"{W}p"))))
        if text and not any(each.get(f"{_W14}paraId") in resolved for each in element.iter(f"{W}p")):
            made.append(Comment(key, element.get(f"{W}author", ""), text, places.get(key, Place(0))))
    return tuple(made)


def _text(paragraph: etree._Element) -> str:
    return " ".join("".join(each.text or "" for each in paragraph.iter(f"{W}t")).split())


def _resolved(extended: etree._Element | None) -> frozenset[str]:
    """Return the ids of paragraphs of comments that were marked as resolved, and of the replies to them."""
    if extended is None:
        return frozenset()
    entries = list(extended.iter(f"{_W15}commentEx"))
    done = {each.get(f"{_W15}paraId", "") for each in entries if each.get(f"{_W15}done") in ("1", "true")}
    replies = {each.get(f"{_W15}paraId", "") for each in entries if each.get(f"{_W15}paraIdParent") in done}
    return frozenset(done | replies)
