"""Copies of issue files from sync programs, merges, text editors and people: no subscriber receives an issue twice."""

import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from composer.core.command_lines import command_line, shell_line
from composer.core.issue_files import Shared, same_issue_files
from composer.core.workspace import Workspace
from tests.cli_harness import CliHarness, make_workspace, recipients
from tests.fake_smtp import FakeSmtp
from tests.source_trees import source_trees

ISSUE = "2031-01-30"
#: Names ending in .yaml that programs give to a copy of 2031-01-30.yaml.
COPIES = [
    "2031-01-30 (1).yaml",
    "2031-01-30(2).yaml",
    "2031-01-30 2.yaml",
    "2031-01-30-LAPTOP.yaml",
    "2031-01-30-DESKTOP-ABC123.yaml",
    "2031-01-30 (Anna's conflicted copy 2031-01-28).yaml",
    "2031-01-30 (Kopie in Konflikt von Anna 2031-01-28).yaml",
    "2031-01-30 (conflicted copy 2031-01-28 101010).yaml",
    "2031-01-30 - Kopie.yaml",
    "2031-01-30 - Kopie (2).yaml",
    "2031-01-30 - Copy (2).yaml",
    "2031-01-30 copy.yaml",
    "2031-01-30 - copia.yaml",
    "2031-01-30 - Copie.yaml",
    "2031-01-30 - 副本.yaml",
    "2031-01-30 副本 2.yaml",
    "Kopie von 2031-01-30.yaml",
    "Copy of 2031-01-30.yaml",
    "2031-01-30_BASE_12345.yaml",
    "2031-01-30_LOCAL_12345.yaml",
    "2031-01-30_REMOTE_12345.yaml",
    "2031-01-30_BACKUP_12345.yaml",
    "2031-01-30.sync-conflict-20310128-101010-ABCDEFG.yaml",
    "2031-01-30.Conflict.yaml",
    "2031-01-30.bak.yaml",
    "2031-01-30.old.yaml",
    "2031-01-30.yml",
    "2031-01-30.YAML",
    "2031-01-30.en.yaml",
    "2031-02-06.yaml",
    "special edition.yaml",
]
#: Copies that no command reads; they are not mentioned while the original file exists.
BACKUPS = [
    "2031-01-30.yaml~",
    "#2031-01-30.yaml#",
    "2031-01-30.yaml.orig",
    "2031-01-30.yaml.bak",
    ".2031-01-30.yaml.swp",
]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CliHarness:
    return make_workspace(tmp_path, monkeypatch, capsys)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSmtp]:
    with FakeSmtp() as office:
        monkeypatch.setenv("COMPOSE_SMTP_URL", f"smtp://127.0.0.1:{office.port}")
        yield office


