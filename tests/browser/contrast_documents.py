"""Random documents with everything that affects contrast."""

import random
import re

import lxml.html
from lxml import etree

from tests.sizes import sized


def numbered(html: str) -> str:
    """Add a data-n to every element, so that both checks can refer to it."""
    tree = lxml.html.document_fromstring(html)
    for number, element in enumerate(tree.iter(etree.Element)):
        element.set("data-n", str(number))
    return "<!DOCTYPE html>" + str(lxml.html.tostring(tree, encoding="unicode"))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Seeds of the random documents.
SEEDS = range(sized(30, 90))


_COLOURS = _words(
    "#000 #fff #777 #767676 #949494 #595959 #888 #aaa #333 #16191d #e7e4de #9b1c1c #d7a4a4 #5c6166 red navy teal gold "
    "gray silver tomato Orange rgb(120,120,120) rgba(0,0,0,.6) rgba(255,255,255,.55) rgba(155,28,28,0.8) #0000ee80 "
    "hsl(210,50%,40%) hsl(30_90%_45%_/_.7) rgb(50%_20%_70%) transparent currentColor inherit initial"
)
_OPAQUE = [colour for colour in _COLOURS if colour != "transparent" and not re.search("rgba|/|80$", colour)]
_SIZES = _words(
    "10px 13px 16px 18px 18.65px 18.66px 19px 23.9px 24px 30px 12pt 14pt 18pt 1em 1.17em 1.5em 2em 0.8em 120% 150% "
    "80% 1.25rem small medium large x-large xx-large smaller larger 0"
)
_TEXTS = (
    "Word",
    "several words here",
    "中文字",
    "🐍",
    "🐍 snake",
    "!",
    "A",
    "→",
    "→ ✓",
    "— —",
    "€",
    "12",
    "© ®",
    "",
    " ",
)
_BLOCKS = (
    "div",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "section",
    "article",
    "blockquote",
    "ul",
    "center",
    "table",
    "table",
)
_INLINES = ("span", "a", "a", "b", "strong", "em", "small", "font", "u", "code", "mark", "big", "i", "s")
_CLASSES = ("a", "b", "c", "d")


