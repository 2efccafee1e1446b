"""Writes tests/golden/messages.txt: every message of the program in one list, to be proofread in one go.

Input: the sources. Output: the list, by surface and module; places that the program fills hold examples.
`python -m scripts.language.messages [FILE]` writes it, a test compares it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from scripts.language.python_texts import python_texts

ROOT = Path(__file__).parent.parent.parent
LIST = ROOT / "tests" / "golden" / "messages.txt"
_HEAD = """\
Every message of compose, by the surface where a person meets it. Written by `make golden`; proofread the difference.
Where the program fills in a value there is an example; ‹name› is a value of that name.
"""
#: Surfaces, and the packages whose messages appear there.
_SURFACES = {
    "The command line": ("cli", "app"),
    "Mistakes in files": ("content", "editions", "render"),
    "Checks": ("checks",),
    "Subscribers and lists": ("audience",),
    "Sending": ("delivery", "transport", "mail"),
    "Bounces": ("bounces",),
    "Health and links": ("doctor", "links"),
    "PDF": ("pdf",),
    "Preview and public pages": ("web",),
    "Files, keys and the database": ("core", "database"),
}
#: Words that others write and the program recognises. They are not ours to change.
INPUT_WORDS = (
    "audience/lists/formats/",
    "audience/lists/meaning/",
    "bounces/parse/",
    "checks/rules/text/wording_lists",
    "checks/text_patterns/",
    "database/migrations/versions/",
    "database/tables/",
    "render/mjml/element_schema.py",
    "transport/replies/phrase_patterns.py",
    "transport/replies/session_patterns.py",
)


def modules() -> Iterator[Path]:
    """Yield the modules of the program."""
    yield from sorted((ROOT / "composer").rglob("*.py"))


def messages(path: Path) -> list[str]:
    """Return the messages of a module, each on one line, as they follow each other."""
    name = path.relative_to(ROOT / "composer").as_posix()
    if name.startswith(INPUT_WORDS):
        return []
    found = (each.text for each in python_texts(path.read_text(encoding="utf-8")) if each.kind == "message")
    return list(dict.fromkeys(_printable(" ".join(text.split())) for text in found))


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def help_texts(command: click.Command, name: str) -> Iterator[str]:
    """Yield the help of a command and of those below it, as a person reads it."""
    with click.Context(command, info_name=name, terminal_width=110, max_content_width=110) as context:
        yield command.get_help(context)
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None
            yield from help_texts(inner, f"{name} {each}")


def message_list() -> str:
    """Return the whole list."""
    from composer.cli.command_group import cli

    parts = [_HEAD, "# Help of the commands\n", *(f"{text}\n" for text in help_texts(cli, "compose"))]
    for surface, packages in _SURFACES.items():
        parts.append(f"# {surface}\n")
        for path in modules():
            name = path.relative_to(ROOT / "composer")
            if name.parts[0] in packages and (found := messages(path)):
                parts.append("\n".join((name.as_posix(), *(f"  {text}" for text in found), "")))
    return "\n".join(parts)


def main() -> None:
    """Write the list, to the golden file unless another one is named."""
    (Path(sys.argv[1]) if sys.argv[1:] else LIST).write_text(message_list(), encoding="utf-8")


if __name__ == "__main__":
    main()
