"""Mistakes of editors and their messages: every row with its place, code and text.

The texts are in mistakes.txt, for people to proofread. `make golden` rewrites it; a change there changes what editors
read.
"""

import re
from pathlib import Path

import pytest

from composer.core.errors import Problem
from composer.core.workspace import Workspace
from tests.content.issue_factory import ISSUE, issue_workspace, problems
from tests.drafts.word_factory import paragraph, word_file

HERE = Path(__file__).parent
WORDS = HERE / "mistakes.txt"

#: An edit: the action (replace, write, link), the file, and the texts.
Edit = tuple[str, str, str | bytes, str]
I = "issues/2025-01-30.yaml"  # noqa: E741
N = "newsletter.yaml"
T = '  title: "A title"'
_STORY = re.search(r"top_story:.*?(?=topics:)", ISSUE, re.DOTALL)
assert _STORY is not None
STORY = _STORY[0]
SECOND = '  - title: "Second topic"\n    facts: |\n      Facts.\n'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
#: A mail server in newsletter.yaml.
SMTP = "delivery:\n  smtp:\n    host: smtp.example.org\n"


def r(old: str, new: str) -> Edit:
    """Replace in the issue."""
    return ("replace", I, old, new)


def n(old: str, new: str) -> Edit:
    """Replace in newsletter.yaml."""
    return ("replace", N, old, new)


def f(path: str, data: bytes) -> Edit:
    """Write a file."""
    return ("write", path, data, "")


