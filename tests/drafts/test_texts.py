"""Reading Markdown and plain text."""

from base64 import b64encode

import pytest

from composer.drafts.draft_document import DraftDocument
from composer.drafts.formats.draft_error import DraftError
from composer.drafts.formats.draft_reader import read_draft
from tests.drafts.shown import shown, shown_spans

PNG = b"\x89PNG1234"


def read(text: str, name: str = "draft.md") -> DraftDocument:
    return read_draft(text.encode(), name)


GOOGLE = f"""# **China Briefing**

## Top story {{#top-story}}

**Our analysis:** US\\-China talks *go* on\\!\x20\x20
next line [^1]

* Reuters: [Chips](https://www.google.com/url?q=https://reuters.example&sa=D)
  * below
3. three
4. four

| Year | Cars |
| :---- | ----: |
| 2025 | **1** |

![A chart][image1]

\\# no heading, 1\\. no list

[image1]: <data:image/png;base64,{b64encode(PNG).decode()}>

[^1]:  A note with a [link](https://n.example).
"""


def test_markdown_of_google_docs() -> None:
    """Escapes, footnotes, tables and pictures that are defined at the end."""
    document = read(GOOGLE)
    assert shown(document) == [
        "# China Briefing", "## Top story", "*Our analysis:* US-China talks /go/ on!⏎next line[^1]",
        "- Reuters: Chips<https://reuters.example>", "  - below", "3. three", "4. four", "=| Year | Cars |\n| 2025 | *1* |",
        "[A chart: image/png, 8 bytes, ]", "# no heading, 1. no list",
    ]  # fmt: skip
    assert {key: shown_spans(note) for key, note in document.footnotes.items()} == {
        "1": "A note with a link<https://n.example>."
    }
    assert [block.place.number for block in document.blocks] == [1, 3, 5, 8, 9, 10, 11, 13, 17, 19]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A <Reuters> report <br>and <b>more</b> <https://x.example>",
         ["A <Reuters> report⏎and *more* https://x.example<https://x.example>"]),
        ("one\ntwo  \nthree\\\nfour", ["one two⏎three⏎four"]),
        ("> a\n> b\n\n> c", ["> a b", "> c"]),
        ("```\ncode  x\n```\n\n    indented", ["`code x`", "`indented`"]),
        ("[^9]: nobody refers to this", ["[^9]: nobody refers to this"]),
        ("Title\n=====\n\na & b &amp; c &copy; <!-- no -->", ["# Title", "a & b & c ©"]),
        ("~~old~~ new", ["old new"]),
        ("<div>\n<Reuters>\n</div>", ["<Reuters>"]),
    ],
)  # fmt: skip
def test_markdown(text: str, expected: list[str]) -> None:
    """CommonMark with tables, strikethrough and HTML; unknown tags stay text."""
    assert shown(read(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Top story\n\nA paragraph that was ended by the width of a window and so\ncontinues here.\n\nB. Sample\nEditor",
         ["Top story", "A paragraph that was ended by the width of a window and so continues here.", "B. Sample⏎Editor"]),
        ("Top story\nA line\nAnother", ["Top story", "A line", "Another"]),
        ("- one\n  goes on\n• two\n  - below\n\n1. typed\n#no", ["- one goes on", "- two", "  - below", "1. typed⏎#no"]),
        ("see https://a.example/x?fbclid=1, or (https://b.example).",
         ["see https://a.example/x?fbclid=1<https://a.example/x>, or (https://b.example<https://b.example>)."]),
        ("\ufeffHi\r\n\r\n**\x0bthere\u00ad", ["Hi", "**⏎there"]),
    ],
)  # fmt: skip
def test_plain_text(text: str, expected: list[str]) -> None:
    """Paragraphs are between empty lines, or are lines; only bullets are marks."""
    assert shown(read(text, "-")) == expected


def test_encodings() -> None:
    """UTF-8, UTF-16 and Windows-1252 are told apart; the name decides only between Markdown and plain text."""
    text = "Grüße aus der Redaktion – „Köln“"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"):
        assert shown(read_draft(text.encode(encoding), "notes.txt")) == [text]
    assert shown(read("# A", "notes.txt")) == ["# A"]
    assert shown(read("*a*", "notes.txt")) == ["*a*"]
    assert shown(read("*a*", "notes.md")) == ["/a/"]


@pytest.mark.parametrize("data", [b"", b" \n ", bytes(5000), bytes(range(256)) * 20])
def test_no_text(data: bytes) -> None:
    """Empty and binary files are refused."""
    with pytest.raises(DraftError):
        read_draft(data, "draft")
