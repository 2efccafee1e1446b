"""`compose init`: a newsletter from options, from answers on a terminal, or as a copy of the sample."""

import datetime
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from composer.app.issues.new_issue import new_issue
from composer.app.scaffold.newsletter_setup import (
    available_languages,
    available_types,
    color_from,
    languages_from,
    sections_from,
    timezone_from,
)
from composer.cli.main import run
from composer.content.document.newsletter import read_newsletter
from composer.core.issue_names import date_in
from composer.core.workspace import Workspace
from tests.factories import ROOT

pytestmark = pytest.mark.slow

NECESSARY = ("--name", "The Harbour: “Letter”", "--sender", "letter@harbour.example")
POSTAL = ("--postal-address", 'Pier 1 "North", 20457 Hamburg')
LOGO = str(ROOT / "assets/logo.png")
TYPES = read_newsletter(Workspace(root=ROOT)).theme.section_types()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    return tmp_path


class _Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


def _type(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", _Keyboard("".join(f"{line}\n" for line in lines)))


def test_options_make_a_newsletter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything is in newsletter.yaml as given, nothing of the sample is in any file, and each file has its schema."""
    chosen = ("--section", "story=Top story", "--section", "2", "--section", "story=More", "--color", "9B1C1C")
    options = ("--language", "en", "--language", "fr", "--timezone", "UTC", "--editor", "anna@harbour.example")
    arguments = [*NECESSARY, *POSTAL, *options, *chosen, "--logo", LOGO, "--date", "2031-01-30"]
    assert run(["init", "news", *arguments]) == 0
    printed = capsys.readouterr()
    newsletter = read_newsletter(Workspace(root=here / "news"))
    assert (newsletter.name, str(newsletter.zone)) == ("The Harbour: “Letter”", "UTC")
    assert (newsletter.sender.name, newsletter.sender.address) == ("The Harbour: “Letter”", "letter@harbour.example")
    assert newsletter.postal_address == 'Pier 1 "North", 20457 Hamburg'
    assert [each.address for each in newsletter.editors] == ["anna@harbour.example"]
    sections = [(spec.key, spec.type.name, spec.heading) for spec in newsletter.sections]
    assert sections == [("story", "story", "Top story"), ("button", "button", ""), ("story_2", "story", "More")]
    assert newsletter.brand.accent == "#9b1c1c"
    other = read_newsletter(Workspace(root=here / "news"), "fr")
    assert other.language == "fr" and [spec.heading for spec in other.sections] == ["", "", ""]
    files = {path.relative_to(here / "news").as_posix(): path for path in (here / "news").rglob("*") if path.is_file()}
    shown = {f"news/{name}" for name in files if not name.startswith(".compose/")}
    assert set(printed.out.split()) == shown
    assert {"newsletter.fr.yaml", "issues/2031-01-30.yaml", "assets/logo.png", ".vscode/extensions.json"} <= set(files)
    for name, path in files.items():
        if name.endswith(".yaml"):
            text = path.read_text(encoding="utf-8")
            assert "example.org" not in text and "Example Institute" not in text
            schema = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
            assert (path.parent / schema).is_file()
    assert json.loads(files[".vscode/extensions.json"].read_text())["recommendations"] == ["redhat.vscode-yaml"]
    assert "compose new 2031-01-30 --language fr --from en" in printed.err


def test_the_first_issue_is_on_a_weekday_in_a_week(here: Path) -> None:
    """Without --date, the first issue has number 1 and a date in a week, and is not on a weekend."""
    assert run(["init", "news", *NECESSARY, *POSTAL]) == 0
    (path,) = (here / "news/issues").iterdir()
    day = date_in(path.name)
    assert day is not None and day.weekday() < 5
    assert datetime.timedelta(days=6) <= day - datetime.date.today() <= datetime.timedelta(days=9)
    assert "\nnumber: 1\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", available_languages(ROOT))
def test_every_language_is_included(here: Path, language: str) -> None:
    """A newsletter in any of the languages needs no other file: its first issue builds when its texts are written."""
    assert run(["init", "news", *NECESSARY, *POSTAL, "--language", language, "--date", "2031-01-30"]) == 0
    assert not (here / "news/templates").exists()
    path = here / "news/issues/2031-01-30.yaml"
    text = (
        path.read_text(encoding="utf-8")
        .replace('subject: ""', 'subject: "1"')
        .replace('  title: ""', '  title: "2"', 1)
    )
    path.write_text(text.replace("  body: |\n", "  body: |\n    3\n", 1), encoding="utf-8")
    assert run(["build", str(path)]) == 0


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_can_be_chosen(here: Path, kind: str) -> None:
    """A newsletter with a section of any type is valid, and its skeleton lacks only texts."""
    assert run(["init", "news", *NECESSARY, *POSTAL, "--section", f"{kind}=Heading"]) == 0
    workspace = Workspace(root=here / "news")
    assert [spec.type.name for spec in read_newsletter(workspace).sections] == [kind]


def test_without_a_terminal_the_options_are_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If no question can be asked, the message names the options that are missing, and nothing is written."""
    assert run(["init", "news", "--name", "x"]) == 2
    told = capsys.readouterr().err
    assert "--sender" in told and "--postal-address" in told and "--name" not in told and "--sample" in told
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("brussels", "Europe/Brussels"),
        ("new york", "America/New_York"),
        ("Berlin, Germany", "Europe/Berlin"),
        ("Belgium", "Europe/Brussels"),
        ("europe/paris", "Europe/Paris"),
        ("UTC", "UTC"),
    ],
)
def test_time_zones_as_people_name_them(text: str, zone: str) -> None:
    """A city or a country with one time zone is enough."""
    assert timezone_from(text) == zone


