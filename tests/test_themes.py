"""A workspace's own section types, files and themes, without Python code."""

import re
import shutil
from pathlib import Path

import lxml.html
import pytest

from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.editions.pipeline import Built, build_issue
from tests.factories import LETTER, ROOT, sample_message


def build(workspace: Workspace, stem: str = "2025-01-30") -> Built:
    return build_issue(workspace, workspace.issue(stem))


def write(workspace: Workspace, name: str, text: str) -> None:
    path = workspace.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_section_type_is_a_folder(tmp_path: Path) -> None:
    """The type in docs/how-to/make-a-theme.md works after copying its folder and using its name."""
    blocks = re.findall(
        r"```(?:yaml|jinja)\n(.*?)```", (ROOT / "docs/how-to/make-a-theme.md").read_text(encoding="utf-8"), re.DOTALL
    )
    workspace = sample_message(tmp_path, newsletter=LETTER + "  poem:\n    type: haiku\n    heading: A poem\n")
    folder = "templates/briefing/sections/haiku"
    for name, text in zip(("schema.yaml", "section.mjml.j2", "section.txt.j2"), blocks, strict=True):
        write(workspace, f"{folder}/{name}", text)
    issue = workspace.issue("2025-01-30")
    issue.write_text(issue.read_text() + 'poem:\n  lines: "An old silent pond"\n', encoding="utf-8")
    built = build(workspace)
    assert "An old silent pond" in built.html
    assert "An old silent pond" in built.text
    assert built.edition.sizes["poem"] > 0
    issue.write_text(issue.read_text().replace("lines:", "line:"), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        build(workspace)
    assert [(problem.code, problem.hint) for problem in caught.value.problems] == [
        ("unknown-key", "did you mean lines?")
    ]


def test_a_section_type_writes_its_own_sections(tmp_path: Path) -> None:
    """With `own_sections: true`, the columns in docs/how-to/make-a-theme.md are valid; mj-text outside a column is not."""
    page = (ROOT / "docs/how-to/make-a-theme.md").read_text(encoding="utf-8")
    columns = re.findall(r"```xml\n(.*?)```", page, re.DOTALL)[0]
    workspace = sample_message(tmp_path, newsletter=LETTER + "  poem:\n    type: pair\n")
    fields = "".join(f"    {name}:\n      type: string\n      format: plain\n" for name in ("left", "right"))
    schema = f"title: Pair\nown_sections: true\ncontent:\n  type: object\n  properties:\n{fields}"
    for name, text in (
        ("schema.yaml", schema),
        ("section.mjml.j2", columns),
        ("section.txt.j2", "{{ section.content.left | text }}\n\n{{ section.content.right | text }}\n"),
    ):
        write(workspace, f"templates/briefing/sections/pair/{name}", text)
    issue = workspace.issue("2025-01-30")
    issue.write_text(issue.read_text() + 'poem:\n  left: "One side"\n  right: "The other"\n', encoding="utf-8")
    built = build(workspace)
    assert "One side" in built.html and "The other" in built.text
    assert built.edition.sizes["poem"] > 0
    write(
        workspace, "templates/briefing/sections/pair/section.mjml.j2", "<mj-text>{{ section.content.left }}</mj-text>"
    )
    with pytest.raises(ContentError) as caught:
        build(workspace)
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("mjml", 1)]


def test_one_file_of_the_theme_is_changed_alone(tmp_path: Path) -> None:
    """A workspace's phrases replace the included ones; the rest of the theme stays."""
    workspace = sample_message(tmp_path)
    phrases = (ROOT / "templates/briefing/phrases/en.yaml").read_text(encoding="utf-8")
    changed = re.sub(r'why_you_get_this: ".*"', 'why_you_get_this: "You asked for %s."', phrases)
    write(workspace, "templates/briefing/phrases/en.yaml", changed)
    built = build(workspace)
    assert "You asked for Letters from the Desk." in built.text
    assert "You asked for Letters from the Desk." in built.html


def test_a_section_type_that_ships_is_replaced_whole(tmp_path: Path) -> None:
    """A workspace's folder for an included type replaces it; a missing file is not taken from elsewhere."""
    workspace = sample_message(tmp_path)
    folder = workspace.root / "templates/briefing/sections/text"
    shutil.copytree(ROOT / "templates/briefing/sections/text", folder)
    (folder / "section.txt.j2").write_text("-- {{ section.content.body | line }} --\n", encoding="utf-8")
    assert "-- Dear subscribers, hello. --" in build(workspace).text
    (folder / "section.txt.j2").unlink()
    with pytest.raises(ContentError) as caught:
        build(workspace)
    assert "has no section.txt.j2" in caught.value.problems[0].message


