"""Write the tables of docs/reference/checks.md from the list of checks: `python -m scripts.checks_page`.

Input: the catalogue and the page. Output: the page with new tables. Guarantees: only the text between the marks changes.
"""

import re
from pathlib import Path

from composer.checks.catalogue import catalogue

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "checks.md"
#: Headings, and the prefixes of the codes below them.
_GROUPS = {
    "Inbox": ("SUBJ", "PRE", "FROM"),
    "Merge fields": ("FIELD",),
    "Plaintext": ("TEXT",),
    "Legal requirements": ("UNS", "LAW"),
    "Example values": ("SET",),
    "Languages": ("LANG",),
    "Editorial": ("DATE", "FILE", "EDIT", "MARK"),
    "Links": ("LINK",),
    "Images": ("IMG",),
    "Accessibility": ("A11Y",),
    "Dark mode": ("DARK",),
    "Size and structure": ("SIZE", "HTML"),
    "Mail programs": ("CLIENT",),
    "PDF": ("PDF",),
}
_BEGIN, _END = "<!-- written by scripts/checks_page.py -->", "<!-- end -->"


def page(written: str) -> str:
    """Return the page with up-to-date tables."""
    head, _, rest = written.partition(_BEGIN)
    return f"{head}{_BEGIN}\n{_tables()}{_END}{rest.partition(_END)[2]}"


def _tables() -> str:
    lines: list[str] = []
    for heading, prefixes in _GROUPS.items():
        lines += ["", f"## {heading}", ""]
        lines += ["| code | level | who | what is checked | how to fix it | source |", "|---|---|---|---|---|---|"]
        for each in catalogue().values():
            if re.sub("[0-9]+$", "", each.code) in prefixes:
                cells = (each.levels_in_words, each.who, each.what, each.fix, each.source)
                lines.append(f"| `{each.code}` | {' | '.join(map(_cell, cells))} |")
    return "\n".join((*lines, "", ""))


def _cell(text: str) -> str:
    """Return a text as a cell of a table: what triple spaces enclose is code, and so is a tag."""
    parts = text.replace("|", "\\|").split("   ")
    return " ".join(
        f"`{part.strip()}`" if position % 2 else re.sub(r"(?<!`)(<[^>]+>)", r"`\1`", part.strip())
        for position, part in enumerate(parts)
    ).strip()


def main() -> None:
    """Update the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
