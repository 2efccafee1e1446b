"""Foreign markup, merge fields and placeholders are found at their place; similar characters in prose are not reported."""

import datetime
from pathlib import Path

import pytest

from composer.checks.text_patterns.foreign_markup import foreign_markup
from composer.checks.text_patterns.merge_tags import merge_tags
from composer.checks.text_patterns.open_details import open_details
from composer.checks.text_patterns.placeholders import placeholders
from composer.core.errors import Problem
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from tests import processor_time
from tests.factories import LETTER, ROOT, sample_message

pytestmark = pytest.mark.slow

NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
#: Without the hostile one, whose texts contain HTML and templates.
GOLDEN = ("chinese", "events", "fields", "letter", "linked", "variants")
CODES = ("MARK01", "FIELD02", "EDIT07")

#: A text, the markup in it, and a part of the hint.
MARKUP: list[tuple[str, str, str]] = [
    ("See (words)[https://example.org/x] here.", "(words)[https://example.org/x]", "[words](https://example.org/x)"),
    ("See [words]{https://example.org/x} here.", "[words]{https://example.org/x}", "[words](https://example.org/x)"),
    ("See [words]<https://example.org/x> here.", "[words]<https://example.org/x>", "[words](https://example.org/x)"),
    ("See (words)[www.example.org].", "(words)[www.example.org]", "[words](www.example.org)"),
    ("See [words][ref] here.", "[words][ref]", "[words](https://…)"),
    ("See [the words][] here.", "[the words][]", "[the words](https://…)"),
    ("[ref]: https://example.org/x", "[ref]: https://example.org/x", "[words](https://…)"),
    ("See [[Grids Package]] here.", "[[Grids Package]]", "[words](https://…)"),
    ("**Bold without end here.", "**", "**bold words**"),
    ("Some **bold without end here.", "**", "**bold words**"),
    ("Some __bold without end here.", "__", "**bold words**"),
    ("**Bold** and **bold without end.", "**", "**bold words**"),
    ("**Bold over\n\ntwo paragraphs** is no bold.", "**", "**bold words**"),
    ("This is an *important point without end.", "*", "*words*"),
    ("This is ==marked== text.", "==marked==", "**words**"),
    ("This is ~~struck~~ text.", "~~struck~~", "remove the words"),
    ("Much :smile: text.", ":smile:", "😀"),
    ("Much :thumbs_up: text.", ":thumbs_up:", "😀"),
    ("Year\tGDP\n2024\t5.0", "Year\tGDP\n2024\t5.0", "headings"),
    ("• one bullet", "•", "- words"),
    ("◦ another bullet", "◦", "- words"),
    ("·  a bullet", "·", "- words"),
    ("\uf0b7 a bullet of Word", "\uf0b7", "- words"),
    ("o\ta bullet of Word", "o", "- words"),
    ("–\tdash with tab", "–", "- words"),
    ("– one\n– two", "– one\n– two", "- words"),
    ("A note^[of Pandoc] here.", "^[of Pandoc]", "[^1]: the note"),
    ("- [ ] a task", "- [ ]", "- words"),
    ("- [x] a task", "- [x]", "- words"),
    ("Then - [ ] a task", "- [ ]", "- words"),
    ("CO~2~ rises", "~2~", "₂"),
    ("A km^2^ of land", "^2^", "²"),
    ("[url=https://example.org]words[/url]", "[/url]", "**bold**"),
    ("::: warning", "::: warning", "**bold**"),
    ("Words {.lead} here", "{.lead}", "**bold**"),
]
#: A title, the markup in it, and a part of the hint.
PLAIN: list[tuple[str, str, str]] = [
    ("*The Grid* episode 12", "*The Grid*", "write   The Grid"),
    ("A **bold** title", "**bold**", "write   bold"),
    ("A _stressed_ title", "_stressed_", "write   stressed"),
    ("A [link](https://example.org) in it", "[link](https://example.org)", "write   link"),
    ("Dogs &amp; cats", "&amp;", "HTML"),
    ("A <b>bold</b> title", "<b>", "HTML"),
    ("A ~~struck~~ title", "~~struck~~", "remove the words"),
    ("A title[^2]", "[^2]", "in brackets"),
]
FIRST_NAMES = (
    *(
        "*|FNAME|*",
        "*|FNAME:there|*",
        "{first_name}",
        "{First Name}",
        "{FirstName|there}",
        "%FIRSTNAME%",
        "%first_name%",
    ),
    *(
        "%%first%%",
        "%%FirstName%%",
        "[First Name]",
        "[FNAME]",
        "[[firstname]]",
        "<<First Name>>",
        "«Vorname»",
        "{$first_name}",
    ),
    *("{Vorname}", "[Vorname]", "${firstName}", "%recipient.first_name%", "##firstname##", "#FIRSTNAME#", "{prénom}"),
    *("{!Contact.FirstName}", "[subscriber:firstname | default:subscriber]", "~Contact.FirstName~", "@@FNAME@@"),
    *("{subscriber.first_name}", "[%first_name%]", "<First Name>", "$firstname$"),
)
TAGS: list[tuple[str, str]] = [
    *((each, '{{ first_name | default("reader") }}') for each in FIRST_NAMES),
    ("%NAME%", '{{ name | default("reader") }}'),
    ("{$name}", '{{ name | default("reader") }}'),
    ("{姓名}", '{{ name | default("reader") }}'),
    ("[Your Name]", '{{ name | default("reader") }}'),
    ("{EMAIL}", "{{ email }}"),
    ("[email]", "{{ email }}"),
    ("{last_name}", '{{ last_name | default("reader") }}'),
    ("*|COMPANY|*", "fields:"),
    ("{Anrede}", "fields:"),
    ("*|UNSUB|*", "remove it"),
    ("{unsubscribe_link}", "remove it"),
    ("%%unsubscribe%%", "remove it"),
    ("*|IF:FNAME|*", "only:"),
    ("{% if first_name %}", "only:"),
]
UNFINISHED = [
    *(
        "TODO",
        "FIXME",
        "XXX",
        "xxx",
        "TBD",
        "tbd",
        "TKTK",
        "???",
        "lorem ipsum",
        "Lorem ipsum",
        "[TK]",
        "[tk]",
        "[to come]",
    ),
    *(
        "[To Come]",
        "[tbc]",
        "[Platzhalter]",
        "[Zitat folgt]",
        "[à compléter]",
        "[insert quote here]",
        "[link]",
        "【待补】",
    ),
    *(
        "（待补）",
        "数据待补",
        "待补充",
        "quote TK",
        "figure TK",
        "XX percent",
        "€xx",
        "[email protected]",
        "Insert text here",
    ),
    *("TK headline", "[CHECK WITH FINANCE]", "[PRÜFEN]"),
    *(
        "<fill in later>",
        "<title to come>",
        "<TBD>",
        "<add a link>",
        "<your name here>",
        "<hier Zitat einfügen>",
        "<请填写>",
    ),
    *("TEXT GOES HERE", "your text goes here"),
]
#: Prose with similar characters, which must not be reported.
PROSE = [
    "Prices* rise, and 5 * 3 = 15.",
    "*Prices exclude VAT.",
    "Price** and price*, say the notes.\n\n** with VAT\n\n* without",
    "Price** says it.\n\n**Without VAT.",
    "It is significant (*p<0.05, **p<0.01).",
    "2 ** 3 is 8, and 2**3, too.",
    "Die Leser*innen und Bürger:innen",
    "M*A*S*H and f*** it",
    "About ~5 percent, ~/folder, a ~ b",
    "“He [sic] said […] and [...] that [Macron] won”[2]",
    "As [1][2] and [12] show",
    "In code {} and {code} and {a: 1} and {0} and /users/{name}",
    "50% of men and 30% of women; 100 % Name, 20 %",
    "The %change% of it is 3 %",
    "TK says so. Tokelau (TK) and Die TK (Techniker Krankenkasse) agree; T.K. Smith and TK Maxx, too.",
    "Best wishes\n\nTK",
    "A CHECK (CHECK) of [CHECK](https://example.org/page) and a photo by TK.",
    "Draft: a poem, and the DRAFT - a story",
    "Flight number TK 1952 to Istanbul",
    "Super Bowl XXX, Article XXX and Louis XIV",
    "Todo el mundo lo sabe.",
    "短板待补，仍需努力。",
    "That is where the text goes here, and the link goes here and there.",
    "Write `<add the date later>` or `<title to come>`, <https://example.org/later>, a < b and c > later, <link>",
    "Really???",
    "[name withheld], [emphasis added], [edit]",
    "<<Bonjour>>, «Bonjour», «Name»",
    "@name says #name is #hashtag",
    "$5 and $6, name $7",
    "x | y | z, and |x| is absolute",
    "C++ and C# and A == B and C == D",
    "At 10:30:15, a:b:c, note: this: that",
    "— Bonjour. Dit-il.\n\n— Salut.",
    "– one line with a dash",
    "snake_case_name and __init__ and _",
    "1^2 and 2^3",
    "See [words](https://example.org/a~~b~~c_d_(e)) and https://example.org/x_y_z/**/[^1]",
    r"Escaped \*\*stars\*\*, \[^1\], \~\~this\~\~ and \| that \|",
    '{{ first_name | default("[First Name]") }} and {{ name }}',
    "- one\n- two **bold**\n- *three*",
    "1. one\n2. two",
    "> **A quote** of *somebody*",
    "**Bold:** and *this*, **that**.",
    "他说**重点**，然后*强调*。",
    "A line\\\nand another  \nand more",
    "The [subscriber] is told [what] to do",
]  # fmt: skip


