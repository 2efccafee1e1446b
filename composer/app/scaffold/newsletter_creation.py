"""Creates a newsletter in a folder: from answers, or as a copy of the sample.

Input: a folder, and a `NewsletterSetup`. Output: newsletter.yaml, the files of further languages, an empty first issue (or
the sample's), pictures, .gitignore, schemas and settings for text editors. Guarantees: overwrites no file.
"""

import datetime
import shutil
from collections.abc import Mapping
from pathlib import Path

from composer.app.scaffold.issue_skeleton import skeleton
from composer.app.scaffold.newsletter_setup import NewsletterSetup, available_types
from composer.app.scaffold.newsletter_text import language_text, newsletter_text
from composer.app.scaffold.next_issue import NextIssue, first_date
from composer.app.text_editors.editor_settings import editor_settings
from composer.app.text_editors.schema_files import write_schemas
from composer.content.document.language_overlay import overlay_name
from composer.content.document.newsletter import read_newsletter
from composer.core.errors import OutputError, UsageError
from composer.core.workspace import ISSUES, NEWSLETTER, Workspace, shipped

_ASSETS = "assets"
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


def create_newsletter(
    folder: Path, setup: NewsletterSetup, *, day: datetime.date | None = None, today: datetime.date | None = None
) -> tuple[Path, ...]:
    """Create a newsletter with an empty first issue, and return the files that were written, without the schemas.

    Without a `day`, the first issue has a date in a week. Raises UsageError if the folder contains a newsletter or one
    of the files, OutputError if it cannot be written.
    """
    day = day or first_date(today or datetime.date.today())
    issue = folder / ISSUES / f"{day.isoformat()}.yaml"
    logo = folder / _ASSETS / f"logo{setup.logo.suffix.lower()}" if setup.logo is not None else None
    descriptions = {kind.name: kind.description or kind.title for kind in available_types(folder)}
    settings = newsletter_text(setup, descriptions, logo.relative_to(folder).as_posix() if logo else None)
    texts = {folder / NEWSLETTER: settings}
    texts |= {folder / overlay_name(each): language_text(setup, each) for each in setup.languages[1:]}
    pictures = {logo: setup.logo} if logo is not None and setup.logo is not None else {}
    _refuse_existing(folder, (*texts, issue, *pictures))
    written = _write(folder, texts, pictures)
    first = skeleton(read_newsletter(Workspace(root=folder.resolve())), NextIssue(date=day, number=1))
    return (*written, *_write(folder, {issue: first}, {}), *_finish(folder))


def copy_sample(folder: Path) -> tuple[Path, ...]:
    """Create a newsletter as a copy of the sample, with an issue in English and German; return the files as above.

    Raises UsageError, OutputError.
    """
    origin = shipped("starter")
    files = sorted(origin.glob("newsletter*.yaml"))
    for part in (_ASSETS, ISSUES):
        files += sorted(path for path in (origin / part).rglob("*") if path.is_file())
    copies = {folder / path.relative_to(origin): path for path in files}
    _refuse_existing(folder, tuple(copies))
    return (*_write(folder, {}, copies), *_finish(folder))


def check_folder(folder: Path) -> None:
    """Check that a newsletter can be created in a folder. Raises UsageError."""
    if (folder / NEWSLETTER).exists():
        raise UsageError(f"the folder already contains a newsletter: {folder / NEWSLETTER}", "choose another folder")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, not a folder", "choose another folder")


def _refuse_existing(folder: Path, files: tuple[Path, ...]) -> None:
    check_folder(folder)
    if taken := next((path for path in files if path.exists()), None):
        raise UsageError(f"{taken} already exists, and is not overwritten", "choose another folder, or move the file")


def _finish(folder: Path) -> tuple[Path, ...]:
    """Write what belongs to every newsletter, where it is missing."""
    texts = {folder / ".gitignore": GITIGNORE}
    texts |= {folder / name: text for name, text in editor_settings().items()}
    written = _write(folder, {path: text for path, text in texts.items() if not path.exists()}, {})
    write_schemas(Workspace(root=folder.resolve()))
    return written


def _write(folder: Path, texts: Mapping[Path, str], copies: Mapping[Path, Path]) -> tuple[Path, ...]:
    """Write files with these texts, and copies of other files. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in (*texts, *copies):
            path.parent.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8", newline="\n")
        for path, source in copies.items():
            shutil.copyfile(source, path)
    except OSError as error:
        hint = "choose a folder that you can write to"
        raise OutputError(f"{folder} cannot be written: {error.strerror}", hint) from error
    return (*texts, *copies)
