"""An issue: what editors write, read and checked against the newsletter.

Input: an issue file and its newsletter. Output: an `Issue`, or every problem with its place.
"""

import datetime
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as FilePath

from composer.content.build_memory import BuildMemory
from composer.content.document.conditional_blocks import conditional_blocks_of, variant_problems
from composer.content.document.figures import with_figures
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.content.document.newsletter_config import ArchiveMode
from composer.content.document.own_checks import withdrawn_problems
from composer.content.document.section_lists import ItemGroup, is_below, list_problems, read_list
from composer.content.document.sections import SectionSpec
from composer.content.document.variants import FOR_ALL, ConditionalBlock, IssueVariant, kept_for, variants_of
from composer.content.schema.audiences import is_told
from composer.content.schema.loader import DocumentLoader
from composer.content.values.field_values import Group, Picture, Value, groups_in, pictures_in, text_in
from composer.content.values.merge_fields import FieldBook, token_prefix
from composer.content.values.rich_text import Rich
from composer.content.values.source_map import SourceMap
from composer.content.yaml.nodes import Mapping, Nodes, Path, nearest_place
from composer.content.yaml.parser import parse
from composer.content.yaml.source import SourcePlace, read_source
from composer.core.errors import ContentError, Problem
from composer.core.issue_files import issue_key
from composer.core.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of an issue."""

    spec: SectionSpec
    content: Group | tuple[Group, ...]
    #: For a list: the path of each item in the file, and what is printed around the items.
    paths: tuple[Path, ...] = ()
    frame: ItemGroup | None = None
    groups: tuple[ItemGroup, ...] = ()

    @property
    def items(self) -> tuple[Group, ...]:
        """The items, if the section is a list."""
        return self.content if isinstance(self.content, tuple) else ()

    @property
    def pieces(self) -> tuple[tuple[Path, Group], ...]:
        """The items with their paths in the file; the whole section if it is not a list."""
        if isinstance(self.content, Group):
            return (((self.spec.key,), self.content),)
        return tuple(zip(self.paths, self.content, strict=True))

    @property
    def parts(self) -> tuple[tuple[Path, Group], ...]:
        """What editors wrote, in reading order: the pieces, and what is around the items of a list."""
        parts = [(self.frame.path, self.frame.written)] if self.frame else []
        for group in self.groups:
            parts.append((group.path, group.written))
            parts += [piece for piece in self.pieces if is_below(piece[0], group.path)]
        return (*parts, *(() if self.groups else self.pieces))

    def items_of(self, group: ItemGroup) -> tuple[Group, ...]:
        """Return the items of a group."""
        return tuple(item for path, item in self.pieces if is_below(path, group.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue in one language. Its texts contain merge fields as tokens, which `fields` explains."""

    path: FilePath
    stem: str
    language: str
    date: datetime.date
    number: int | None
    subject: str
    preheader: str | None
    note: Rich | None
    #: In the order of the edition.
    sections: tuple[Section, ...]
    #: The keys of the sections that the issue puts first.
    order: tuple[str, ...] = ()
    masthead: tuple[Group, ...]
    imprint: Group | None
    fields: FieldBook
    pictures: tuple[Picture, ...]
    #: Whether it is in the online archive.
    archive: ArchiveMode = ArchiveMode.PUBLIC
    #: Why it was withdrawn from the archive.
    withdrawn: str | None = None
    #: The blocks that not everyone gets, and the variants of the issue.
    blocks: tuple[ConditionalBlock, ...] = ()
    variants: tuple[IssueVariant, ...] = (FOR_ALL,)
    #: The source positions of its texts and of the newsletter's.
    marks: SourceMap = field(repr=False)
    nodes: Nodes = field(repr=False)

    def place(self, *path: str | int) -> SourcePlace:
        """Return the place of a key or an item, or of the group in which it is missing."""
        place = nearest_place(self.nodes, path)
        assert place is not None
        return place

    @property
    def key(self) -> str:
        """The key that is the same for all languages of an issue."""
        return issue_key(self.path)


def select_variant(issue: Issue, variant: IssueVariant) -> Issue:
    """Return the issue without the blocks that are not in the variant."""
    if not issue.blocks:
        return issue
    lost = {block.path for number, block in enumerate(issue.blocks) if number not in variant.kept}
    sections = (_without(section, lost) for section in issue.sections if (section.spec.key,) not in lost)
    return replace(issue, sections=tuple(section for section in sections if section.content))


def public_issue(issue: Issue) -> Issue:
    """Return a whole issue as the public may see it: what a subscriber without tags gets."""
    kept = kept_for(issue.blocks, ())
    return select_variant(issue, next(each for each in issue.variants if each.kept == kept))


def _without(section: Section, lost: Collection[Path]) -> Section:
    if isinstance(section.content, Group):
        return section
    kept = [(path, item) for path, item in section.pieces if path not in lost]
    paths = tuple(path for path, _ in kept)
    groups = tuple(each for each in section.groups if any(is_below(path, each.path) for path in paths))
    return replace(section, content=tuple(item for _, item in kept), paths=paths, groups=groups)


