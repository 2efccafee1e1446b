"""Web editions: what they contain, and what they must not contain."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from composer.content.document.issue import read_issue
from composer.core.errors import ContentError
from composer.core.workspace import Workspace
from composer.editions.pipeline import pick, variants_of
from composer.editions.web_build import BuiltWeb, build_web
from composer.render.bidi import END, FIRST_STRONG, LEFT_TO_RIGHT, RIGHT_TO_LEFT
from composer.render.template_values import title_of
from tests.factories import LETTER, ROOT, sample, sample_message
from tests.golden.web_editions import EXPECTED, web_files
from tests.render.web.html_rules import html_problems
from tests.render.web.pages import WEB_CASES, WebCase, build_case, web_edition


@pytest.fixture(params=WEB_CASES, ids=[case.name for case in WEB_CASES])
def case(request: pytest.FixtureRequest) -> WebCase:
    assert isinstance(request.param, WebCase)
    return request.param


@pytest.fixture
def built(case: WebCase, tmp_path: Path) -> BuiltWeb:
    return build_case(case, tmp_path)


def test_same_bytes(case: WebCase, tmp_path: Path) -> None:
    """The same input gives exactly the expected page and style sheets."""
    for name, text in web_files(case, tmp_path / "again").items():
        assert text.encode() == (EXPECTED / case.name / name).read_bytes(), name


def test_the_html_is_valid(built: BuiltWeb) -> None:
    """Elements are where they may be, ids are unique, links within the page have a target, headings skip no level."""
    assert html_problems(built.edition.body) == []


def test_nothing_personal_and_nothing_from_elsewhere(built: BuiltWeb) -> None:
    """No token is left, no link of a subscriber; pictures are in the folder of the page."""
    body = built.edition.body
    assert not set(body) & {FIRST_STRONG, LEFT_TO_RIGHT, RIGHT_TO_LEFT, END}
    assert not re.search(r"q[bcdfghjkmnpqrstvwxz]{7}", body)
    assert "unsubscribe" not in body
    assert "/preferences" not in body
    assert all(source.startswith("pictures/") for source in re.findall(r'src="([^"]*)"', body))
    names = {f"pictures/{name}" for name, _ in built.pictures}
    assert names == set(re.findall(r'src="([^"]*)"', body))


def test_items_and_sections_are_pieces_of_the_article(built: BuiltWeb) -> None:
    """Their HTML is a whole element of the article, with the anchor as its id."""
    edition = built.edition
    assert edition.sections
    pieces = [(each.anchor, each.html) for each in edition.sections]
    pieces += [(each.anchor, each.html) for each in edition.items]
    for anchor, html in pieces:
        assert html in edition.body
        assert f'id="{anchor}"' in html
    assert len({item.anchor for item in edition.items}) == len(edition.items)


def test_the_public_sees_what_a_subscriber_without_tags_gets() -> None:
    """Of four variants, and of an issue that was reduced to the fullest one before."""
    workspace = Workspace(root=(ROOT / "tests/golden/variants").resolve())
    path = workspace.issue("2025-01-30")
    variants = variants_of(workspace, path)
    theirs = pick(variants, "en", ()).built.issue
    newsletter, issue = read_issue(workspace, path)
    edition = build_web(newsletter, issue).edition
    shown = [section.spec.key for section in theirs.sections]
    assert len(variants) == 4
    assert [section.key for section in edition.sections] == shown
    titles = [str(title_of(item)) for section in theirs.sections for item in section.items]
    assert [item.title for item in edition.items if item.title in titles] == titles
    again = build_web(newsletter, variants[0].built.issue).edition
    assert "Background for the press" not in edition.body + again.body


def test_merge_fields_show_their_defaults(tmp_path: Path) -> None:
    """Also in addresses, titles and anchors."""
    workspace = sample_message(
        tmp_path,
        "Dear {{ first_name | default('<reader>') }}, [here](https://example.org/?n={{ first_name | default('a b') }}).",
    )
    body = web_edition(workspace).edition.body
    assert "Dear &lt;reader&gt;" in body
    assert 'href="https://example.org/?n=a%20b"' in body


def test_a_type_without_a_template_for_the_web_is_derived_from_its_schema(tmp_path: Path) -> None:
    """Titles become headings, Markdown becomes text, pictures become figures, addresses become links, groups become lists."""
    workspace = sample(tmp_path)
    folder = tmp_path / "templates/briefing/sections/deals"
    folder.mkdir(parents=True)
    (folder / "schema.yaml").write_text(_DEALS, encoding="utf-8")
    for kind in ("mjml", "txt"):
        (folder / f"section.{kind}.j2").write_text("", encoding="utf-8")
    newsletter = LETTER.replace(
        "  letter:\n    type: text\n    required: true\n", "  deals:\n    type: deals\n    heading: Deals\n"
    )
    (tmp_path / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    (tmp_path / "issues/2025-01-31.yaml").write_text(_DEALS_ISSUE, encoding="utf-8")
    built = web_edition(workspace, "2025-01-31")
    html = built.edition.sections[0].html
    assert html_problems(built.edition.body) == []
    assert '<h3 class="title"><a href="https://example.org/deal">A &lt;big&gt; deal</a></h3>' in html
    assert "<p>Paid in <strong>cash</strong>.</p>" in html
    assert re.search(r'<figure class="figure"><img src="pictures/logo-\w+\.png" alt="The logo" width="\d+" height="\d+">'
                     r'<figcaption><span class="caption">Our logo</span>', html)  # fmt: skip
    # A figure is where the text names it; one that no text names is shown after it.
    assert [html.count(f'alt="{alt}"') for alt in ("The stamp", "Another")] == [1, 1]
    assert html.index("<p>Paid in") < html.index("The stamp") < html.index("Another")
    assert '<time datetime="2025-01-20">January 20, 2025</time>' in html
    assert '<a href="https://example.org/contract">example.org</a>' in html
    assert (
        '<li><strong>Anna Li</strong><p class="meta">Lawyer · <a href="mailto:anna@example.org">anna@example.org</a></p></li>'
        in html
    )
    assert "warm" not in html
    assert '<a href="https://example.org/s">A source</a>' in html
    assert [item.anchor for item in built.edition.items] == ["deals-a-big-deal", "deals-深度求索"]


_DEALS = """\
title: Deals
description: "Deals."
content:
  type: array
  items:
    type: object
    title: Deal
    required:
      - title
    properties:
      title: {type: string, format: plain, title: Title, description: "t"}
      tone:
        type: string
        title: Tone
        description: "t"
        enum:
          - warm
          - cold
      url: {type: string, format: url, title: Link, description: "t"}
      contract: {type: string, format: url, title: Contract, description: "t"}
      signed: {type: string, format: date, title: Signed, description: "t"}
      picture: {type: string, format: picture, title: Picture, description: "t"}
      alt: {type: string, format: plain, title: Alt, description: "t"}
      caption: {type: string, format: plain, title: Caption, description: "t"}
      terms: {type: string, format: markdown, title: Terms, description: "t"}
      people:
        type: array
        title: People
        description: "t"
        items:
          type: object
          title: Person
          properties:
            name: {type: string, format: plain, title: Name, description: "t"}
            role: {type: string, format: plain, title: Role, description: "t"}
            email: {type: string, format: email, title: Mail, description: "t"}
      figures:
        $ref: "#/$defs/figures"
      sources:
        $ref: "#/$defs/sources"
