"""Archives for tests: publishes a newsletter and reads what was written."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from composer.app.publishing.archive_publication import PublishResult
from composer.app.publishing.issue_file_archive import publish_files
from composer.core.workspace import Workspace
from tests.factories import LETTER, sample

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
URL = "https://news.example.org/archive"
ARCHIVE = f"archive:\n  url: {URL}\n  section_feeds: true\n"
#: A newsletter with two sections, for issues in a few lines.
NEWSLETTER = f"""\
{LETTER}  numbers:
    type: metric
    heading: Numbers
  topics:
    type: briefs
    heading: Topics
{ARCHIVE}"""


def sample_archive(folder: Path) -> Workspace:
    """Copy the sample, with the address of an archive."""
    folder.mkdir(parents=True, exist_ok=True)
    workspace = sample(folder)
    path = workspace.root / "newsletter.yaml"
    path.write_text(path.read_text(encoding="utf-8") + ARCHIVE, encoding="utf-8")
    return workspace


def letters(folder: Path, newsletter: str = NEWSLETTER, **issues: str) -> Workspace:
    """Create a newsletter with issues: `d2025_01_30="..."` is the text after the date."""
    (folder / "issues").mkdir(parents=True, exist_ok=True)
    (folder / "newsletter.yaml").write_text(newsletter, encoding="utf-8")
    for name, text in issues.items():
        write_issue(Workspace(root=folder.resolve()), name.lstrip("d").replace("_", "-"), text)
    return Workspace(root=folder.resolve())


def write_issue(workspace: Workspace, stem: str, text: str) -> Path:
    path = workspace.root / "issues" / f"{stem}.yaml"
    path.write_text(f"date: {stem[:10]}\n{text}", encoding="utf-8")
    return path


def publish(workspace: Workspace, folder: Path | None = None, now: datetime = NOW) -> PublishResult:
    return publish_files(workspace, folder, now=now)


def files(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def page(workspace: Workspace, address: str) -> str:
    """Return a page of the archive in the default folder, without the marks around inserted values (U+2068, U+2069)."""
    text = (workspace.root / "public" / unquote(address) / "index.html").read_text(encoding="utf-8")
    return re.sub("[\u2068\u2069]", "", text)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "srcset") and value is not None:
                self.links.append(value)
            if name == "id" and value is not None:
                self.ids.append(value)


def parts(html: str) -> tuple[list[str], list[str]]:
    """Return the links and the ids of a page."""
    parser = _Links()
    parser.feed(html)
    return parser.links, parser.ids


def broken_links(folder: Path, url: str | None = URL) -> Iterator[tuple[str, str]]:
    """Yield each page with a link that leads nowhere inside the archive."""
    folder = folder.resolve()
    pages = {path: parts(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, (links, _) in pages.items():
        for link in links:
            target = link
            if url is not None and link.startswith(f"{url}/"):
                target = "/" + link.removeprefix(f"{url}/")
            elif path.name == "404.html" and url is not None and link.startswith(urlsplit(url).path):
                target = link.removeprefix(urlsplit(url).path)
            elif re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = target.partition("#")
            name = unquote(name)
            place = folder / name.lstrip("/") if name.startswith("/") else path.parent / name
            place = (
                path if not name else place / "index.html" if name.endswith(("/", "..")) or place.is_dir() else place
            )
            place = Path(*place.parts).resolve()
            if not place.is_file() or (anchor and unquote(anchor) not in pages.get(place, ([], []))[1]):
                yield path.relative_to(folder).as_posix(), link
