"""Files from editors' programs: merge conflicts, invisible characters, other formats and failed saves."""

from pathlib import Path

import pytest

from composer.content.document.issue import read_issue
from composer.core.errors import ContentError, Problem
from composer.core.workspace import Workspace
from tests.content.issue_factory import ISSUE, issue_workspace

pytestmark = pytest.mark.slow

#: Line and column of a problem, and its code.
Told = tuple[int, int, str]


def _read(folder: Path, data: str | bytes) -> tuple[Problem, ...]:
    workspace = issue_workspace(folder)
    path = workspace.root / "issues" / "2025-01-30.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    try:
        read_issue(workspace, path)
    except ContentError as error:
        return error.problems
    return ()


def _told(folder: Path, data: str | bytes) -> list[Told]:
    return [(problem.line, problem.column, problem.code) for problem in _read(folder, data)]


def _with(old: str, new: str) -> str:
    assert old in ISSUE, old
    return ISSUE.replace(old, new, 1)


# Lines without visible characters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "blank", ["\u00a0", "\t", "\u3000\u3000", "  \u00a0 ", "\u200b", " \t \u2003", "    ", "\u2060"]
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    First paragraph.\n", "\n    Second paragraph.\n"),
        ("date: 2025-01-30\n", "number: 214\n"),
        ("topics:\n", '  - title: "First topic"\n'),
        ('  - title: "First topic"\n', "    facts: |\n"),
        ("  body: |\n    First paragraph.\n\n    Second paragraph.\n", "  sources: |\n"),
        ("    AP (CN): [Two](https://example.org/2) (中文)\n", "topics:\n"),
    ],
)
def test_a_line_of_white_space_is_an_empty_line(tmp_path: Path, blank: str, before: str, after: str) -> None:
    """Between keys, items, paragraphs and sources, such a line causes no problem and no difference."""
    from composer.editions.pipeline import build_issue

    workspace = issue_workspace(tmp_path)
    path = workspace.root / "issues" / "2025-01-30.yaml"
    empty = build_issue(workspace, path).text
    path.write_text(
        _with(before + after, before + (blank if after.startswith("\n") else f"{blank}\n") + after), encoding="utf-8"
    )
    assert build_issue(workspace, path).text == empty


@pytest.mark.parametrize("blank", ["\u00a0", " \t", "\u3000", "\u200b\u00a0"])
def test_every_empty_line_of_the_sample(tmp_path: Path, blank: str) -> None:
    """Each empty line in a real issue can be replaced by a line of white space."""
    from composer.editions.pipeline import build_issue
    from tests.factories import sample

    workspace = sample(tmp_path)
    path = workspace.root / "issues" / "2025-01-30.yaml"
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.count("") > 10
    empty = build_issue(workspace, path).message
    path.write_text("\n".join(line or blank for line in lines), encoding="utf-8")
    assert build_issue(workspace, path).message == empty


# Merge conflicts ------------------------------------------------------------------------------------------------------

CONFLICT = "<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> origin/main\n"


