"""The automatic numbers and bullets of a Word document, which are not in its text.

Input: numbering.xml, and the list paragraphs in reading order. Output: the number of each, as Word shows it. Guarantees:
pure.
"""

from dataclasses import dataclass, field

from lxml import etree

from composer.drafts.formats.docx.docx_package import W
from composer.drafts.formats.docx.docx_styles import value_of, whole_number
from composer.drafts.formats.list_numbers import number_in_format

_DEEPEST = 9


@dataclass(frozen=True, slots=True)
class ListLevel:
    """How a level of a list is numbered. `pattern` is Word's: `%1.%2` for 2.3."""

    format: str = "bullet"
    pattern: str = ""
    start: int = 1

    @property
    def is_numbered(self) -> bool:
        """Whether items have numbers; otherwise bullets."""
        return self.format not in ("bullet", "none") and "%" in self.pattern


@dataclass(frozen=True, slots=True)
class ListMark:
    """What Word shows before an item: a number, or a bullet ("")."""

    level: int
    is_numbered: bool
    number: str = ""


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has been counted."""

    _lists: dict[str, str] = field(default_factory=dict)  # the definition of each list
    _levels: dict[str, dict[int, ListLevel]] = field(default_factory=dict)  # of each definition
    _overridden: dict[str, dict[int, ListLevel]] = field(default_factory=dict)  # of each list
    _counted: dict[str, list[int | None]] = field(default_factory=dict)  # of each definition
    _begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tree: etree._Element | None) -> "Numbering":
        """Read the definitions; without numbering.xml, every list has bullets."""
        made = cls()
        if tree is None:
            return made
        for definition in tree.iterfind(f"{W}abstractNum"):
            made._levels[definition.get(f"{W}abstractNumId", "")] = _levels(definition)
        for each in tree.iterfind(f"{W}num"):
            key = each.get(f"{W}numId", "")
            made._lists[key] = value_of(each, "abstractNumId") or ""
            made._overridden[key] = _overrides(each, made._levels.get(made._lists[key], {}))
        return made

    def next_mark(self, list_id: str, depth: int) -> ListMark | None:
        """Count one more item and return its mark; None if Word shows neither a number nor a bullet."""
        depth = max(0, min(depth, _DEEPEST - 1))
        definition = self._lists.get(list_id, list_id)
        levels = {**self._levels.get(definition, {}), **self._overridden.get(list_id, {})}
        level = levels.get(depth, ListLevel())
        if level.format == "none" or (level.format != "bullet" and not level.pattern):
            return None
        if not level.is_numbered:
            return ListMark(depth + 1, is_numbered=False)
        counted = self._count(definition, list_id, depth, level)
        return ListMark(depth + 1, is_numbered=True, number=_shown(level.pattern, counted, levels))

    def _count(self, definition: str, list_id: str, depth: int, level: ListLevel) -> list[int | None]:
        counted = self._counted.setdefault(definition, [None] * _DEEPEST)
        if list_id not in self._begun:
            self._begun.add(list_id)
            for overridden in self._overridden.get(list_id, {}):
                counted[overridden] = None
        before = counted[depth]
        counted[depth] = level.start if before is None else before + 1
        counted[depth + 1 :] = [None] * (_DEEPEST - depth - 1)
        return counted


def _levels(definition: etree._Element) -> dict[int, ListLevel]:
    return {whole_number(each.get(f"{W}ilvl")) or 0: _level(each) for each in definition.iterfind(f"{W}lvl")}


def _level(element: etree._Element) -> ListLevel:
    start = whole_number(value_of(element, "start"))
    return ListLevel(
        value_of(element, "numFmt") or "decimal", value_of(element, "lvlText") or "", 1 if start is None else start
    )


def _overrides(element: etree._Element, levels: dict[int, ListLevel]) -> dict[int, ListLevel]:
    made = {}
    for each in element.iterfind(f"{W}lvlOverride"):
        depth = whole_number(each.get(f"{W}ilvl")) or 0
        definition, start = each.find(f"{W}lvl"), whole_number(value_of(each, "startOverride"))
        level = levels.get(depth, ListLevel()) if definition is None else _level(definition)
        made[depth] = level if start is None else ListLevel(level.format, level.pattern, start)
    return made


def _shown(pattern: str, counted: list[int | None], levels: dict[int, ListLevel]) -> str:
    for depth in range(_DEEPEST):
        if f"%{depth + 1}" in pattern:
            level = levels.get(depth, ListLevel("decimal"))
            number = counted[depth] if counted[depth] is not None else level.start
            pattern = pattern.replace(f"%{depth + 1}", number_in_format(number or 0, level.format))
    return pattern
