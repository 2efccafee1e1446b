"""The archive as values: what the lists, feeds and pages about an issue need to know of every issue.

Input: a summary of each issue in each language. Output: the archive, with what follows from all of them together: years,
neighbours, translations and sections. Guarantees: pure; a summary contains neither a page nor the items of its sections
(`IssueParts`, of one issue at a time), so that thousands fit in memory.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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
    #: Its anchor in the text that was sent, if a correction has changed it.
    first_anchor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueParts:
    """What is in the sections of an issue."""

    items: tuple[ItemSummary, ...] = ()
    events: tuple[EventSummary, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueSection:
    """A section of an issue, without its items."""

    key: str
    anchor: str
    heading: str
    #: Whether it has numbers.
    has_values: bool = False
    #: The digest of its items.
    digest: str


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
    sections: tuple[IssueSection, ...] = field(default=(), repr=False)
    #: The digest of its events; empty without events.
    events: str = field(default="", repr=False)
    #: The size of its PDF; 0 without a PDF.
    pdf_bytes: int = 0
    #: The digest of its texts: without comments, layout and settings.
    digest: str
    #: The digest of everything that its page is made of.
    made_of: str = field(default="", repr=False)
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
    """A section of the newsletter in one language, with the issues that have it, the latest first."""

    key: str
    anchor: str
    heading: str
    issues: tuple[tuple[IssueSummary, IssueSection], ...] = field(repr=False)

    @property
    def is_table(self) -> bool:
        """Whether its items are numbers, shown as a table."""
        return any(own.has_values for _, own in self.issues)

    @cached_property
    def years(self) -> Mapping[int, tuple[tuple[IssueSummary, IssueSection], ...]]:
        """The issues by year, the latest year first."""
        found: dict[int, list[tuple[IssueSummary, IssueSection]]] = {}
        for issue, own in self.issues:
            found.setdefault(issue.date.year, []).append((issue, own))
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
        found: dict[str, list[tuple[IssueSummary, IssueSection]]] = {}
        for issue in self.listed:
            for each in issue.sections if issue.is_readable else ():
                found.setdefault(each.key, []).append((issue, each))
        return tuple(
            SectionSummary(key=key, anchor=issues[0][1].anchor, heading=issues[0][1].heading, issues=tuple(issues))
            for key, issues in found.items()
            if issues[0][1].heading
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


def sections_of(items: Sequence[ItemSummary]) -> tuple[IssueSection, ...]:
    """Return the sections of an issue, in its order."""
    found: dict[str, list[ItemSummary]] = {}
    for item in items:
        found.setdefault(item.section, []).append(item)
    return tuple(
        IssueSection(
            key=key,
            anchor=own[0].section_anchor,
            heading=own[0].heading,
            has_values=any(item.value is not None for item in own),
            digest=digest_of(repr(own)),
        )
        for key, own in found.items()
    )


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
