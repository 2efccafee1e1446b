"""The archive's folder: replaced as a whole, never half written, and never at the cost of other files."""

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from composer.core.errors import OutputError
from composer.publish.site.site_folder import SiteFolder, site_folder
from composer.publish.site.site_manifest import NAME, ArchiveKind
from tests.publish.archives import files


def _write(folder: Path, pages: dict[str, str]) -> None:
    with site_folder(folder, ArchiveKind.SENT) as site:
        for path, text in pages.items():
            if not site.keep(path, text):
                site.write(path, text.encode(), text)
        site.finish()


def test_a_folder_that_is_not_an_archive_is_not_touched(tmp_path: Path) -> None:
    """A folder with other files, a file, and a damaged list are refused."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        _write(tmp_path, {"index.html": "new"})
    with pytest.raises(OutputError):
        _write(tmp_path / "notes.txt", {"index.html": "new"})
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / NAME).write_text("{")
    with pytest.raises(OutputError):
        _write(tmp_path / "archive", {"index.html": "new"})
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_files_of_others_stay(tmp_path: Path) -> None:
    """A file, a link and a folder that somebody put into the archive are in the next one; old pages are not."""
    out = tmp_path / "public"
    _write(out, {"index.html": "1", "2024/index.html": "old"})
    (out / "CNAME").write_text("news.example.org")
    (out / "well-known").mkdir()
    (out / "well-known" / "x").write_text("y")
    (out / "link").symlink_to("well-known", target_is_directory=True)
    _write(out, {"index.html": "2"})
    found = files(out)
    assert found["CNAME"] == b"news.example.org" and found["well-known/x"] == b"y" and (out / "link").is_symlink()
    assert found["index.html"] == b"2" and not (out / "2024").exists()
    (out / "2025").write_text("not a folder of ours")
    with pytest.raises(OutputError):
        _write(out, {"index.html": "3", "2025/index.html": "3"})
    assert files(out)["index.html"] == b"2"


def test_a_page_with_the_name_of_a_foreign_file(tmp_path: Path) -> None:
    """A file of somebody else is never overwritten by a page."""
    out = tmp_path / "public"
    _write(out, {"index.html": "1"})
    (out / "feed.xml").write_text("theirs")
    with pytest.raises(OutputError):
        _write(out, {"index.html": "1", "feed.xml": "ours"})
    assert (out / "feed.xml").read_text() == "theirs"


def test_an_error_leaves_the_old_archive(tmp_path: Path) -> None:
    """If making the new archive fails, the old one is as it was, and nothing is left next to it."""
    out = tmp_path / "public"
    _write(out, {"index.html": "1"})

    def fail(site: SiteFolder) -> None:
        site.write("index.html", b"2", "2")
        raise ValueError

    with pytest.raises(ValueError), site_folder(out, ArchiveKind.SENT) as site:
        fail(site)
    assert files(out)["index.html"] == b"1" and [each.name for each in tmp_path.iterdir()] == ["public"]


def test_a_reader_never_misses_a_page(tmp_path: Path) -> None:
    """While the archive is replaced a hundred times, a page is there at every moment, as a whole."""
    out = tmp_path / "public"
    _write(out, {"index.html": "0" * 5_000})
    is_over, seen = threading.Event(), set()

    def read() -> None:
        while not is_over.is_set():
            try:
                text = (out / "index.html").read_text()
            except OSError as error:
                seen.add(str(error))
                continue
            seen.add(f"{len(text)} {len(set(text))}")

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(100):
        _write(out, {"index.html": str(number % 10) * 5_000})
    is_over.set()
    thread.join()
    assert seen == {"5000 1"}


def test_where_folders_cannot_be_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On other systems the folder is replaced in two steps."""
    monkeypatch.setattr(sys, "platform", "other")
    out = tmp_path / "public"
    for text in ("1", "2"):
        _write(out, {"index.html": text})
        assert files(out)["index.html"] == text.encode()
    assert [each.name for each in tmp_path.iterdir()] == ["public"]


def _write_for_ever(out: Path) -> None:
    number = 0
    while True:
        number += 1
        _write(out, {f"{page}/index.html": f"{number}" for page in range(40)})


@pytest.mark.kill
@pytest.mark.slow
def test_a_killed_process_leaves_a_whole_archive(tmp_path: Path) -> None:
    """Killed at any moment, all pages of the archive are of one run; the next run succeeds."""
    out = tmp_path / "public"
    _write(out, {f"{page}/index.html": "0" for page in range(40)})
    for delay in range(12):
        process = multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(out,))
        process.start()
        process.join(0.02 + delay * 0.013)
        with suppress(ProcessLookupError):
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        found = {data for name, data in files(out).items() if name != NAME}
        assert len(found) == 1 and len(files(out)) == 41
    _write(out, {"0/index.html": "end"})
    assert files(out)["0/index.html"] == b"end"
