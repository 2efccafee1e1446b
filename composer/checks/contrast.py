"""Find text with too little contrast, by the rules of axe-core's `color-contrast`, without a browser.

Input: computed styles. Output: the elements whose text has too little contrast (WCAG 2.2, SC 1.4.3), and links that differ
from the text around them only in colour (SC 1.4.1). Guarantees: like axe-core, text over an image or with a shadow is skipped.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from composer.checks.css.css_colours import CssScheme, Rgb, contrast
from composer.checks.css.painting import text_colour
from composer.checks.css.style import ComputedStyle
from composer.checks.css.styles import Styles

_NORMAL, _LARGE = 4.5, 3.0
#: In points, as in WCAG: 24 px, or 18.66 px bold.
_LARGE_POINTS, _LARGE_BOLD_POINTS, _BOLD = 18, 14, 700
#: Links need a contrast of 3:1 with the text around them (WCAG technique G183).
_DISTINCT = 3.0

# Text of only these characters has no words and is not checked.
_EMOJI = (
    r"[#*0-9]\ufe0f?\u20e3|[\xa9\xae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf"
    r"\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615"
    r"\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660"
    r"\u2663\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab"
    r"\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa"
    r"\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e"
    r"\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    r"\u3030\u303d\u3297\u3299\U0001f004\U0001f0cf\U0001f170-\U0001f251\U0001f300-\U0001faff][\ufe0f\u200d]*"
)
_PUNCTUATION = (
    r"[\u2000-\u206f\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u3036\u3037\u303d-\u303f\u30fb\ufe10-\ufe1f"
    r"\ufe30-\ufe4f\ufe50-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
    r"!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~\xa2\xa3\xa5\xa7\xb1\u20ac]"
)
_WORDLESS = re.compile(f"(?:{_EMOJI}|{_PUNCTUATION})*")
# Text of only symbols cannot be judged automatically.
_SYMBOLS = re.compile(
    r"[\s\u1d00-\u1dff\u20a0-\u27bf\ue000-\uf8ff\xad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000f0000-\U000fffff]+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LowContrast:
    """An element whose own text has too little contrast."""

    element: HtmlElement
    #: Its own text, without that of its children; spaces are collapsed.
    text: str
    #: The visible colours: "#rrggbb", blended with the layers below.
    color: str
    background: str
    #: Two digits, rounded down.
    ratio: float
    needed: float
    scheme: CssScheme


def own_text(element: HtmlElement) -> str:
    """Return the own text of an element, without that of its children; a line break is a space."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == "br":
            parts.append(" ")
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def low_contrast(styles: Styles) -> tuple[LowContrast, ...]:
    """Return the elements whose text has a contrast below 4.5:1 (3:1 if large), in document order.

    Text in the colour of its background is skipped (see `unseen_text`), and so are single characters.
    """
    return tuple(found for found in _judged(styles) if found.ratio > 1 and not _is_one_sign(found.text))


def hard_to_read(styles: Styles) -> tuple[LowContrast, ...]:
    """Return the elements whose text has too little contrast or is invisible."""
    return tuple(found for found in _judged(styles) if found.ratio == 1 or not _is_one_sign(found.text))


def unseen_text(styles: Styles) -> tuple[LowContrast, ...]:
    """Return the elements whose text has the colour of its background, by mistake or to hide it."""
    return tuple(found for found in _judged(styles) if found.ratio == 1)


def _judged(styles: Styles) -> Iterator[LowContrast]:
    passed: set[ComputedStyle] = set()
    for element in styles.with_text():
        style = styles.of(element)
        if style in passed or style.is_hidden or style.font_size == 0 or style.has_shadow:
            continue
        below, seen = style.behind, text_colour(style)
        if below is None or seen is None:
            continue
        needed = _needed(style)
        ratio = contrast(seen, below)
        if ratio >= needed:
            passed.add(style)
        elif _has_words(text := own_text(element)):
            yield LowContrast(
                element=element,
                text=text,
                color=str(seen),
                background=str(below),
                ratio=math.floor(ratio * 100) / 100,
                needed=needed,
                scheme=styles.scheme,
            )


