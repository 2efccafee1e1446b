"""Finds habits that make English hard to read: `python -m scripts.language.habits [FILE...]`, part of `make lint`.

Input: files (all of the project unless some are named). Output: a line for each find, exit code 1 if there is one.
Guarantees: reads only. Follows the Google developer documentation style guide and GOV.UK's content guide: usual words, the
usual order of a sentence, the active voice. What looks like a habit and is none is listed in EXCEPTIONS, with its reason.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.language.messages import INPUT_WORDS, ROOT
from scripts.language.python_texts import python_texts

#: A habit, and what to write instead.
HABITS = {
    r"(?<!\b[Tt]here )\b(?:is|are|was|were) no (?!longer\b|more\b|later\b|such\b|different\b|one\b)\w+": (
        "is not a ..., there is no ..., is invalid"
    ),
    r"\bwhat is (?:none|not)\b": "name the thing",
    r"\b(?:of|for|to) whom\b|\bwhereof\b|\bthereof\b|\bwhereupon\b|\bwhence\b": "turn the sentence round",
    r"\b(?:stands?|stood) (?:in|on|at|for|there|still|between|beside|before|behind|by|where|alone|together|above|below)\b|"
    r"\bmust stand\b|\bhow \w+ stands?\b": "is, are",
    r"\b(?:lies|lay|lying) (?:in|on|at|there|beside|before|behind|outside)\b": "is, are",
    r"\bbeside\b": "next to, besides, with",
    r"\b(?:is|are|was|were) to be\b": "must be, will be, or the active voice",
    r"^(?:Give|Gives|Tell|Tells|Say|Says|Let|Lets) (?!go\b)": "Return, Check, Format, Report, Allow",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bbehind (?:the|a|an|it|them|its|every|each|one|\d)\b": "after (in a text or in time), or name the relation",
    r"\b(?:[Cc]omes in|[Gg]oes out): ": "Input:, Output:",
    r"\bnobody (?:can|could|is there|would get|gets)\b|\bof whom nobody\b": "say who, or: nobody + a plain verb",
    r"\bwhatever else\b|\bfor ever\b|\bnought\b|\bamiss\b|\bto and fro\b|\bas good as\b": "a plain word",
    r"\bturned away\b": "rejected",
    r"\bcannot (?:know|be had)\b|\bmay not be had\b": "unconfirmed; is not available",
    r"\b(?:take|takes|took|taken|taking) (?:in|back)\b(?! account)": "import, read; undo, withdraw",
    r"\b(?:its|their|your|a|the) sums?\b.{0,20}\b(?:even|add up)\b|\bsums are\b": "totals",
    r"\bin words\b|\bin (?:its|their) own words\b": "as text; the server's answer",
    r"\bsaid beforehand\b|\bto be asked\b|\bis said to\b": "say who does what",
    r"\bletters? (?:to|of) (?:a|the|its) (?:reader|subscriber)s?\b": "message",
    r"\bthe dark\b": "dark mode",
    r"\bhas none\b|\bthere is none\b": "turn the sentence round",
    r"\bso much for\b|\bby and by\b|\bthe like\b|\bhardly a(?:n|ny)?\b": "a plain word",
    r"\bgood news\b|\bbad news\b": "name it",
    r"\bkeeps? its word\b|\bbroken last word\b|\blast word\b": "no metaphors for operations",
}
#: A sentence that is right as it is: (file, words in it) and the reason.
EXCEPTIONS: dict[tuple[str, str], str] = {}
_PROSE = {".md", ".j2", ".html", ".js", ".css", ".service", ".timer", ".conf"}
_LEFT_ALONE = (
    "CHANGELOG.md",
    "docs/explanation/third-party.md",  # licences
    "docs/decisions/",
    "issues/",
    "newsletter",
    "scripts/language/habits.py",
    "tests/golden/",
    "composer/database/migrations/versions/",
    *(f"composer/{each}" for each in INPUT_WORDS),
)
_FOUND = [(re.compile(pattern, re.MULTILINE), better) for pattern, better in HABITS.items()]


def files() -> Iterator[Path]:
    """Yield the files whose texts people read."""
    for folder in ("composer", "docs", "templates", "tests", "scripts", "benchmarks", "deploy"):
        for each in sorted((ROOT / folder).rglob("*")):
            # Folders with a dot hold what was installed or written by tools.
            if each.is_file() and not any(part.startswith((".", "__")) for part in each.relative_to(ROOT).parts[:-1]):
                yield each
    yield from sorted(ROOT.glob("*.md"))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file with their lines; a test's strings are data, its docstrings and comments are read."""
    name = path.relative_to(ROOT).as_posix()
    if name.startswith(_LEFT_ALONE):
        return
    if path.suffix == ".py":
        is_product = name.startswith("composer/")
        for each in python_texts(path.read_text(encoding="utf-8")):
            if is_product or each.kind != "message":
                yield each.line, each.text
    elif path.suffix in _PROSE or path.suffix == ".yaml" and name.startswith(("composer/", "templates/")):
        yield from enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)


def finds(path: Path) -> Iterator[str]:
    """Yield what is found in a file: place, words, what to write instead."""
    name = path.relative_to(ROOT).as_posix()
    for line, text in texts(path):
        # Names of values are code.
        text = re.sub("‹[^›]*›", "‹…›", text)
        for pattern, better in _FOUND:
            for match in pattern.finditer(text):
                around = " ".join(text[max(0, match.start() - 40) : match.end() + 40].split())
                if not any(name == where and words in " ".join(text.split()) for where, words in EXCEPTIONS):
                    yield f"{name}:{line + text[: match.start()].count(chr(10))}: “{match[0]}” in “{around}”: {better}"


def main() -> int:
    """Print what is found; return 1 if anything is."""
    named = [Path(each).resolve() for each in sys.argv[1:]]
    chosen = [each for each in files() if not named or any(each.is_relative_to(one) for one in named)]
    found = [find for path in chosen for find in finds(path)]
    for find in found:
        print(find)
    print(f"{len(found)} to rewrite" if found else "no habits that make English hard to read", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