def _copy(room: CliHarness, name: str, *changes: tuple[str, str]) -> Path:
    """Copy the issue under another name, and change something in the copy."""
    target = room.root / "issues" / name
    text = (room.root / "issues" / f"{ISSUE}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    target.write_text(text, encoding="utf-8")
    return target


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_reported_for_both_files(room: CliHarness, name: str) -> None:
    """Whatever the name of a copy, the check of either file reports a blocker that names the other file."""
    _copy(room, name)
    said = room.say("check", f"issues/{ISSUE}.yaml")
    assert said.code == 1
    assert (
        f"blocker: two files for one issue: issues/{name} has the same date as {ISSUE}.yaml: 2031-01-30  [FILE01]"
        in said.out
    )
    if name == "2031-01-30.en.yaml":
        return  # requires a newsletter.en.yaml
    said = room.say("check", f"issues/{name}")
    assert said.code == 1
    assert f"two files for one issue: issues/{ISSUE}.yaml has the same date as {name}" in said.out


@pytest.mark.parametrize(
    "name", ["2031-01-30 (1).yaml", "2031-01-30.sync-conflict-20310128-101010-ABCDEFG.yaml", "zzz.yaml"]
)
def test_build_preview_and_compose_name_a_copy(room: CliHarness, name: str) -> None:
    """The blocker does not prevent build or preview; every command that shows the issue names the copy."""
    _copy(room, name)
    said = room.say("build", ISSUE)
    assert said.code == 0
    assert f"blocker: two files for one issue: issues/{name}" in said.err
    assert '"code": "FILE01"' in room.say("build", ISSUE, "--json").out
    said = room.say("preview", ISSUE, "--out", "page")
    assert f"issues/{name} has the same date" in (room.root / "page" / "index.html").read_text(encoding="utf-8")
    said = room.say()
    assert f"two files for one issue: issues/{name}" in said.out
    assert f"ignored (not named like an issue): issues/{name}" in said.out
    assert f"next: compose check {ISSUE}" in said.out


@pytest.mark.parametrize("name", COPIES)
def test_only_names_that_are_a_date_are_the_current_issue(room: CliHarness, name: str) -> None:
    """The current issue is the one whose name is a date, regardless of how other names sort."""
    _copy(room, name, ("2031-01-30", "2030-12-24"))
    out = room.say().out
    if name == "2031-02-06.yaml":
        assert "issues/2031-02-06.yaml" in out.split("\n")[1]
    else:
        assert f"issues/{ISSUE}.yaml" in out
        assert all(f"  issues/{other}   built" not in out for other in COPIES if not other[:-5].endswith("30"))


@pytest.mark.parametrize("name", BACKUPS)
def test_backups_of_editors_are_not_issues(room: CliHarness, name: str) -> None:
    """Backup files of text editors are not copies that could be sent by mistake.

    If you name one, an error says it is not an issue.
    """
    _copy(room, name)
    assert room.say("check", ISSUE, "--on", "2031-01-30").code == 0
    assert "not named like an issue" not in room.say().out
    said = room.say("send", f"issues/{name}")
    assert said.code == 2
    assert f"issues/{name} is not an issue file" in said.err


def test_what_is_not_a_copy(room: CliHarness) -> None:
    """Another date, another language, a part of an issue, and a link to the issue are not copies."""
    root = room.root / "issues"
    _copy(room, "2031-02-06.yaml", ("2031-01-30", "2031-02-06"))
    _copy(room, "2031-01-30.de.yaml")
    (root / "2031-01-30-topic.yaml").write_text("title: A topic\ndate: 2031-01-30\n", encoding="utf-8")
    (root / "current.yaml").symlink_to(f"{ISSUE}.yaml")
    _copy(room, "2031-01-30.fr.yaml")  # a translation that is started before newsletter.fr.yaml exists
    assert same_issue_files(room.workspace, root / f"{ISSUE}.yaml") == ()


def test_copies_in_another_language(room: CliHarness) -> None:
    """A copy of the German edition is a copy of that edition, not of the English one."""
    (room.root / "newsletter.de.yaml").write_text("language: de\n", encoding="utf-8")
    _copy(room, "2031-01-30.de.yaml")
    for name in (
        "2031-01-30.de (1).yaml",
        "2031-01-30.de-LAPTOP.yaml",
        "2031-01-30 (1).de.yaml",
        "2031-01-30.de_BASE_1.yaml",
    ):
        _copy(room, name)
    root = room.root / "issues"
    assert same_issue_files(room.workspace, root / f"{ISSUE}.yaml") == ()
    assert len(same_issue_files(room.workspace, root / f"{ISSUE}.de.yaml")) == 4


def test_numbers_and_names_identify_copies(room: CliHarness) -> None:
    """The same date in the name always identifies a copy; the same number does within half a year."""
    root, issue = room.root / "issues", room.root / "issues" / f"{ISSUE}.yaml"
    issue.write_text(f"number: 5\n{issue.read_text(encoding='utf-8')}", encoding="utf-8")
    _copy(room, "a.yaml", ("2031-01-30", "2031-03-01"))
    _copy(room, "b.yaml", ("2031-01-30", "2030-01-31"))
    _copy(room, "2031-01-30 (1).yaml", ("2031-01-30", "2031-04-01"), ("number: 5", "number: 6"))
    found = same_issue_files(room.workspace, issue)
    assert [(each.name, each.shared) for each in found] == [
        ("issues/2031-01-30 (1).yaml", Shared.NAME),
        ("issues/a.yaml", Shared.NUMBER),
    ]
    assert "issues/a.yaml has the same number as 2031-01-30.yaml: 5" in room.say("check", ISSUE).out
    (root / "2031-01-30 (1).yaml").unlink()
    (root / "a.yaml").unlink()
    assert same_issue_files(room.workspace, issue) == ()


@pytest.mark.parametrize(
    "line",
    [
        "date:\u00a02031-01-30",
        '"date": "2031-01-30"',
        "date : '2031-01-30'  # Thursday",
        "\u200bdate: 2031-01-30",
        "\ufeffdate: 2031-01-30",
    ],
)
def test_a_copy_is_found_for_any_spelling_of_its_date(room: CliHarness, line: str) -> None:
    """Quotation marks, spaces, invisible characters, line ends and mistakes elsewhere do not hide a copy."""
    path = _copy(room, "zzz.yaml", ("date: 2031-01-30", line), ("letter:", "letter"))
    assert [each.name for each in same_issue_files(room.workspace, room.root / "issues" / f"{ISSUE}.yaml")] == [
        "issues/zzz.yaml"
    ]
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    assert [each.name for each in same_issue_files(room.workspace, room.root / "issues" / f"{ISSUE}.yaml")] == [
        "issues/zzz.yaml"
    ]


def test_neither_the_copy_nor_the_issue_can_be_sent(room: CliHarness, office: FakeSmtp) -> None:
    """Neither file can be sent while there are two; a reason overrides this, for two issues on one day."""
    room.add(3)
    _copy(room, f"{ISSUE} (1).yaml")
    for name in (ISSUE, f"{ISSUE} (1)"):
        assert room.say("test", name).code == 0
        said = room.say("send", name, "--yes", "3")
        assert said.code == 1
        assert "is the same issue as" in said.err
        assert "[same-issue]" in said.err
    assert recipients(office) == []
    said = room.say("send", ISSUE, "--yes", "3", "--allow", "same-issue=a special edition of the same day")
    assert said.code == 0
    assert len(recipients(office)) == 3
    # The code of the check overrides the finding about the files, but not the refusal about the mailing.
    said = room.say("send", f"{ISSUE} (1)", "--yes", "3", "--allow", "FILE01=they differ")
    assert said.code == 1
    assert "mailing 1 of 2031-01-30 already sent this issue" in said.err
    assert len(recipients(office)) == 3


@pytest.mark.parametrize(
    ("name", "changes", "why"),
    [
        (f"{ISSUE} (1).yaml", (), "same edition"),
        ("2031-02-06.yaml", (("date: 2031-01-30", "date: 2031-02-06"),), "same text"),
        ("issue.yaml", (("A letter for you", "A letter for you, corrected"),), "same date"),
        ("2031-02-07.yaml", (("A letter for you", "Another"), ("2031-01-30", "2031-02-07")), "same number"),
    ],
)
def test_a_renamed_issue_is_not_sent_again(
    room: CliHarness, office: FakeSmtp, name: str, changes: tuple[tuple[str, str], ...], why: str
) -> None:
    """A mailing is identified by its content: a file with a new name is not sent to people who have received it."""
    issue = room.root / "issues" / f"{ISSUE}.yaml"
    issue.write_text(f"number: 5\n{issue.read_text(encoding='utf-8')}", encoding="utf-8")
    room.add(2)
    room.say("test", ISSUE)
    assert room.say("send", ISSUE, "--yes", "2").code == 0
    _copy(room, name, *changes)
    issue.unlink()
    stem = name.removesuffix(".yaml")
    room.say("test", stem)
    said = room.say("send", stem, "--yes", "2")
    assert said.code == 1
    assert f"mailing 1 of {ISSUE} " in said.err and f"{why}  [same-issue]" in said.err
    assert len(recipients(office)) == 2
    assert room.say("send", stem, "--yes", "2", "--allow", "same-issue=it is a test of ours").code == 0
    assert len(recipients(office)) == 4


def test_two_issues_a_day_where_the_newsletter_says_so(room: CliHarness, office: FakeSmtp) -> None:
    """If newsletter.yaml disables the check, one date no longer means one issue; the same edition still does."""
    room.add(2)
    path = room.root / "newsletter.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}checks:\n  FILE01:\n    level: warning\n", encoding="utf-8")
    _copy(room, "2031-01-30-evening.yaml", ("A letter for you", "The evening edition"))
    for name in (ISSUE, "2031-01-30-evening"):
        room.say("test", name)
        assert room.say("send", name, "--yes", "2").code == 0
    assert len(recipients(office)) == 4
    _copy(room, "2031-01-30-night.yaml")
    room.say("test", "2031-01-30-night")
    assert "same edition  [same-issue]" in room.say("send", "2031-01-30-night", "--yes", "2").err
    assert len(recipients(office)) == 4