@pytest.mark.parametrize(
    ("issue", "places"),
    [
        # between keys, and around one
        (_with("number: 214\n", CONFLICT.format(ours="number: 214\n", theirs="number: 215\n")), [(2, 1)]),
        # in a text, at the margin, as git leaves it
        (_with("    Second paragraph.\n", CONFLICT.format(ours="    One.\n", theirs="    Two.\n")), [(10, 1)]),
        # in a text, after someone indented it
        (
            _with("    Second paragraph.\n", "    <<<<<<< HEAD\n    One.\n    =======\n    Two.\n    >>>>>>> main\n"),
            [(10, 1)],
        ),
        # in the lines of sources, with the common base version
        (
            _with(
                "    Reuters: [One](https://example.org/1)\n",
                "<<<<<<< ours\n    Reuters: [One](https://example.org/1)\n||||||| base\n    x\n=======\n    y\n>>>>>>> theirs\n",
            ),
            [(12, 1)],
        ),
        # around items of a list, one side empty
        (
            _with(
                '  - title: "Second topic"\n    facts: |\n      Facts.\n',
                CONFLICT.format(ours="", theirs='  - title: "Second topic"\n    facts: |\n      Facts.\n'),
            ),
            [(18, 1)],
        ),
        # two of them
        (
            _with("number: 214\n", CONFLICT.format(ours="number: 214\n", theirs="number: 215\n")).replace(
                "    Second paragraph.\n", CONFLICT.format(ours="    One.\n", theirs="    Two.\n")
            ),
            [(2, 1), (14, 1)],
        ),
        # one inside the other, after a merge of merges
        (
            _with(
                "number: 214\n",
                CONFLICT.format(ours="number: 1\n", theirs="<<<<<<< a\nnumber: 2\n=======\nnumber: 3\n>>>>>>> b\n"),
            ),
            [(2, 1)],
        ),
        # with longer lines, and without names
        (_with("number: 214\n", "<<<<<<<<<\nnumber: 214\n=========\nnumber: 215\n>>>>>>>>>\n"), [(2, 1)]),
        # after only some of the lines were deleted
        (_with("number: 214\n", "number: 214\n>>>>>>> origin/main\n"), [(3, 1)]),
        (_with("number: 214\n", "<<<<<<< HEAD\nnumber: 214\n"), [(2, 1)]),
        (_with("number: 214\n", "number: 214\n=======\n"), [(3, 1)]),
        (_with("    Second paragraph.\n", "    Second paragraph.\n>>>>>>> Stashed changes\n"), [(11, 1)]),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_conflict_is_reported_once(tmp_path: Path, issue: str, places: list[tuple[int, int]], end: str) -> None:
    """Each conflict is one error at its first line, also inside texts, without further errors."""
    assert _told(tmp_path, issue.replace("\n", end)) == [(*place, "conflict") for place in places]


def test_mistakes_next_to_a_conflict_are_reported(tmp_path: Path) -> None:
    """One version and the rest of the file are checked."""
    issue = _with("number: 214\n", CONFLICT.format(ours="number: many\n", theirs="number: 215\n"))
    issue = issue.replace("https://example.org/2", "htps://example.org/2")
    assert _told(tmp_path, issue) == [(2, 1, "conflict"), (3, 9, "type"), (17, 20, "url")]


@pytest.mark.parametrize("text", ["<<< see below >>>", "a <<<<<<< b", "> a quotation", "1 < 2", "======"])
def test_signs_that_are_not_a_conflict(tmp_path: Path, text: str) -> None:
    """Fewer signs, or signs inside a line, are text."""
    assert "conflict" not in {code for _, _, code in _told(tmp_path, _with("    Second paragraph.", f"    {text}"))}


def test_a_conflict_in_newsletter_yaml_or_an_included_file(tmp_path: Path) -> None:
    """The other files of a newsletter are read in the same way."""
    workspace = issue_workspace(tmp_path)
    part = workspace.root / "issues" / "topic.yaml"
    part.write_text('title: "T"\n<<<<<<< a\nfacts: A\n=======\nfacts: B\n>>>>>>> b\n', encoding="utf-8")
    path = workspace.root / "issues" / "2025-01-30.yaml"
    path.write_text(
        _with('  - title: "Second topic"\n    facts: |\n      Facts.\n', "  - from: topic.yaml\n"), encoding="utf-8"
    )
    with pytest.raises(ContentError) as told:
        read_issue(workspace, path)
    assert [(each.path, each.line, each.code) for each in told.value.problems] == [("issues/topic.yaml", 2, "conflict")]
    newsletter = workspace.root / "newsletter.yaml"
    newsletter.write_text(
        newsletter.read_text(encoding="utf-8") + "<<<<<<< HEAD\n=======\n>>>>>>> x\n", encoding="utf-8"
    )
    with pytest.raises(ContentError) as told:
        read_issue(workspace, path)
    assert ("newsletter.yaml", "conflict") in {(each.path, each.code) for each in told.value.problems}


# Invisible characters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        # after a colon
        ("number: 214", "number:\u00a0214", (2, 8)),
        ("number: 214", "number:\u00a0 214", (2, 8)),
        ("number: 214", "number:\u200b 214", (2, 8)),
        ("  body: |", "  body:\u00a0|", (7, 8)),
        ("top_story:", "top_story:\u00a0", (5, 11)),
        ('  - title: "First topic"', '  - title:\u3000"First topic"', (15, 11)),
        ("number: 214", "number:\u202f214", (2, 8)),
        # after a dash
        ('  - title: "Second topic"', '  -\u00a0title: "Second topic"', (18, 4)),
        ('  - title: "First topic"', '  -\u00a0 title: "First topic"', (15, 4)),
        ('  - title: "First topic"', '  -\u3000title: "First topic"', (15, 4)),
        ('  - title: "First topic"', '  -\u200btitle: "First topic"', (15, 4)),
        ('  - title: "First topic"', '  -\u2009title: "First topic"', (15, 4)),
        # in a key
        ("number: 214", "\u200bnumber: 214", (2, 1)),
        ("number: 214", "num\u200bber: 214", (2, 4)),
        ("number: 214", "number\u200b: 214", (2, 7)),
        ("number: 214", "number\u00a0: 214", (2, 7)),
        ("number: 214", "\u00a0number: 214", (2, 1)),
        ("number: 214", "n\u00adumber: 214", (2, 2)),
        ('  - title: "First topic"', '  - \u2060title: "First topic"', (15, 5)),
        ("  body: |", "  \u200bbody: |", (7, 3)),
        # in the middle of a value
        ("date: 2025-01-30", "date: 2025-\u200b01-30", (1, 12)),
        ("date: 2025-01-30", "date: 2025-\u00a001-30", (1, 12)),
        ("date: 2025-01-30", 'date: "2025\u2060-01-30"', (1, 12)),
        ("number: 214", "number: 2\u200b14", (2, 10)),
        ("number: 214", "number: 2\u00a014", (2, 10)),
        ("(https://example.org/1)", "(https://example.org/\u200b1)", (12, 40)),
        ("(https://example.org/1)", "(https://exa\u00admple.org/1)", (12, 31)),
        ("(https://example.org/1)", "(https://example.org/\u00a01)", (12, 40)),
        ("First paragraph.", "A [good](https://example.org/1) and a [bad one](https://example.org/\u200b1).", (8, 73)),
        ("First paragraph.", "Write to [us](mailto:a\u200bb@example.org).", (8, 27)),
        ("  image: assets/chart.png", "  image: assets/\u200bchart.png", (26, 17)),
    ],
)
def test_an_invisible_character_is_reported_at_its_column(
    tmp_path: Path, old: str, new: str, place: tuple[int, int]
) -> None:
    """After dashes and colons, in keys, dates, numbers and addresses: one error at the character, with its name."""
    found = _read(tmp_path, _with(old, new))
    assert [(each.line, each.column, each.code) for each in found] == [(*place, "invisible")]
    assert "U+" in found[0].message
    assert found[0].hint


