"""The archive as values: what the lists, feeds and pages about an issue need to know of every issue.

Input: a summary of each issue in each language. Output: the archive, with what follows from all of them together: years,
neighbours, translations and sections. Guarantees: pure; a summary contains no page, so that thousands fit in memory.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote

from composer.content.document.newsletter_config import ArchiveMode
from composer.core.archive_addresses import issue_address, pdf_address
from composer.publish.site.site_manifest import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSummary:
    """An item of a section, or a section without items."""

    #: The key of its section in newsletter.yaml, and the section's name in links.
    section: str
    section_anchor: str
    heading: str
    anchor: str
    title: str
    #: Its anchor in the text that was sent, if a correction has changed it.
    first_anchor: str | None = None
    #: The number that the item is about; None if it is about none.
    value: str | None = None
    #: Its text, and its source.
    text: str = ""
    outlet: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSummary:
    """An event with its day, for calendar files."""

    anchor: str
    title: str
    date: datetime.date
    time: str | None = None
    place: str | None = None
    url: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A change of the text after it was sent."""

    at: datetime.datetime
    #: What changed, as codes: changes.py puts them into words.
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSummary:
    """What the archive knows of an issue in one language besides its page."""

    #: The file's name without its ending, the issue's key, and the language in the file's name.
    stem: str
    key: str
    tag: str = ""
    #: The language of the texts (BCP 47).
    language: str
    date: datetime.date
    number: int | None = None
    title: str
    description: str = ""
    mode: ArchiveMode = ArchiveMode.PUBLIC
    #: Why it was withdrawn.
    withdrawn: str | None = None
    #: When it was published, and when its text was last changed.
    published: datetime.datetime
    updated: datetime.datetime
    # Not in the texts of pages, which are compared by `digest`.
    items: tuple[ItemSummary, ...] = field(default=(), repr=False)
    events: tuple[EventSummary, ...] = field(default=(), repr=False)
    #: The paths of its pictures in the archive.
    pictures: tuple[str, ...] = field(default=(), repr=False)
    #: The size of its PDF, and the digest of what it was made of; that is empty if something is wrong with it.
    pdf_bytes: int = 0
    pdf: str = field(default="", repr=False)
    #: The digest of its texts: without comments, layout and settings.
    digest: str
    #: The hash of the edition that was sent.
    sent_hash: str | None = None
    corrections: tuple[Correction, ...] = ()
    #: The title and the description as they were sent, if there are corrections.
    original_title: str = ""
    original_description: str = ""
    #: The address of the issue that this one corrects, and of the one that corrects this one, by stem.
    corrects: str | None = None

    @property
    def address(self) -> str:
        """The path of its page."""
        return issue_address(self.stem)

    @property
    def is_listed(self) -> bool:
        """Whether lists, feeds and the sitemap contain it."""
        return self.mode is ArchiveMode.PUBLIC

    @property
    def is_readable(self) -> bool:
        """Whether its page has its text."""
        return self.withdrawn is None

    @property
    def has_text(self) -> bool:
        """Whether it has a page with its text."""
        return self.is_readable and self.mode is not ArchiveMode.NONE

    @property
    def files(self) -> Mapping[str, str]:
        """Its files besides the pages, with the digests of what they are made of."""
        pdf = {unquote(self.pdf_address): self.pdf} if self.pdf_bytes else {}
        return {path: digest_of(path) for path in self.pictures} | pdf

    @property
    def pdf_address(self) -> str:
        """The path of its PDF, if it has one."""
        return pdf_address(self.stem)

    def may_lead_to(self, other: "IssueSummary") -> bool:
        """Whether its page may link to another issue: a listed page never leads to an unlisted one."""
        return other.is_listed or not self.is_listed

    @property
    def order(self) -> tuple[datetime.date, str]:
        """What issues are sorted by: the day, then the name."""
        return self.date, self.key


