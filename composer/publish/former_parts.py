"""What a correction must not break or must not bring back: anchors that links lead to, and pictures that were removed.

Input: articles and the items of both versions. Output: articles. Guarantees: pure; every anchor of the text that was
sent leads to the same item, or to its section; a picture that the corrected text no longer has is not shown in the text
as it was sent either.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from html import escape

from composer.publish.archive_model import ItemSummary

_IMAGE = re.compile(r"<img\b[^<>]*?\bsrc=\"([^\"]*)\"[^<>]*>")
_ALT = re.compile(r"\balt=\"([^\"]*)\"")


def with_former_anchors(article: str, items: Sequence[ItemSummary], former: Sequence[ItemSummary]) -> str:
    """Return the article with the anchors of an earlier version of its items."""
    present = {anchor for item in items for anchor in (item.anchor, item.section_anchor)}
    for item in former:
        for anchor, target in ((item.section_anchor, ""), (item.anchor, _target(item, items, former))):
            if anchor not in present:
                present.add(anchor)
                article = _with_anchor(article, anchor, target)
    return article


def with_first_anchors(items: Sequence[ItemSummary], former: Sequence[ItemSummary]) -> tuple[ItemSummary, ...]:
    """Return the items with the anchors that they had in an earlier version, for ids that do not change with a title.

    In each section, the items with new anchors are, in their order, those whose earlier anchors are gone.
    """
    present, before = {each.anchor for each in items}, {each.anchor for each in former}
    gone: dict[str, list[str]] = {}
    for each in former:
        if each.anchor not in present:
            gone.setdefault(each.section, []).append(each.anchor)
    found = []
    for item in items:
        left = gone.get(item.section) if item.anchor not in before else None
        found.append(replace(item, first_anchor=left.pop(0)) if left else item)
    return tuple(found)


def _target(item: ItemSummary, items: Sequence[ItemSummary], former: Sequence[ItemSummary]) -> str:
    """Return where an anchor leads that no longer exists: to the item at the same position, else to the section."""
    same = [each for each in items if each.section == item.section]
    position = [each for each in former if each.section == item.section].index(item)
    if position < len(same):
        return same[position].anchor
    return same[0].section_anchor if same else ""


def _with_anchor(article: str, anchor: str, target: str) -> str:
    """Put an anchor at the start of an element, or of the article if there is no such element."""
    tag = re.search(rf'<[a-z][^<>]*\sid="{re.escape(escape(target))}"[^<>]*>', article) if target else None
    tag = tag or re.search(r"<[a-z][^<>]*>", article)
    end = tag.end() if tag else 0
    return f'{article[:end]}<span id="{escape(anchor)}"></span>{article[end:]}'


def without_removed(article: str, kept: Collection[str], root: str, picture: str) -> str:
    """Return the article with the alt texts of pictures that are not kept; `kept` are paths below `root`."""
    kept_addresses = {f"{root}{path}" for path in kept}

    def shown(match: re.Match[str]) -> str:
        if match[1] in kept_addresses:
            return match[0]
        alt = _ALT.search(match[0])
        words = f"{escape(picture)}: {alt[1]}" if alt and alt[1] else escape(picture)
        return f'<span class="removed-picture">[{words}]</span>'

    return _IMAGE.sub(shown, article)
