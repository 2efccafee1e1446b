"""The markup of other programs, by its signs: what each looks like, and what to write instead.

Output: rules, each a kind, a pattern for texts without what is not prose (foreign_markup.py), and what is told. Values only.
"""

import re
from collections.abc import Callable

#: In the place of what is not prose.
BLANK = "\x01"
_ADDRESS = r"(?:https?://|www\.|mailto:)"
_LIST_HINT = "write   - words   with a hyphen and a space; an empty line before the list"


def _say(message: str, hint: str) -> Callable[[re.Match[str]], tuple[str, str]]:
    return lambda match: (message, hint)


def _link(match: re.Match[str]) -> tuple[str, str]:
    return "a link is written the other way round", f"write   [{match['words']}]({match['url']})"


def _reference(match: re.Match[str]) -> tuple[str, str]:
    return (
        "links whose address is at another place are not known here",
        f"write   [{match['words']}](https://…)   with the address",
    )


#: What is told of a match: a message and a hint.
_Say = Callable[[re.Match[str]], tuple[str, str]]


def _rules(*rules: tuple[str, str, _Say]) -> tuple[tuple[str, re.Pattern[str], _Say], ...]:
    """Compile rules: a kind (none where each hint is another one), a pattern, what is told."""
    return tuple((kind, re.compile(pattern, re.MULTILINE), say) for kind, pattern, say in rules)


#: In every text.
EVERYWHERE = _rules(
    (
        "footnote",
        r"\[\^[^\]\s]{1,20}\]:?|\^\[[^\]\n]+\]",
        _say(
            "footnotes are not known here",
            "write the note in brackets in its sentence, or name the source below   sources:",
        ),
    ),
    (
        "struck",
        r"~~(?=[^\s~])[^~\n]{1,300}(?<=[^\s~])~~",
        _say("words cannot be struck out here", "leave them out, or write   (not: …)"),
    ),
    (
        "marked",
        r"(?<![=\w<>!])==(?=[^\s=])[^=\n]{1,300}(?<=[^\s=])==(?![=\w])",
        _say("words cannot be marked with a colour here", "write   **words**"),
    ),
    (
        "raised",
        r"(?<=[A-Za-z])~\d{1,3}~|(?<=\w)\^\w{1,4}\^",
        _say("raised and lowered signs are not known here", "type the sign itself, such as ₂ in H₂O or ² in m²"),
    ),
    (
        "emoji",
        r"(?<![\w:/])[:](?:[a-z]+_[a-z_]+|smil\w*|smirk|wink|grin|joy|heart|fire|tada|rocket|star|check|warning|eyes|clap|wave|\+1|bulb|bell|"
        r"calendar|chart|memo|pushpin|sparkles|thumbsup|point_\w+|x|zap|book|mega|globe|earth\w*|sun\w*|sob|cry|laugh\w*|100):(?![\w:/])",
        _say("an emoji is not written by its name here", "type the sign itself: 😀"),
    ),
    (
        "",
        rf"\((?P<words>[^()\n]+)\)\[\s*(?P<url>{_ADDRESS}[^\]\s]*)\s*\]",
        _link,
    ),
    (
        "",
        rf"\[(?P<words>[^\[\]\n]+)\]\s?[{{<]\s*(?P<url>{_ADDRESS}[^}}>\s]*)\s*[}}>]",
        _link,
    ),
    (
        "wiki",
        r"\[\[[^\[\]\n|:*]+(?:\|[^\[\]\n]+)?\]\]",
        _say("links of a wiki are not known here", "write   [words](https://…)"),
    ),
    (
        "tag",
        r"\[/(?:b|i|u|s|url|img|quote|code|color|size|list|center|caption|button)\]",
        _say("tags in square brackets are not known here", "write   **bold**, *emphasis* or [words](https://…)"),
    ),
)
#: In Markdown.
RICH = _rules(
    (
        "task",
        r"(?:^|(?<=\s))[-*+] \[[ xX]\](?=\s)",
        _say("lists of tasks are not known here", "write   - words   and say in words what is done"),
    ),
    (
        "definition",
        rf"^ {{0,3}}\[(?!\^)[^\[\]\n]+\]:\s+<?{_ADDRESS}\S+",
        _say("an address at the end of the text is not known here", "write it where its words are: [words](https://…)"),
    ),
    (
        "",
        r"(?<![\]!\w])\[(?P<words>(?!(?:sic|…|\.\.\.|\d+|[\^ xX])\])[^\[\]\n]{2,})\]"
        r"\[(?!sic\]|…\]|\.\.\.\])[\w. -]{0,30}\](?![\[(])",
        _reference,
    ),
    (
        "bullet",
        r"^[ \t]*(?:[•◦▪▫‣∙●○▸►➢\uf0a7\uf0b7\uf076\uf0d8\uf0fc][ \t]*(?=\S)|·[ \t]+|[o§Øü–—][ \t]*\t[ \t]*)",
        _say("this sign makes no list here: the lines run together", _LIST_HINT),
    ),
    (
        "dash",
        r"^ *[–—] +\S.*\n(?: *[–—] +\S.*(?:\n|\Z))+",
        _say("dashes of this kind make no list: the lines run together", _LIST_HINT),
    ),
    (
        "box",
        r"^ *:{3,} *\w.*|^!!! \w.*|\{[#.][a-z][\w-]*\}",
        _say("boxes and attributes are not known here", "leave the line out; what is important may be **bold**"),
    ),
)
#: In titles, names and captions, which are plain.
PLAIN = _rules(
    (
        "",
        r"(?<![\w*\\])(\*{1,3})(?=[\w“„\"'‘(¿¡#$€@])(?P<words>[^*\n]{1,200})(?<=[\w.!?…”“\"'’)%])\1(?![\w*])",
        lambda match: ("this text is plain: the * would be read", f"write   {match['words']}   without *"),
    ),
    (
        "",
        r"(?<![\w_])(?:_(?=[^\W_])(?P<words>[^_\n]{1,200})(?<=[^\s_])_|__(?=[^\W_])(?P<more>[^_\n]*\s[^_\n]*)(?<=[^\s_])__)(?![\w_])",
        lambda match: (
            "this text is plain: the _ would be read",
            f"write   {match['words'] or match['more']}   without _",
        ),
    ),
    (
        "",
        rf"\[(?P<words>[^\[\]\n]+)\]\(\s*(?:{_ADDRESS}|{BLANK})[^()\s]*\s*\)",
        lambda match: (
            "this text is plain: a link cannot be in it",
            f"write   {match['words']}   and put the address below   url:   or into a text",
        ),
    ),
    (
        "html",
        r"</?(?:b|i|u|em|strong|br|p|a|span|sup|sub|font|div|small)(?:\s[^<>]*)?/?>|&(?:amp|nbsp|quot|lt|gt|shy|ndash|mdash|[a-z]{1,2}uml|eacute|#x?\d+);",
        _say("this text is plain: HTML in it would be read as it is written", "type the sign itself, without HTML"),
    ),
)
