"""The command `compose check`: its output, exit code and files."""

import datetime
import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from composer.checks.rules.message.link_targets import link_problems
from composer.cli.main import run
from composer.core.errors import Level
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from composer.links.answer import LinkAnswer, LinkVerdict
from composer.links.cache import write
from tests.factories import ROOT, sample, sample_message

ON = ("--on", "2025-01-30")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    return sample(tmp_path)


def _edit(workspace: Workspace, old: str, new: str, name: str = "issues/2025-01-30.yaml") -> None:
    path = workspace.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_issue(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """An issue without problems prints nothing on stdout and one sentence on stderr, with exit code 0, in both languages."""
    assert run(["check", "2025-01-30", "issues/2025-01-30.de.yaml", *ON]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "issues/2025-01-30.yaml: no problems found",
        "issues/2025-01-30.de.yaml: no problems found",
    ]


def test_a_blocker(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """A past date prevents sending, but not building; its line is named."""
    assert run(["check", "2025-01-30", "--on", "2025-02-01"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(
        "issues/2025-01-30.yaml:2:7: blocker: the issue is dated 2025-01-30, 2 days ago  [DATE01]\n    "
    )
    assert err == "issues/2025-01-30.yaml: 1 blocker; it cannot be sent like this\n"
    assert run(["build", "2025-01-30"]) == 0


def test_warnings_count_when_asked(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """With --strict, a warning leads to exit code 1."""
    _edit(workspace, "A cheap model shakes up the AI race", "A cheap model shakes up the AI race!!")
    assert run(["check", "2025-01-30", *ON]) == 0
    assert run(["check", "2025-01-30", *ON, "--strict"]) == 1
    assert "1 warning" in capsys.readouterr().err


def test_an_allowance_has_a_reason_and_is_recorded(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """--allow accepts a blocker; reason and finding are in the output and in the record."""
    arguments = ["check", "2025-01-30", "--on", "2025-02-01"]
    assert run([*arguments, "--allow", 'DATE01="sent late, the editors know"']) == 0
    out = capsys.readouterr().out
    assert "allowed: the issue is dated 2025-01-30" in out
    assert "because: sent late, the editors know" in out
    kept = json.loads((workspace.root / ".compose" / "checks" / "2025-01-30.json").read_text(encoding="utf-8"))
    assert [(each["code"], each["reason"]) for each in kept["allowed"]] == [("DATE01", "sent late, the editors know")]
    assert kept["ready"] is True
    for wrong, words in (
        ("DATE1=x", "did you mean DATE01?"),
        ("DATE01", "needs a reason"),
        ("DATE01=", "needs a reason"),
    ):
        assert run([*arguments, "--allow", wrong]) == 2
        assert words in capsys.readouterr().err


def test_json_keeps_to_its_schema(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """The output follows check.schema.json: findings, accepted findings, and an issue that cannot be built."""
    schema = json.loads((ROOT / "docs" / "reference" / "check.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    _edit(workspace, "A cheap model shakes up the AI race", "RE: A cheap model!!")
    _edit(workspace, "date: 2025-01-30", "date: 2025-02-30", "issues/2025-01-30.de.yaml")
    found = ["check", "2025-01-30", "2025-01-30.de", "--on", "2025-02-01", "--json"]
    assert run([*found, "--allow", "DATE01=late"]) == 1
    printed = json.loads(capsys.readouterr().out)
    validator.validate(printed)
    english, german = printed["issues"]
    assert [each["code"] for each in english["findings"]] == ["SUBJ02", "SUBJ02"]
    assert english["ready"] is True and english["allowed"]
    assert german["hash"] is None and german["findings"][0]["level"] == "error" and not german["ready"]
    kept = json.loads((workspace.root / ".compose" / "checks" / "2025-01-30.json").read_text(encoding="utf-8"))
    validator.validate({"issues": [kept]})
    wrong: tuple[object, ...] = ({}, {**english, "ready": "yes"}, {**english, "more": 1})
    assert not any(validator.is_valid({"issues": [each]}) for each in wrong)


def test_the_list_of_checks(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """--list shows every check with its level; as JSON, with all its details."""
    assert run(["check", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = "SUBJ01 warning over 75 characters editor Most inboxes show the whole subject"
    assert " ".join(lines[0].split()) == first
    assert run(["check", "--list", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert len(checks) == len(lines)
    assert all(check["fix"] and check["source"] and check["who"] in ("editor", "designer", "IT") for check in checks)


def test_settings_of_the_newsletter(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """newsletter.yaml sets limits and levels and disables a check; mistakes in it are reported with their line."""
    path = workspace.root / "newsletter.yaml"
    plain = path.read_text(encoding="utf-8")
    past = ["check", "2025-01-30", "--on", "2025-02-01"]

    def told(*checks: str) -> tuple[int, str]:
        path.write_text(plain + "checks:\n" + "".join(f"  {line}\n" for line in checks), encoding="utf-8")
        code = run(past)
        return code, capsys.readouterr().out

    assert told("SUBJ01:", "  warn: 20", "  block: 30")[1].count("blocker") == 2
    assert told("DATE01:", "  level: warning")[0] == 0
    assert told("DATE01:", '  level: "off"') == (0, "")
    assert told("DATE01:", "  level: off") == (0, "")
    for lines, words in (
        (("SUBJ1:", "  warn: 20"), "unknown check “SUBJ1”"),
        (("DATE01:", "  warn: 20"), "has no limits"),
        (("SUBJ01:", "  level: info"), "level depends on its limits"),
        (("SUBJ01:", "  loud: 5"), "loud"),
        (("SUBJ01:", "  warn: many"), "many"),
    ):
        code, out = told(*lines)
        assert code == 1
        assert words in out
        assert out.startswith("newsletter.yaml:"), out


def test_links_are_reported_by_the_answers_of_servers(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing page is an error at its line, a moved page a note, an unclear answer a warning.

    Today's results are reused.
    """
    now = datetime.datetime.now(datetime.UTC)
    review = check_issue(workspace, workspace.issue("2025-01-30"), now, datetime.date(2025, 1, 30)).review
    urls = list(dict.fromkeys(link.url for link in review.references))
    answers = {url: LinkAnswer(url=url, verdict=LinkVerdict.FINE, reason="", status=200, asked_at=now) for url in urls}
    gone, moved, unsure, lost = urls[1], urls[2], urls[3], urls[4]
    answers[gone] = LinkAnswer(
        url=gone, verdict=LinkVerdict.GONE, reason="the server answers 404", status=404, asked_at=now
    )
    answers[moved] = LinkAnswer(
        url=moved, verdict=LinkVerdict.MOVED, reason="moved", final="https://example.org/new", asked_at=now
    )
    answers[unsure] = LinkAnswer(
        url=unsure, verdict=LinkVerdict.UNSURE, reason="the server answers 403", status=403, asked_at=now
    )
    answers[lost] = LinkAnswer(url=lost, verdict=LinkVerdict.UNKNOWN_HOST, reason="there is no such host", asked_at=now)
    write(workspace.root / ".compose" / "links.json", answers, now)
    assert run(["check", "2025-01-30", *ON, "--links"]) == 1
    out, err = capsys.readouterr()
    findings = [line for line in out.splitlines() if "[LINK02]" in line]
    assert [line.split(": ")[1] for line in findings] == ["error", "error", "warning", "info"]
    source = (workspace.root / "issues" / "2025-01-30.yaml").read_text(encoding="utf-8").splitlines()
    for line in findings:
        place = int(line.split(":")[1])
        assert any(url in line and url in source[place - 1] for url in urls)
    assert "open it yourself" in out and "checked: 2025-01-30" in out and "write   https://example.org/new" in out
    assert "2 errors, 1 warning" in err and "correct the links before you send it" in err and "built" not in err
    for url in (gone, moved, unsure, lost):
        answers[url] = replace(answers[url], verdict=LinkVerdict.OFFLINE, reason="this computer seems to be offline")
    review = check_issue(workspace, workspace.issue("2025-01-30"), now, datetime.date(2025, 1, 30)).review
    note, *others = link_problems((review,), answers)
    assert not others and note.level is Level.INFO and note.message.startswith("4 links were not checked: ")


def test_a_link_can_be_ticked_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`checked:` at a link removes findings that no program can decide, but not the one about a missing page."""
    monkeypatch.chdir(tmp_path)
    workspace = sample_message(tmp_path)
    text = (
        "name: Letters\nlanguage: en\ntimezone: UTC\nsender:\n  from: The Desk <desk@example.org>\nsections:\n"
        "  press:\n    type: digest\n"
    )
    (tmp_path / "newsletter.yaml").write_text(text, encoding="utf-8")
    item = '  - title: "{0}"\n    url: https://example.org/{0}\n    checked: 2025-01-29\n    body: |\n      Text.\n'
    issue = 'date: 2025-01-30\nsubject: "A letter"\npress:\n' + item.format("one") + item.format("two")
    (tmp_path / "issues" / "2025-01-30.yaml").write_text(issue, encoding="utf-8")
    now = datetime.datetime.now(datetime.UTC)
    verdicts = {"one": LinkVerdict.UNSURE, "two": LinkVerdict.GONE}
    answers = {
        url: LinkAnswer(url=url, verdict=verdict, reason="the server answers so", status=404, asked_at=now)
        for name, verdict in verdicts.items()
        if (url := f"https://example.org/{name}")
    }
    write(workspace.root / ".compose" / "links.json", answers, now)
    assert run(["check", "2025-01-30", *ON, "--links"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if "[LINK02]" in line]
    assert len(told) == 1 and "https://example.org/two" in told[0]


def test_mistakes_on_the_command_line(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown issue and an invalid date lead to exit code 2 and a hint."""
    for arguments, words in (
        (["check", "2025-01-31"], "there is no issue"),
        (["check", "2025-01-30", "--on", "30.01.2025"], "did you mean 2025-01-30?"),
    ):
        assert run(arguments) == 2
        assert words in capsys.readouterr().err


def test_a_broken_issue(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Mistakes in an issue are reported as in a build; the other issues are still checked."""
    _edit(workspace, "date: 2025-01-30", "date: 30 January", "issues/2025-01-30.de.yaml")
    assert run(["check", "2025-01-30.de", "2025-01-30", *ON]) == 1
    out, err = capsys.readouterr()
    assert "2025-01-30.de.yaml:2:7: error:" in out
    assert "it cannot be built or sent like this" in err
    assert "issues/2025-01-30.yaml: no problems found" in err
