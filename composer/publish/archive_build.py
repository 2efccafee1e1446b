"""Makes an archive: reads what has changed, then writes every page, feed and file into the new folder.

Input: an `ArchiveRequest` and a new folder. Output: files, and the records for the next run. Guarantees: the same input
gives the same bytes; a page that would be the same is taken from the old archive; memory holds the summary of each issue
and one page at a time.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from composer.content.document.newsletter_config import ArchiveMode
from composer.core.archive_addresses import ORIGINAL, section_address
from composer.core.errors import Problem
from composer.publish.archive_model import Archive, IssueSummary, archive_of
from composer.publish.archive_reading import FREED, ArchiveReader, ArchiveRequest
from composer.publish.cards.card_cache import kept_card
from composer.publish.feeds.event_calendar import CalendarEvent, calendar_bytes
from composer.publish.feeds.site_feeds import write_feeds
from composer.publish.feeds.sitemap import SitemapPage, sitemap_text
from composer.publish.publication_source import IssueSource
from composer.publish.rendered_issue import picture_path
from composer.publish.site.page_frame import MISSING, LanguageSite, Site, file_of
from composer.publish.site.site_folder import SiteFolder
from composer.publish.site.site_manifest import digest_of
from composer.publish.site.site_pages import (
    PageDraft,
    calendar_path,
    issue_page,
    list_page,
    missing_page,
    original_page,
    section_page,
    withdrawn_page,
)
from composer.publish.site.site_styles import site_styles
from composer.render.templating.theme import Theme


@dataclass(frozen=True, kw_only=True)
class BuiltArchive:
    """What was made."""

    archive: Archive
    #: How many issues were rendered, and how many files were made anew.
    rendered: int
    written: int
    #: What is wrong with PDFs.
    findings: tuple[Problem, ...] = ()


def build_archive(request: ArchiveRequest, folder: SiteFolder) -> BuiltArchive:
    """Make the archive in a new folder.

    Raises ContentError with the problems of all issues, OSError, OutputError, and PdfError if this computer cannot print.
    """
    with closing(ArchiveReader(request, folder)) as issues:
        archive = archive_of(issues.read_all(), _languages(request))
        _SiteWriter(request, issues, _site(request, archive), folder).write_all()
    folder.finish()
    return BuiltArchive(
        archive=archive,
        rendered=issues.rendered,
        written=folder.written,
        findings=tuple(issues.findings),
    )


def _languages(request: ArchiveRequest) -> Mapping[str, str]:
    return {tag: newsletter.language for tag, newsletter in request.newsletters.items()}


def _site(request: ArchiveRequest, archive: Archive) -> Site:
    languages = {}
    for each in archive.languages:
        newsletter = request.newsletters[each.tag]
        languages[each.tag] = LanguageSite(
            archive=each,
            newsletter=newsletter,
            theme=Theme(newsletter.theme.with_included(), newsletter.language, newsletter.design),
            css=site_styles(newsletter),
        )
    settings = request.newsletters[""].archive
    host = urlsplit(settings.url).hostname if settings.url else None
    return Site(archive=archive, languages=languages, url=settings.url, domain=settings.id_domain or host or "")


class _SiteWriter:
    def __init__(
        self,
        request: ArchiveRequest,
        issues: ArchiveReader,
        site: Site,
        folder: SiteFolder,
    ) -> None:
        self.request, self.issues, self.site, self.folder = request, issues, site, folder
        self.sources = {each.stem: each for each in request.sources}
        #: How many pages were made.
        self._made = 0

    def write_all(self) -> None:
        for own in self.site.languages.values():
            self._shared_files(own)
            self._lists(own)
            for issue in own.archive.issues:
                self._issue(own, issue)
            write_feeds(self.site, own, self.folder, self.request.records.parts, self.request.now)
            self._page(f"{own.folder}{MISSING}", missing_page(self.site, own), own.css)
        if self.site.url is not None:
            text = sitemap_text(tuple(self._sitemap()))
            self._file("sitemap.xml", text.encode())

    def _shared_files(self, own: LanguageSite) -> None:
        self._file(own.style_path, own.css.encode())
        for logo in (own.newsletter.brand.logo, own.newsletter.brand.dark_logo):
            if logo is not None:
                self._file(picture_path(logo), logo.data)

    def _lists(self, own: LanguageSite) -> None:
        for year in (None, *own.archive.years):
            draft = list_page(self.site, own, year)
            self._page(file_of(own.folder + (f"{year:04d}/" if year is not None else "")), draft)
        for section in own.archive.sections:
            for year in (None, *section.years):
                draft = section_page(self.site, own, section, year, self.request.records.parts)
                self._page(file_of(section_address(own.tag, section.anchor, year)), draft)

    def _issue(self, own: LanguageSite, issue: IssueSummary) -> None:
        source = self.sources[issue.stem]
        if not issue.is_readable:
            self._page(file_of(issue.address), withdrawn_page(self.site, own, issue))
            return
        self._page(file_of(issue.address), issue_page(self.site, own, issue), issue.made_of, source)
        if issue.corrections:
            path = file_of(f"{issue.address}{ORIGINAL}/")
            self._page(path, original_page(self.site, own, issue), issue.made_of, source, is_original=True)
        if self.site.url is not None:
            path = own.card_path(issue)
            if not self.folder.keep(path, digest_of(path)):
                self.folder.write(path, kept_card(own.card(issue)), digest_of(path))
        if issue.events:
            self._calendar(own, issue)

    def _page(
        self,
        path: str,
        draft: PageDraft,
        more: str = "",
        source: IssueSource | None = None,
        *,
        is_original: bool = False,
    ) -> None:
        """Write a page; one with an article is rendered from what was put aside."""
        made_of = digest_of(self.request.common, draft.made_of, more)
        if self.folder.keep(path, made_of):
            return
        self._made += 1
        if self._made % FREED == 0:
            # Templates leave cycles, with whole articles in them.
            gc.collect()
        article = self.issues.article(source, is_original=is_original) if source is not None else ""
        self.folder.write(path, draft.html(article).encode(errors="replace"), made_of)

    def _file(self, path: str, data: bytes) -> None:
        made_of = digest_of(path, data.decode("latin-1"))
        if not self.folder.keep(path, made_of):
            self.folder.write(path, data, made_of)

    def _calendar(self, own: LanguageSite, issue: IssueSummary) -> None:
        path, domain = unquote(calendar_path(issue)), self.site.domain or own.newsletter.sender.domain
        made_of = digest_of(self.request.common, path, issue.events, issue.updated.isoformat())
        if self.folder.keep(path, made_of):
            return
        events = tuple(
            CalendarEvent(
                id=f"{digest_of(issue.stem, each.first_anchor or each.anchor)}@{domain}",
                title=each.title,
                day=each.date,
                changed=issue.updated,
                text="\n".join(text for text in (each.time, each.text) if text),
                place=each.place,
                url=each.url,
            )
            for each in self.request.records.parts(issue.stem).events
        )
        self.folder.write(path, calendar_bytes(events, name=own.newsletter.name, language=issue.language), made_of)

    def _sitemap(self) -> Iterator[SitemapPage]:
        url = self.site.url
        for own in self.site.languages.values():
            latest = own.archive.listed[0].updated.date() if own.archive.listed else None
            others = tuple((each.archive.language, f"{url}/{each.folder}") for each in self.site.languages.values())
            yield SitemapPage(url=f"{url}/{own.folder}", changed=latest, translations=others)
            # The first page and that of the latest year are the same.
            for year in list(own.archive.years)[1:]:
                yield SitemapPage(url=f"{url}/{own.folder}{year:04d}/")
            for issue in own.archive.listed:
                if issue.is_readable:
                    editions = self.site.archive.translations[issue.key]
                    yield SitemapPage(
                        url=f"{url}/{issue.address}",
                        changed=issue.updated.date(),
                        translations=tuple(
                            (each.language, f"{url}/{each.address}")
                            for each in editions
                            if each.mode is ArchiveMode.PUBLIC and each.is_readable
                        ),
                    )
            for section in own.archive.sections:
                yield SitemapPage(url=f"{url}/{section_address(own.tag, section.anchor)}", changed=latest)
                for year in list(section.years)[1:]:
                    yield SitemapPage(url=f"{url}/{section_address(own.tag, section.anchor, year)}")
