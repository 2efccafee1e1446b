"""Publishes the archive: static pages, feeds and files, in one folder.

Input: a workspace, a folder, the time. Output: a `PublishResult`. Guarantees: the folder is replaced as a whole or not
at all.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from composer.app.publishing.archive_inputs import FileDigests
from composer.app.publishing.archive_issues import ArchiveIssues
from composer.app.publishing.publication_lock import only_publication
from composer.app.publishing.reading_pool import reading_pool
from composer.content.document.newsletter import Newsletter
from composer.core.errors import ContentError, Problem
from composer.core.workspace import NEWSLETTER, Workspace
from composer.publish.archive_build import build_archive
from composer.publish.archive_model import Archive
from composer.publish.archive_reading import ArchiveRequest
from composer.publish.privacy_scan import PrivateText, private_texts
from composer.publish.publication_source import IssueSource
from composer.publish.records.record_file import record_file
from composer.publish.site.site_folder import site_folder
from composer.publish.site.site_manifest import digest_of

#: The folder for the archive, unless another one is named.
PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishResult:
    """What was published."""

    folder: Path
    #: How many issues are in the archive, in how many languages; an issue in two languages counts twice.
    issues: int
    languages: int
    #: How many of them were rendered because they have changed, and how many files are new.
    rendered: int
    written: int
    #: The address of the archive; None if it is not set, so that there are no feeds.
    url: str | None
    #: Whether addresses of subscribers were looked for: that needs the database.
    is_checked: bool
    #: The files that were left out: issues with a later date, and issues whose names are not those of issues.
    later: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()
    #: The issues, by stem, that were withdrawn in another language only.
    still_readable: tuple[str, ...] = ()
    #: What is wrong with the PDFs that were printed.
    problems: tuple[Problem, ...] = ()


def _common(workspace: Workspace, newsletters: Mapping[str, Newsletter], files: FileDigests) -> str:
    """Return the digest of what all pages are made with: the settings, the logos, the theme, the program."""
    names = [workspace.name(path) for path in sorted(workspace.root.glob("newsletter*.yaml"))]
    found = [files.of(name) for name in names]
    for newsletter in newsletters.values():
        logos = (newsletter.brand.logo, newsletter.brand.dark_logo)
        found += [hashlib.sha256(logo.data).hexdigest() for logo in logos if logo is not None]
    for theme in dict.fromkeys(newsletter.theme for newsletter in newsletters.values()):
        for folder in theme.with_included().folders:
            found += [files.of(path.as_posix()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return digest_of(NEWSLETTER, version("compose-newsletter"), *found)


def write_archive(
    issues: ArchiveIssues,
    folder: Path | None,
    now: datetime.datetime,
    progress: Callable[[int, int], None],
    is_subscriber: Callable[[str], bool] | None,
) -> PublishResult:
    """Write the archive of some issues, and keep what is known of them for the next run."""
    workspace, newsletters = issues.workspace, issues.newsletters

    def inspect(source: IssueSource, text: str) -> None:
        found = private_texts(text, newsletters[source.tag], is_subscriber or (lambda address: False))
        if found:
            raise ContentError(tuple(_problem(workspace, source, each) for each in found))

    target = (folder or workspace.root / PUBLIC).resolve()
    cache = workspace.root / ".compose" / f"archive-{digest_of(str(target))}.json"
    common = digest_of(_common(workspace, newsletters, issues.files), repr(is_subscriber is not None))
    with only_publication(target), record_file(cache) as records, site_folder(target, issues.kind) as site:
        built = build_archive(
            ArchiveRequest(
                sources=issues.sources,
                newsletters=newsletters,
                common=common,
                records=records,
                now=now,
                inspect=inspect,
                progress=progress,
                pool=partial(reading_pool, issues, common, now),
            ),
            site,
        )
    return PublishResult(
        folder=target,
        issues=len(built.archive.issues),
        languages=len(built.archive.languages),
        rendered=built.rendered,
        written=built.written,
        url=newsletters[""].archive.url,
        is_checked=is_subscriber is not None,
        still_readable=tuple(_still_readable(built.archive)),
        problems=built.findings,
    )


def _still_readable(archive: Archive) -> Iterator[str]:
    for editions in archive.translations.values():
        if not all(each.is_readable for each in editions):
            yield from (each.stem for each in editions if each.is_readable)


def _problem(workspace: Workspace, source: IssueSource, found: PrivateText) -> Problem:
    """Return the finding at the line of the issue that contains the text; at its first line, if the text comes from elsewhere."""
    path = next((each for each in workspace.yaml_files() if each.stem == source.stem), None)
    name, line, column = workspace.name(path) if path else source.stem, 1, 1
    if path is not None:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        line = next((number for number, text in enumerate(lines, 1) if found.text in text), 1)
        column = lines[line - 1].find(found.text) + 1 or 1
    message = f"{found.kind.in_words} would be published: {found.text}"
    return Problem(path=name, line=line, column=column, code="private", message=message, hint=found.kind.hint)
