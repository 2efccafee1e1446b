"""The settings that differ in a language: newsletter.de.yaml, laid over newsletter.yaml.

Input: the workspace, newsletter.yaml and a language. Output: one tree of settings; each text knows its own file.
"""

from dataclasses import replace
from pathlib import Path

from composer.content.document.section_types import read_document
from composer.content.schema.messages import nearest
from composer.content.yaml.nodes import Entry, overlay
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.core.command_lines import command_line, shell_line
from composer.core.errors import ContentError, Problem
from composer.core.workspace import NEWSLETTER, Workspace


def overlay_name(language: str) -> str:
    """Return the name of the file with the settings that differ in a language."""
    return f"newsletter.{language}.yaml"


def settings_in(path: Path, name: str) -> MappingNode:
    """Read a file of settings. Raises ContentError."""
    root, source = read_document(path, name)
    if not isinstance(root, MappingNode):
        raise ContentError((source.place(0).problem("type", "this file must contain keys and values, not a list"),))
    return root


def with_overlay(workspace: Workspace, root: MappingNode, language: str, problems: list[Problem]) -> MappingNode:
    """Return the settings of newsletter.yaml with those of a language, and add mistakes to the problems.

    Raises ContentError.
    """
    name = overlay_name(language)
    path = workspace.root / name
    if not path.is_file():
        problem = root.place.problem(
            "language",
            f"{name} is missing; it contains the settings that differ in this language",
            f"create it with: {command_line('new', options=shell_line('--language', language))}",
        )
        raise ContentError((replace(problem, path=NEWSLETTER),))
    over, own = settings_in(path, name), root.get("sections")
    if isinstance(own, MappingNode):
        over = replace(over, entries=tuple(_known_sections(each, own, problems) for each in over.entries))
    return overlay(root, over)


def _known_sections(entry: Entry, own: MappingNode, problems: list[Problem]) -> Entry:
    """Remove sections that the newsletter does not have from the settings of a language, and report them.

    A section with a type of its own is one that only this language has.
    """
    if entry.key.text != "sections" or not isinstance(entry.value, MappingNode):
        return entry
    kept: list[Entry] = []
    keys = tuple(each.key.text for each in own.entries)
    for each in entry.value.entries:
        if each.key.text in keys or (isinstance(each.value, MappingNode) and each.value.get("type") is not None):
            kept.append(each)
            continue
        near = nearest(each.key.text, keys)
        hint = f"did you mean {near}?" if near else "delete it here, or add it to newsletter.yaml again"
        message = f"sections: {NEWSLETTER} has no section “{each.key.text}”; it was removed or renamed there"
        problems.append(each.key.place.problem("unknown-key", message, hint))
    return replace(entry, value=replace(entry.value, entries=tuple(kept)))
