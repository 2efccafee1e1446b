"""The schema files for text editors: where they are, the line that names them, and when they are written.

They are in .compose/ and belong into git, so that a fresh clone has them. Input: a workspace. Output: files. Guarantees:
a file is written only if its content changes.
"""

import json
from contextlib import suppress
from pathlib import Path

from composer.core.errors import ContentError, OutputError
from composer.core.workspace import NEWSLETTER, Workspace

FOLDER = ".compose"
#: The schemas by what they describe: an issue, newsletter.yaml, the file of another language (newsletter.de.yaml).
ISSUE, SETTINGS, LANGUAGE = "issue", "newsletter", "language"


def schema_line(name: str) -> str:
    """Return the first line of a file: where text editors find its schema."""
    folder = f"../{FOLDER}" if name == ISSUE else FOLDER
    return f"# yaml-language-server: $schema={folder}/{name}.schema.json"


def write_schemas(workspace: Workspace) -> tuple[Path, ...]:
    """Write the schemas to .compose/. Raises ContentError, OutputError."""
    # Imported late: `refresh_schemas` rarely needs them.
    from composer.app.text_editors.editor_schemas import editor_schemas

    folder = workspace.root / FOLDER
    texts = {
        folder / f"{name}.schema.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
        for name, schema in editor_schemas(workspace).items()
    }
    try:
        folder.mkdir(exist_ok=True)
        for path, text in texts.items():
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    return tuple(texts)


def refresh_schemas(workspace: Workspace) -> None:
    """Write the schemas again if they are there and newsletter.yaml is newer; its mistakes are reported elsewhere."""
    written = workspace.root / FOLDER / f"{ISSUE}.schema.json"
    with suppress(OSError, ContentError, OutputError):
        if written.stat().st_mtime < (workspace.root / NEWSLETTER).stat().st_mtime:
            write_schemas(workspace)
            written.touch()
