"""An issue, rendered for the archive: its article, the pictures, and what lists and feeds show of it.

Input: an issue and its newsletter. Output: a `RenderedIssue`. Guarantees: nothing that is for some subscribers only is
in it, and no link of a subscriber; merge fields have their defaults.
"""

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from composer.content.document.issue import Issue, Section, select_variant
from composer.content.document.newsletter import Newsletter
from composer.content.document.variants import FOR_ALL
from composer.content.values.field_values import Group, Picture, text_in, value_in
from composer.content.values.merge_fields import MergeField
from composer.content.values.rich_text import Paragraph, Rich, plain_words
from composer.core.archive_addresses import FILES
from composer.core.errors import ContentError
from composer.mail.merge_slots import fill_html
from composer.publish.archive_model import EventSummary, ItemSummary
from composer.render.web.web_edition import WebEdition, WebStyles, render_web

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedIssue:
    """The article of an issue, with paths of its pictures that begin at the top of the archive."""

    edition: WebEdition
    items: tuple[ItemSummary, ...]
    events: tuple[EventSummary, ...]
    #: The pictures by path.
    pictures: tuple[tuple[str, Picture], ...] = field(repr=False)


#: The pages have one style sheet for all issues (site_styles.py).
_NO_STYLES = WebStyles(screen="", paper="")


def render_issue(issue: Issue, newsletter: Newsletter, root: str) -> RenderedIssue:
    """Render an issue; `root` leads from its page to the top of the archive.

    Raises ContentError for mistakes in the theme, and for an issue without anything that is for everyone.
    """
    public = without_conditional(issue)
    if issue.sections and not public.sections:
        message = "no part of this issue is for all subscribers, so its page would be empty"
        raise ContentError((issue.place().problem("archive", message, "write   archive: none   in the issue"),))
    edition = render_web(public, newsletter, fill_html, _NO_STYLES)
    paths = {picture.src: picture_path(picture) for picture in edition.pictures}
    shown = edition.with_pictures({src: f"{root}{path}" for src, path in paths.items()})
    fields = public.fields.fields
    return RenderedIssue(
        edition=shown,
        items=tuple(_items(public, shown, fields)),
        events=tuple(_events(public, shown, fields)),
        pictures=tuple({path: picture for picture in edition.pictures if (path := paths[picture.src])}.items()),
    )


def without_conditional(issue: Issue) -> Issue:
    """Return the issue without every part that has a condition (`only:`)."""
    # The variant for all subscribers keeps no such part.
    return select_variant(issue, FOR_ALL)


def picture_path(picture: Picture) -> str:
    """Return the path of a picture in the archive, which changes with its content."""
    stem, _, ending = picture.name.rpartition(".")
    name = _UNSAFE.sub("-", stem or ending).strip("-") or "picture"
    ending = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}.get(picture.media_type, "bin")
    return f"{FILES}/{name}-{hashlib.sha256(picture.data).hexdigest()[:10]}.{ending}"


def _items(issue: Issue, edition: WebEdition, fields: tuple[MergeField, ...]) -> Iterator[ItemSummary]:
    """Yield the items in the order of the page; a section without items is one."""
    anchors = {(each.section, number): each for number, each in enumerate(edition.items)}
    by_section: dict[str, list[tuple[str, str]]] = {}
    for each in anchors.values():
        by_section.setdefault(each.section, []).append((each.anchor, each.title))
    headings = {each.key: each.heading for each in edition.sections}
    for section in issue.sections:
        key, spec = section.spec.key, section.spec
        groups = list(section.items) or [group for _, group in section.pieces]
        named = by_section.get(key, []) if section.items else []
        for number, group in enumerate(groups):
            anchor, title = named[number] if number < len(named) else (spec.anchor, _title(group, fields))
            value = _text(group, "value", fields)
            yield ItemSummary(
                section=key,
                section_anchor=spec.anchor,
                heading=headings.get(key, ""),
                anchor=anchor,
                title=title or headings.get(key, ""),
                value=value if value and not section.items else None,
                text=_first_text(group, fields) if value else "",
                outlet=_text(group, "outlet", fields) if value else None,
                url=_text(group, "url", fields) if value else None,
            )


def _events(issue: Issue, edition: WebEdition, fields: tuple[MergeField, ...]) -> Iterator[EventSummary]:
    """Yield the items that have a day and a place or a time: the events."""
    anchors = {(each.section, each.title): each.anchor for each in edition.items}
    for section in issue.sections:
        if not _has_events(section):
            continue
        for group in section.items:
            day, title = value_in(group, "date"), _title(group, fields)
            if isinstance(day, datetime.date) and title:
                yield EventSummary(
                    anchor=anchors.get((section.spec.key, title), section.spec.anchor),
                    title=title,
                    date=day,
                    time=_text(group, "time", fields),
                    place=_text(group, "place", fields),
                    url=_text(group, "url", fields),
                    text=_first_text(group, fields),
                )


def _has_events(section: Section) -> bool:
    """Return whether a section lists events: items with fields for a day and for a time or a place."""
    content = section.spec.type.content
    fields = content.items.properties if content.items else {}
    return "date" in fields and ("time" in fields or "place" in fields)


def _title(group: Group, fields: tuple[MergeField, ...]) -> str:
    return _text(group, "title", fields) or _text(group, "name", fields) or ""


def _text(group: Group, name: str, fields: tuple[MergeField, ...]) -> str | None:
    text = text_in(group, name) if name in iter(group) else None
    return filled(str(text), fields) if text else None


def _first_text(group: Group, fields: tuple[MergeField, ...]) -> str:
    """Return the first Markdown text of an item, whole: a list that breaks off in a sentence says something else."""
    rich = next((value for name in group if isinstance(value := group[name], Rich) and value), None)
    words = [plain_words(node.children) for node in rich.nodes if isinstance(node, Paragraph)] if rich else []
    return filled(" ".join(" ".join(words).split()), fields)


def filled(text: str, fields: tuple[MergeField, ...]) -> str:
    """Return a plain text with the defaults of its merge fields."""
    text = str(text)
    for each in fields:
        text = text.replace(each.token, each.stand_in)
    return text
