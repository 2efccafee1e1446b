"""A round-up of links stays below the size at which Gmail cuts a message off."""

import re
from pathlib import Path

from composer.editions.pipeline import build_issue
from tests.render.roundup import LINKS, SECTIONS, STEM, write_roundup

#: Gmail shows this many bytes of HTML.
_CLIP = 102_400


def test_a_round_up_fits_into_gmail(tmp_path: Path) -> None:
    """43 sections with 151 links: every heading and link is there, and the HTML is shorter than the limit."""
    workspace = write_roundup(tmp_path)
    html = build_issue(workspace, workspace.issue(STEM)).edition.html
    assert len(set(re.findall(r'href="(https://[^"]+/2025/01/[^"]+)"', html))) == LINKS
    assert html.count('<h2 class="kicker"') == SECTIONS
    assert len(html.encode()) < _CLIP


def test_it_is_readable_without_style_sheets(tmp_path: Path) -> None:
    """Some programs remove every style element: fonts, sizes, colors and widths are in style attributes, too."""
    workspace = write_roundup(tmp_path)
    html = build_issue(workspace, workspace.issue(STEM)).edition.html
    bare = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
    for tag in re.findall(r"<(?:h1|h2|h3|p|ul|a href=)[^>]*>", bare.partition("<body")[2]):
        assert ' style="' in tag, tag
    assert len(re.findall(r'<div style="font-family:[^"]*font-size:16px;line-height:1.6;', bare)) > SECTIONS
    assert bare.count("max-width:592px;padding:0 24px") == SECTIONS + 2
