"""The texts, links, outlets and images of an issue, each with the place where it was written.

Input: an `Issue`. Output: flat lists in reading order for the checks.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from composer.content.document.issue import Issue, Section
from composer.content.document.rich_parts import links, only_points, paragraphs
from composer.content.schema.messages import where
from composer.content.values.field_values import Group, Picture, Value, value_in
from composer.content.values.rich_text import Rich, plain_words
from composer.content.values.source_map import Mark, SourceStr
from composer.content.yaml.source import SourcePlace

#: Beginnings of links that open another program than the browser.
NO_PAGE = ("mailto:", "tel:")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueText:
    """A text of the issue. `section` is None for texts before the sections."""

    words: str
    mark: Mark
    section: Section | None
    #: Paragraphs are Markdown; titles, names and captions are plain.
    is_paragraph: bool
    #: Whether it is the only item of a list.
    is_only_point: bool = False
    #: Whether it is cited: part of a source, or the title of a page in a list of links.
    is_cited: bool = False


class Role(StrEnum):
    """What a link is for."""

    #: A link within a text.
    TEXT = "text"
    #: The article that a list item is about.
    ITEM = "item"
    #: A source of a text.
    SOURCE = "source"
    #: A button, an event, a person, or the page that an image links to.
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A link of the issue: in a text, a source, a title or a button."""

    url: str
    words: str
    mark: Mark
    section: Section | None
    role: Role = Role.TEXT
    #: The path of its item, or of its section if the section is not a list.
    item: tuple[str | int, ...] = ()
    #: The text of its paragraph before and after it; after the title of an item, the other texts of the item.
    before: str = ""
    after: str = ""
    #: Whether a title or another paragraph before it says what it is about.
    is_led: bool = False
    #: The outlet if the link is a source.
    outlet: str | None = None
    #: The day on which an editor confirmed that it works.
    checked: datetime.date | None = None

    @property
    def paragraph(self) -> str:
        """The text of its paragraph."""
        return f"{self.before}{self.words}{self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An image of the issue with its alt text and caption."""

    picture: Picture
    alt: str
    caption: str
    place: SourcePlace
    trail: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """The name of an outlet as written at one place."""

    name: str
    mark: Mark


