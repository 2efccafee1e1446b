"""The first half of making an archive: a summary of each issue, and the articles of those that have changed.

Input: sources and the records of the last run. Output: records; articles and pictures as files. Guarantees: an
unchanged issue is not read; memory holds one article at a time; the problems of all issues are reported together.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from pathlib import Path

from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import ArchiveMode
from composer.core.errors import ContentError, Problem
from composer.publish.archive_model import IssueSummary
from composer.publish.former_parts import with_first_anchors, with_former_anchors, without_removed
from composer.publish.publication_source import IssueSource, ReadIssue
from composer.publish.rendered_issue import RenderedIssue, filled, render_issue
from composer.publish.site.site_folder import SiteFolder
from composer.publish.site.site_manifest import digest_of
from composer.publish.summary_cache import IssueRecord
from composer.render.templating.theme import Theme

#: After so many pages, memory of earlier pages is freed: commands collect garbage only rarely (cli/main.py).
FREED = 50


@dataclass(frozen=True, kw_only=True)
class ArchiveRequest:
    """What an archive is made of."""

    sources: Sequence[IssueSource]
    #: The newsletter by the language in file names, the main language (“”) first.
    newsletters: Mapping[str, Newsletter]
    #: The digest of what all pages are made with: settings, theme, program.
    common: str
    #: What is known from the last run, by stem.
    records: Mapping[str, IssueRecord] = field(default_factory=dict, repr=False)
    now: datetime
    #: Called with each article before it is used; raises ContentError if something private is in it.
    inspect: Callable[[IssueSource, str], None] = lambda source, html: None
    #: Called with how many issues of all are done.
    progress: Callable[[int, int], None] = lambda done, total: None


class ArchiveReader:
    """Reads the issues of an archive."""

    def __init__(self, request: ArchiveRequest, folder: SiteFolder) -> None:
        """The folder is the new archive."""
        self.request, self.folder = request, folder
        #: How many issues were rendered.
        self.rendered = 0

    def read_all(self) -> Mapping[str, IssueRecord]:
        """Return the record of each issue by stem. Raises ContentError with the problems of all issues."""
        records: dict[str, IssueRecord] = {}
        problems: list[Problem] = []
        for done, source in enumerate(self.request.sources, 1):
            before = self.request.records.get(source.stem)
            try:
                if (
                    before is not None
                    and before.source == self._made_of(source, before.inputs)
                    and self._has_pictures(before)
                ):
                    records[source.stem] = before
                else:
                    records[source.stem] = self._read(source, before)
            except ContentError as error:
                problems += error.problems
            if self.rendered and done % FREED == 0:
                gc.collect()
            self.request.progress(done, len(self.request.sources))
        if problems:
            raise ContentError(tuple(problems))
        return records

    def article(self, source: IssueSource, *, is_original: bool = False) -> str:
        """Return the article of an issue; it is rendered if only its surroundings have changed."""
        place = self._place(source.stem, is_original)
        if not place.exists():
            self._read(source, None)
        return place.read_text(encoding="utf-8")

    def _made_of(self, source: IssueSource, inputs: tuple[str, ...]) -> str:
        return digest_of(self.request.common, source.made_of(inputs))

    def _has_pictures(self, record: IssueRecord) -> bool:
        """Take the pictures of an unchanged issue from the old archive; return whether all of them were there."""
        taken = [self.folder.keep(path, digest_of(path)) for path in record.summary.pictures]
        return all(taken)

    def _read(self, source: IssueSource, before: IssueRecord | None) -> IssueRecord:
        read = source.read()
        summary = summary_of(source, read, before, self.request.now)
        return IssueRecord(
            source=self._made_of(source, read.inputs), inputs=read.inputs, summary=self._rendered(source, read, summary)
        )

    def _rendered(self, source: IssueSource, read: ReadIssue, summary: IssueSummary) -> IssueSummary:
        """Render an issue, put its article aside, and return its summary with what the page contains."""
        if summary.mode is ArchiveMode.NONE:
            return summary
        if not summary.is_readable:
            self.request.inspect(source, f"{summary.title} {summary.withdrawn}")
            return summary
        self.rendered += 1
        root = "../" * summary.address.count("/")
        rendered = render_issue(read.issue, read.newsletter, root)
        article, items = rendered.edition.body, rendered.items
        if read.original is not None:
            newsletter, issue = read.original
            original = render_issue(issue, newsletter, f"../{root}")
            article = with_former_anchors(article, items, original.items)
            items = with_first_anchors(items, original.items)
            kept = [path for path, _ in rendered.pictures]
            picture = Theme(newsletter.theme, issue.language).phrases["picture"]
            self._put(source, without_removed(original.edition.body, kept, f"../{root}", picture), is_original=True)
            summary = replace(
                summary,
                original_title=original.edition.title,
                original_description=original.edition.description or "",
            )
        self._put(source, article)
        self.request.inspect(source, " ".join((rendered.edition.title, rendered.edition.description or "")))
        self._write_pictures(rendered)
        return replace(
            summary,
            title=rendered.edition.title,
            description=rendered.edition.description or "",
            items=items,
            events=rendered.events,
            pictures=tuple(path for path, _ in rendered.pictures),
        )

    def _put(self, source: IssueSource, article: str, *, is_original: bool = False) -> None:
        self.request.inspect(source, article)
        self._place(source.stem, is_original).write_text(article, encoding="utf-8", errors="replace", newline="")

    def _place(self, stem: str, is_original: bool) -> Path:
        return self.folder.scratch / (digest_of(stem) + ("-original" if is_original else ""))

    def _write_pictures(self, rendered: RenderedIssue) -> None:
        for path, picture in rendered.pictures:
            if not self.folder.keep(path, digest_of(path)):
                self.folder.write(path, picture.data, digest_of(path))


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return a time with the offset that a zone has then, so that its day is the day there."""
    return datetime.fromisoformat(moment.astimezone(zone).isoformat())


def _midnight(day: date, zone: tzinfo) -> datetime:
    return in_zone(datetime.combine(day, time(), zone), zone)


def summary_of(source: IssueSource, read: ReadIssue, before: IssueRecord | None, now: datetime) -> IssueSummary:
    """Return what is known of an issue before it is rendered.

    `updated` changes only with the text. Of files that were not sent, only the last run knows when that was.
    """
    issue, sent = read.issue, read.sent
    zone = read.newsletter.zone
    published = in_zone(sent.at, zone) if sent else _midnight(issue.date, zone)
    if sent is not None:
        updated = max(sent.at, sent.changed_at or sent.at)
    elif before is None:
        updated = published
    else:
        is_same = before.summary.digest == read.digest
        updated = before.summary.updated if is_same else now.replace(microsecond=0)
    return IssueSummary(
        stem=source.stem,
        key=source.key,
        tag=source.tag,
        language=issue.language,
        date=issue.date,
        number=issue.number,
        title=filled(issue.subject, issue.fields.fields),
        mode=issue.archive,
        withdrawn=filled(issue.withdrawn, issue.fields.fields) if issue.withdrawn is not None else None,
        published=published,
        updated=in_zone(updated, zone),
        digest=read.digest,
        sent_hash=sent.hash if sent else None,
        corrections=tuple(replace(each, at=in_zone(each.at, zone)) for each in sent.corrections) if sent else (),
        corrects=sent.corrects if sent else None,
    )
