"""Tracked changes of an OpenDocument text: insertions are ranges in the text, deletions are kept outside of it.

Input: the tree of content.xml. Output: the changes by their id. Guarantees: pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from composer.drafts.draft_document import Place, TrackedChange
from composer.drafts.formats.odt.odt_styles import TEXT
from composer.drafts.formats.tracked_changes import ChangeDecision

_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


@dataclass(slots=True)
class OdtChanges:
    """The changes of a text, and which insertions are open at the place that is being read."""

    decision: ChangeDecision | None
    _regions: Mapping[str, etree._Element]
    _open: set[str] = field(default_factory=set)
    _found: dict[str, TrackedChange] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: etree._Element, decision: ChangeDecision | None) -> "OdtChanges":
        """Read the list of changes."""
        regions = {
            each.get(f"{TEXT}id") or each.get(_XML_ID) or "": each for each in tree.iter(f"{TEXT}changed-region")
        }
        return cls(decision, regions)

    @property
    def found(self) -> tuple[TrackedChange, ...]:
        """The open changes in the order of the text; none after a decision, and none without text."""
        return () if self.decision else tuple(each for each in self._found.values() if each.text.strip())

    @property
    def is_rejecting(self) -> bool:
        """Whether text at this place was inserted and is rejected."""
        return bool(self._open) and self.decision is ChangeDecision.REJECT

    def begin(self, key: str, place: Place) -> None:
        """An insertion begins."""
        if self._kind(key) == f"{TEXT}insertion":
            self._open.add(key)
            self._found[key] = TrackedChange(self._author(key), True, "", place)

    def end(self, key: str) -> None:
        """An insertion ends."""
        self._open.discard(key)

    def add(self, text: str) -> None:
        """Note text that was inserted."""
        for key in self._open:
            self._found[key] = replace(self._found[key], text=self._found[key].text + text)

    def deleted(self, key: str, place: Place) -> etree._Element | None:
        """Return what was deleted at this place, if it has to come back because the deletion is rejected."""
        deletion = self._regions[key].find(f"{TEXT}deletion") if key in self._regions else None
        if deletion is None:
            return None
        paragraphs = ("".join(str(text) for text in each.itertext()) for each in deletion.iter(f"{TEXT}p", f"{TEXT}h"))
        self._found[key] = TrackedChange(self._author(key), False, "\n".join(paragraphs), place)
        return deletion if self.decision is ChangeDecision.REJECT else None

    def _kind(self, key: str) -> str:
        region = self._regions.get(key)
        return "" if region is None else next((str(each.tag) for each in region), "")

    def _author(self, key: str) -> str:
        creator = next(self._regions[key].iter(_CREATOR), None)
        return (creator.text or "") if creator is not None else ""
