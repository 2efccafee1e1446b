"""Sources of a draft: outlet, language, title, link and original title, in the lines that an issue has for them.

Input: the spans of a list item. Output: a `SourceEntry`; the value of a field for sources. Guarantees: pure; lines are read
again by the issue's own reader, and sources that do not fit into lines are written with a key for each part.
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.values.source_lines import SourceLine, parse_sources
from composer.drafts.draft_document import text_of
from composer.drafts.issue_entries import (
    BareValue,
    BlockText,
    EntryValue,
    ItemList,
    KeyEntry,
    KeyGroup,
    Note,
    NoteKind,
    PlainText,
)
from composer.drafts.mapping.text.draft_dates import find_date, whole_date
from composer.drafts.mapping.text.markdown_text import plain_text, web_link
from composer.drafts.mapping.text.publisher_lines import is_name
from composer.drafts.mapping.text.span_text import Spans, cut, first_link, split_spans, strip_spans
from composer.drafts.mapping.text.trailing_marks import language_mark, trailing_brackets
from composer.drafts.mapping.text.typed_addresses import has_address, linked_addresses, take_address

_OUTLET = re.compile(r"\s*(?P<outlet>[^:：\n]{1,90}?)\s*(?::\s|：\s*|:(?=[“\"„]))")
#: What is between two sources in one line: the original title of the first one, and a sign or a space.
_BETWEEN = re.compile(r"(?P<original>(?:\s*[(（][^()（）]{1,80}[)）])?)\s*(?:[;|•·/\n]\s*|,?\s+|$)")
#: A sign that separates sources wherever it is.
_STRONG = re.compile(r"\s*(?:;|\n|•|\s[|·/]\s)\s*")
_BULLET = re.compile(r"\s*(?:[-–—*•·‣◦▪]\s+|(?P<number>\d{1,2}[.)])\s+)")
#: `heise online – ` before a linked title.
_DASH = re.compile(r"\s*(?P<outlet>[^:：\n]{1,60}?)\s+[–—|-]\s+")
#: `Reuters, ` before a linked title or one in quotation marks, and `ACER (EN), ` before any title.
_COMMA = re.compile(r"\s*(?P<outlet>[^:：\n“\"„«]{1,90}?)\s*,\s*")
_BEFORE_QUOTE = re.compile(r"\s*(?P<outlet>[^:：\n“\"„«]{1,90}?)\s*,\s*(?=[“\"„«])")
_MARKED = re.compile(r"\s*(?P<outlet>[^:：\n,]{1,60}?[)）\]])\s*,\s*(?=\S)")
_AFTER = re.compile(r"\s*[,;|–—-]\s+(?P<outlet>[^,;|:.]{2,60})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One source. `words` are those that became a value instead of a text, such as a language mark."""

    title: str
    outlet: str = ""
    mark: str = ""
    language: str = ""
    url: str = ""
    original_title: str = ""
    date: datetime.date | None = None
    words: str = ""


