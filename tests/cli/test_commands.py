"""The commands as a person calls them: exit code, stdout, stderr, and files."""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema_rs import Draft7Validator

from composer.cli.main import run
from tests.drafts.word_factory import paragraph, word_file
from tests.factories import ROOT, sample, sample_message


def compose(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "composer", *arguments],
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file in a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_build_writes_the_edition_and_names_its_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`compose build STEM` prints the three files on stdout, and nothing on stderr."""
    sample(here)
    assert run(["build", "2025-01-30"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        os.path.join("outbox", "2025-01-30", name)  # noqa: PTH118
        for name in ("issue.html", "issue.txt", "issue.eml")
    ]
    assert err == ""
    pictures = {path.name for path in (here / "outbox/2025-01-30/pictures").iterdir()}
    assert pictures == {path.name for path in (here / "issues/assets").glob("*.png") if ".de." not in path.name} | {
        "logo.png",
        "logo-dark.png",
    }


@pytest.mark.parametrize("name", ["2025-01-30", "2025-01-30.yaml", "issues/2025-01-30.yaml", r"issues\2025-01-30.yaml"])
def test_an_issue_is_named_by_path_or_stem(here: Path, name: str) -> None:
    """Stem, file name, path, and a path with backslashes name the same issue."""
    sample_message(here)
    assert run(["build", name]) == 0
    assert (here / "outbox/2025-01-30/issue.eml").is_file()


def test_an_issue_is_found_from_anywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The workspace is found from the issue's path, and from a subfolder."""
    sample_message(here / "letters")
    assert run(["build", "letters/issues/2025-01-30.yaml"]) == 0
    assert (here / "letters/outbox/2025-01-30/issue.html").is_file()
    monkeypatch.chdir(here / "letters/issues")
    assert run(["build", "2025-01-30"]) == 0


