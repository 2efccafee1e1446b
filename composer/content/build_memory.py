"""What a build leaves in memory for the next build of the same issue: a preview builds it at every save.

Input: what a result is made from. Output: the result, if the last build made it, too. Guarantees: a build with a memory
returns the same as one without (tests/editions/test_build_memory.py). Nothing is written.
"""

import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Generic, Protocol, TypeVar, cast

from composer.content.values.field_values import Picture
from composer.content.values.merge_fields import token_prefix
from composer.content.values.source_map import SourceMap
from composer.content.yaml.nodes import Nodes
from composer.core.workspace import ThemeFiles, stamp


class _Document(Protocol):
    """What a newsletter was read from."""

    @property
    def nodes(self) -> Nodes: ...
    @property
    def pictures(self) -> tuple[Picture, ...]: ...
    @property
    def theme(self) -> ThemeFiles: ...


T = TypeVar("T")
D = TypeVar("D", bound=_Document)

#: The time and the size of files, by their path.
_Stamps = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known(Generic[D]):
    newsletter: D
    marks: SourceMap
    stamps: _Stamps
    digest: bytes
    #: The files that it was read from.
    files: tuple[Path, ...]
    #: Whether no file changed while it was read.
    is_settled: bool


@dataclass(slots=True)
class BuildMemory(Generic[D]):
    """The memory of one issue's builds, one after the other."""

    _prefix: str = ""
    _known: _Known[D] | None = None
    #: Results of the last build and of this one, by the digest of what they were made from.
    _last: dict[bytes, object] = field(default_factory=dict)
    _made: dict[bytes, object] = field(default_factory=dict)

    def prefix(self, text: str) -> str:
        """Return the prefix of tokens for an issue's text: that of the last build, so that its results can be found."""
        if not self._prefix or self._prefix in text:
            self._prefix = token_prefix(text)
        return self._prefix

    def newsletter(self, prefix: str, read: Callable[[SourceMap], D]) -> tuple[D, SourceMap]:
        """Return the newsletter as its files are now, and a new map with its marks; `read` reads it, and adds its marks."""
        known, before = self._known, _stamps(self._known.newsletter) if self._known else None
        if known is None or not known.is_settled or known.stamps != before or known.marks.prefix != prefix:
            self._known = None
            marks = SourceMap(prefix)
            newsletter = read(marks)
            stamps = _stamps(newsletter)
            known = self._known = _Known(
                newsletter=newsletter,
                marks=marks,
                stamps=stamps,
                digest=self.key(sorted(stamps.items())),
                files=tuple(map(Path, stamps)),
                is_settled=stamps == before,
            )
        return known.newsletter, known.marks.copy()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of the newsletter and its theme."""
        return self._known.files if self._known else ()

    def recalled(self, made_from: object, make: Callable[[], T]) -> T:
        """Return what `make` makes, or what it made in the last build from the same values and files."""
        if self._known is None or not self._known.is_settled:
            return make()
        key = self.key((made_from, self._known.digest))
        if key not in self._made:
            self._made[key] = self._last[key] if key in self._last else make()
        return cast(T, self._made[key])

    @staticmethod
    def key(made_from: object) -> bytes:
        """Return a digest of values, with their marks."""
        return blake2b(pickle.dumps(made_from, pickle.HIGHEST_PROTOCOL), digest_size=20).digest()

    def finish(self) -> None:
        """End a build: what it did not need is forgotten."""
        self._last, self._made = self._made, {}


def _stamps(newsletter: _Document) -> _Stamps:
    """Return the time and the size of every file that a newsletter was read from: its own, those of its theme, pictures."""
    own = {node.source.path for node in newsletter.nodes.values()}
    pictures = {picture.file for picture in newsletter.pictures}
    found = {str(path): stamp(path) for path in own | pictures}
    theme = newsletter.theme
    for folder in theme.workspace.theme(theme.name).folders:
        found.update(_files(str(folder)))
    return found


def _files(folder: str) -> Iterator[tuple[str, tuple[int, int]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                status = entry.stat()
                yield entry.path, (status.st_mtime_ns, status.st_size)
