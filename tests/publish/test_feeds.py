"""Feeds, sitemap and calendar files: valid by the rules of each format, and stable."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from composer.publish.feeds.event_calendar import CalendarEvent, calendar_bytes
from tests.publish.archives import NOW, URL, files, letters, publish, sample_archive, write_issue

pytestmark = pytest.mark.slow

ATOM = "{http://www.w3.org/2005/Atom}"
TEXT = 'subject: "{0}"\nletter:\n  body: "Dear all, {0}. [More](https://example.org/a?b=c&d=e)"\n'
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")


def parsed(data: bytes) -> Any:
    found = feedparser.parse(data)
    assert not found.bozo, found.bozo_exception
    return found


def test_the_feeds_of_the_sample(tmp_path: Path) -> None:
    """feedparser reads Atom and RSS of each language and section; all three formats have the same entries."""
    result = publish(sample_archive(tmp_path))
    found = files(result.folder)
    folders = {name.removesuffix("feed.xml") for name in found if name.endswith("feed.xml")}
    assert len(folders) == 12
    for folder in folders:
        atom, rss = parsed(found[f"{folder}feed.xml"]), parsed(found[f"{folder}rss.xml"])
        feed = json.loads(found[f"{folder}feed.json"])
        ids = [entry.id for entry in atom.entries]
        assert ids and ids == [entry.id for entry in rss.entries] == [item["id"] for item in feed["items"]]
        assert len(set(ids)) == len(ids)
        for entry in (*atom.entries, *rss.entries):
            assert entry.link.startswith(f"{URL}/") and entry.content[0].value.startswith("<")
        assert atom.feed.links[0].href == f"{URL}/{folder}feed.xml" == rss.feed.links[-1].href.replace("rss", "feed")


def test_the_rules_of_each_format(tmp_path: Path) -> None:
    """RFC 4287 (4.1), RSS 2.0 and JSON Feed 1.1: required elements, dates, absolute addresses."""
    found = files(publish(sample_archive(tmp_path)).folder)
    atom = ET.fromstring(found["feed.xml"])
    for parent in (atom, *atom.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"{ATOM}{name}")) == 1
        assert DATE.fullmatch(parent.findtext(f"{ATOM}updated") or "")
    assert atom.find(f"{ATOM}author/{ATOM}name") is not None
    entry = atom.find(f"{ATOM}entry")
    assert entry is not None
    assert re.fullmatch(r"tag:news\.example\.org,2025-01-30:2025-01-30", entry.findtext(f"{ATOM}id") or "")
    content = entry.findtext(f"{ATOM}content") or ""
    assert not [
        each for each in re.findall(r'(?:href|src)="([^"]*)"', content) if not re.match("https?:|mailto:", each)
    ]
    assert "Vanke" in content and content.startswith("<article")
    channel = ET.fromstring(found["rss.xml"]).find("channel")
    assert channel is not None and all(channel.findtext(name) for name in ("title", "link", "description"))
    item = channel.find("item")
    assert item is not None
    assert item.findtext("pubDate") == "Thu, 30 Jan 2025 00:00:00 +0100"
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == datetime(2025, 1, 29, 23, tzinfo=UTC)
    assert entry.findtext(f"{ATOM}published") == "2025-01-30T00:00:00+01:00"
    assert '"datePublished":"2025-01-30T00:00:00+01:00"' in found["2025/01-30/index.html"].decode()
    guid = item.find("guid")
    assert guid is not None and guid.get("isPermaLink") == "false"
    feed = json.loads(found["feed.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["feed_url"] == f"{URL}/feed.json"
    assert all({"id", "url", "content_html", "date_published", "date_modified"} <= set(each) for each in feed["items"])


def test_ids_and_times_are_stable(tmp_path: Path) -> None:
    """`updated` changes with the text only: not with comments, the theme or the next run; ids never change."""
    workspace = letters(tmp_path, d2025_01_01=TEXT.format("one"), d2025_01_08=TEXT.format("two"))

    def entries(later: int = 0) -> dict[str, tuple[str, str]]:
        feed = parsed(files(publish(workspace, now=NOW + timedelta(days=later)).folder)["feed.xml"])
        return {entry.id: (entry.published, entry.updated) for entry in feed.entries}

    first = entries()
    path = write_issue(workspace, "2025-01-01", "# a comment\n" + TEXT.format("one"))
    settings = workspace.root / "newsletter.yaml"
    settings.write_text(settings.read_text() + "brand:\n  accent: '#005500'\n")
    assert entries(1) == first
    path.write_text(path.read_text().replace("Dear all", "Dear everybody"))
    second = entries(2)
    changed = {key for key in first if first[key] != second[key]}
    assert first.keys() == second.keys() and changed == {"tag:news.example.org,2025-01-01:2025-01-01"}
    assert second[changed.pop()] == ("2025-01-01T00:00:00Z", "2025-03-03T12:00:00Z")


def test_control_characters(tmp_path: Path) -> None:
    """A feed is valid XML, whatever a text contains."""
    workspace = letters(tmp_path, d2025_01_01='subject: "a & b ]]> <c>"\nletter:\n  body: "x ]]> & y"\n')
    found = files(publish(workspace).folder)
    assert parsed(found["feed.xml"]).entries[0].title == "a & b ]]> <c>"
    assert "]]&gt;" in parsed(found["rss.xml"]).entries[0].content[0].value


def test_the_sitemap(tmp_path: Path) -> None:
    """Each listed page with its day and translations, as absolute addresses."""
    found = files(publish(sample_archive(tmp_path)).folder)
    root = ET.fromstring(found["sitemap.xml"])
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    pages = {url.findtext(f"{name}loc"): url for url in root}
    issue = pages[f"{URL}/de/2025/01-30/"]
    assert issue.findtext(f"{name}lastmod") == "2025-01-30"
    links = {link.get("hreflang"): link.get("href") for link in issue if link.tag.endswith("link")}
    assert links == {"en": f"{URL}/2025/01-30/", "de": f"{URL}/de/2025/01-30/"}


def test_calendar_lines() -> None:
    """RFC 5545: lines end with CRLF and have at most 75 bytes, texts are escaped, characters are not divided."""
    event = CalendarEvent(
        id="x@example.org",
        title="深度求索" * 20 + "; a, b\\c",
        day=date(2025, 12, 31),
        changed=NOW,
        text="line 1\nline 2\x00",
        place="Berlin, online",
        url="https://example.org/?a=1,2",
    )
    data = calendar_bytes([event], name="News, weekly", language="en")
    lines = data.split(b"\r\n")
    assert lines[-1] == b"" and all(len(line) <= 75 and b"\n" not in line for line in lines)
    whole = data.replace(b"\r\n ", b"").decode()
    assert "DTSTART;VALUE=DATE:20251231\r\nDTEND;VALUE=DATE:20260101" in whole
    assert r"\; a\, b\\c" in whole and r"line 1\nline 2" in whole and r"LOCATION;LANGUAGE=en:Berlin\, online" in whole
    for line in lines[:-1]:
        line.decode()


def test_events_of_an_issue(tmp_path: Path) -> None:
    """An issue with events has a calendar file, and a link to it."""
    newsletter = "  events:\n    type: events\n    heading: Events\n"
    text = (
        TEXT.format("x")
        + 'events:\n  - title: "A talk"\n    date: 2025-02-06\n    time: "18:00 CET"\n    place: Berlin\n'
    )
    from tests.factories import LETTER
    from tests.publish.archives import ARCHIVE

    workspace = letters(tmp_path, LETTER + newsletter + ARCHIVE, d2025_01_01=text)
    found = files(publish(workspace).folder)
    calendar = found["2025/01-01/events.ics"].decode()
    assert "SUMMARY;LANGUAGE=en:A talk" in calendar and "DTSTART;VALUE=DATE:20250206" in calendar
    assert 'href="../../2025/01-01/events.ics" type="text/calendar"' in found["2025/01-01/index.html"].decode()
