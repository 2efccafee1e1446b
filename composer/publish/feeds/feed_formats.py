"""Feeds in three formats: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1, each with the whole content.

Input: a `Feed` with absolute addresses. Output: text. Guarantees: pure; ids and times are those of the entries, so that
a feed changes only with its entries; characters that XML does not allow are left out.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from xml.sax.saxutils import escape, quoteattr

#: The most entries of a feed.
MOST_ENTRIES = 20
_PDF = "application/pdf"
# XML 1.0, 2.2.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedFormat(StrEnum):
    """The formats, by the names of their files."""

    ATOM = "feed.xml"
    RSS = "rss.xml"
    JSON = "feed.json"

    @property
    def media_type(self) -> str:
        """The media type in links."""
        return {
            FeedFormat.ATOM: "application/atom+xml",
            FeedFormat.RSS: "application/rss+xml",
            FeedFormat.JSON: "application/feed+json",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry. Its id never changes; `updated` changes with the text only."""

    id: str
    url: str
    title: str
    summary: str
    #: The content, with absolute addresses.
    html: str = field(repr=False)
    published: datetime
    updated: datetime
    picture: str | None = None
    #: The address of its PDF, and its size in bytes.
    pdf: str | None = None
    pdf_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, the latest entry first."""

    id: str
    title: str
    subtitle: str
    author: str
    language: str
    #: The page that it belongs to, and the folder of its own files, as absolute addresses.
    page: str
    base: str
    entries: Sequence[FeedEntry]
    #: When it was first written; what a feed without entries shows as its time.
    written: datetime

    @property
    def updated(self) -> datetime:
        """When an entry was last changed."""
        return max((entry.updated for entry in self.entries), default=self.written)


def feed_text(feed: Feed, form: FeedFormat) -> str:
    """Return a feed in a format."""
    match form:
        case FeedFormat.ATOM:
            return "\n".join(_atom(feed)) + "\n"
        case FeedFormat.RSS:
            return "\n".join(_rss(feed)) + "\n"
        case FeedFormat.JSON:
            return json.dumps(_json(feed), ensure_ascii=False, indent=1) + "\n"


def tag_id(domain: str, day: str, name: str) -> str:
    """Return a `tag:` id (RFC 4151) for a name that a domain used on a day."""
    return f"tag:{domain},{day}:{name}"


def _atom(feed: Feed) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_quoted(feed.language)}>'
    yield f"<id>{_text(feed.id)}</id>"
    yield f"<title>{_text(feed.title)}</title>"
    if feed.subtitle:
        yield f"<subtitle>{_text(feed.subtitle)}</subtitle>"
    yield f"<updated>{_time(feed.updated)}</updated>"
    yield f"<author><name>{_text(feed.author)}</name></author>"
    yield f'<link rel="self" type="application/atom+xml" href={_quoted(feed.base + FeedFormat.ATOM)}/>'
    yield f'<link rel="alternate" type="text/html" href={_quoted(feed.page)}/>'
    for entry in feed.entries:
        yield "<entry>"
        yield f"<id>{_text(entry.id)}</id>"
        yield f"<title>{_text(entry.title)}</title>"
        yield f'<link rel="alternate" type="text/html" href={_quoted(entry.url)}/>'
        yield f"<published>{_time(entry.published)}</published>"
        yield f"<updated>{_time(entry.updated)}</updated>"
        if entry.pdf:
            size = f'length="{entry.pdf_bytes}"'
            yield f'<link rel="enclosure" type="{_PDF}" {size} href={_quoted(entry.pdf)}/>'
        if entry.summary:
            yield f"<summary>{_text(entry.summary)}</summary>"
        yield f'<content type="html">{_text(entry.html)}</content>'
        yield "</entry>"
    yield "</feed>"


def _rss(feed: Feed) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/">'
    )
    yield "<channel>"
    yield f"<title>{_text(feed.title)}</title>"
    yield f"<link>{_text(feed.page)}</link>"
    yield f"<description>{_text(feed.subtitle or feed.title)}</description>"
    yield f"<language>{_text(feed.language)}</language>"
    yield f"<lastBuildDate>{format_datetime(feed.updated)}</lastBuildDate>"
    yield f'<atom:link rel="self" type="application/rss+xml" href={_quoted(feed.base + FeedFormat.RSS)}/>'
    for entry in feed.entries:
        yield "<item>"
        yield f"<title>{_text(entry.title)}</title>"
        yield f"<link>{_text(entry.url)}</link>"
        yield f'<guid isPermaLink="false">{_text(entry.id)}</guid>'
        yield f"<pubDate>{format_datetime(entry.published)}</pubDate>"
        yield f"<atom:updated>{_time(entry.updated)}</atom:updated>"
        if entry.pdf:
            yield f'<enclosure url={_quoted(entry.pdf)} length="{entry.pdf_bytes}" type="{_PDF}"/>'
        if entry.summary:
            yield f"<description>{_text(entry.summary)}</description>"
        yield f"<content:encoded>{_text(entry.html)}</content:encoded>"
        yield "</item>"
    yield "</channel>"
    yield "</rss>"


def _json(feed: Feed) -> dict[str, object]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        **({"description": feed.subtitle} if feed.subtitle else {}),
        "home_page_url": feed.page,
        "feed_url": feed.base + FeedFormat.JSON,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                **({"summary": entry.summary} if entry.summary else {}),
                "content_html": entry.html,
                **({"image": entry.picture} if entry.picture else {}),
                **({"attachments": [_attachment(entry)]} if entry.pdf else {}),
                "date_published": _time(entry.published),
                "date_modified": _time(entry.updated),
                "language": feed.language,
            }
            for entry in feed.entries
        ],
    }


def _attachment(entry: FeedEntry) -> dict[str, object]:
    return {"url": entry.pdf, "mime_type": _PDF, "size_in_bytes": entry.pdf_bytes}


def _time(moment: datetime) -> str:
    """Return a time with its own offset (RFC 3339)."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("", text))


def _quoted(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("", text))