def _needed(style: ComputedStyle) -> float:
    points = math.ceil(style.font_size * 72) / 96
    return _LARGE if points >= (_LARGE_BOLD_POINTS if style.font_weight >= _BOLD else _LARGE_POINTS) else _NORMAL


def _is_one_sign(text: str) -> bool:
    return len(text) == 1 and text <= "\uffff"


def _has_words(text: str) -> bool:
    return not _WORDLESS.fullmatch(text) and not _SYMBOLS.fullmatch(text)


def indistinct_links(styles: Styles) -> tuple[HtmlElement, ...]:
    """Return the links within text that differ from it only in colour, with a contrast below 3:1."""
    return tuple(
        link
        for link, style in styles.items("a")
        if "href" in link.attrib and _is_indistinct(styles, link, style) and _is_among_text(styles, link, style)
    )


def _is_indistinct(styles: Styles, link: HtmlElement, style: ComputedStyle) -> bool:
    if style.is_hidden or link.get("role", "link").strip() not in ("link", "") or _is_box(style):
        return False
    around = style.parent
    while around is not None and not _is_box(around):
        around = around.parent
    if around is None or style.has_image or style.has_border:
        return False
    if _first_family(style) != _first_family(around) or any(
        getattr(style, name) != getattr(around, name)
        for name in ("text_decoration", "font_weight", "font_style", "font_size")
    ):
        return False
    return _is_alike(style, around)


def _is_box(style: ComputedStyle) -> bool:
    return style.is_block or style.display == "inline-block"


def _first_family(style: ComputedStyle) -> str:
    return style.font_family.split(",")[0].strip(" \"'")


def _is_alike(style: ComputedStyle, around: ComputedStyle) -> bool:
    if style.behind is None or around.behind is None:
        return False
    inner, outer = text_colour(style), text_colour(around)
    if inner is None or outer is None:
        return False
    text, background = _floored(inner, outer), _floored(style.behind, around.behind)
    # A link in exactly the colour of the text looks like text on purpose.
    return text < _DISTINCT and background < _DISTINCT and (text, background) != (1, 1)


def _floored(one: Rgb, other: Rgb) -> float:
    return math.floor(contrast(one, other) * 100) / 100


def _is_among_text(styles: Styles, link: HtmlElement, style: ComputedStyle) -> bool:
    """Return whether the lines of a link contain text besides links."""
    if not own_text(link) and not link.text_content().split():
        return False
    block = link.getparent()
    while block is not None and not styles.of(block).is_block:
        block = block.getparent()
    return block is not None and _Lines(styles, link).has_text_beside(block)


class _Lines:
    """Collects the inline content of a block between the line breaks around a link."""

    def __init__(self, styles: Styles, link: HtmlElement) -> None:
        self.styles, self.link = styles, link
        self.text: list[str] = []
        self.links: list[str] = []
        self.met = self.done = False

    def has_text_beside(self, block: HtmlElement) -> bool:
        self._walk(block)
        return len(" ".join("".join(self.text).split())) > len(" ".join("".join(self.links).split()))

    def _walk(self, element: HtmlElement) -> None:
        self.text.append(element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                self._meet(child)
            if self.done:
                return
            self.text.append(child.tail or "")

    def _meet(self, element: HtmlElement) -> None:
        style = self.styles.of(element)
        if element is self.link:
            self.met = True
        if style.is_block or element.tag in ("br", "hr"):
            if self.met:
                self.done = True
            self.text.clear()
            self.links.clear()
        elif style.is_hidden:
            return
        elif element.tag == "a" and "href" in element.attrib:
            self.links.append(element.text_content())
        else:
            self._walk(element)