def test_a_correction_may_have_the_date_of_what_it_corrects(room: CliHarness, office: FakeSmtp) -> None:
    """The file and mailing named by `--to-those-who-got` do not block a correction; a plain copy is not a correction."""
    room.add(2)
    room.say("test", ISSUE)
    assert room.say("send", ISSUE, "--yes", "2").code == 0
    _copy(room, "2031-01-30-correction.yaml", ("A letter for you", "A correction"))
    room.say("test", "2031-01-30-correction")
    said = room.say("send", "2031-01-30-correction", "--to-those-who-got", ISSUE, "--yes", "2")
    assert said.code == 0, said.err
    assert len(recipients(office)) == 4
    _copy(room, "2031-01-30-again.yaml")
    room.say("test", "2031-01-30-again")
    said = room.say("send", "2031-01-30-again", "--to-those-who-got", ISSUE, "--yes", "2")
    assert "same edition  [same-issue]" in said.err
    assert len(recipients(office)) == 4


@pytest.mark.parametrize(
    "name", ["2031-01-30.yaml.txt", "2031-01-30.yml.txt", "2031-01-30.YAML.TXT", "2031-01-30.yaml.rtf"]
)
def test_an_issue_with_a_wrong_ending_is_named(room: CliHarness, name: str) -> None:
    """A file that a text editor saved as .yaml.txt is found, and the command to rename it is printed."""
    issue = room.root / "issues" / f"{ISSUE}.yaml"
    issue.rename(issue.with_name(name))
    said = room.say("build", ISSUE)
    assert said.code == 2
    assert f"issues/{name} is not an issue file" in said.err
    assert f"ignored (not named like an issue): issues/{name}" in room.say().out
    subprocess.run(["bash", "-c", said.err.rpartition(": ")[2]], check=True, cwd=room.root)
    assert room.say("build", ISSUE).code == 0


