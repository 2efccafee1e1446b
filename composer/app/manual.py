"""The pages of the documentation, which are part of the program.

Input: words that somebody looks for. Output: pages, found by their name, their title or their content. Guarantees: no
network; the same pages in a checkout and in an installed package.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from composer.core.workspace import shipped

#: The kinds of pages, in the order in which they are listed.
GROUPS = {"tutorial": "Step by step", "how-to": "How to", "reference": "Look up", "explanation": "Background"}
#: A page that is outside the folder of the documentation.
_CHANGELOG = "CHANGELOG.md"
#: The pages with tables of codes.
_CODE_PAGES = ("checks", "problems")
_CODE_ROW = re.compile(r"\| `([^`]+)` \|")
_LINK = re.compile(r"\]\(([^)\s:]+\.md)(?:#[^)\s]*)?\)")


@dataclass(frozen=True)
class ManualPage:
    """A page: its topic (the name for `compose help`), its group, and where it is."""

    topic: str
    group: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The page in Markdown."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def title(self) -> str:
        """The heading of the page, without markup."""
        return self.text.partition("\n")[0].lstrip("# ").replace("`", "")

    @property
    def named(self) -> str:
        """The topic and the title, to look for words in them; also without spaces, as in “backup”."""
        return f"{self.topic} {self.title} {self.title.replace(' ', '')}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMatch:
    """The page that was meant, or else pages that may be meant."""

    page: ManualPage | None = None
    near: tuple[ManualPage, ...] = ()


def manual_pages() -> tuple[ManualPage, ...]:
    """Return all pages, group by group."""
    return tuple(_pages())


def _pages() -> Iterator[ManualPage]:
    for group in GROUPS:
        folder = shipped("docs") / group
        for path in sorted(folder.rglob("*.md")):
            yield ManualPage(path.parent.name if path.stem == "README" else path.stem, group, path)
    yield ManualPage("changelog", "reference", shipped(_CHANGELOG))


def find_page(words: str) -> PageMatch:
    """Return the page with a topic or a title, or the only one with these words there or with this key.

    Otherwise, the pages that come close.
    """
    wanted, pages = " ".join(words.lower().split()), manual_pages()
    exact = [page for page in pages if wanted.replace(" ", "-") == page.topic or wanted == page.title.lower()]
    if exact:
        return PageMatch(page=exact[0])
    each_word = re.split(r"[\s-]+", wanted)
    named = [page for page in pages if all(word in page.named for word in each_word)]
    if len(named) == 1:
        return PageMatch(page=named[0])
    if not named and len(keyed := [page for page in pages if _has_key(page, wanted)]) == 1:
        return PageMatch(page=keyed[0])
    return PageMatch(near=tuple(named or _spelled_like(wanted, pages) or _with_text(wanted, pages)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """What the documentation says about a code of a check or a problem: a table with one row, and its page."""

    text: str
    page: ManualPage


def find_code(code: str) -> CodeEntry | None:
    """Return the row about a code, such as `LAW02` or `yaml-colon`, in lower or upper case."""
    for page in (page for page in manual_pages() if page.topic in _CODE_PAGES):
        heads: list[str] = []
        lines = page.text.splitlines()
        for line, below in zip(lines, [*lines[1:], ""], strict=True):
            if below.startswith("|---"):
                heads = [line, below]
            elif (row := _CODE_ROW.match(line)) and row[1].lower() == code.lower():
                return CodeEntry(text="\n".join((*heads, line)), page=page)
    return None


def _has_key(page: ManualPage, name: str) -> bool:
    """Return whether a page has a row about a key, such as `masthead`; codes are in rows, too."""
    row = re.compile(rf"^\| `{re.escape(name)}` \|", re.MULTILINE)
    return page.topic not in _CODE_PAGES and row.search(page.text) is not None


def _spelled_like(wanted: str, pages: tuple[ManualPage, ...]) -> list[ManualPage]:
    names = {page.topic: page for page in pages} | {page.title.lower(): page for page in pages}
    close = get_close_matches(wanted, names, 3, 0.7)
    return list(dict.fromkeys(names[name] for name in close))


def _with_text(wanted: str, pages: tuple[ManualPage, ...]) -> list[ManualPage]:
    """Return the pages that contain the words: those with a key or an option about them first, then by their number."""
    counts = {page: page.text.lower().count(wanted) for page in pages if page.topic != "changelog"}
    row = re.compile(rf"^\| `[a-z][^|]*\|[^\n]*\b{re.escape(wanted)}", re.IGNORECASE | re.MULTILINE)
    entries = {page: len(row.findall(page.text)) for page in counts if page.group == "reference"}
    found = (page for page in counts if counts[page])
    return sorted(found, key=lambda page: (-entries.get(page, 0), -counts[page]))[:5]


def pages_linked(page: ManualPage) -> tuple[ManualPage, ...]:
    """Return the pages that a page has links to, in their order."""
    places = {each.path.resolve(): each for each in manual_pages()}
    targets = ((page.path.parent / name).resolve() for name in _LINK.findall(page.text))
    return tuple(dict.fromkeys(places[target] for target in targets if target in places and target != page.path))
