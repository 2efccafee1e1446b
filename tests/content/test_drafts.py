"""Drafts from editors: unsupported marks are reported, and other notations are understood."""

import datetime
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from composer.cli.main import run
from composer.content.document.issue import read_issue
from composer.content.values.bare_links import pieces
from composer.content.values.field_values import Group, groups_in, text_in
from composer.content.values.formats import date_hint
from composer.core.errors import ContentError, Level, Problem, grouped
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from composer.editions.pipeline import build_issue
from tests import processor_time
from tests.factories import sample_message

pytestmark = pytest.mark.slow

DRAFTS = Path(__file__).parent / "drafts"
NOW = datetime.datetime(2026, 12, 1, 9, tzinfo=datetime.UTC)
#: Line, column and code.
Told = tuple[int, int, str]


@pytest.fixture
def drafts(tmp_path: Path) -> Workspace:
    """Return a copy of the drafts, with their pictures."""
    folder = tmp_path / "drafts"
    shutil.copytree(DRAFTS, folder)
    (folder / "issues/assets").mkdir()
    for name in ("DSC_0417.JPG", "windpark.gif", "windpark.webp", "pod-grid.png"):
        Image.linear_gradient("L").resize((1300, 600)).save(folder / "issues/assets" / name)
    return Workspace(root=folder.resolve())


def _problems(workspace: Workspace, stem: str) -> tuple[Problem, ...]:
    try:
        return check_issue(workspace, workspace.issue(stem), NOW).problems
    except ContentError as error:
        return error.problems


def _told(workspace: Workspace, stem: str, *codes: str) -> list[Told]:
    found = sorted(_problems(workspace, stem))
    return [(each.line, each.column, each.code) for each in found if not codes or each.code in codes]


def test_unsupported_marks_are_found(drafts: Workspace) -> None:
    """Word bullets, a reversed link and stars in a title are each reported at their place; a table and a footnote not."""
    assert _told(drafts, "round3-passes-check", "MARK01") == [
        (40, 5, "MARK01"),
        (44, 134, "MARK01"),
        (74, 5, "MARK01"),
        (99, 13, "MARK01"),
    ]


def test_a_second_draft(drafts: Workspace) -> None:
    """Sources after dashes are read; a mistake in one is reported at its line, with the line to write."""
    assert _told(drafts, "round2") == [(44, 63, "url"), (44, 97, "url"), (53, 7, "source"), (55, 41, "source")]
    hints = [each.hint for each in _problems(drafts, "round2")]
    assert "mailto:marie@energy.example.org" in hints[1]
    assert "Reuters: [EU plans faster permits](https://example.org/reuters)" in hints[3]


def test_a_first_draft(drafts: Workspace) -> None:
    """A date with a month name is understood; of the sources after dashes, only one without brackets is an error."""
    found = _problems(drafts, "round1-messy")
    assert "2026-12-03" in next(each.hint for each in found if each.line == 2)
    assert [(each.line, each.code) for each in found if 43 <= each.line <= 45] == [(45, "source")]


def test_tables_and_footnotes_are_no_foreign_markup(drafts: Workspace) -> None:
    """A table and a footnote are read; other marks around them are reported."""
    assert _told(drafts, "markdown-table", "MARK01") == [
        (13, 34, "MARK01"),
        (13, 50, "MARK01"),
        (17, 5, "MARK01"),
    ]


def test_bare_addresses_are_links(drafts: Workspace) -> None:
    """Bare addresses are links in HTML, unchanged in plaintext, and the only finding suggests a link text."""
    built = build_issue(drafts, drafts.issue("bare"))
    for url in ("https://example.org/report_2025_final.pdf", "https://www.example.org", "mailto:office@example.org"):
        assert f'<a href="{url}"' in built.html
    assert (
        "Read https://example.org/report_2025_final.pdf or www.example.org or\nwrite to office@example.org.\n"
        in built.text
    )
    assert _told(drafts, "bare", "TEXT01", "LINK06", "MARK01")[0] == (13, 49, "MARK01")


@pytest.mark.parametrize("line", (DRAFTS / "slips.txt").read_text(encoding="utf-8").splitlines())
def test_a_single_mistake_is_reported_or_read(line: str, tmp_path: Path) -> None:
    """Each mistake alone in a text gives a finding with the form to write, or a link."""
    workspace = sample_message(tmp_path, line)
    codes = {problem.code for problem in check_issue(workspace, workspace.issue("2025-01-30"), NOW).problems}
    html = build_issue(workspace, workspace.issue("2025-01-30")).html
    is_link = re.search(r'<a href="(?:https://example.org/x|mailto:office@example.org)"', html) is not None
    assert codes & {"MARK01", "FIELD02", "EDIT07"} or is_link


