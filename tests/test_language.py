"""The list of messages is what the code says, and the check of habits finds what it is for."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.language.habits import EXCEPTIONS, HABITS, finds
from scripts.language.messages import LIST, ROOT
from scripts.language.python_texts import python_texts

#: Sentences as they were once, one for each habit.
_ONCE = (
    "“team” is no address",
    "what is none is refused",
    "settle those of whom it is open",
    "the password stands in the file",
    "it lies in the outbox",
    "a key beside the folder",
    "the file is to be written",
    "Give the address",
    "nothing to mend",
    "a space behind the dash",
    "Comes in: a file",
    "nobody can see it",
    "to those who got it, whatever else is said",
    "it was turned away",
    "some cannot know",
    "it is taken in",
    "their sums are even",
    "what is wrong, in words",
    "a number, said beforehand",
    "a letter to a reader",
    "readable in the dark",
    "has none where there is none",
    "so much for it",
    "bad news",
    "a press keeps its word",
)


def test_the_list_of_messages_is_what_the_code_says(tmp_path: Path) -> None:
    """`make golden` writes it. In a process of its own, because commands keep what an earlier test made of their help."""
    made = tmp_path / "messages.txt"
    subprocess.run([sys.executable, "-m", "scripts.language.messages", str(made)], cwd=ROOT, check=True)
    assert LIST.read_text(encoding="utf-8") == made.read_text(encoding="utf-8")


def test_the_list_holds_messages_with_examples() -> None:
    """An f-string is one message, its places filled; help texts, patterns and statements are told from messages."""
    source = '''"""Docs."""
import re
def refuse(path, count):
    """Raise."""
    pattern = re.compile("no words of ours")
    # A comment
    # of two lines.
    raise ValueError(f"{path}: {count} lines hold {'a tab' if count else ''}")
'''
    found = [(each.line, each.kind, each.text) for each in python_texts(source)]
    assert found == [
        (1, "docstring", "Docs."),
        (4, "docstring", "Raise."),
        (6, "comment", "A comment of two lines."),
        (8, "message", "issues/2025-01-30.yaml: 3 lines hold a tab"),
    ]


@pytest.mark.parametrize("once", _ONCE)
def test_each_habit_is_found(once: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a docstring as in a page."""
    monkeypatch.setattr("scripts.language.habits.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"{once}\n", encoding="utf-8")
    assert list(finds(page))


def test_each_habit_has_its_sentence_and_each_exception_its_words() -> None:
    """A pattern that finds nothing, or an exception that nothing needs, is taken out."""
    assert len(_ONCE) >= len(HABITS)
    for (name, words), reason in EXCEPTIONS.items():
        assert words in " ".join((ROOT / name).read_text(encoding="utf-8").split()), (name, words)
        assert reason