def test_a_theme_is_copied_and_changed(tmp_path: Path) -> None:
    """A copy of the theme under another name is used by its name."""
    workspace = sample_message(tmp_path, newsletter=LETTER.replace("timezone", "theme: mine\ntimezone"))
    shutil.copytree(ROOT / "templates/briefing", workspace.root / "templates/mine")
    theme = workspace.root / "templates/mine/theme.yaml"
    theme.write_text(theme.read_text(encoding="utf-8").replace("width: 640", "width: 600"), encoding="utf-8")
    html = build(workspace).html
    assert 'width="600"' in html and "640" not in html


def test_a_changed_template_is_seen_in_the_same_process(tmp_path: Path) -> None:
    """Templates are compiled once, and again when their file changes."""
    workspace = sample_message(tmp_path)
    folder = workspace.root / "templates/briefing/sections/text"
    shutil.copytree(ROOT / "templates/briefing/sections/text", folder)
    for words in ("first words", "other words"):
        (folder / "section.txt.j2").write_text(f"{words}\n", encoding="utf-8")
        assert words in build(workspace).text


def test_a_newsletter_without_any_of_the_samples_sections(tmp_path: Path) -> None:
    """A newsletter of events is built: headings, dates in the newsletter's language, links."""
    newsletter = (
        "name: Termine\nlanguage: de\ntimezone: Europe/Berlin\nsender:\n  from: Haus <haus@example.org>\n"
        "sections:\n  termine:\n    type: events\n    heading: Termine\n    contents: titles\n"
    )
    workspace = sample_message(tmp_path, newsletter=newsletter)
    write(
        workspace,
        "issues/2025-01-30.yaml",
        'date: 2025-01-30\nsubject: "Februar"\ntermine:\n  - title: "Lesung"\n    date: 2025-02-11\n    time: "18 Uhr"\n'
        '    place: "Berlin"\n    url: https://example.org/lesung\n',
    )
    built = build(workspace)
    assert 'lang="de"' in built.html
    assert "11. Februar 2025" in built.text
    assert "<https://example.org/lesung>" in built.text
    assert 'href="#termine-1"' in built.html
    assert 'name="termine-1"' in built.html


def test_a_one_text_letter_is_small(tmp_path: Path) -> None:
    """A newsletter with one text needs no brand, masthead, imprint or delivery."""
    built = build(sample_message(tmp_path))
    assert built.text.startswith("Letters from the Desk\nJanuary 30, 2025\n\n\nA letter\n\n")
    assert len(built.html) < 12_000
    assert "unsubscribe" not in built.html.lower()


def test_an_edition_in_another_language(tmp_path: Path) -> None:
    """`.de.yaml` uses newsletter.de.yaml over newsletter.yaml: language, name and headings; dates are German."""
    workspace = sample_message(tmp_path)
    write(workspace, "newsletter.de.yaml", "name: Briefe vom Tisch\nlanguage: de\n")
    shutil.copy(workspace.issue("2025-01-30"), workspace.root / "issues/2025-01-30.de.yaml")
    built = build(workspace, "2025-01-30.de")
    assert built.issue.key == "2025-01-30"
    assert built.issue.language == "de"
    assert "Briefe vom Tisch" in built.text
    assert "30. Januar 2025" in built.text
    assert b"Content-Language: de" in built.message
    shutil.copy(workspace.issue("2025-01-30"), workspace.root / "issues/2025-01-30.zh.yaml")
    with pytest.raises(ContentError) as caught:
        build(workspace, "2025-01-30.zh")
    assert "newsletter.zh.yaml is missing" in caught.value.problems[0].message
    assert caught.value.problems[0].hint == "create it with: compose new --language zh"


def test_a_chinese_newsletter(tmp_path: Path) -> None:
    """Chinese is normal text: dates, phrases, no spans for its own script, wrapped at 72 cells."""
    from composer.render.text_wrap import cells

    body = "中国人民银行今天宣布下调存款准备金率，市场普遍上涨。" * 6
    workspace = sample_message(tmp_path, body, LETTER.replace("language: en", "language: zh"))
    built = build(workspace)
    assert "2025年1月30日" in built.text
    assert '<span lang="zh' not in built.html
    assert max(cells(line) for line in built.text.split("\n")) <= 72
    assert re.sub(r"\s", "", built.text).count(body) == 1


