"""Fields of a Word document: instructions such as HYPERLINK, and the text that Word shows for them.

Input: the marks of fields in reading order. Output: whether text is shown, where it leads, and whether it is a table of
contents. Guarantees: pure. A field that is not closed hides nothing.
"""

import re
from dataclasses import dataclass, field

_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"|([^\s\\]\S*))?(?:.*?\\l\s+"([^"]*)")?', re.IGNORECASE | re.DOTALL)
_CONTENTS = re.compile(r"\s*TOC\b", re.IGNORECASE)


@dataclass(slots=True)
class _Field:
    instruction: str = ""
    is_in_result: bool = False


@dataclass(slots=True)
class FieldStack:
    """The fields that are open: a field can contain others."""

    is_sound: bool = True  # whether every field is closed; if not, instructions and text cannot be told apart
    _open: list[_Field] = field(default_factory=list)

    def begin(self, instruction: str = "") -> None:
        """A field begins, perhaps with its whole instruction."""
        self._open.append(_Field(instruction))

    def add_instruction(self, text: str) -> None:
        """Add a piece of the instruction."""
        if self._open:
            self._open[-1].instruction += text

    def separate(self) -> None:
        """The instruction ends, and the shown text begins."""
        if self._open:
            self._open[-1].is_in_result = True

    def end(self) -> None:
        """The innermost field ends."""
        if self._open:
            self._open.pop()

    @property
    def is_shown(self) -> bool:
        """Whether text at this place is shown: it belongs to no instruction."""
        return not self.is_sound or all(each.is_in_result for each in self._open)

    @property
    def link(self) -> str:
        """The address of the innermost hyperlink; "" without one."""
        return next((link for each in reversed(self._open) if (link := link_in(each.instruction))), "")

    @property
    def is_contents(self) -> bool:
        """Whether text at this place belongs to a table of contents."""
        return any(_CONTENTS.match(each.instruction) for each in self._open)


def link_in(instruction: str) -> str:
    """Return the address in a HYPERLINK instruction; "" for other fields, and for places in the document."""
    match = _HYPERLINK.match(instruction)
    if match is None:
        return ""
    address, anchor = match[1] or match[2] or "", match[3]
    return f"{address}#{anchor}" if address and anchor and "#" not in address else address
