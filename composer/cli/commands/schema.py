"""`compose schema`: JSON Schemas for editors."""

from pathlib import Path

import click

from composer.cli.ui import console
from composer.core.workspace import Workspace


@click.command("schema")
@click.option("--print", "only", type=click.Choice(["issue", "newsletter"]), help="Print one schema, write nothing.")
def command(only: str | None) -> int:
    """Write the JSON Schemas that editors' autocompletion reads.

    One of an issue and one of newsletter.yaml, to .compose/.

    Editors with yaml-language-server (VS Code's YAML extension, Neovim, Helix) complete and explain keys from them:
    every scaffolded issue names its schema in the first line. Run it again after a change to newsletter.yaml.
    """
    from composer.app.editor_schemas import both_schemas, write_schemas

    workspace = Workspace.find(Path.cwd())
    if only is not None:
        console.answer_json(both_schemas(workspace)[only])
        return 0
    for path in write_schemas(workspace):
        console.answer(workspace.name(path))
    return 0
