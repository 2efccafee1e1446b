"""Texts of an edition and their digests, section by section, so that a change can be named by its section.

Input: the variants of one issue file; later, the digests of two of its editions. Output: the text of each section, and
its digest, by the section's key; the codes of the differences, and labels for them. Guarantees: pure; stores no text.
"""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple

from composer.content.schema.messages import key_words
from composer.content.values.field_values import Group, Picture, Value
from composer.content.values.rich_elements import Callout, FigureRow, NoteMark, PullQuote, Subhead, Table, TextButton
from composer.content.values.rich_text import (
    Block,
    Break,
    BulletList,
    Emphasis,
    Inline,
    Link,
    Paragraph,
    PlainWords,
    Quote,
    Rich,
)
from composer.editions.pipeline import BuiltVariant

#: Codes in addition to the keys of sections. No key begins with "@".
#: Who gets which variant.
SUBSCRIBERS = "@readers"
#: All texts are the same, but the edition is different.
ELSEWHERE = "@elsewhere"
#: An earlier version of this program hashed the edition, so its hash cannot be compared.
OUTDATED = "@outdated"
#: An issue file of a mailing no longer exists, or is new.
FILE_GONE, FILE_NEW = "@gone", "@new"
#: The issue has problems, so that it cannot be built.
BROKEN = "@broken"
#: How many names a sentence lists.
_MOST = 5
_WORDS = {
    SUBSCRIBERS: "which subscribers get which sections",
    ELSEWHERE: "something outside the texts: the theme, newsletter.yaml, or this program",
    OUTDATED: "a new version of this program compares editions differently: test and approve it again",
    FILE_GONE: "the file no longer exists",
    FILE_NEW: "the file is new",
    BROKEN: "the issue now has problems and cannot be built",
}


def section_texts(variants: Sequence[BuiltVariant]) -> dict[str, str]:
    """Return the texts of the fullest edition with their markup, by key."""
    issue = variants[0].built.issue
    said: dict[str, Value] = {"subject": issue.subject, "preheader": issue.preheader, "note": issue.note}
    for section in issue.sections:
        said[section.spec.key] = tuple(part for _, part in section.parts)
    if issue.order:
        said["order"] = issue.order
    said |= {"masthead": issue.masthead, "imprint": issue.imprint}
    # The tokens of merge fields change with each build. Their names do not.
    return {key: issue.fields.as_written("\n".join(_lines(value))) for key, value in said.items()}


def section_digests(variants: Sequence[BuiltVariant]) -> dict[str, str]:
    """Return digests of the texts of the fullest edition, by key."""
    digests = {key: _digest(text) for key, text in section_texts(variants).items()}
    return {**digests, SUBSCRIBERS: _digest(json.dumps([astuple(each.issue_variant.who) for each in variants]))}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes of the differences between two editions: in the newer one's order, then those of the older only."""
    keys = dict.fromkeys((*after, *before))
    nothing = _digest("")
    different = tuple(key for key in keys if before.get(key, nothing) != after.get(key, nothing))
    return different or (ELSEWHERE,)


def changes_since_outdated(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of texts that an edition of an earlier version of this program did not have, else those it lost.

    Its digests are filed under headings instead of keys, so that only the digests themselves are compared.
    """
    nothing = _digest("")
    texts = {key: digest for key, digest in after.items() if key != SUBSCRIBERS}
    changed = tuple(key for key, digest in texts.items() if digest not in {*before.values(), nothing})
    return changed or tuple(key for key, digest in before.items() if digest not in {*texts.values(), nothing})


def in_words(codes: Sequence[str]) -> tuple[str, ...]:
    """Return labels for what changed, such as “top story”."""
    return tuple(_WORDS.get(code) or key_words(code) for code in codes)


def is_outdated(changed: Mapping[str, Sequence[str]]) -> bool:
    """Return whether it is only known that the hashes cannot be compared."""
    return any(OUTDATED in codes for codes in changed.values())


def named(changed: Mapping[str, Sequence[str]], stem: str) -> str:
    """Return what changed in an issue, as text; without the file's name if it is only `stem`."""
    if is_outdated(changed):
        return in_words((OUTDATED,))[0]
    is_alone = list(changed) == [stem]
    return "; ".join(("" if is_alone else f"{name}: ") + several(in_words(codes)) for name, codes in changed.items())


def since(changed: Mapping[str, Sequence[str]], stem: str) -> str:
    """Return the same as the end of a sentence about an earlier version."""
    return f"{'but ' if is_outdated(changed) else 'changed since: '}{named(changed, stem)}"


def several(names: Sequence[str]) -> str:
    """Return names as part of a sentence: the first few, and how many more there are."""
    shown = ", ".join(names[:_MOST])
    return shown if len(names) <= _MOST else f"{shown} and {len(names) - _MOST} more"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _lines(value: Value) -> Iterator[str]:
    match value:
        case None:
            return
        case Picture():
            yield f"{value.name} {hashlib.sha256(value.data).hexdigest()}"
        case Group():
            for name in value:
                yield from (f"{name}: {line}" for line in _lines(value[name]))
        case tuple():
            for each in value:
                yield from _lines(each)
        case Rich():
            yield from map(_block, value.nodes)
            yield from (f"[^{number}]: {_block(note)}" for number, note in enumerate(value.notes, 1))
        case bool() | int() | str() | datetime.date():
            yield str(value)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _words(block.children)
        case BulletList():
            return "\n".join(f"{block.start} - {line}" for item in block.items for line in map(_block, item))
        case Quote():
            return "\n".join(f"> {line}" for line in map(_block, block.blocks))
        case Subhead():
            return f"### {_words(block.children)}"
        case Table():
            rows = ("|".join(map(_block, row)) for row in (block.head, *block.rows))
            return "\n".join((f": {_block(block.caption)}", str(block.sides), *rows))
        case Callout():
            title = _block(block.title) if block.title else ""
            return "\n".join((f"> [!note] {title}", *(f"> {line}" for line in map(_block, block.blocks))))
        case PullQuote():
            source = f"\n> — {_block(block.source)}" if block.source else ""
            return f"> [!pullquote] {_block(block.words)}{source}"
        case FigureRow():
            return f"{{figure {' '.join(block.names)}}}"
        case TextButton():
            return f"{_words((block.link,))}{{button}}"


def _words(nodes: tuple[Inline, ...]) -> str:
    """Return the text with its markup, because bold type and a different link are changes, too."""
    pieces: list[str] = []
    for node in nodes:
        match node:
            case PlainWords():
                pieces.append(f"`{node.text}`" if node.is_code else node.text)
            case Emphasis():
                dress = "**" if node.strong else "*"
                pieces.append(f"{dress}{_words(node.children)}{dress}")
            case Link():
                pieces.append(f"[{_words(node.children)}]({node.url})")
            case Break():
                pieces.append("\n")
            case NoteMark():
                pieces.append(f"[^{node.number}]")
    return "".join(pieces)