@pytest.mark.parametrize(("text", "found", "hint"), MARKUP, ids=[text for text, _, _ in MARKUP])
def test_foreign_markup_is_found(text: str, found: str, hint: str) -> None:
    """Markup is found once, at its offset, and the hint says what to write."""
    for lead, rest in (("", ""), ("A paragraph before.\n\n", ""), ("", "\n\nA paragraph behind.")):
        made = foreign_markup(f"{lead}{text}{rest}", is_plain=False)
        assert [each.text for each in made] == [found]
        assert f"{lead}{text}{rest}"[made[0].offset :].startswith(found)
        assert hint in made[0].hint


@pytest.mark.parametrize(("text", "found", "hint"), PLAIN, ids=[text for text, _, _ in PLAIN])
def test_markup_in_a_title_is_found(text: str, found: str, hint: str) -> None:
    """Titles are plain text, so Markdown is reported there."""
    made = foreign_markup(text, is_plain=True)
    assert made[0].text == found
    assert hint in made[0].hint


@pytest.mark.parametrize(("tag", "hint"), TAGS, ids=[tag for tag, _ in TAGS])
def test_merge_tags_of_other_programs_are_found(tag: str, hint: str) -> None:
    """A merge field is found anywhere in a text, and the hint names the field to write instead."""
    for text in (f"Dear {tag}, hello", tag, f"亲爱的{tag}：你好", f"({tag})"):
        (found,) = merge_tags(text)
        assert text[found.offset :].startswith(found.text)
        assert hint in found.hint