def read_issue(
    workspace: Workspace,
    path: FilePath,
    *,
    has_pictures: bool = True,
    newsletter: Newsletter | None = None,
    memory: BuildMemory[Newsletter] | None = None,
) -> tuple[Newsletter, Issue]:
    """Read an issue and the newsletter in its language; with `has_pictures=False`, without pictures.

    A `newsletter` that was read before saves time for many issues; texts of it then have no positions in the file. A
    `memory` saves time for many builds of one issue.
    Raises ContentError with every problem of the issue. If the newsletter itself is broken, raises it with the
    newsletter's problems and those of the issue's encoding and syntax.
    """
    source = read_source(path, workspace.name(path))
    root, problems = parse(source)
    prefix = memory.prefix(source.text) if memory else token_prefix(source.text)
    marks, language = SourceMap(prefix), workspace.language_of(path)
    try:
        if memory:
            newsletter, marks = memory.newsletter(prefix, partial(read_newsletter, workspace, language))
        newsletter = newsletter or read_newsletter(workspace, language, marks)
    except ContentError as error:
        raise ContentError(tuple(sorted((*error.problems, *problems)))) from None
    if not isinstance(root, Mapping):
        if not problems:
            message = (
                "this file contains no issue"
                if root is None
                else "an issue must contain keys and values, such as   subject: …"
            )
            place = SourcePlace(path=source.name, line=1, column=1)
            problems = (place.problem("type", message, "create an issue with: compose new"),)
        raise ContentError(tuple(sorted(problems)))
    book = FieldBook(known=newsletter.fields, mark=prefix, samples=newsletter.samples)
    schema = newsletter.issue_schema()
    loader = DocumentLoader(schema=schema, workspace=workspace, fields=book, marks=marks, has_pictures=has_pictures)
    values, nodes = loader.read(root), loader.nodes()
    values = with_figures(values, nodes, marks, loader.problems)
    blocks = conditional_blocks_of(newsletter, values, nodes, loader.problems) if isinstance(values, Group) else ()
    variants = variants_of(blocks)
    if isinstance(values, Group):
        loader.problems += withdrawn_problems(root.get("withdrawn"))
        loader.problems += list(_own_problems(newsletter, values, blocks, nodes, loader.problems))
    found = {*problems, *loader.problems}
    if isinstance(values, Group) and not found:
        found.update(variant_problems(newsletter, values, blocks, variants))
    if found or not isinstance(values, Group):
        raise ContentError(tuple(sorted(found)))
    whole = _issue(path, newsletter, values, book, marks, nodes)
    return newsletter, replace(whole, blocks=blocks, variants=variants)


def _issue(
    path: FilePath, newsletter: Newsletter, values: Group, book: FieldBook, marks: SourceMap, nodes: Nodes
) -> Issue:
    date, number, note = values["date"], values["number"], values["note"]
    assert isinstance(date, datetime.date)
    order = _order(values)
    specs = sorted(newsletter.sections, key=lambda spec: order.index(spec.key) if spec.key in order else len(order))
    sections = tuple(section for spec in specs if (section := _section(spec, values[spec.key])) is not None)
    archive = text_in(values, "archive")
    imprint = values["imprint"] or newsletter.template_values["imprint"]
    return Issue(
        path=path,
        stem=path.stem,
        language=newsletter.language,
        date=date,
        number=number if isinstance(number, int) else None,
        subject=text_in(values, "subject") or "",
        preheader=text_in(values, "preheader"),
        note=note if isinstance(note, Rich) else None,
        sections=sections,
        order=order,
        masthead=groups_in(values, "masthead") or groups_in(newsletter.template_values, "masthead"),
        imprint=imprint if isinstance(imprint, Group) else None,
        fields=book,
        pictures=tuple(dict.fromkeys((*newsletter.pictures, *pictures_in(values)))),
        archive=ArchiveMode(archive) if archive else newsletter.archive.issues,
        withdrawn=text_in(values, "withdrawn"),
        marks=marks,
        nodes=nodes,
    )


def _order(values: Group) -> tuple[str, ...]:
    order = values["order"]
    return tuple(key for key in order if isinstance(key, str)) if isinstance(order, tuple) else ()


def _section(spec: SectionSpec, value: Value) -> Section | None:
    """Return a section; None if it has no content."""
    if isinstance(value, Group) and not spec.type.content.is_array:
        return Section(spec=spec, content=value)
    found = read_list(spec.key, value)
    if not found.pieces:
        return None
    return Section(
        spec=spec,
        content=tuple(item for _, item in found.pieces),
        paths=tuple(path for path, _ in found.pieces),
        frame=found.frame,
        groups=found.groups,
    )


def _own_problems(
    newsletter: Newsletter,
    values: Group,
    blocks: Sequence[ConditionalBlock],
    nodes: Nodes,
    problems: list[Problem],
) -> Iterator[Problem]:
    """Yield what the schema cannot express: keys that are repeated in `order`, and lists with groups."""
    seen: set[str] = set()
    for number, key in enumerate(_order(values)):
        if key in seen and (place := nearest_place(nodes, ("order", number))):
            yield place.problem("duplicate-key", f"order: “{key}” is here twice", "delete one of the two lines")
        seen.add(key)
    for spec in newsletter.sections:
        node = nodes.get((spec.key,))
        if spec.type.content.is_array and node is not None and not is_told(node, problems):
            has_conditions = any(block.path[0] == spec.key for block in blocks)
            yield from list_problems(spec.key, values[spec.key], spec.limits, nodes, has_conditions=has_conditions)
