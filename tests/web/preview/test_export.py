"""The exported preview."""

import json
import re
from pathlib import Path

import pytest

from composer.core.errors import OutputError
from composer.web.preview.preview_export import MARKER, write
from composer.web.preview.simulation.web_page import WEB_FRAMES
from composer.web.preview.view_model import PreviewModel, ShownVariant
from composer.web.preview.views import frames

pytestmark = pytest.mark.slow


def test_the_folder_is_complete(model: PreviewModel, tmp_path: Path) -> None:
    """The folder contains the page with its state, every frame and the pictures; no link leaves it."""
    page = write(ShownVariant(version=1, edition=1, model=model), tmp_path / "preview")
    html = page.read_text(encoding="utf-8")
    told = re.search(r'<script type="application/json" id="state">(.*?)</script>', html, re.DOTALL)
    assert told is not None
    assert json.loads(told[1])["look"]["name"] == "China Briefing"
    for link in re.findall(r'(?:src|href)="(static/[^"]*)"', html):
        assert (page.parent / link).is_file()
    for name in (*(frame.name for frame in frames(model)), *WEB_FRAMES):
        document = (page.parent / "edition" / f"{name}.html").read_text(encoding="utf-8")
        assert "Content-Security-Policy\" content=\"default-src 'none'" in document
        for picture in re.findall(r'src="\.\./(pictures/[^"?]*)\?[^"]*"', document):
            assert (page.parent / picture).is_file()


def test_it_is_replaced_as_a_whole(model: PreviewModel, tmp_path: Path) -> None:
    """Files of an earlier export are removed."""
    folder = tmp_path / "preview"
    write(ShownVariant(model=model), folder)
    (folder / "edition" / "old.html").write_text("old")
    write(ShownVariant(model=model), folder)
    assert not (folder / "edition" / "old.html").exists()
    assert (folder / MARKER).is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["preview"]


def test_a_folder_with_other_files_is_kept(model: PreviewModel, tmp_path: Path) -> None:
    """A folder with other files or a file is not replaced; an empty folder is used."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("mine", "file"):
        with pytest.raises(OutputError, match="contains other files"):
            write(ShownVariant(model=model), tmp_path / name)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert write(ShownVariant(model=model), tmp_path / "empty").is_file()


def test_a_broken_issue_is_exported_with_its_problems(tmp_path: Path) -> None:
    """The page is written without an edition."""
    page = write(ShownVariant(version=1, is_broken=True, error="it is broken"), tmp_path / "preview")
    assert "it is broken" in page.read_text(encoding="utf-8")
