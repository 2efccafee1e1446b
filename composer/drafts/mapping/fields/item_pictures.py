"""The pictures of an item: its own picture, a figure in its text, or several figures that the text names.

Input: an item, pictures and the captions below them. Output: values of the item.
"""

import re
from dataclasses import replace

from composer.drafts.draft_document import Span
from composer.drafts.issue_entries import (
    BareValue,
    BlockText,
    EntryValue,
    KeyEntry,
    KeyGroup,
    Note,
    NoteKind,
    PlainText,
)
from composer.drafts.mapping.fields.item_draft import ItemDraft
from composer.drafts.mapping.text.block_markdown import is_caption
from composer.drafts.mapping.text.draft_lines import DraftLine
from composer.drafts.mapping.text.markdown_text import plain_text
from composer.drafts.mapping.text.span_text import (
    without_bold,
)

_CAPTION = re.compile(r"(?:figure|fig\.|abbildung|abb\.|chart|grafik|graphique|figura|图)\s*\d*", re.IGNORECASE)


def use_picture(item: ItemDraft, line: DraftLine, rest: list[DraftLine]) -> list[DraftLine]:
    """Use a picture, and the caption below it. Returns the lines that are left."""
    assert line.picture is not None
    picture, roles = line.picture, item.roles
    key = roles.picture if roles.picture and roles.picture not in item.values else None
    text_key = item.text_key()
    if not picture.data or (key is None and (roles.figure is None or text_key is None)):
        item.leave(line)
        return rest
    inner = roles.fields if key else item.context.schema.resolve(roles.fields[roles.figure or ""]).properties
    values: dict[str, EntryValue] = {}
    if "alt" in inner and not (key and "alt" in item.values):
        values["alt"] = PlainText(plain_text((Span(picture.alt),)))
    elif picture.alt.strip():
        item.leave(replace(line, picture=None, spans=(Span(picture.alt),)))
    can_caption = "caption" in inner and not (key and "caption" in item.values)
    caption, rest = _caption(item, rest) if can_caption else (None, rest)
    if caption is not None:
        values["caption"] = PlainText(plain_text(without_bold(caption.spans)))
    image = BareValue(item.context.picture_name(picture))
    if key is not None:
        item.values |= {key: image, **values}
        if caption is not None:
            item.add_comments("caption", caption)
        return rest
    group = KeyGroup([KeyEntry("image", image), *(KeyEntry(name, value) for name, value in values.items())])
    if not picture.alt.strip():
        group.parts.insert(1, Note(NoteKind.TODO, "describe the picture for people who do not see it"))
    if caption is not None:
        group.parts[1:1] = item.context.todos(caption.spans, caption.file)
    item.figures.append((text_key or "", len(item.texts.get(text_key or "", ())), group))
    return rest


def _caption(item: ItemDraft, rest: list[DraftLine]) -> tuple[DraftLine | None, list[DraftLine]]:
    if not rest or not rest[0].is_plain or len(rest[0].text) > 250:
        return None, rest
    line = rest[0]
    is_italic = all(span.is_italic for span in line.spans if span.text.strip())
    words = [name.name for name in item.names if name.key in ("caption", "credit")]
    has_label = any(re.match(rf"{re.escape(word)}\s*:", line.text, re.IGNORECASE) for word in words)
    if is_italic or has_label or _CAPTION.match(line.text):
        return line, rest[1:]
    return None, rest


def write_figures(item: ItemDraft) -> None:
    """Write one figure below its key, and several with names in the text."""
    roles = item.roles
    rows: dict[str, dict[int, str]] = {}
    if len(item.figures) == 1 and roles.figure:
        _, before, group = item.figures[0]
        properties = item.context.schema.resolve(roles.fields[roles.figure]).properties
        if before and "after" in properties and item.figures[0][0] == roles.main:
            group.parts.append(KeyEntry("after", BareValue(str(_blocks_before(item, before)))))
        item.values[roles.figure] = group
    elif item.figures and roles.figures:
        named = KeyGroup()
        for number, (key, before, group) in enumerate(item.figures, 1):
            named.parts.append(KeyEntry(f"picture-{number}", group))
            row = rows.setdefault(key, {})
            row[before] = "\n\n".join(filter(None, (row.get(before), f"{{figure picture-{number}}}")))
        item.values[roles.figures] = named
    for key in {**dict.fromkeys(item.texts), **dict.fromkeys(rows)}:
        text = item.context.blocks.markdown(item.texts.get(key, []), rows.get(key))
        if text:
            item.values[key] = BlockText(text)


def _blocks_before(item: ItemDraft, count: int) -> int:
    """Return how many paragraphs, lists and tables the first lines of the text are."""
    lines = item.texts[item.roles.main or ""][:count]
    blocks = 0
    for before, line in zip((None, *lines), lines, strict=False):
        is_more = before is not None and (
            (before.list_level and line.list_level)
            or (before.is_quote and line.is_quote)
            or (line.table is not None and is_caption(before))
        )
        blocks += 0 if is_more else 1
    return blocks
