"""Creates a newsletter in a folder, from a sample.

Input: a folder. Output: newsletter.yaml, a sample issue with its pictures, .gitignore, schemas for text editors.
Guarantees: overwrites no file.
"""

import shutil
from pathlib import Path

from composer.app.text_editors.schema_files import write_schemas
from composer.core.errors import OutputError, UsageError
from composer.core.workspace import ISSUES, NEWSLETTER, Workspace, shipped

#: Files that do not belong in git: those that the program writes, and those that contain secrets or subscribers.
GITIGNORE = """\
# written by compose
outbox/
public/
.public-*.new/
.public.lock
.compose/*
!.compose/*.schema.json
# subscribers and keys: never commit them
*.db
*.db-*
*.pem
*.key
.env
"""


def create_newsletter(folder: Path) -> tuple[Path, ...]:
    """Create a newsletter in a folder, and return the files that were written.

    Raises UsageError if the folder contains a newsletter or one of the files, OutputError if it cannot be written.
    """
    if (folder / NEWSLETTER).exists():
        raise UsageError(f"the folder already contains a newsletter: {folder / NEWSLETTER}", "choose another folder")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder", "choose another folder")
    copies = _copies(folder)
    if taken := next((target for _, target in copies if target.exists()), None):
        raise UsageError(f"{taken} already exists, and is not overwritten", "choose another folder, or move the file")
    try:
        for source, target in copies:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(GITIGNORE, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}", "choose a folder that you can write to"
        ) from error
    write_schemas(Workspace(root=folder.resolve()))
    return (*(target for _, target in copies), ignore)


def _copies(folder: Path) -> list[tuple[Path, Path]]:
    origin = shipped("starter")
    files = sorted(origin.glob("newsletter*.yaml"))
    for part in ("assets", ISSUES):
        files += sorted(path for path in (origin / part).rglob("*") if path.is_file())
    return [(path, folder / path.relative_to(origin)) for path in files]