# Addresses in texts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("See https://example.org/x.", ["https://example.org/x"]),
        ("See https://example.org/x!", ["https://example.org/x"]),
        ("See https://example.org/x?a=1&b=2#c, and", ["https://example.org/x?a=1&b=2#c"]),
        ("(see https://example.org/x)", ["https://example.org/x"]),
        ("https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("(https://en.wikipedia.org/wiki/A_(b))", ["https://en.wikipedia.org/wiki/A_(b)"]),
        ("“https://example.org/x”", ["https://example.org/x"]),
        ("https://example.org/x…", ["https://example.org/x"]),
        ("https://example.org/a–b", ["https://example.org/a"]),
        ("HTTPS://EXAMPLE.ORG/X", ["https://example.org/X"]),
        ("见https://example.org/x。", ["https://example.org/x"]),
        ("请看https://example.org/x，谢谢", ["https://example.org/x"]),
        ("请看（https://example.org/x）", ["https://example.org/x"]),
        ("请看https://example.org/x了解更多", ["https://example.org/x"]),
        ("https://zh.wikipedia.org/wiki/中国，", ["https://zh.wikipedia.org/wiki/%E4%B8%AD%E5%9B%BD"]),
        ("访问www.example.org，谢谢", ["https://www.example.org"]),
        ("www.example.org/a, www.example.org.", ["https://www.example.org/a", "https://www.example.org"]),
        ("https://müller.example/größe", ["https://xn--mller-kva.example/gr%C3%B6%C3%9Fe"]),
        ("Write to office@example.org.", ["mailto:office@example.org"]),
        ("写信到office@example.org咨询。", ["mailto:office@example.org"]),
        ("E-mail:anna.li+news@mail.example.co.uk;", ["mailto:anna.li+news@mail.example.co.uk"]),
        ("**https://example.org/x**", ["https://example.org/x"]),
        ("[words](https://example.org/y) and https://example.org/x", ["https://example.org/y", "https://example.org/x"]),
        ("[https://example.org/x](https://example.org/x)", ["https://example.org/x"]),
        ("<https://example.org/x>", ["https://example.org/x"]),
        ("[www.example.org and me@example.org](https://example.org/y)", ["https://example.org/y"]),
        ("user@host, @BMWK, node@18.0.1, git@github.com:a/b", []),
        ("e.g.www.example, www., http://, https:// and ftp://example.org/", []),
        ("A ratio of 3:4, a/b and foo.org", []),
        ('https://{{ first_name | default("x") }}.example.org', []),
    ],
)  # fmt: skip
def test_an_address_in_a_text_is_a_link(text: str, urls: list[str], tmp_path: Path) -> None:
    """The link ends before punctuation and Chinese text, and the text does not change."""
    workspace = sample_message(tmp_path, text)
    if "{{" in text:
        assert [url for _, url in pieces("https://qbcdfghj0000w4z.example.org")] != [""]
    html = build_issue(workspace, workspace.issue("2025-01-30")).html
    found = [each for each in re.findall(r'<a href="([^"]*)"', html) if "unsubscribe" not in each]
    assert [each.replace("&amp;", "&") for each in found] == urls
    if not re.search(r"[\[<*{]", text):
        words = re.sub(r"<[^>]*>", "", html).replace("&amp;", "&")
        assert text in words


def test_long_texts_are_read_quickly() -> None:
    """Many beginnings of addresses in a row are read quickly."""
    brackets = "(" * 20_000 + "https://a.b" + ")" * 20_000
    with processor_time.at_most(5):
        for text in ("www." * 20_000, "a@" * 20_000, "https://" * 10_000, "a." * 20_000 + "@", brackets):
            assert "".join(words for words, _ in pieces(text)) == text


# Sources after dashes -------------------------------------------------------------------------------------------------

STORY = 'date: 2026-12-03\nsubject: "S"\nlead:\n  title: "T"\n  body: |\n    B.\n'


@pytest.mark.parametrize(
    "sources",
    [
        "  sources:\n    - Reuters: [One](https://example.org/1)\n    - AP (CN): [Two](https://example.org/2) (中文)\n",
        "  sources:\n  - Reuters: [One](https://example.org/1)\n  - AP (CN): [Two](https://example.org/2) (中文)\n",
        "  sources:\n    - \"Reuters: [One](https://example.org/1)\"\n    - 'AP (CN): [Two](https://example.org/2) (中文)'\n",
        '  sources:\n    - Reuters: "[One](https://example.org/1)"\n    - AP (CN): "[Two](https://example.org/2) (中文)"\n',
        "  sources:  # a\n\n    - Reuters: [One](https://example.org/1)\n\n    - AP (CN): [Two](https://example.org/2) (中文)\n",
        "  sources: |\n    - Reuters: [One](https://example.org/1)\n    - AP (CN): [Two](https://example.org/2) (中文)\n",
    ],
)
def test_sources_after_dashes_are_read(sources: str, drafts: Workspace) -> None:
    """With or without quotation marks and indentation."""
    path = drafts.root / "issues/2026-12-03.yaml"
    path.write_text(f"{STORY}{sources}chart:\n  image: assets/pod-grid.png\n  alt: A chart of it\n", encoding="utf-8")
    _, issue = read_issue(drafts, path)
    content = issue.sections[0].content
    assert isinstance(content, Group)
    found = [
        (text_in(each, "outlet"), text_in(each, "title"), text_in(each, "url"))
        for each in groups_in(content, "sources")
    ]
    assert found == [("Reuters", "One", "https://example.org/1"), ("AP", "Two", "https://example.org/2")]
    assert len(issue.sections) == 2


