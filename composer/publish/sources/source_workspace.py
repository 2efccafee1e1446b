"""Reads an issue from its public source, as if its file were still there.

Input: public sources, and the newsletter of today. Output: a `Newsletter` with the sections of the day, and an `Issue`.
Guarantees: files are written only into a temporary folder, which is deleted at the end.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from composer.content.document.issue import Issue, read_issue
from composer.content.document.newsletter import Newsletter, read_newsletter
from composer.core.workspace import ISSUES, NEWSLETTER, TEMPLATES, Workspace
from composer.publish.site.site_manifest import digest_of
from composer.publish.sources.public_source import PICTURES, PublicSource, Tree, as_yaml, plain_tree

#: Settings of today that reading an old issue does not need.
_UNUSED = ("audiences", "offers", "approvals", "checks", "editors", "database")


class SourceWorkspace:
    """A temporary folder with the public sources of issues."""

    def __init__(self, workspace: Workspace, picture: Callable[[str], bytes]) -> None:
        """`picture` returns the bytes of a stored picture by its digest."""
        self._workspace, self._picture = workspace, picture
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._newsletters: dict[str, tuple[Workspace, Newsletter]] = {}

    def close(self) -> None:
        """Delete the folder."""
        if self._folder is not None:
            self._folder.cleanup()

    def newsletter(self, source: PublicSource, today: Newsletter) -> Newsletter:
        """Return the newsletter of today with the sections, fields and people that an issue was written for.

        Sections that are new since then are known, too. Raises ContentError.
        """
        return self._opened(source, today)[1]

    def read(self, source: PublicSource, today: Newsletter, stem: str) -> tuple[Newsletter, Issue]:
        """Return an issue as it was. Raises ContentError."""
        workspace, newsletter = self._opened(source, today)
        folder = workspace.root / ISSUES
        folder.mkdir(exist_ok=True)
        for name, digest in source.pictures.items():
            path = folder / PICTURES / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._picture(digest))
        path = folder / f"{stem.partition('.')[0]}.yaml"
        path.write_text(as_yaml(source.texts), encoding="utf-8")
        _, issue = read_issue(workspace, path, newsletter=newsletter)
        path.unlink()
        # A picture that was prepared for messages once is not prepared again.
        kept = {folder / PICTURES / name: self._picture(digest) for name, digest in source.pictures.items()}
        shown = (replace(each, data=kept.get(each.file, each.data)) for each in issue.pictures)
        return newsletter, replace(issue, stem=stem, pictures=tuple(shown))

    def _opened(self, source: PublicSource, today: Newsletter) -> tuple[Workspace, Newsletter]:
        current = plain_tree(today.nodes[()])
        assert isinstance(current, dict)
        settings = _merged(source.settings, current)
        key = digest_of(json.dumps(settings, sort_keys=True))
        if key not in self._newsletters:
            self._newsletters[key] = self._open(key, settings, today)
        return self._newsletters[key]

    def _open(self, key: str, settings: Mapping[str, Tree], today: Newsletter) -> tuple[Workspace, Newsletter]:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="compose-archive-")
        root = Path(self._folder.name).resolve() / key
        root.mkdir()
        (root / NEWSLETTER).write_text(as_yaml(settings), encoding="utf-8")
        templates = self._workspace.root / TEMPLATES
        if templates.is_dir():
            (root / TEMPLATES).symlink_to(templates, target_is_directory=True)
        for logo in (today.brand.logo, today.brand.dark_logo):
            if logo is not None and logo.file.is_relative_to(self._workspace.root):
                target = root / logo.file.relative_to(self._workspace.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(logo.file, target)
        workspace = Workspace(root=root)
        newsletter = read_newsletter(workspace)
        # Files of the theme are found, and templates kept, by the workspace that they are in.
        return workspace, replace(newsletter, theme=today.theme)


def _merged(settings: Mapping[str, Tree], today: Mapping[str, Tree]) -> dict[str, Tree]:
    found = {**{key: value for key, value in today.items() if key not in _UNUSED}, **settings}
    then, now = settings.get("sections"), today.get("sections")
    if isinstance(then, dict) and isinstance(now, dict):
        found["sections"] = {**then, **{key: value for key, value in now.items() if key not in then}}
    return found