"""
_DEALS_ISSUE = """\
date: 2025-01-31
subject: "Deals"
deals:
  - title: "A <big> deal"
    tone: warm
    url: https://example.org/deal
    contract: https://example.org/contract
    signed: 2025-01-20
    picture: ../assets/logo.png
    alt: "The logo"
    caption: "Our logo"
    terms: "Paid in **cash**.\\n\\n{figure stamp}"
    figures:
      stamp:
        image: ../assets/logo.png
        alt: "The stamp"
      spare:
        image: ../assets/logo.png
        alt: "Another"
    people:
      - name: Anna Li
        role: Lawyer
        email: anna@example.org
    sources: |
      Reuters: [A source](https://example.org/s)
  - title: "深度求索"
"""


def test_a_build_of_messages_loads_nothing_of_it() -> None:
    """`compose build` imports no module of the web edition."""
    code = (
        "import sys; from pathlib import Path; from composer.core.workspace import Workspace;"
        "from composer.editions.pipeline import build_issue; w = Workspace(root=Path('.').resolve());"
        "build_issue(w, w.issue('2025-01-30'));"
        "print([name for name in sys.modules if name.startswith('composer.render.web')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_theme_without_web_templates_uses_those_that_are_included(tmp_path: Path) -> None:
    """The page and the style sheets come from the included theme, with the colors of the newsletter's own theme."""
    newsletter = LETTER.replace("timezone", "theme: plain\ntimezone")
    workspace = sample_message(tmp_path, newsletter=newsletter)
    own = tmp_path / "templates/plain"
    shutil.copytree(
        ROOT / "templates/briefing", own, ignore=shutil.ignore_patterns("*.html.j2", "screen.css", "print.css")
    )
    theme = own / "theme.yaml"
    theme.write_text(theme.read_text(encoding="utf-8").replace("#f5f2ec", "#f0f4f8"), encoding="utf-8")
    edition = web_edition(workspace).edition
    assert html_problems(edition.body) == []
    assert "<p>Dear subscribers, hello.</p>" in edition.body
    assert "--tint: #f0f4f8" in edition.screen_css


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("sections/text/section.html.j2", "{{ section.contents }}", "template", "sections/text/section.html.j2:1:1"),
        ("sections/text/section.html.j2", "{{ m.title( }}", "template", "sections/text/section.html.j2:1:1"),
        ("page.html.j2", "<article><h1>{{ issue.subject }}</h1></article>", "template", "page.html.j2:1:1"),
        ("screen.css", "p { color: red }\n@import 'x.css';", "css", "screen.css:2:1"),
        ("print.css", "p { background: url(x.png) }", "css", "print.css:1:17"),
    ],
)
def test_a_mistake_in_a_template_is_reported_with_its_place(
    name: str, text: str, code: str, place: str, tmp_path: Path
) -> None:
    """Unknown names, broken syntax, missing anchors, style sheets that load something."""
    workspace = sample_message(tmp_path)
    path = tmp_path / "templates/briefing" / name
    if name.startswith("sections/"):
        shutil.copytree(ROOT / "templates/briefing/sections/text", path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        web_edition(workspace)
    (problem,) = caught.value.problems
    assert (problem.code, f"{problem.path}:{problem.line}:{problem.column}") == (code, f"templates/briefing/{place}")


def test_an_item_without_its_anchor_is_reported_in_the_template_of_its_section(tmp_path: Path) -> None:
    """Feeds and links could not lead to it."""
    workspace = sample(tmp_path)
    folder = tmp_path / "templates/briefing/sections/digest"
    shutil.copytree(ROOT / "templates/briefing/sections/digest", folder)
    (folder / "section.html.j2").write_text("<p>Nothing</p>", encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        web_edition(workspace)
    assert {problem.path for problem in caught.value.problems} == {"templates/briefing/sections/digest/section.html.j2"}


@pytest.mark.parametrize(("contents", "times"), [("before", 2), ("none", 1)])
def test_a_story_with_the_title_of_the_issue(tmp_path: Path, contents: str, times: int) -> None:
    """It has a headline where it starts, unless it starts right below the page's title, which is the same."""
    workspace = sample(tmp_path)
    issue = workspace.issue("2025-01-30")
    text = issue.read_text(encoding="utf-8")
    title = re.search(r'top_story:\n  title: "?(.*?)"?\n', text)
    assert title is not None
    text = re.sub(r"(?m)^note: \|\n(  .*\n|\n)+", "", text)
    issue.write_text(re.sub("(?m)^subject: .*$", f'subject: "{title[1]}"', text), encoding="utf-8")
    settings = workspace.root / "newsletter.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"\ndesign:\n  contents: {contents}\n", encoding="utf-8")
    edition = web_edition(workspace).edition
    assert html_problems(edition.body) == []
    assert edition.body.count(f">{title[1]}</h") == times