@pytest.mark.parametrize("unseen", ["\u200b", "\u00a0", "\u2060", "\u200e", "\u3000", "\u00ad"])
@pytest.mark.parametrize(
    ("old", "value"),
    [
        ("date: 2025-01-30", "2025-01-30"),
        ("number: 214", "214"),
        ("  image: assets/chart.png", "assets/chart.png"),
        ("(https://example.org/1)", "https://example.org/1"),
    ],
)
def test_invisible_characters_at_both_ends_are_ignored(tmp_path: Path, old: str, value: str, unseen: str) -> None:
    """At both ends of dates, numbers, file names and addresses it is ignored, and not part of the message."""
    from composer.editions.pipeline import build_issue

    workspace = issue_workspace(tmp_path)
    path = workspace.root / "issues" / "2025-01-30.yaml"
    sound = build_issue(workspace, path).message
    for changed in (f"{value}{unseen}", f"{unseen}{value}", f"{unseen}{value}{unseen} "):
        path.write_text(_with(old, old.replace(value, changed)), encoding="utf-8")
        assert build_issue(workspace, path).message == sound


def test_invisible_characters_in_addresses(tmp_path: Path) -> None:
    """In email and web addresses it is ignored at the ends and reported inside."""
    workspace = issue_workspace(tmp_path)
    path = workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    sender = "from: The Desk <desk@example.org>"
    path.write_text(
        text.replace(sender, f"{sender}\u200b\n  reply_to: \u200eeditors@example.org\u2060"), encoding="utf-8"
    )
    newsletter, _ = read_issue(workspace, workspace.issue("2025-01-30"))
    assert newsletter.sender.address == "desk@example.org"
    assert newsletter.reply_to is not None and newsletter.reply_to.address == "editors@example.org"
    path.write_text(text.replace(sender, "from: The Desk <de\u200bsk@example.org>"), encoding="utf-8")
    with pytest.raises(ContentError) as told:
        read_issue(workspace, workspace.issue("2025-01-30"))
    assert [(each.line, each.column, each.code) for each in told.value.problems] == [(7, 21, "invisible")]


