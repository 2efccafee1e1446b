"""newsletter.yaml: the settings of the newsletter.

Input: the workspace and a language. Output: a `Newsletter`, or every problem with its place. An overlay
(newsletter.de.yaml) contains only what differs for that language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from composer.content.document.language_overlay import settings_in, with_overlay
from composer.content.document.logo_plate import with_logo_plate
from composer.content.document.newsletter_config import (
    ApprovalsConfig,
    ArchiveConfig,
    BrandConfig,
    CheckConfig,
    DeliveryConfig,
    PdfConfig,
    approvals_config,
    archive_config,
    brand_config,
    check_configs,
    delivery_config,
    editor_addresses,
    offer_labels,
    pdf_config,
)
from composer.content.document.own_checks import check_approvals, check_archive, check_servers
from composer.content.document.phrase_files import PhraseGroup, phrase_languages
from composer.content.document.section_types import read_definitions
from composer.content.document.sections import SectionSpec, order_field, read_sections, section_fields
from composer.content.schema.audiences import named_audiences
from composer.content.schema.loader import DocumentLoader
from composer.content.schema.messages import as_key, nearest
from composer.content.schema.schema import DocumentSchema, SchemaField, built_in
from composer.content.values.field_values import Group, Picture, group_in, groups_in, pictures_in, text_in
from composer.content.values.formats import language_tag
from composer.content.values.merge_fields import BUILT_IN, RESERVED
from composer.content.values.source_map import SourceMap
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Nodes, Scalar, nearest_place
from composer.content.yaml.source import SourcePlace
from composer.core.addresses import Address, parse_address
from composer.core.audience_filter import AudienceFilter, WordError, normal_tag
from composer.core.command_lines import command_line, shell_line
from composer.core.errors import ContentError, Problem
from composer.core.language_tags import canonical_tag, nearest_language
from composer.core.workspace import NEWSLETTER, ThemeFiles, Workspace, themes_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """The newsletter in one language."""

    name: str
    language: str
    zone: ZoneInfo
    theme: ThemeFiles
    sender: Address
    reply_to: Address | None
    postal_address: str | None
    privacy_url: str | None
    brand: BrandConfig
    delivery: DeliveryConfig
    archive: ArchiveConfig
    approvals: ApprovalsConfig
    pdf: PdfConfig
    #: The settings of checks, by code.
    checks: Mapping[str, CheckConfig]
    #: The recipients of test messages.
    editors: tuple[Address, ...]
    #: Tags that subscribers may choose, with their labels.
    offers: Mapping[str, str]
    #: The database for subscribers and mailings, as written.
    database: str | None
    sections: tuple[SectionSpec, ...]
    definitions: Mapping[str, SchemaField]
    #: Merge fields by name, with the default for subscribers without a value.
    fields: Mapping[str, str | None]
    #: Sample values of the newsletter's own fields, for previews.
    samples: Mapping[str, str]
    #: The labels of its own fields that subscribers can fill in themselves.
    labels: Mapping[str, str]
    #: Groups of subscribers by name.
    audiences: Mapping[str, AudienceFilter]
    #: newsletter.yaml as templates read it. All other code uses the typed fields above.
    template_values: Group
    nodes: Nodes = field(repr=False)

    @property
    def design(self) -> Group:
        """What this newsletter changes of its theme's looks."""
        return group_in(self.template_values, "design")

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Its pictures, such as logos, in order."""
        return pictures_in(self.template_values)

    @property
    def masthead(self) -> tuple[Group, ...]:
        """The people who make it, by their roles, unless an issue names others."""
        return groups_in(self.template_values, "masthead")

    @property
    def imprint(self) -> Group | None:
        """Who publishes it, unless an issue names somebody else."""
        imprint = self.template_values["imprint"]
        return imprint if isinstance(imprint, Group) else None

    @property
    def contact_addresses(self) -> tuple[str, ...]:
        """The email address of the imprint, if it has one."""
        email = text_in(self.imprint, "email") if self.imprint else None
        return (email,) if email else ()

    def place(self, *path: str | int) -> SourcePlace:
        """Return the place of a key in newsletter.yaml, or of the group in which it is missing."""
        return nearest_place(self.nodes, path) or SourcePlace(path=NEWSLETTER, line=1, column=1)

    def issue_schema(self) -> DocumentSchema:
        """Return the schema of this newsletter's issues."""
        frame, own = built_in("issue"), built_in("newsletter")
        properties = dict(frame.root.properties)
        shared = {name: own.definitions[name] for name in ("masthead", "imprint")}
        fields, items = section_fields(self.sections, self.definitions)
        properties |= {**fields, "order": order_field(properties["order"], self.sections)}
        properties |= {"masthead": SchemaField(ref="masthead"), "imprint": SchemaField(ref="imprint")}
        required = (*frame.root.required, *(spec.key for spec in self.sections if spec.required))
        return DocumentSchema(
            root=replace(frame.root, title=f"{self.name}: issue", properties=properties, required=required),
            definitions={**self.definitions, **shared, **items},
        )