class Maker:
    """Makes small documents with everything that affects contrast, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        #: Either colours are half transparent or whole blocks at the top: for both together, axe-core is wrong (see below).
        self.groups = seed % 3 == 0

    def chance(self, of_ten: float) -> bool:
        return self.random.random() * 10 < of_ten

    def colour(self) -> str:
        if self.chance(3):
            return f"#{self.random.randrange(1 << 24):06x}"
        return self.random.choice(_OPAQUE if self.groups else _COLOURS).replace("_", " ")

    def declarations(self, *, sheet: bool) -> str:
        said: list[tuple[str, str]] = []
        for chance, name, value in (
            (4, "color", self.colour()),
            (3, self.random.choice(("background", "background-color")), self.colour()),
            (2, "font-size", self.random.choice(_SIZES)),
            (1.5, "font-weight", self.random.choice(("bold", "700", "600", "bolder", "lighter", "normal", "900"))),
            (0.2, "opacity", self.random.choice(("0", "1", "100%", "0.0"))),
            (0.3, "visibility", self.random.choice(("hidden", "visible"))),
            (0.3, "display", self.random.choice(("none", "block", "inline-block", "inline"))),
            (0.5, "text-decoration", self.random.choice(("none", "underline"))),
            (0.3, "font", "bold 20px/1.6 serif"),
            (0.2, "background", "linear-gradient(red, blue)"),
            (0.2, "max-height", "0;overflow:hidden"),
            (0.2, "font-family", "monospace"),
            (0.2, "color", "no-such-colour"),
            (0.2, "-webkit-text-fill-color", self.colour()),
            (0.2, "color-scheme", self.random.choice(("dark", "light", "light dark", "normal"))),
        ):
            if self.chance(chance):
                said.append((name, value))
        self.random.shuffle(said)
        loud = 2.0 if sheet else 0.7
        return "; ".join(f"{name}: {value}{' !important' if self.chance(loud) else ''}" for name, value in said)

    def selector(self) -> str:
        one = self.random.choice(
            ("div", "p", "span", "a", "td", "table", "h2", "body", *(f".{name}" for name in _CLASSES))
        )
        more = self.random.choice(("", "", "", ".a", ":first-child", ":not(.b)", ":nth-child(2n+1)", ":link", ":hover"))
        before = self.random.choice(
            ("", "", "", ".c ", "div > ", "p + ", ".a .b ", "[data-ogsc] ", "td ", "[class~=d] ", "#x ")
        )
        return f"{before}{one}{more}"

    def sheet(self) -> str:
        rules = []
        for _ in range(self.random.randrange(8)):
            names = ", ".join(self.selector() for _ in range(self.random.randrange(1, 3)))
            rule = f"{names} {{ {self.declarations(sheet=True)} }}"
            media = self.random.choice(
                (
                    "",
                    "",
                    "(prefers-color-scheme: dark)",
                    "(prefers-color-scheme: dark)",
                    "(prefers-color-scheme: light)",
                    "only screen and (max-width: 699px)",
                    "(min-width:480px)",
                    "print",
                    "not print",
                    "screen and (width <= 700px)",
                    "print, (max-width: 44em)",
                    "(unknown: 1)",
                )
            )
            rules.append(f"@media {media} {{ {rule} }}" if media else rule)
        return "\n".join(rules)

    def attributes(self, tag: str, more: str = "") -> str:
        said = []
        if self.chance(5):
            said.append(f'class="{" ".join(self.random.sample(_CLASSES, self.random.randrange(1, 3)))}"')
        if self.chance(6) and (style := self.declarations(sheet=False)):
            said.append(f'style="{style}{more}"')
        if tag == "a" and self.chance(9):
            said.append('href="https://example.org/"')
        if tag in ("table", "tr", "td") and self.chance(4):
            said.append(
                f'bgcolor="{self.random.choice(("#f0f0f0", "ffffff", "black", "#abc", "chucknorris", "#123"))}"'
            )
        if tag == "font":
            said.append(f'color="{self.random.choice(("#999999", "gray", "fff", "blue"))}"')
            said.append(f'size="{self.random.choice(("1", "3", "5", "+2", "-1"))}"')
        if self.chance(0.2):
            said.append(self.random.choice(("hidden", 'id="x"', 'align="center"')))
        return " ".join(("", *said))

    def inline(self, depth: int) -> str:
        parts = []
        for _ in range(self.random.randrange(1, 4)):
            parts.append(self.random.choice(_TEXTS))
            if depth and self.chance(5):
                tag = self.random.choice(_INLINES)
                parts.append(f"<{tag}{self.attributes(tag)}>{self.inline(depth - 1)}</{tag}>")
            elif self.chance(1):
                parts.append(self.random.choice(("<br>", "<!-- comment -->", "<!--[if mso]><b>x</b><![endif]-->")))
        return " ".join(parts)

    def block(self, depth: int) -> str:
        tag = self.random.choice(_BLOCKS)
        group = self.groups and depth == 3 and self.chance(6)
        attributes = self.attributes(tag, f"; opacity: {self.random.choice(('.9', '0.6', '50%'))}" if group else "")
        if tag == "table":
            rows = "".join(
                f"<tr{self.attributes('tr')}>"
                + "".join(
                    f"<td{self.attributes('td')}>{self.content(depth)}</td>" for _ in range(self.random.randrange(1, 3))
                )
                + "</tr>"
                for _ in range(self.random.randrange(1, 3))
            )
            return f"<table{attributes}><tbody>{rows}</tbody></table>"
        if tag == "ul":
            return f"<ul{attributes}><li{self.attributes('li')}>{self.inline(1)}</li></ul>"
        inside = self.inline(2) if tag in ("p", "h1", "h2", "h3", "h4") else self.content(depth)
        return f"<{tag}{attributes}>{inside}</{tag}>"

    def content(self, depth: int) -> str:
        if not depth or self.chance(3):
            return self.inline(2)
        return "".join(self.block(depth - 1) for _ in range(self.random.randrange(1, 3)))

    def document(self) -> str:
        scheme = self.random.choice(("light dark", "light dark", "dark", "light", ""))
        meta = f'<meta name="color-scheme" content="{scheme}">' if scheme else ""
        # axe-core assumes a white page where nothing paints it, also in dark mode.
        ground = self.random.choice(("#fff", "#000", "#16191d", "#f5f2ec", "white"))
        dark = "@media (prefers-color-scheme: dark) { html { background: #16191d } }" if self.chance(5) else ""
        return numbered(
            f"<html><head>{meta}<style>html {{ background: {ground}; line-height: 1.6 }} {dark}"
            f" sup {{ line-height: 1.6 }} {self.sheet()}</style></head>"
            f"<body{self.attributes('body')}>{''.join(self.block(3) for _ in range(self.random.randrange(2, 6)))}</body></html>"
        )
