"""Findings in the formats of forges: valid for their readers, at the right place, and without effect."""

import datetime
import json
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import cmarkgfm
import jsonschema_rs
import pytest
from cmarkgfm.cmark import Options

from composer.app.forges.code_quality import code_quality
from composer.app.forges.finding_formats import FindingFormat, format_reports
from composer.app.forges.findings_markdown import findings_markdown
from composer.app.forges.github_commands import github_commands
from composer.app.forges.placed_findings import PlacedFinding, place_findings
from composer.app.forges.sarif_log import sarif_log
from composer.app.issues.check import check
from composer.app.issues.issue_lookup import find_issue
from composer.checks.catalogue import catalogue
from composer.cli.main import run
from composer.core.errors import Level, Problem, Who
from composer.core.workspace import Workspace
from composer.editions.check_reports import CheckReport
from tests.app.forges.repositories import HOSTILE
from tests.app.forges.tools import SARIF_SCHEMA, require
from tests.factories import sample, sample_message

DAY = datetime.date(2025, 1, 30)
#: What a Code Quality report has, by the documentation of GitLab.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/.]"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"minimum": 1}}},
                },
            },
        },
    },
}


def _finding(**values: object) -> PlacedFinding:
    plain: dict[str, object] = {
        "path": "issues/2025-01-30.yaml",
        "line": 4,
        "column": 10,
        "code": "SUBJ02",
        "level": Level.WARNING,
        "who": Who.EDITOR,
        "message": "the subject starts with “RE:”",
        "hint": "rewrite it",
        "fingerprint": "0" * 64,
    }
    return PlacedFinding(**{**plain, **values})  # type: ignore[arg-type]


def _report(workspace: Workspace, *problems: Problem, allowed: tuple[tuple[Problem, str], ...] = ()) -> CheckReport:
    return CheckReport(
        issue="issues/2025-01-30.yaml", stem="2025-01-30", hash="", day=DAY, problems=problems, allowed=allowed
    )


def _problem(line: int, column: int, code: str = "SUBJ02", **values: str) -> Problem:
    return Problem(
        path="issues/2025-01-30.yaml",
        line=line,
        column=column,
        code=code,
        level=Level.WARNING,
        **{"message": "wrong", **values},  # type: ignore[arg-type]
    )


def _all_levels() -> tuple[PlacedFinding, ...]:
    """Return a finding of each level, one that is allowed, and one for each hostile text."""
    levels = [_finding(level=level, line=number, code="a-problem") for number, level in enumerate(Level, 1)]
    hostile = [
        _finding(message=text, hint=text, path=f"issues/{text}.yaml", fingerprint=f"{number:064x}")
        for number, text in enumerate(HOSTILE, 1)
    ]
    return (*levels, *hostile, _finding(allowed="the editors know", fingerprint="f" * 64))