@pytest.mark.parametrize("name", ["2031-01-30.yml", "2031-01-30.YAML", "2031-01-30.Yml"])
def test_other_spellings_of_the_ending_are_issues(room: CliHarness, name: str) -> None:
    """`.yml` and capital letters are found by the stem, and can be the current issue."""
    issue = room.root / "issues" / f"{ISSUE}.yaml"
    issue.rename(issue.with_name(name))
    assert room.say("build", ISSUE).code == 0
    assert f"issues/{name}   built, not checked" in room.say().out


@pytest.mark.parametrize(
    "name",
    [
        "2031-01-30.yml",
        "2031-01-30.YAML",
        "2031-01-30.yaml.txt",
        "2031-01-30 (1).yaml",
        "2031-01-30-LAPTOP.yaml",
        "zzz.yaml",
    ],
)
def test_new_refuses_a_date_that_has_a_file(room: CliHarness, name: str) -> None:
    """`compose new` refuses a date for which a file with any name, or a folder, exists."""
    issue = room.root / "issues" / f"{ISSUE}.yaml"
    issue.rename(issue.with_name(name))
    said = room.say("new", ISSUE)
    assert said.code == 2
    assert f"issues/{name} already exists for the issue of {ISSUE}" in said.err
    assert [path.name for path in issue.parent.iterdir()] == [name]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_with_accents_are_found_in_either_form(room: CliHarness, form: Literal["NFC", "NFD"]) -> None:
    """A name in one Unicode form is found in the other form: an issue, a file named in `from:`, a folder with a picture."""
    root = room.root / "issues"
    other: Literal["NFC", "NFD"] = "NFD" if form == "NFC" else "NFC"

    def typed(text: str) -> str:
        return unicodedata.normalize(other, text)

    folder = root / unicodedata.normalize(form, "Entwürfe für Zoë")
    folder.mkdir()
    shutil.copy(
        Path(__file__).parent.parent.parent / "assets" / "logo.png", folder / unicodedata.normalize(form, "café.png")
    )
    (folder / "topic.yaml").write_text('title: "A topic"\nfacts: |\n  Text.\n', encoding="utf-8")
    name = unicodedata.normalize(form, "Résumé.yaml")
    _copy(
        room,
        name,
        (
            '- title: "A topic of the day"\n    facts: |\n      It has a text of its own.',
            f"- from: {typed('Entwürfe für Zoë')}/topic.yaml",
        ),
    )
    said = room.say("build", typed("Résumé"))
    assert said.code == 0, said.err
    assert room.workspace.inside(root, f"{typed('Entwürfe für Zoë')}/{typed('café.png')}").is_file()


