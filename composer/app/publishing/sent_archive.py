"""Publishes what was sent: for each issue, the text of today if it was corrected since, and the text as it was sent.

Input: an open newsletter, a folder, the time. Output: a `PublishResult`, and rows about corrections in the database.
Guarantees: a correction is recorded only after the archive that shows it was written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

from composer.app.context import MailingContext
from composer.app.publishing.address_lookup import is_subscriber
from composer.app.publishing.archive_inputs import FileDigests, inputs_of
from composer.app.publishing.archive_issues import newsletters_of
from composer.app.publishing.archive_publication import PublishResult, write_archive
from composer.content.document.issue import Issue, read_issue
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.workspace import Workspace
from composer.database.engine import Database
from composer.database.location import location_of
from composer.delivery.approval.archive_records import (
    SentText,
    add_version,
    picture_of,
    sent_texts,
    source_of,
    texts_of_sources,
    versions,
)
from composer.delivery.core.mailing import MailingError
from composer.publish.publication_source import IssueSource, ReadIssue, SentState
from composer.publish.site.site_manifest import ArchiveKind, digest_of
from composer.publish.sources.correction_history import corrections_of
from composer.publish.sources.public_source import PublicSource, Visibility, public_source, visibility_of
from composer.publish.sources.source_workspace import SourceWorkspace


def expect_database(workspace: Workspace, environment: Environment) -> None:
    """Raise MailingError if the newsletter has no database yet, so that nothing can have been sent."""
    place = location_of(read_newsletter(workspace), workspace, environment.environment).path
    if place is not None and not place.exists():
        raise _nothing_sent()


class NothingSentError(MailingError):
    """No mailing was sent yet, so there is nothing to publish."""


def _nothing_sent() -> NothingSentError:
    return NothingSentError("nothing was sent yet", "to publish the issue files as they are: compose publish --unsent")


def publish_sent(
    context: MailingContext,
    folder: Path | None = None,
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PublishResult:
    """Publish every issue that was sent, with the corrections that its file has got since.

    Raises MailingError if nothing was sent, ContentError with the problems of all issues, and OutputError if the folder
    is not an archive or cannot be written.
    """
    issues = SentIssues(context, now)
    try:
        if not issues.sources:
            raise _nothing_sent()
        result = write_archive(issues, folder, now, progress, partial(is_subscriber, context.database))
    finally:
        issues.close()
    issues.record()
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """A version of an issue: when it began, and the digests of its source and of its texts."""

    at: datetime
    source: str
    texts: str
    visibility: Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version that the database does not have yet."""

    stem: str
    source: PublicSource
    pictures: Mapping[str, bytes]
    visibility: Visibility
    at: datetime


