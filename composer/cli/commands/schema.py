"""The command `compose schema`: JSON Schemas for text editors."""

from pathlib import Path

import click

from composer.cli.ui import console
from composer.core.workspace import Workspace


@click.command("schema")
@click.option(
    "--print",
    "only",
    type=click.Choice(["issue", "newsletter", "language"]),
    help="Print one schema, and write no files.",
)
def command(only: str | None) -> int:
    """Write the JSON Schemas for autocompletion in text editors.

    Writes three schemas to .compose/: for issues, for newsletter.yaml, and for the files of other languages
    (newsletter.de.yaml).

    Text editors with yaml-language-server (VS Code's YAML extension, Neovim, Helix) use them to complete, explain and
    check keys: the first line of each file names its schema. compose writes them again when you create, check or
    preview an issue after a change of newsletter.yaml. Run this command after a change of a section type.
    """
    from composer.app.text_editors.editor_schemas import editor_schemas
    from composer.app.text_editors.schema_files import write_schemas

    workspace = Workspace.find(Path.cwd())
    if only is not None:
        console.answer_json(editor_schemas(workspace)[only])
        return 0
    for path in write_schemas(workspace):
        console.answer(workspace.name(path))
    return 0
