"""The archive served with the public pages: media types, ETags, redirects, and no way out of the folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from composer.app.administration.public_pages import archive_files
from composer.core.workspace import Workspace
from composer.database.location import Location
from composer.database.schema_upgrade import open_database
from composer.web.public.pages.archive_files import ArchiveFiles
from composer.web.public.site.public_settings import PublicSettings
from composer.web.public.site.publication import PublicError, read_publication
from tests.factories import sample
from tests.publish.archives import publish
from tests.web.public.running import Answer, Running, running

pytestmark = pytest.mark.slow

URL = "https://news.example.org/n/archive"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample, with a published archive."""
    found = sample(tmp_path_factory.mktemp("publication"))
    path = found.root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"archive:\n  url: {URL}\n", encoding="utf-8")
    publish(found)
    (found.root / "public" / "out").symlink_to(found.root / "newsletter.yaml")
    (found.root / "secret.txt").write_text("secret")
    return found


@pytest.fixture
def pages(workspace: Workspace, sqlite_template: Path, tmp_path: Path) -> Iterator[Running]:
    path = Path(shutil.copy(sqlite_template, tmp_path / "newsletter.db"))
    archive = ArchiveFiles(folder=workspace.root / "public", url=URL)
    with open_database(Location(path=path)) as database, running(workspace, database, archive=archive) as made:
        yield made


def get(pages: Running, path: str, **headers: str) -> Answer:
    return pages.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_pages_and_files(pages: Running) -> None:
    """Pages, feeds and pictures have their types, may be shown by others, and are asked for again only if they changed."""
    for path, kind in (
        ("/archive/", "text/html; charset=utf-8"),
        ("/archive/2025/01-30/", "text/html; charset=utf-8"),
        ("/archive/de/feed.xml", "application/atom+xml; charset=utf-8"),
        ("/archive/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/archive/feed.json", "application/feed+json; charset=utf-8"),
        ("/archive/sitemap.xml", "application/xml; charset=utf-8"),
    ):
        answer = get(pages, path)
        assert (answer.status, answer.header("content-type")) == (200, kind)
        tag = answer.header("etag")
        assert tag and get(pages, path, If_None_Match=tag).status == 304
        assert get(pages, path, If_None_Match='"other"').status == 200
        assert answer.header("x-robots-tag") == "all" and "sandbox" not in (
            answer.header("content-security-policy") or ""
        )
    assert pages.ask("HEAD", "/archive/feed.xml").status == 200
    assert pages.ask("POST", "/archive/feed.xml").status == 405


def test_redirects(pages: Running) -> None:
    """A page without its slash, and the web copy's earlier address, lead to the page; nothing else does."""
    for path, target in (
        ("/archive", f"{URL}/"),
        ("/archive/2025/01-30", f"{URL}/2025/01-30/"),
        ("/2025-01-30", f"{URL}/2025/01-30/"),
        ("/2025-01-30.de", f"{URL}/de/2025/01-30/"),
    ):
        answer = get(pages, path)
        assert (answer.status, answer.header("location")) == (301, target)
    assert get(pages, "/1999-01-01").status == 404
    assert get(pages, "/archive/2025/01-30", Host2="evil.example").header("location") == f"{URL}/2025/01-30/"


@pytest.mark.parametrize(
    "path",
    [
        *("/archive/files/", "/archive/nothing", "/archive/.compose-archive.json", "/archive/out"),
        *("/archive/../newsletter.yaml", "/archive/%2e%2e/secret.txt", "/archive/..%2fsecret.txt", "/archive/%00"),
        *("/archive//etc/passwd", "/archive/..%5csecret.txt", "/archive/2025/01-30/%2e%2e/%2e%2e/%2e%2e/secret.txt"),
    ],
)
def test_no_way_out(pages: Running, path: str) -> None:
    """No list of a folder, no hidden file, and nothing outside the folder; the archive has its own page for that."""
    answer = get(pages, path)
    assert answer.status == 404 and "secret" not in answer.body and answer.title == "Page not found"


def test_the_page_for_an_unknown_address_has_a_language(pages: Running) -> None:
    """Below the folder of a language, the page is in that language; everywhere else, in the main language."""
    for path, language in (
        ("/archive/de/nothing", "de"),
        ("/archive/de/1999/01-01", "de"),
        ("/archive/sections/x", "en"),
    ):
        answer = get(pages, path)
        assert answer.status == 404 and f'<html lang="{language}"' in answer.body


def test_the_settings_are_checked(workspace: Workspace, tmp_path: Path) -> None:
    """The archive must have the address at which it is served, and the folder must be an archive; it may appear later."""
    settings = PublicSettings.__new__(PublicSettings)
    object.__setattr__(settings, "publication", read_publication(workspace))
    assert archive_files(settings, workspace.root / "public").url == URL
    assert archive_files(settings, tmp_path / "later").page_of("2025-01-30") is None
    with pytest.raises(PublicError):
        archive_files(settings, tmp_path)
    path = workspace.root / "newsletter.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(URL, "https://elsewhere.example.org"), encoding="utf-8")
    object.__setattr__(settings, "publication", read_publication(workspace))
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PublicError):
        archive_files(settings, workspace.root / "public")
