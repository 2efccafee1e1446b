"""What an edition says, section by section: so that a change can be named by the section it is in.

Comes in: the variants of one issue file; later, the digests of two of its editions. Goes out: a digest of each section's
text; the names of those that differ. Pure, and no text is kept.
"""

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence

from composer.content.rich import Break, BulletList, Emphasis, Inline, Link, Paragraph, Quote, Rich, Words
from composer.content.values import Group, Picture, Value
from composer.pipeline import Variant

#: Said where everything that is written is the same, and yet the edition is another one.
ELSEWHERE = "what is around the texts: the theme, newsletter.yaml, or this program"


def digests_of(variants: Sequence[Variant]) -> dict[str, str]:
    """Give digests of what the fullest edition says, by the names that editors know."""
    issue = variants[0].built.issue
    said: dict[str, Value] = {"subject": issue.subject, "preheader": issue.preheader, "note": issue.note}
    for section in issue.sections:
        said[section.spec.heading or section.spec.key] = section.content
    said |= {"masthead": issue.masthead, "imprint": issue.imprint}
    said["who gets which part"] = tuple(each.readers for each in variants)
    # Merge fields' tokens change from build to build: the names in their place do not.
    return {name: _digest(issue.fields.as_written("\n".join(_lines(value)))) for name, value in said.items()}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Name what differs between two editions, in the order of the newer one; what only the older had comes last."""
    names = dict.fromkeys((*after, *before))
    nothing = _digest("")
    different = tuple(name for name in names if before.get(name, nothing) != after.get(name, nothing))
    return different or (ELSEWHERE,)


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
        case bool() | int() | str() | datetime.date():
            yield str(value)


def _block(block: Paragraph | BulletList | Quote) -> str:
    match block:
        case Paragraph():
            return _words(block.children)
        case BulletList():
            return "\n".join(f"{block.start} - {line}" for item in block.items for line in map(_block, item))
        case Quote():
            return "\n".join(f"> {line}" for line in map(_block, block.blocks))


def _words(nodes: tuple[Inline, ...]) -> str:
    """Give the words with what they are dressed in: a bold word and another address are changes, too."""
    pieces: list[str] = []
    for node in nodes:
        match node:
            case Words():
                pieces.append(node.text)
            case Emphasis():
                dress = "**" if node.strong else "*"
                pieces.append(f"{dress}{_words(node.children)}{dress}")
            case Link():
                pieces.append(f"[{_words(node.children)}]({node.url})")
            case Break():
                pieces.append("\n")
    return "".join(pieces)