def source_entry(spans: Spans, language: str, near: datetime.date | None = None) -> SourceEntry:
    """Read a source: `Outlet (CN): Title (原题)`, `Outlet, 30/1/25: Title`, `Title (Outlet)` or only a title.

    `near` is the date of the issue.
    """
    bullet = _BULLET.match(text_of(spans))
    typed = take_address(strip_spans(cut(spans, bullet.end()) if bullet else spans))
    spans = typed.rest
    link = first_link(spans) or typed.link
    start = _link_start(spans)
    outlet_words, rest = "", spans
    match = _OUTLET.match(text_of(spans))
    if match is not None and (start is None or match.end() <= start or start == 0) and "http" not in match["outlet"]:
        outlet_words, rest = match["outlet"], strip_spans(cut(spans, match.end()))
    elif start and (dash := _DASH.fullmatch(text_of(spans)[:start])) is not None:
        outlet_words, rest = dash["outlet"], strip_spans(cut(spans, start))
    elif (comma := _outlet_before_comma(text_of(spans), start, language, near)) is not None:
        outlet_words, rest = comma["outlet"], strip_spans(cut(spans, comma.end()))
    outlet_words, date, date_words = _dated(outlet_words, language, near)
    original = ""
    for _ in range(2):
        found = trailing_brackets(rest)
        if found is None or not text_of(found.before).strip():
            break
        if date is None and (day := whole_date(found.words, language, near=near)) is not None:
            date, date_words, rest = day, found.words, found.before
        elif not original and _is_other_script(found.words, text_of(found.before)):
            original, rest = found.words, found.before
        elif not outlet_words and link and not any(span.link for span in found.inside):
            outlet_words, rest = found.words, found.before
    if not outlet_words and link and start == 0:
        end = _link_end(rest)
        tail = text_of(cut(rest, end))
        words, day, written = _dated(tail, language, near) if date is None else (tail, None, "")
        after = _AFTER.fullmatch(words)
        if after is not None:
            outlet_words, rest = after["outlet"], cut(rest, 0, end)
            date, date_words = (day, written) if day else (date, date_words)
    if date is None and (dated := _dated(text_of(rest), language, near))[1] is not None and not original:
        # `Reuters, 24 January 2025`, without a title
        words, date, date_words = dated
        start_of_words = text_of(rest).index(words)
        rest = cut(rest, start_of_words, start_of_words + len(words))
    outlet, tag, mark = language_mark(outlet_words)
    if not outlet:
        outlet, tag, mark = outlet_words, "", ""
    return SourceEntry(
        title=plain_text(rest),
        outlet=" ".join(outlet.split()),
        mark=mark if mark.isupper() else tag.upper(),
        language=tag,
        url=web_link(link),
        original_title=" ".join(original.split()),
        date=date,
        words=" ".join(filter(None, (bullet and bullet["number"], typed.words, date_words, mark))),
    )


def _outlet_before_comma(
    text: str, start: int | None, language: str, near: datetime.date | None
) -> re.Match[str] | None:
    """Return `Reuters, ` or `Reuters, 12 November, ` before a title; `start` is where the title is a link."""
    match = _COMMA.fullmatch(text, 0, start) if start else _BEFORE_QUOTE.match(text) if start is None else None
    if match is not None:
        return match if is_name(language_mark(_dated(match["outlet"], language, near)[0])[0]) else None
    marked = _MARKED.match(text)
    return marked if marked is not None and language_mark(marked["outlet"])[1] else None


def _dated(words: str, language: str, near: datetime.date | None) -> tuple[str, datetime.date | None, str]:
    """Split `The Guardian, 30/1/25` or `30.1.2025 – Die Zeit`: the outlet, the date, and the date as written."""
    found = find_date(words, language, near=near)
    if found is None:
        return words, None, ""
    before, after = words[: found.start].rstrip(" ,;|–—-·("), words[found.end :].lstrip(" ,;|–—-·)")
    if bool(before) == bool(after):
        return words, None, ""
    return before or after, found.date, words[found.start : found.end]


def source_pieces(spans: Spans) -> Iterator[Spans]:
    """Yield the sources of a line: `AP: Title https://…; Die Zeit: Title https://…` are two, and so are `AP; Die Zeit`."""
    spans = linked_addresses(spans)
    text = text_of(spans)
    for sign in _STRONG.finditer(text):
        before, after = split_spans(spans, sign.start(), sign.end())
        if _are_sources(before, after, sign[0].strip()) and not _is_inside_link(spans, sign.start(), sign.end()):
            yield from source_pieces(before)
            yield from source_pieces(after)
            return
    if not first_link(spans) and all(_is_short_name(piece) for piece in text.split(",")) and "," in text:
        # `Reuters, AP, Die Zeit`
        at = 0
        for piece in text.split(","):
            yield strip_spans(cut(spans, at, at + len(piece), at + len(piece) + 1))
            at += len(piece) + 1
        return
    yield from _pieces_by_links(spans)


def _are_sources(before: Spans, after: Spans, sign: str) -> bool:
    """Return whether both sides of a sign are sources: with a link each, or both without one."""
    links = bool(first_link(before)), bool(first_link(after))
    words = all(re.search(r"[^\W\d_]", text_of(side)) for side in (before, after))
    # Without links, `Steel | News` is one title.
    return words and links[0] == links[1] and (links[0] or sign in ("", ";", "•"))


def _is_inside_link(spans: Spans, start: int, end: int) -> bool:
    before, after = cut(spans, 0, start), cut(spans, end)
    return bool(before and after and before[-1].link) and before[-1].link == after[0].link


def _is_short_name(text: str) -> bool:
    return len(text.split()) <= 4 and is_name(text) and not re.search(r"\d", text)