CASES: list[tuple[str, Edit | list[Edit]]] = [
    ("colon in a title", r(T, "  title: China: the new rules")),
    ("colon at the end of a title", r(T, "  title: The new rules:")),
    ("hash in a title", r(T, "  title: Ranked #1 in exports")),
    ("a color without quotes", n('accent: "#9b1c1c"', "accent: #9b1c1c             # the main color")),
    ("a comment right behind a quoted text", r(T, '  title: "A title"# Top')),
    ("hash with two spaces and a word", r(T, "  title: Ranked  #1 in exports")),
    ("leading quote", r(T, '  title: "Quote" says the desk')),
    ("text after empty quotes", r(T, '  title: "" Ranked first')),
    ("text after empty quotes, with a quote", r(T, '  title: "" Ranked first"')),
    ("inner quotes", r(T, '  title: "He said "no" to all"')),
    ("inner quotes at the beginning", r(T, '  title: ""Great" plans"')),
    ("inner quotes at the end", r(T, '  title: "A plan they call "great""')),
    ("quotes at both ends of the text", r(T, '  title: "China" and "Taiwan"')),
    ("apostrophe", r(T, "  title: 'It's late'")),
    ("unclosed quote", r(T, '  title: "A title')),
    ("unclosed single quote", r(T, "  title: 'A title")),
    ("leading star", r(T, "  title: *Stars* rise")),
    ("leading bold", r(T, "  title: **Bold** move")),
    ("leading bracket", r(T, "  title: [Analysis] A title")),
    ("a title that is a list", r(T, "  title: [Analysis]")),
    ("leading brace", r(T, "  title: {Brace} A title")),
    ("unquoted field", r(T, "  title: {{ first_name }} and you")),
    ("only an unquoted field", r(T, "  title: {{ first_name }}")),
    ("leading percent", r(T, "  title: %5 growth")),
    ("leading at", r(T, "  title: @desk says")),
    ("leading backtick", r(T, "  title: `code` says")),
    ("leading exclamation", r(T, "  title: !important news")),
    ("leading ampersand", r(T, "  title: &co rise")),
    ("ampersand and a space", r(T, "  title: & Co rise")),
    ("leading greater", r(T, "  title: > 50 percent")),
    ("leading greater without a space", r(T, "  title: >50 percent")),
    ("text after the pipe", r("  body: |\n    First paragraph.", "  body: | First paragraph.")),
    ("leading question mark", r(T, "  title: ? what now")),
    ("leading dash", r(T, "  title: - a dash")),
    ("en dash for a list", r(SECOND, SECOND.replace("  - title", "  – title"))),
    ("en dash for all items of a list", [r("  - title", "  – title"), r("  - title", "  — title")]),
    ("en dash for items of one key", r(SECOND, "metrics:\n  – value: 3\n  – value: 4\n")),
    ("en dash in front of texts", n("fields:", "editors:\n  – a@example.org\n  – b@example.org\nfields:")),
    ("leading comma", r(T, "  title: , a comma")),
    ("comment at the margin inside a text", r("    First paragraph.\n", "    First paragraph.\n# Remember this.\n")),
    ("comment at the margin before a text", r("  body: |\n", "  body: |\n# Remember this.\n\n # And this.\n")),
    ("key made a comment, not its group", r("top_story:\n", "note: |\n  Hello.\n\n# top_story:\n")),
    ("key made a comment, not its text", r("  sources: |", "#  sources: |")),
    ("unindented paragraph", r("    Second paragraph.", "Second paragraph goes on here.")),
    ("half indented paragraph", r("    Second paragraph.", "   Second paragraph.")),
    ("unindented paragraph with a colon", r("    Second paragraph.", "Background: this is new.")),
    (
        "text without a pipe",
        r("  body: |\n    First paragraph.\n\n    Second paragraph.", "  body:\n    Background: this is new."),
    ),
    (
        "text below an empty key at its level",
        r("  body: |\n    First paragraph.\n\n    Second paragraph.", "  body:\n  First paragraph."),
    ),
    ("key one space too far", r("  sources: |", "   sources: |")),
    ("key one space too little", r("  sources: |", " sources: |")),
    ("list item out of line", r('  - title: "Second topic"', '   - title: "Second topic"')),
    ("full-width colon", r(T, "  title：A title")),
    ("full-width colon at the top", r('subject: "A subject"', 'subject："A subject"')),
    ("curly quotes with a colon", r(T, "  title: “China: a title”")),
    ("curly quotes around a key", r(T, '  “title”: "A title"')),
    ("no-break space in front", r(T, '\u00a0\u00a0title: "A title"')),
    ("full-width space in front", r(T, '\u3000title: "A title"')),
    ("tab in front", r(T, '\ttitle: "A title"')),
    (
        "comma in braces",
        r('  - title: "First topic"\n    facts: |\n      Facts.', "  - {title: China, a giant, facts: x}"),
    ),
    ("no space after the colon", r(T, '  title:"A title"')),
    ("no space after the dash", r('  - title: "First topic"', '  -title: "First topic"')),
    ("three dashes in the middle", r("topics:", "---\ntopics:")),
    ("line with a percent sign", r("topics:", "%topics:")),
    ("bad escape", r(T, '  title: "C:\\data"')),
    ("invisible character by escape", r(T, '  title: "A\\x1b title"')),
    ("alias", r(T, "  title: *one")),
    ("merge key", r(T, '  title: "A title"\n  <<: *base')),
    ("two colons", r(T, '  title:: "A title"')),
    ("a list where a key should be", r("metrix:", "- metrix\nmetrix:")),
    (
        "two syntax errors in one section",
        r(
            '  title: "A title"\n  body: |\n    First paragraph.',
            "  title: A: title\n  body: > 50\n    First paragraph.",
        ),
    ),
    ("syntax errors in two sections", [r(T, "  title: A: title"), r('  - title: "First topic"', "  - title: @topic")]),
    (
        "a syntax error and a wrong address elsewhere",
        [r(T, "  title: A: title"), r("https://example.org/2", "htps://example.org/2")],
    ),
    ("duplicate key", r(T, T + '\n  title: "Another"')),
    ("duplicate section", r("metrix:", "chart:\n  image: x\nmetrix:")),
    ("misspelled key", r(T, '  titel: "A title"')),
    ("key with a capital", r(T, '  Title: "A title"')),
    ("misspelled section", r("topics:", "topcis:")),
    ("unknown key", r("number: 214", "colour: red")),
    ("missing subject", r('subject: "A subject"\n', "")),
    ("empty subject", r('subject: "A subject"', 'subject: ""')),
    ("missing required section", r(STORY, "")),
    ("empty required section", r(STORY, "top_story:\n")),
    ("missing key in an item", r('  - title: "Second topic"\n    facts: |\n      Facts.', '  - title: "Second topic"')),
    ("empty key in an item", r('  - title: "Second topic"', "  - title:")),
    ("too many items", r("metrix:", '  - title: "Third"\n    facts: |\n      Facts.\nmetrix:')),
    ("too few items", n("    max: 2", "    min: 3")),
    ("list for text", r(T, '  title:\n    - "A title"')),
    ("keys for text", r(T, '  title:\n    words: "A title"')),
    (
        "text for a list",
        r(
            ISSUE[ISSUE.index("topics:") : ISSUE.index("\nmetrix:")],
            'topics: "none"',
        ),
    ),
    ("text for keys", r("metrix:\n  value: 49.10\n  body: |\n    A number.", "metrix: 49.10")),
    ("list for keys", r("metrix:\n  value: 49.10", "metrix:\n  - value: 49.10")),
    ("words for a number", r("number: 214", "number: two hundred")),
    ("number with a dot", r("number: 214", "number: 21.4")),
    ("negative number", r("number: 214", "number: -3")),
    ("impossible date", r("2025-01-30", "2025-02-30")),
    ("German date", r("2025-01-30", "30.1.2025")),
    ("American date", r("2025-01-30", "1/30/2025")),
    ("date with slashes", r("2025-01-30", "2025/1/30")),
    ("date in words", r("2025-01-30", "30 January 2025")),
    ("misspelled scheme", r("https://example.org/1", "htps://example.org/1")),
    ("no scheme", r("https://example.org/1", "www.example.org/1")),
    ("password in an address", r("https://example.org/1", "https://me:secret@example.org/1")),
    ("no host", r("https://example.org/1", "https:///1")),
    ("host with an underscore", r("https://example.org/1", "https://exa_mple.org/1")),
    ("script address in a text", r("First paragraph.", "A [link](javascript:alert) here.")),
    ("link with a space", r("First paragraph.", "A [link](https://example.org/a b) here.")),
    ("link without words", r("First paragraph.", "A [](https://example.org/) here.")),
    ("space in a web address", r("  value: 49.10", '  value: 49.10\n  url: "https://example.org/a b"')),
    ("field in a host", r("First paragraph.", "A [link](https://{{ company }}.example.org/) here.")),
    ("field in the host of a key", r("  value: 49.10", '  value: 49.10\n  url: "https://{{ company }}/a"')),
    ("field in the host of a source", r("https://example.org/1", "https://x.{{ company }}.org/1")),
    ("field in the port", r("First paragraph.", "A [link](https://example.org:{{ company }}/) here.")),
    ("field before the host", r("First paragraph.", "A [link](https://{{ company }}@example.org/) here.")),
    ("field for a whole address", r("  value: 49.10", '  value: 49.10\n  url: "{{ company }}"')),
    ("field in a mail address", r("First paragraph.", "A [link](mailto:{{ company }}@example.org) here.")),
    ("sender without an at", n("desk@example.org", "desk.example.org")),
    ("sender with umlaut before the at", n("desk@example.org", "bäcker@example.org")),
    ("two senders", n("The Desk <desk@example.org>", "desk@example.org, two@example.org")),
    ("colour by name", n('"#9b1c1c"', "red")),
    ("colour without quotes", n('"#9b1c1c"', "#9b1c1c")),
    ("time zone", n("timezone: UTC", "timezone: Berlin")),
    ("language", n("language: en", "language: English")),
    ("language without phrases", n("language: en", "language: sw")),
    ("raw HTML", r("Second paragraph.", "Second <b>paragraph</b>.")),
    ("HTML block", r("Second paragraph.", "<table><tr></tr></table>")),
    ("heading", r("Second paragraph.", "## Second paragraph")),
    ("underlined heading", r("    Second paragraph.", "    Second paragraph\n    ---")),
    ("mail address as a link", r("Second paragraph.", "[Write to us](desk@example.org).")),
    (
        "sources after dashes, one without brackets",
        [
            r(
                "  sources: |\n    Reuters: [One](https://example.org/1)\n    AP",
                "  sources:\n    - Reuters: One, https://example.org/1\n    - AP",
            )
        ],
    ),
    ("date in English words", r("date: 2025-01-30", "date: 30 January 2025")),
    ("date in German words", r("date: 2025-01-30", "date: 30. Januar 2025")),
    ("picture still in the cloud", [r("assets/chart.png", "assets/cloud.png"), f("issues/assets/cloud.png", b"")]),
    ("picture from an iPhone", [r("assets/chart.png", "assets/photo.jpg"), f("issues/assets/photo.jpg", HEIC)]),
    (
        "picture that is a web page",
        [r("assets/chart.png", "assets/photo.jpg"), f("issues/assets/photo.jpg", b"<!doctype html>\n<html>")],
    ),
    ("picture in Git LFS", [r("assets/chart.png", "assets/photo.jpg"), f("issues/assets/photo.jpg", LFS)]),
    ("picture in a text", r("Second paragraph.", "![chart](chart.png)")),
    ("footnote without text", r("Second paragraph.", "Second paragraph.[^1]")),
    ("unused footnote", r("Second paragraph.", "[^1]: Second paragraph.")),
    ("table without caption", r("Second paragraph.", "| A | B |\n    |---|---|\n    | 1 | 2 |")),
    ("ragged table", r("Second paragraph.", ": C\n    | A | B |\n    |---|---|\n    | 1 | 2 | 3 |")),
    ("table without dashes", r("Second paragraph.", "| A | B |\n    | 1 | 2 |")),
    ("unknown callout", r("Second paragraph.", "> [!tip]\n    > Second paragraph.")),
    (
        "unknown figure",
        r(
            "Second paragraph.\n",
            "{figure chrt}\n  figures:\n    chart:\n      image: assets/chart.png\n      alt: A\n",
        ),
    ),
    ("figure without a key", r("Second paragraph.", "{figure chart}")),
    ("three figures in a row", r("Second paragraph.", "{figure a b c}")),
    ("figure in a sentence", r("Second paragraph.", "As {figure chart} shows.")),
    ("pull quote without text", r("Second paragraph.", "> [!pullquote]")),
    ("button in a sentence", r("Second paragraph.", "See [this](https://example.org/x){button}.")),
    ("telephone link without a number", r("Second paragraph.", "[Call](tel:desk).")),
    ("field in a telephone number", r("First paragraph.", "A [link](tel:+49{{ company }}) here.")),
    ("fenced code", r("    Second paragraph.", "    ```\n    code\n    ```")),
    ("indented code", r("    Second paragraph.", "        Second paragraph.")),
    ("rule", r("    Second paragraph.", "    Second paragraph.\n\n    ***")),
    ("picture missing", r("assets/chart.png", "assets/chrat.png")),
    ("picture with capitals", r("assets/chart.png", "assets/Chart.png")),
    ("picture in no folder", r("assets/chart.png", "pictures/chart.png")),
    ("picture not in the folder next to the issue", r("assets/chart.png", "assets/none-such.jpg")),
    (
        "logo not in the newsletter's folder",
        n("brand:\n", "brand:\n  logo:\n    light: none-such.png\n    alt: Logo\n"),
    ),
    ("picture is a text", [r("assets/chart.png", "assets/note.png"), f("issues/assets/note.png", b"hello")]),
    (
        "picture is a drawing",
        [
            r("assets/chart.png", "assets/note.svg"),
            f("issues/assets/note.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ],
    ),
    ("picture cut off", [r("assets/chart.png", "assets/cut.png"), f("issues/assets/cut.png", b"CUT")]),
    ("picture too large", [r("assets/chart.png", "assets/big.png"), f("issues/assets/big.png", b"BIG")]),
    ("picture is a folder", r("assets/chart.png", "assets")),
    ("picture outside", r("assets/chart.png", "../../chart.png")),
    ("picture by absolute path", r("assets/chart.png", "/etc/chart.png")),
    ("picture by Windows path", r("assets/chart.png", '"C:\\\\chart.png"')),
    (
        "picture through a link",
        [r("assets/chart.png", "assets/link.png"), ("link", "issues/assets/link.png", "/etc/hostname", "")],
    ),
    ("picture from the web", r("assets/chart.png", "https://example.org/chart.png")),
    ("missing alt", r('  alt: "A chart"\n', "")),
    ("blank alt", r('  alt: "A chart"', "  alt:")),
    ("unknown field", r("A subject", "Dear {{ frist_name }}")),
    ("malformed field", r("A subject", "Dear {{ first name }}")),
    ("field with a filter", r("A subject", "Dear {{ first_name | upper }}")),
    ("field in a text", r("Second paragraph.", "Dear {{ firstname | default('you') }}.")),
    ("field never closed", r("Second paragraph.", "Dear {{ first_name.")),
    ("control character", r("Second", "Sec\x07ond")),
    ("line separator", r("Second", "Sec\u2028ond")),
    ("not UTF-8", f(I, 'date: 2025-01-30\nsubject: "Bäcker"\n'.encode("latin-1"))),
    ("UTF-16", f(I, "date: 2025-01-30\n".encode("utf-16"))),
    ("50 MB", f(I, b"HUGE")),
    ("empty file", f(I, b"")),
    ("only a comment", f(I, b"# nothing\n")),
    ("a list at the top", f(I, b"- one\n- two\n")),
    ("a text at the top", f(I, b"hello\n")),
    ("nested too deep", f(I, b"a: " + b"[" * 100 + b"]" * 100)),
    ("alias bomb", f(I, b"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n")),
    ("source without an outlet", r("Reuters: [One]", "[One]")),
    ("source without a space", r("Reuters: [One]", "Reuters:[One]")),
    ("source with text after the link", r("(https://example.org/1)", "(https://example.org/1) and more")),
    ("source with a broken link", r("[One](https://example.org/1)", "[One] (https://example.org/1)")),
    ("source with a wrong language", r("AP (CN)", "AP [chinese!]")),
    (
        "keyed source without a title",
        r(
            "  sources: |\n    Reuters: [One](https://example.org/1)\n    AP (CN): [Two](https://example.org/2) (中文)",
            '  sources:\n    - outlet: "AP"',
        ),
    ),
    (
        "keyed source with a wrong date",
        r(
            "  sources: |\n    Reuters: [One](https://example.org/1)\n    AP (CN): [Two](https://example.org/2) (中文)",
            '  sources:\n    - title: "One"\n      date: 2025-13-01',
        ),
    ),
    ("from a missing file", r('  - title: "First topic"\n    facts: |\n      Facts.', "  - from: drafts/one.yaml")),
    ("from outside", r('  - title: "First topic"\n    facts: |\n      Facts.', "  - from: ../../one.yaml")),
    ("from with other keys", r('  - title: "First topic"', '  - from: drafts/one.yaml\n    title: "First topic"')),
    (
        "problem inside an included file",
        [
            r('  - title: "First topic"\n    facts: |\n      Facts.', "  - from: drafts/one.yaml"),
            f("issues/drafts/one.yaml", b'title: "One"\nfacts: |\n  See <b>this</b>.\n'),
        ],
    ),
    (
        "syntax error inside an included file",
        [
            r('  - title: "First topic"\n    facts: |\n      Facts.', "  - from: drafts/one.yaml"),
            f("issues/drafts/one.yaml", b"title: One: two\nfacts: |\n  Facts.\n"),
        ],
    ),
    (
        "from an empty file",
        [
            r('  - title: "First topic"\n    facts: |\n      Facts.', "  - from: drafts/one.yaml"),
            f("issues/drafts/one.yaml", b""),
        ],
    ),
    ("section type misspelled", n("type: briefs", "type: brief")),
    ("section without type", n("    type: briefs\n", "")),
    ("section option unknown", n("    max: 2", "    maximum: 2")),
    ("section label unknown", n("    max: 2", "    labels:\n      fakts: Facts")),
    ("section key with a capital", n("  topics:", "  Topics:")),
    ("section key taken", n("  topics:", "  date:")),
    ("contents", n("    max: 2", "    contents: title")),
    ("required yes", n("    required: true", "    required: yes")),
    ("min above max", n("    max: 2", "    max: 2\n    min: 3")),
    (
        "no sections",
        ("write", N, b"name: X\nlanguage: en\ntimezone: UTC\nsender:\n  from: a@example.org\nsections:\n", ""),
    ),
    ("theme misspelled", n("language: en", "language: en\ntheme: breifing")),
    ("theme with a path", n("language: en", "language: en\ntheme: ../x")),
    ("field name", n("  company:", "  Company:")),
    ("field name taken", n("  company:", "  email:")),
    (
        "more approvals than people",
        n(
            "fields:",
            "approvals:\n  needed: 2\n  by:\n    - anna@example.org\n    - Anna <anna@EXAMPLE.org>\nfields:",
        ),
    ),
    ("password of the mail server", n("fields:", SMTP + "    password: hunter2\nfields:")),
    ("password of the mailbox", n("fields:", SMTP.replace("smtp", "imap") + "    passwd: hunter2\nfields:")),
    (
        "password in the mail server's name",
        n("fields:", SMTP.replace("host: ", "host: smtps://u:hunter2@") + "fields:"),
    ),
    ("password before the mail server's name", n("fields:", SMTP.replace("host: ", "host: u:hunter2@") + "fields:")),
    ("address for the mail server's name", n("fields:", SMTP.replace("host: ", "host: smtps://") + "fields:")),
    ("user before the mail server's name", n("fields:", SMTP.replace("host: ", "host: desk@") + "fields:")),
    ("password of the database", n("fields:", "database: postgresql://anna:hunter2@db.example.org/news\nfields:")),
    ("password in the query of the database", n("fields:", "database: postgresql://h/news?password=hunter2\nfields:")),
    ("audience name", n("fields:", "audiences:\n  Press Office:\n    tag: press\nfields:")),
    ("audience that is a word", n("fields:", "audiences:\n  press: press\nfields:")),
    ("audience with an unknown word", n("fields:", "audiences:\n  press:\n    tags: press\nfields:")),
    ("audience with tags on one line", n("fields:", "audiences:\n  press:\n    tag: press, radio\nfields:")),
    ("audience left empty", n("fields:", "audiences:\n  press:\n    tag:\nfields:")),
    (
        "audience that matches no one",
        n("fields:", "audiences:\n  p:\n    tag: a\n    without_tag:\n      - A\nfields:"),
    ),
    ("audience in no language", n("fields:", "audiences:\n  german:\n    language: German\nfields:")),
    ("only in newsletter.yaml left empty", n("    max: 2", "    max: 2\n    only:")),
    ("only is a word", r(SECOND, SECOND + "    only: press\n")),
    ("only is a list", r(SECOND, SECOND + "    only:\n      - press\n")),
    ("only with a language", r(SECOND, SECOND + "    only:\n      language: de\n")),
    ("only misspelled", r(SECOND, SECOND + "    onyl:\n      tag: press\n")),
    ("only left empty", r(SECOND, SECOND + "    only:\n")),
    ("only with its tag left empty", r(SECOND, SECOND + "    only:\n      tag:\n")),
    ("only with its tag out of line", r(SECOND, SECOND + "    only:\n    tag: press\n")),
    ("only for nobody", r(SECOND, SECOND + "    only:\n      tag: press\n      without_tag: Press\n")),
    ("only of a whole list", r("topics:", "topics:\n  only:\n    tag: press")),
    ("required section for some", r("  sources: |", "  only:\n    tag: press\n  sources: |")),
    (
        "no item left of a required list",
        [
            n("    max: 2", "    max: 2\n    required: true"),
            r(
                "    facts: |\n      Facts.\n  - title",
                "    only:\n      tag: press\n    facts: |\n      Facts.\n  - title",
            ),
            r(SECOND, SECOND + "    only:\n      tag: radio\n"),
        ],
    ),
    ("too few items for some", [n("    max: 2", "    min: 2"), r(SECOND, SECOND + "    only:\n      tag: press\n")]),
    (
        "too many items for some",
        [n("    max: 2", "    max: 1"), r(SECOND, SECOND + "    only:\n      tag: press\n")],
    ),
    (
        "too many items for all, one of them for some",
        [
            n("    max: 2", "    max: 1"),
            r(SECOND, SECOND + SECOND.replace("Second", "Third") + "    only:\n      tag: press\n"),
        ],
    ),
    (
        "item against its section",
        [
            n("    max: 2", "    only:\n      tag: press"),
            r(SECOND, SECOND + "    only:\n      without_tag: press\n"),
        ],
    ),
    (
        "nothing left for some",
        [
            n("    required: true", "    required: false"),
            r(ISSUE[ISSUE.index("topics:") :], "  only:\n    without_tag:\n      - staff\n      - board\n"),
        ],
    ),
    (
        "too many editions",
        [
            n("    max: 2\n", ""),
            r(
                SECOND,
                "".join(
                    f'  - title: "T{at}"\n    facts: |\n      F.\n    only:\n      tag: t{at}\n' for at in range(6)
                ),
            ),
        ],
    ),
    (
        "too many editions, with included files",
        [
            n("    max: 2\n", ""),
            r(SECOND, "".join(f"  - from: drafts/{at}.yaml\n" for at in range(6))),
            *(
                f(f"issues/drafts/{at}.yaml", f'title: "T{at}"\nonly:\n  tag: t{at}\nfacts: |\n  F.\n'.encode())
                for at in range(6)
            ),
        ],
    ),
    (
        "section type with a field called only",
        f(
            "templates/briefing/sections/briefs/schema.yaml",
            b"title: Briefs\ncontent:\n  type: object\n  properties:\n    only:\n      type: string\n",
        ),
    ),
    (
        "conflict between keys",
        r("number: 214\n", "<<<<<<< HEAD\nnumber: 214\n=======\nnumber: 215\n>>>>>>> origin/main\n"),
    ),
    (
        "conflict in a text",
        r("    Second paragraph.\n", "<<<<<<< ours\n    One.\n=======\n    Two.\n>>>>>>> theirs\n"),
    ),
    ("conflict without its beginning", r("number: 214\n", "number: 214\n>>>>>>> origin/main\n")),
    ("no-break space after a colon", r("number: 214", "number:\u00a0214")),
    ("no-break space after a dash", r('  - title: "Second', '  -\u00a0title: "Second')),
    ("full-width space after a dash", r('  - title: "Second', '  -\u3000title: "Second')),
    ("invisible character before a key", r("number: 214", "\u200bnumber: 214")),
    ("invisible character in a key", r("number: 214", "num\u00adber: 214")),
    ("invisible character in a date", r("date: 2025-01-30", "date: 2025-\u200b01-30")),
    ("invisible character in a number", r("number: 214", "number: 2\u00a014")),
    ("invisible character in a link", r("First paragraph.", "A [link](https://example.org/\u200ba) in a text.")),
    ("invisible character in a source", r("(https://example.org/1)", "(https://example\u2060.org/1)")),
    ("no-break space in a source", r("(https://example.org/1)", "(https://example.org/\u00a01)")),
    ("an RTF file", f(I, rb"{\rtf1\ansi date: 2025-01-30}")),
    ("an HTML file", f(I, b"<!DOCTYPE html>\n<p>date: 2025-01-30</p>\n")),
    ("a damaged Word file", f(I, b"PK\x03\x04rest")),
    ("a Word file", f(I, word_file(paragraph("date: 2025-01-30")))),
    ("a PDF file", f(I, b"%PDF-1.7\n")),
    ("UTF-16 without its mark", f(I, "date: 2025-01-30\n".encode("utf-16-le"))),
    ("zero bytes at the end", f(I, ISSUE.encode() + bytes(600))),
    ("nothing but zero bytes", f(I, bytes(600))),
    ("syntax error in newsletter.yaml", n("name: Test Letter", "name: Test: Letter")),
    (
        "a word of a key's description",
        n("sections:\n", "masthead:\n  - people:\n      - name: A name\n        role: Editor\nsections:\n"),
    ),
    ("newsletter.yaml unknown key", n("language: en", "langauge: en")),
    ("newsletter.yaml is a list", f(N, b"- x\n")),
    (
        "schema of a type broken",
        f("templates/briefing/sections/briefs/schema.yaml", b"title: Briefs\ncontent:\n  type: aray\n"),
    ),
    (
        "schema of a type refers to nothing",
        f(
            "templates/briefing/sections/briefs/schema.yaml",
            b'title: Briefs\ncontent:\n  type: object\n  properties:\n    x:\n      $ref: "#/$defs/nothing"\n',
        ),
    ),
    ("template with a syntax error", f("templates/briefing/page.txt.j2", b"one\n{% if x %}\n")),
    ("template with an unknown name", f("templates/briefing/page.txt.j2", b"one\n{{ nwesletter.name }}\n")),
    ("template with an unknown key", f("templates/briefing/page.txt.j2", b"one\n\n{{ issue.subjct }}\n")),
    ("template with an unknown filter", f("templates/briefing/page.txt.j2", b"{{ issue.subject | shout }}\n")),
    (
        "template includes what is outside",
        f("templates/briefing/page.txt.j2", b'{% include "../../newsletter.yaml" %}\n'),
    ),
    ("template that divides by zero", f("templates/briefing/page.txt.j2", b"a\n{{ 1 / 0 }}\n")),
    (
        "MJML with an unknown element",
        f("templates/briefing/page.mjml.j2", b"<mjml>\n<mj-body>\n  <mj-sektion></mj-sektion>\n</mj-body>\n</mjml>\n"),
    ),
    (
        "MJML with an unknown attribute",
        f(
            "templates/briefing/page.mjml.j2",
            b'<mjml>\n<mj-body>\n  <mj-section colour="red"></mj-section>\n</mj-body>\n</mjml>\n',
        ),
    ),
    (
        "CSS that fetches",
        f("templates/briefing/inline.css", b"p { margin: 0 }\n@import url(http://example.org/x.css);\n"),
    ),
    ("head CSS that fetches", f("templates/briefing/head.css", b"@font-face { src: url(x) }\n")),
    (
        "theme.yaml with a wrong colour",
        f("templates/briefing/theme.yaml", b"title: T\nwidth: 640\ncolors:\n  light:\n    ink: black\n"),
    ),
    ("theme.yaml with a wrong width", f("templates/briefing/theme.yaml", b"title: T\nwidth: wide\n")),
    ("phrases with a list", f("templates/briefing/phrases/en.yaml", b"contents:\n  - a\n")),
]


def apply(workspace: Workspace, edits: Edit | list[Edit]) -> None:
    """Make the mistake in the newsletter."""
    for edit in edits if isinstance(edits, list) else [edits]:
        path = workspace.root / edit[1]
        match edit:
            case ("replace", _, str(old), str(new)):
                text = path.read_text(encoding="utf-8")
                assert old in text
                path.write_text(text.replace(old, new, 1), encoding="utf-8")
            case ("link", _, str(target), _):
                path.symlink_to(target)
            case (_, _, bytes(data), _):
                path.parent.mkdir(parents=True, exist_ok=True)
                whole = (workspace.root / "issues/assets/chart.png").read_bytes()
                special = {b"CUT": whole[:40], b"BIG": bytes(41_000_000), b"HUGE": b"# x\n" * 12_500_000}
                path.write_bytes(special.get(data, data))
            case _:
                raise AssertionError(edit)


def told(folder: Path, edits: Edit | list[Edit]) -> tuple[Problem, ...]:
    """Return the problems of the valid newsletter after a mistake."""
    workspace = issue_workspace(folder)
    apply(workspace, edits)
    return problems(workspace)


def page(found: tuple[Problem, ...]) -> str:
    """Format problems like the command."""
    return "".join(f"{problem}\n" for problem in found)


def expected() -> dict[str, str]:
    """Return the messages in mistakes.txt for each row."""
    blocks = re.split(r"(?m)^== ", WORDS.read_text(encoding="utf-8"))[1:]
    return {name.strip(): words.rstrip("\n") + "\n" for name, words in (block.split("\n", 1) for block in blocks)}


def test_the_table_is_long_and_complete() -> None:
    """There are at least 100 rows, 25 of them about YAML syntax, and each has its messages."""
    names = [name for name, _ in CASES]
    assert len(set(names)) == len(names) >= 150
    assert set(expected()) == set(names)
    codes = re.findall(r"\[(yaml-[a-z]+|document)\]", WORDS.read_text(encoding="utf-8"))
    assert len(codes) >= 50
    assert len(set(codes)) >= 18


def test_the_newsletter_is_valid_without_mistakes(tmp_path: Path) -> None:
    """The newsletter is valid before the mistakes are made."""
    assert problems(issue_workspace(tmp_path)) == ()


@pytest.mark.parametrize(("name", "edits"), CASES, ids=[name for name, _ in CASES])
def test_a_mistake_is_reported_at_its_place(name: str, edits: Edit | list[Edit], tmp_path: Path) -> None:
    """Exactly these problems, in the order of the file, each with line, column, code, message and hint."""
    found = told(tmp_path, edits)
    assert found
    assert found == tuple(sorted(found))
    assert page(found) == expected()[name]


def test_no_message_contains_terms_of_the_parser() -> None:
    """No message contains terms of the YAML parser or of Python."""
    words = WORDS.read_text(encoding="utf-8").lower()
    for foreign in (
        "mapping",
        "scalar",
        "token",
        "sequence",
        "flow",
        "anchor",
        "nonetype",
        "traceback",
        "utf8",
    ):
        assert foreign not in re.sub(r"smtputf8", "", words), foreign


def test_no_password_is_repeated() -> None:
    """Messages about a password in newsletter.yaml do not show it."""
    assert "hunter2" not in WORDS.read_text(encoding="utf-8")


def test_numbers_and_booleans_of_yaml_are_texts(tmp_path: Path) -> None:
    """`49.10`, `no`, `2025-01-30`, `0x1F`, `null` and `1_000` are read as texts."""
    from composer.content.document.issue import read_issue
    from composer.content.values.field_values import Group

    for written in ("49.10", "no", "2025-01-30", "0x1F", "null", "1_000", "~", "12:30", ".5"):
        workspace = issue_workspace(tmp_path / re.sub(r"\W", "_", written))
        apply(workspace, r("value: 49.10", f"value: {written}"))
        _, issue = read_issue(workspace, workspace.issue("2025-01-30"))
        metric = issue.sections[2].content
        assert isinstance(metric, Group)
        assert metric["value"] == written


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_any_system(tmp_path: Path, ending: str) -> None:
    """CRLF files with a byte order mark build the same bytes, and problems have the same places."""
    from composer.editions.pipeline import build_issue

    plain, foreign = issue_workspace(tmp_path / "plain"), issue_workspace(tmp_path / "foreign")
    for name in (I, N):
        text = (foreign.root / name).read_text(encoding="utf-8").replace("\n", ending)
        (foreign.root / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    built = [build_issue(workspace, workspace.issue("2025-01-30")) for workspace in (plain, foreign)]
    assert built[0].message == built[1].message
    data = (foreign.root / I).read_bytes().replace(b"https://example.org/2", b"htps://example.org/2")
    (foreign.root / I).write_bytes(data)
    assert [(problem.line, problem.column) for problem in problems(foreign)] == [(13, 20)]


def test_decomposed_letters_are_composed(tmp_path: Path) -> None:
    """Text from macOS (e and an accent) becomes the same letter as typed text, also in file names."""
    from composer.editions.pipeline import build_issue

    workspace = issue_workspace(tmp_path)
    apply(workspace, [r("A subject", "Cafe\u0301"), r("assets/chart.png", "assets/cafe\u0301.png")])
    (workspace.root / "issues/assets/chart.png").rename(workspace.root / "issues/assets/caf\u00e9.png")
    assert build_issue(workspace, workspace.issue("2025-01-30")).edition.subject == "Caf\u00e9"


def rewrite(folder: Path) -> None:
    """Write mistakes.txt again."""
    pages = [f"== {name}\n{page(told(folder / str(index), edits))}" for index, (name, edits) in enumerate(CASES)]
    WORDS.write_text("\n".join(pages), encoding="utf-8")
