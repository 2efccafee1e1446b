"""The markup of other programs: what each kind looks like, and what to write instead.

Output: rules, each with a kind, a pattern for prose (foreign_markup.py), and a function that returns message and hint.
"""

import re
from collections.abc import Callable

#: Replaces what is not prose.
BLANK = "\x01"
_ADDRESS = r"(?:https?://|www\.|mailto:|tel:)"
_LIST_HINT = "write   - words   with a hyphen and a space, and an empty line before the list"


def _say(message: str, hint: str) -> Callable[[re.Match[str]], tuple[str, str]]:
    return lambda match: (message, hint)


def _link(match: re.Match[str]) -> tuple[str, str]:
    return (
        "text and address of this link are in the wrong order or brackets",
        f"write   [{match['words']}]({match['url']})",
    )


def _reference(match: re.Match[str]) -> tuple[str, str]:
    return (
        "reference links are not supported",
        f"write   [{match['words']}](https://…)   with the address",
    )


#: Returns the message and the hint for a match.
_Say = Callable[[re.Match[str]], tuple[str, str]]


def _rules(*rules: tuple[str, str, _Say]) -> tuple[tuple[str, re.Pattern[str], _Say], ...]:
    """Compile rules: a kind (empty if each match has its own hint), a pattern, a function for message and hint."""
    return tuple((kind, re.compile(pattern, re.MULTILINE), say) for kind, pattern, say in rules)


#: In every text.
EVERYWHERE = _rules(
    (
        "footnote",
        r"\^\[[^\]\n]+\]",
        _say(
            "footnotes within a sentence are not supported",
            "write   [^1]   in the sentence, and   [^1]: the note   on a line of its own at the end of the text",
        ),
    ),
    (
        "struck",
        r"~~(?=[^\s~])[^~\n]{1,300}(?<=[^\s~])~~",
        _say("strikethrough is not supported", "remove the words, or write   (not: …)"),
    ),
    (
        "marked",
        r"(?<![=\w<>!])==(?=[^\s=])[^=\n]{1,300}(?<=[^\s=])==(?![=\w])",
        _say("highlighting is not supported", "write   **words**"),
    ),
    (
        "raised",
        r"(?<=[A-Za-z])~\d{1,3}~|(?<=\w)\^\w{1,4}\^",
        _say("superscript and subscript are not supported", "type the character itself, such as ₂ in H₂O or ² in m²"),
    ),
    (
        "emoji",
        r"(?<![\w:/])[:](?:[a-z]+_[a-z_]+|smil\w*|smirk|wink|grin|joy|heart|fire|tada|rocket|star|check|warning|eyes|clap|wave|\+1|bulb|bell|"
        r"calendar|chart|memo|pushpin|sparkles|thumbsup|point_\w+|x|zap|book|mega|globe|earth\w*|sun\w*|sob|cry|laugh\w*|100):(?![\w:/])",
        _say("emoji names are not supported", "type the emoji itself: 😀"),
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
        _say("wiki links are not supported", "write   [words](https://…)"),
    ),
    (
        "tag",
        r"\[/(?:b|i|u|s|url|img|quote|code|color|size|list|center|caption|button)\]",
        _say("tags in square brackets are not supported", "write   **bold**, *emphasis* or [words](https://…)"),
    ),
)
#: In Markdown.
RICH = _rules(
    (
        "task",
        r"(?:^|(?<=\s))[-*+] \[[ xX]\](?=\s)",
        _say("task lists are not supported", "write   - words   and say in the text what is done"),
    ),
    (
        "definition",
        rf"^ {{0,3}}\[(?!\^)[^\[\]\n]+\]:\s+<?{_ADDRESS}\S+",
        _say("addresses of reference links are not supported", "write the address at its words:   [words](https://…)"),
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
        _say("this character does not start a list item: the lines are shown as one paragraph", _LIST_HINT),
    ),
    (
        "dash",
        r"^ *[–—] +\S.*\n(?: *[–—] +\S.*(?:\n|\Z))+",
        _say("a long dash does not start a list item: the lines are shown as one paragraph", _LIST_HINT),
    ),
    (
        "box",
        r"^ *:{3,} *\w.*|^!!! \w.*|\{[#.][a-z][\w-]*\}",
        _say("boxes and attributes are not supported", "remove them; use   **bold**   for important words"),
    ),
)
#: In titles, names and captions, which are plain.
PLAIN = _rules(
    (
        "footnote",
        r"\[\^[^\]\s]{1,20}\]:?",
        _say(
            "this text is plain: it cannot contain a footnote",
            "write the note in brackets, or move it to a Markdown text",
        ),
    ),
    (
        "",
        r"(?<![\w*\\])(\*{1,3})(?=[\w“„\"'‘(¿¡#$€@])(?P<words>[^*\n]{1,200})(?<=[\w.!?…”“\"'’)%])\1(?![\w*])",
        lambda match: ("this text is plain: subscribers would see the *", f"write   {match['words']}   without *"),
    ),
    (
        "",
        r"(?<![\w_])(?:_(?=[^\W_])(?P<words>[^_\n]{1,200})(?<=[^\s_])_|__(?=[^\W_])(?P<more>[^_\n]*\s[^_\n]*)(?<=[^\s_])__)(?![\w_])",
        lambda match: (
            "this text is plain: subscribers would see the _",
            f"write   {match['words'] or match['more']}   without _",
        ),
    ),
    (
        "",
        rf"\[(?P<words>[^\[\]\n]+)\]\(\s*(?:{_ADDRESS}|{BLANK})[^()\s]*\s*\)",
        lambda match: (
            "this text is plain: it cannot contain a link",
            f"write   {match['words']}   and put the address below   url:   or in a Markdown text",
        ),
    ),
    (
        "html",
        r"</?(?:b|i|u|em|strong|br|p|a|span|sup|sub|font|div|small)(?:\s[^<>]*)?/?>|&(?:amp|nbsp|quot|lt|gt|shy|ndash|mdash|[a-z]{1,2}uml|eacute|#x?\d+);",
        _say("this text is plain: subscribers would see the HTML code", "type the character itself, without HTML"),
    ),
)
