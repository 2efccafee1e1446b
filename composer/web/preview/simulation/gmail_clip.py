"""Simulates how Gmail clips an edition after the first 102,400 bytes.

Input: the HTML as sent, and the same edition with marks. Output: where it is cut, and what is hidden. Guarantees: sections are
named only if both documents match tag by tag.
"""

import re
from dataclasses import dataclass
from itertools import islice

from composer.content.values.merge_fields import stand_ins
from composer.mail.merge_slots import fill_html
from composer.web.preview.markup import TOKEN, VOID, attribute
from composer.web.preview.view_model import PreviewModel

#: Bytes of the HTML part that Gmail shows. Not documented; senders have measured 102 to 105 KB.
LIMIT = 102_400

_NOTICE = (
    '<div data-clip style="padding:16px 24px;font:14px/1.5 Arial,sans-serif;color:#444444;background:#ffffff">'
    "[Message clipped]&nbsp; <u>View entire message</u></div>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A section that is hidden, fully or partly; `size` is the number of hidden bytes."""

    key: str
    heading: str
    size: int
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What Gmail hides, in bytes; nothing if the edition fits."""

    total: int
    hidden: int
    #: Bytes before the first section; 0 if that is not known.
    before: int
    sections: tuple[Hidden, ...]


def clip(model: PreviewModel, limit: int = LIMIT) -> Clip:
    """Return what the limit hides, section by section."""
    total = len(model.mailed)
    hidden = []
    if total <= limit:
        return Clip(total=total, hidden=0, before=_before(model), sections=())
    for key, begin, end in _spans(model):
        size = min(end - begin, max(0, end - limit))
        if size:
            heading = model.headings.get(key) or key
            hidden.append(Hidden(key=key, heading=heading, size=size, is_whole=begin >= limit))
    return Clip(total=total, hidden=total - limit, before=_before(model), sections=tuple(hidden))


def clipped(model: PreviewModel, limit: int = LIMIT) -> str:
    """Cut the marked edition where the sent one is cut, close the open elements, and add Gmail's notice."""
    if len(model.mailed) <= limit:
        return model.html
    mailed = model.mailed.decode()
    cut = len(model.mailed[:limit].decode(errors="ignore"))
    whole = [token for token in TOKEN.finditer(mailed) if token.end() <= cut]
    marked = list(TOKEN.finditer(model.html))
    if len(marked) != len(list(TOKEN.finditer(mailed))):
        return _closed(mailed[:cut])
    begin = marked[len(whole) - 1].end() if whole else 0
    end = marked[len(whole)].start()
    shown = cut - (whole[-1].end() if whole else 0)
    return _closed(model.html[:begin] + _piece(model, model.html[begin:end], shown))


def _piece(model: PreviewModel, text: str, length: int) -> str:
    """Return the part of a text with tokens that makes `length` characters once they are filled in."""
    values = stand_ins(model.fields)
    kept, used = 0, 0
    pattern = "|".join(map(re.escape, values)) or r"(?!)"
    for match in re.finditer(f"{pattern}|&[^;\\s]*;|.", text, re.DOTALL):
        used += len(fill_html(match[0], values))
        if used > length:
            break
        kept = match.end()
    return text[:kept]


def _closed(html: str) -> str:
    """Close the elements that are open where a document was cut, and add Gmail's notice."""
    # Remove a tag or comment that was cut in two.
    html = re.sub(r"<[^<>]*$", "", html)
    stack: list[str] = []
    for token in TOKEN.finditer(html):
        name = (token["name"] or "").lower()
        if name and name not in VOID and not token["tag"].endswith("/>"):
            stack.append(name)
        ended = (token["ended"] or "").lower()
        if ended in stack:
            del stack[len(stack) - 1 - stack[::-1].index(ended) :]
    inner = [name for name in reversed(stack) if name not in ("html", "body")]
    return html + "".join(f"</{name}>" for name in inner) + _NOTICE + "</body></html>"


def _before(model: PreviewModel) -> int:
    """Return the first byte of the first section, by counting the tags before it."""
    first = model.html.find(" data-section=")
    if first < 0:
        return 0
    count = sum(1 for _ in TOKEN.finditer(model.html[: model.html.rfind("<", 0, first)]))
    mailed = model.mailed.decode()
    token = next(islice(TOKEN.finditer(mailed), count, None), None)
    return len(mailed[: token.start()].encode()) if token else 0


def _spans(model: PreviewModel) -> list[tuple[str, int, int]]:
    """Return each section's first byte, and the byte after its last, in the HTML as sent."""
    mailed = model.mailed.decode()
    tokens, marked = list(TOKEN.finditer(mailed)), list(TOKEN.finditer(model.html))
    if len(tokens) != len(marked):
        return []
    starts = [
        (key, index)
        for index, token in enumerate(marked)
        if token["tag"] and (key := attribute(token["tag"], "data-section")) is not None
    ]
    spans = []
    for number, (key, index) in enumerate(starts):
        end = tokens[starts[number + 1][1]].start() if number + 1 < len(starts) else _end(tokens, index)
        spans.append((key, len(mailed[: tokens[index].start()].encode()), len(mailed[:end].encode())))
    return spans


def _end(tokens: list[re.Match[str]], index: int) -> int:
    """Find where the element that begins with a token ends."""
    name, depth = tokens[index]["name"].lower(), 0
    for token in tokens[index:]:
        depth += ((token["name"] or "").lower() == name) - ((token["ended"] or "").lower() == name)
        if depth == 0:
            return token.end()
    return tokens[-1].end()
