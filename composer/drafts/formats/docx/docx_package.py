"""The parts of a Word document, and how they refer to each other.

Input: a `DraftArchive`. Output: trees and files by their path in the package. Guarantees: a reference never leads out of
the package; what is linked instead of embedded stays an address.
"""

import posixpath
from dataclasses import dataclass, field
from urllib.parse import unquote

from lxml import etree

from composer.drafts.formats.draft_archive import DraftArchive

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_USUAL_MAIN = "word/document.xml"


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to: another part, or an address outside of the document."""

    kind: str  # the end of its type: `hyperlink`, `image`, `styles`
    target: str
    is_external: bool


@dataclass(slots=True)
class WordPackage:
    """A Word document as a set of parts."""

    archive: DraftArchive
    _relations: dict[str, dict[str, Relation]] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """The path of the text."""
        return self.related("", "officeDocument") or _USUAL_MAIN

    def tree(self, path: str) -> etree._Element | None:
        """Return the XML of a part; None without such a part."""
        return self.archive.xml(path) if path else None

    def relations(self, path: str) -> dict[str, Relation]:
        """Return the references of a part by their id; `path` is "" for those of the package."""
        if path not in self._relations:
            self._relations[path] = self._read_relations(path)
        return self._relations[path]

    def related(self, path: str, kind: str) -> str:
        """Return the path of the first part of a kind to which a part refers; "" without one."""
        found = (each.target for each in self.relations(path).values() if each.kind == kind and not each.is_external)
        return next(found, "")

    def _read_relations(self, path: str) -> dict[str, Relation]:
        folder, name = posixpath.split(path)
        tree = self.tree(posixpath.join(folder, "_rels", f"{name}.rels"))
        if tree is None:
            return {}
        return {
            each.get("Id", ""): _relation(each, folder)
            for each in tree
            if isinstance(each.tag, str) and each.get("Target")
        }


def _relation(element: etree._Element, folder: str) -> Relation:
    target, is_external = element.get("Target", ""), element.get("TargetMode") == "External"
    if not is_external:
        target = posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
    return Relation(kind=element.get("Type", "").rpartition("/")[2], target=target, is_external=is_external)
