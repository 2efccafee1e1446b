"""Difficult texts for property tests: mixed scripts, invisible characters, everything that headers treat specially."""

from hypothesis import strategies as st

from composer.core.addresses import Address

_SPECIAL = [
    "=?",
    "?=",
    "=?utf-8?q?foo?=",
    "=",
    "?",
    "_",
    '"',
    "\\",
    "<",
    ">",
    ",",
    ";",
    ":",
    "@",
    "(",
    ")",
    "%",
    "'",
    ".",
]
_BLANK = [" ", "  ", "   ", "\u00a0", "\u3000", "\u200d", "\u200b", "\u202e", "\ufeff"]
_WORDS = [
    *["a", "News", "From ", "briefing", "x" * 80, "https://example.org/" + "y" * 90],
    *[
        "\u4e2d\u6587",
        "\u9031\u520a",
        "M\u00fcller",
        "\u0435\u0432\u0440\u043e\u043f\u0430",
        "\u05e9\u05dc\u05d5\u05dd",
    ],
    *[
        "\u0645\u0631\u062d\u0628\u0627",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f600",
        "e\u0301",
        "\u00e9",
    ],
]

#: One line of text, for titles, names and file names. No controls, no lone surrogates.
line = st.one_of(
    st.lists(st.sampled_from([*_SPECIAL, *_BLANK, *_WORDS, " "]), max_size=30).map("".join),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120),
)
#: A body: lines with every type of line end, dot lines, `From ` lines, trailing spaces, very long lines.
_BODY = [
    "\n",
    "\r\n",
    "\r",
    "\n.",
    "\n.\n",
    "\nFrom ",
    " \n",
    "\t\n",
    ".",
    "=",
    "<p>",
    "\x0c",
    "\u2028",
    "ab " * 60,
    "." * 90,
]
body = st.lists(st.sampled_from([*_BODY, *_SPECIAL, *_BLANK, *_WORDS]), max_size=40).map("".join)

address = st.builds(
    lambda name, local, domain: Address(name=name.strip(), address=f"{local}@{domain}"),
    line,
    st.sampled_from(["a", "anna.li", "o'neil+news", "x" * 64, "a=b?c=d"]),
    st.sampled_from(["example.org", "m\u00fcnchen.example", "a-very-long-label-for-a-domain.news.example.org"]),
)

#: A file name without outer spaces, which Python's parser strips.
file_name = line.map(str.strip).filter(bool)
