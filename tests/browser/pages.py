"""Pages to open in a browser: an edition as built, and the same without the inliner."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import composer.render.edition
from composer.core.workspace import Workspace
from composer.editions.outbox import write
from composer.editions.pipeline import build_issue
from composer.render.inline import inline_css
from tests.factories import ROOT

STEMS = ("2025-01-30", "2025-01-30.de")

Inliner = Callable[[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The paths of one edition's pages; the pictures are in the same folders."""

    #: The page that `compose build` wrote.
    final: Path
    #: The compiler's output, with the rules of inline.css in a style element at the end of the head.
    plain: Path
    #: The compiler's output, without inline.css.
    bare: Path
    #: What `compose build` wrote, with all wrappers that the compiler puts around sections.
    wrapped: Path


def pages(folder: Path) -> dict[str, Page]:
    """Build each edition four times into a folder; return the pages by stem."""
    return {
        stem: Page(
            final=_build(folder / "final", stem, inline_css),
            plain=_build(folder / "plain", stem, _in_the_head),
            bare=_build(folder / "bare", stem, _left_out),
            wrapped=_wrapped(folder / "wrapped", stem),
        )
        for stem in STEMS
    }


def _wrapped(folder: Path, stem: str) -> Path:
    with patch.object(composer.render.edition, "compact_sections", lambda html: html):
        return _build(folder, stem, inline_css)


def _build(folder: Path, stem: str, inliner: Inliner) -> Path:
    workspace = Workspace.find(ROOT)
    with patch.object(composer.render.edition, "inline_css", inliner):
        page, *_ = write(build_issue(workspace, workspace.issue(stem)), folder)
    return page.resolve()


def _in_the_head(html: str, css: str) -> str:
    assert html.count("</head>") == 1
    return html.replace("</head>", f"<style>{css}</style></head>")


def _left_out(html: str, css: str) -> str:
    return html