@pytest.mark.parametrize("words", UNFINISHED)
def test_placeholders_are_found(words: str) -> None:
    """A placeholder is found within a sentence and as the whole text."""
    for text in (f"It grew by {words} this year.", words):
        ((offset, found),) = placeholders(text)
        assert text[offset:].startswith(found)
        assert found in words


#: A text with an open detail, and the words that say so.
OPEN = [
    ("Venue: TBC", "TBC"),
    ("Room: TBD", "TBD"),
    ("Time and room tbc", "tbc"),
    ("The room is to be confirmed.", "to be confirmed"),
    ("Time: [to be confirmed]", "to be confirmed"),
    ("Berlin, 18:30 (TBC)", "TBC"),
    ("In Room 4 (TBC) of the house", "TBC"),
    ("On 3 February 2025 (tbc) in Paris", "tbc"),
    ("TBC (room)", "TBC"),
    ("Ort: tbd", "tbd"),
    ("Beginn 14 Uhr (tbc)", "tbc"),
    ("Raum noch offen", "noch offen"),
    ("Uhrzeit wird noch bekannt gegeben.", "wird noch bekannt gegeben"),
    ("地点：待定", "待定"),
    ("时间待定", "待定"),
    ("（会场待确认）", "待确认"),
]
#: Placeholders of editors, and news.
NOT_OPEN = [
    "The growth rate was TBD",
    "figure TBC",
    "Source: TBC",
    "It grew by 14 (TBC)",
    "TBC percent at the time",
    "this takes time: TK",
    "Room: TODO",
    "[to come]",
    "A new date is to be confirmed by parliament",
    "Die Frage ist noch offen",
    "Zahl: TBD",
    "数据待定",
    "【待定】",
]


