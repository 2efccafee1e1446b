"""The marked page has the source of its parts, and the page that is sent does not show it."""

import re

import lxml.html

from composer.content.document.issue import read_issue
from composer.core.workspace import Workspace
from composer.render.edition import Edition, render
from composer.render.marked_document import annotate, settle
from tests.factories import ROOT

WORKSPACE = Workspace(root=ROOT)


def _annotated(stem: str) -> tuple[Edition, str]:
    newsletter, issue = read_issue(WORKSPACE, WORKSPACE.issue(stem))
    edition = render(issue, newsletter)
    sections = [section.spec.key for section in issue.sections]
    page = annotate(edition.marked, issue.marks, sections=sections, origins=edition.origins, pictures={})
    return edition, page


def _with(page: str, name: str) -> list[tuple[str, str, str, str]]:
    """Return tag, attribute, address and words of the elements that have an attribute."""
    found = []
    for element in lxml.html.document_fromstring(page).iter():
        if value := element.get(name):
            words = "".join(map(str, element.itertext()))
            found.append((str(element.tag), value, element.get("href") or "", words))
    return found


def _written(place: str) -> str:
    path, line, column = place.rsplit(":", 2)
    return (ROOT / path).read_text(encoding="utf-8").split("\n")[int(line) - 1][int(column) - 1 :]


def test_each_text_has_its_line() -> None:
    """`data-at` is the place in the file where the element's text starts, in every YAML style and language."""
    for stem in ("2025-01-30", "2025-01-30.de"):
        edition, page = _annotated(stem)
        for field in edition.fields:
            page = page.replace(field.token, "")
        found = _with(page, "data-at")
        assert len(found) > 80
        for tag, place, address, words in found:
            written = _written(place)
            if tag == "a" and written.startswith("http"):
                assert written.startswith(address)
            else:
                assert re.findall(r"\w+", written)[0] in words, (place, words)


def test_sections_and_templates_are_named() -> None:
    """Each section's outermost element has its key, and compiled elements have their template's line."""
    edition, page = _annotated("2025-01-30")
    assert [key for _, key, _, _ in _with(page, "data-section")] == list(edition.sizes)[:-1]
    assert len(_with(page, "data-from")) > 20
    for _, place, _, _ in _with(page, "data-from"):
        assert _written(place).startswith("<mj-")


def test_the_annotated_page_is_the_page_that_is_sent() -> None:
    """Without its data attributes, it is the edition's HTML, byte for byte."""
    edition, page = _annotated("2025-01-30")
    assert re.sub(r' data-(?:at|from|section)="[^"]*"', "", page) == edition.html


def test_no_mark_is_left() -> None:
    """The sent page does not contain our tokens and classes; the bytes by section add up."""
    newsletter, issue = read_issue(WORKSPACE, WORKSPACE.issue("2025-01-30"))
    edition = render(issue, newsletter)
    assert issue.marks.prefix in edition.marked
    left = set(re.findall(rf"{issue.marks.prefix}\w*", edition.html))
    assert left == {field.token for field in edition.fields if field.token in edition.html}
    html, sizes = settle(edition.marked, issue.marks)
    assert html == edition.html
    assert sum(sizes.values()) == len(html.encode())
    assert issue.marks.prefix + "w" not in edition.text + edition.mjml + edition.subject
