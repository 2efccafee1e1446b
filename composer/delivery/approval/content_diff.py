"""What an edition says, section by section: so that a change can be named by the section it is in.

Input: the variants of one issue file; later, the digests of two of its editions. Output: a digest of each section's
text, by the section's key; the codes of what differs, and words for them. Pure, and no text is kept.
"""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple

from composer.content.schema.messages import key_words
from composer.content.values.field_values import Group, Picture, Value
from composer.content.values.rich_elements import Callout, NoteMark, Subhead, Table, TextButton
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

#: Codes beside the keys of sections. No key begins with such a sign.
#: Who gets which variant.
SUBSCRIBERS = "@readers"
#: All texts are the same, and yet the edition is another one.
ELSEWHERE = "@elsewhere"
#: The edition was hashed by an earlier version of this program, so that nothing more can be said.
OUTDATED = "@outdated"
#: An issue file that a mailing holds is not there any more, or is new.
FILE_GONE, FILE_NEW = "@gone", "@new"
#: The issue has mistakes, so that no edition of it can be made.
BROKEN = "@broken"
#: How many names a sentence holds.
_MOST = 5
_WORDS = {
    SUBSCRIBERS: "who gets which part",
    ELSEWHERE: "something outside the texts: the theme, newsletter.yaml, or this program",
    OUTDATED: "the way editions are fingerprinted has changed: test and approve again",
    FILE_GONE: "the file no longer exists",
    FILE_NEW: "the file is new",
    BROKEN: "the issue has problems now and cannot be built",
}


def section_digests(variants: Sequence[BuiltVariant]) -> dict[str, str]:
    """Return digests of what the fullest edition says, by key."""
    issue = variants[0].built.issue
    said: dict[str, Value] = {"subject": issue.subject, "preheader": issue.preheader, "note": issue.note}
    for section in issue.sections:
        said[section.spec.key] = section.content
    said |= {"masthead": issue.masthead, "imprint": issue.imprint}
    # Merge fields' tokens change from build to build: the names in their place do not.
    digests = {key: _digest(issue.fields.as_written("\n".join(_lines(value)))) for key, value in said.items()}
    return {**digests, SUBSCRIBERS: _digest(json.dumps([astuple(each.issue_variant.who) for each in variants]))}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the codes of what differs between two editions, in the newer one's order; what only the older had is last."""
    keys = dict.fromkeys((*after, *before))
    nothing = _digest("")
    different = tuple(key for key in keys if before.get(key, nothing) != after.get(key, nothing))
    return different or (ELSEWHERE,)


def changes_since_outdated(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of texts that an edition of an earlier version of this program did not hold, else what it lost.

    Its digests stand under headings, which are no keys, so that only the digests themselves are compared.
    """
    nothing = _digest("")
    texts = {key: digest for key, digest in after.items() if key != SUBSCRIBERS}
    changed = tuple(key for key, digest in texts.items() if digest not in {*before.values(), nothing})
    return changed or tuple(key for key, digest in before.items() if digest not in {*texts.values(), nothing})


def in_words(codes: Sequence[str]) -> tuple[str, ...]:
    """Return what changed, for people: “top story”."""
    return tuple(_WORDS.get(code) or key_words(code) for code in codes)


def is_outdated(changed: Mapping[str, Sequence[str]]) -> bool:
    """Return whether nothing more is known of what changed than that the hashes cannot be compared."""
    return any(OUTDATED in codes for codes in changed.values())


def named(changed: Mapping[str, Sequence[str]], stem: str) -> str:
    """Return what changed in an issue, by stem, for people; without the file's name where it is just `stem`."""
    if is_outdated(changed):
        return in_words((OUTDATED,))[0]
    is_alone = list(changed) == [stem]
    return "; ".join(("" if is_alone else f"{name}: ") + several(in_words(codes)) for name, codes in changed.items())


def since(changed: Mapping[str, Sequence[str]], stem: str) -> str:
    """Return the same as the end of a sentence that says what was done before."""
    return f"{'but ' if is_outdated(changed) else 'changed since: '}{named(changed, stem)}"


def several(names: Sequence[str]) -> str:
    """Return names as a part of a sentence: the first few of them, and how many more there are."""
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
        case TextButton():
            return f"{_words((block.link,))}{{button}}"


def _words(nodes: tuple[Inline, ...]) -> str:
    """Return the words with what they are dressed in: a bold word and another address are changes, too."""
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
