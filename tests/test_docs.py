"""The docs match the program: every command, option, code, exit code and key is documented."""

import re
from pathlib import Path

import click
import pytest

from composer.cli.main import _COMMANDS, cli, run
from composer.content.schema.schema import SchemaField, built_in
from composer.core.workspace import Workspace
from tests.factories import sample

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}


def _commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli)
    return [(name, command) for name in _COMMANDS if (command := cli.get_command(context, name))]


@pytest.mark.parametrize(("name", "command"), _commands(), ids=list(_COMMANDS))
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    """docs/commands.md has a heading for each command, and names each of its options."""
    assert re.search(rf"^## `compose {name}\b", DOCS["commands.md"], re.MULTILINE)
    inner = list(command.commands.values()) if isinstance(command, click.Group) else []
    for each in inner:
        assert f"compose {name} {each.name}" in DOCS["commands.md"]
    for parameter in (parameter for each in (command, *inner) for parameter in each.params):
        if isinstance(parameter, click.Option):
            assert parameter.help
            for option in parameter.opts:
                assert f"`{option}" in DOCS["commands.md"], option
    assert all(each.help for each in (command, *inner))


def test_help_lists_commands_with_their_own_words() -> None:
    """The line in `compose --help` is the first line of the command's own help, although the command is not imported."""
    for name, command in _commands():
        assert (command.help or "").split("\n")[0] == _COMMANDS[name]


def _codes() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "composer").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\byaml-[a-z]+\b(?!-)", text)) - {"yaml-language"}
        found |= set(re.findall(r'code="([a-z-]+)"', text))
        found |= set(re.findall(r'\.problem\(\s*"([a-z-]+)"', text))
        found |= set(re.findall(r'self\._say\([\w.()]+, [\w.]+, "([a-z-]+)"', text))
        found |= set(re.findall(r'self\._problem\(\s*[\w.()]+,\s*"([a-z-]+)"', text))
    return found


def test_every_problem_code_is_documented_and_none_else() -> None:
    """docs/problems.md explains exactly the codes of the program."""
    told = set(re.findall(r"^\| (.+?) \|", DOCS["problems.md"], re.MULTILINE))
    documented = {code for cell in told for code in re.findall(r"`([a-z-]+)`", cell)}
    codes = _codes()
    assert len(codes) > 40
    assert codes - documented == set()
    # Codes that the pattern above does not find.
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "composer").rglob("*.py"))
    assert {code for code in documented if f'"{code}"' not in text} == set()


def _keys(field: SchemaField) -> set[str]:
    found = set(field.properties)
    for child in (*field.properties.values(), *(each for each in (field.items, field.others) if each)):
        found |= _keys(child)
    return found


def test_every_key_is_documented() -> None:
    """docs/formats.md names every key of newsletter.yaml, of an issue, and of every included section type."""
    from composer.content.document.section_types import read_definitions, read_section_type

    theme = Workspace(root=ROOT).theme("briefing")
    definitions = read_definitions(theme)
    keys = _keys(built_in("newsletter").root) | _keys(built_in("issue").root)
    for field in built_in("newsletter").definitions.values():
        keys |= _keys(field)
    for name in theme.section_types():
        kind = read_section_type(theme, name)
        assert kind is not None
        assert f"`{name}`" in DOCS["formats.md"]
        keys |= _keys(kind.content) | set(kind.options.properties)
    for name in ("source", "figure"):
        keys |= _keys(definitions[name])
    assert {
        key for key in keys if f"`{key}`" not in DOCS["formats.md"] and f"{key}:" not in DOCS["formats.md"]
    } == set()


def test_exit_codes_are_documented() -> None:
    """docs/commands.md names every exit code of the program."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "composer").rglob("*.py"))
    codes = set(re.findall(r"(?:exit_code(?:: ClassVar\[int\])? = |return )(\d+)$", text, re.MULTILINE))
    assert {"1", "2", "130"} <= codes
    for code in ("0", "1", "2", "3", "75", "130"):
        assert f"| {code} |" in DOCS["commands.md"]


def test_modules_past_300_lines_give_their_reason() -> None:
    """The docstring of a module with more than 300 lines says why."""
    for path in (ROOT / "composer").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 300:
            docstring = text.split('"""')[1]
            assert "One module" in docstring, path.name


def test_the_console_session_of_the_readme_is_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """README shows the exact output of the commands, for two mistakes in the sample and after fixing them."""
    workspace = sample(tmp_path)
    monkeypatch.chdir(tmp_path)
    session = README.split("```console\n")[1].split("```")[0]
    shown = [block.split("\n", 1) for block in session.split("$ .venv/bin/compose")[1:]]
    issue = workspace.issue("2025-01-30")
    whole = issue.read_text(encoding="utf-8")
    title = 'title: "A frugal Chinese model unsettles the AI race"'
    broken = whole.replace(title, "title: A frugal model: what it means").replace(
        "(https://example.org/sources/ding", "(htps://example.org/sources/ding"
    )
    issue.write_text(broken, encoding="utf-8")
    for index, (arguments, output) in enumerate(shown):
        if index == 1:
            issue.write_text(whole, encoding="utf-8")
            run(["build", "2025-01-30.de"])
            capsys.readouterr()
        run(arguments.split())
        out, err = capsys.readouterr()
        assert (out + err).strip() == output.strip()


def test_glossary_words_that_are_not_used() -> None:
    """Words that the glossary rules out are not in the program's messages or docs."""
    for path in [*(ROOT / "composer").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]:
        text = path.read_text(encoding="utf-8").lower()
        for word in ("campaign", "blast"):
            assert word not in text, (path.name, word)
