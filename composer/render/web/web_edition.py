"""Renders an issue for the web: one article of semantic HTML, its sections and items, and the theme's style sheets.

Input: an `Issue` and its `Newsletter`. Output: a `WebEdition` with tokens for pictures. Guarantees: it shows what a subscriber
without tags gets, with the defaults of merge fields and without any link of a subscriber; there are no scripts, no styles in
the HTML, and nothing is loaded from other hosts. Reads only the theme's files. Raises ContentError for mistakes in the theme.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from markupsafe import Markup

from composer.content.document.issue import Issue, Section, public_issue
from composer.content.document.newsletter import Newsletter
from composer.content.values.field_values import Group, Picture
from composer.content.values.merge_fields import MergeField, stand_ins
from composer.core.errors import ContentError
from composer.core.language_tags import direction
from composer.render.block_directions import WEB, set_directions
from composer.render.marked_document import annotate, plain
from composer.render.template_values import (
    Links,
    PageSection,
    contents_of,
    page_section,
    section_view,
    shared_context,
    style_context,
    subscribe_page,
    title_of,
)
from composer.render.templating.theme import Theme
from composer.render.templating.theme_css import head_css_problems
from composer.render.web.anchors import item_anchors
from composer.render.web.derived_section import derived_items
from composer.render.web.elements_by_id import elements_by_id
from composer.render.web.web_printer import finished

#: The template for all types without a template of their own.
_DERIVED = "derived.html.j2"
_IDS = 'sections need   id="{{ section.anchor }}"   and items   id="{{ section.item_anchors[loop.index0] }}"'
#: Fills the tokens of merge fields in HTML (mail/merge_slots.py): each value is escaped for its place.
Fill = Callable[[str, Mapping[str, str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSection:
    """A section of the article; `html` is its whole element, whose id is the anchor."""

    key: str
    heading: str
    anchor: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebItem:
    """A topic, a headline, an event: whatever has a title of its own. `html` is its whole element.

    In a link to it, the anchor is percent-encoded: letters of all scripts are kept.
    """

    section: str
    anchor: str
    title: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebEdition:
    """A rendered issue. `body`, `sections` and `items` contain the tokens of `pictures`, as the whole value of `src`."""

    title: str
    description: str | None
    date: datetime.date
    number: int | None
    language: str
    direction: str
    #: The article, without a frame around it.
    body: str
    sections: tuple[WebSection, ...]
    items: tuple[WebItem, ...]
    pictures: tuple[Picture, ...]
    #: The texts of the theme's style sheets.
    screen_css: str
    print_css: str

    def with_pictures(self, addresses: Mapping[str, str]) -> "WebEdition":
        """Return the edition with the addresses of its pictures, by token."""

        def placed(html: str) -> str:
            for token, address in addresses.items():
                html = html.replace(f'"{token}"', f'"{escape(address)}"')
            return html

        return replace(
            self,
            body=placed(self.body),
            sections=tuple(replace(each, html=placed(each.html)) for each in self.sections),
            items=tuple(replace(each, html=placed(each.html)) for each in self.items),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebStyles:
    """The texts of the theme's style sheets, which are the same for all issues in a language."""

    screen: str
    paper: str


