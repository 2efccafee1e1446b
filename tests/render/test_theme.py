"""Themes: mistakes are reported with file and line, and templates can only use the values they get."""

import shutil
from pathlib import Path

import pytest

from composer.content.document.phrase_files import PhraseGroup, phrase_languages
from composer.content.values.field_values import Group
from composer.core.errors import ContentError, Problem
from composer.core.workspace import Workspace
from composer.render.templating.theme import Theme
from tests.factories import ROOT, sample_message

FOLDER = "templates/mine"


@pytest.fixture
def theme(tmp_path: Path) -> Theme:
    """A theme with only a macro file."""
    workspace = sample_message(tmp_path)
    folder = workspace.root / FOLDER
    folder.mkdir(parents=True)
    (folder / "macros.mjml.j2").write_text(
        "{%- macro good(x) %}<b>{{ x }}</b>{% endmacro -%}\n\n{%- macro bad(x) %}\n{{ x.nothing }}{% endmacro -%}\n"
    )
    return Theme(workspace.theme("mine"), "en")


def render(theme: Theme, source: str, name: str = "page.mjml.j2", **context: object) -> str:
    (theme.files.folders[0] / name).write_text(source, encoding="utf-8")
    return theme.render(name, context)


def told(theme: Theme, source: str, name: str = "page.mjml.j2", **context: object) -> Problem:
    with pytest.raises(ContentError) as caught:
        render(theme, source, name, **context)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{% if x %}", 2, "Unexpected end of template"),
        ("a\n\n{{ x + }}", 3, "unexpected 'end of print statement'"),
        ("a\n{% nonsense %}", 2, "unknown tag 'nonsense'"),
        ("a\n{{ x | nonsense }}", 2, "No filter named 'nonsense'"),
        ("a\n{{ nonsense }}", 2, "unknown name “nonsense”"),
        ("a\n{{ group.nonsense }}", 2, "unknown name “nonsense”"),
        ("a\n{{ group.title.nonsense }}", 2, "unknown name “nonsense”"),
        ("a\n\n{{ 1 / 0 }}", 3, "ZeroDivisionError"),
        ("a\n{{ none + 1 }}", 2, "TypeError"),
        ("a\n{% include 'nothing.mjml.j2' %}", 2, "template not found in this theme: “nothing.mjml.j2”"),
        ("a\n{% include '../../newsletter.yaml' %}", 2, "template not found in this theme: “../../newsletter.yaml”"),
        ("a\n{% include '/etc/hostname' %}", 2, "template not found in this theme: “/etc/hostname”"),
        ("a\n{% include '..\\\\..\\\\newsletter.yaml' %}", 2, "template not found"),
        ("a\n{{ ''.__class__.__mro__ }}", 2, "__class__"),
        ("a\n{{ group | attr('__class__') }}", 2, "__class__"),
        ("a\n{{ '%s' | format(group.__init__.__globals__) }}", 2, "__init__"),
        ("a\n{{ range(10000000) | list }}", 2, "OverflowError"),
        ("a\n{{ self.__init__ }}", 2, "__init__"),
        ("a\n{{ cycler.__init__ }}", 2, "__init__"),
        ("a\n{{ '{0.__init__}'.format(group) }}", 2, "__init__"),
    ],
)
def test_mistakes_in_a_template_have_their_line(theme: Theme, source: str, line: int, words: str) -> None:
    """Syntax, unknown names, failing expressions, files outside, sandbox escapes: one problem with file and line."""
    problem = told(theme, source, group=Group({"title": "x"}))
    assert (problem.path, problem.line, problem.code) == (f"{FOLDER}/page.mjml.j2", line, "template")
    assert words in problem.message


