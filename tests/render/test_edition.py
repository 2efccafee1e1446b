"""Editions: the relation between an issue's HTML and plaintext, for the sample and for hostile input."""

import re
from functools import cache
from pathlib import Path

import lxml.html
import pytest

from composer.content.document.issue import read_issue
from composer.content.values.merge_fields import stand_ins
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.mail.merge_slots import fill_html, fill_text
from composer.render.edition import Edition, render
from composer.render.mjml.lint import lint
from composer.render.text_wrap import cells
from tests.factories import LETTER, ROOT, sample_message

STEMS = sorted(path.stem for path in (ROOT / "issues").glob("*.yaml"))
each_sample = pytest.mark.parametrize("stem", STEMS)


@cache
def sample(stem: str) -> Edition:
    workspace = Workspace(root=ROOT)
    newsletter, issue = read_issue(workspace, workspace.issue(stem))
    return render(issue, newsletter)


def edition_of(folder: Path, issue: str, newsletter: str = LETTER) -> Edition:
    workspace = sample_message(folder, newsletter=newsletter)
    (folder / "issues" / "2025-01-30.yaml").write_text(
        f'date: 2025-01-30\nsubject: "A letter"\n{issue}', encoding="utf-8"
    )
    read_newsletter, read = read_issue(workspace, workspace.issue("2025-01-30"))
    return render(read, read_newsletter)


@each_sample
def test_sizes_add_up(stem: str) -> None:
    """The bytes of all sections and of the rest of the page add up to the HTML, without marks."""
    edition = sample(stem)
    assert sum(edition.sizes.values()) == len(edition.html.encode())
    assert list(edition.sizes) == ["top_story", "metrix", "topics", "digest", "podcasts", "page"]
    assert all(size > 1000 for size in edition.sizes.values())
    assert "-section-" not in edition.html and 'class=""' not in edition.html


def test_a_longer_section_is_larger_by_its_bytes(tmp_path: Path) -> None:
    """Ten more characters in a section are ten more bytes there, and none elsewhere."""
    newsletter = LETTER + "  second:\n    type: text\n"
    one, two = (
        edition_of(tmp_path, f'letter:\n  body: "{"x" * size}"\nsecond:\n  body: "y"\n', newsletter).sizes
        for size in (100, 110)
    )
    assert (two["letter"] - one["letter"], two["second"], two["page"]) == (10, one["second"], one["page"])


@each_sample
def test_every_link_is_in_the_text(stem: str) -> None:
    """The plaintext contains every link of the HTML."""
    edition = sample(stem)
    page = lxml.html.document_fromstring(edition.html)
    links = {a.get("href") or "" for a in page.iter("a") if a.get("href")}
    assert len(links) > 20
    for link in links:
        if not link.startswith("#"):
            # To forward, subscribers without HTML get the page itself.
            assert link.removeprefix("mailto:").rpartition("&body=")[2] in edition.text, link


@each_sample
def test_every_word_of_the_html_is_in_the_text(stem: str) -> None:
    """The plaintext contains the titles of the HTML with the same words; headings of sections are in capitals."""
    edition = sample(stem)
    text = re.sub(r"\s+", "", re.sub(r"<\S+?>", "", edition.text)).casefold()
    page = lxml.html.document_fromstring(edition.html)
    for tag in ("h1", "h2", "h3", "h4"):
        for heading in page.iter(tag):
            assert re.sub(r"\s+", "", "".join(map(str, heading.itertext()))).casefold() in text


