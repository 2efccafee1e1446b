"""A text editor marks only real mistakes, and completes keys: asked of yaml-language-server."""

import datetime
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.app.scaffold.issue_skeleton import skeleton
from composer.app.scaffold.newsletter_creation import create_newsletter
from composer.app.scaffold.newsletter_setup import NewsletterSetup, SectionChoice, available_types
from composer.app.scaffold.next_issue import NextIssue
from composer.app.text_editors.schema_files import ISSUE, LANGUAGE, SETTINGS, schema_line, write_schemas
from composer.content.document.issue import read_issue
from composer.content.document.newsletter import read_newsletter
from composer.core.addresses import Address
from composer.core.workspace import Workspace
from tests.app.text_editors.language_server import LanguageServer, language_server
from tests.app.text_editors.valid_issues import FROM_FILES_TEXTS, ISSUES
from tests.browser.tools import YAML_SERVER
from tests.factories import ROOT, sample

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """Start one server for all tests; without it, tests fail in CI and are skipped elsewhere."""
    if shutil.which("node") is None or not YAML_SERVER.is_file():
        reason = "needs node and yaml-language-server: make test-tools"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with language_server(tmp_path_factory.mktemp("editor")) as running:
        yield running


@pytest.fixture
def gallery(tmp_path: Path) -> Workspace:
    """A copy of the newsletter with every section type, with its schemas."""
    shutil.copytree(ROOT / "examples/gallery", tmp_path / "gallery")
    workspace = Workspace(root=tmp_path / "gallery")
    write_schemas(workspace)
    return workspace


