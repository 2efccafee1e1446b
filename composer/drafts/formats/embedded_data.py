"""Pictures that are inside a text as data addresses (`data:image/png;base64,…`).

Input: HTML or Markdown. Output: the text with a short name instead of each, and the pictures by these names. Guarantees:
pure. A parser then never sees an attribute of many megabytes.
"""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

_DATA = re.compile(r"data:image/[\w.+-]+(?:;[\w=-]+)*,[^\s\"'<>)]*", re.IGNORECASE)
_NAME = "embedded-picture:"


@dataclass(slots=True)
class EmbeddedData:
    """The pictures of a text."""

    _found: dict[str, bytes] = field(default_factory=dict)

    def extract(self, text: str) -> str:
        """Return a text with names instead of its pictures."""
        return _DATA.sub(lambda match: self._name(match[0]), text)

    def get(self, name: str) -> bytes | None:
        """Return a picture by its name; None for other addresses."""
        return self._found.get(name)

    def _name(self, address: str) -> str:
        head, _, data = address.partition(",")
        name = f"{_NAME}{len(self._found)}"
        try:
            self._found[name] = (
                b64decode(unquote_to_bytes(data)) if head.lower().endswith(";base64") else unquote_to_bytes(data)
            )
        except ValueError:
            self._found[name] = b""
        return name
