"""Documents for the preview's frames, by variant, subscriber, colour scheme, pictures and mail program.

Input: a `PreviewModel` and a frame's name. Output: an HTML document. Guarantees: no script runs in it, and no link leaves it.
What is simulated is a list of rules, below and in simulation/outlook.py, and the page labels it as a simulation.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from html import unescape
from itertools import product
from urllib.parse import unquote

from composer.mail.merge_slots import fill_html
from composer.web.preview.markup import attribute, declarations, drop, names, put, rewrite, written
from composer.web.preview.simulation.gmail_clip import clipped
from composer.web.preview.simulation.outlook import as_word
from composer.web.preview.simulation.sample_subscribers import values_for
from composer.web.preview.view_model import PreviewModel


class ColourScheme(StrEnum):
    """The colour scheme of the subscriber's device."""

    LIGHT = "light"
    DARK = "dark"


class Pictures(StrEnum):
    """Whether the subscriber's program loads pictures."""

    ON = "images"
    OFF = "noimages"


class Client(StrEnum):
    """The mail program that is simulated."""

    #: A program that supports everything the theme uses.
    PLAIN = "plain"
    #: Gmail, which shows only the first 102,400 bytes.
    CLIPPED = "clipped"
    #: Programs that remove every <style>, such as Gmail's app with an account of another provider.
    NOSTYLE = "nostyle"
    #: Outlook on Windows, which uses Word for layout.
    OUTLOOK = "outlook"
    #: Programs that invert all colours in dark mode, such as Gmail on iPhone.
    INVERTED = "inverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One way to view an edition. Only programs that support colour schemes have a dark one."""

    subscriber: str
    #: The number of the variant.
    variant: int = 1
    scheme: ColourScheme = ColourScheme.LIGHT
    pictures: Pictures = Pictures.ON
    client: Client = Client.PLAIN

    @property
    def name(self) -> str:
        first = f"{self.variant}-" if self.variant > 1 else ""
        return f"{first}{self.subscriber}-{self.scheme}-{self.pictures}-{self.client}"


def frames(model: PreviewModel) -> Iterator[Frame]:
    """Yield every way to view an issue."""
    for each, subscriber, client in product(model.variants, model.people, Client):
        for scheme in ColourScheme if client is Client.PLAIN else (ColourScheme.LIGHT,):
            for pictures in Pictures:
                yield Frame(
                    variant=each.number, subscriber=subscriber.key, scheme=scheme, pictures=pictures, client=client
                )


def named(model: PreviewModel, name: str) -> Frame | None:
    """Return the frame with a name, or None."""
    return next((frame for frame in frames(model) if frame.name == name), None)


#: Only links such as `href="#top-story"` work in the frame. All others would open a window, which the frame may not do.
_BASE = '<base target="_blank">'
_INVERSION = (
    "<style>html{background:#ffffff;filter:invert(1) hue-rotate(180deg)}"
    "img,[background],video{filter:invert(1) hue-rotate(180deg)}</style>"
)


def edition(model: PreviewModel, frame: Frame, csp: str = "") -> str:
    """Return the document of a frame.

    `csp` is a policy to write into it, for exported pages without a server; elements of their places get ids.
    """
    model = next(each for each in model.variants if each.number == frame.variant)
    subscriber = next(each for each in model.people if each.key == frame.subscriber)
    html = anchored(model.html)[0] if csp else model.html
    match frame.client:
        case Client.CLIPPED:
            html = clipped(replace(model, html=html))
        case Client.OUTLOOK:
            html = as_word(html)
        case Client.NOSTYLE:
            html = rewrite(html, style=lambda opening, rules: "")
        case Client.PLAIN | Client.INVERTED:
            pass
    if frame.pictures is Pictures.OFF:
        html = without_pictures(html)
    html = settled(html, frame.scheme, model.pictures)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{csp}">' if csp else ""
    scheme = f"<style>:root{{color-scheme:{frame.scheme}}}</style>"
    html = _in_head(html, meta + _BASE, scheme + (_INVERSION if frame.client is Client.INVERTED else ""))
    # Last, so that no other step reads a subscriber's values.
    return fill_html(html, values_for(subscriber, model.fields))


_PLACE = re.compile(r' data-(?:at|from)="([^"]*)"')


def places(html: str) -> tuple[str, ...]:
    """Return each place (`data-at`, `data-from`) once, in the edition's order."""
    return tuple(dict.fromkeys(map(unescape, _PLACE.findall(html))))


def anchored(html: str) -> tuple[str, Mapping[str, str]]:
    """Add a missing id to the first element of each place; return the HTML and the ids by place."""
    found: dict[str, str] = {}

    def mark(tag: str, name: str) -> str:
        if "data-" not in tag:
            return tag
        new = [place for key in ("data-at", "data-from") if (place := attribute(tag, key)) and place not in found]
        if not new:
            return tag
        own = attribute(tag, "id")
        made = own or f"at-{len(found) + 1}"
        found.update(dict.fromkeys(new, made))
        return tag if own else put(tag, "id", made)

    return rewrite(html, tag=mark), found