def test_several_build_together_and_each_is_reported(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A problem in one issue does not stop the other; the exit code is 1."""
    sample_message(here)
    (here / "issues/2025-02-06.yaml").write_text("date: 2025-02-30\nsubject: x\n", encoding="utf-8")
    assert run(["build", "2025-02-06", "2025-01-30"]) == 1
    out, err = capsys.readouterr()
    assert (here / "outbox/2025-01-30/issue.html").is_file()
    assert not (here / "outbox/2025-02-06").exists()
    assert "outbox" in out
    assert "issues/2025-02-06.yaml:1:7: error: date: " in err and "2025-02-30" in err and "  [date]" in err
    assert "issues/2025-02-06.yaml: not built, 2 problems" in err


def test_json_reports_problems_and_sizes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json returns the same as data; the bytes of the sections add up to the total."""
    sample(here)
    (here / "issues/bad.yaml").write_text("date: 2025-02-30\n", encoding="utf-8")
    assert run(["build", "2025-01-30", "bad", "--json"]) == 1
    good, bad = json.loads(capsys.readouterr().out)["issues"]
    assert good["built"] is True
    assert bad["built"] is False
    sizes = good["html_bytes"]
    assert sizes["total"] == sum(sizes["sections"].values())
    assert list(sizes["sections"]) == ["top_story", "metrix", "topics", "digest", "podcasts", "page"]
    assert all(size > 0 for size in sizes["sections"].values())
    assert {problem["code"] for problem in bad["problems"]} == {"date", "required"}
    last = bad["problems"][-1]
    assert (last["path"], last["line"], last["column"]) == ("issues/bad.yaml", 1, 7)
    assert (last["code"], last["level"]) == ("date", "error")
    assert "2025-02-30" in last["message"] and "year-month-day" in last["hint"]


def test_build_prints_a_pdf(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--pdf names the PDF last, and in the JSON with its pages; without it, both are null."""
    sample(here)
    assert run(["build", "2025-01-30", "--pdf"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "outbox/2025-01-30/issue.pdf"
    assert run(["build", "2025-01-30", "--pdf", "--json"]) == 0
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert Path(issue["pdf"]).read_bytes().startswith(b"%PDF") and 6 <= issue["pdf_pages"] <= 8
    assert run(["build", "2025-01-30", "--json"]) == 0
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert issue["pdf"] is None and issue["pdf_pages"] is None


def test_a_failing_build_leaves_the_earlier_output(here: Path) -> None:
    """If a build fails, the outbox keeps every byte of the last successful build."""
    sample_message(here)
    assert run(["build", "2025-01-30"]) == 0
    before = tree(here / "outbox")
    issue = here / "issues/2025-01-30.yaml"
    issue.write_text(issue.read_text() + "nonsense: [\n")
    assert run(["build", "2025-01-30"]) == 1
    assert tree(here / "outbox") == before


def test_a_rebuild_removes_files_of_earlier_builds(here: Path) -> None:
    """A build replaces the whole folder, so that no picture of an earlier build remains."""
    sample_message(here)
    stale = here / "outbox/2025-01-30/pictures/old.png"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"old")
    assert run(["build", "2025-01-30"]) == 0
    assert not stale.exists()
    assert [path.name for path in (here / "outbox").iterdir()] == ["2025-01-30"]


def test_output_names_another_folder(here: Path) -> None:
    """--output names another folder; outbox/ is not created."""
    sample_message(here)
    assert run(["build", "2025-01-30", "--output", "elsewhere"]) == 0
    assert (here / "elsewhere/2025-01-30/issue.txt").is_file()
    assert not (here / "outbox").exists()


def test_init_copies_the_sample(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`compose init DIR --sample` creates a workspace whose sample builds, with schemas and a .gitignore."""
    assert run(["init", "mine", "--sample"]) == 0
    capsys.readouterr()
    assert run(["build", "mine/issues/2025-01-30.yaml", "mine/issues/2025-01-30.de.yaml"]) == 0
    ignored = (here / "mine/.gitignore").read_text().splitlines()
    assert {"outbox/", ".compose/*", "!.compose/*.schema.json", "*.db", "*.key", "*.pem"} <= set(ignored)
    assert (here / "mine/.compose/issue.schema.json").is_file()


def test_init_overwrites_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with a newsletter, or with one of the files, is not changed."""
    sample_message(here / "mine")
    before = tree(here)
    assert run(["init", "mine", "--sample"]) == 2
    assert "already contains a newsletter" in capsys.readouterr().err
    (here / "other/issues").mkdir(parents=True)
    (here / "other/issues/2025-01-30.yaml").write_text("mine")
    assert run(["init", "other", "--sample"]) == 2
    assert "is not overwritten" in capsys.readouterr().err
    (here / "file").write_text("x")
    assert run(["init", "file", "--sample"]) == 2
    assert {name: data for name, data in tree(here).items() if name.startswith("mine")} == before


def test_new_continues_the_rhythm(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next issue continues weekday, interval and numbering, and begins with the schema line."""
    sample(here)
    # The sample itself does not count: its issues are not the newsletter's own.
    for old in ("2025-01-30.yaml", "2025-01-30.de.yaml"):
        path = here / "issues" / old
        path.write_text(path.read_text(encoding="utf-8").replace("subject: ", "subject: My "), encoding="utf-8")
    assert run(["new"]) == 0
    name = capsys.readouterr().out.strip()
    day = datetime.date.fromisoformat(Path(name).stem)
    assert day.weekday() == datetime.date(2025, 1, 30).weekday()
    assert datetime.date.today() <= day < datetime.date.today() + datetime.timedelta(days=7)
    text = (here / name).read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../.compose/issue.schema.json\n")
    assert "\nnumber: 215\n" in text
    for key in ("top_story:", "metrix:", "topics:", "digest:", "podcasts:"):
        assert f"\n{key}\n" in text
    assert run(["build", day.isoformat()]) == 1
    err = capsys.readouterr().err
    # Only required texts are reported, each at its own line; other sections may stay empty.
    assert "[required]" in err
    assert "metrix" not in err
    assert "podcasts" not in err


def test_new_in_another_language(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--language with --from writes the texts as comments, keeps addresses and dates, and creates the overlay."""
    sample(here)
    (here / "newsletter.de.yaml").unlink()
    (here / "issues/2025-01-30.de.yaml").unlink()
    assert run(["new", "2025-01-30", "--language", "de", "--from", "en"]) == 0
    out, err = capsys.readouterr()
    assert out.strip() == "issues/2025-01-30.de.yaml"
    assert "newsletter.de.yaml: created" in err
    text = (here / "issues/2025-01-30.de.yaml").read_text(encoding="utf-8")
    assert '\n# A cheap model shakes up the AI race\nsubject: ""\n' in text
    assert "date: 2025-01-30" in text
    assert "url: https://example.org/podcasts/economy-2025" in text
    assert "丁薛祥" in text
    assert run(["build", "2025-01-30.de"]) == 1
    err = capsys.readouterr().err
    assert "[required]" in err
    assert "yaml" not in err.replace(".yaml", "")


def test_new_does_not_overwrite_an_issue(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An existing issue is not overwritten, and an invalid date is a usage error."""
    sample(here)
    assert run(["new", "2025-01-30"]) == 2
    assert "issues/2025-01-30.yaml already exists" in capsys.readouterr().err
    assert run(["new", "2025-01-30", "--language", "de"]) == 2
    proposed = re.search(r"use another date: compose (.+)\n", capsys.readouterr().err)
    assert proposed is not None
    assert proposed[1].endswith("--language de")
    assert datetime.date.fromisoformat(proposed[1].split()[1]) >= datetime.date.today()
    assert run(proposed[1].split()) == 0
    capsys.readouterr()
    assert run(["new", "2025-01-30", "--language", "de", "--from", "en"]) == 2
    assert "delete it first" in capsys.readouterr().err
    assert run(["new", "30.1.2025"]) == 2
    assert "did you mean 2025-01-30?" in capsys.readouterr().err
    assert run(["new", "--from", "en"]) == 2


def test_schema_describes_the_sample(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The schemas are valid JSON Schema, accept the sample as text editors read it, and reject a misspelt key."""
    import yaml

    sample(here)
    assert run(["schema"]) == 0
    assert capsys.readouterr().out.split() == [
        f".compose/{name}.schema.json" for name in ("issue", "newsletter", "language")
    ]
    for name, path in (("issue", "issues/2025-01-30.yaml"), ("newsletter", "newsletter.yaml")):
        schema = json.loads((here / f".compose/{name}.schema.json").read_text(encoding="utf-8"))
        loader = yaml.CSafeLoader
        loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
            for first, pairs in loader.yaml_implicit_resolvers.items()
        }
        document = yaml.load((here / path).read_text(encoding="utf-8"), Loader=loader)
        validator = Draft7Validator(schema)
        assert [str(error) for error in validator.iter_errors(document)] == []
        assert not validator.is_valid({**document, "subjct": "x"})
        assert run(["schema", "--print", name]) == 0
        assert json.loads(capsys.readouterr().out) == schema


def test_schema_explains_every_key_of_an_issue(here: Path) -> None:
    """Every key that editors write has a title and a description for autocompletion."""
    sample(here)
    assert run(["schema"]) == 0
    schema = json.loads((here / ".compose/issue.schema.json").read_text(encoding="utf-8"))
    missing: list[str] = []

    def walk(node: object, path: str) -> None:
        if isinstance(node, dict):
            for name, child in node.get("properties", {}).items():
                if name != "from" and not {"title", "description"} <= set(child) and "$ref" not in child:
                    missing.append(f"{path}.{name}")
            for name, child in node.items():
                walk(child, f"{path}.{name}")
        elif isinstance(node, list):
            for child in node:
                walk(child, path)

    walk(schema, "")
    assert missing == []


def test_compose_alone_shows_the_state_of_the_issue(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command, compose shows each edition of the current issue, and a next step that changes with the work."""
    assert run([]) == 0
    assert "compose init DIR" in capsys.readouterr().out
    sample_message(here)
    assert run([]) == 0
    out = capsys.readouterr().out
    assert "issues/2025-01-30.yaml   current version not built, not checked" in out
    assert "next: compose build 2025-01-30" in out
    assert run(["build", "2025-01-30"]) == 0
    capsys.readouterr()
    assert run([]) == 0
    assert "2025-01-30.yaml   built, not checked" in capsys.readouterr().out
    (here / "issues/2025-01-30.yaml").write_text("date: 2025-01-31\n")
    assert run([]) == 0
    assert "2 problems, not built" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["biuld", "x"], "did you mean “build”?"),
        (["test"], "compose test 2025-01-30"),
        (["build", "--jsn", "x"], "No such option"),
        (["issues/2025-01-30.yaml"], "did you mean: compose build issues/2025-01-30.yaml"),
        (["build", "2025-01-31"], "there is no issue “2025-01-31”"),
        (["new", "--language", "klingon!"], "is not a language"),
    ],
)
def test_a_usage_error_is_reported(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    """Usage errors return 2 and show what to do."""
    sample_message(here)
    assert run(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("group", ["subscribers", "suppression", "bounces", "audience", "dkim", "db"])
def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str], group: str) -> None:
    """A command group without a subcommand prints its help, with exit code 2."""
    assert run([group]) == 2
    out, err = capsys.readouterr()
    assert out.startswith(f"Usage: compose {group} ")
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["check", "--allow"], "compose check"),
        (["send", "2025-01-30", "--again"], "compose send"),
        (["subscribers", "list", "--tag"], "compose subscribers list"),
        (["subscribers", "lits"], "compose subscribers"),
        (["biuld"], "compose"),
    ],
)
def test_a_usage_error_refers_to_the_help_of_the_command(
    capsys: pytest.CaptureFixture[str], arguments: list[str], command: str
) -> None:
    """A usage error refers to the help of the command with the mistake."""
    assert run(arguments) == 2
    assert capsys.readouterr().err.endswith(f"\n    see: {command} --help\n")


