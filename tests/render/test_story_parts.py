"""Kicker, standfirst, byline, reading time, and links to forward a story: in both parts, and harmless whatever they contain."""

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content.values.merge_fields import stand_ins
from composer.editions.pipeline import Built, build_issue
from composer.mail.merge_slots import fill_html
from tests.content.issue_factory import ISSUE, NEWSLETTER, issue_workspace

OPTIONS = "    required: true\n    reading_time: true\n    share: true\n"
PUBLIC = "delivery:\n  public_url: https://example.org/n\narchive:\n  url: https://example.org/archive\n"
STORY = """\
  kicker: "A kicker"
  standfirst: "A *standfirst*."
  authors:
    - name: "Anna Li"
      role: "Analyst"
      url: https://example.org/anna
      image: assets/chart.png
    - name: "Ben Wu"
"""


def _build(
    folder: Path, story: str = STORY, more: str = PUBLIC, options: str = OPTIONS, title: str = "A title"
) -> Built:
    workspace = issue_workspace(folder)
    newsletter = NEWSLETTER.replace("    required: true\n", options, 1) + more
    (workspace.root / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    path = workspace.root / "issues/2025-01-30.yaml"
    issue = ISSUE.replace("  body: |\n    First", f"{story}  body: |\n    First", 1).replace("A title", title)
    path.write_text(issue, encoding="utf-8")
    return build_issue(workspace, path)


def _filled(built: Built) -> str:
    return fill_html(built.edition.html, stand_ins(built.edition.fields))


def test_all_of_them_are_in_both_parts(tmp_path: Path) -> None:
    """In the order in which they are read, before the text."""
    edition = _build(tmp_path).edition
    for page, words in (
        (
            edition.html,
            ("A kicker", "A title", "standfirst", "Anna Li", "Analyst", "Ben Wu", "1 min read", "First paragraph"),
        ),
        (
            edition.text,
            ("A kicker", "A title", "A standfirst.", "By Anna Li (Analyst)", "Ben Wu", "1 min read", "First paragraph"),
        ),
    ):
        body = page[page.index("<h1") - 500 :] if "<h1" in page else page
        places = [body.index(each) for each in words]
        assert places == sorted(places)
    assert '<a href="https://example.org/anna"' in edition.html and "<https://example.org/anna>" in edition.text
    assert edition.html.count('class="face"') == 1


def test_a_byline_without_portraits_is_one_line(tmp_path: Path) -> None:
    """Names are joined with the language's commas."""
    html = _build(tmp_path, STORY.replace("      image: assets/chart.png\n", "")).edition.html
    line = re.sub(r"<[^>]+>", "", html[html.index('class="byline') : html.index("First paragraph")])
    assert "By Anna Li (Analyst), Ben Wu · 1 min read" in line


@pytest.mark.parametrize("heading", ["Editorial Team", "Editors"])
def test_the_masthead_has_no_heading_twice(tmp_path: Path, heading: str) -> None:
    """The first group, if its heading is that of the masthead, is listed without it."""
    edition = _build(tmp_path, more=f"masthead:\n  - heading: {heading}\n    people:\n      - name: Zoe\n").edition
    for page in (edition.html, edition.text):
        assert page.lower().count("editorial team") == 1 and "Zoe" in page
        assert ("Editors:" in page) == (heading == "Editors")


def test_forwarding_opens_a_message_with_the_public_page(tmp_path: Path) -> None:
    """The story and the footer have a mailto: link with the title and the online edition, the same for everybody."""
    built = _build(tmp_path, title="Q&A: <50 % of 5's? #1")
    found = [unescape(each) for each in re.findall(r'href="(mailto:[^"]*)"', _filled(built))]
    page = "https%3A//example.org/archive/2025/01-30/"
    assert found == [
        f"mailto:?subject=Q%26A%3A%20%3C50%20%25%20of%205%27s%3F%20%231&body={page}",
        f"mailto:?subject=A%20subject&body={page}",
    ]
    assert "https://example.org/archive" in built.edition.html
    assert "<https://example.org/archive>" in built.edition.text


def test_nothing_to_forward_without_public_pages(tmp_path: Path) -> None:
    """Without delivery.public_url there is no link to forward, to subscribe or to an archive."""
    edition = _build(tmp_path, more="").edition
    assert not re.search("mailto:|Forward|archive", edition.html + edition.text)


def test_no_link_to_an_archive_without_issues(tmp_path: Path) -> None:
    """Editions that no archive contains do not link to it."""
    edition = _build(tmp_path, more=f"{PUBLIC}  issues: none\n").edition
    assert "example.org/archive" not in edition.html + edition.text


def test_both_are_off_by_default(tmp_path: Path) -> None:
    """A newsletter asks for the reading time and for the links."""
    html = _build(tmp_path, options="    required: true\n").edition.html
    assert "min read" not in html and html.count("mailto:?subject") == 1


_SIGNS = (*"<>&\"'%?#{}[]()|`*_~\\$ aé中م😀", "\u202e", "\u2066", "\u200f", "\u00a0", "<script>", "&amp;", "x" * 60)
_HOSTILE = st.lists(st.sampled_from(_SIGNS), max_size=12).map("".join)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kicker=_HOSTILE, name=_HOSTILE, role=_HOSTILE)
def test_hostile_words_stay_words(tmp_path_factory: pytest.TempPathFactory, kicker: str, name: str, role: str) -> None:
    """No words become markup, end an attribute or add a parameter to an address."""

    def quoted(words: str) -> str:
        return "'" + re.sub("[\u202e\u2066\u200f{}]", "", words).replace("'", "''") + "x'"

    story = f"  kicker: {quoted(kicker)}\n  authors:\n    - name: {quoted(name)}\n      role: {quoted(role)}\n"
    built = _build(tmp_path_factory.mktemp("story"), story)
    html = _filled(built)
    assert "<script" not in html.lower().replace("&lt;script", "")
    assert re.sub(r"<[^>]+>", "", html).count("min read") == 1