@each_sample
def test_plain_text_can_be_heard(stem: str) -> None:
    """No line consists of signs, sources are numbered through all sections, and unsubscribing is above the signature."""
    text = sample(stem).text
    assert not re.search(r"(?m)^\s*([^\w\s])\1{2,}\s*$", text)
    numbers = [int(number) for number in re.findall(r"(?m)^\[(\d+)\] ", text)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 10
    assert text.index("/unsubscribe") < text.index("\n-- \n") if "/unsubscribe" in text else True


def test_labels_of_a_wide_table_have_the_colon_of_the_edition(tmp_path: Path) -> None:
    """In French, a space that does not break is before the colon, in both parts; the words do not matter."""
    heads = "| Alpha alpha | Beta beta | 中文 | Delta delta | Epsilon epsilon |"
    cells = "| aaaaaaaaaaaaaaaaaaaa | bbbbbbbbbbbbbbbbbbbb | cccccccccccccccccccc | d | e |"
    body = f"letter:\n  body: |\n    : Titre\n    {heads}\n    |---|---|---|---|---|\n    {cells}\n"
    edition = edition_of(tmp_path, body, LETTER.replace("language: en", "language: fr"))
    assert "\nBeta beta\u00a0: bbbb" in edition.text and "\n中文\u00a0: cccc" in edition.text
    labels = lxml.html.document_fromstring(edition.html).iterfind(".//span[@class='cell-label']")
    assert ["".join(map(str, each.itertext())) for each in labels][:2] == ["Beta beta\u00a0: ", "中文\u00a0: "]


@each_sample
def test_contents_have_targets(stem: str) -> None:
    """Each anchor of the contents exists once as a name, for Gmail, and once as an id, for other programs."""
    page = lxml.html.document_fromstring(sample(stem).html)
    wanted = {(a.get("href") or "")[1:] for a in page.iter("a") if (a.get("href") or "").startswith("#")}
    names = [a.get("name") for a in page.iter("a") if a.get("name")]
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert wanted and wanted <= set(names) and wanted <= set(ids)
    assert len(set(names)) == len(names) and len(set(ids)) == len(ids)


@each_sample
def test_html_is_complete(stem: str) -> None:
    """An uppercase doctype, no characters broken by the compiler, no template code, conditions in pairs."""
    html = sample(stem).html
    assert html.startswith("<!DOCTYPE html>")
    assert not re.search(r"\\u\{|data-at|data-premailer|\{\{|\}\}|\{%|<mj-|googleapis|mailjet|\ufffd", html)
    assert html.count("<!--[if") == html.count("<![endif]-->")
    assert not re.search("[\x80-\x9f]", html)
    assert len(html.encode()) < 51_200
    for image in lxml.html.document_fromstring(html).iter("img"):
        assert image.get("alt") is not None and (image.get("width") or "").isdigit()
    for table in lxml.html.document_fromstring(html).iter("table"):
        assert table.get("role") in ("presentation", "none")


@each_sample
def test_the_mjml_that_was_compiled_is_clean(stem: str) -> None:
    """The edition's MJML passes the lint and has no template places: other tools can compile it."""
    edition = sample(stem)
    assert lint(edition.mjml) == () and "data-at" not in edition.mjml


@each_sample
def test_lines_fit(stem: str) -> None:
    """Lines of the plaintext have at most 72 cells, except addresses; also with subscribers' own links."""
    edition = sample(stem)
    values = stand_ins(edition.fields)
    own = {
        token: f"{url}/{'a' * 34}" for token, url in values.items() if url.endswith(("/unsubscribe", "/preferences"))
    }
    for text in (fill_text(edition.text, values), fill_text(edition.text, {**values, **own})):
        for line in text.split("\n"):
            assert cells(line) <= 72 or re.fullmatch(r"\s*<http\S+", line), line
            assert line == line.rstrip() or line == "-- "
        assert "\n\n\n\n" not in text and text.count("\n-- \n") == 1 and text.endswith("\n")


@each_sample
def test_no_token_is_left(stem: str) -> None:
    """With every field filled, neither part has tokens, and only the places of the fields changed."""
    edition = sample(stem)
    values = stand_ins(edition.fields)
    assert values
    html, text = fill_html(edition.html, values), fill_text(edition.text, values)
    assert not any(token in html or token in text for token in values)
    assert all(token in edition.html or token in edition.text for token in values)


@pytest.mark.parametrize(
    "text",
    [
        ' class="q-section-00"',
        ' class="section-mark-00"',
        "<div></div><div>",
        "</mj-text></mj-column>",
        "文 > 本 “c”> \\ \u3000",
        "{% raw %} {# x #}",
        ' src="',
    ],
)
def test_text_that_looks_like_our_marks_is_text(tmp_path: Path, text: str) -> None:
    """A title with tags, classes or template code is shown as written in both parts."""
    quoted = text.replace("'", "''")
    edition = edition_of(tmp_path, f"letter:\n  title: 'x{quoted}x'\n  body: \"Hello\"\n")
    body = lxml.html.document_fromstring(edition.html).find("body")
    assert body is not None
    wanted = re.sub(r"\s+", "", f"x{text}x")
    assert wanted in re.sub(r"\s+", "", "".join(map(str, body.itertext())))
    assert wanted in re.sub(r"\s+", "", edition.text)
    assert sum(edition.sizes.values()) == len(edition.html.encode())


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("sections/text/section.mjml.j2", "<mj-text>", '<mj-text colour="red">', "has no attribute colour"),
        ("sections/text/section.mjml.j2", "</mj-text>", "</mj-txt>", "is never closed"),
        ("page.mjml.j2", "<mj-body ", "<mj-boddy ", "did you mean mj-body?"),
        (
            "page.mjml.j2",
            '<meta name="color-scheme" content',
            '<meta name="color-scheme" onload="x" content',
            "is a script",
        ),
        ("inline.css", "p {", "p:hover {", "pseudo-classes"),
        ("head.css", "@media (max", "@import 'x'; @media (max", "would load a style sheet"),
    ],
)
def test_a_mistake_in_a_theme_has_its_place(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    """Findings of the lint in MJML and CSS have the file, line and column in the theme."""
    source = (ROOT / "templates/briefing" / name).read_text(encoding="utf-8")
    at = source.index(old)
    # A section's folder is replaced as a whole; other files replace single files of the theme.
    for path in (ROOT / "templates/briefing" / name).parent.glob("*.*") if "/" in name else ():
        copy = tmp_path / "templates/briefing" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (copy.parent / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    target = tmp_path / "templates/briefing" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(source.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        edition_of(tmp_path, 'letter:\n  body: "Hello"\n')
    told = [problem for problem in caught.value.problems if words in problem.message]
    assert told, caught.value.problems
    assert told[0].path == f"templates/briefing/{name}"
    if name.endswith(".j2"):
        # A mistake in HTML inside an element has the element's place.
        assert told[0].line == 1 + source.count("\n", 0, source.rindex("<mj", 0, at + 4))
