"""How servers say what went wrong: each alternative of each pattern is there for a sentence."""

import re
from pathlib import Path

from composer.transport import phrase_patterns

PATTERNS = {
    **{name: value for name, value in vars(phrase_patterns).items() if isinstance(value, re.Pattern)},
    **{meaning.name: pattern for meaning, pattern in phrase_patterns.BY_WORDS},
}


def _examples() -> dict[str, list[tuple[str, bool]]]:
    found: dict[str, list[tuple[str, bool]]] = {}
    name = ""
    for line in (Path(__file__).parent / "phrase_examples.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line[3:]
        elif line and not line.startswith("# "):
            found.setdefault(name, []).append((line.removeprefix("not: "), not line.startswith("not: ")))
    return found


def test_each_pattern_finds_its_sentences() -> None:
    """Every sentence of the table is found by the pattern that it stands under, or not found where it says so."""
    examples = _examples()
    assert examples.keys() == PATTERNS.keys()
    wrong = [
        (name, text)
        for name, rows in examples.items()
        for text, is_meant in rows
        if (PATTERNS[name].search(text) is not None) != is_meant
    ]
    assert wrong == []
