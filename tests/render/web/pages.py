"""Web editions for tests, in the smallest frame that a page can have."""

import shutil
from dataclasses import dataclass
from html import escape
from pathlib import Path

from composer.content.document.issue import read_issue
from composer.core.workspace import Workspace
from composer.editions.web_build import BuiltWeb, build_web
from tests.factories import ROOT

_GOLDEN = ROOT / "tests" / "golden"
_ARABIC = ROOT / "tests" / "render" / "right_to_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebCase:
    """An issue whose web edition is compared with a file in tests/golden/expected."""

    name: str
    root: Path
    stem: str


WEB_CASES = (
    WebCase(name="sample", root=ROOT, stem="2025-01-30"),
    WebCase(name="sample-de", root=ROOT, stem="2025-01-30.de"),
    WebCase(name="gallery", root=ROOT / "examples/gallery", stem="gallery"),
    WebCase(name="elements/1", root=_GOLDEN / "elements", stem="2025-01-30"),
    WebCase(name="elements/zh", root=_GOLDEN / "elements", stem="2025-01-30.zh"),
    WebCase(name="hostile", root=_GOLDEN / "hostile", stem="2025-01-30"),
    WebCase(name="arabic", root=_ARABIC, stem="2026-12-02"),
    WebCase(name="mixed", root=_ARABIC, stem="2031-02-06"),
)
_RIGHT_TO_LEFT = {"arabic": ("newsletter.yaml", "issue.yaml"), "mixed": ("mixed-newsletter.yaml", "mixed.yaml")}


def web_edition(workspace: Workspace, stem: str = "2025-01-30") -> BuiltWeb:
    """Build the web edition of an issue."""
    newsletter, issue = read_issue(workspace, workspace.issue(stem))
    return build_web(newsletter, issue)


def build_case(case: WebCase, folder: Path) -> BuiltWeb:
    """Build the web edition of a case; the right-to-left issues are put together in a folder."""
    root = case.root
    if case.name in _RIGHT_TO_LEFT:
        newsletter, issue = _RIGHT_TO_LEFT[case.name]
        for part in ("assets", "issues"):
            (folder / part).mkdir(parents=True)
        for name in ("chart.png", "cover.png"):
            shutil.copy(ROOT / "assets/logo.png", folder / "assets" / name)
        shutil.copy(root / newsletter, folder / "newsletter.yaml")
        shutil.copy(root / issue, folder / f"issues/{case.stem}.yaml")
        root = folder
    return web_edition(Workspace(root=root.resolve()), case.stem)


def framed(built: BuiltWeb, css: str | None = None) -> str:
    """Return a page with the article and a style sheet; for screens, if no other is given."""
    edition = built.edition
    return (
        f'<!DOCTYPE html>\n<html lang="{edition.language}" dir="{edition.direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(edition.title)}</title>\n<style>\n{edition.screen_css if css is None else css}</style>\n"
        f"</head>\n<body>\n<main>\n{edition.body}</main>\n</body>\n</html>\n"
    )


def write_page(built: BuiltWeb, folder: Path) -> Path:
    """Write the framed page and its pictures; return the path of the page."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    for name, picture in built.pictures:
        (folder / "pictures" / name).write_bytes(picture.data)
    page = folder / "page.html"
    page.write_text(framed(built), encoding="utf-8")
    return page
