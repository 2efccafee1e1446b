"""Builds with a memory, as a preview makes them: after any edit, the same as a build without one."""

import datetime
import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from composer.content.build_memory import BuildMemory
from composer.content.document.newsletter import Newsletter
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from composer.render.mjml.compiler import compile_mjml
from composer.render.templating.theme import Theme
from tests.sizes import sized

ROOT = Path(__file__).parents[2]
NOW = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
#: The newsletters that are edited, and how often.
_SOURCES = (
    ("", 40),
    ("tests/golden/variants", 50),
    ("tests/golden/elements", 30),
    ("tests/golden/events", 40),
    ("tests/golden/hostile", 40),
)
_TEXTS = (
    "A new sentence of 12 words, with [a link](https://example.org/new) in it.",
    'Dear {{ first_name | default("reader") }}, TODO',
    "**Bold** text (未完) and مرحبا on Monday, 31 January 2025.",
    "- an item\n- another item",
    "",
)


def _workspace(source: str, folder: Path) -> tuple[Workspace, Path]:
    """Copy a newsletter, with room for files of its theme."""
    for name in ("newsletter.yaml", "newsletter.de.yaml", "assets", "issues"):
        origin = ROOT / source / name
        if origin.is_dir():
            shutil.copytree(origin, folder / name)
        elif origin.is_file():
            shutil.copyfile(origin, folder / name)
    workspace = Workspace.find(folder)
    return workspace, workspace.issue("2025-03-30" if source.endswith("events") else "2025-01-30")


def _edited(text: str, chance: random.Random) -> str:
    """Change a text in one place, as editors do; the result may be wrong."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    words = lines[at].split(" ")
    changes: tuple[Callable[[], object], ...] = (
        lambda: lines.pop(at),
        lambda: lines.insert(at, lines[at]),
        lambda: lines.insert(at, lines[chance.randrange(len(lines))]),
        lambda: lines.__setitem__(slice(at, at), [f"{indent}{line}" for line in chance.choice(_TEXTS).split("\n")]),
        lambda: lines.__setitem__(at, lines[at] + " " + chance.choice(_TEXTS).split("\n")[0]),
        lambda: lines.__setitem__(at, " ".join(chance.sample(words, len(words)))),
        lambda: lines.__setitem__(at, lines[at].replace("e", "é", 1)),
    )
    chance.choice(changes)()
    return "\n".join(lines)


def _without_token(token: str, page: str) -> str:
    """Return a page without the beginning of its tokens, which depends on the text at the first build."""
    return page.replace(token, "")


def _result(workspace: Workspace, issue: Path, memory: BuildMemory[Newsletter] | None) -> object:
    """Return everything that people see of a build, or all its problems."""
    try:
        checked = check_issue(workspace, issue, NOW, memory=memory)
    except ContentError as error:
        return error.problems
    if memory is not None:
        memory.finish()
    builds = [
        {
            "pages": (built.html, built.text, built.mailed, plain(built.annotated), plain(built.edition.mjml)),
            "message": (built.message, built.hash),
            "sizes": dict(built.edition.sizes),
            "pictures": [name for name, _ in built.pictures],
        }
        for built in (variant.built for variant in checked.variants)
        for plain in (partial(_without_token, built.issue.fields.mark),)
    ]
    return builds, checked.problems, checked.hash


@pytest.mark.slow
@pytest.mark.parametrize(("source", "count"), _SOURCES, ids=[source or "sample" for source, _ in _SOURCES])
def test_a_build_with_a_memory_is_the_build(source: str, count: int, tmp_path: Path) -> None:
    """After each of many edits, right and wrong, in the issue and now and then in newsletter.yaml."""
    workspace, issue = _workspace(source, tmp_path)
    chance, memory = random.Random(source), BuildMemory[Newsletter]()
    good = {path: path.read_text(encoding="utf-8") for path in (issue, tmp_path / "newsletter.yaml")}
    built, edits = 0, sized(count // 2, count)
    for number in range(edits):
        path = tmp_path / "newsletter.yaml" if number % 10 == 9 else issue
        edited = _edited(good[path], chance)
        path.write_text(edited, encoding="utf-8")
        found = _result(workspace, issue, memory)
        assert found == _result(workspace, issue, None), f"edit {number} of {path.name}"
        if isinstance(found, tuple) and isinstance(found[0], list):
            good[path], built = edited, built + 1
        else:
            path.write_text(good[path], encoding="utf-8")
    assert built > edits / 8


def test_only_changed_sections_are_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the message and its plaintext; all of them if a template, the newsletter or a shared text changes."""
    workspace, issue = _workspace("", tmp_path)
    memory, rendered = BuildMemory[Newsletter](), list[str]()
    plain = Theme.render

    def render(theme: Theme, name: str, *arguments: object, **options: bool) -> str:
        rendered.append(name)
        return plain(theme, name, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Theme, "render", render)

    def sections_after(path: Path, old: str, new: str) -> set[str]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        rendered.clear()
        _result(workspace, issue, memory)
        return {name.split("/")[1] for name in rendered if name.startswith("sections/")}

    every = {"story", "metric", "briefs", "digest", "media"}
    own = tmp_path / "templates" / "briefing" / "page.txt.j2"
    for _ in range(3):
        _result(workspace, issue, memory)
    assert sections_after(issue, "", "") == set()
    assert sections_after(issue, "turned the mood", "changed the mood") == {"story"}
    # A text above moves all lines of the file.
    assert sections_after(issue, "  body: |\n", "  body: |\n    One more paragraph.\n\n") == {"story"}
    assert sections_after(issue, 'subject: "', 'subject: "Also: ') == every
    newsletter = tmp_path / "newsletter.yaml"
    os.utime(newsletter, (0, 0))
    assert sections_after(newsletter, "heading: Metrix", "heading: Numbers") == every
    shutil.copytree(ROOT / "templates" / "briefing" / "sections" / "metric", own.parent / "sections" / "metric")
    assert sections_after(own.parent / "sections" / "metric" / "section.txt.j2", "", "New: ") == every
    assert _result(workspace, issue, memory) == _result(workspace, issue, None)


def test_a_page_is_compiled_again_if_more_than_its_texts_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed word needs no lint, compiler and inliner; a new link does."""
    workspace, issue = _workspace("", tmp_path)
    memory, compiled = BuildMemory[Newsletter](), list[str]()

    def compile_and_count(mjml: str) -> str:
        compiled.append(mjml)
        return compile_mjml(mjml)

    monkeypatch.setattr("composer.render.edition.compile_mjml", compile_and_count)

    def compilations_after(old: str, new: str) -> int:
        issue.write_text(issue.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        compiled.clear()
        _result(workspace, issue, memory)
        return len(compiled)

    for _ in range(2):
        _result(workspace, issue, memory)
    assert compilations_after("turned the mood", "changed the editors' & readers' mood") == 0
    assert compilations_after("the editors' & readers' mood", "the [mood](https://example.org/mood)") == 1
    assert _result(workspace, issue, memory) == _result(workspace, issue, None)
