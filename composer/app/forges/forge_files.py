"""The files with which a forge reviews the issues of a newsletter.

Input: a newsletter's folder, and a forge. Output: files in the repository, made from the templates in deploy/forges/.
Guarantees: overwrites no file that differs; writes outside of the newsletter's folder only inside its git repository.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment as Templates
from jinja2 import FileSystemLoader, StrictUndefined

from composer.app.forges.placed_findings import repository_of
from composer.core.errors import OutputError, UsageError
from composer.core.workspace import Workspace, shipped


class Forge(StrEnum):
    """Where the repository is."""

    GITHUB = "github"
    GITLAB = "gitlab"


#: The file that GitLab reads, and ours, which it includes.
_GITLAB_CI, _GITLAB_REVIEW = ".gitlab-ci.yml", ".gitlab/compose-review.yml"
#: The files of each forge, by their paths in the repository, with the names of their templates.
_FILES = {
    Forge.GITHUB: {
        ".github/workflows/compose-review.yml": "github/compose-review.yml",
        ".github/workflows/compose-comment.yml": "github/compose-comment.yml",
    },
    Forge.GITLAB: {_GITLAB_REVIEW: "gitlab/compose-review.yml", _GITLAB_CI: "gitlab/gitlab-ci.yml"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeFiles:
    """The files that were written."""

    written: tuple[Path, ...]
    #: A file of others that has to include ours, if it does not do so yet.
    including: Path | None
    included: str = _GITLAB_REVIEW


def forge_files(workspace: Workspace, forge: Forge) -> Mapping[Path, str]:
    """Return the text of each file by its path."""
    repository = repository_of(workspace.root)
    templates = Templates(  # noqa: S701 - these are not HTML
        loader=FileSystemLoader(shipped("deploy") / "forges"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    folder = workspace.root.relative_to(repository).as_posix()
    # JSON is a quoted text in YAML.
    values = {"folder": json.dumps(folder), "version": version("compose-newsletter")}
    return {
        repository / name: templates.get_template(f"{template}.j2").render(values)
        for name, template in _FILES[forge].items()
    }


def write_forge_files(workspace: Workspace, forge: Forge) -> ForgeFiles:
    """Write the files that are missing; a .gitlab-ci.yml of others stays as it is.

    Raises UsageError if another file exists and differs, OutputError.
    """
    files = {path: text for path, text in forge_files(workspace, forge).items() if _text(path) != text}
    others = next((path for path in files if path.name == _GITLAB_CI and path.exists()), None)
    files = {path: text for path, text in files.items() if path != others}
    if taken := next((path for path in files if path.exists()), None):
        raise UsageError(
            f"{taken} already exists and differs, and is not overwritten",
            "to replace it with the file of this version, remove it and run the command again",
        )
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written: {error.strerror}") from error
    is_included = others is None or _GITLAB_REVIEW in _text(others)
    return ForgeFiles(written=tuple(files), including=None if is_included else others)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