def test_a_newsletters_design_takes_the_place_of_the_themes(tmp_path: Path) -> None:
    """`design` changes colours, fonts, masthead and contents key by key; what it leaves out stays as theme.yaml has it."""
    design = (
        "design:\n  masthead: band\n  contents: none\n  fonts:\n    title: Palatino, serif\n"
        '  colors:\n    light:\n      tint: "#eef2f7"\n    dark:\n      paper: "#101820"\n'
    )
    plain = build(sample_message(tmp_path / "plain"))
    own = build(sample_message(tmp_path / "own", newsletter=design + LETTER))
    for words in ("Palatino, serif", "#eef2f7", "#101820", 'class="band"'):
        assert words in own.html
        assert words not in plain.html
    assert "Helvetica, Arial, sans-serif" in own.html
    assert 'href="#' not in own.html


def test_a_story_at_the_head_is_the_headline(tmp_path: Path) -> None:
    """The page has one headline: the title of a story that opens the edition, or else the subject."""
    letter = build(sample_message(tmp_path / "letter"))
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", letter.html) == [letter.edition.subject]
    workspace = Workspace(root=ROOT)
    (headline,) = re.findall(r"<h1[^>]*>(.*?)</h1>", build(workspace).html)
    assert headline == "A frugal Chinese model unsettles the AI race"


def test_nothing_in_the_markup_looks_hidden_or_leads_nowhere() -> None:
    """No white preheader, no cells of size 0, and an anchor for each entry of the contents and for nothing else."""
    html = re.sub(r"<!--.*?-->", "", build(Workspace(root=ROOT)).html, flags=re.DOTALL)
    body = html.partition("<body")[2]
    assert not re.search(r"font-size:\s*0", body)
    assert not re.search(r"(?<![-\w])color:\s*#fff", body)
    assert set(re.findall(r'<a name="([^"]+)"', body)) == set(re.findall(r'href="#([^"]+)"', body))
    for name in ("format-detection", "x-apple-disable-message-reformatting"):
        assert f'<meta name="{name}"' in html


@pytest.mark.parametrize(
    ("name", "stem"),
    [("", "2025-01-30"), ("examples/gallery", "gallery"), ("tests/golden/elements", "2025-01-30")],
)
def test_lists_and_buttons_hold_in_outlook(name: str, stem: str) -> None:
    """Lists are indented by margin, not by padding; a button's cell has its padding for Word and a border in its colour."""
    page = lxml.html.document_fromstring(build(Workspace(root=ROOT / name), stem).html)
    lists = [str(each.get("style")) for each in page.iter("ul", "ol")]
    for style in lists:
        margin = re.search(r"margin-(?:left|right): ?(\d+)", style)
        assert margin is not None and re.search(r"padding: ?0(?:;|$)", style), style
        assert int(margin[1]) >= 24 or "list-style:none" in style.replace(" ", ""), style
    cells = [
        str(each.get("style"))
        for each in page.iter("td")
        if "mso-padding-alt:13px" in str(each.get("style")).replace(" ", "")
    ]
    for style in cells:
        assert re.search(r"border: ?1px solid #[0-9a-f]{6}", style), style
    assert lists and bool(cells) is bool(name)


@pytest.mark.parametrize(
    ("name", "stem"),
    [("", "2025-01-30"), ("examples/gallery", "gallery"), ("tests/golden/elements", "2025-01-30")],
)
def test_cells_with_text_have_a_font(name: str, stem: str) -> None:
    """Cells do not inherit fonts in Outlook: each text has one from an element within its innermost cell, or from the cell."""
    page = lxml.html.document_fromstring(build(Workspace(root=ROOT / name), stem).html)
    for element in page.iterfind("body//*"):
        words = (element.text or "").strip()
        if not isinstance(element.tag, str) or not words or "display:none" in str(element.get("style")):
            continue
        around = [element, *element.iterancestors()]
        cell = next((at for at, each in enumerate(around) if each.tag in ("td", "th", "caption")), None)
        if cell is not None:
            styles = "".join(str(each.get("style")) for each in around[: cell + 1])
            assert "font-family" in styles, (element.tag, words[:60])
