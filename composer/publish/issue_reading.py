"""Reads and renders one issue for the archive: what is known of it, its articles, its pictures and its PDF.

Input: the source of an issue, its record of the last run, and the new folder. Output: an `IssueResult`, and files.
Guarantees: issues are independent of each other, so that several processes may read them for the same folder.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from pathlib import Path
from urllib.parse import unquote

from composer.content.document.newsletter_config import ArchiveMode, ArchivePdf
from composer.core.errors import ContentError, Problem
from composer.publish.archive_model import IssueParts, IssueSummary, sections_of
from composer.publish.former_parts import with_first_anchors, with_former_anchors, without_removed
from composer.publish.issue_pdf import PdfWriter
from composer.publish.publication_source import IssueSource, ReadIssue
from composer.publish.records.issue_record import IssueRecord
from composer.publish.rendered_issue import RenderedIssue, filled, render_issue
from composer.publish.site.site_folder import SiteFolder
from composer.publish.site.site_manifest import digest_of
from composer.render.templating.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueResult:
    """What became of an issue. It can go from one process to another."""

    #: None if the issue cannot be published because of its problems.
    record: IssueRecord | None = None
    parts: IssueParts = field(default_factory=IssueParts)
    #: With a record: what is wrong with its PDF.
    problems: tuple[Problem, ...] = ()
    #: The texts that its pages show.
    texts: tuple[str, ...] = ()
    is_rendered: bool = False


@dataclass(frozen=True, slots=True)
class _Page:
    """What the page of an issue contains."""

    summary: IssueSummary
    parts: IssueParts = field(default_factory=IssueParts)
    texts: tuple[str, ...] = ()
    #: The digest of its article.
    article: str = ""
    #: The paths of its pictures in the archive.
    pictures: tuple[str, ...] = ()


class IssueReader:
    """Reads issues, one after the other."""

    def __init__(self, common: str, now: datetime, folder: SiteFolder) -> None:
        """`common` is the digest of what all pages are made with; the folder is the new archive."""
        self._common, self._now, self._folder = common, now, folder
        self._pdfs = PdfWriter(folder)

    def close(self) -> None:
        """End the process that prints, if there is one."""
        self._pdfs.close()

    def result(self, source: IssueSource, before: IssueRecord | None) -> IssueResult:
        """Read an issue, render it, and put its articles aside; `before` is its record of the last run.

        Raises OSError, and PdfError if this computer cannot print it.
        """
        problems: tuple[Problem, ...] = ()
        try:
            read = source.read()
            page = self._rendered(source, read, summary_of(source, read, before, self._now))
            summary, files = page.summary, {path: digest_of(path) for path in page.pictures}
            if summary.has_text and read.newsletter.archive.pdf is not ArchivePdf.NONE:
                pdf = self._pdfs.write(read.newsletter, read.issue, source.stem)
                summary, problems = replace(summary, pdf_bytes=pdf.size), pdf.problems
                files[unquote(summary.pdf_address)] = pdf.made_of
        except ContentError as error:
            return IssueResult(problems=error.problems)
        summary = replace(summary, made_of=self.made_of(source, read.inputs))
        record = IssueRecord(summary=summary, inputs=read.inputs, files=files, article=page.article)
        return IssueResult(
            record=record, parts=page.parts, problems=problems, texts=page.texts, is_rendered=summary.has_text
        )

    def made_of(self, source: IssueSource, inputs: tuple[str, ...]) -> str:
        """Return the digest of everything that the pages of an issue are made of."""
        return digest_of(self._common, source.made_of(inputs))

    def article_place(self, source: IssueSource, *, is_original: bool = False) -> Path:
        """Return the file where an article is put aside."""
        return self._folder.scratch / (digest_of(source.stem) + ("-original" if is_original else ""))

    def _rendered(self, source: IssueSource, read: ReadIssue, summary: IssueSummary) -> "_Page":
        """Return what the page contains, and put its articles aside."""
        if summary.mode is ArchiveMode.NONE:
            return _Page(summary)
        if not summary.is_readable:
            return _Page(summary, texts=(f"{summary.title} {summary.withdrawn}",))
        root = "../" * summary.address.count("/")
        rendered = render_issue(read.issue, read.newsletter, root)
        title, description = rendered.edition.title, rendered.edition.description or ""
        article, items, texts = rendered.edition.body.strip(), rendered.items, [f"{title} {description}"]
        if read.original is not None:
            newsletter, issue = read.original
            original = render_issue(issue, newsletter, f"../{root}")
            article = with_former_anchors(article, items, original.items)
            items = with_first_anchors(items, original.items)
            kept = [path for path, _ in rendered.pictures]
            picture = Theme(newsletter.theme, issue.language).phrases["picture"]
            texts.append(without_removed(original.edition.body, kept, f"../{root}", picture))
            self._put_aside(self.article_place(source, is_original=True), texts[-1])
            summary = replace(
                summary,
                original_title=original.edition.title,
                original_description=original.edition.description or "",
            )
        self._put_aside(self.article_place(source), article)
        self._write_pictures(rendered)
        first = {item.anchor: item.first_anchor for item in items}
        parts = IssueParts(
            items=items, events=tuple(replace(each, first_anchor=first.get(each.anchor)) for each in rendered.events)
        )
        summary = replace(
            summary,
            title=title,
            description=description,
            sections=sections_of(items),
            events=digest_of(repr(parts.events)) if parts.events else "",
        )
        pictures = tuple(path for path, _ in rendered.pictures)
        return _Page(summary, parts=parts, texts=(*texts, article), article=digest_of(article), pictures=pictures)

    def _put_aside(self, place: Path, article: str) -> None:
        place.write_text(article, encoding="utf-8", errors="replace", newline="")

    def _write_pictures(self, rendered: RenderedIssue) -> None:
        for path, picture in rendered.pictures:
            if not self._folder.keep(path, digest_of(path)):
                self._folder.write(path, picture.data, digest_of(path))


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