def test_outside_a_newsletter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without newsletter.yaml, a build returns 1 and shows how to start."""
    assert run(["build", "x"]) == 1
    err = capsys.readouterr().err
    assert "no newsletter.yaml in this folder" in err
    assert "compose init DIR" in err


def test_a_console_without_chinese(tmp_path: Path) -> None:
    """On an ASCII console, messages are readable, with escapes for characters it cannot show."""
    workspace = sample_message(tmp_path)
    issue = workspace.root / "issues/2025-01-30.yaml"
    issue.write_text(issue.read_text(encoding="utf-8") + "标题: x\n", encoding="utf-8")
    result = compose("build", "2025-01-30", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert result.returncode == 1
    assert b'error: "\\u6807\\u9898:" ' in result.stderr and b"[yaml-key]" in result.stderr
    assert b"Traceback" not in result.stderr


def test_json_on_a_console_without_chinese(tmp_path: Path) -> None:
    """--json is valid JSON on any console."""
    workspace = sample_message(tmp_path)
    issue = workspace.root / "issues/2025-01-30.yaml"
    issue.write_text(issue.read_text(encoding="utf-8") + "标题: x\n", encoding="utf-8")
    result = compose("build", "2025-01-30", "--json", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "标题" in json.loads(result.stdout)["issues"][0]["problems"][0]["message"]


def test_help_imports_nothing_heavy() -> None:
    """`compose --help` imports neither Jinja2 nor lxml nor premailer nor the schema validator."""
    code = (
        "import sys; from composer.cli.main import run; assert run(['--help']) == 0;"
        "heavy = {'jinja2', 'lxml', 'premailer', 'mjml', 'yaml', 'PIL', 'babel', 'jsonschema_rs', 'markdown_it'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr


def test_an_issue_with_problems_does_not_load_the_inliner(tmp_path: Path) -> None:
    """An issue that fails validation is reported without importing premailer or lxml."""
    workspace = sample_message(tmp_path)
    (workspace.root / "issues/2025-01-30.yaml").write_text("date: x\n")
    code = (
        "import sys; from composer.cli.main import run; assert run(['build', '2025-01-30']) == 1;"
        "heavy = {'lxml', 'premailer', 'cssutils', 'starlette', 'sqlalchemy'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, cwd=tmp_path, env=environment
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(("command", "first"), [("schema --print issue", b"{\n"), ("subscribers", b"Usage: ")])
def test_a_closed_pipe_is_not_an_error(tmp_path: Path, command: str, first: bytes) -> None:
    """`compose schema --print issue | head -1` ends without a traceback, and so does help in a closed pipe."""
    sample(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    result = subprocess.run(
        f"{sys.executable} -m composer {command} | head -1",
        shell=True,
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment,
        timeout=60,
    )
    assert result.stdout.startswith(first) and result.stdout.count(b"\n") == 1
    assert b"Traceback" not in result.stderr
    assert b"Exception" not in result.stderr


@pytest.mark.parametrize("command", ["build", "check", "preview", "test", "send", "approve"])
def test_a_draft_instead_of_an_issue(
    command: str, here: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that takes an issue says what the file is and suggests `compose draft`, in whichever folder the file is."""
    settings = sample(here).root / "newsletter.yaml"
    settings.write_text(f"{settings.read_text()}\napprovals:\n  needed: 1\n  by:\n    - anna@example.org\n")
    for folder in (here, here / "issues", tmp_path_factory.mktemp("downloads")):
        draft = folder / "draft.docx"
        draft.write_bytes(word_file(paragraph("Top story")))
        for name in (str(draft), draft.name) if folder.is_relative_to(here) else (str(draft),):
            assert run([command, name, *(["--as", "anna@example.org"] if command == "approve" else [])]) == 2
            said = capsys.readouterr().err
            assert "is a Word document, not an issue file" in said
            assert "compose draft" in said
        draft.unlink()