@pytest.mark.parametrize(
    "text",
    [
        "Remarque\u00a0: un texte en français.",
        "remarque:\u00a0un texte.",
        "-\u00a0a dialogue",
        "A\u200bword that may be broken.",
        "می\u200cشود",
        "👩\u200d🔬 at work",
    ],
)
def test_texts_keep_special_spaces_and_joiners(tmp_path: Path, text: str) -> None:
    """French spacing, possible word breaks, Persian and emoji are allowed in texts."""
    assert _told(tmp_path, _with("    Second paragraph.", f"    {text}")) == []
    assert _told(tmp_path / "q", _with('subject: "A subject"', f'subject: "A\n  {text}\n  subject"')) == []


def test_an_address_in_another_script_keeps_its_joiners(tmp_path: Path) -> None:
    """A zero-width non-joiner between two Persian letters is part of the address."""
    assert _told(tmp_path, _with("(https://example.org/1)", "(https://fa.example.org/wiki/می\u200cشود)")) == []


# Other kinds of files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        (rb"{\rtf1\ansi\ansicpg1252\cocoartf2639 date: 2025-01-30}", "file", "RTF"),
        (b"\xef\xbb\xbf{\\rtf1 x}", "file", "RTF"),
        (b"<!DOCTYPE html>\n<html><body>date: 2025-01-30</body></html>", "file", "HTML"),
        (b"\n  <html lang=en>", "file", "HTML"),
        (b"<p>date: 2025-01-30</p>", "file", "HTML"),
        (b"<meta charset='utf-8'><span>date</span>", "file", "HTML"),
        (b"<?xml version='1.0'?><plist/>", "file", "XML"),
        (b"PK\x03\x04\x14\x00", "file", "Word"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file", "Office"),
        (b"%PDF-1.7\n", "file", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "file", "picture"),
        (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X", "file", "macOS"),
        (ISSUE.encode("utf-16"), "encoding", "UTF-16"),
        (ISSUE.encode("utf-16-le"), "encoding", "UTF-16"),
        (ISSUE.encode("utf-16-be"), "encoding", "UTF-16"),
    ],
)
def test_other_file_formats_are_named(tmp_path: Path, data: bytes, code: str, word: str) -> None:
    """One error in the first line names the kind of file and how to get plain text."""
    (problem,) = _read(tmp_path, data)
    assert (problem.line, problem.column, problem.code) == (1, 1, code)
    assert word in problem.message
    assert problem.hint


