"""The other issues that an issue's page leads to.

Input: the site and an issue. Output: the issues, and a digest of what the page shows of them. Guarantees: pure; the page
has to be made again only if the digest changes.
"""

from dataclasses import dataclass

from composer.publish.archive_model import IssueSummary
from composer.publish.site.page_frame import LanguageSite, Site
from composer.publish.site.site_manifest import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedIssues:
    """The other issues; each may be missing."""

    older: IssueSummary | None
    newer: IssueSummary | None
    #: The issue that it corrects, and the one that corrects it.
    corrects: IssueSummary | None
    corrected_by: IssueSummary | None
    #: The issue in all languages, itself included.
    editions: tuple[IssueSummary, ...]

    @property
    def digest(self) -> str:
        """The digest of what a page shows of them."""
        issues = (self.older, self.newer, self.corrects, self.corrected_by, *self.editions)
        return digest_of(*(repr(_shown(each)) if each is not None else "" for each in issues))


def related_issues(site: Site, own: LanguageSite, issue: IssueSummary) -> RelatedIssues:
    """Return the other issues that an issue's page leads to."""
    older, newer = own.archive.neighbours.get(issue.stem, (None, None))
    return RelatedIssues(
        older=older,
        newer=newer,
        corrects=own.archive.by_key.get(issue.corrects or ""),
        corrected_by=own.archive.corrections.get(issue.key),
        editions=site.archive.translations.get(issue.key, ()),
    )


def _shown(issue: IssueSummary) -> tuple[object, ...]:
    """Return what a page may show of another issue."""
    return issue.stem, issue.title, issue.date, issue.number, issue.description, issue.is_readable, issue.mode
