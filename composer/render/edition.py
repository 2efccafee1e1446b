"""Renders an issue, from templates to HTML and plaintext.

Input: an `Issue` and its `Newsletter`. Output: an `Edition` without a subscriber, with tokens for merge fields and
pictures. Raises ContentError for mistakes in the theme, CompilerError if the compiler fails.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TypeVar

from markupsafe import Markup

from composer.content.build_memory import BuildMemory
from composer.content.document.issue import Issue, Section
from composer.content.document.newsletter import Newsletter
from composer.content.document.newsletter_config import ArchiveMode, ArchivePdf
from composer.content.values.field_values import Picture
from composer.content.values.formats import SUBSCRIBERS_OWN
from composer.content.values.merge_fields import MergeField
from composer.core.archive_addresses import issue_address, pdf_address
from composer.core.errors import ContentError, Problem
from composer.core.language_tags import direction
from composer.core.workspace import ThemeFiles
from composer.render.bidi import directed_text, has_right_to_left
from composer.render.block_directions import mirror_styles, set_directions
from composer.render.element_names import elements_in
from composer.render.inline import css_problems, head_css_problems, inline_css
from composer.render.marked_document import Origins, plain, section_mark, settle
from composer.render.mjml.compiler import compile_mjml
from composer.render.mjml.lint import LintFinding, lint, strip_origins
from composer.render.mjml.one_column import compact_sections
from composer.render.mjml.text_placeholders import put_into_html, put_texts, take_texts
from composer.render.template_values import (
    Entry,
    Links,
    PageSection,
    SectionView,
    contents_of,
    numbered_anchors,
    page_section,
    section_view,
    shared_context,
    subscribe_page,
)
from composer.render.templating.theme import Theme
from composer.render.text_printer import tidy

T = TypeVar("T")

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
class _Page:
    """A compiled page with marks."""

    mjml: str
    marked: str
    origins: tuple[str, ...]


@dataclass(slots=True)
class _Numbers:
    """Counts the links of the plaintext."""

    last: int = 0

    def next(self) -> int:
        self.last += 1
        return self.last


def render(issue: Issue, newsletter: Newsletter, memory: BuildMemory[Newsletter] | None = None) -> Edition:
    """Render an issue to HTML and plaintext; with a memory, only the sections that it does not know."""
    theme = Theme(newsletter.theme, issue.language, newsletter.design)
    base = direction(issue.language)
    context = shared_context(issue, newsletter, theme, _links(issue, newsletter))
    renderer = _Renderer(theme=theme, issue=issue, context=context, memory=memory)
    mjml = _mjml(renderer)
    is_directed = base == "rtl" or has_right_to_left(mjml)
    values = {**context, "sections": renderer.sections("txt", is_directed=is_directed)}
    values["next_number"] = renderer.numbers.next
    text = tidy(theme.render("page.txt.j2", values, is_directed=is_directed))
    if is_directed:
        text = directed_text(text, base)
    mjml = set_directions(mjml, base, issue.marks.pattern())
    page = renderer.page(mjml, base if is_directed else "")
    html, sizes = settle(page.marked, issue.marks)
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
        mjml=plain(page.mjml, issue.marks),
        marked=page.marked,
        origins=page.origins,
    )


def _links(issue: Issue, newsletter: Newsletter) -> Links:
    """Return tokens for the subscribers' links; without a subscriber they lead to the public pages."""
    public, own = newsletter.delivery.public_url, newsletter.delivery.unsubscribe_url
    base = public.rstrip("/") if public is not None else None
    leave = own or (base and f"{base}/unsubscribe/{SUBSCRIBERS_OWN}")
    return Links(
        unsubscribe=_own_link(issue, "unsubscribe_url", leave) if leave else None,
        preferences=_own_link(issue, "preferences_url", f"{base}/preferences/{SUBSCRIBERS_OWN}") if base else None,
        web=_archive_page(issue, newsletter)
        or (issue.fields.field("web_url", f"{base}/{issue.stem}").token if base else None),
        pdf=_archive_pdf(issue, newsletter),
        subscribe=subscribe_page(newsletter),
    )


def _archive_page(issue: Issue, newsletter: Newsletter) -> str | None:
    """Return the address of the issue in the online archive, which is the same for everybody."""
    if newsletter.archive.url is None or issue.archive is ArchiveMode.NONE:
        return None
    return f"{newsletter.archive.url}/{issue_address(issue.stem)}"


def _archive_pdf(issue: Issue, newsletter: Newsletter) -> str | None:
    """Return the address of the issue's PDF in the online archive, if messages should lead there."""
    if newsletter.archive.pdf is not ArchivePdf.MESSAGES or _archive_page(issue, newsletter) is None:
        return None
    return f"{newsletter.archive.url}/{pdf_address(issue.stem)}"


