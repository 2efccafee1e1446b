"""A new newsletter in a folder: the sample to begin from.

Input: a folder. Output: newsletter.yaml, a sample issue with its pictures, .gitignore, schemas for editors. Never
overwrites a file.
"""

import shutil
from pathlib import Path

from composer.app.editor_schemas import write_schemas
from composer.core.errors import OutputError, UsageError
from composer.core.workspace import ISSUES, NEWSLETTER, Workspace, shipped

#: What never belongs into git: what the program writes, and what is secret or about subscribers.
GITIGNORE = """\
# what compose writes
outbox/
.compose/
# subscribers and keys never belong into git
*.db
*.db-*
*.pem
*.key
.env
"""


def create_newsletter(folder: Path) -> tuple[Path, ...]:
    """Make a newsletter in a folder; give the files that were written.

    Raises UsageError when the folder holds a newsletter or a file in the way, OutputError when it cannot be written.
    """
    if (folder / NEWSLETTER).exists():
        raise UsageError(f"there is a newsletter already: {folder / NEWSLETTER}", "name another folder")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder", "name another folder")
    copies = _copies(folder)
    if taken := next((target for _, target in copies if target.exists()), None):
        raise UsageError(f"{taken} is there already and would be overwritten", "name another folder, or move the file")
    try:
        for source, target in copies:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(GITIGNORE, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}", "name a folder that is yours") from error
    write_schemas(Workspace(root=folder.resolve()))
    return (*(target for _, target in copies), ignore)


def _copies(folder: Path) -> list[tuple[Path, Path]]:
    origin = shipped("starter")
    files = sorted(origin.glob("newsletter*.yaml"))
    for part in ("assets", ISSUES):
        files += sorted(path for path in (origin / part).rglob("*") if path.is_file())
    return [(path, folder / path.relative_to(origin)) for path in files]
