"""The pages of the archive: lists of issues and sections, issues, withdrawn issues, the page for an unknown address.

Input: the site, and the article of an issue. Output: HTML. Guarantees: reads only the theme's templates; the same
values give the same bytes. Raises ContentError for mistakes in the theme.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from composer.core.archive_addresses import ORIGINAL, section_address
from composer.publish.archive_model import IssueParts, IssueSummary, ItemSummary, SectionSummary
from composer.publish.site.page_frame import LanguageSite, PageFrame, PageLink, Site
from composer.publish.site.page_publisher import publisher_of
from composer.publish.site.related_issues import RelatedIssues, related_issues
from composer.publish.site.site_manifest import digest_of
from composer.publish.site.structured_data import PageAddresses, issue_data, open_graph
from composer.publish.sources.source_changes import change_texts

#: The pages with an article, which has its own imprint.
_WITH_ARTICLE = ("issue", "original")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIssue:
    """An issue in a list."""

    href: str
    title: str
    date: datetime.date
    number: int | None
    description: str
    is_withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """An item in the list of a section."""

    href: str
    item: ItemSummary
    issue: IssueSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCorrection:
    """A correction, as text."""

    date: datetime.date
    changes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PageDraft:
    """A page before it is rendered."""

    own: LanguageSite
    template: str
    #: The digest of all that the page shows, besides its article and what all pages are made with.
    made_of: str
    #: Returns what the page shows; called only if it is rendered.
    values: Callable[[], Mapping[str, object]]

    def html(self, article: str = "") -> str:
        """Return the page. Raises ContentError for mistakes in the theme."""
        theme = self.own.theme
        context: dict[str, object] = {"phrases": theme.phrases, "theme": theme.values, "article": Markup(article)}
        return theme.render(self.template, {**context, **self.values()})


def list_page(site: Site, own: LanguageSite, year: int | None) -> "PageDraft":
    """Return the list of a year; without a year, the first page with the latest year."""
    archive = own.archive
    address = own.folder + (f"{year:04d}/" if year is not None else "")
    shown = year if year is not None else next(iter(archive.years), None)
    name = own.newsletter.name
    frame = site.frame(
        own,
        address,
        title=name if year is None else f"{name} {year}",
        others={
            tag: each.folder + (f"{year:04d}/" if year is not None else "")
            for tag, each in site.languages.items()
            if year is None or year in each.archive.years
        },
    )
    if year is not None and year == next(iter(archive.years)):
        frame = _same_as(site, frame, own.folder)
    return _draft(
        own,
        "list",
        frame,
        year=year,
        issues=[_listed(issue, frame.root) for issue in archive.years.get(shown, ())] if shown is not None else [],
        years=_years(own.folder, frame.root, archive.years, shown),
        sections=[
            PageLink(href=f"{frame.root}{section_address(own.tag, each.anchor)}", text=each.heading)
            for each in archive.sections
        ],
    )


def section_page(
    site: Site, own: LanguageSite, section: SectionSummary, year: int | None, parts: Callable[[str], IssueParts]
) -> "PageDraft":
    """Return a section's items of a year; without a year, of the latest. `parts` returns those of an issue by its stem."""
    address = section_address(own.tag, section.anchor, year)
    shown = year if year is not None else next(iter(section.years))
    others = {}
    for tag, each in site.languages.items():
        same = next((other for other in each.archive.sections if other.key == section.key), None)
        if same is not None and (year is None or year in same.years):
            others[tag] = section_address(tag, same.anchor, year)
    title = f"{section.heading} {year}" if year is not None else section.heading
    frame = site.frame(own, address, title=f"{title} · {own.newsletter.name}", others=others, section=section.anchor)
    if year == next(iter(section.years)):
        frame = _same_as(site, frame, section_address(own.tag, section.anchor))

    def items() -> Iterator[ListedItem]:
        for issue, _ in section.years[shown]:
            for item in parts(issue.stem).items:
                if item.section == section.key:
                    yield ListedItem(href=f"{frame.root}{issue.address}#{item.anchor}", item=item, issue=issue)

    draft = _draft(
        own,
        "section",
        frame,
        heading=section.heading,
        year=shown,
        is_table=section.is_table,
        made_of=[f"{issue.stem} {issue.date} {each.digest}" for issue, each in section.years[shown]],
        years=_years(section_address(own.tag, section.anchor), frame.root, section.years, shown),
    )
    # Read only if the page is rendered: `made_of` has the digests of them.
    return replace(draft, values=lambda: {**draft.values(), "items": list(items())})


def issue_page(site: Site, own: LanguageSite, issue: IssueSummary) -> "PageDraft":
    """Return an issue's page: there are thousands of them, so what it shows is put together only if it is rendered."""
    related = related_issues(site, own, issue)
    return PageDraft(
        own=own,
        template=_template("issue"),
        made_of=digest_of("issue", *site.languages, repr(issue), related.digest),
        values=lambda: _issue_values(site, own, issue, related),
    )