@pytest.mark.parametrize(("text", "words"), OPEN)
def test_open_details_are_found(text: str, words: str) -> None:
    """Open details are found in a text, and as the whole text of a time or a place."""
    assert list(open_details(text)) == [(text.index(words), words)]
    assert list(open_details(words, is_detail=True)) == [(0, words)]


@pytest.mark.parametrize("text", NOT_OPEN)
def test_placeholders_are_not_open_details(text: str) -> None:
    """Missing numbers, sources and notes to colleagues are not open details."""
    assert list(open_details(text)) == []


def test_levels_of_open_details_and_placeholders(tmp_path: Path) -> None:
    """A room to be confirmed is an info; a missing number or TODO is a blocker."""
    body = "- Room: TBC\n- 会场：待定\n- Ort: [noch offen]\n- It grew by TBC\n- Room: TODO"
    newsletter = f"{LETTER}  dates:\n    type: events\n"
    workspace = sample_message(tmp_path, body, newsletter=newsletter)
    path = workspace.issue("2025-01-30")
    text = path.read_text(encoding="utf-8")
    path.write_text(
        f"{text}dates:\n  - title: TBC\n    date: 2025-02-03\n    place: TBC\n    time: tbc\n", encoding="utf-8"
    )
    found = [(each.line, each.level.value) for each in sorted(_findings(workspace), key=lambda each: each.line)]
    top = found[0][0]
    assert [(line - top, level) for line, level in found] == [
        (0, "info"),
        (1, "info"),
        (2, "info"),
        (3, "blocker"),
        (4, "blocker"),
        (6, "blocker"),
        (8, "info"),
        (9, "info"),
    ]


def test_bullets_in_a_row_are_one_finding() -> None:
    """A list is reported at its first bullet, with its number of items; a paragraph in between separates two lists."""
    for text, counts in (
        ("• one\n• two\n• three", ["(3 in a row)"]),
        ("• eins\n\n• zwei", ["(2 in a row)"]),
        ("• 一\n• 二\n\n中文\n\n• 三", ["(2 in a row)", ""]),
        ("• one\nthat goes on\n• two", ["", ""]),
        ("- [ ] one\n- [x] two", ["(2 in a row)"]),
        ("• one\n:smile: two", ["", ""]),
    ):
        found = foreign_markup(text, is_plain=False)
        assert [each.message.partition("(")[1] + each.message.partition("(")[2] for each in found] == counts
        assert found[0].offset == 0