def test_sources_with_keys_stay_groups(drafts: Workspace) -> None:
    """A list of groups is read as before, and its mistakes are reported as before."""
    path = drafts.root / "issues/2026-12-03.yaml"
    path.write_text(
        f"{STORY}  sources:\n    - outlet: R\n      title: T\n      url: https://example.org/1\n", encoding="utf-8"
    )
    assert [each.code for each in _problems(drafts, "2026-12-03") if each.level is Level.ERROR] == []
    path.write_text(
        f"{STORY}  sources:\n    - outlet: R\n      title: T\n      url: htps://example.org/1\n", encoding="utf-8"
    )
    assert [(each.line, each.code) for each in _problems(drafts, "2026-12-03")] == [(10, "url")]


# Dates ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["3 December 2026", "December 3, 2026", "3rd December 2026", "Thu, 3 Dec 2026", "3. Dezember 2026", "3 décembre 2026",
     "3 de diciembre de 2026", "3 dicembre 2026", "3 grudnia 2026", "2026 December 3", "3.12.2026", "2026年12月3日"],
)  # fmt: skip
def test_a_date_with_a_month_name_is_understood(text: str) -> None:
    """The hint shows the correct form."""
    assert date_hint(text) == "did you mean 2026-12-03?"


@pytest.mark.parametrize(
    "text", ["10 Dec", "next Tuesday", "31 February 2026", "December 2026", "3 4 December 2026", "soon"]
)
def test_other_texts_give_no_date(text: str) -> None:
    """Texts without a year or a day, or with too many numbers, give no guess."""
    assert "did you mean" not in date_hint(text)


# Many findings of one kind --------------------------------------------------------------------------------------------


def test_many_similar_findings_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty similar Markdown findings: the first one, with the places of the others; --json lists each."""
    import json

    monkeypatch.chdir(tmp_path)
    workspace = sample_message(tmp_path, "\n".join(f"a ~~note {number}~~" for number in range(30)))
    run(["check", "2025-01-30", "--on", "2025-01-30"])
    lines = capsys.readouterr().out.splitlines()
    (at,) = (number for number, line in enumerate(lines) if "[MARK01]" in line)
    assert lines[at].startswith("issues/2025-01-30.yaml:5:7: warning: ")
    assert lines[at + 2].startswith("    and 29 more like it, at 6:7, 7:7, ")
    assert lines[at + 2].endswith(", 33:7 and 34:7")
    run(["check", "2025-01-30", "--on", "2025-01-30", "--json"])
    findings = json.loads(capsys.readouterr().out)["issues"][0]["findings"]
    assert sum(each["code"] == "MARK01" for each in findings) == 30
    path = workspace.issue("2025-01-30")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("~~note", "![picture](p.png)~~"), encoding="utf-8")
    assert run(["build", "2025-01-30"]) == 1
    told = capsys.readouterr().err
    assert told.count("[markdown]") == 1
    assert "and 29 more like it, at 6:7" in told
    assert run(["build", "2025-01-30", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["issues"][0]["problems"]) == 30


def test_few_findings_are_listed_separately() -> None:
    """Findings are listed separately if there are up to two, or they differ in kind, file, wording or name."""

    def problem(line: int, code: str = "A", path: str = "a.yaml", message: str = "m", **more: str) -> Problem:
        return Problem(path=path, line=line, column=1, code=code, message=message, **more)  # type: ignore[arg-type]

    def counts(*problems: Problem) -> list[tuple[int, int]]:
        return [(first.line, len(others)) for first, others in grouped(problems)]

    assert counts(*(problem(line) for line in range(2))) == [(0, 0), (1, 0)]
    mixed = (problem(1), problem(2, "B"), *(problem(line) for line in range(3, 9)), problem(9, path="b.yaml"))
    assert counts(*mixed) == [(1, 6), (2, 0), (9, 0)]
    assert len(counts(*(problem(line, message=str(line)) for line in range(9)))) == 9
    assert len(counts(*(problem(line, hint=str(line)) for line in range(9)))) == 9
    assert len(counts(*(problem(line, about=str(line)) for line in range(9)))) == 9
    assert counts(*(problem(line, kind="k", message=str(line)) for line in range(9))) == [(0, 8)]
    assert counts(*(problem(line, kind=str(line % 2)) for line in range(8))) == [(0, 3), (1, 3)]
