"""Publishes the archive: static pages, feeds and files, in one folder.

Input: a workspace, a folder, the time. Output: a `PublishResult`. Guarantees: the folder is replaced as a whole or not
at all.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from composer.app.issues.archive_inputs import FileDigests, inputs_of
from composer.app.issues.publication_lock import only_publication
from composer.content.document.issue import read_issue
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.errors import ContentError, OutputError, Problem, UsageError
from composer.core.issue_files import heading, issue_key
from composer.core.issue_names import date_in
from composer.core.workspace import ISSUES, NEWSLETTER, Workspace, stamp
from composer.publish.archive_build import build_archive
from composer.publish.archive_model import Archive
from composer.publish.archive_reading import ArchiveRequest
from composer.publish.privacy_scan import PrivateText, private_texts
from composer.publish.publication_source import IssueSource, ReadIssue
from composer.publish.site.site_folder import site_folder
from composer.publish.site.site_manifest import ArchiveKind, digest_of
from composer.publish.sources.public_source import public_source
from composer.publish.summary_cache import IssueRecord, parse_records, record_bytes

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


def publish_files(
    workspace: Workspace,
    folder: Path | None = None,
    *,
    now: datetime.datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_subscriber: Callable[[str], bool] | None = None,
) -> PublishResult:
    """Publish the issue files as they are, whether or not they were sent, up to the issues of today.

    Raises UsageError without such an issue, ContentError with the problems of all issues, and OutputError if the folder is
    not an archive of issue files or cannot be written.
    """
    newsletters = newsletters_of(workspace)
    files = FileDigests(workspace)
    paths = workspace.issues()
    # A draft of a later issue may be incomplete, so it is not read.
    today = now.astimezone(newsletters[""].zone).date()
    later = tuple(path for path in paths if (day := date_in(path.name)) is not None and day > today)
    sources = [_source(workspace, path, newsletters, files) for path in paths if path not in later]
    if not sources:
        raise _nothing_to_publish(workspace, has_later=bool(later))
    kind = ArchiveKind.UNSENT
    result = write_archive(workspace, folder, newsletters, sources, files, now, progress, kind, is_subscriber)
    others = (path for path in workspace.yaml_files() if path not in paths and heading(path, stamp(path)).is_issue)
    names = workspace.name
    return replace(result, later=tuple(map(names, later)), misnamed=tuple(map(names, others)))


def _nothing_to_publish(workspace: Workspace, *, has_later: bool) -> UsageError:
    folder = workspace.root / ISSUES
    if has_later:
        return UsageError(f"every issue in {folder} has a date after today", "publish again on the day of an issue")
    return UsageError(f"no issue found in {folder}", "create one with: compose new   (files are named 2025-01-30.yaml)")


def newsletters_of(workspace: Workspace) -> Mapping[str, Newsletter]:
    """Return the newsletter by the language in file names, the main language (“”) first. Raises ContentError."""
    found = {"": read_newsletter(workspace)}
    for language in sorted(workspace.languages()):
        found[language] = read_newsletter(workspace, language)
    return found


def _source(workspace: Workspace, path: Path, newsletters: Mapping[str, Newsletter], files: FileDigests) -> IssueSource:
    name, tag = workspace.name(path), workspace.language_of(path) or ""

    def made_of(inputs: tuple[str, ...]) -> str:
        return digest_of(*(files.of(each) for each in (name, *inputs)))

    return IssueSource(
        stem=path.stem,
        key=issue_key(path),
        tag=tag,
        made_of=made_of,
        read=partial(_read, workspace, path, newsletters.get(tag)),
    )


def _read(workspace: Workspace, path: Path, newsletter: Newsletter | None) -> ReadIssue:
    newsletter, issue = read_issue(workspace, path, newsletter=newsletter)
    source, _ = public_source(issue, newsletter)
    digest = digest_of(source.digest, issue.withdrawn or "")
    return ReadIssue(
        newsletter=newsletter, issue=issue, digest=digest, inputs=tuple(inputs_of(workspace, issue, newsletter))
    )


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
    workspace: Workspace,
    folder: Path | None,
    newsletters: Mapping[str, Newsletter],
    sources: Sequence[IssueSource],
    files: FileDigests,
    now: datetime.datetime,
    progress: Callable[[int, int], None],
    kind: ArchiveKind,
    is_subscriber: Callable[[str], bool] | None,
) -> PublishResult:
    """Write the archive of some sources, and keep what is known of them for the next run."""

    def inspect(source: IssueSource, html: str) -> None:
        found = private_texts(html, newsletters[source.tag], is_subscriber or (lambda address: False))
        if found:
            raise ContentError(tuple(_problem(workspace, source, each) for each in found))

    target = (folder or workspace.root / PUBLIC).resolve()
    cache = workspace.root / ".compose" / f"archive-{digest_of(str(target))}.json"
    common = digest_of(_common(workspace, newsletters, files), repr(is_subscriber is not None))
    with only_publication(target), _record(cache) as record, site_folder(target, kind) as site:
        built = build_archive(
            ArchiveRequest(
                sources=sources,
                newsletters=newsletters,
                common=common,
                records=record.before,
                now=now,
                inspect=inspect,
                progress=progress,
            ),
            site,
        )
        record.draft(built.records)
    return PublishResult(
        folder=target,
        issues=len(built.archive.issues),
        languages=len(built.archive.languages),
        rendered=built.rendered,
        written=built.written,
        url=newsletters[""].archive.url,
        is_checked=is_subscriber is not None,
        still_readable=tuple(_still_readable(built.archive)),
    )


class _Record:
    """What is known of the issues for the next run: `before` is that of the last one."""

    def __init__(self, path: Path) -> None:
        self.path, self.new = path, path.with_suffix(".new")
        path.parent.mkdir(exist_ok=True)
        self.new.write_bytes(b"")
        self.before = parse_records(path.read_bytes()) if path.exists() else {}

    def draft(self, records: Mapping[str, IssueRecord]) -> None:
        """Write the new record next to the last one. Raises OutputError."""
        with _writing(self.path):
            self.new.write_bytes(record_bytes(records))


@contextmanager
def _record(path: Path) -> Iterator[_Record]:
    """Open the record before the archive is made, and replace it after the archive: an archive without it is not written.

    Raises OutputError if it cannot be read or written.
    """
    with _writing(path):
        record = _Record(path)
    try:
        yield record
        with _writing(path):
            record.new.replace(path)
    finally:
        with suppress(OSError):
            record.new.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place, why = error.filename or path, error.strerror or error
        hint = f"{path.parent} holds what the next run needs: make it a folder that you can write to"
        raise OutputError(f"{place} cannot be written: {why}", hint) from error


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
