"""What other programs read in the head of a page: JSON-LD (schema.org) and Open Graph.

Input: an issue and absolute addresses. Output: texts and pairs for templates. Guarantees: pure; the JSON is safe
inside a script element.
"""

import json
from dataclasses import dataclass

from composer.publish.archive_model import IssueSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAddresses:
    """The absolute addresses of a page: its own, that of the archive, and that of its picture."""

    page: str
    home: str
    card: str | None = None


def issue_data(issue: IssueSummary, newsletter: str, publisher: str | None, addresses: PageAddresses) -> str:
    """Return JSON-LD for an issue's page."""
    value: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": issue.title,
        "inLanguage": issue.language,
        "datePublished": issue.published.isoformat(),
        "dateModified": issue.updated.isoformat(),
        "mainEntityOfPage": addresses.page,
        "isPartOf": {"@type": "Periodical", "name": newsletter, "url": addresses.home},
        "publisher": {"@type": "Organization", "name": publisher or newsletter},
    }
    if issue.description:
        value["description"] = issue.description
    if issue.number is not None:
        value["issueNumber"] = issue.number
    if addresses.card:
        value["image"] = addresses.card
    if issue.corrections:
        value["correction"] = [
            {"@type": "CorrectionComment", "datePublished": each.at.isoformat()} for each in issue.corrections
        ]
    return as_script(value)


def as_script(value: object) -> str:
    """Return JSON without characters that could end a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def open_graph(issue: IssueSummary, newsletter: str, addresses: PageAddresses) -> tuple[tuple[str, str], ...]:
    """Return the properties of an issue's page for previews of links."""
    found = [
        ("og:type", "article"),
        ("og:site_name", newsletter),
        ("og:title", issue.title),
        ("og:url", addresses.page),
        ("og:locale", issue.language.replace("-", "_")),
        ("article:published_time", issue.published.isoformat()),
        ("article:modified_time", issue.updated.isoformat()),
    ]
    if issue.description:
        found.append(("og:description", issue.description))
    if addresses.card:
        found += [
            ("og:image", addresses.card),
            ("og:image:width", "1200"),
            ("og:image:height", "630"),
            ("og:image:alt", issue.title),
        ]
    return tuple(found)