@pytest.mark.parametrize(
    ("data", "place", "word"),
    [
        (ISSUE.encode() + b"\0" * 600, (28, 1), "ends with 600 zero bytes"),
        (ISSUE.encode() + b"\0" * 4096 + b"\n", (28, 1), "ends with 4,096 zero bytes"),
        (ISSUE.rstrip("\n").encode() + b"\0", (27, 17), "ends with 1 zero byte"),
        (b"\0" * 1_500, (1, 1), "only 1,500 zero bytes"),
        (ISSUE.replace("Second", "\0\0\0\0\0Second", 1).encode(), (10, 5), "invisible character"),
        (ISSUE.replace("Second", "\x07\x07\x07Second", 1).encode(), (10, 5), "invisible character"),
    ],
)
def test_zero_bytes_are_reported_once(tmp_path: Path, data: bytes, place: tuple[int, int], word: str) -> None:
    """A failed save is one error, where the zeros start; so is a run of the same control character."""
    (problem,) = _read(tmp_path, data)
    assert (problem.line, problem.column, problem.code) == (*place, "control")
    assert word in problem.message


# Links ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("A [good](https://a.example) and a [bad](htps://b.example) one.", [45]),
        ("[a](htps://x.example) [b](htps://x.example)", [9, 31]),
        ("[a](htps://x.example/a) [b](htps://x.example)", [9, 33]),
        ("A [good](https://a.example) and a [bad](https://b.example/x y) one.", [43]),
        ("[one](https://b.example/x y) [two](https://b.example/z w)", [9, 38]),
        ("{{ first_name }}: [bad](htps://b.example) and {{ company }}", [29]),
        ("{{ first_name }} and {{ company }}: [bad](htps://b.example), {{ name }}.", [47]),
        ("**bold [bad](htps://b.example)**", [18]),
        ("<htps://b.example> and [bad](htps://c.example)", [6, 34]),
        ("[bad](<htps://b.example>)", [12]),
        ("[bad](htps://b.example?a=1&amp;b=2)", [11]),
        ("[mail](a@b) [bad](htps://b.example)", [12, 23]),
    ],
)
def test_an_invalid_link_is_reported_at_its_column(tmp_path: Path, text: str, columns: list[int]) -> None:
    """Each of several links in a line is reported at its address, with or without merge fields around it."""
    found = _told(tmp_path, _with("    Second paragraph.", f"    {text}"))
    assert [(line, column) for line, column, _ in found] == [(10, column) for column in columns]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("Reuters: [One](htps://example.org/1)", 20),
        ("Reuters: [One](https://example.org/1 x)", 14),
        ("Reuters: One, see [here](https://example.org/1 x)", 23),
        ("Reuters: {{ company }} [One](htps://example.org/1)", 28),
    ],
)
def test_an_invalid_link_of_a_source_is_reported_at_its_column(tmp_path: Path, line: str, column: int) -> None:
    """The same holds for sources in their short form."""
    found = _told(tmp_path, _with("    Reuters: [One](https://example.org/1)", f"    {line}"))
    assert [(row, at) for row, at, _ in found] == [(12, column)]


def test_checks_report_the_column_of_the_link(tmp_path: Path) -> None:
    """A check reports the column of its link, even if another link in the line starts with the same address."""
    from composer.checks.issue_text import IssueTexts

    workspace = issue_workspace(tmp_path)
    path = workspace.root / "issues" / "2025-01-30.yaml"
    path.write_text(
        _with("Second paragraph.", "[a](https://x.example/ab) and [b](https://x.example/a)"), encoding="utf-8"
    )
    _, issue = read_issue(workspace, path)
    links = {each.url: each.mark.place for each in IssueTexts(issue).references}
    assert [
        (links[f"https://x.example/{each}"].line, links[f"https://x.example/{each}"].column) for each in ("ab", "a")
    ] == [
        (10, 9),
        (10, 39),
    ]


def test_paths_are_relative_to_the_workspace(tmp_path: Path) -> None:
    """File names in messages are relative to the workspace."""
    assert {problem.path for problem in _read(tmp_path, "<<<<<<< x\n")} == {"issues/2025-01-30.yaml"}
    assert Workspace(root=tmp_path.resolve()).issue("2025-01-30").is_file()