_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark|no-preference)\s*\)", re.IGNORECASE)
_PROPERTY = re.compile(r"(?<![\w-])((?:supported-)?color-schemes?)\s*:\s*[^;}]*", re.IGNORECASE)
_SETTLED = names("a base img meta source")


def settled(html: str, scheme: ColourScheme, pictures: Mapping[str, tuple[str, bytes]]) -> str:
    """Fix the colour scheme, and keep the document self-contained.

    The editor's own device does not affect the scheme. Only rules and queries change, not texts. Pictures are addressed
    relative to the document's folder; a changed picture has a new address. Links within the edition stay in the frame.
    A refresh is removed.
    """

    def decide(query: re.Match[str]) -> str:
        return "(min-width: 0px)" if query[1].lower() == scheme else "(min-width: 99999px)"

    def tag(source: str, name: str) -> str:
        match name:
            case "a":
                is_inside = (attribute(source, "href") or "").startswith("#")
                return put(source, "target", "_self") if is_inside else drop(source, "target")
            case "base":
                return ""
            case "meta":
                if (attribute(source, "http-equiv") or "").lower() == "refresh":
                    return ""
                is_scheme = (attribute(source, "name") or "").lower() in ("color-scheme", "supported-color-schemes")
                return put(source, "content", scheme) if is_scheme else source
            case "source":
                media = attribute(source, "media")
                return put(source, "media", _QUERY.sub(decide, media)) if media else source
            case _:
                return _with_pictures(source, pictures)

    def style(opening: str, rules: str) -> str:
        if media := attribute(opening, "media"):
            opening = put(opening, "media", _QUERY.sub(decide, media))
        rules = _PROPERTY.sub(lambda found: f"{found[1]}: {scheme}", _QUERY.sub(decide, rules))
        return f"{opening}{rules}</style>"

    # Background pictures are rare; without them, only a few kinds of tags need to be checked.
    return rewrite(html, tag=tag, elements=frozenset() if " background=" in html else _SETTLED, style=style)


def _with_pictures(tag: str, pictures: Mapping[str, tuple[str, bytes]]) -> str:
    if "pictures/" not in tag:
        return tag
    for key in ("src", "background"):
        if (address := attribute(tag, key)) and address.startswith("pictures/"):
            data = pictures.get(unquote(address.removeprefix("pictures/")), ("", b""))[1]
            tag = put(tag, key, f"../{address}?{zlib.crc32(data):08x}")
    return tag


_URL = re.compile(r"\s*url\([^)]*\)", re.IGNORECASE)
_GROUNDS = ("background-image", "background")


def without_pictures(html: str) -> str:
    """Block pictures as mail programs do: the space stays, with its size and the alt text."""

    def tag(source: str, name: str) -> str:
        source = drop(source, "background")
        style = declarations(attribute(source, "style") or "")
        if any(key in _GROUNDS and "url(" in value for key, value in style):
            style = [(key, _without_url(value)) for key, value in style if key != "background-image"]
            source = put(source, "style", written(style))
        if name != "img":
            return source
        return put(drop(drop(source, "src"), "srcset"), "style", written([*style, *_box(source)]))

    def style(opening: str, rules: str) -> str:
        return f"{opening}{_URL.sub('none', rules)}</style>"

    return rewrite(html, tag=tag, style=style)


def _without_url(value: str) -> str:
    return _URL.sub("", value).strip() or "none"


def _box(tag: str) -> list[tuple[str, str]]:
    """Return styles that keep a picture's space: without them, browsers shrink a picture that is not loaded."""
    box = [("outline", "1px solid #b8b8b8"), ("outline-offset", "-1px")]
    width, height = attribute(tag, "width") or "", attribute(tag, "height") or ""
    # A width in the style is relative: the picture is as wide as the screen.
    if width.isdigit() and not any(key == "width" for key, _ in declarations(attribute(tag, "style") or "")):
        box.append(("width", f"{width}px"))
    if width.isdigit() and height.isdigit() and int(height):
        box += [("height", "auto"), ("aspect-ratio", f"{width}/{height}")]
    return box


def _in_head(html: str, first: str, last: str) -> str:
    """Insert HTML at the beginning and the end of the head."""
    head = re.search(r"<head(?:\s[^>]*)?>", html, re.IGNORECASE)
    if head is None:
        return first + last + html
    html = html[: head.end()] + first + html[head.end() :]
    end = html.lower().find("</head>")
    return html if end < 0 else html[:end] + last + html[end:]