def read_newsletter(workspace: Workspace, language: str | None = None, marks: SourceMap | None = None) -> Newsletter:
    """Read the newsletter, optionally in another language.

    Raises ContentError with every problem, sorted by place.
    """
    path = workspace.root / NEWSLETTER
    root, problems = settings_in(path, NEWSLETTER), list[Problem]()
    if language is not None:
        root = with_overlay(workspace, root, language, problems)
    # Sections are read again below, with the schema of their types.
    loader = DocumentLoader(schema=built_in("newsletter"), workspace=workspace, marks=marks, problems=problems)
    values = loader.read(root)
    theme = _theme(workspace, root, problems)
    if not isinstance(values, Group) or theme is None:
        raise ContentError(tuple(sorted(problems)))
    _check_language(root.get("language"), theme, problems)
    definitions: Mapping[str, SchemaField] = {}
    try:
        definitions = read_definitions(theme)
    except ContentError as error:
        problems.extend(error.problems)
    specs = read_sections(workspace, theme, root.get("sections"), definitions, problems, marks)
    _check_fields(root.get("fields"), problems)
    audiences = named_audiences(root.get("audiences"), values["audiences"], problems)
    _check_offers(root.get("offers"), problems)
    check_approvals(root.get("approvals"), group_in(values, "approvals"), problems)
    check_archive(root.get("archive"), problems)
    check_servers(root.get("delivery"), problems)
    if problems:
        raise ContentError(tuple(sorted(set(problems))))
    values = with_logo_plate(values, theme)
    return _newsletter(values, theme, specs, definitions, audiences, language, loader.nodes())


def _theme(workspace: Workspace, root: MappingNode, problems: list[Problem]) -> ThemeFiles | None:
    node = root.get("theme")
    name = node.text.strip() if isinstance(node, Scalar) and not node.is_empty else "briefing"
    place = node.place if node is not None else root.place
    known = themes_known(workspace)
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) and name in known:
        return workspace.theme(name)
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"available themes: {', '.join(known)}"
    problems.append(place.problem("theme", f"unknown theme “{name}”", hint))
    return None


def _check_language(node: Node | None, theme: ThemeFiles, problems: list[Problem]) -> None:
    """Check that the theme has phrases in the language."""
    tag = language_tag(node.text.strip()) if isinstance(node, Scalar) else None
    if node is None or tag is None:
        return
    known = phrase_languages(theme, PhraseGroup.EDITION)
    if nearest_language(tag, known) is not None:
        return
    message = f"the theme “{theme.name}” does not support the language “{tag}”, only {', '.join(known)}"
    hint = f"write a file to translate with: {command_line('new', options=shell_line('--language', tag))}"
    problems.append(node.place.problem("language", message, hint))


def _check_fields(node: Node | None, problems: list[Problem]) -> None:
    if not isinstance(node, MappingNode):
        return
    for entry in node.entries:
        key = entry.key.text
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            message = f"“{key}” is not a valid name for a merge field; use only lowercase letters, digits and _"
            problems.append(entry.key.place.problem("key", message, f"did you mean {as_key(key)}?"))
        elif key in BUILT_IN or key in RESERVED:
            problems.append(entry.key.place.problem("key", f"the merge field “{key}” is built in", "delete it here"))


def _check_offers(node: Node | None, problems: list[Problem]) -> None:
    """Check that the key of each offer is a tag in its stored form."""
    for entry in node.entries if isinstance(node, MappingNode) else ():
        try:
            tag = normal_tag(entry.key.text)
        except WordError as error:
            problems.append(entry.key.place.problem("key", f"offers: {error}", error.hint))
            continue
        if tag != entry.key.text:
            problems.append(
                entry.key.place.problem(
                    "key", f"offers: the tag “{entry.key.text}” is stored as “{tag}”", f"write   {tag}:"
                )
            )


def _newsletter(
    values: Group,
    theme: ThemeFiles,
    specs: tuple[SectionSpec, ...],
    definitions: Mapping[str, SchemaField],
    audiences: Mapping[str, AudienceFilter],
    language: str | None,
    nodes: Nodes,
) -> Newsletter:
    own = values["fields"]
    fields: dict[str, str | None] = dict.fromkeys(BUILT_IN)
    samples: dict[str, str] = {}
    labels: dict[str, str] = {}
    if isinstance(own, Group):
        for name in own:
            given = own[name]
            fields[name] = text_in(given, "default") if isinstance(given, Group) else None
            if isinstance(given, Group) and (sample := text_in(given, "sample")):
                samples[name] = sample
            if isinstance(given, Group) and (label := text_in(given, "label")):
                labels[name] = label
    sender = group_in(values, "sender")
    reply_to = text_in(sender, "reply_to")
    written = text_in(values, "language") or "en"
    overlay_language = (
        written if language is None or written.split("-")[0] == language.split("-")[0] else canonical_tag(language)
    )
    return Newsletter(
        name=text_in(values, "name") or "",
        language=overlay_language,
        zone=ZoneInfo(text_in(values, "timezone") or "UTC"),
        theme=theme,
        sender=parse_address(text_in(sender, "from") or ""),
        reply_to=parse_address(reply_to) if reply_to else None,
        postal_address=text_in(sender, "postal_address"),
        privacy_url=text_in(sender, "privacy_url"),
        brand=brand_config(values),
        delivery=delivery_config(values),
        archive=archive_config(values),
        approvals=approvals_config(values),
        pdf=pdf_config(values),
        checks=check_configs(values),
        editors=editor_addresses(values),
        offers=offer_labels(values),
        database=text_in(values, "database"),
        sections=specs,
        definitions=definitions,
        fields=fields,
        samples=samples,
        labels=labels,
        audiences=audiences,
        template_values=values,
        nodes=nodes,
    )
