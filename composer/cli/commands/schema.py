"""The command `compose schema`: JSON Schemas for text editors."""

from pathlib import Path

import click

from composer.cli.ui import console
from composer.core.workspace import Workspace


@click.command("schema")
@click.option(
    "--print", "only", type=click.Choice(["issue", "newsletter"]), help="Print one schema, and write no files."
)
def command(only: str | None) -> int:
    """Write the JSON Schemas for autocompletion in text editors.

    Writes one schema for issues and one for newsletter.yaml to .compose/.

    Text editors with yaml-language-server (VS Code's YAML extension, Neovim, Helix) use them to complete and explain
    keys: issues created by `compose new` name their schema in the first line. Run this again when you change
    newsletter.yaml.
    """
    from composer.app.editor_schemas import both_schemas, write_schemas

    workspace = Workspace.find(Path.cwd())
    if only is not None:
        console.answer_json(both_schemas(workspace)[only])
        return 0
    for path in write_schemas(workspace):
        console.answer(workspace.name(path))
    return 0
