"""An edition under review: its issue and newsletter, the earlier issues, and the day.

Input: an edition and the values it was built from. Output: the page as a tree whose elements know where they were written.
Guarantees: expensive values are computed once.
"""

import datetime
from dataclasses import dataclass, field
from functools import cached_property

import lxml.html
from lxml.etree import _Element as Element

from composer.checks.css.styles import CssScheme, Styles
from composer.checks.issue_text import Figure, IssueText, IssueTexts, Reference
from composer.content.document.issue import Issue
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Group, Picture
from composer.content.yaml.nodes import Mapping
from composer.content.yaml.source import SourcePlace
from composer.core.issue_files import SameIssue
from composer.render.edition import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What checks need to know about an earlier issue."""

    stem: str
    date: datetime.date
    subject: str
    urls: frozenset[str]
    outlets: frozenset[str]
    number: int | None


@dataclass(frozen=True, kw_only=True)
class ReviewedEdition:
    """One edition under review."""

    issue: Issue
    newsletter: Newsletter
    edition: Edition
    #: The values of theme.yaml.
    theme: Group
    #: The subject, the HTML with places as attributes, and the plaintext; merge fields have sample values.
    subject: str
    html: str
    text: str
    #: The size of the HTML part as it is sent, in bytes.
    size: int
    pictures: tuple[tuple[str, Picture], ...]
    #: Earlier issues in the same language, the latest first.
    earlier: tuple[Earlier, ...]
    #: Other files that contain this issue, such as copies.
    same_issue: tuple[SameIssue, ...] = ()
    #: The issue in the newsletter's own language, if this one is a translation.
    original: Mapping | None = None
    today: datetime.date
    _places: dict[str, SourcePlace] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def copy(self) -> IssueTexts:
        """The texts of the editors, with their places."""
        return IssueTexts(self.issue)

    @property
    def texts(self) -> tuple[IssueText, ...]:
        """Every text of the issue."""
        return self.copy.texts

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every link of the issue."""
        return self.copy.references

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every image of the issue."""
        return self.copy.figures

    @cached_property
    def tree(self) -> Element:
        """The page as a tree; conditional comments for Outlook are not elements."""
        return lxml.html.document_fromstring(self.html)

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """Every element of the body, in order."""
        body = self.tree.find("body")
        return tuple(each for each in body.iter() if isinstance(each.tag, str)) if body is not None else ()

    @cached_property
    def head_styles(self) -> str:
        """The text of the page's style elements."""
        return "".join(each.text or "" for each in self.tree.iter("style"))

    def styles(self, scheme: CssScheme) -> Styles:
        """Return the computed styles of the page in a colour scheme."""
        return self._light if scheme is CssScheme.LIGHT else self._dark

    @cached_property
    def _light(self) -> Styles:
        return Styles(self.tree, CssScheme.LIGHT)

    @cached_property
    def _dark(self) -> Styles:
        return self._light.under(CssScheme.DARK)

    def place_of(self, element: Element) -> SourcePlace:
        """Return where the text of an element was written; the line of the template if no editor wrote it."""
        return self._nearest(element, "data-at") or self.template_of(element)

    def template_of(self, element: Element) -> SourcePlace:
        """Return the line of the template that an element comes from."""
        return self._nearest(element, "data-from") or self.template("page.mjml.j2")

    def section_template(self, element: Element, kind: str) -> SourcePlace:
        """Return the template (kind mjml or txt) of the section that contains an element; outside sections, that of the page."""
        for each in (element, *element.iterancestors()):
            if key := each.get("data-section"):
                spec = next(section.spec for section in self.issue.sections if section.spec.key == key)
                return self.template(f"sections/{spec.type.name}/section.{kind}.j2")
        return self.template(f"page.{kind}.j2")

    def template(self, name: str) -> SourcePlace:
        """Return the place of a file of the theme."""
        files = self.newsletter.theme
        path = files.find(name)
        return SourcePlace(path=files.display(path) if path else f"templates/{files.name}/{name}", line=1, column=1)

    def _nearest(self, element: Element, name: str) -> SourcePlace | None:
        for node in (element, *element.iterancestors()):
            if written := node.get(name):
                return self._place(written)
        return None

    def _place(self, written: str) -> SourcePlace:
        if written not in self._places:
            path, line, column = written.rsplit(":", 2)
            self._places[written] = SourcePlace(path=path, line=int(line), column=int(column))
        return self._places[written]
