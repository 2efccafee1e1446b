"""Figures that texts name: each gets its picture, and each mistake its place and a hint."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content.document.figures import unused_figures
from composer.content.document.issue import read_issue
from composer.content.values.field_values import Group, Picture
from composer.content.values.rich_elements import FigureRow
from composer.content.values.rich_text import Rich
from composer.core.errors import ContentError
from composer.editions.pipeline import build_issue
from tests.content.issue_factory import ISSUE, issue_workspace

FIGURE = "    {}:\n      image: assets/chart.png\n      alt: A\n"
BODY = "    First paragraph.\n\n    Second paragraph.\n"


def _issue(body: str, names: tuple[str, ...], analysis: str = "") -> str:
    figures = "  figures:\n" + "".join(FIGURE.format(name) for name in names) if names else ""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    more = f"  analysis: |\n    {analysis}\n" if analysis else ""
    return ISSUE.replace(BODY, lines + figures + more)


def _read(folder: Path, issue: str) -> Group:
    workspace = issue_workspace(folder)
    path = workspace.root / "issues/2025-01-30.yaml"
    path.write_text(issue, encoding="utf-8")
    content = read_issue(workspace, path)[1].sections[0].content
    assert isinstance(content, Group)
    return content


def _rows(value: object) -> list[FigureRow]:
    assert isinstance(value, Rich)
    return [node for node in value.nodes if isinstance(node, FigureRow)]


def test_each_text_next_to_the_figures_may_show_them(tmp_path: Path) -> None:
    """A row has the figures that it names, in its order; a figure that no text names is unused."""
    issue = _issue("One.\n\n{figure b a}\n\nTwo.", ("a", "b", "c", "d"), "{figure c}")
    story = _read(tmp_path, issue)
    (row,) = _rows(story["body"])
    assert row.names == ("b", "a") and all(isinstance(each["image"], Picture) for each in row.figures)
    assert len(_rows(story["analysis"])[0].figures) == 1
    assert list(unused_figures(story)) == ["d"]


@pytest.mark.parametrize(
    ("body", "names", "at", "message", "hint"),
    [
        ("{figure exprts}", ("exports",), "exprts", "there is no figure “exprts”", "did you mean exports?"),
        ("{figure a}\n\nb\n\n{figure a}", ("a",), "a}", "already shown", "delete one"),
        ("{figure a a}", ("a",), "a}", "already shown", "delete one"),
        ("{figure a}", (), "a}", "has no key “figures”", "figures:"),
        ("{figure a}", ("a", "b c"), "image", "“b c” is not a valid name", "b_c"),
    ],
)
def test_mistakes_have_a_place_and_a_hint(
    tmp_path: Path, body: str, names: tuple[str, ...], at: str, message: str, hint: str
) -> None:
    """Unknown and repeated names, figures where there are none, names that no text can write."""
    issue = _issue(body, names)
    with pytest.raises(ContentError) as raised:
        _read(tmp_path, issue)
    (found,) = raised.value.problems
    assert message in found.message and hint in found.hint
    assert issue.split("\n")[found.line - 1][found.column - 1 :].startswith(at)


def test_a_text_without_figures_names_none(tmp_path: Path) -> None:
    """A note cannot show figures."""
    with pytest.raises(ContentError) as raised:
        _read(tmp_path, ISSUE.replace("top_story:", 'note: "{figure a}"\ntop_story:', 1))
    assert [problem.code for problem in raised.value.problems] == ["figure"]


def test_figures_are_shown_where_the_text_names_them(tmp_path: Path) -> None:
    """Both parts have them between the same paragraphs; two in a row are cells of one table; the order stays."""
    workspace = issue_workspace(tmp_path)
    path = workspace.root / "issues/2025-01-30.yaml"
    issue = _issue("{figure a}\n\nOne.\n\n{figure b c}\n\nTwo.", ("a", "b", "c"), "{figure d}")
    issue = issue.replace("  analysis", FIGURE.format("d") + "  analysis")
    for name in "abcd":
        issue = issue.replace(f"{FIGURE.format(name)}", FIGURE.format(name).replace("alt: A", f"alt: Alt {name}"))
    path.write_text(issue, encoding="utf-8")
    edition = build_issue(workspace, path).edition
    for page in (edition.html, edition.text):
        places = [
            page.index(words, page.rindex("A title")) for words in ("Alt a", "One.", "Alt b", "Alt c", "Two.", "Alt d")
        ]
        assert places == sorted(places)
    assert edition.html.count('class="half stack"') == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    # Files are read in NFC, so the names are compared in this form.
    names=st.lists(
        st.from_regex(r"\A[a-z0-9出口][\w-]{0,8}\Z").map(lambda name: unicodedata.normalize("NFC", name)),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    rows=st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=2), max_size=4),
)
def test_every_row_is_complete_or_reported(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], rows: list[list[int]]
) -> None:
    """Whatever texts name, a row has all its figures, or the issue is not read; each figure is shown at most once."""
    written = [[names[index % len(names)] for index in row] for row in rows]
    body = "\n\n".join(("Words.", *(f"{{figure {' '.join(row)}}}" for row in written)))
    folder = tmp_path_factory.mktemp("figures")
    issue = _issue(body, tuple(f'"{name}"' for name in names))
    flat = [name for row in written for name in row]
    if len(flat) != len(set(flat)):
        with pytest.raises(ContentError) as raised:
            _read(folder, issue)
        assert {problem.code for problem in raised.value.problems} == {"figure"}
        return
    story = _read(folder, issue)
    assert [list(row.names) for row in _rows(story["body"])] == written
    assert all(len(row.names) == len(row.figures) for row in _rows(story["body"]))
    assert set(unused_figures(story)) == set(names) - set(flat)
