"""Short values, merge fields, sources and Markdown: what is accepted, what is rejected, and at which place."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.content.values.formats import date_hint, is_colour, iso_date, language_tag, web_address
from composer.content.values.markdown import parse_markdown
from composer.content.values.merge_fields import FieldBook, stand_ins, token_prefix
from composer.content.values.rich_elements import NoteMark
from composer.content.values.rich_text import Break, BulletList, Emphasis, Inline, Link, Paragraph, PlainWords, Quote
from composer.content.values.source_lines import parse_sources
from tests import processor_time

# Web addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://e.org/a?b=1#c", "https://e.org/a?b=1#c"),
        ("HTTPS://E.org/A", "https://e.org/A"),
        ("https://例子.中国/路", "https://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF"),
        ("https://e.org/a%20b", "https://e.org/a%20b"),
        ("https://e.org/a|b", "https://e.org/a%7Cb"),
        ("https://e.org:8443/", "https://e.org:8443/"),
        ("https://[::1]/", "https://[::1]/"),
        ("http://localhost/", "http://localhost/"),
        ("https://e.org/wiki/A_(b)", "https://e.org/wiki/A_(b)"),
    ],
)
def test_a_web_address_becomes_ascii(written: str, url: str) -> None:
    """Host names become A-labels, other characters are percent-encoded, encoded ones are kept."""
    assert web_address(written).url == url


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("htps://e.org", "did you mean https:// ?"),
        ("https:/e.org", "did you mean https:// ?"),
        ("https//e.org", "did you mean https://e.org ?"),
        ("www.e.org/a", "did you mean https://www.e.org/a ?"),
        ("“https://e.org”", "did you mean https://e.org ?"),
        ("<https://e.org>", "did you mean https://e.org ?"),
        ("https://e.org,", "did you mean https://e.org ?"),
        ("a page", "copy the address"),
        ("javascript:alert(1)", "start the address with https://"),
        ("ftp://e.org", "start the address with https://"),
        ("https://me:pw@e.org", "remove everything between // and @"),
        ("https://exa_mple.org", "write an address such as"),
        ("https://e..org", "write an address such as"),
        ("https://e.org:99999", "copy it"),
    ],
)
def test_an_invalid_address_gets_a_suggestion(written: str, words: str) -> None:
    """Invalid web addresses are rejected; the hint suggests the address that was probably meant."""
    given = web_address(written)
    assert not given.url
    assert given.problem
    assert words in given.hint


@given(st.text(max_size=40))
def test_an_address_is_plain_ascii_or_rejected(text: str) -> None:
    """An accepted address never contains a space, quotation mark or angle bracket."""
    url = web_address(f"https://{text}").url
    assert url.isascii()
    assert not set(url) & set(' \t\r\n"<>\\^`{|}')


# Dates, languages, colours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30.1.2025", "2025-01-30"),
        ("30.1.25", "2025-01-30"),
        ("30/1/2025", "2025-01-30"),
        ("1/30/2025", "2025-01-30"),
        ("2/1/2025", "2025-01-02 or 2025-02-01"),
        ("2025/1/30", "2025-01-30"),
        ("20250130", "2025-01-30"),
        ("2025年1月30日", "2025-01-30"),
        ("2025–01–30", "2025-01-30"),
        ("2025-01-30T08:00", "2025-01-30"),
    ],
)
def test_a_date_in_another_notation_is_recognised(written: str, meant: str) -> None:
    """Other notations are rejected, and the hint shows the date in the correct form."""
    assert isinstance(iso_date(written), str)
    assert date_hint(written) == f"did you mean {meant}?"


def test_a_hint_never_suggests_an_impossible_date() -> None:
    """A hint never suggests a day that is not in the calendar."""
    assert iso_date("2025-02-30") == "2025-02-30 is not a day in the calendar"
    for written in ("31.2.2025", "2025-13-01", "tomorrow"):
        assert "did you mean" not in date_hint(written)
    assert iso_date("2024-02-29") == datetime.date(2024, 2, 29)


def test_language_and_country_codes() -> None:
    """Tags are converted to their usual form; CN is Chinese, UK is not Ukrainian."""
    tags = {"EN": "en", "zh-hant": "zh-Hant", "pt-br": "pt-BR", "CN": "zh", "TW": "zh-Hant", "uk": "uk", "SE": "sv"}
    assert {text: language_tag(text) for text in tags} == tags
    tags = {
        "zh-TW": "zh-Hant",
        "zh_tw": "zh-Hant",
        "zh-HK": "zh-Hant-HK",
        "zh-CN": "zh",
        "zh-SG": "zh-Hans-SG",
        "de_AT": "de-AT",
    }
    assert {text: language_tag(text) for text in tags} == tags
    for text in ("UK", "US", "xx", "english", "", "e", "zh Hant", "zh-XX"):
        assert language_tag(text) is None


def test_colours_are_six_digits() -> None:
    """Only the form that every mail program supports is accepted."""
    assert is_colour("#9B1c1c")
    assert not any(is_colour(text) for text in ("red", "#fff", "9b1c1c", "#9b1c1g", "#9b1c1c "))


# Merge fields -------------------------------------------------------------------------------------------------------

KNOWN = {"first_name": None, "email": None, "company": "your firm", "title": ""}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Dear {{ first_name }},", "Dear [first_name],"),
        ("Dear {{first_name}},", "Dear [first_name],"),
        ('Dear {{ first_name | default("reader") }},', "Dear reader,"),
        ("Dear {{ first_name | default('reader') }},", "Dear reader,"),
        ("Dear {{ first_name | default(“reader”) }},", "Dear reader,"),
        ('Dear {{ first_name | default("") }}!', "Dear !"),
        ('two braces: {{ "{{" }} first_name }}', "two braces: {{ first_name }}"),
        ("one { brace }", "one { brace }"),
        ("news for {{ company }}", "news for your firm"),
        ('news for {{ company | default("you") }}', "news for you"),
        ("Dear {{ title }}reader", "Dear reader"),
    ],
)
def test_a_field_becomes_a_token_and_shows_its_default(written: str, shown: str) -> None:
    """The token has only letters and digits; without a subscriber, the default or the field name is shown."""
    book = FieldBook(known=KNOWN, mark=token_prefix(written))
    text, mistakes = book.replace(written)
    assert mistakes == ()
    for token, stand_in in stand_ins(book.fields).items():
        assert token.isascii()
        assert token.isalnum()
        text = text.replace(token, stand_in)
    assert text == shown


@pytest.mark.parametrize(
    ("written", "offset", "words"),
    [
        ("a {{ frist_name }}", 5, "unknown merge field “frist_name”"),
        ("a {{ first name }}", 2, "this is not a valid merge field: {{ first name }}"),
        ("a {{ first_name | upper }}", 2, "this is not a valid merge field"),
        ("a {{ first_name", 2, "this is not a valid merge field: {{ first_name"),
        (
            'a {{ name | default("reader") and many more words which follow here',
            2,
            '("reader") and many more words which follow…',
        ),
        ("a {{ first_name\nand more", 2, "this is not a valid merge field: {{ first_name…"),
        ("a {{", 2, "this is not a valid merge field"),
        ("a {{}}", 2, "this is not a valid merge field: {{}}"),
    ],
)
def test_an_invalid_field_is_reported_at_its_place(written: str, offset: int, words: str) -> None:
    """Unknown names are reported at the name, invalid fields at their braces."""
    _, mistakes = FieldBook(known=KNOWN, mark=token_prefix(written)).replace(written)
    assert [mistake.offset for mistake in mistakes] == [offset]
    assert words in mistakes[0].message


def test_a_token_never_occurs_in_the_text() -> None:
    """Tokens depend on the whole text, and never occur in it."""
    seed = "{{ first_name }}"
    first = FieldBook(known=KNOWN, mark=token_prefix(seed))
    again = FieldBook(known=KNOWN, mark=token_prefix(seed))
    assert first.mark == again.mark
    assert FieldBook(known=KNOWN, mark=token_prefix(seed + first.mark)).mark not in seed + first.mark


# Sources ------------------------------------------------------------------------------------------------------------


def _sources(text: str) -> list[tuple[str, str | None, str, str | None, str | None]]:
    found, mistakes = parse_sources(text)
    assert mistakes == ()
    return [
        (
            each.outlet.text,
            each.language,
            each.title.text,
            each.url.text if each.url else None,
            each.original_title.text if each.original_title else None,
        )
        for each in found
    ]


@pytest.mark.parametrize(
    ("line", "outlet", "language", "title", "url", "original"),
    [
        ("AP: [T](https://e.org)", "AP", None, "T", "https://e.org", None),
        ("State Council (CN): [T](https://e.org) (原题)", "State Council", "zh", "T", "https://e.org", "原题"),
        ("Caixin [zh]: [T](https://e.org)（原题）", "Caixin", "zh", "T", "https://e.org", "原题"),
        ("The Guardian (UK): [T](https://e.org)", "The Guardian (UK)", None, "T", "https://e.org", None),
        ("路透社：[T](https://e.org)", "路透社", None, "T", "https://e.org", None),
        ("新华社（CN）： [T](https://e.org)", "新华社", "zh", "T", "https://e.org", None),
        ("  - AP: [T](https://e.org).", "AP", None, "T", "https://e.org", None),
        ("AP: [T [a] b](https://e.org/x_(y))", "AP", None, "T [a] b", "https://e.org/x_(y)", None),
        (
            'AP: [T](https://e.org/{{ x | default("(a b)") }})',
            "AP",
            None,
            "T",
            'https://e.org/{{ x | default("(a b)") }}',
            None,
        ),
        ("AP: [T](https://e.org/?x={{ x }}) (原题)", "AP", None, "T", "https://e.org/?x={{ x }}", "原题"),
        ("Der Spiegel 12/2025: A title in print", "Der Spiegel 12/2025", None, "A title in print", None, None),
        ("Qiushi: A title (原题)", "Qiushi", None, "A title", None, "原题"),
        ("Qiushi: A title (in print)", "Qiushi", None, "A title (in print)", None, None),
    ],
)
def test_a_line_is_a_source(
    line: str, outlet: str, language: str | None, title: str, url: str | None, original: str | None
) -> None:
    """Outlet, language, title, address and original title are read in each form that editors use."""
    assert _sources(line) == [(outlet, language, title, url, original)]


@pytest.mark.parametrize(
    ("line", "offset", "words"),
    [
        ("AP [T](https://e.org)", 0, "this line is not a source"),
        ("AP:[T](https://e.org)", 0, "a space is missing"),
        (": [T](https://e.org)", 0, "the outlet is missing"),
        ("AP: https://e.org", 4, "the link of this source"),
        ("AP: [T] (https://e.org)", 4, "the link of this source"),
        ("AP: [ ](https://e.org)", 4, "the title is missing"),
        ("AP: [T](https://e.org/{{ x)", 4, "the link of this source"),
        ("AP [xx]: [T](https://e.org)", 4, "“xx” is not a language"),
        ("AP: [T](https://e.org) and more", 22, "only the original title in brackets may follow the link"),
    ],
)
def test_an_invalid_source_is_reported_at_its_place(line: str, offset: int, words: str) -> None:
    """Each line is checked separately, and the other lines are read."""
    text = f"BBC: [A](https://e.org)\n{line}\n\nCNN: [B](https://e.org)"
    found, mistakes = parse_sources(text)
    assert [each.outlet.text for each in found] == ["BBC", "CNN"]
    assert [mistake.offset for mistake in mistakes] == [24 + offset]
    assert words in mistakes[0].message


@given(st.text("a: [](){}（）：\n-中.", max_size=80))
def test_the_pieces_of_a_source_have_their_offsets(text: str) -> None:
    """Outlet, address and original title are at their offsets."""
    found, _ = parse_sources(text)
    for each in found:
        for piece in (each.outlet, each.url, each.original_title):
            assert piece is None or text[piece.offset :].startswith(piece.text)


def test_a_long_line_is_checked_quickly() -> None:
    """Even very long lines are checked quickly."""
    lines = (
        "a" * 300_000,
        "a " * 150_000,
        "a: [" + "(" * 200_000,
        "a: [x](" + "()" * 100_000,
        "a: " + "(" * 200_000,
    )
    with processor_time.at_most(2):
        for line in lines:
            parse_sources(line)


# Markdown -----------------------------------------------------------------------------------------------------------


def _inlines(text: str) -> tuple[Inline, ...]:
    rich, findings = parse_markdown(text)
    assert findings == ()
    assert len(rich.nodes) == 1
    assert isinstance(rich.nodes[0], Paragraph)
    return rich.nodes[0].children


def _plain(nodes: tuple[Inline, ...]) -> str:
    return "".join(
        node.text
        if isinstance(node, PlainWords)
        else "|"
        if isinstance(node, Break | NoteMark)
        else _plain(node.children)
        for node in nodes
    )


@pytest.mark.parametrize(
    ("text", "strong"),
    [
        ("他说**“你好”**了", "“你好”"),
        ("他说**你好**。", "你好"),
        ("**中文（测试）**后", "中文（测试）"),
        ("前**（测试）**后", "（测试）"),
        ("“**中文**”", "中文"),
        ("これは**「強調」**です", "「強調」"),
        ("한국어**(강조)**입니다", "(강조)"),
        ("**料金：**12.5%", "料金："),
        ("**時間：**Monday", "時間："),
        ("R1**（深度求索）**GPU", "（深度求索）"),
        ("He said **“hello”** twice", "“hello”"),
    ],
)
def test_emphasis_next_to_cjk_punctuation(text: str, strong: str) -> None:
    """Emphasis works in Chinese, Japanese and Korean, without spaces around the marks."""
    found = [node for node in _inlines(text) if isinstance(node, Emphasis)]
    assert [(node.strong, _plain(node.children)) for node in found] == [(True, strong)]


@pytest.mark.parametrize("text", ["5 * 3 * 2", "snake_case_word", "\\*a\\*", "a * b", "中 * 文 * 字"])
def test_marks_that_are_not_emphasis(text: str) -> None:
    """Marks between spaces, inside words and after a backslash are plain characters."""
    assert not any(isinstance(node, Emphasis) for node in _inlines(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("中文\n换行", "中文换行"),
        ("日本\n  語", "日本語"),
        ("中文，\n换行", "中文，换行"),
        ("**中文**\n换行", "中文换行"),
        ("中文\nlatin", "中文 latin"),
        ("한국\n어", "한국 어"),
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one|two"),
        ("one\\\ntwo", "one|two"),
    ],
)
def test_the_end_of_a_line(text: str, shown: str) -> None:
    """Between Chinese or Japanese characters it is nothing, else a space; two spaces or a backslash break the line."""
    assert _plain(_inlines(text)) == shown


def test_paragraphs_lists_and_quotes() -> None:
    """The supported blocks are read."""
    rich, findings = parse_markdown("one\n\n- a\n- b\n\n3. c\n\n> d")
    assert findings == ()
    assert [type(node) for node in rich.nodes] == [Paragraph, BulletList, BulletList, Quote]
    assert [node.start for node in rich.nodes if isinstance(node, BulletList)] == [None, 3]
    assert rich.head(1).blocks == 1
    assert rich.tail(1).blocks == 3
    assert not parse_markdown(" \n")[0]


def test_a_link_has_an_ascii_address() -> None:
    """Addresses in links are read like others; mailto: is also allowed."""
    found = [
        node
        for node in _inlines("[a](https://例子.中国/) [b](mailto:a@e.org) <https://e.org>")
        if isinstance(node, Link)
    ]
    assert [node.url for node in found] == ["https://xn--fsqu00a.xn--fiqs8s/", "mailto:a@e.org", "https://e.org"]


@pytest.mark.parametrize(
    ("text", "at", "code", "words"),
    [
        ("one\n\ntwo <b>three</b>", "<b>", "html", "HTML is not allowed"),
        ("one\n\n<table>\n</table>", "<table>", "html", "HTML is not allowed"),
        ("one <!-- note -->", "<!--", "html", "HTML is not allowed"),
        ("one\n# two", "# two", "markdown", "headings of this level"),
        ("one\n---", "---", "markdown", "turns the text above it into a heading"),
        ("one\n\n***", "***", "markdown", "horizontal lines"),
        ("one\n\n    two", "two", "markdown", "four or more extra spaces"),
        ("one\n\n~~~\ntwo\n~~~", "~~~", "markdown", "program code"),
        ("one ![two](three.png)", "![", "markdown", "pictures are not allowed"),
        ("one [](https://e.org)", "[]", "markdown", "this link has no text"),
        ("one [two](three)", "three", "url", "is not a web address"),
        ("one\ntwo [a](https://e.org) [b](htps://e.org)", "htps", "url", "is not a web address"),
        ("- one\n- two <i>x</i>", "<i>", "html", "HTML is not allowed"),
        ("> one\n> # two", "# two", "markdown", "headings of this level"),
        ("2024. Ein Jahr", "2024.", "markdown", "turn it into a list"),
    ],
)
def test_unsupported_markdown_is_reported_at_its_place(text: str, at: str, code: str, words: str) -> None:
    """The place is inside the text, not at its start."""
    _, findings = parse_markdown(text)
    assert [finding.code for finding in findings][:1] == [code]
    assert words in findings[0].message
    assert text[findings[0].offset :].startswith(at), text[findings[0].offset :]