def test_sarif_follows_its_schema() -> None:
    """A log is valid by the JSON Schema of OASIS: every level, problems without a check, suppressions, hostile texts."""
    schema = json.loads(require(SARIF_SCHEMA).read_text(encoding="utf-8-sig"))
    for part in ("run", "toolComponent"):
        # The pattern is not a regular expression, and our logs name no language.
        schema["definitions"][part]["properties"]["language"].pop("pattern", None)
    validator = jsonschema_rs.validator_for(schema)
    log = sarif_log(_all_levels(), catalogue(), "1.2.3")
    assert [str(each) for each in validator.iter_errors(log)] == []
    assert list(validator.iter_errors({**log, "version": 3}))
    (run_of_log,) = json.loads(json.dumps(log))["runs"]
    assert [each["level"] for each in run_of_log["results"]][:4] == ["error", "error", "warning", "note"]
    assert [bool(each.get("suppressions")) for each in run_of_log["results"]] == [False] * (4 + len(HOSTILE)) + [True]
    for rule in run_of_log["tool"]["driver"]["rules"]:
        # What GitHub requires of code scanning, in addition to the schema.
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    for result in run_of_log["results"]:
        assert run_of_log["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert re.fullmatch(r"[\w/.%~-]+", result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


def test_code_quality_follows_the_documentation(tmp_path: Path) -> None:
    """A report has the documented keys and severities, no finding that is allowed, and no fingerprint twice."""
    validator = jsonschema_rs.validator_for(CODE_QUALITY)
    found = code_quality(_all_levels())
    validator.validate(found)
    assert len(found) == 4 + len(HOSTILE)
    twice = _report(sample_message(tmp_path), _problem(2, 1), _problem(2, 5), _problem(3, 1), _problem(3, 1))
    prints = [each.fingerprint for each in place_findings([(Workspace(root=tmp_path), twice)])]
    assert len(prints) == len(set(prints)) == 3


def _runner(line: str) -> tuple[str, dict[str, str], str] | None:
    """Read a line as GitHub's runner does: the command, its properties, its text (ActionCommand.cs of actions/runner)."""
    line = line.lstrip()
    if not line.startswith("::") or (end := line.find("::", 2)) < 0:
        return None
    head, data = line[2:end], line[end + 2 :]
    name, _, rest = head.partition(" ")
    pairs = [each.split("=", 1) for each in rest.strip().split(",") if "=" in each]
    return name, {key: _plain(value, ":,") for key, value in pairs}, _plain(data, "")


def _plain(text: str, more: str) -> str:
    for character in ("\r", "\n", *more, "%"):
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def test_github_reads_one_command_for_each_finding() -> None:
    """The runner gets back every text unchanged, and no text begins a command of its own."""
    findings = _all_levels()[:-1]
    lines = github_commands(findings).split("\n")
    assert len(lines) == len(findings)
    for line, finding in zip(lines, findings, strict=True):
        read = _runner(line)
        assert read is not None
        name, properties, text = read
        assert name in ("error", "warning", "notice")
        assert properties["file"] == finding.path and properties["title"] == finding.code
        assert (int(properties["line"]), int(properties["col"])) == (finding.line, finding.column)
        assert text == finding.text


def rendered(markdown: str) -> ElementTree.Element:
    """Return Markdown as GitHub's own parser renders it, with every extension and its HTML."""
    extensions = ["table", "autolink", "tagfilter", "strikethrough", "tasklist"]
    html = cmarkgfm.markdown_to_html_with_extensions(markdown, Options.CMARK_OPT_UNSAFE, extensions)
    page = re.sub(r"<!--.*?-->", "", html).replace("<br>", "<br/>").replace("&quot;", '"')
    return ElementTree.fromstring(f"<page>{page}</page>")


def outside_of_code(page: ElementTree.Element) -> str:
    """Return the text that forges interpret."""
    parts: list[str] = []

    def walk(element: ElementTree.Element) -> None:
        if element.tag not in ("code", "pre"):
            parts.append(element.text or "")
            for child in element:
                walk(child)
                parts.append(child.tail or "")

    walk(page)
    return "".join(parts)


def test_hostile_texts_are_inert_in_markdown() -> None:
    """Rendered by cmark-gfm, hostile texts are only in code: no mention, reference, link, picture, heading or element."""
    page = rendered(findings_markdown(_all_levels()))
    assert {each.tag for each in page.iter()} == {"page", "ul", "li", "strong", "code", "br"}
    text = outside_of_code(page)
    assert not re.search(r"[@#!~$&<>\[\]`/]|example|0123456789", text), text
    shown = [each.text or "" for each in page.iter("code")]
    for hostile in HOSTILE:
        start = " ".join(hostile.replace("\u202e", "").replace("\u2028", "").replace("\x1b", "").split())
        assert start in shown


def test_long_lists_end() -> None:
    """A comment lists forty findings, and says how many more there are."""
    text = findings_markdown([_finding(line=number) for number in range(1, 100)])
    assert text.count("\n- ") == 40
    assert "59 more" in text
    assert findings_markdown(()) == "No problems found."


def test_columns_are_utf16_code_units(tmp_path: Path) -> None:
    """An emoji counts as two columns; letters with separate accents count as they are in the file."""
    workspace = sample_message(tmp_path)
    accents = unicodedata.normalize("NFD", "éé: x")
    (tmp_path / "issues" / "2025-01-30.yaml").write_text(f"😀😀 x\n{accents}\nplain\n", encoding="utf-8-sig")
    columns = ((1, 4), (2, 1), (2, 2), (2, 3), (2, 5), (3, 3), (3, 9), (9, 1))
    report = _report(workspace, *(_problem(*place, code=f"A{number:02}") for number, place in enumerate(columns)))
    placed = {each.code: (each.line, each.column) for each in place_findings([(workspace, report)])}
    assert list(placed.values()) == [(1, 6), (2, 1), (2, 3), (2, 5), (2, 7), (3, 3), (3, 6), (9, 1)]


def test_fingerprints_depend_on_code_and_line(tmp_path: Path) -> None:
    """A new line above, another sentence and another hint change no fingerprint; another line or code does."""
    workspace = sample_message(tmp_path)
    path = tmp_path / "issues" / "2025-01-30.yaml"

    def of(problem: Problem) -> str:
        (placed,) = place_findings([(workspace, _report(workspace, problem))])
        return placed.fingerprint

    first = of(_problem(2, 10))
    assert first == of(_problem(2, 12, message="said differently", hint="other"))
    assert len({first, of(_problem(2, 10, code="SUBJ01")), of(_problem(3, 10)), of(_problem(2, 10, about="x"))}) == 4
    path.write_text("# a comment\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert of(_problem(4, 10)) == first


def test_places_are_in_the_repository(tmp_path: Path) -> None:
    """Paths begin at the root of the repository; a finding in the included theme is at the issue, and names its place."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "letters" / "weekly").mkdir(parents=True)
    workspace = sample_message(tmp_path / "letters" / "weekly")
    theme = Problem(path="templates/briefing/page.mjml.j2", line=3, column=4, code="CLIENT01", message="wrong")
    own, included = place_findings([(workspace, _report(workspace, _problem(2, 1), theme))])[::-1]
    assert (own.path, own.line) == ("letters/weekly/issues/2025-01-30.yaml", 2)
    assert (included.path, included.line, included.column) == ("letters/weekly/issues/2025-01-30.yaml", 1, 1)
    assert included.message == "templates/briefing/page.mjml.j2:3:4: wrong"


def test_findings_of_several_issues_are_reported_once(tmp_path: Path) -> None:
    """A finding in newsletter.yaml that both language editions have is one finding, and the most serious come first."""
    workspace = sample(tmp_path)
    path = tmp_path / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "checks:\n  SUBJ1:\n    warn: 20\n", encoding="utf-8")
    reports = [(workspace, check(find_issue(name, tmp_path), day=DAY)) for name in ("2025-01-30", "2025-01-30.de")]
    (only,) = place_findings(reports)
    assert only.path == "newsletter.yaml"
    assert json.loads(format_reports(FindingFormat.SARIF, reports))["runs"][0]["results"]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--format prints only the findings; the exit code is the same, and --json and --list are refused."""
    monkeypatch.chdir(tmp_path)
    sample(tmp_path)
    for name in FindingFormat:
        assert run(["check", "2025-01-30", "--on", "2025-02-01", "--format", name.value]) == 1
        out, err = capsys.readouterr()
        assert "DATE01" in out and err == ""
        assert run(["check", "2025-01-30", "--on", "2025-01-30", "--format", name.value]) == 0
        out, err = capsys.readouterr()
        assert "DATE01" not in out and err == ""
    assert run(["check", "2025-01-30", "--on", "2025-01-30", "--format", "github"]) == 0
    assert capsys.readouterr().out == ""
    for other in ("--json", "--list"):
        assert run(["check", "2025-01-30", "--format", "github", other]) == 2
