"""The features of HTML and CSS that can be detected reliably, by their caniemail slugs.

Output: tables from names and patterns to features, and SLUGS, the set of all features. Guarantees: every feature is in
caniemail.json; none needs guessing; what every document has (doctype, body) is left out.
"""

import re
from collections.abc import Mapping


def _named(prefix: str, names: str) -> dict[str, str]:
    return {name: prefix + name for name in names.split()}


def _grouped(groups: Mapping[str, str]) -> dict[str, str]:
    return {name: slug for slug, names in groups.items() for name in names.split()}


_SIDES = ("top", "right", "bottom", "left")
_LOGICAL = ("inline-start", "inline-end", "block-start", "block-end")
_LINE = ("width", "style", "color")
_CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")
#: Property -> feature. If a page of caniemail covers several properties, all of them count.
PROPERTIES = _named(
    "css-",
    "accent-color align-items animation aspect-ratio backdrop-filter background background-blend-mode background-clip"
    " background-color background-image background-origin background-position background-repeat background-size border"
    " border-collapse border-image border-radius border-spacing box-shadow box-sizing caption-side clear clip-path"
    " color-scheme column-count cursor direction display empty-cells filter float font font-kerning font-size"
    " font-size-adjust font-stretch font-weight gap height hyphenate-character hyphenate-limit-chars hyphens inline-size"
    " inset justify-content letter-spacing line-height list-style list-style-image list-style-position list-style-type"
    " margin mask-image max-block-size max-height max-inline-size max-width min-block-size min-height min-inline-size"
    " min-width mix-blend-mode object-fit object-position opacity orphans outline outline-offset overflow overflow-wrap"
    " padding position resize shape-margin shape-outside tab-size table-layout text-align text-align-last"
    " text-decoration text-decoration-color text-decoration-line text-decoration-skip-ink text-decoration-style"
    " text-decoration-thickness text-emphasis text-emphasis-position text-indent text-justify text-orientation"
    " text-overflow text-shadow text-transform text-underline-offset text-underline-position text-wrap transform"
    " transition user-select vertical-align visibility white-space white-space-collapse widows width word-break"
    " word-spacing word-wrap writing-mode z-index",
) | _grouped(
    {
        "css-animation": "animation-delay animation-direction animation-duration animation-fill-mode"
        " animation-iteration-count animation-name animation-play-state animation-timing-function",
        "css-block-inline-size": "block-size",
        "css-border": " ".join((*(f"border-{part}" for part in (*_LINE, *_SIDES)),
                                *(f"border-{side}-{part}" for side in _SIDES for part in _LINE))),
        "css-border-inline-block": "border-inline border-block",
        "css-border-inline-block-individual": " ".join((*(f"border-{axis}-{part}" for axis in ("inline", "block")
                                                          for part in _LINE), *(f"border-{part}" for part in _LOGICAL))),
        "css-border-inline-block-longhand": " ".join(f"border-{edge}-{part}" for edge in _LOGICAL for part in _LINE),
        "css-border-radius": " ".join(f"border-{corner}-radius" for corner in _CORNERS),
        "css-border-radius-logical": "border-start-start-radius border-start-end-radius border-end-start-radius"
        " border-end-end-radius",
        "css-column-layout-properties": "columns column-fill column-rule column-rule-color column-rule-style"
        " column-rule-width column-span column-width",
        "css-gap": "column-gap row-gap",
        "css-grid-template": "grid-template grid-template-areas grid-template-columns grid-template-rows",
        "css-inset": "inset-block inset-inline inset-inline-start inset-inline-end inset-block-start inset-block-end",
        "css-left-right-top-bottom": " ".join(_SIDES),
        "css-margin": " ".join(f"margin-{side}" for side in _SIDES),
        "css-margin-block-start-end": "margin-block-start margin-block-end",
        "css-margin-inline-block": "margin-inline margin-block",
        "css-margin-inline-start-end": "margin-inline-start margin-inline-end",
        "css-overflow": "overflow-x overflow-y",
        "css-padding": " ".join(f"padding-{side}" for side in _SIDES),
        "css-padding-block-start-end": "padding-block-start padding-block-end",
        "css-padding-inline-block": "padding-inline padding-block",
        "css-padding-inline-start-end": "padding-inline-start padding-inline-end",
        "css-scroll-snap": "scroll-snap-type scroll-snap-align scroll-snap-stop",
        "css-text-emphasis": "text-emphasis-color text-emphasis-style",
        "css-transition": "transition-delay transition-duration transition-property transition-timing-function",
    }
)  # fmt: skip
#: Property and whole value -> feature.
VALUES = tuple(
    (slug, re.compile(name), re.compile(value))
    for slug, name, value in (
        ("css-display-flex", "display", "(?:inline-)?flex"),
        ("css-display-grid", "display", "(?:inline-)?grid"),
        ("css-display-none", "display", "none"),
        ("css-flex-direction", "flex-(?:direction|flow)", r"(?:[\w-]+ )?column(?:-reverse)?(?: [\w-]+)?"),
        ("css-flex-wrap", "flex-(?:wrap|flow)", r"(?:[\w-]+ )?wrap(?:-reverse)?(?: [\w-]+)?"),
        ("css-unit-initial", r"[\w-]+", "initial"),
    )
)
#: A function or a keyword anywhere in a value -> feature.
WORDS = tuple(
    (slug, re.compile(rf"(?<![\w-]){word}"))
    for slug, word in (
        ("css-conic-gradient", r"(?:repeating-)?conic-gradient\("),
        ("css-function-clamp", r"clamp\("),
        ("css-function-light-dark", r"light-dark\("),
        ("css-function-max", r"max\("),
        ("css-function-min", r"min\("),
        ("css-intrinsic-size", r"(?:fit|min|max)-content(?![\w-])"),
        ("css-linear-gradient", r"(?:repeating-)?linear-gradient\("),
        ("css-modern-color", r"(?:ok)?(?:lch|lab)\("),
        ("css-radial-gradient", r"(?:repeating-)?radial-gradient\("),
        ("css-rgb", r"rgb\("),
        ("css-rgba", r"rgba\("),
        ("css-unit-calc", r"calc\("),
        ("css-variables", r"var\("),
    )
)
UNITS = ("ch", "cm", "em", "ex", "in", "mm", "pc", "pt", "px", "rem", "vh", "vmax", "vmin", "vw")
AT_RULES = {"@media": "css-at-media", "@import": "css-at-import", "@supports": "css-at-supports",
             "@font-face": "css-at-font-face", "@keyframes": "css-at-keyframes",
             "@-webkit-keyframes": "css-at-keyframes"}  # fmt: skip