def test_the_examples_have_no_mistakes(server: LanguageServer, tmp_path: Path, gallery: Workspace) -> None:
    """Nothing is marked in the sample, its German edition and the gallery: settings and issues, each with its own line."""
    workspace = sample(tmp_path)
    write_schemas(workspace)
    files = [*workspace.root.glob("newsletter*.yaml"), *workspace.issues()]
    files += [gallery.root / "newsletter.yaml", gallery.root / "issues/gallery.yaml"]
    assert len(files) == 6
    assert {path.name: server.errors(path) for path in files} == {path.name: [] for path in files}
    assert all(path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=") for path in files)


@pytest.mark.parametrize("text", ISSUES, ids=range(len(ISSUES)))
def test_what_compose_accepts_is_not_marked(server: LanguageServer, gallery: Workspace, text: str) -> None:
    """Ten issues that compose reads without a mistake have none for the text editor."""
    (gallery.root / "issues/drafts").mkdir()
    for name, content in FROM_FILES_TEXTS.items():
        (gallery.root / f"issues/drafts/{name}.yaml").write_text(content, encoding="utf-8")
    path = gallery.root / "issues/2031-01-30.yaml"
    path.write_text(f"{schema_line(ISSUE)}\n{text}", encoding="utf-8")
    read_issue(gallery, path)
    assert server.errors(path) == []


def test_a_new_issue_has_no_mistakes(server: LanguageServer, gallery: Workspace) -> None:
    """A skeleton with every section type is not marked, although every text is missing; neither with its comments removed."""
    text = skeleton(read_newsletter(gallery), NextIssue(date=datetime.date(2031, 1, 30), number=1))
    path = gallery.root / "issues/2031-01-30.yaml"
    assert server.errors(path, text) == []
    head, _, sections = text.partition("# A letter")
    keys = "".join(
        line.replace("# ", "", 1) if line.rstrip().endswith((":", '""', "|")) else line
        for line in sections.splitlines(keepends=True)
    )
    assert "\n  figure:\n" in keys and server.errors(path, f"{head}# A letter{keys}") == []


def test_a_new_newsletter_has_no_mistakes(server: LanguageServer, tmp_path: Path) -> None:
    """Nothing is marked in what `compose init` writes: settings, two further languages, a skeleton of every section type."""
    types = tuple(kind.name for kind in available_types(tmp_path))
    setup = NewsletterSetup(
        name="The Letter",
        sender=Address(name="Letter", address="letter@harbour.example"),
        postal_address="Pier 1",
        languages=("en", "fr", "zh-Hant"),
        sections=tuple(SectionChoice(type=name, headings={"en": name}) for name in types),
        logo=ROOT / "assets/logo.png",
    )
    written = create_newsletter(tmp_path / "news", setup)
    files = [path for path in written if path.suffix == ".yaml"]
    assert len(files) == 4 and len(types) == 15
    assert {path.name: server.errors(path) for path in files} == {path.name: [] for path in files}


def test_real_mistakes_are_marked(server: LanguageServer, gallery: Workspace) -> None:
    """A key that does not exist, a missing key, a date that is none: each at its line."""
    path = gallery.root / "issues/2031-01-30.yaml"
    text = "date: 2031-01-33\nsubject: x\nmetrix:\n  valeu: 49.1\n  body: x\nletter:\n  title: x\ntopics: text\n"
    marked = server.errors(path, f"{schema_line(ISSUE)}\n{text}")
    assert {each.split(":")[0] for each in marked} == {"4", "5", "7", "9"}


def test_completion_shows_every_section_and_every_type(server: LanguageServer, gallery: Workspace) -> None:
    """In an issue each section is offered, in newsletter.yaml each type: titles are inserted in quotes, long texts after |."""
    issue, settings = gallery.root / "issues/2031-01-30.yaml", gallery.root / "newsletter.yaml"
    offered = server.completions(issue, f"{schema_line(ISSUE)}\ndate: 2031-01-30\n§")
    newsletter = read_newsletter(gallery)
    assert {spec.key for spec in newsletter.sections} <= set(offered)
    assert offered["lead"] == 'lead:\n  title: "$1"\n  body: |\n    $2'
    assert offered["topics"] == 'topics:\n  - title: "$1"\n    facts: |\n      $2'
    assert offered["subject"] == 'subject: "$1"'
    item = server.completions(issue, f"{schema_line(ISSUE)}\ntopics:\n  - title: x\n    §")
    assert item["analysis"] == "analysis: |\n    "
    types = set(newsletter.theme.section_types())
    assert len(types) == 15
    sections = server.completions(settings, f"{schema_line(SETTINGS)}\nsections:\n  §")
    assert types <= set(sections)
    assert sections["story"] == 'story:\n  type: story\n  heading: "$1"'
    assert types <= set(server.completions(settings, f"{schema_line(SETTINGS)}\nsections:\n  one:\n    type: §"))


@pytest.mark.parametrize(
    "key", ["letter", "lead", "metrix", "topics", "voice", "press", "dates", "offers", "team", "join"]
)
def test_what_is_inserted_is_valid(server: LanguageServer, gallery: Workspace, key: str) -> None:
    """With a text at each tab stop, what is inserted for a section has no mistake."""
    path = gallery.root / "issues/2031-01-30.yaml"
    start = f"{schema_line(ISSUE)}\ndate: 2031-01-30\nsubject: x\n"
    inserted = server.completions(path, f"{start}§")[key]
    for number in range(1, 9):
        inserted = inserted.replace(f"${number}", "2031-01-30")
    assert server.errors(path, f"{start}{inserted}\n") == []


def test_the_file_of_a_language_is_checked(server: LanguageServer, tmp_path: Path) -> None:
    """In newsletter.de.yaml nothing is required; a key that no section has, and a section without a type, are marked."""
    workspace = sample(tmp_path)
    write_schemas(workspace)
    path = workspace.root / "newsletter.de.yaml"
    line = schema_line(LANGUAGE)
    assert server.errors(path, f"{line}\nlanguage: de\nsections:\n  digest:\n    heading: Kurz\n") == []
    marked = server.errors(
        path, f"{line}\nlanguage: de\nsections:\n  digest:\n    headign: x\n  gone:\n    heading: y\n"
    )
    assert {each.split(":")[0] for each in marked} == {"5", "6"}
    offered = server.completions(path, f"{line}\nsections:\n  §")
    assert {"top_story", "topics", "digest"} <= set(offered)