def test_a_mistake_in_a_macro_has_its_place(theme: Theme) -> None:
    """The place is in the file with the macro, not at the call; also for syntax errors."""
    problem = told(theme, "{% import 'macros.mjml.j2' as m %}\n\n\n\n\n{{ m.bad('x') }}")
    assert (problem.path, problem.line) == (f"{FOLDER}/macros.mjml.j2", 4)
    (theme.files.folders[0] / "broken.mjml.j2").write_text("a\nb\n{% macro x( %}")
    problem = told(theme, "{% import 'broken.mjml.j2' as m %}")
    assert (problem.path, problem.line) == (f"{FOLDER}/broken.mjml.j2", 3)


def test_a_template_that_is_not_utf8_is_reported(theme: Theme) -> None:
    """A template saved as Latin-1 is reported."""
    (theme.files.folders[0] / "page.mjml.j2").write_bytes(b"caf\xe9")
    with pytest.raises(ContentError) as caught:
        theme.render("page.mjml.j2", {})
    assert caught.value.problems[0].message == "this file is not saved as UTF-8"
    assert caught.value.problems[0].path == f"{FOLDER}/page.mjml.j2"


def test_a_missing_template_is_reported(theme: Theme) -> None:
    """For a theme without its page template, the problem names the missing file."""
    with pytest.raises(ContentError) as caught:
        theme.render("page.mjml.j2", {})
    assert caught.value.problems[0].path == f"{FOLDER}/page.mjml.j2"


def test_html_is_escaped_and_plaintext_is_not(theme: Theme) -> None:
    """Printed values are escaped in MJML and CSS, but not in plaintext."""
    hostile = "<script>\"'&"
    assert render(theme, "{{ x }}", x=hostile) == "&lt;script&gt;&#34;&#39;&amp;"
    assert render(theme, "{{ x }}", "head.css", x=hostile) == "&lt;script&gt;&#34;&#39;&amp;"
    assert render(theme, "{{ x }}", "page.txt.j2", x=hostile) == hostile
    assert render(theme, "{% import 'macros.mjml.j2' as m %}{{ m.good(x) }}", x="<") == "<b>&lt;</b>"


def test_elements_have_their_place(theme: Theme) -> None:
    """Each MJML element has the file, line and column of its tag; HTML and plaintext do not."""
    shown = render(theme, "<mjml>\n  <mj-text><p>x</p></mj-text><mj-raw/>")
    assert shown == (
        f'<mjml data-at="{FOLDER}/page.mjml.j2:1:1">\n'
        f'  <mj-text data-at="{FOLDER}/page.mjml.j2:2:3"><p>x</p></mj-text><mj-raw data-at="{FOLDER}/page.mjml.j2:2:30"/>'
    )
    assert render(theme, "<mj-text>", "page.txt.j2") == "<mj-text>"


def test_the_built_in_theme_is_complete() -> None:
    """Every English phrase exists in each other language, and a region falls back to its language."""
    files = Workspace(root=ROOT).theme("briefing")
    english = Theme(files, "en").phrases
    languages = phrase_languages(files, PhraseGroup.EDITION)
    assert set(languages) >= {"en", "de"}
    for language in languages:
        assert Theme(files, language).phrases.keys() == english.keys()
    assert Theme(files, "de-AT").phrases == Theme(files, "de").phrases
    with pytest.raises(ContentError) as caught:
        assert Theme(files, "sw").phrases
    assert "has no phrases in “sw”" in caught.value.problems[0].message


def test_a_theme_in_the_workspace_comes_first(tmp_path: Path) -> None:
    """A theme file in the workspace replaces the built-in one; a link to a file outside is not followed."""
    workspace = sample_message(tmp_path)
    folder = workspace.root / "templates" / "briefing"
    folder.mkdir(parents=True)
    (folder / "head.css").write_text("a { b: c }")
    shutil.copy(ROOT / "templates/briefing/inline.css", tmp_path / "elsewhere.css")
    (folder / "inline.css").symlink_to(tmp_path / "elsewhere.css")
    theme = Theme(workspace.theme("briefing"), "en")
    assert theme.render("head.css", {}) == "a { b: c }"
    assert theme.files.find("inline.css") is None