@dataclass(frozen=True)
class IssueTexts:
    """The texts, links, outlets and images of one issue."""

    issue: Issue

    @cached_property
    def roots(self) -> tuple[tuple[Section | None, tuple[str | int, ...], Value], ...]:
        """The parts of the issue that have content, with their section and path."""
        above = ((key, getattr(self.issue, key)) for key in ("subject", "preheader", "note"))
        inner = ((section, path, item) for section in self.issue.sections for path, item in section.parts)
        return (*((None, (key,), value) for key, value in above if value is not None), *inner)

    @cached_property
    def texts(self) -> tuple[IssueText, ...]:
        """Every text of the issue, paragraph by paragraph; no addresses, no languages of sources."""
        return tuple(found for section, _, value in self.roots for found in self._texts(value, section))

    def _texts(
        self, value: Value, section: Section | None = None, *, is_item: bool = True, is_cited: bool = False
    ) -> Iterator[IssueText]:
        match value:
            case SourceStr() if mark := self.issue.marks.of(value):
                if not value.startswith(("https://", "http://")):
                    is_cited = is_cited or _is_title_of_link(mark, section)
                    yield IssueText(words=str(value), mark=mark, section=section, is_paragraph=False, is_cited=is_cited)
            case Rich():
                lonely = set(only_points(value.nodes))
                for paragraph in paragraphs(value.parts):
                    if mark := self.issue.marks.find(paragraph.mark):
                        yield IssueText(
                            words=plain_words(paragraph.children),
                            mark=mark,
                            section=section,
                            is_paragraph=True,
                            is_only_point=paragraph.mark in lonely,
                        )
            case Group():
                is_cited = is_cited or (not is_item and bool(_first(value, "outlet")))
                for name in value:
                    yield from self._texts(value[name], section, is_item=False, is_cited=is_cited)
            case tuple():
                for item in value:
                    yield from self._texts(item, section, is_item=False, is_cited=is_cited)
            case _:
                pass

    def words_of(self, value: Value) -> Iterator[str]:
        """Yield the words of a part of the issue, text by text."""
        return (text.words for text in self._texts(value))

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every link that the editors wrote, in order."""
        return tuple(
            found
            for section, path, value in self.roots
            for found in self._references(value, section, path, is_item=True, is_led=False)
        )

    def _references(
        self, value: Value, section: Section | None, path: tuple[str | int, ...], *, is_led: bool, is_item: bool = False
    ) -> Iterator[Reference]:
        match value:
            case Rich():
                for number, paragraph in enumerate(paragraphs(value.parts)):
                    whole = plain_words(paragraph.children)
                    for before, link in links(paragraph.children):
                        words = plain_words(link.children)
                        if mark := self.issue.marks.find(link.mark):
                            yield Reference(
                                url=link.url,
                                words=words,
                                mark=mark,
                                section=section,
                                item=path,
                                before=before,
                                after=whole[len(before) + len(words) :],
                                is_led=is_led or number > 0,
                            )
            case Group():
                url = value_in(value, "url")
                if isinstance(url, SourceStr) and (mark := self.issue.marks.of(url)):
                    checked = value_in(value, "checked")
                    words = _first(value, "title", "text", "outlet", "author", "name", "caption", "heading")
                    yield Reference(
                        url=str(url),
                        words=words,
                        mark=mark,
                        section=section,
                        role=_role(value, section, is_item=is_item),
                        item=path,
                        after=" ".join(each for each in self.words_of(value) if each != words),
                        outlet=_first(value, "outlet") or None,
                        checked=checked if isinstance(checked, datetime.date) else None,
                    )
                is_led = is_led or bool(_first(value, "title", "name"))
                for name in value:
                    yield from self._references(value[name], section, path, is_led=is_led)
            case tuple():
                for item in value:
                    yield from self._references(item, section, path, is_led=is_led)
            case _:
                pass

    @cached_property
    def outlets(self) -> tuple[Outlet, ...]:
        """Every outlet that the issue names, in order."""
        return tuple(found for _, _, value in self.roots for found in self._outlets(value))

    def _outlets(self, value: Value) -> Iterator[Outlet]:
        if isinstance(value, Group):
            outlet = value_in(value, "outlet")
            if isinstance(outlet, SourceStr) and (mark := self.issue.marks.of(outlet)):
                yield Outlet(name=str(outlet), mark=mark)
            for name in value:
                yield from self._outlets(value[name])
        elif isinstance(value, tuple):
            for item in value:
                yield from self._outlets(item)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The images of the issue, in order."""
        return tuple(found for _, path, value in self.roots for found in self._figures(value, path))

    def _figures(self, value: Value, path: tuple[str | int, ...]) -> Iterator[Figure]:
        match value:
            case Group():
                for name in value:
                    inner = value[name]
                    if isinstance(inner, Picture):
                        yield Figure(
                            picture=inner,
                            alt=_first(value, "alt"),
                            caption=_first(value, "caption", "title", "name"),
                            place=self.issue.place(*path, name),
                            trail=trail_of(path),
                        )
                    else:
                        yield from self._figures(inner, (*path, name))
            case tuple():
                for index, item in enumerate(value):
                    yield from self._figures(item, (*path, index))
            case _:
                pass


def _role(value: Group, section: Section | None, *, is_item: bool) -> Role:
    """Return the role of a group's address; several events may have the same page."""
    if not is_item:
        return Role.SOURCE if _first(value, "outlet") else Role.OTHER
    if section is None or not section.items or not _first(value, "title"):
        return Role.OTHER
    return Role.OTHER if section.spec.type.name == "events" else Role.ITEM


def _is_title_of_link(mark: Mark, section: Section | None) -> bool:
    return section is not None and section.spec.type.name == "links" and mark.trail[-1:] == ("title",)


def named(mark: Mark, message: str) -> str:
    """Return a message with the name of its place in front: `top story, source 2: …`."""
    return where(mark.trail, message)


def named_path(path: tuple[str | int, ...], message: str) -> str:
    """Return a message with the name of the text at a path in front."""
    return where(trail_of(path), message)


def trail_of(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the parts of a path as messages name them: `("topics 2", "figure")`."""
    steps: list[str] = []
    for part in path:
        if isinstance(part, int) and steps:
            steps[-1] += f" {part + 1}"
        else:
            steps.append(str(part).replace("_", " "))
    return tuple(steps)


def _first(group: Group, *names: str) -> str:
    return next((str(text) for name in names if isinstance(text := value_in(group, name), str) and text), "")
