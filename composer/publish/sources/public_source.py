"""The public source of an issue: what its page can be made from again, when its file has changed or is gone.

Input: an issue and its newsletter. Output: a `PublicSource`, or its stored form. Guarantees: pure; nothing is in it
that is for some subscribers only, no comment of an editor, no address or secret of newsletter.yaml; its digest changes
with the texts and pictures only, and not with the layout of the file.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import ArchiveMode
from composer.content.schema.audiences import ONLY
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Nodes, Path, Scalar, ScalarStyle, Sequence
from composer.core.errors import DatabaseError
from composer.core.workspace import on_disk
from composer.publish.site.site_manifest import digest_of

#: A text, a key without a value, a group of keys, a list.
Tree = str | None | dict[str, "Tree"] | list["Tree"]
#: The folder of the pictures, as the texts of a public source name it.
PICTURES = "pictures"
#: Keys of an issue that are about the archive and not part of its text.
_ABOUT = ("archive", "withdrawn")
#: The settings that a text cannot be read without: they belong to the issue, the others to the newsletter of today.
_SETTINGS = ("name", "language", "timezone", "sections", "fields", "masthead", "imprint")
#: Settings of sections that are about the number of items; without conditional parts, it may be another one.
_COUNTS = ("required", "min", "max", ONLY)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: The newest stored form that this program reads, and the one that it writes.
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSource:
    """The texts of an issue, the settings that it was written for, and its pictures."""

    texts: Mapping[str, Tree]
    settings: Mapping[str, Tree]
    #: The digests of the pictures by the name in the folder of pictures.
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The digest of the texts and pictures."""
        return digest_of(json.dumps(self.texts, ensure_ascii=False, sort_keys=True))

    def to_bytes(self) -> bytes:
        """Return the stored form."""
        value = {"version": FORMAT, "texts": self.texts, "settings": self.settings, "pictures": self.pictures}
        return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 9)

    @classmethod
    def from_bytes(cls, data: bytes) -> "PublicSource":
        """Read the stored form. Raises DatabaseError if a newer program wrote it."""
        given = json.loads(zlib.decompress(data))
        if given["version"] > FORMAT:
            raise DatabaseError(
                f"a newer version of compose stored this issue for the archive: format {given['version']}; this program"
                f" reads {FORMAT}",
                "update compose on this computer",
            )
        return cls(texts=given["texts"], settings=given["settings"], pictures=given["pictures"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """Where the archive shows an issue, and whether it shows its text."""

    mode: ArchiveMode = ArchiveMode.PUBLIC
    #: Why the issue was withdrawn, without merge fields; None if it was not.
    withdrawn: str | None = None


def visibility_of(issue: Issue) -> Visibility:
    """Return what an issue says about its page in the archive."""
    reason = issue.withdrawn
    if reason is not None:
        for each in issue.fields.fields:
            reason = reason.replace(each.token, each.stand_in)
    return Visibility(mode=issue.archive, withdrawn=str(reason) if reason is not None else None)


def public_source(issue: Issue, newsletter: Newsletter) -> tuple[PublicSource, Mapping[str, bytes]]:
    """Return the public source of an issue, and the bytes of its pictures by their digests."""
    names = {picture.file: _picture_name(picture.name, picture.data) for picture in issue.pictures}
    data = {picture.file: picture.data for picture in issue.pictures}
    tree_reader = _TreeReader(names)
    conditional = {spec.key for spec in newsletter.sections if spec.only_place is not None}
    texts = tree_reader.tree(issue.nodes, ()) or {}
    settings = plain_tree(newsletter.nodes[()])
    assert isinstance(texts, dict) and isinstance(settings, dict)
    used = {names[file]: hashlib.sha256(data[file]).hexdigest() for file in tree_reader.used}
    source = PublicSource(
        texts={key: value for key, value in texts.items() if key not in conditional and key not in _ABOUT},
        settings={
            **{key: _setting(key, settings[key], conditional) for key in _SETTINGS if key in settings},
            # A file for another language need not name it.
            "language": newsletter.language,
        },
        pictures=dict(sorted(used.items())),
    )
    return source, {used[names[file]]: data[file] for file in tree_reader.used}


def plain_tree(node: Node) -> Tree:
    """Return all texts below a node; a key without a value is None: some settings mean something by it."""
    match node:
        case Scalar():
            return None if node.is_empty and node.style is ScalarStyle.PLAIN else node.text
        case Sequence():
            return [plain_tree(item) for item in node.items]
        case MappingNode():
            return {entry.key.text: plain_tree(entry.value) for entry in node.entries}


def as_yaml(tree: Mapping[str, Tree]) -> str:
    """Return texts as YAML: every text in double quotes, as JSON writes it."""
    return "\n".join(_lines(tree, "")) + "\n"


def _lines(tree: Mapping[str, Tree] | list[Tree], indent: str) -> Iterator[str]:
    pairs = tree.items() if isinstance(tree, Mapping) else ((None, value) for value in tree)
    for key, value in pairs:
        start = "-" if key is None else f"{key if _PLAIN_KEY.fullmatch(key) else _quoted(key)}:"
        if isinstance(value, str):
            yield f"{indent}{start} {_quoted(value)}"
        elif value is None:
            yield f"{indent}{start}"
        elif value and key is None:
            first, *others = _lines(value, f"{indent}  ")
            yield f"{indent}- {first.lstrip()}"
            yield from others
        elif value:
            yield f"{indent}{start}"
            yield from _lines(value, f"{indent}  ")


def _quoted(text: str) -> str:
    # YAML 1.1 counts some of these as line breaks, which a text in quotes would lose.
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _setting(key: str, value: Tree, conditional: set[str]) -> Tree:
    if key == "sections" and isinstance(value, dict):
        return {
            name: {option: given for option, given in section.items() if option not in _COUNTS}
            for name, section in value.items()
            if name not in conditional and isinstance(section, dict)
        }
    if key == "fields" and isinstance(value, dict):
        # A field is known by its default; samples and labels are for forms and tests.
        return {
            name: {"default": given["default"]} if isinstance(given, dict) and "default" in given else {}
            for name, given in value.items()
        }
    return value


def _picture_name(name: str, data: bytes) -> str:
    """Return the name of a picture: its own, in a folder of its content."""
    stem, _, ending = name.rpartition(".")
    safe = f"{_UNSAFE.sub('-', stem)[:60] or 'picture'}.{_UNSAFE.sub('', ending)}"
    return f"{hashlib.sha256(data).hexdigest()[:10]}/{safe}"


class _TreeReader:
    """Reads the texts below a node; names of picture files become those of the folder of pictures."""

    def __init__(self, pictures: Mapping[FilePath, str]) -> None:
        self._pictures = pictures
        self._endings = tuple({file.suffix.lower() for file in pictures if file.suffix})
        self.used: dict[FilePath, None] = {}

    def tree(self, nodes: Nodes, path: Path) -> Tree | None:
        """Return the texts below a path; None for a part that is empty, or that not everybody gets."""
        match nodes.get(path):
            case Scalar() as scalar:
                is_said = scalar.style in (ScalarStyle.SINGLE, ScalarStyle.DOUBLE)
                return self._text(scalar) if is_said or not scalar.is_empty else None
            case Sequence() as sequence:
                items = [self.tree(nodes, (*path, number)) for number in range(len(sequence.items))]
                return [item for item in items if item is not None] or None
            case MappingNode() as mapping:
                if path and mapping.get(ONLY) is not None:
                    return None
                values = {entry.key.text: self.tree(nodes, (*path, entry.key.text)) for entry in mapping.entries}
                return {key: value for key, value in values.items() if value is not None} or None
            case _:
                return None

    def _text(self, scalar: Scalar) -> str:
        text = scalar.text.strip()
        if not self._endings or not text.lower().endswith(self._endings) or "\n" in text:
            return scalar.text
        file = on_disk(scalar.source.path.parent / text.replace("\\", "/")).resolve()
        name = self._pictures.get(file)
        if name is None:
            return scalar.text
        self.used[file] = None
        return f"{PICTURES}/{name}"
