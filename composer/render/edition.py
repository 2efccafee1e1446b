"""Renders an issue, from templates to HTML and plaintext.

Input: an `Issue` and its `Newsletter`. Output: an `Edition` without a subscriber, with tokens for merge fields and
pictures. Raises ContentError for mistakes in the theme, CompilerError if the compiler fails.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from composer.content.document.issue import Issue, Section
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Group, Picture, text_in
from composer.content.values.formats import SUBSCRIBERS_OWN
from composer.content.values.merge_fields import MergeField
from composer.content.values.rich_text import Rich
from composer.core.errors import ContentError, Problem
from composer.render.html_printer import direction
from composer.render.inline import css_problems, head_css_problems, inline_css
from composer.render.marked_document import Origins, plain, section_mark, settle
from composer.render.mjml.compiler import compile_mjml
from composer.render.mjml.lint import LintFinding, lint, strip_origins
from composer.render.text_printer import tidy
from composer.render.theme import Theme

#: How the less frequent elements of texts are printed (html_elements.py), by their names in a theme's style sheets.
_SIGNS = {
    "subhead": ' class="subhead">',
    "table": '<table class="table',
    "callout": '<td class="callout">',
    "button": '<a class="press" ',
    "footnote": '<p class="footnote">',
    "code": '<code dir="ltr">',
}
#: The length of the subscriber's token in a link (audience/tokens.py).
_WORD = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A rendered issue. `html` and `text` contain the tokens of `fields`; `html` also contains those of `pictures`."""

    subject: str
    preheader: str | None
    html: str
    text: str
    language: str
    fields: tuple[MergeField, ...]
    pictures: tuple[Picture, ...]
    #: The HTML bytes of each section, and of the rest of the page as "page".
    sizes: Mapping[str, int]
    #: The MJML that was compiled, to compare with other MJML tools.
    mjml: str
    #: The same HTML with marks for the source of its parts.
    marked: str = field(repr=False)
    #: The places of template elements, `path:line:column`, by the number in their mark.
    origins: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A line of the table of contents; level 1 is a section, level 2 an item."""

    title: str
    anchor: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _SectionView:
    """A section, as its templates see it."""

    key: str
    type: str
    heading: str
    anchor: str
    options: Group
    content: Group | tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageSection:
    """A rendered section, as the page template sees it; the page uses `mark` as a class of its outermost element."""

    key: str
    type: str
    heading: str
    anchor: str
    body: str
    contents: tuple[_Entry, ...]
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _IssueView:
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
class _Links:
    """The personal links of a subscriber, as tokens; None if the newsletter has no such page."""

    unsubscribe: str | None
    preferences: str | None
    web: str | None


def render(issue: Issue, newsletter: Newsletter) -> Edition:
    """Render an issue to HTML and plaintext."""
    theme = Theme(newsletter.theme, issue.language)
    context: dict[str, object] = {
        "newsletter": newsletter.template_values,
        "issue": _IssueView(
            date=issue.date,
            number=issue.number,
            subject=issue.subject,
            preheader=issue.preheader,
            note=issue.note,
            language=issue.language,
            direction=direction(issue.language),
            masthead=issue.masthead,
            imprint=issue.imprint,
        ),
        "phrases": theme.phrases,
        "theme": theme.values,
        "links": _links(issue, newsletter),
    }
    mjml = _mjml(theme, issue, context)
    text = tidy(_page(theme, issue, context, "txt"))
    findings = lint(mjml)
    if findings:
        raise ContentError(tuple(sorted({_template_problem(newsletter, finding) for finding in findings})))
    origins = Origins(issue.marks.prefix)
    mjml = strip_origins(origins.to_classes(mjml))
    marked = inline_css(compile_mjml(mjml), _inline_css(theme, context, mjml))
    html, sizes = settle(marked, issue.marks)
    keys = {number: section.spec.key for number, section in enumerate(issue.sections)}
    return Edition(
        subject=issue.subject,
        preheader=issue.preheader,
        html=html,
        text=text,
        language=issue.language,
        fields=issue.fields.fields,
        pictures=tuple(picture for picture in issue.pictures if picture.src in html),
        sizes={keys[number] if number is not None else "page": size for number, size in sizes.items()},
        mjml=plain(mjml, issue.marks),
        marked=marked,
        origins=tuple(origins.places),
    )


def _links(issue: Issue, newsletter: Newsletter) -> _Links:
    """Return tokens for the subscribers' links; without a subscriber they lead to the public pages."""
    public, own = newsletter.delivery.public_url, newsletter.delivery.unsubscribe_url
    base = public.rstrip("/") if public is not None else None
    leave = own or (base and f"{base}/unsubscribe/{SUBSCRIBERS_OWN}")
    return _Links(
        unsubscribe=_own_link(issue, "unsubscribe_url", leave) if leave else None,
        preferences=_own_link(issue, "preferences_url", f"{base}/preferences/{SUBSCRIBERS_OWN}") if base else None,
        web=issue.fields.field("web_url", f"{base}/{issue.stem}").token if base else None,
    )