def _issue_values(site: Site, own: LanguageSite, issue: IssueSummary, related: RelatedIssues) -> Mapping[str, object]:
    name = own.newsletter.name
    frame = _issue_frame(site, own, issue, issue.address, title=f"{issue.title} · {name}")
    url, home = site.absolute(issue.address), site.absolute(own.folder)
    if url and home:
        addresses = PageAddresses(page=url, home=home, card=site.absolute(own.card_path(issue)))
        frame = replace(
            frame,
            properties=open_graph(issue, name, addresses),
            data=issue_data(issue, name, own.newsletter.sender.name, addresses),
        )
    return _values(
        own,
        "issue",
        frame,
        issue=issue,
        corrections=_corrections(own, issue),
        original=f"{frame.root}{issue.address}{ORIGINAL}/" if issue.corrections else None,
        older=_link(related.older, frame.root),
        newer=_link(related.newer, frame.root),
        corrects=_related(issue, related.corrects, frame.root),
        corrected_by=_related(issue, related.corrected_by, frame.root),
        calendar=f"{frame.root}{calendar_path(issue)}" if issue.events else None,
        pdf=f"{frame.root}{issue.pdf_address}" if issue.pdf_bytes else None,
    )


def original_page(site: Site, own: LanguageSite, issue: IssueSummary) -> "PageDraft":
    """Return the page with the text as it was sent, of an issue that was corrected later."""
    address = f"{issue.address}{ORIGINAL}/"
    sent = replace(issue, title=issue.original_title, description=issue.original_description)
    frame = _issue_frame(site, own, sent, address, title=f"{sent.title} · {own.newsletter.name}", is_original=True)
    return _draft(
        own,
        "original",
        frame,
        issue=issue,
        corrections=_corrections(own, issue),
        current=f"{frame.root}{issue.address}",
    )


def withdrawn_page(site: Site, own: LanguageSite, issue: IssueSummary) -> "PageDraft":
    """Return the page of an issue that was withdrawn."""
    frame = _issue_frame(site, own, issue, issue.address, title=f"{issue.title} · {own.newsletter.name}")
    return _draft(own, "withdrawn", replace(frame, is_indexed=False), issue=issue)


def missing_page(site: Site, own: LanguageSite) -> "PageDraft":
    """Return the page that a server shows for an unknown address; it works at every address."""
    frame = site.frame(own, "", title=own.newsletter.name, is_indexed=False)
    base = site.base_path
    languages = tuple(
        replace(link, href=f"{base}{each.folder}")
        for link, each in zip(frame.languages, site.languages.values(), strict=False)
    )
    frame = replace(
        frame,
        root=base,
        home=f"{base}{own.folder}",
        inline_style=own.css,
        canonical=None,
        languages=languages,
        feeds=(),
    )
    return _draft(own, "missing", frame)


def calendar_path(issue: IssueSummary) -> str:
    """Return the address of an issue's calendar file."""
    return f"{issue.address}events.ics"


def _same_as(site: Site, frame: PageFrame, address: str) -> PageFrame:
    """Return the frame of a page that has the same content as another one: search engines should know only that one."""
    return replace(frame, canonical=site.absolute(address), alternates=())


def _issue_frame(
    site: Site, own: LanguageSite, issue: IssueSummary, address: str, *, title: str, is_original: bool = False
) -> PageFrame:
    editions = site.archive.translations.get(issue.key, ())
    others = {each.tag: each.address for each in editions if issue.may_lead_to(each)}
    frame = site.frame(
        own,
        address,
        title=title,
        description=issue.description,
        others={} if is_original else others,
        is_indexed=issue.is_listed and not is_original,
    )
    # The text as it was sent is a copy of the page for search engines.
    return replace(frame, canonical=site.absolute(issue.address)) if is_original else frame


def _draft(own: LanguageSite, name: str, page: PageFrame, **more: object) -> PageDraft:
    values = _values(own, name, page, **more)
    return PageDraft(own=own, template=_template(name), made_of=digest_of(name, repr(values)), values=lambda: values)


def _template(name: str) -> str:
    return f"web/{name}.html.j2"


def _values(own: LanguageSite, name: str, page: PageFrame, **more: object) -> Mapping[str, object]:
    publisher = None if name in _WITH_ARTICLE else publisher_of(own.newsletter)
    return {"name": own.newsletter.name, "logo": own.logo, "page": page, "publisher": publisher, **more}


def _listed(issue: IssueSummary, root: str) -> ListedIssue:
    return ListedIssue(
        href=f"{root}{issue.address}",
        title=issue.title,
        date=issue.date,
        number=issue.number,
        description=issue.description,
        is_withdrawn=not issue.is_readable,
    )


def _years(folder: str, root: str, years: Mapping[int, object], shown: int | None) -> list[PageLink]:
    return (
        [PageLink(href=f"{root}{folder}{year:04d}/", text=str(year), is_current=year == shown) for year in years]
        if len(years) > 1
        else []
    )


def _link(issue: IssueSummary | None, root: str) -> ListedIssue | None:
    return _listed(issue, root) if issue is not None else None


def _related(issue: IssueSummary, other: IssueSummary | None, root: str) -> ListedIssue | None:
    return _link(other, root) if other is not None and issue.may_lead_to(other) else None


def _corrections(own: LanguageSite, issue: IssueSummary) -> Sequence[ListedCorrection]:
    headings = {each.key: each.heading for each in issue.sections}
    zone = own.newsletter.zone
    return [
        ListedCorrection(
            date=each.at.astimezone(zone).date(),
            changes=change_texts(each.changes, headings, own.theme.phrases),
        )
        for each in issue.corrections
    ]
