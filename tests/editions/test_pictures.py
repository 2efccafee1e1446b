"""Pictures are sent inside the message or linked, scaled down if extremely large, and found by the page."""

import re
from io import BytesIO
from pathlib import Path

import fast_mail_parser
import pytest
from PIL import Image

from composer.core.workspace import Workspace
from composer.editions import outbox
from composer.editions.pipeline import Built, build_issue
from tests.factories import LETTER, sample_message

NEWSLETTER = LETTER + "  chart:\n    type: image\n  second:\n    type: image\n"


def issue_workspace(folder: Path, newsletter: str = NEWSLETTER) -> Workspace:
    workspace = sample_message(folder, newsletter=newsletter)
    issue = workspace.issue("2025-01-30")
    more = "".join(f'{key}:\n  image: {key}/图表.png\n  alt: "A chart"\n' for key in ("chart", "second"))
    issue.write_text(issue.read_text(encoding="utf-8") + more, encoding="utf-8")
    for key, colour in (("chart", "red"), ("second", "blue")):
        (workspace.root / f"issues/{key}").mkdir()
        Image.new("RGB", (40, 20), colour).save(workspace.root / f"issues/{key}/图表.png")
    return workspace


def build(workspace: Workspace) -> Built:
    return build_issue(workspace, workspace.issue("2025-01-30"))


def sources(html: str) -> list[str]:
    return re.findall(r'<img src="([^"]*)"', html)


def test_pictures_are_sent_inside_the_message(tmp_path: Path) -> None:
    """Each cid: in the HTML names one part with the same bytes and a width; names in any script are kept."""
    workspace = issue_workspace(tmp_path)
    mail = fast_mail_parser.parse_email(build(workspace).message)
    cids = [source.removeprefix("cid:") for source in sources(mail.text_html[0])]
    assert len(set(cids)) == 2
    assert b"multipart/related" in build(workspace).message
    parts = {(part.content_id or "").strip("<>"): part.content for part in mail.attachments}
    assert set(parts) == set(cids)
    assert set(parts.values()) == {path.read_bytes() for path in workspace.root.glob("issues/*/图表.png")}
    assert len(re.findall(r'<img [^>]*width="40"', mail.text_html[0])) == 2


def test_the_page_finds_its_pictures(tmp_path: Path) -> None:
    """Two pictures with one name get two names in the outbox, and issue.html links to both."""
    from urllib.parse import unquote

    workspace = issue_workspace(tmp_path)
    built = build(workspace)
    outbox.write(built, tmp_path / "outbox")
    for source in sources(built.html):
        assert (tmp_path / "outbox/2025-01-30" / unquote(source)).is_file()
    assert len(set(sources(built.html))) == 2


def test_linked_pictures_have_names_that_change_with_their_content(tmp_path: Path) -> None:
    """With brand.assets_url, the message links to pictures and contains none; the outbox has files with these names."""
    from urllib.parse import unquote

    newsletter = NEWSLETTER.replace("timezone", "brand:\n  assets_url: https://pictures.example.org/n/\ntimezone")
    workspace = issue_workspace(tmp_path, newsletter)
    built = build(workspace)
    mail = fast_mail_parser.parse_email(built.message)
    assert mail.attachments == []
    assert b"multipart/related" not in built.message
    links = sources(mail.text_html[0])
    assert all(link.startswith("https://pictures.example.org/n/") for link in links)
    names = {name for name, _ in built.pictures}
    assert {unquote(link.rsplit("/", 1)[1]) for link in links} == names
    assert all(re.fullmatch(r"图表-[0-9a-f]{10}\.png", name) for name in names)
    Image.new("RGB", (40, 20), "green").save(workspace.root / "issues/chart/图表.png")
    assert len(names & {name for name, _ in build(workspace).pictures}) == 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_extremely_large_picture_is_scaled_down(tmp_path: Path, kind: str) -> None:
    """A picture wider than 2,000 pixels gets 1,300, upright, always the same; a smaller one keeps its bytes."""
    workspace = issue_workspace(tmp_path)
    large = workspace.root / "issues/chart/图表.png"
    Image.effect_mandelbrot((2600, 1300), (-2, -1, 1, 1), 30).convert("RGB").save(large, format=kind)
    before = large.read_bytes()
    built, again = build(workspace), build(workspace)
    scaled = next(picture for _, picture in built.pictures if picture.width != 40)
    assert (scaled.width, scaled.height) == (1300, 650)
    with Image.open(BytesIO(scaled.data)) as image:
        assert (image.size, image.format) == ((1300, 650), kind)
    assert built.message == again.message
    assert large.read_bytes() == before