def _own_link(issue: Issue, name: str, page: str) -> str:
    """Return a token for a link that contains the subscriber's token."""
    empty = page.replace(f"/{SUBSCRIBERS_OWN}", "").replace(SUBSCRIBERS_OWN, "")
    return issue.fields.field(name, empty, sample=page.replace(SUBSCRIBERS_OWN, "a" * _WORD)).token


def _mjml(theme: Theme, issue: Issue, context: Mapping[str, object]) -> str:
    styles = f"{issue.marks.prefix}-styles"
    page = _page(theme, issue, {**context, "head_css": Markup(styles)}, "mjml")
    # The style sheets are rendered last: their templates leave out the styles of elements that no text has.
    elements = _elements(page)
    if elements:
        from composer.render.html_elements import finished

        page = finished(page)
    head = theme.render("head.css", {**context, "elements": elements})
    _check_css(theme, "head.css", head)
    return page.replace(styles, head)


def _elements(page: str) -> frozenset[str]:
    """Return the names of the less frequent elements that the page's texts have; no text contains the signs of another."""
    return frozenset(name for name, sign in _SIGNS.items() if sign in page)


def _inline_css(theme: Theme, context: Mapping[str, object], mjml: str) -> str:
    css = theme.render("inline.css", {**context, "elements": _elements(mjml)})
    _check_css(theme, "inline.css", css)
    return css


def _check_css(theme: Theme, name: str, css: str) -> None:
    found = head_css_problems(css) if name == "head.css" else css_problems(css)
    if found:
        path = theme.files.find(name)
        shown = theme.files.display(path) if path else name
        raise ContentError(
            tuple(
                Problem(path=shown, line=line, column=column, code="css", message=message)
                for line, column, message in found
            )
        )


def _page(theme: Theme, issue: Issue, context: Mapping[str, object], kind: str) -> str:
    sections = tuple(
        _rendered(theme, section, section_mark(issue.marks.prefix, number), context, kind)
        for number, section in enumerate(issue.sections)
    )
    return theme.render(f"page.{kind}.j2", {**context, "sections": sections})


def _rendered(theme: Theme, section: Section, mark: str, context: Mapping[str, object], kind: str) -> _PageSection:
    spec = section.spec
    view = _SectionView(
        key=spec.key,
        type=spec.type.name,
        heading=spec.heading,
        anchor=spec.anchor,
        options=spec.options,
        content=section.content,
    )
    body = theme.render(f"sections/{spec.type.name}/section.{kind}.j2", {**context, "section": view})
    return _PageSection(
        key=spec.key,
        type=spec.type.name,
        heading=spec.heading,
        anchor=spec.anchor,
        body=Markup(body) if kind == "mjml" else body.strip("\n"),
        contents=_contents(section),
        mark=mark,
    )


def _contents(section: Section) -> tuple[_Entry, ...]:
    spec = section.spec
    if spec.contents == "none":
        return ()
    entries = [_Entry(title=str(spec.heading), anchor=spec.anchor, level=1)] if spec.heading else []
    if spec.contents == "titles":
        items = section.items or ((section.content,) if isinstance(section.content, Group) else ())
        for index, item in enumerate(items, 1):
            title = text_in(item, "title") if "title" in item else None
            if title:
                anchor = f"{spec.anchor}-{index}" if section.items else spec.anchor
                entries.append(_Entry(title=str(title), anchor=anchor, level=2))
    return tuple(entries)


def _template_problem(newsletter: Newsletter, finding: LintFinding) -> Problem:
    path, line, column = [*finding.origin.rsplit(":", 2), "", ""][:3] if finding.origin else ("", "", "")
    if not path:
        path, line, column = f"templates/{newsletter.theme.name}/page.mjml.j2", "1", "1"
    return Problem(path=path, line=int(line), column=int(column), code="mjml", message=finding.message)