def _own_link(issue: Issue, name: str, page: str) -> str:
    """Return a token for a link that contains the subscriber's token."""
    empty = page.replace(f"/{SUBSCRIBERS_OWN}", "").replace(SUBSCRIBERS_OWN, "")
    return issue.fields.field(name, empty, sample=page.replace(SUBSCRIBERS_OWN, "a" * _WORD)).token


def _mjml(renderer: "_Renderer") -> str:
    styles = f"{renderer.issue.marks.prefix}-styles"
    values = {**renderer.context, "head_css": Markup(styles), "sections": renderer.sections("mjml")}
    page = renderer.theme.render("page.mjml.j2", values)
    # The style sheets are rendered last: their templates leave out the styles of elements that no text has.
    elements = elements_in(page)
    if elements:
        from composer.render.html_elements import finished

        page = finished(page)
    return page.replace(styles, renderer.style("head.css", elements))


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


@dataclass(frozen=True, kw_only=True)
class _Renderer:
    """Renders the sections and the style sheets of an edition; with a memory, only what it does not know."""

    theme: Theme
    issue: Issue
    #: What all templates see.
    context: Mapping[str, object]
    memory: BuildMemory[Newsletter] | None
    numbers: _Numbers = field(default_factory=_Numbers)

    @cached_property
    def _shared(self) -> bytes:
        # The theme and its phrases are made from files, which the memory compares.
        return BuildMemory.key([(name, self.context[name]) for name in ("newsletter", "issue", "links")])

    def _recalled(self, made_from: tuple[object, ...], make: Callable[[], T]) -> T:
        return self.memory.recalled((self._shared, *made_from), make) if self.memory else make()

    def style(self, name: str, elements: Collection[str]) -> str:
        """Return a style sheet. Raises ContentError."""
        make = partial(self.theme.render, name, {**self.context, "elements": elements})
        css = self._recalled((name, sorted(elements)), make)
        _check_css(self.theme, name, css)
        return css

    @cached_property
    def _views(self) -> tuple[tuple[Section, Sequence[Entry], SectionView, bytes], ...]:
        """The sections, their lines in the contents list, what their templates see, and the digests of that."""
        found = []
        for number, section in enumerate(self.issue.sections):
            anchors = numbered_anchors(section)
            contents = contents_of(section, anchors)
            view = section_view(section, number, anchors, contents)
            found.append((section, contents, view, BuildMemory.key(view) if self.memory else b""))
        return tuple(found)

    def sections(self, kind: str, *, is_directed: bool = False) -> tuple[PageSection, ...]:
        """Return the sections as the template of the page sees them."""
        found: list[PageSection] = []
        for number, (section, contents, view, key) in enumerate(self._views):
            make = partial(self._body, view, kind, is_directed)
            body, self.numbers.last = self._recalled((kind, is_directed, self.numbers.last, key), make)
            mark = section_mark(self.issue.marks.prefix, number)
            found.append(page_section(section, Markup(body) if kind == "mjml" else body.strip("\n"), contents, mark))
        return tuple(found)

    def page(self, mjml: str, mirrored: str) -> _Page:
        """Return the page, compiled again only if more than its texts has changed.

        `mirrored` is the direction of a page for which styles are mirrored, or empty. Raises ContentError, CompilerError.
        """
        if self.memory is None:
            return self._compiled(mjml, mirrored)
        prefix = self.issue.marks.prefix
        frame, texts = take_texts(mjml, prefix)
        page = self._recalled(("page", frame, mirrored), partial(self._compiled, frame, mirrored))
        return replace(page, mjml=put_texts(page.mjml, texts, prefix), marked=put_into_html(page.marked, texts, prefix))

    def _compiled(self, mjml: str, mirrored: str) -> _Page:
        findings = lint(mjml)
        if findings:
            raise ContentError(tuple(sorted({_template_problem(self.theme.files, finding) for finding in findings})))
        origins = Origins(self.issue.marks.prefix)
        mjml = strip_origins(origins.to_classes(mjml))
        marked = inline_css(compact_sections(compile_mjml(mjml)), self.style("inline.css", elements_in(mjml)))
        if mirrored:
            marked = mirror_styles(marked, mirrored)
        return _Page(mjml=mjml, marked=marked, origins=tuple(origins.places))

    def _body(self, view: SectionView, kind: str, is_directed: bool) -> tuple[str, int]:
        """Return a rendered section, and the last number of a link in it."""
        name = f"sections/{view.type}/section.{kind}.j2"
        values = {**self.context, "section": view} | ({"next_number": self.numbers.next} if kind == "txt" else {})
        return self.theme.render(name, values, is_directed=is_directed), self.numbers.last


def _template_problem(files: ThemeFiles, finding: LintFinding) -> Problem:
    path, line, column = [*finding.origin.rsplit(":", 2), "", ""][:3] if finding.origin else ("", "", "")
    if not path:
        path, line, column = f"templates/{files.name}/page.mjml.j2", "1", "1"
    return Problem(path=path, line=int(line), column=int(column), code="mjml", message=finding.message)
