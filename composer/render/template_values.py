"""An issue and its sections, as the templates of every kind of edition see them.

Input: an `Issue` and its `Newsletter`. Output: the values for templates, with tokens for merge fields. Guarantees: the
message and the web edition get the same values from here; reads no files.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from composer.content.document.issue import Issue, Section
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Group, text_in
from composer.content.values.rich_text import Rich
from composer.core.language_tags import direction
from composer.render.templating.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the table of contents; level 1 is a section, level 2 an item."""

    title: str
    anchor: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Items of a list below a heading; without a heading, url and intro if the list has no groups."""

    heading: str
    url: str | None
    intro: Rich | None
    items: tuple[Group, ...]
    #: The number of items in the groups before it.
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section, as its templates see it."""

    key: str
    type: str
    heading: str
    anchor: str
    options: Group
    #: The page that the heading links to, and the text below the heading of a list.
    url: str | None
    intro: Rich | None
    content: Group | tuple[Group, ...]
    #: The items of a list, group by group; one group without a heading if the list has no groups.
    groups: tuple[GroupView, ...]
    #: Whether it opens the edition.
    first: bool
    #: The places that the contents lead to.
    anchors: tuple[str, ...]
    #: The place of each item; empty if the section is not a list.
    item_anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSection:
    """A rendered section, as the page template sees it."""

    key: str
    type: str
    heading: str
    #: The page that the heading links to, and the text below the heading of a list.
    url: str | None
    intro: Rich | None
    anchor: str
    body: str
    contents: tuple[Entry, ...]
    #: In a message: a class for the outermost element of the section.
    mark: str
    #: In a message: whether the body consists of mj-section elements.
    own_sections: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """The issue, as templates see it."""

    date: datetime.date
    number: int | None
    subject: str
    preheader: str | None
    note: Rich | None
    language: str
    direction: str
    masthead: tuple[Group, ...]
    imprint: Group | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The personal links of a subscriber, as tokens; None if the newsletter or the edition has no such page."""

    unsubscribe: str | None = None
    preferences: str | None = None
    web: str | None = None
    #: The PDF in the online archive; the same for everybody.
    pdf: str | None = None
    #: The page to sign up on; the same for everybody.
    subscribe: str | None = None


def shared_context(issue: Issue, newsletter: Newsletter, theme: Theme, links: Links) -> dict[str, object]:
    """Return what the templates of all sections, of the page and of the style sheets see."""
    return {
        "newsletter": newsletter.template_values,
        "issue": _issue_view(issue),
        "phrases": theme.phrases,
        "theme": theme.values,
        "links": links,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _AnyIssue:
    """What all issues in a language have in common, for style sheets."""

    language: str
    direction: str


def style_context(newsletter: Newsletter, theme: Theme) -> dict[str, object]:
    """Return what the templates of style sheets see that are the same for all issues in a language."""
    tag = newsletter.language
    return {
        "newsletter": newsletter.template_values,
        "issue": _AnyIssue(language=tag, direction=direction(tag)),
        "phrases": theme.phrases,
        "theme": theme.values,
    }


def _issue_view(issue: Issue) -> IssueView:
    return IssueView(
        date=issue.date,
        number=issue.number,
        subject=issue.subject,
        preheader=issue.preheader,
        note=issue.note,
        language=issue.language,
        direction=direction(issue.language),
        masthead=issue.masthead,
        imprint=issue.imprint,
    )


def section_view(section: Section, number: int, anchors: Sequence[str], contents: Sequence[Entry]) -> SectionView:
    """Return a section as its templates see it; `anchors` are those of its items."""
    spec = section.spec
    return SectionView(
        key=spec.key,
        type=spec.type.name,
        heading=spec.heading,
        anchor=spec.anchor,
        options=spec.options,
        url=_heading_url(section),
        intro=section.frame.intro if section.frame else None,
        content=section.content,
        groups=_group_views(section),
        first=number == 0,
        anchors=tuple(entry.anchor for entry in contents),
        item_anchors=tuple(anchors),
    )


def page_section(section: Section, body: str, contents: Sequence[Entry], mark: str = "") -> PageSection:
    """Return a rendered section as the page template sees it."""
    spec = section.spec
    return PageSection(
        key=spec.key,
        type=spec.type.name,
        heading=spec.heading,
        url=_heading_url(section),
        intro=section.frame.intro if section.frame else None,
        anchor=spec.anchor,
        body=body,
        contents=tuple(contents),
        mark=mark,
        own_sections=spec.type.has_own_sections,
    )


def _heading_url(section: Section) -> str | None:
    """Return the page that the heading links to; an address in the issue takes precedence."""
    return (section.frame.url if section.frame else None) or section.spec.heading_url


def _group_views(section: Section) -> tuple[GroupView, ...]:
    """Return the groups of a list; one group of all items if it is not grouped, and nothing if the section is not a list."""
    if not section.groups:
        alone = GroupView(heading="", url=None, intro=None, items=section.items, start=0)
        return (alone,) if section.items else ()
    found: list[GroupView] = []
    start = 0
    for group in section.groups:
        items = section.items_of(group)
        found.append(GroupView(heading=group.heading, url=group.url, intro=group.intro, items=items, start=start))
        start += len(items)
    return tuple(found)


def numbered_anchors(section: Section) -> tuple[str, ...]:
    """Return the anchors of a section's items by their position: `topics-1`."""
    return tuple(f"{section.spec.anchor}-{number}" for number in range(1, len(section.items) + 1))


def title_of(item: Group) -> str | None:
    """Return the title of an item: a name or a title."""
    named = next((key for key in ("name", "title") if key in item), None)
    return text_in(item, named) if named else None


def contents_of(section: Section, anchors: Sequence[str]) -> tuple[Entry, ...]:
    """Return the titles of the items; the section's heading if there are no items, or when only headings are wanted.

    `anchors` are those of the items.
    """
    spec = section.spec
    if spec.contents == "none" or spec.type.is_advertising:
        return ()
    entries = []
    if spec.contents == "titles":
        alone = ((section.content, spec.anchor),) if isinstance(section.content, Group) else ()
        for item, anchor in tuple(zip(section.items, anchors, strict=True)) or alone:
            if title := title_of(item):
                entries.append(Entry(title=str(title), anchor=anchor, level=2))
    if not entries and spec.heading:
        entries.append(Entry(title=str(spec.heading), anchor=spec.anchor, level=1))
    return tuple(entries)


def subscribe_page(newsletter: Newsletter) -> str | None:
    """Return the address of the page to sign up on, or None if the newsletter has no public pages."""
    public = newsletter.delivery.public_url
    return f"{public.rstrip('/')}/subscribe" if public is not None else None
