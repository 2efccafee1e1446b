"""The files of a workspace: the newsletter's folder, its files, and the theme's files.

Input: a path that a person typed. Output: resolved paths. Guarantees: paths stay inside the workspace; reads no file, except one
that does not end with .yaml, to recognize it.
"""

import os
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from composer.core.command_lines import command_line, shell_line
from composer.core.errors import UsageError, WorkspaceError
from composer.core.issue_names import ENDINGS, is_issue_file, language_in, may_hold_an_issue, parse_issue_name

NEWSLETTER = "newsletter.yaml"
ISSUES = "issues"
OUTBOX = "outbox"
#: A name like that of an issue, with the ending that a text editor may add.
_OTHER_ENDING = re.compile(r"\d{4}-\d{2}-\d{2}(?:\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)?(?:\.ya?ml)?\.txt", re.IGNORECASE)
TEMPLATES = "templates"
#: The theme that is part of the program.
INCLUDED = "briefing"


def shipped(name: str) -> Path:
    """Return a folder or file that is part of the program: `templates`, `starter`, `docs`, `deploy`, …

    In a wheel they are in composer/_shipped; in an editable checkout, the repository itself is the starter.
    """
    package = _package()
    inside = package / "_shipped" / name
    if inside.exists():
        return inside
    return package.parent if name == "starter" else package.parent / name


@lru_cache(maxsize=1)
def _package() -> Path:
    return Path(str(files("composer"))).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A newsletter's folder: the one with newsletter.yaml."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Workspace":
        """Return the nearest folder with newsletter.yaml, from a file or folder upwards.

        Raises WorkspaceError if there is no such folder.
        """
        here = start.resolve()
        for folder in (here, *here.parents):
            if (folder / NEWSLETTER).is_file():
                return cls(root=folder)
        raise WorkspaceError(
            f"there is no {NEWSLETTER} in this folder or in a folder above it: {start}",
            _way_down(here) or "go to the newsletter's folder, or create a newsletter: compose init DIR",
        )

    def name(self, path: Path) -> str:
        """Return the name of a path for people: relative to the workspace, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def issues(self) -> tuple[Path, ...]:
        """Return the issue files, the oldest first; editions in other languages follow their issue.

        Only names that are a date, and perhaps a language, count: see `other_files`.
        """
        languages = self.languages()
        found = [path for path in self.yaml_files() if parse_issue_name(path.name, languages)]
        return tuple(sorted(found, key=lambda path: (path.stem, path.name)))

    def other_files(self) -> tuple[Path, ...]:
        """Return the files that may contain an issue but are not named like one, such as copies."""
        languages = self.languages()
        found = [path for path in self._in_issues() if may_hold_an_issue(path.name)]
        return tuple(sorted(path for path in found if not parse_issue_name(path.name, languages)))

    def yaml_files(self) -> tuple[Path, ...]:
        """Return every YAML file in the issues folder, with any name."""
        return tuple(path for path in self._in_issues() if is_issue_file(path.name) and path.name[0] != ".")

    def misnamed(self) -> tuple[Path, ...]:
        """Return the files that are named like an issue, but with another ending: `2025-01-30.txt`, `2025-01-30.yaml.txt`."""
        found = [path for path in self._in_issues() if _OTHER_ENDING.fullmatch(path.name)]
        return tuple(sorted(found))

    def languages(self) -> frozenset[str]:
        """Return the languages for which the newsletter has a file besides newsletter.yaml."""
        return frozenset(path.name.split(".", 1)[1][: -len(".yaml")] for path in self.root.glob("newsletter.*.yaml"))

    def language_of(self, path: Path, languages: Collection[str] | None = None) -> str | None:
        """Return the language in an issue's file name; None for the newsletter's main language.

        `languages` avoids looking them up again for each of many files.
        """
        return language_in(path.name, self.languages() if languages is None else languages)

    def issue(self, name: str) -> Path:
        """Return the path of an issue by path or by stem (`2025-01-30`, `2025-01-30.de`).

        Raises UsageError if there is no such issue, and for a file whose name does not end with .yaml or .yml.
        """
        text = name.replace("\\", "/") if os.sep == "/" and not Path(name).exists() else name
        for candidate in (Path(text), self.root / text, self.root / ISSUES / text):
            if (found := on_disk(candidate)).is_file():
                if not is_issue_file(found.name):
                    from composer.core.untrusted.file_types import refusal_of_draft

                    raise refusal_of_draft(found, self.name(found)) or self._misnamed(found)
                return found.resolve()
        stem = _normal(Path(text).name)
        named = [path for path in self.yaml_files() if _normal(path.stem) == stem]
        if named:
            # If there are several, the one with the usual ending.
            return min(named, key=lambda path: ENDINGS.index(path.suffix.lower())).resolve()
        names = (f"{stem.lower()}.y", f"{stem.lower()}.txt")
        for path in (*self.other_files(), *self.misnamed()):
            if path.name.lower().startswith(names):
                raise self._misnamed(path)
        stems = [path.stem for path in self.issues()]
        raise UsageError(
            f"there is no issue “{name}” in {self.root / ISSUES}",
            f"the latest issues: {', '.join(stems[-5:])}" if stems else "to create one: compose new",
        )

    def _misnamed(self, path: Path) -> UsageError:
        """Return the error for a file that may contain an issue but is not named like a YAML file."""
        return UsageError(f"{self.name(path)} is not an issue file: the name must end with .yaml", self.renaming(path))

    def renaming(self, path: Path) -> str:
        """Return what to do about a file that may contain an issue but is not named like a YAML file."""
        start = path.name.lower().find(".y")
        name = f"{path.name[:start]}.yaml" if may_hold_an_issue(path.name) else f"{path.stem}.yaml"
        target = path.with_name(name)
        if target.exists():
            return f"to build {self.name(target)}: {command_line('build', target.stem)}"
        return f"if it is the issue, rename it: {shell_line('mv', self.name(path), self.name(target))}"

    def _in_issues(self) -> list[Path]:
        try:
            with os.scandir(self.root / ISSUES) as entries:
                return [Path(path) for path in sorted(entry.path for entry in entries if entry.is_file())]
        except OSError:
            return []

    def inside(self, base: Path, written: str) -> Path:
        """Return the resolved path for a path that an editor wrote, relative to the file that contains it.

        Links are followed before the check, so a link cannot lead out. Raises WorkspaceError if the path is absolute or
        leaves the workspace.
        """
        text = written.replace("\\", "/")
        if text.startswith("/") or text[1:2] == ":":
            raise WorkspaceError(
                f"“{written}” is an absolute path, which works on one computer only",
                "write the path relative to this file, such as assets/…",
            )
        resolved = on_disk(base / text).resolve()
        if not resolved.is_relative_to(self.root):
            raise WorkspaceError(
                f"“{written}” is outside the newsletter's folder", "copy the file into the newsletter's folder"
            )
        return resolved

    def theme(self, name: str) -> "ThemeFiles":
        """Return the files of a theme: first the workspace's own, then those of the program."""
        own = self.root / TEMPLATES / name
        built_in = shipped(TEMPLATES) / name
        folders = tuple(dict.fromkeys(folder for folder in (own, built_in) if folder.is_dir()))
        return ThemeFiles(name=name, folders=folders, workspace=self)