def render_web(
    issue: Issue, newsletter: Newsletter, fill: Fill, styles: WebStyles | None = None, *, has_places: bool = False
) -> WebEdition:
    """Render an issue for the web, as the public may see it. For many issues, `styles` are rendered only once.

    With `has_places`, the elements of the editors' texts have attributes with their places (marked_document.py).
    """
    issue = public_issue(issue)
    theme = Theme(newsletter.theme.with_included(), issue.language, newsletter.design)
    context = shared_context(issue, newsletter, theme, Links(subscribe=subscribe_page(newsletter)))
    anchors = item_anchors(issue.sections, issue.fields.fields)
    pieces = tuple(
        _section(theme, newsletter, context, section, number, anchors[number])
        for number, section in enumerate(issue.sections)
    )
    body = finished(theme.render("page.html.j2", {**context, "sections": pieces}), theme.phrases["back_to_text"])
    body = set_directions(body, direction(issue.language), issue.marks.pattern(), WEB)
    body = annotate(body, issue.marks) if has_places else plain(body, issue.marks)
    values = stand_ins(issue.fields.fields)
    body = fill(body, values)

    def filled(text: str) -> str:
        return _filled(text, issue.fields.fields)

    titled = tuple(each for section, own in zip(issue.sections, anchors, strict=True) for each in _titled(section, own))
    elements = _elements(theme, body, issue.sections, anchors)
    return WebEdition(
        title=filled(issue.subject),
        description=filled(issue.preheader) if issue.preheader else None,
        date=issue.date,
        number=issue.number,
        language=issue.language,
        direction=direction(issue.language),
        body=body,
        sections=tuple(
            WebSection(key=spec.key, heading=filled(spec.heading), anchor=spec.anchor, html=elements[spec.anchor])
            for spec in (section.spec for section in issue.sections)
        ),
        items=tuple(
            WebItem(section=key, anchor=anchor, title=filled(title), html=elements[anchor])
            for key, anchor, title in titled
        ),
        pictures=tuple(picture for picture in dict.fromkeys(issue.pictures) if f'"{picture.src}"' in body),
        screen_css=styles.screen if styles else _style_sheet(theme, "screen.css", context),
        print_css=styles.paper if styles else _style_sheet(theme, "print.css", context),
    )


def web_styles(newsletter: Newsletter) -> WebStyles:
    """Return the style sheets for all issues in the language of a newsletter. Raises ContentError."""
    theme = Theme(newsletter.theme.with_included(), newsletter.language, newsletter.design)
    context = style_context(newsletter, theme)
    return WebStyles(screen=_style_sheet(theme, "screen.css", context), paper=_style_sheet(theme, "print.css", context))


def _section(
    theme: Theme,
    newsletter: Newsletter,
    context: Mapping[str, object],
    section: Section,
    number: int,
    anchors: Sequence[str],
) -> PageSection:
    """Render a section by its type's template; without a template, from the type's schema."""
    name = _template_of(theme, section)
    contents = contents_of(section, anchors)
    view = section_view(section, number, anchors, contents)
    items = derived_items(section, newsletter.definitions, anchors) if name == _DERIVED else ()
    body = theme.render(name, {**context, "section": view, "items": items})
    return page_section(section, Markup(body), contents)


def _template_of(theme: Theme, section: Section) -> str:
    name = f"sections/{section.spec.type.name}/section.html.j2"
    return _DERIVED if theme.files.find(name) is None else name


def _titled(section: Section, anchors: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """Return the key, anchor and title of each item; a section with one group of keys is one item, if it has a title."""
    spec = section.spec
    items: tuple[tuple[Group, str], ...] = tuple(zip(section.items, anchors, strict=True))
    if isinstance(section.content, Group):
        items = ((section.content, spec.anchor),)
    return tuple((spec.key, anchor, str(title)) for item, anchor in items if (title := title_of(item) or spec.heading))


def _filled(text: str, fields: Sequence[MergeField]) -> str:
    """Return a plain text with the defaults of its merge fields."""
    for field in fields:
        text = str(text).replace(field.token, field.stand_in)
    return str(text)


def _elements(theme: Theme, body: str, sections: Sequence[Section], anchors: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the elements of sections and items by their anchors; `anchors` are those of each section's items."""
    wanted = {section.spec.anchor: "page.html.j2" for section in sections}
    for section, own in zip(sections, anchors, strict=True):
        wanted |= dict.fromkeys(own, _template_of(theme, section))
    found = elements_by_id(body, wanted)
    missing = {name: anchor for anchor, name in wanted.items() if anchor not in found}
    if missing:
        raise ContentError(
            tuple(
                theme.problem(name, 1, "template", f"no element has the id “{anchor}”", _IDS)
                for name, anchor in sorted(missing.items())
            )
        )
    return found


def _style_sheet(theme: Theme, name: str, context: Mapping[str, object]) -> str:
    css = theme.render(name, context)
    if found := head_css_problems(css):
        raise ContentError(
            tuple(theme.problem(name, line, "css", message, column=column) for line, column, message in found)
        )
    return css