class SentIssues:
    """The issues that were sent, each with the file of today."""

    kind = ArchiveKind.SENT

    def __init__(self, context: MailingContext, now: datetime) -> None:
        self.workspace, self._database = context.workspace, context.database
        self.environment: Environment | None = context.environment
        self.newsletters, self.files = newsletters_of(context.workspace), FileDigests(context.workspace)
        self._now = now.replace(microsecond=0)
        self._new: dict[str, NewVersion] = {}
        self._old = SourceWorkspace(context.workspace, partial(_picture, context.database))
        self._paths = {path.stem: path for path in context.workspace.yaml_files()}
        self._sent: dict[str, list[SentText]] = {}
        with self._database.read() as connection:
            for edition in sent_texts(connection):
                self._sent.setdefault(edition.stem, []).append(edition)
            texts, later = texts_of_sources(connection), versions(connection)
        self._versions: dict[str, list[_Version]] = {}
        for sent in (each for editions in self._sent.values() for each in editions):
            if sent.source is not None:
                text = texts[sent.source]
                found = _Version(at=sent.at, source=sent.source, texts=text, visibility=sent.visibility)
                self._versions.setdefault(sent.stem, []).append(found)
        for each in later:
            found = _Version(at=each.at, source=each.source, texts=texts[each.source], visibility=each.visibility)
            self._versions.setdefault(each.stem, []).append(found)
        for known in self._versions.values():
            known.sort(key=lambda version: version.at)
        # Sent before public sources were stored, and its file is gone: nothing is left to show.
        stems = [stem for stem in self._sent if stem in self._versions or stem in self._paths]
        self.sources: Sequence[IssueSource] = tuple(self._source(stem) for stem in stems)

    def close(self) -> None:
        """Delete temporary files."""
        self._old.close()

    def new_version(self, stem: str) -> "NewVersion | None":
        """Return the version of an issue that was read and that the database does not have yet."""
        return self._new.get(stem)

    def remember(self, version: object) -> None:
        """Take the version of an issue that another process has read."""
        assert isinstance(version, NewVersion)
        self._new[version.stem] = version

    def record(self) -> None:
        """Store the new versions."""
        if not self._new:
            return
        with self._database.write() as connection:
            for each in self._new.values():
                add_version(connection, each.stem, each.source, each.pictures, visibility=each.visibility, at=each.at)

    def _source(self, stem: str) -> IssueSource:
        sent, path = self._sent[stem], self._paths.get(stem)

        def made_of(inputs: tuple[str, ...]) -> str:
            names = (self.workspace.name(path), *inputs) if path else ()
            history = [(each.at.isoformat(), each.texts, each.visibility) for each in self._versions.get(stem, ())]
            if (new := self._new.get(stem)) is not None:
                history.append((new.at.isoformat(), new.source.digest, new.visibility))
            return digest_of(sent[-1].hash, sent[-1].corrects or "", repr(history), *map(self.files.of, names))

        return IssueSource(
            stem=stem,
            key=sent[0].issue,
            tag=stem.partition(".")[2] if stem.partition(".")[2] in self.newsletters else "",
            made_of=made_of,
            read=partial(self._read, stem),
        )

    def _read(self, stem: str) -> ReadIssue:
        sent, path = self._sent[stem], self._paths.get(stem)
        known = [(version, self._stored(version)) for version in self._versions.get(stem, ())]
        today = self.newsletters.get(stem.partition(".")[2], self.newsletters[""])
        last = known[-1][1] if known else None
        newsletter = self._old.newsletter(last, today) if last else today
        inputs: tuple[str, ...] = ()
        if path is not None:
            _, issue = read_issue(self.workspace, path, newsletter=newsletter)
            current, pictures = public_source(issue, newsletter)
            inputs = tuple(inputs_of(self.workspace, issue, newsletter))
            known.append((self._current(stem, issue, current, pictures, known, sent[0].at), current))
        else:
            assert last is not None
            _, issue = self._old.read(last, today, stem)
            shown = known[-1][0].visibility
            issue = replace(issue, archive=shown.mode, withdrawn=shown.withdrawn)
        corrections = corrections_of([(version.at, source) for version, source in known])
        changed = [
            after.at
            for (before, old), (after, new) in pairwise(known)
            if (old.digest, before.visibility.withdrawn) != (new.digest, after.visibility.withdrawn)
        ]
        return ReadIssue(
            newsletter=newsletter,
            issue=issue,
            digest=known[-1][1].digest,
            inputs=inputs,
            original=self._old.read(known[0][1], today, stem) if corrections else None,
            sent=SentState(
                hash=sent[-1].hash,
                at=sent[0].at,
                corrections=corrections,
                corrects=sent[-1].corrects,
                changed_at=changed[-1] if changed else None,
            ),
        )

    def _current(
        self,
        stem: str,
        issue: Issue,
        current: PublicSource,
        pictures: Mapping[str, bytes],
        known: Sequence[tuple[_Version, PublicSource]],
        sent_at: datetime,
    ) -> _Version:
        """Return the version of the file: the last known one, or a new one from now on."""
        visibility = visibility_of(issue)
        if known:
            last, source = known[-1]
            if source.digest == current.digest and last.visibility == visibility:
                return last
        # Without a stored source, the file of today is what was sent.
        at = self._now if known else sent_at
        self._new[stem] = NewVersion(stem=stem, source=current, pictures=pictures, visibility=visibility, at=at)
        return _Version(at=at, source="", texts=current.digest, visibility=visibility)

    def _stored(self, version: _Version) -> PublicSource:
        with self._database.read() as connection:
            return source_of(connection, version.source)


def _picture(database: Database, digest: str) -> bytes:
    with database.read() as connection:
        return picture_of(connection, digest)
