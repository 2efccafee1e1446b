"""Where things lie: the newsletter's folder, its files, and the theme's files.

Comes in: a path a person typed. Goes out: resolved paths that stay inside the workspace. Never reads what is in them.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from composer.errors import UsageError, WorkspaceError

NEWSLETTER = "newsletter.yaml"
ISSUES = "issues"
OUTBOX = "outbox"
TEMPLATES = "templates"


def shipped(name: str) -> Path:
    """Give the folder of what ships with the program: `templates` or `starter`.

    A wheel carries them below composer/_shipped; in an editable checkout the repository itself is the starter.
    """
    package = Path(__file__).resolve().parent
    inside = package / "_shipped" / name
    if inside.is_dir():
        return inside
    return package.parent if name == "starter" else package.parent / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A newsletter's folder: the one that holds newsletter.yaml."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> "Workspace":
        """Walk up from a file or folder to the nearest newsletter.yaml.

        Raises WorkspaceError when there is none.
        """
        here = start.resolve()
        for folder in (here, *here.parents):
            if (folder / NEWSLETTER).is_file():
                return cls(root=folder)
        raise WorkspaceError(
            f"no {NEWSLETTER} here or in a folder above: {start}",
            "go into the newsletter's folder, or make a new newsletter with: compose init DIR",
        )

    def name(self, path: Path) -> str:
        """Name a path as people see it: relative to the workspace, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def issues(self) -> tuple[Path, ...]:
        """List the issue files, oldest name first; editions in other languages stand behind their issue."""
        folder = self.root / ISSUES
        return tuple(sorted((path for path in folder.glob("*.yaml") if path.is_file()), key=lambda path: path.stem))

    def issue(self, name: str) -> Path:
        """Find an issue by path or by stem (`2025-01-30`, `2025-01-30.de`).

        Raises UsageError when there is none, naming the nearest.
        """
        text = name.replace("\\", "/") if os.sep == "/" and not Path(name).exists() else name
        candidates = [Path(text), self.root / text, self.root / ISSUES / text]
        candidates += [self.root / ISSUES / f"{Path(text).name}{ending}" for ending in (".yaml", ".yml")]
        for candidate in candidates:
            if candidate.is_file():
                return candidate.resolve()
        stems = [path.stem for path in self.issues()]
        raise UsageError(
            f"there is no issue “{name}” in {self.root / ISSUES}",
            f"there are: {', '.join(stems[-5:])}" if stems else "make one with: compose new",
        )

    def inside(self, base: Path, written: str) -> Path:
        """Resolve a path that an editor wrote, relative to the file it stands in.

        Links are followed before the check, so a link cannot lead out. Raises WorkspaceError when the path is
        absolute or leaves the workspace.
        """
        text = written.replace("\\", "/")
        if text.startswith("/") or text[1:2] == ":":
            raise WorkspaceError(
                f"“{written}” is a place on one computer only", "write where it lies seen from this file: assets/…"
            )
        resolved = (base / text).resolve()
        if not resolved.is_relative_to(self.root):
            raise WorkspaceError(
                f"“{written}” lies outside the newsletter's folder", "copy the file into the newsletter's folder"
            )
        return resolved

    def theme(self, name: str) -> "ThemeFiles":
        """Give the files of a theme: the workspace's own first, then those that ship with the program."""
        own = self.root / TEMPLATES / name
        built_in = shipped(TEMPLATES) / name
        folders = tuple(dict.fromkeys(folder for folder in (own, built_in) if folder.is_dir()))
        return ThemeFiles(name=name, folders=folders, workspace=self)


def themes_known(workspace: Workspace) -> tuple[str, ...]:
    """List the names of the themes that can be used here."""
    folders = (workspace.root / TEMPLATES, shipped(TEMPLATES))
    names = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
    return tuple(sorted(names))


def stamp(path: Path) -> tuple[int, int]:
    """Give what changes when a file changes: time in nanoseconds and size; nothing equals a file that is gone."""
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
    """A theme's files, the workspace's first. A section type is taken as a whole folder, every other file singly."""

    name: str
    folders: tuple[Path, ...]
    workspace: Workspace

    def find(self, name: str) -> Path | None:
        """Find a file of the theme, or None. A name cannot lead out of the theme's folder."""
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

    def display(self, path: Path) -> str:
        """Name a theme's file as people see it."""
        if path.resolve().is_relative_to(self.workspace.root):
            return self.workspace.name(path.resolve())
        for folder in self.folders:
            if path.is_relative_to(folder):
                return f"{TEMPLATES}/{self.name}/{path.relative_to(folder).as_posix()}"
        return path.as_posix()

    def section_types(self) -> tuple[str, ...]:
        """List the section types that the theme knows."""
        names = {
            path.name
            for folder in self.folders
            if (folder / "sections").is_dir()
            for path in (folder / "sections").iterdir()
            if (path / "schema.yaml").is_file()
        }
        return tuple(sorted(names))

    def languages(self) -> tuple[str, ...]:
        """List the languages in which the theme has its fixed phrases."""
        return tuple(sorted({path.stem for folder in self.folders for path in (folder / "phrases").glob("*.yaml")}))