@pytest.mark.parametrize("text", PROSE)
def test_prose_has_no_findings(text: str) -> None:
    """Characters in prose are not reported."""
    assert foreign_markup(text, is_plain=False) == ()
    assert merge_tags(text) == ()
    assert list(placeholders(text)) == []
    if not any(sign in text for sign in ("**", "*this*", "](", "*three*", "\\[")):
        assert foreign_markup(text, is_plain=True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "| Year\t| GDP |\n|------|-----|\n| 2024\t| 5.0 |",
        "A note[^1] here.\n\n[^1]: Article 14 of the draft.",
        "Write `~~words~~` or ``==words==`` or `:smile:`",
    ],
)
def test_elements_of_markdown_are_not_foreign(text: str) -> None:
    """Tables, footnotes and code are read, so they are not reported."""
    assert foreign_markup(text, is_plain=False) == ()


def _findings(workspace: Workspace, stem: str = "2025-01-30") -> tuple[Problem, ...]:
    return tuple(each for each in check_issue(workspace, workspace.issue(stem), NOW).problems if each.code in CODES)


def test_places_in_the_file(tmp_path: Path) -> None:
    """Line and column are right in paragraphs, lists and titles, also after merge fields and other mistakes."""
    body = 'Hello {{ first_name | default("you") }}, see ^[a] and ~~this~~.\n\n- one *|FNAME|*\n- two [to come]\n\n'
    workspace = sample_message(tmp_path, f"{body}A\tB\n1\t2")
    path = workspace.issue("2025-01-30")
    text = path.read_text(encoding="utf-8").replace('subject: "A letter"', 'subject: "A *fine* letter"')
    path.write_text(text.replace("letter:\n", 'letter:\n  title: "To [First Name]"\n'), encoding="utf-8")
    assert [
        (each.code, each.line, each.column, each.level.value)
        for each in sorted(_findings(workspace), key=lambda each: each.line)
    ] == [
        ("MARK01", 2, 13, "warning"),
        ("FIELD02", 4, 14, "blocker"),
        ("MARK01", 6, 50, "warning"),
        ("MARK01", 6, 59, "warning"),
        ("FIELD02", 8, 11, "blocker"),
        ("EDIT07", 9, 11, "blocker"),
        ("MARK01", 11, 5, "warning"),
    ]


def test_initials_in_a_name_are_not_a_placeholder(tmp_path: Path) -> None:
    """TK is accepted as an author, but not as a title."""
    newsletter = LETTER + "  voice:\n    type: quote\n"
    workspace = sample_message(tmp_path, newsletter=newsletter)
    path = workspace.issue("2025-01-30")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "voice:\n  quote: |\n    Words.\n  author: TK\n", encoding="utf-8")
    assert _findings(workspace) == ()
    path.write_text(text.replace("letter:\n", "letter:\n  title: TK\n"), encoding="utf-8")
    assert [each.code for each in _findings(workspace)] == ["EDIT07"]


@pytest.mark.parametrize("folder", [".", "examples/gallery", *(f"tests/golden/{name}" for name in GOLDEN)])
def test_correct_newsletters_have_no_findings(folder: str) -> None:
    """The sample, the gallery and the golden newsletters have no findings."""
    workspace = Workspace(root=ROOT / folder)
    for path in workspace.yaml_files():
        assert [str(each) for each in _findings(workspace, path.stem)] == []


@pytest.mark.parametrize(
    "sign",
    [
        "*",
        "**a ",
        "| a ",
        "[",
        "[a",
        "(a)[",
        "{",
        "{{",
        "{{a",
        "~~a",
        "_a ",
        "– a\n",
        "a\tb\n",
        "](",
        "*|a",
        "«a ",
        "%a",
        " \n",
    ],
)
def test_long_repetitions_are_quick(sign: str) -> None:
    """A text of 50,000 characters takes less than three seconds."""
    text = sign * (50_000 // len(sign))
    with processor_time.at_most(3):
        for is_plain in (True, False):
            foreign_markup(text, is_plain=is_plain)
        merge_tags(text)
        list(placeholders(text))
