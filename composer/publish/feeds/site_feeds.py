"""The feeds of an archive: of each language and, if the newsletter wants it, of each section.

Input: the site, and the pages that are already in the new folder. Output: files. Guarantees: entries have the whole
article with absolute addresses; ids are made from the file name and the date, and never change.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from html import escape, unescape
from itertools import islice
from urllib.parse import quote, urljoin

from composer.core.archive_addresses import section_address
from composer.publish.archive_model import IssueParts, IssueSection, IssueSummary, ItemSummary
from composer.publish.feeds.feed_formats import MOST_ENTRIES, Feed, FeedEntry, FeedFormat, feed_text, tag_id
from composer.publish.site.page_article import article_in
from composer.publish.site.page_frame import LanguageSite, Site, file_of
from composer.publish.site.site_folder import SiteFolder
from composer.publish.site.site_manifest import digest_of
from composer.render.web.elements_by_id import elements_by_id

_TAG = re.compile(r"<[a-zA-Z](?:\"[^\"]*+\"|'[^']*+'|[^\"'<>])*+>")
_ADDRESS = re.compile(r"(?<=\s)(href|src|srcset|poster)=\"([^\"]*+)\"")

#: Returns the parts of an issue by its stem.
Parts = Callable[[str], IssueParts]


def write_feeds(site: Site, own: LanguageSite, folder: SiteFolder, parts: Parts, now: datetime) -> None:
    """Write the feeds of a language; those that were made of the same are taken from the old archive."""
    if site.url is None:
        return
    now = now.astimezone(own.newsletter.zone).replace(microsecond=0)
    latest = [(issue, None) for issue in own.archive.listed[:MOST_ENTRIES]]
    _write(site, own, folder, own.folder, own.newsletter.name, latest, parts, now)
    if not own.newsletter.archive.section_feeds:
        return
    for section in own.archive.sections:
        title = f"{own.newsletter.name}: {section.heading}"
        # Each of these issues has at least one item.
        issues = section.issues[:MOST_ENTRIES]
        _write(site, own, folder, section_address(own.tag, section.anchor), title, issues, parts, now)


def _write(
    site: Site,
    own: LanguageSite,
    folder: SiteFolder,
    address: str,
    title: str,
    listed: Sequence[tuple[IssueSummary, IssueSection | None]],
    parts: Parts,
    now: datetime,
) -> None:
    page = f"{site.url}/{address}"
    # The summary has the digest of the texts; pictures and styles of the article follow from the page.
    pages = {issue.stem: folder.files.get(file_of(issue.address), "") for issue, _ in listed}
    made_of = digest_of(page, title, own.archive.language, repr(listed), repr(sorted(pages.items())))
    taken = [folder.keep(f"{address}{form}", made_of) for form in FeedFormat]
    if all(taken):
        return
    feed = Feed(
        id=page,
        title=title,
        subtitle="",
        author=own.newsletter.sender.name or own.newsletter.name,
        language=own.archive.language,
        page=page,
        base=page,
        entries=tuple(_entries(site, own, folder, islice(_listed(listed, parts), MOST_ENTRIES))),
        written=now,
    )
    for form in FeedFormat:
        if f"{address}{form}" not in folder.files:
            folder.write(f"{address}{form}", feed_text(feed, form).encode(), made_of)


def _listed(
    listed: Sequence[tuple[IssueSummary, IssueSection | None]], parts: Parts
) -> Iterator[tuple[IssueSummary, ItemSummary | None]]:
    """Yield issues, or the items of one of their sections."""
    for issue, section in listed:
        if section is None:
            yield issue, None
        else:
            yield from ((issue, item) for item in parts(issue.stem).items if item.section == section.key)


def _entries(
    site: Site,
    own: LanguageSite,
    folder: SiteFolder,
    listed: Iterable[tuple[IssueSummary, ItemSummary | None]],
) -> Iterator[FeedEntry]:
    articles: dict[str, str] = {}
    for issue, item in listed:
        if issue.stem not in articles:
            articles = {issue.stem: _article(own, folder, issue)}
        url, day = f"{site.url}/{issue.address}", issue.date.isoformat()
        html, name, title = articles[issue.stem], issue.stem, issue.title
        if item is not None:
            html = elements_by_id(html, (item.anchor,)).get(item.anchor, html)
            name, title = f"{name}#{quote(item.first_anchor or item.anchor)}", item.title
        yield FeedEntry(
            id=tag_id(site.domain, day, name),
            url=f"{url}#{quote(item.anchor)}" if item is not None else url,
            title=title,
            summary=issue.description if item is None and issue.is_readable else "",
            html=absolute(html, url),
            published=issue.published,
            updated=issue.updated,
            picture=site.absolute(own.card_path(issue)) if issue.is_readable else None,
            pdf=site.absolute(issue.pdf_address) if item is None and issue.pdf_bytes else None,
            pdf_bytes=issue.pdf_bytes,
        )


def _article(own: LanguageSite, folder: SiteFolder, issue: IssueSummary) -> str:
    """Return the article of an issue from its page; of a withdrawn issue, the reason."""
    if issue.withdrawn is not None:
        return f"<p>{escape(own.theme.phrases['withdrawn'])} {escape(issue.withdrawn)}</p>"
    return article_in(folder.read(file_of(issue.address)).decode())


def absolute(html: str, base: str) -> str:
    """Return HTML with absolute addresses."""

    def address(match: re.Match[str]) -> str:
        return f'{match[1]}="{escape(urljoin(base, unescape(match[2])))}"'

    return _TAG.sub(lambda tag: _ADDRESS.sub(address, tag[0]), html)
