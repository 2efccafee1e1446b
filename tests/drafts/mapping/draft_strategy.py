"""Generated drafts: plausible ones, and ones that no editor would write."""

import unicodedata

from hypothesis import strategies as st

from composer.drafts.draft_document import Block, Comment, DraftDocument, Paragraph, Picture, Place, Region, Span, Table

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
_WORDS = st.sampled_from(
    [
        "market",
        "policy",
        "Beijing",
        "growth",
        "2024",
        "49.1",
        "percent",
        "‘quote’",
        "don’t",
        "co-operation",
        "EUR",
        "5.8",
        "billion",
        "深度求索",
        "Müller",
        "“quoted”",
        "U.S.",
        "a/b",
        "e.g.",
        "x_y",
        "*star*",
        "#",
        "1.",
        "[sic]",
        "{{name}}",
        "&",
        "<tag>",
        "(CN)",
        "https://example.org/a",
        "(25/01/20)",
        "Süd-Ost",
        "–",
        "—",
        "•",
        "|",
        ":",
        ";",
        "",
    ]
)
_SENTENCE = st.lists(_WORDS, min_size=1, max_size=25).map(" ".join)
_NAMES = st.sampled_from([
    "Top story", "TOP STORY", "Metrix", "Topics", "China digest", "MERICS China digest", "Our latest podcasts", "Podcasts",
    "The facts", "What to watch", "Our analysis", "Media coverage and sources", "Sources", "Contents", "In this issue",
    "Editorial team", "Publisher", "A. Example", "B. Sample, Senior Editor", "Example Institute", "Sample Street 1",
    "Subject", "Preheader", "China Briefing", "January 30, 2025", "Issue 214 | 30 January 2025", "By Anna Li and Bo Ek",
    "In brief", "A letter", "Lead story", "Dates", "12 February 2025, 18:00, Berlin", "A voice", "— Anna Li, Analyst", "49.1",
    "Further reading", "New in the house", "Press review", "32 min", "Place: Berlin", "(Source: AP)", "Topics of the week",
    "Reuters: A title (原题)", "Figure 1: A chart", "Table 1: Numbers", "2", "(BBC)", "Source: AP", "Date: 12 March 2025",
])  # fmt: skip
_TEXT = st.one_of(
    _SENTENCE,
    _SENTENCE,
    _NAMES,
    st.tuples(_NAMES, _SENTENCE).map(": ".join),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Mn"]), max_size=30).map(
        lambda text: unicodedata.normalize("NFC", text)
    ),
)
_LINKS = st.sampled_from(
    ["", "", "", "https://example.org/x", "https://example.org/y?a=b", "mailto:a@example.org", "file:///x"]
)
_SPAN = st.builds(Span, _TEXT, is_bold=st.booleans(), is_italic=st.sampled_from([False, False, True]), link=_LINKS)
_MARK = st.one_of(
    st.builds(Span, st.just(""), footnote=st.sampled_from("123")),
    st.builds(Span, st.just(""), comment=st.sampled_from("ab")),
)
_SEPARATED = st.lists(st.one_of(_SPAN, _SPAN, _SPAN, _MARK), min_size=1, max_size=4).map(
    lambda spans: tuple(each for span in spans for each in (span, Span(" ")))
)
_JOINED = st.lists(st.one_of(_SPAN, _MARK), min_size=1, max_size=3).map(tuple)
_SPANS = st.one_of(
    _SEPARATED,
    _SEPARATED,
    _JOINED,
    _NAMES.map(lambda text: (Span(text),)),
    _NAMES.map(lambda text: (Span(text, is_bold=True),)),
)
_PLACE = st.builds(Place, st.integers(1, 99))
_PARAGRAPH = st.builds(
    Paragraph,
    _SPANS,
    _PLACE,
    heading_level=st.sampled_from([0, 0, 0, 0, 1, 2, 3]),
    list_level=st.sampled_from([0, 0, 0, 0, 1, 1, 2]),
    is_numbered=st.booleans(),
    is_quote=st.sampled_from([False, False, False, False, True]),
    region=st.sampled_from([Region.BODY] * 8 + [Region.HEADER, Region.FOOTER, Region.CONTENTS, Region.TEXT_BOX]),
)
_CELL = st.one_of(_SPANS, st.just(()))
_TABLE = st.builds(
    Table, st.lists(st.lists(_CELL, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple), _PLACE
)
_PICTURE = st.builds(
    Picture,
    st.sampled_from([PNG, PNG, b""]),
    st.just("image/png"),
    _PLACE,
    alt=st.one_of(st.just(""), _SENTENCE),
    source=st.just("media/x.png"),
)
_BLOCK: st.SearchStrategy[Block] = st.one_of(
    _PARAGRAPH, _PARAGRAPH, _PARAGRAPH, _PARAGRAPH, _PARAGRAPH, _TABLE, _PICTURE
)

documents = st.builds(
    DraftDocument,
    st.lists(_BLOCK, min_size=1, max_size=25).map(tuple),
    footnotes=st.dictionaries(st.sampled_from("123"), _SPANS, max_size=2),
    comments=st.just((Comment("a", "Anna", "Check this", Place(1)), Comment("b", "Bo", "And this", Place(2)))),
)
