"""A round-up of links of the size of “This Week in Rust”: 43 sections, 150 links, 30 KB of text.

Input: a folder. Output: a newsletter in it, with one issue. Guarantees: the same bytes every time; all words are made up.
"""

from itertools import count
from pathlib import Path

from composer.core.workspace import Workspace

STEM = "2025-01-30"
SECTIONS = 43
LINKS = 151
#: How many sections of each type there are, and how many links each of them has.
_PLAN = (("text", 26, 3), ("links", 12, 4), ("events", 5, 5))
_TEXT = (
    "notes on writing a small parser for tables of weather data in an afternoon without waiting for the compiler how we measured "
    "memory of long queues and what the numbers did not show about threads a guide to traits that nobody asked for but many need "
    "release of the second version with faster builds and clearer messages what changed in the library since autumn and why"
)
_WORDS = tuple(_TEXT.split())


def _sentence(number: int, length: int) -> str:
    words = (_WORDS[(number * 7 + step * (1 + number % 3)) % len(_WORDS)] for step in range(length))
    return " ".join(words).capitalize()


def _link(number: int) -> str:
    site = ("blog.example.org", "example.com", "code.example.net", "news.example.org")[number % 4]
    return f"https://{site}/2025/01/{_sentence(number, 5).lower().replace(' ', '-')}-{number}"


def _section(kind: str, number: int, links: int, numbers: "count[int]") -> str:
    lines: list[str] = []
    if kind == "text":
        lines.append(f"  body: |\n    {_sentence(number, 24)}.\n")
    for _ in range(links):
        at = next(numbers)
        title, url = _sentence(at, 9), _link(at)
        if kind == "text":
            lines.append(f"    - [{title}]({url}), {_sentence(at + 1, 12).lower()}")
        elif kind == "links":
            lines.append(
                f'  - title: "{title}"\n    url: {url}\n    outlet: "Example {at % 9}"\n    date: 2025-01-{10 + at % 18}'
            )
        else:
            day = f"2025-02-{10 + at % 18}"
            lines.append(
                f'  - title: "{title}"\n    date: {day}\n    time: "18:30 CET"\n    place: "Berlin"\n    url: {url}'
            )
    return f"{kind}_{number}:\n" + "\n".join(lines)


def write_roundup(folder: Path) -> Workspace:
    """Write the newsletter and its issue; return its workspace."""
    numbers = count()
    kinds = [(kind, number, links) for kind, sections, links in _PLAN for number in range(sections)]
    settings = "".join(
        f'  {kind}_{number}:\n    type: {kind}\n    heading: "{_sentence(number + 3, 4)}"\n    contents: heading\n'
        for kind, number, _ in kinds
    )
    (folder / "issues").mkdir(parents=True)
    (folder / "newsletter.yaml").write_text(
        "name: The Round-up\nlanguage: en\ntimezone: UTC\nsender:\n  from: The Round-up <links@example.org>\n"
        "  postal_address: Example Institute, Sample Street 1, 10115 Berlin\n  privacy_url: https://example.org/privacy\n"
        f"delivery:\n  public_url: https://example.org/n\nsections:\n{settings}",
        encoding="utf-8",
    )
    sections = "\n".join(_section(kind, number, links, numbers) for kind, number, links in kinds)
    assert next(numbers) == LINKS and len(kinds) == SECTIONS
    (folder / "issues" / f"{STEM}.yaml").write_text(
        f'date: {STEM}\nnumber: 665\nsubject: "This week"\npreheader: "Everything worth reading this week"\n{sections}\n',
        encoding="utf-8",
    )
    return Workspace(root=folder.resolve())