AWKWARD = ["2031-01-30 (Anna's conflicted copy 2031-01-28)", "$HOME `id` & co", "-n", 'say "hi"; exit', "*", "副本 ü"]


@pytest.mark.parametrize("stem", AWKWARD)
def test_what_is_printed_can_be_run_by_a_shell(room: CliHarness, office: FakeSmtp, stem: str) -> None:
    """Each printed command that names an issue works in a shell: file names are quoted."""
    room.add(1)
    (room.root / "issues" / f"{ISSUE}.yaml").rename(room.root / "issues" / f"{stem}.yaml")
    shell = f'compose() {{ {shell_line(sys.executable, "-m", "composer")} "$@"; }}; '

    def run(line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["bash", "-c", shell + line], cwd=room.root, capture_output=True, text=True, check=False)

    said = room.say("send", f"issues/{stem}.yaml", "--yes", "1")
    printed = next(line.strip() for line in said.err.splitlines() if "compose test" in line)
    assert printed == command_line("test", stem)
    ran = run(printed)
    assert ran.returncode == 0, ran.stderr
    said = room.say("send", f"issues/{stem}.yaml", "--yes", "1")
    assert said.code == 0, said.err
    (room.root / "issues" / f"{stem}.yaml").unlink()
    assert run(command_line("build", stem)).returncode == 2


@pytest.mark.parametrize(
    "address", ["o'brien@example.org", "a+b@example.org", "x&y@example.org", "$HOME@example.org", "`id`@example.org"]
)
def test_addresses_in_commands_are_quoted(room: CliHarness, address: str) -> None:
    """The command printed for an unknown subscriber looks up exactly this address."""
    with room.open():
        pass
    said = room.say("subscribers", "show", address)
    line = re.search(r"compose who .*", said.err)
    assert line is not None
    words = subprocess.run(
        ["bash", "-c", f'compose() {{ printf "%s\\n" "$@"; }}; {line[0]}'], capture_output=True, text=True, check=True
    ).stdout
    assert words == f"who\n{address}\n"


def test_command_lines_are_quoted_by_one_function() -> None:
    """Wherever a command with a name is printed, `command_line` quotes the name; plain numbers need no quoting."""
    import ast

    numbers = re.compile(
        r"(?:\w+(?:\[\d\])?\.)*(?:id|number|mailing|mailing_id|other\.id|unknown|count|yes)|mailing\.program"
    )
    by_hand = []
    for name, tree in source_trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.JoinedStr):
                continue
            before = ""
            for value in node.values:
                if isinstance(value, ast.Constant):
                    before += str(value.value)
                elif isinstance(value, ast.FormattedValue):
                    expression = ast.unparse(value.value)
                    is_command = re.search(r"\b(?:compose [a-z]+|chmod|mv|git [a-z]+)(?: [a-z0-9.-]+)* $", before)
                    if is_command and not numbers.fullmatch(expression):
                        by_hand.append(f"{name}:{node.lineno}: {expression}")
                    # The placeholder is one word of the command, so that the options after it are recognised.
                    before += "x"
    assert [each for each in by_hand if "tokens.py" not in each] == []


def test_a_copy_outside_the_folder_of_issues_has_the_key_of_the_issue(tmp_path: Path) -> None:
    """`drafts/2031-01-30.yaml` has the key of the same issue, which the ledger uses."""
    from composer.core.issue_files import issue_key

    assert issue_key(tmp_path / "drafts" / "2031-01-30.yaml") == issue_key(tmp_path / "2031-01-30.de.yml") == ISSUE
    assert Workspace(root=tmp_path).issues() == ()