@pytest.mark.parametrize("text", ["dark orange", "Dark-Orange", "#FF8C00"])
def test_colors_as_people_name_them(text: str) -> None:
    """The names of CSS may be written in several words."""
    assert color_from(text) == "#ff8c00"


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--sender", "letter@"), "no domain"),
        (("--language", "klingon"), "Available: ar, de"),
        (("--section", "storry"), "did you mean story?"),
        (("--section", "storry", "--section", "foo"), "these are not section types: “storry”, “foo”"),
        (("--color", "bluish"), "dark red"),
        (("--logo", "none.png"), "file not found"),
        (("--timezone", "Brusels"), "Europe/Brussels"),
        (("--timezone", "United States"), "America/"),
        (("--timezone", "xyz"), "the largest city"),
        (("--date", "30.1.2031"), "2031-01-30"),
        (("--postal-address", " "), "empty"),
    ],
)
def test_an_option_that_is_not_possible(
    here: Path, capsys: pytest.CaptureFixture[str], option: tuple[str, str], words: str
) -> None:
    """The message says what to write, and nothing is written."""
    assert run(["init", "news", *NECESSARY, *POSTAL, *option]) == 2
    assert words in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_questions_on_a_terminal(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each type is shown with its sentence; an impossible answer is asked for again; headings are asked for by language."""
    _type(
        monkeypatch,
        *("The Harbour Letter", "letter", "letter@harbour.example", "", "Pier 1, 20457 Hamburg", "en, fr"),
        *("La Lettre du port", "", "text, 7", "", "Bonjour", "What we read", "Nos lectures", "darkred", LOGO),
    )
    assert run(["init", "news", "--date", "2031-01-30"]) == 0
    asked = capsys.readouterr().err
    assert "A short text: a greeting, an announcement or a note." in asked and "fr (French)" in asked
    workspace = Workspace(root=here / "news")
    newsletter, other = read_newsletter(workspace), read_newsletter(workspace, "fr")
    assert (newsletter.name, other.name, str(newsletter.zone)) == (
        "The Harbour Letter",
        "La Lettre du port",
        "Europe/Berlin",
    )
    assert [(spec.key, spec.heading) for spec in newsletter.sections] == [("text", ""), ("links", "What we read")]
    assert [spec.heading for spec in other.sections] == ["Bonjour", "Nos lectures"]
    assert newsletter.brand.accent == "#8b0000"
    assert (newsletter.sender.name, other.sender.name) == ("The Harbour Letter", "La Lettre du port")
    assert [each.address for each in newsletter.editors] == ["letter@harbour.example"]
    assert newsletter.brand.logo is not None


def test_languages_and_sections_as_people_name_them() -> None:
    """Languages with a word between them, and section types by their titles."""
    available, types = available_languages(ROOT), available_types(ROOT)
    for text in ("English and French", "en & fr", "english, French", "en und fr"):
        assert languages_from((text,), available) == ("en", "fr")
    found = sections_from(("Story=Top story", "2", "digest"), types, "en")
    assert [(each.type, dict(each.headings)) for each in found] == [
        ("story", {"en": "Top story"}),
        ("button", {}),
        ("digest", {}),
    ]
    found = sections_from(("top story", "Number of the week", "topics", "podcasts=We listen", "digest"), types, "en")
    assert [(each.type, each.headings.get("en")) for each in found] == [
        ("story", "Top story"),
        ("metric", "Number of the week"),
        ("briefs", "Topics"),
        ("media", "We listen"),
        ("digest", None),
    ]


def test_an_existing_newsletter_is_refused_before_the_first_question(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers questions in vain; without a terminal, the reason is the same."""
    assert run(["init", "news", *NECESSARY, *POSTAL]) == 0
    capsys.readouterr()
    assert run(["init", "news"]) == 2
    _type(monkeypatch, "The Harbour Letter")
    assert run(["init", "news"]) == 2
    told = capsys.readouterr().err
    assert told.count("already contains a newsletter") == 2 and "Name of the newsletter" not in told


def test_a_comment_follows_a_space(here: Path) -> None:
    """After a value that is longer than its column, there is a space before the comment, too."""
    heading = "A heading that is longer than the column in which comments start"
    languages = ("--language", "en", "--language", "French")
    assert run(["init", "news", *NECESSARY, *POSTAL, *languages, "--section", f"text={heading}"]) == 0
    for name in ("newsletter.yaml", "newsletter.fr.yaml"):
        text = (here / "news" / name).read_text(encoding="utf-8")
        assert not [line for line in text.splitlines() if '"# ' in line]


def test_a_language_by_its_name(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`compose new` takes names of languages as `compose init` does."""
    assert run(["init", "news", *NECESSARY, *POSTAL, "--date", "2031-01-30"]) == 0
    monkeypatch.chdir(here / "news")
    assert run(["new", "2031-01-30", "--language", "French", "--from", "english"]) == 0
    assert (here / "news/issues/2031-01-30.fr.yaml").is_file()
    assert run(["new", "2031-01-30", "--language", "klingonisch"]) == 2
    assert "is not a language code" in capsys.readouterr().err


def test_a_clone_has_the_schemas(here: Path) -> None:
    """git lists the schemas and the settings of VS Code, and nothing else that compose writes."""
    assert run(["init", "news", *NECESSARY, *POSTAL, "--date", "2031-01-30"]) == 0
    assert run(["check", "news/issues/2031-01-30.yaml"]) == 1
    assert run(["build", "news/issues/2031-01-30.yaml"]) == 1
    (here / "news/newsletter.db").write_text("")
    subprocess.run(["git", "init", "-q", "."], cwd=here / "news", check=True)
    shown = ["git", "ls-files", "--others", "--exclude-standard"]
    listed = subprocess.run(shown, cwd=here / "news", check=True, capture_output=True, text=True).stdout.split()
    assert set(listed) == {
        *(f".compose/{name}.schema.json" for name in ("issue", "language", "newsletter")),
        *(".gitignore", ".vscode/extensions.json", ".vscode/settings.json"),
        *("issues/2031-01-30.yaml", "newsletter.yaml"),
    }


def test_the_schemas_follow_the_settings(here: Path) -> None:
    """After a change of newsletter.yaml, the next check writes the schemas again; they are not made where there are none."""
    assert run(["init", "news", *NECESSARY, *POSTAL, "--date", "2031-01-30"]) == 0
    settings, schema = here / "news/newsletter.yaml", here / "news/.compose/issue.schema.json"
    settings.write_text(settings.read_text(encoding="utf-8").replace("  links:\n", "  reading:\n"), encoding="utf-8")
    later = schema.stat().st_mtime + 10
    os.utime(settings, (later, later))
    run(["check", "news/issues/2031-01-30.yaml"])
    properties = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    assert "reading" in properties and "links" not in properties
    schema.unlink()
    run(["check", "news/issues/2031-01-30.yaml"])
    assert not schema.exists()


def test_the_number_does_not_continue_from_the_sample(here: Path) -> None:
    """The first issue after the sample's has number 1."""
    assert run(["init", "news", "--sample"]) == 0
    issue = new_issue(Workspace(root=here / "news"), today=datetime.date(2031, 1, 30))
    assert issue.stem == "2031-01-30" and "\nnumber: 1\n" in issue.path.read_text(encoding="utf-8")
    assert run(["init", "other", "--sample", "--name", "x"]) == 2