@dataclass(frozen=True, kw_only=True)
class SectionSummary:
    """A section of the newsletter in one language, with its items in all issues, the latest first."""

    key: str
    anchor: str
    heading: str
    entries: tuple[tuple[IssueSummary, ItemSummary], ...] = field(repr=False)

    @property
    def is_table(self) -> bool:
        """Whether its items are numbers, shown as a table."""
        return any(item.value is not None for _, item in self.entries)

    @cached_property
    def years(self) -> Mapping[int, tuple[tuple[IssueSummary, ItemSummary], ...]]:
        """Its items by year, the latest year first."""
        found: dict[int, list[tuple[IssueSummary, ItemSummary]]] = {}
        for issue, item in self.entries:
            found.setdefault(issue.date.year, []).append((issue, item))
        return {year: tuple(found[year]) for year in found}


@dataclass(frozen=True, kw_only=True)
class LanguageArchive:
    """The archive in one language."""

    #: The language in file names; empty for the newsletter's main language.
    tag: str
    language: str
    #: All issues that have a page, the latest first.
    issues: tuple[IssueSummary, ...] = field(repr=False)

    @cached_property
    def listed(self) -> tuple[IssueSummary, ...]:
        """The issues in lists, the latest first."""
        return tuple(issue for issue in self.issues if issue.is_listed)

    @cached_property
    def years(self) -> Mapping[int, tuple[IssueSummary, ...]]:
        """The listed issues by year, the latest year first."""
        found: dict[int, list[IssueSummary]] = {}
        for issue in self.listed:
            found.setdefault(issue.date.year, []).append(issue)
        return {year: tuple(found[year]) for year in found}

    @cached_property
    def neighbours(self) -> Mapping[str, tuple[IssueSummary | None, IssueSummary | None]]:
        """The issue before and the issue after each listed issue, by stem."""
        line = self.listed
        return {
            issue.stem: (line[at + 1] if at + 1 < len(line) else None, line[at - 1] if at else None)
            for at, issue in enumerate(line)
        }

    @cached_property
    def by_key(self) -> Mapping[str, IssueSummary]:
        """The issues by key."""
        return {issue.key: issue for issue in self.issues}

    @cached_property
    def corrections(self) -> Mapping[str, IssueSummary]:
        """The issues that correct another one, by the key of the corrected issue; the latest, if there are several."""
        return {issue.corrects: issue for issue in reversed(self.issues) if issue.corrects}

    @cached_property
    def sections(self) -> tuple[SectionSummary, ...]:
        """The sections that the listed issues have, in the order of the latest issue that has them."""
        found: dict[str, list[tuple[IssueSummary, ItemSummary]]] = {}
        for issue in self.listed:
            for item in issue.items if issue.is_readable else ():
                found.setdefault(item.section, []).append((issue, item))
        return tuple(
            SectionSummary(
                key=key, anchor=entries[0][1].section_anchor, heading=entries[0][1].heading, entries=tuple(entries)
            )
            for key, entries in found.items()
            if entries[0][1].heading
        )


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The archive in all languages, the newsletter's main language first."""

    languages: tuple[LanguageArchive, ...]

    @cached_property
    def translations(self) -> Mapping[str, tuple[IssueSummary, ...]]:
        """The editions of each issue in all languages, by key."""
        found: dict[str, list[IssueSummary]] = {}
        for each in self.languages:
            for issue in each.issues:
                found.setdefault(issue.key, []).append(issue)
        return {key: tuple(editions) for key, editions in found.items()}

    @property
    def issues(self) -> tuple[IssueSummary, ...]:
        """All issues in all languages."""
        return tuple(issue for each in self.languages for issue in each.issues)


def archive_of(summaries: Sequence[IssueSummary], languages: Mapping[str, str]) -> Archive:
    """Return the archive of issues; `languages` are the languages by their tag in file names, the main one (“”) first.

    Issues outside the archive are left out. Languages without issues are left out, except the main one.
    """
    kept = sorted((each for each in summaries if each.mode is not ArchiveMode.NONE), key=lambda each: each.order)
    kept.reverse()
    archives = []
    for tag, language in languages.items():
        own = tuple(issue for issue in kept if issue.tag == tag)
        if own or not tag:
            archives.append(LanguageArchive(tag=tag, language=language, issues=own))
    return Archive(languages=tuple(archives))
