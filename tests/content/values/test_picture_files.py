"""Picture files are shown upright, in their colours and without metadata, or rejected with a reason."""

import datetime
import email
import email.policy
import io
import os
import re
import socket
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from composer.content.document.issue import read_issue
from composer.content.values.field_values import Picture
from composer.content.values.pictures import picture_files
from composer.content.values.pictures.conversion import ConvertedPicture, convert
from composer.content.values.pictures.picture_files import load_picture
from composer.core.errors import ContentError, Problem
from composer.core.workspace import Workspace
from composer.editions.check_run import check_issue
from composer.editions.pipeline import Built, build_issue
from tests import processor_time
from tests.content.picture_files import CMYK, COLOURS, GOOD, SECRET, bad_files, saved, scene

pytestmark = pytest.mark.slow

NEWSLETTER = """\
name: Gallery
language: en
timezone: UTC
sender:
  from: Gallery <gallery@example.org>
sections:
  pictures:
    type: briefs
"""
#: Metadata about the person or the program that made a file: Exif, XMP, IPTC, profiles, texts.
METADATA = re.compile(
    rb"SECRET|Exif\0|ns\.adobe\.com|xmpmeta|Photoshop 3|8BIM|ICC_PROFILE|iCCP|eXIf|tEXt|zTXt|iTXt|tIME|MPF\0|GPS|JFXX|ICCRGB"
)


