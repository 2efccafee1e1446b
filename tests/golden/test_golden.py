"""Whole editions, byte for byte: input in this folder or in the repository, output in expected/."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from composer.core.workspace import Workspace
from composer.editions.pipeline import Built, variants_of
from tests.mail.bytecheck import problems
from tests.render.markup_strategies import links

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A golden case and its purpose."""

    name: str
    root: Path
    stem: str
    why: str
    #: The variant, if parts are only for some subscribers.
    variant: int = 1


CASES = [
    Case(name="sample", root=ROOT, stem="2025-01-30", why="the main job: a briefing of real size, with pictures"),
    Case(name="sample-de", root=ROOT, stem="2025-01-30.de", why="an edition in another language, by overlay"),
    Case(name="gallery", root=ROOT / "examples/gallery", stem="gallery", why="every section type, no logo"),
    Case(name="letter", root=HERE / "letter", stem="2025-01-30", why="the least there can be; no pictures, no links"),
    Case(
        name="events",
        root=HERE / "events",
        stem="2025-03-30",
        why="German, long subject, names that must be quoted, IDN",
    ),
    Case(
        name="chinese",
        root=HERE / "chinese",
        stem="2025-01-30",
        why="base64 parts, CJK wrapping, no spans for its script",
    ),
    Case(
        name="hostile",
        root=HERE / "hostile",
        stem="2025-01-30",
        why="signs that mean something to HTML, MIME, SMTP, Jinja",
    ),
    Case(
        name="fields", root=HERE / "fields", stem="2025-01-30", why="stand-ins in subject, text, attribute, path, query"
    ),
    *(
        Case(name=f"variants/{number}", root=HERE / "variants", stem="2025-01-30", variant=number, why=why)
        for number, why in enumerate(
            (
                "press: a topic and a section of their own; the fullest",
                "neither press nor staff: another topic in its place",
                "press and staff: no button",
                "staff: neither button nor press room",
            ),
            1,
        )
    ),
    *(
        Case(name=f"elements/{number}", root=HERE / "elements", stem="2025-01-30", variant=number, why=why)
        for number, why in enumerate(
            (
                "subheads, tables, footnotes, code, callouts, buttons and telephone links",
                "without the topic for the press",
            ),
            1,
        )
    ),
    Case(name="elements/zh", root=HERE / "elements", stem="2025-01-30.zh", why="the same elements in Chinese"),
    Case(
        name="lists", root=HERE / "lists", stem="2025-02-06", why="groups, no labels, ranges of days, cards, an order"
    ),
    Case(name="town", root=ROOT / "examples/purposes/town", stem="2025-02-06", why="an events letter, as cards"),
    Case(name="coast", root=ROOT / "examples/purposes/letter", stem="2025-02-02", why="a letter without a masthead"),
    Case(name="linked", root=HERE / "linked", stem="2025-01-30", why="pictures under an address; a logo on its plate"),
]


def build(case: Case) -> Built:
    workspace = Workspace(root=case.root.resolve())
    return variants_of(workspace, workspace.issue(case.stem))[case.variant - 1].built


def outputs(built: Built) -> dict[str, bytes]:
    """Return what is compared: the message with the pictures; page and plaintext, to read in a diff."""
    return {"issue.html": built.html.encode(), "issue.txt": built.text.encode(), "issue.eml": built.message}


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


def test_same_bytes(case: Case) -> None:
    """The same input gives exactly the expected bytes."""
    for name, data in outputs(build(case)).items():
        assert data == (HERE / "expected" / case.name / name).read_bytes(), f"{case.name}/{name}"


def test_every_byte_of_the_message_is_right(case: Case) -> None:
    """ASCII, CRLF only, line lengths, single headers, encoded-words, boundaries: RFC 5322, 2045, 2046, 2047."""
    assert problems(build(case).message) == []


def test_every_link_of_the_html_is_in_the_text(case: Case) -> None:
    """Every address of the HTML is in the plaintext: in angle brackets after its text, or as written in a text."""
    built = build(case)
    for link in links(built.html):
        assert not link.startswith("http") or re.search(
            rf"(?:<{re.escape(link)}>|\s{re.escape(link)}\s)", built.text
        ), link


def test_nothing_is_fetched_and_nothing_leaks(case: Case) -> None:
    """No external scripts, style sheets or fonts; no compiler escapes; doctype, language and headings are correct."""
    html = build(case).html
    assert html.startswith("<!DOCTYPE html>")
    assert "\\u{" not in html.replace("\\u{3000}", "") or case.name == "hostile"
    for foreign in ("<script", "<link", "@import", "@font-face", "url(", "fonts.g", "<iframe", "javascript:"):
        assert foreign not in html.lower(), foreign
    assert len(re.findall("<h1", html)) == 1
    assert "section-mark" not in html
    assert "data-at=" not in html
    assert "!important" in html
    assert "@media (prefers-color-scheme: dark)" in html
    # The gallery has every section type; a real issue does not.
    assert len(html.encode()) < (65_536 if case.name == "gallery" else 51_200)


def rewrite() -> None:
    """Rewrite the expected files."""
    for case in CASES:
        folder = HERE / "expected" / case.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in outputs(build(case)).items():
            (folder / name).write_bytes(data)
