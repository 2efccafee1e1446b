"""The command `compose sections`: the section types, for people who write issues or set up a newsletter."""

import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.cli.ui.completions import section_types

if TYPE_CHECKING:
    from composer.app.section_guide import FieldGuide, SectionGuide
    from composer.content.document.section_types import SectionType
    from composer.content.schema.schema import SchemaField

#: What to write, by the format of a field.
_FORMATS = {
    "plain": "text in one line",
    "markdown": "text with Markdown",
    "url": "web address",
    "date": "date, such as 2025-01-30",
    "picture": "picture file",
    "sources": "sources, one in each line",
    "email": "email address",
    "colour": "color, such as #9b1c1c",
    "language": "language code, such as de",
}
_TYPES = {"integer": "whole number", "boolean": "true or false", "object": "group of fields", "array": "list"}


@click.command("sections")
@click.argument("name", required=False, metavar="[TYPE]", shell_complete=section_types)
def command(name: str | None) -> int:
    """Show the section types: what they are for, their fields, an example.

    Without TYPE: list the types of this newsletter's theme, or of the included theme outside a newsletter. With TYPE:
    show its fields, and an example to paste into an issue.
    """
    from composer.app.section_guide import section_guide

    guide = section_guide(Path.cwd())
    if name is None:
        _list_types(guide)
    else:
        _show(guide, guide.type(name))
    return 0


def _list_types(guide: "SectionGuide") -> None:
    width = max(len(kind.name) for kind in guide.types)
    for kind in guide.types:
        keys = guide.keys(kind)
        used = f" Used here for: {', '.join(keys)}." if keys else ""
        console.answer(_wrapped(f"{kind.name:<{width}}  {kind.description or kind.title}{used}", " " * (width + 2)))
    console.answer("")
    console.answer("For the fields of a type and an example, run   compose sections TYPE")
    console.answer("")
    console.answer(
        _wrapped(
            "The editorial team and the publisher are not sections: write them in newsletter.yaml below   masthead:   and"
            "   imprint:   , and every issue ends with them. Their fields:   compose help newsletter-format"
        )
    )


def _show(guide: "SectionGuide", kind: "SectionType") -> None:
    keys = guide.keys(kind)
    console.answer(_wrapped(f"{kind.name}: {kind.description or kind.title}"))
    console.answer("")
    if not keys:
        console.answer("To use it, add a section to newsletter.yaml:")
        console.answer("")
        console.answer(f"sections:\n  {kind.name}:\n    type: {kind.name}\n    heading: {kind.title}")
        console.answer("")
    is_list = kind.content.is_array
    console.answer("A list. Fields of each item:" if is_list else "Fields:")
    _show_fields(guide.fields(kind))
    if kind.has_groups:
        console.answer(
            _wrapped("The list can have an introduction, and groups with headings: see   compose help issue-format")
        )
        console.answer("")
    if options := guide.options(kind):
        console.answer("Settings below the section in newsletter.yaml, all optional:")
        _show_fields(options)
    example = guide.example(kind)
    console.answer("Example, to paste into an issue:")
    console.answer("")
    console.answer(example)
    if "  image: " in example and guide.picture is None:
        console.talk("")
        console.talk("Put a picture file with this name into the folder of the issue first.")


def _show_fields(fields: "tuple[FieldGuide, ...]") -> None:
    width = max(len(each.name) + 2 * each.depth for each in fields)
    for each in fields:
        name = f"{'  ' * each.depth}{each.name}"
        needed = ", required" if each.is_required else ""
        console.answer(f"  {name:<{width}}  {_form(each.schema)}{needed}")
        indent = " " * (width + 4)
        if each.schema.description:
            console.answer(_wrapped(f"{indent}{each.schema.description}", indent))
    console.answer("")


def _form(field: "SchemaField") -> str:
    """Return what to write into a field."""
    if field.enum:
        return f"one of: {', '.join(field.enum)}"
    if field.others is not None:
        return "names, each with these fields"
    kind = field.types[0] if field.types else "string"
    return _FORMATS.get(field.format) or _TYPES.get(kind, "text")


def _wrapped(text: str, indent: str = "") -> str:
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
