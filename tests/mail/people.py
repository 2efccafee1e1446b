"""A thousand subscribers with difficult values, and editions for them.

Input: nothing; the same every time. Output: values, and editions that are filled in two ways: with tokens, as in the
program, and by a reference with its own escapes. Guarantees: does not import the code that it checks.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: Merge fields of the editions, with their defaults; the last one is a link.
FIELDS: Mapping[str, str | None] = {
    "first_name": "subscriber",
    "last_name": "",
    "company": "your {{house}} & <co>",
    "email": None,
    "unsubscribe_url": "https://news.example.org/n/unsubscribe",
}
TOKENS = {name: f"qbcdfghj{number:04d}z" for number, name in enumerate(FIELDS)}

_WORDS = [
    *["Anna", "Müller", "O'Neil", "Ιωάννης", "Владимир", "José", "von der Leyen-Schmidt", "x", "Nguyễn Thị Minh"],
    *["王小明", "中华人民共和国", "，。「」", "김철수", "さくら", "ｶﾀｶﾅ", "\U00020000"],
    *["שלום", "محمد بن سلمان", "\u202eright\u202c to left", "\u200f", "a\u0301e\u0301"],
    *["\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f600", "\U0001f1e9\U0001f1ea", "❤️"],
    *["&<>\"'", "&amp;", "&#x27;", "<b>", "</p>", "<!--", "-->", "]]>", "{{ x }}", "%41", "%", "+", "=", "=3D", "=\n"],
    *[".", "..", ". ", ".hidden", "From ", "From me", ">From ", "--", "-- ", "=_alternative-", "\t", "  ", " "],
    *["=?utf-8?q?a?=", "=?", "?=", "\\", '"', ",", ";", "(", ")", "@", "https://evil.example/?a=1&b=2#c", "../../"],
    *["javascript:alert(1)", '"><script>alert(1)</script>', "' onmouseover='alert(1)", "data:text/html,x"],
    *["\r\nBcc: x@evil.example", "\r\n\r\nbody", "\n.\n", "\r\n.\r\nMAIL FROM:<x@evil.example>", "\0", "\x1b[31m"],
    *["\x85", "\u2028", "\ud800", "\ufeff", "\u200b", "\u00a0", *TOKENS.values()],
]
_LONG = ["x", "ab ", "文", "中 ", "é", ".", "=", "😀", "From ", " "]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A subscriber: values by the names of fields."""

    number: int
    values: Mapping[str, str]


def people(count: int) -> list[Person]:
    """Return subscribers: some of each described kind, the others combined at random."""
    chance = random.Random(6)
    found = []
    for number in range(count):
        plain = [_value(chance, number) for _ in range(4)]
        url = f"https://news.example.org/n/unsubscribe/{chance.getrandbits(120):x}?a=1&b=%20{number}"
        values = dict(zip(FIELDS, [*plain, url], strict=True))
        # The only field without a default always has a value.
        values["email"] = values["email"] if values["email"].strip() else f"reader{number}@example.org"
        found.append(Person(number=number, values=values))
    return found


def _value(chance: random.Random, number: int) -> str:
    match number % 8:
        case 0:
            return chance.choice(["", " ", "\t"])
        case 1:
            return chance.choice([".", "From ", "..", "From"]) + "".join(chance.choices(_WORDS, k=2))
        case 2:
            return (chance.choice(_LONG) * 2000)[:2000]
        case 3 | 4:
            return chance.choice(_WORDS)
        case _:
            return "".join(chance.choices(_WORDS, k=chance.randrange(1, 9)))


def one_line(value: str) -> str:
    """Return a value as mail can show it: controls, line ends and surrogates as spaces."""
    return "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cs") else each for each in value)


def _in_html(value: str) -> str:
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
    return "".join(named.get(each, each) for each in one_line(value))


def _in_address(value: str) -> str:
    return "".join(
        chr(octet) if chr(octet).isalnum() and octet < 128 or chr(octet) in "-._~" else f"%{octet:02X}"
        for octet in one_line(value).encode()
    )


#: How values are written, by the word before the field's name in an edition.
_WAYS: Mapping[str, Callable[[str], str]] = {
    "text": one_line,
    "html": _in_html,
    "in-address": _in_address,
    # The subscribers' links are valid.
    "text-address": lambda value: value,
    "html-address": _in_html,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An edition whose merge fields name their escape: `⟦html first_name⟧`."""

    name: str
    subject: str
    html: str
    text: str

    def tokens(self) -> tuple[str, str, str]:
        """Return subject, HTML and text as input for the program."""
        return self._filled(lambda _, field: TOKENS[field])

    def reference(self, person: Person) -> tuple[str, str, str]:
        """Return subject, HTML and text as the subscriber must see them."""

        def written(way: str, field: str) -> str:
            value = person.values[field]
            return _WAYS[way](value if value.strip() else FIELDS[field] or "")

        return self._filled(written)

    def _filled(self, write: Callable[[str, str], str]) -> tuple[str, str, str]:
        filled = [
            re.sub("⟦([a-z-]+) ([a-z_]+)⟧", lambda match: write(match[1], match[2]), each)
            for each in (self.subject, self.html, self.text)
        ]
        return filled[0], filled[1], filled[2]


_PAGE = (
    '<html lang="en"><head><title>⟦html first_name⟧</title></head><body>⟦html first_name⟧'
    '<p title="⟦html company⟧" class="x">Dear ⟦html first_name⟧⟦html last_name⟧\n⟦html last_name⟧\n.⟦html company⟧</p>'
    '<!--[if mso]><td title="⟦html first_name⟧"><![endif]-->\n⟦html first_name⟧'
    '<a href="https://example.org/⟦in-address company⟧/⟦in-address last_name⟧?n=⟦in-address first_name⟧&amp;m=1'
    '#⟦in-address email⟧">page</a> ⟦html email⟧ <a href="⟦html-address unsubscribe_url⟧">leave</a>WORDS</body></html>'
)
_NOTE = (
    "⟦text first_name⟧\n\nDear ⟦text first_name⟧ ⟦text last_name⟧,\n⟦text company⟧\n.⟦text company⟧\n"
    "⟦text last_name⟧⟦text last_name⟧\n"
    "  ⟦text email⟧ <https://example.org/⟦in-address company⟧?n=⟦in-address first_name⟧>\nWORDS\n"
    "Leave <⟦text-address unsubscribe_url⟧>\n\n⟦text last_name⟧"
)
#: In quoted-printable; in base64; only fields; without fields.
SHEETS = (
    Sheet(
        name="english",
        subject="News for ⟦text first_name⟧, ⟦text company⟧",
        html=_PAGE.replace("WORDS", "<p>An ordinary paragraph of some length.  With two blanks.</p>\n" * 12),
        text=_NOTE.replace("WORDS", "An ordinary paragraph of some length.  With two blanks. \n.\nFrom here\n" * 4),
    ),
    Sheet(
        name="chinese",
        subject="⟦text first_name⟧的简报",
        html=_PAGE.replace("WORDS", "<p>中华人民共和国的一个段落。</p>\n" * 30),
        text=_NOTE.replace("WORDS", "中华人民共和国的一个段落。\n" * 30),
    ),
    Sheet(
        name="fields only",
        subject="⟦text last_name⟧",
        html="⟦html last_name⟧⟦html first_name⟧⟦html email⟧",
        text="⟦text first_name⟧\n⟦text last_name⟧⟦text email⟧",
    ),
)