def _way_down(folder: Path) -> str:
    """Return the command that leads to the newsletter in a folder inside this one, or an empty text."""
    inside = sorted(path.parent.name for path in folder.glob(f"*/{NEWSLETTER}")) if folder == Path.cwd() else []
    return f"go to the newsletter's folder:   {shell_line('cd', inside[0])}" if inside else ""


def on_disk(path: Path) -> Path:
    """Return a path in the spelling of the disk.

    A letter with an accent can be one character or two (NFC, NFD). Editors type the first form, and macOS may store the
    second. If the path exists in neither form, it is returned unchanged.
    """
    if str(path).isascii() or path.exists():
        return path
    parent, wanted = on_disk(path.parent), _normal(path.name)
    try:
        return next((each for each in parent.iterdir() if _normal(each.name) == wanted), path)
    except OSError:
        return path


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def themes_known(workspace: Workspace) -> tuple[str, ...]:
    """Return the names of the available themes."""
    folders = (workspace.root / TEMPLATES, shipped(TEMPLATES))
    names = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
    return tuple(sorted(names))


def stamp(path: Path) -> tuple[int, int]:
    """Return a value that changes with a file: time in nanoseconds and size; a missing file has its own value."""
    try:
        status = path.stat()
    except OSError:
        return (0, -1)
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=64)
def _real(folder: Path) -> str:
    return os.path.realpath(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeFiles:
    """A theme's files, the workspace's first. A section type comes as a whole folder from one source, other files singly."""

    name: str
    folders: tuple[Path, ...]
    workspace: Workspace

    def find(self, name: str) -> Path | None:
        """Return the path of a theme's file, or None. A name cannot lead out of the theme's folder."""
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or "\\" in name:
            return None
        for folder in self.folders:
            if parts[0] == "sections" and len(parts) > 2 and not (folder / "sections" / parts[1]).is_dir():
                continue
            path = folder / name
            if path.is_file():
                inside = os.path.realpath(path).startswith(_real(folder) + os.sep)
                return path if inside else None
            if parts[0] == "sections" and len(parts) > 2:
                return None
        return None

    def with_included(self) -> "ThemeFiles":
        """Return the theme with the files of the included theme for those that it lacks."""
        return ThemeFiles(
            name=self.name,
            folders=tuple(dict.fromkeys((*self.folders, shipped(TEMPLATES) / INCLUDED))),
            workspace=self.workspace,
        )

    def display(self, path: Path) -> str:
        """Return the name of a theme's file for people."""
        if path.resolve().is_relative_to(self.workspace.root):
            return self.workspace.name(path.resolve())
        for folder in self.folders:
            if path.is_relative_to(folder):
                return f"{TEMPLATES}/{self.name}/{path.relative_to(folder).as_posix()}"
        return path.as_posix()

    def section_types(self) -> tuple[str, ...]:
        """Return the section types of the theme."""
        names = {
            path.name
            for folder in self.folders
            if (folder / "sections").is_dir()
            for path in (folder / "sections").iterdir()
            if (path / "schema.yaml").is_file()
        }
        return tuple(sorted(names))

    def all_of(self, name: str) -> tuple[Path, ...]:
        """List every file of a name, the workspace's first."""
        one_by_one = (
            ThemeFiles(name=self.name, folders=(folder,), workspace=self.workspace) for folder in self.folders
        )
        return tuple(path for each in one_by_one if (path := each.find(name)) is not None)