MEDIA = tuple(
    (slug, re.compile(feature))
    for slug, feature in (
        ("css-at-media-device-pixel-ratio", r"\( ?(?:-webkit-)?(?:min-|max-)?device-pixel-ratio\b"),
        ("css-at-media-hover", r"\( ?(?:any-)?hover\b"),
        ("css-at-media-orientation", r"\( ?orientation\b"),
        ("css-at-media-prefers-color-scheme", r"\( ?prefers-color-scheme\b"),
        ("css-at-media-prefers-reduced-motion", r"\( ?prefers-reduced-motion\b"),
    )
)
PSEUDO = _named(
    "css-pseudo-class-",
    "active checked default first-child first-of-type focus focus-visible focus-within has hover lang last-child"
    " last-of-type link not nth-child nth-last-child nth-last-of-type nth-of-type only-child only-of-type target visited",
) | _named("css-pseudo-element-", "after before first-letter first-line marker placeholder")
SELECTORS = tuple(
    (slug, re.compile(pattern))
    for slug, pattern in (
        ("css-selector-adjacent-sibling", r"\+"),
        ("css-selector-attribute", r"\["),
        ("css-selector-chaining", r"[.#][\w-]+[.#]"),
        ("css-selector-child", ">"),
        ("css-selector-class", r"\.[\w-]"),
        ("css-selector-descendant", " "),
        ("css-selector-general-sibling", "~"),
        ("css-selector-grouping", ","),
        ("css-selector-id", r"#[\w-]"),
        ("css-selector-type", r"(?:^|[ >+~,(])[a-z]"),
        ("css-selector-universal", r"(?<![\w|])\*(?!\|)"),
    )
)
ELEMENTS = _named(
    "html-",
    "abbr acronym address audio base bdi blockquote code del dfn dialog div form hr img marquee meter object p"
    " picture pre progress rp rt ruby select small span strike strong style svg table textarea video wbr",
) | _grouped(
    {
        "html-h1-h6": "h1 h2 h3 h4 h5 h6",
        "html-lists": "ul ol dl",
        "html-semantics": "article aside details figcaption figure footer header main mark nav section summary time",
    }
)
ATTRIBUTES = _named(
    "html-",
    "align aria-describedby aria-hidden aria-label aria-labelledby aria-live background cellpadding cellspacing dir"
    " height hidden lang popover required role srcset target valign width",
) | {"inert": "css-inert-attribute", "loading": "html-loading-attribute", "usemap": "html-image-maps"}
INPUTS = _named("html-input-", "checkbox hidden radio reset submit text")
BUTTONS = _named("html-button-", "reset submit")
#: File extension of an image address -> feature; query and fragment are removed first.
PICTURES = _named("image-", "apng avif bmp gif ico jpg mp4 png svg tiff webp") | {
    "jpeg": "image-jpg", "tif": "image-tiff", "heic": "image-heif", "heif": "image-heif", "hdr": "image-hdr"
}  # fmt: skip

#: Feature -> values that every program with partial support does support.
PLAIN = {
    slug: re.compile(values)
    for slug, values in {
        "css-background": r"[a-z]+|#[0-9a-f]{3,6}",
        "css-border-radius": r"[^/]+",
        "css-font-size": r"0|[\d.]+(?:px|pt)",
        "css-font-weight": r"normal|bold|400|700",
        "css-letter-spacing": r"normal|0|[\d.]+px",
        "css-list-style": r"none|disc|circle|square|decimal|(?:lower|upper)-(?:alpha|latin|roman)",
        "css-overflow": r"hidden|visible",
        "css-rgb": r"[^(]*rgb\([\d%. ]+,[\d%. ]+,[\d%. ]+\)[^(]*",
        "css-text-align": r"left|right|center|justify",
        "css-text-indent": r"[\d.]+[a-z%]*",
        "css-text-transform": r"none|uppercase|capitalize",
        "css-word-spacing": r"normal|0|[\d.]+(?:px|pt|em)",
    }.items()
}

#: Every feature that the detector can find; composer/checks/support/caniemail.json has exactly these.
SLUGS = frozenset(
    (
        "css-comments", "css-important", "css-nesting", "css-sytem-ui", "css-unit-percent", "html-anchor-links",
        "html-comments", "html-link", "html-mailto-links", "html-meta-color-scheme", "image-base64",
        *PROPERTIES.values(), *(f"css-unit-{unit}" for unit in UNITS), *AT_RULES.values(), *PSEUDO.values(),
        *ELEMENTS.values(), *ATTRIBUTES.values(), *INPUTS.values(), *BUTTONS.values(), *PICTURES.values(),
        *(slug for slug, _, _ in VALUES),
        *(slug for table in (WORDS, MEDIA, SELECTORS) for slug, _ in table),
    )
)  # fmt: skip
