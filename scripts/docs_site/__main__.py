"""Build the documentation as a static site in build/site/: `make site`, or `python -m
scripts.docs_site [FOLDER]`.

Input: README.md, the pages of docs/ and the pages about the project, as they are. Output: HTML pages that any web server or
forge can serve, with a search; they can be read without script, and load nothing from other hosts. A link that leads nowhere
stops the build.
"""

import re
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "build" / "site"
#: The groups of the navigation: a heading, and the pages below it.
_GROUPS = {
    "Start": "docs/README.md",
    "Tutorials": "docs/tutorial/*.md",
    "How-to guides": "docs/how-to/*.md",
    "Reference": "docs/reference/**/*.md",
    "Explanation": "docs/explanation/*.md",
    "Decisions": "docs/decisions/*.md",
    "Project": "*.md",
}
#: The first page has the name that web servers look for.
_FIRST, _INDEX = Path("README.md"), Path("index.md")


def build(folder: Path) -> Path:
    """Build the site into a folder, replacing what it contains; return the first page.

    Raises:
        SystemExit: A link leads nowhere, or a page cannot be read; Sphinx has printed where.
    """
    source, trees = folder.with_name("site-source"), folder.with_name("site-trees")
    for each in (folder, source, trees):
        shutil.rmtree(each, ignore_errors=True)
    _collect(source)
    site = Sphinx(
        str(source),
        str(Path(__file__).parent),
        str(folder),
        str(trees),
        "html",
        status=None,
        warningiserror=True,
        freshenv=True,
    )
    site.build()
    if site.statuscode:
        raise SystemExit(site.statuscode)
    return folder / "index.html"


def _collect(source: Path) -> None:
    """Copy the pages and pictures into the source of the site, and write its navigation."""
    navigation = ""
    for heading, pattern in _GROUPS.items():
        pages = [path.relative_to(ROOT) for path in sorted(ROOT.glob(pattern))]
        navigation += f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n"
        for page in pages:
            _copy(page, source)
            if page != _FIRST:
                navigation += f"{page.with_suffix('')}\n"
        navigation += "```\n"
    shutil.copytree(ROOT / "docs" / "images", source / "docs" / "images")
    first = source / _INDEX
    first.write_text(first.read_text(encoding="utf-8") + navigation, encoding="utf-8")


def _copy(page: Path, source: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    up = "../" * (len(page.parts) - 1)
    text = re.sub(rf"\]\({re.escape(up)}README\.md(?=[)#])", f"]({up}{_INDEX}", text)
    target = source / (_INDEX if page == _FIRST else page)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    for name in re.findall(r"\]\(([^)#:]+\.json)\)", text):
        copy = target.parent / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy((ROOT / page).parent / name, copy)


def main(folder: str = str(SITE)) -> int:
    """Build the site into a folder and print the path of its first page."""
    print(build(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