def _pieces_by_links(spans: Spans) -> Iterator[Spans]:
    """Yield the sources of a line in which only a comma or a space is after each link."""
    text = text_of(spans)
    at = 0
    for span in spans:
        at += len(span.text)
        between = _BETWEEN.match(text, at) if span.link else None
        if between is None:
            continue
        rest = cut(spans, between.end())
        outlet = _OUTLET.match(text_of(rest))
        is_next = outlet is not None and "http" not in outlet["outlet"]
        if (is_next or _begins_citation(rest)) and first_link(rest) not in ("", span.link):
            yield cut(spans, 0, between.end("original"), between.end())
            yield from source_pieces(rest)
            return
    yield spans


def _begins_citation(spans: Spans) -> bool:
    """Return whether a text begins with a link, or with a publisher and its link: `Die Zeit, 25 January, https://…`."""
    start = _link_start(spans)
    if not start:
        return start == 0
    before = re.split(r"[,|(–—-]", text_of(spans)[:start].strip(), maxsplit=1)[0]
    return start <= 80 and is_name(before)


def source_todos(entries: Sequence[SourceEntry]) -> list[Note]:
    """Return a task for each source with a web address in its title."""
    return [
        Note(NoteKind.TODO, f"write the title of this source instead of its address: {entry.outlet or entry.title}")
        for entry in entries
        if has_address(entry.title)
    ]


def looks_like_source(spans: Spans) -> bool:
    """Return whether a paragraph outside of a list may be a source."""
    text = text_of(spans).strip()
    return (
        (bool(first_link(spans)) or has_address(text))
        and len(text) < 300
        or (len(text) < 220 and (_OUTLET.match(text) is not None or _BULLET.match(text) is not None))
    )


def sources_value(entries: Sequence[SourceEntry]) -> EntryValue:
    """Return sources as lines, if every one of them fits; otherwise as a list with keys."""
    lines = "\n".join(_line(entry) for entry in entries)
    found, mistakes = parse_sources(lines)
    if not mistakes and len(found) == len(entries) and all(map(_is_same, found, entries)):
        return BlockText(lines, is_lines=True)
    return ItemList([_group(entry) for entry in entries])


def _line(entry: SourceEntry) -> str:
    mark = f" ({entry.mark})" if entry.mark else ""
    title = re.sub(r"[\[\]\\]", lambda found: f"\\{found[0]}", entry.title) if entry.url else entry.title
    link = f"[{title}]({entry.url})" if entry.url else title
    original = f" ({entry.original_title})" if entry.original_title else ""
    return f"{entry.outlet}{mark}: {link}{original}"


def _is_same(line: SourceLine, entry: SourceEntry) -> bool:
    book = FieldBook(known={}, mark=token_prefix(entry.title))
    return entry.date is None and not book.replace(line.title.text)[1] and (
        line.outlet.text, line.title.text, line.url.text if line.url else "", line.language or "",
        line.original_title.text if line.original_title else "",
    ) == (entry.outlet, entry.title, entry.url, entry.language, entry.original_title)  # fmt: skip


def _group(entry: SourceEntry) -> KeyGroup:
    values: list[tuple[str, EntryValue | None]] = [
        ("outlet", PlainText(entry.outlet) if entry.outlet else None),
        ("language", BareValue(entry.language) if entry.language else None),
        ("title", PlainText(entry.title)),
        ("original_title", PlainText(entry.original_title) if entry.original_title else None),
        ("url", BareValue(entry.url) if entry.url else None),
        ("date", BareValue(entry.date.isoformat()) if entry.date else None),
    ]
    return KeyGroup([KeyEntry(key, value) for key, value in values if value is not None])


def _is_other_script(text: str, title: str) -> bool:
    """Return whether a text is mostly in letters that the title does not use: Chinese, Cyrillic, Arabic …"""
    letters = [character for character in text if character.isalpha()]
    others = [character for character in letters if character > "\u024f"]
    mine = [character for character in title if character.isalpha() and character > "\u024f"]
    return len(others) * 2 > len(letters) and len(mine) * 2 <= max(len(title), 1)


def _link_start(spans: Spans) -> int | None:
    at = 0
    for span in spans:
        if span.link and span.text.strip():
            return at
        at += len(span.text)
    return None


def _link_end(spans: Spans) -> int:
    at = end = 0
    for span in spans:
        at += len(span.text)
        end = at if span.link else end
    return end
