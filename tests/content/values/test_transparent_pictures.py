"""Transparent logos: which disappear on dark backgrounds, the plate under them, and the finding without one."""

import datetime
import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from composer.content.document.newsletter import read_newsletter
from composer.content.values.pictures.transparent_pictures import plated, visibility
from composer.core.errors import Problem
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from composer.editions.pipeline import Built
from tests.content.picture_files import saved
from tests.factories import LETTER, sample_message

INK, WHITE = "#1f2328", "#ffffff"


def logo(*colours: str, ground: str | None = None, kind: str = "PNG") -> bytes:
    """Return a picture of 400 x 96 with a bar in each colour, on a background or on none."""
    image = Image.new("RGBA", (400, 96), ground or (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(colours):
        draw.rectangle((10, 10 + 20 * number, 389, 23 + 20 * number), fill=colour)
    return saved(image, kind)


@pytest.mark.parametrize(
    ("colours", "is_lost_on_dark", "is_lost_on_light"),
    [
        ((INK,), True, False),
        (("#0000ff",), True, False),
        (("#9b1c1c",), True, False),
        ((WHITE,), False, True),
        (("#e08a00",), False, False),
        ((INK, WHITE), True, True),
    ],
)
def test_what_disappears(colours: tuple[str, ...], is_lost_on_dark: bool, is_lost_on_light: bool) -> None:
    """Visible pixels with too little contrast count, whatever is transparent around them."""
    found = visibility(logo(*colours))
    assert found is not None
    assert (found.lost_on_dark > 0.1, found.lost_on_light > 0.1) == (is_lost_on_dark, is_lost_on_light)


def test_pictures_with_a_background_of_their_own() -> None:
    """An opaque PNG, a JPEG, an empty picture, and one with only smooth corners are not transparent pictures."""
    for data in (logo(INK, ground=WHITE), logo(), saved(Image.new("RGB", (20, 20), INK), "JPEG"), b"nonsense", b""):
        assert visibility(data) is None and plated(data, "#fefefe") is None
    corner = Image.new("RGBA", (400, 96), INK)
    corner.paste((0, 0, 0, 0), (0, 0, 8, 8))
    assert visibility(saved(corner, "PNG")) is None
    palette = saved(Image.open(io.BytesIO(logo(INK))).quantize(16), "PNG")
    assert visibility(palette) is not None and visibility(logo(INK, kind="GIF")) is not None


def test_the_plate() -> None:
    """It has the given colour, rounded corners and the logo unchanged in its middle; the same bytes every time."""
    data = logo(INK)
    made = plated(data, "#fff8f0")
    assert made is not None and (made.width, made.height) == (400 + 2 * 21, 96 + 2 * 13)
    image = Image.open(io.BytesIO(made.data))
    assert image.size == (made.width, made.height)
    assert image.getpixel((0, 0))[3] == 0 and image.getpixel((made.width - 1, made.height - 1))[3] == 0  # type: ignore[index]
    assert image.getpixel((made.width // 2, 3)) == (255, 248, 240, 255)
    assert image.getpixel((200, 13 + 15)) == (31, 35, 40, 255)
    digest = hashlib.sha256(made.data).digest()
    plated.cache_clear()
    again = plated(data, "#fff8f0")
    assert again is not None and hashlib.sha256(again.data).digest() == digest
    assert plated(logo(WHITE), "#fff8f0") is None and plated(logo(INK, kind="GIF"), "#fff8f0") is None


def _newsletter(folder: Path, brand: str, **files: bytes) -> Workspace:
    text = LETTER.replace("sections:\n", f"brand:\n  logo:\n{brand}sections:\n")
    workspace = sample_message(folder, newsletter=text)
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return workspace


def _checked(workspace: Workspace) -> tuple[Built, list[Problem]]:
    now = datetime.datetime(2025, 1, 30, 9, tzinfo=datetime.UTC)
    checked = check_issue(workspace, workspace.issue("2025-01-30"), now, now.date())
    return checked.built, [each for each in checked.problems if each.code == "DARK04"]


def test_a_dark_transparent_logo_gets_a_plate(tmp_path: Path) -> None:
    """In the colour of the theme's paper; the message has the new picture, dark mode adds no second plate, no finding."""
    brand = "    light: logo.png\n    alt: The Desk\n"
    design = "design:\n  colors:\n    light:\n      paper: '#fff8f0'\n"
    workspace = _newsletter(tmp_path, brand, logo_png=logo(INK))
    settings = workspace.root / "newsletter.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + design, encoding="utf-8")
    built, findings = _checked(workspace)
    ((name, picture),) = built.pictures
    made = plated(logo(INK), "#fff8f0")
    assert made is not None and name == "logo.png" and picture.data == made.data and picture.has_plate
    assert findings == [] and "padding:6px 10px" not in built.html.replace(" ", "").replace("6px10px", "6px 10px")
    light = read_newsletter(workspace).brand.logo
    assert light is not None and light.data == made.data


def test_an_opaque_logo_keeps_its_bytes(tmp_path: Path) -> None:
    """It is not decoded for a plate, and dark mode shows it on a light background."""
    workspace = _newsletter(tmp_path, "    light: logo.png\n    alt: The Desk\n", logo_png=logo(INK, ground=WHITE))
    built, findings = _checked(workspace)
    assert [picture.data for _, picture in built.pictures] == [logo(INK, ground=WHITE)]
    assert findings == [] and ".logo-plate { padding: 6px 10px" in built.html


@pytest.mark.parametrize(
    ("brand", "name", "data", "line"),
    [
        ("    light: logo.gif\n", "logo_gif", logo(INK, kind="GIF"), 8),
        ("    light: logo.png\n", "logo_png", logo(WHITE), 8),
        ("    light: light.png\n    dark: logo.png\n", "logo_png", logo(INK), 9),
    ],
)
def test_a_logo_without_a_plate_that_disappears_is_a_finding(
    tmp_path: Path, brand: str, name: str, data: bytes, line: int
) -> None:
    """A GIF, a white logo for light backgrounds, and a dark logo for dark mode, each at its line."""
    files = {name: data, "light_png": logo(INK, ground=WHITE)}
    _, findings = _checked(_newsletter(tmp_path, f"{brand}    alt: The Desk\n", **files))
    assert [(each.path, each.line) for each in findings] == [("newsletter.yaml", line)]