def gallery(folder: Path, pictures: Mapping[str, bytes], newsletter: str = NEWSLETTER) -> Workspace:
    """Make an issue that shows each picture."""
    (folder / "issues/assets").mkdir(parents=True, exist_ok=True)
    for name, data in pictures.items():
        (folder / "issues/assets" / name).write_bytes(data)
    (folder / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    (folder / "issues/2031-02-06.yaml").write_text(issue(pictures), encoding="utf-8")
    return Workspace(root=folder.resolve())


def issue(names: Mapping[str, bytes] | list[str], date: str = "2031-02-06", more: str = "") -> str:
    """Write an issue that shows pictures: each from line 4 on, two lines below its title."""
    items = "".join(
        f'  - title: "{number}"\n    figure:\n      image: "assets/{name}"\n      alt: "A picture"\n    facts: Some words.\n'
        for number, name in enumerate(names)
    )
    return f'date: {date}\nsubject: "Pictures of {date}"\n{more}pictures:\n{items}'


def build(workspace: Workspace) -> Built:
    return build_issue(workspace, workspace.issue("2031-02-06"))


def told(workspace: Workspace) -> tuple[Problem, ...]:
    try:
        read_issue(workspace, workspace.issue("2031-02-06"))
    except ContentError as error:
        return error.problems
    return ()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return every valid file in one issue. Those that differ only in metadata become one picture."""
    return build(gallery(tmp_path_factory.mktemp("gallery"), {name: file_of(name) for name in GOOD}))


@cache
def file_of(name: str) -> bytes:
    """Return the bytes of a valid file, created once."""
    return GOOD[name]()


def picture_of(built: Built, name: str) -> Picture:
    """Return the converted picture of a file."""
    made = load_picture(built.issue.path.parent / "assets" / name)
    assert made.data in [picture.data for _, picture in built.pictures]
    return made


@pytest.mark.parametrize("name", [name for name in GOOD if not name.startswith(("grey-", "grey."))])
def test_a_picture_is_upright_and_in_its_colours(shown: Built, name: str) -> None:
    """For any orientation and colour space, the four fields are at their places with their colours."""
    made = picture_of(shown, name)
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.size == (made.width, made.height)
        assert image.width <= 1300
        assert image.mode in ("P", "RGB", "RGBA")
        pixels = image.convert("RGBA").convert("RGB")
    # The printer's profile mixes inks in its own way; without it, the third colour would be different.
    expected = COLOURS if "cmyk-" not in name else ((207, 76, 46), (96, 158, 81), (104, 81, 187), (246, 235, 229))
    for number, colour in enumerate(expected):
        spot = (made.width * (3 + 4 * (number % 2)) // 10, made.height * (3 + 4 * (number // 2)) // 10)
        found = pixels.getpixel(spot)
        assert isinstance(found, tuple)
        assert all(abs(one - other) <= 8 for one, other in zip(found, colour, strict=True)), (number, found, colour)


@pytest.mark.parametrize("name", [name for name in GOOD if name.startswith("grey")])
def test_grey_stays_grey(shown: Built, name: str) -> None:
    """Grey does not become white at any depth, and transparency is kept."""
    made = picture_of(shown, name)
    with Image.open(io.BytesIO(made.data)) as image:
        assert image.mode in ("L", "LA")
        assert all(
            abs(image.convert("L").getpixel((made.width * x // 10, made.height * y // 10)) - grey) <= 4  # type: ignore[operator]
            for (x, y), grey in zip(((3, 3), (7, 3), (3, 7), (7, 7)), (88, 113, 69, 230), strict=True)
        )
        if "clear" in name:
            alpha = image.getchannel("A")
            assert alpha.getextrema() == (0, 255)
            assert (alpha.getpixel((180, 280)) == 0) is (name == "grey-16-clear.png")


def test_no_metadata_in_any_message(shown: Built) -> None:
    """Each part of the .eml is a picture without metadata, with a file name that fits its format."""
    message = email.message_from_bytes(shown.message, policy=email.policy.default)
    parts = [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert len(parts) == len(shown.pictures) == len({picture.data for _, picture in shown.pictures}) > 30
    for part in parts:
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        assert not METADATA.search(data), (part.get_filename(), METADATA.search(data))
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == part.get_content_subtype().upper()
            image.load()
            assert not image.getexif()
            assert not {"icc_profile", "exif", "comment", "xmp", "photoshop"} & image.info.keys()
            assert not getattr(image, "text", {})
        name = part.get_filename()
        assert name is not None
        endings = {"image/jpeg": (".jpg", ".jpeg"), "image/png": (".png",), "image/gif": (".gif",)}
        assert name.lower().endswith(endings[part.get_content_type()])
    assert any(SECRET in file_of(name) for name in GOOD)


def test_unchanged_pictures_keep_their_bytes(shown: Built) -> None:
    """An sRGB picture without metadata keeps its bytes; one with metadata keeps its encoded picture."""
    kept = {name for name in GOOD if picture_of(shown, name).data == file_of(name)}
    assert kept > {
        "progressive.jpg",
        "interlaced.png",
        "clear-palette.png",
        "animation.gif",
        "animation.png",
        "photo (1).png",
    }
    for name in ("camera-1.jpg", "photoshop.jpg", "srgb.jpg", "phone-motion.jpg"):
        assert picture_of(shown, name).data == file_of("SCAN0001.JPEG")
    assert picture_of(shown, "texts.png").data.count(b"IDAT") == 1
    with Image.open(io.BytesIO(picture_of(shown, "animation.png").data)) as image:
        assert getattr(image, "n_frames", 1) == 6


def test_a_scan_in_black_and_white_is_scaled_to_greys() -> None:
    """Thin lines stay visible."""
    page = Image.new("1", (2480, 3508), 1)
    page.paste(0, (100, 1000, 2380, 1003))
    made = convert(saved(page, "PNG"))
    assert isinstance(made, ConvertedPicture)
    with Image.open(io.BytesIO(made.data)) as image:
        assert (image.mode, image.size) == ("L", (1300, 1839))
        colours = image.getcolors()
        assert colours is not None
        assert len(colours) > 3


def test_other_files_are_reported_with_their_format(tmp_path: Path) -> None:
    """Damaged files, other formats, placeholders and bombs are reported at their lines, within seconds."""
    bad = {name: (data, word) for name, data, word in bad_files()}
    workspace = gallery(tmp_path, {name: data for name, (data, _) in bad.items()})
    with processor_time.at_most(20):
        found = {problem.line: problem for problem in told(workspace)}
    for number, (name, (_, word)) in enumerate(bad.items()):
        problem = found.pop(6 + 5 * number, None)
        if not word:
            assert problem is None, name
            continue
        assert problem is not None, name
        assert (problem.code, problem.column) == ("picture", 14), name
        assert f"“{name}” " in problem.message and word in problem.message, (name, problem.message)
        assert problem.hint, name
    assert not found


def test_a_damaged_gif_is_reported_before_the_checks(tmp_path: Path) -> None:
    """An animation with damaged later frames is reported before the checks run."""
    data = GOOD["animation.gif"]()
    spoilt = data[:-60] + bytes(40) + data[-20:]
    workspace = gallery(tmp_path, {"a.gif": spoilt})
    assert [problem.code for problem in told(workspace)] == ["picture"]


def test_two_files_with_the_same_bytes_are_one_picture(tmp_path: Path) -> None:
    """They are one part, shown twice; an uppercase ending or a copied dark logo makes no difference."""
    png = saved(scene(), "PNG")
    newsletter = NEWSLETTER.replace(
        "sender:",
        "brand:\n  logo:\n    light: issues/assets/A.PNG\n    dark: issues/assets/dark.png\n    alt: Logo\nsender:",
    )
    workspace = gallery(tmp_path, {"A.PNG": png, "copy.png": png, "dark.png": png}, newsletter)
    built = build(workspace)
    assert [name for name, _ in built.pictures] == ["A.PNG"]
    assert built.message.count(b"Content-ID:") == 1
    assert len(re.findall(r'src="pictures/A.PNG"', built.html)) >= 4
    checked = check_issue(workspace, workspace.issue("2031-02-06"), _noon())
    assert checked.built.message == built.message


def _noon() -> datetime.datetime:
    return datetime.datetime(2031, 2, 6, 12, tzinfo=datetime.UTC)


def test_missing_pictures_of_earlier_issues_are_ignored(tmp_path: Path) -> None:
    """With damaged, missing or special files in earlier issues, the current issue is built, checked and compared."""
    workspace = gallery(
        tmp_path, {"good.png": saved(scene(), "PNG"), "bad.jpg": saved(scene(2400, 1600), "JPEG")[:9000]}
    )
    folder = workspace.root / "issues"
    os.mkfifo(folder / "assets/pipe.png")
    for day, name in (("2031-01-09", "bad.jpg"), ("2031-01-16", "gone.png"), ("2031-01-23", "pipe.png")):
        number = f"number: {day[-2:]}\n"
        (folder / f"{day}.yaml").write_text(issue([name], day, number), encoding="utf-8")
    current = folder / "2031-02-06.yaml"
    current.write_text(issue(["good.png"], more="number: 99\n"), encoding="utf-8")
    checked = check_issue(workspace, current, _noon())
    assert len(checked.review.earlier) == 3
    assert "number 23" in next(each.message for each in checked.problems if each.code == "EDIT08")


def test_special_files_are_never_opened(tmp_path: Path) -> None:
    """Pipes, sockets, devices, folders, links to them or to nothing, circular links, and impossible names."""
    workspace = gallery(tmp_path, {})
    assets = workspace.root / "issues/assets"
    os.mkfifo(assets / "pipe.png")
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(assets)
        try:
            made.bind("socket.png")
        finally:
            os.chdir(here)
    (assets / "folder.png").mkdir()
    (assets / "to-pipe.png").symlink_to("pipe.png")
    (assets / "device.png").symlink_to("/dev/zero")
    (assets / "annex.png").symlink_to("../../../.git/annex/objects/Xx/Yy/SHA256E-s1--0.png/SHA256E-s1--0.png")
    (assets / "lost.png").symlink_to("elsewhere.png")
    (assets / "circle.png").symlink_to("circle.png")
    (assets / ".cloud.png.icloud").write_bytes(b"bplist00")
    (assets / "late.png.crdownload").write_bytes(b"")
    (assets / "file.png").write_bytes(b"")
    words = {
        "pipe.png": "is a pipe",
        "socket.png": "is a socket",
        "folder.png": "is a folder",
        "to-pipe.png": "is a pipe",
        "device.png": "outside",
        "annex.png": "git-annex",
        "lost.png": "a link to a file that does not exist",
        "circle.png": "a link to a file that does not exist",
        "cloud.png": "iCloud",
        "late.png": "being downloaded",
        "file.png/x.png": "file not found",
        f"{'long' * 80}.png": "cannot be read",
    }
    (workspace.root / "issues/2031-02-06.yaml").write_text(issue(list(words)), encoding="utf-8")
    # Waiting for one of them would never end.
    found = [problem.message for problem in told(workspace)]
    assert len(found) == len(words)
    for (name, word), message in zip(words.items(), found, strict=True):
        assert word in message, (name, message)


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A file may be replaced between the check and the opening."""
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(picture_files.PictureMistake, match="is a pipe"):
        picture_files.load_picture(tmp_path / "pipe.png")


def test_each_picture_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is used, also in later builds while it does not change."""
    calls: list[int] = []

    def counted(data: bytes) -> object:
        calls.append(len(data))
        return convert(data)

    monkeypatch.setattr(picture_files, "convert", counted)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(picture_files, "_known", type(picture_files._known)())
    small, large = saved(scene(90, 60), "PNG"), GOOD["camera-large-6.jpg"]()
    workspace = gallery(tmp_path, {"a.png": small, "b.png": small, "c.jpg": large, "bad.jpg": large[:3000]})
    assert len(told(workspace)) == len(told(workspace)) == 1
    assert sorted(calls) == sorted((len(small), len(large), 3000))
    (workspace.root / "issues/assets/bad.jpg").write_bytes(saved(scene(80, 60), "JPEG"))
    first, again = build(workspace), build(workspace)
    assert len(calls) == 4
    assert first.message == again.message


def test_the_picture_cache_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview that runs for a week does not keep every picture that was tried."""
    monkeypatch.setattr(picture_files, "_known", type(picture_files._known)())
    monkeypatch.setattr(picture_files, "_MOST_BYTES", 20_000)
    for width in range(100, 140):
        picture_files._ready_once(saved(Image.effect_noise((width, 50), 50), "PNG"))
    assert 1 < len(picture_files._known) < 10


def test_ink_is_converted_by_its_profile() -> None:
    """The same CMYK numbers are different colours with another profile."""
    inks = scene().convert("CMYK")
    plain, printed = convert(saved(inks, "JPEG")), convert(saved(inks, "JPEG", icc_profile=CMYK))
    assert isinstance(plain, ConvertedPicture)
    assert isinstance(printed, ConvertedPicture)
    assert plain.data != printed.data
