"""The docs say what the program does: every command, option, code, exit code and key appears in them."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from composer.app.manual import manual_pages
from composer.checks.catalogue import catalogue
from composer.cli.command_group import COMMANDS, cli
from composer.content.schema.schema import SchemaField, built_in
from composer.core.workspace import Workspace
from tests import sessions

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
#: The pages about commands, and those about what editors write: each name is documented on one of them.
COMMAND_PAGES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((REFERENCE / "commands").glob("*.md")))
FORMATS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*-format.md")))


def _text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def _commands() -> list[tuple[str, click.Command]]:
    context = click.Context(cli)
    return [(name, command) for name in COMMANDS if (command := cli.get_command(context, name))]


@pytest.mark.parametrize(("name", "command"), _commands(), ids=list(COMMANDS))
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    """docs/reference/commands has a heading for each command, and names each of its options."""
    assert re.search(rf"^## `compose {name}\b", COMMAND_PAGES, re.MULTILINE)
    inner = list(command.commands.values()) if isinstance(command, click.Group) else []
    for each in inner:
        assert f"compose {name} {each.name}" in COMMAND_PAGES
    for parameter in (parameter for each in (command, *inner) for parameter in each.params):
        if isinstance(parameter, click.Option):
            assert parameter.help
            for option in parameter.opts:
                assert f"`{option}" in COMMAND_PAGES, option
    assert all(each.help for each in (command, *inner))


def test_help_lists_commands_with_their_own_words() -> None:
    """The line in `compose --help` is the first line of the command's own help."""
    for name, command in _commands():
        assert (command.help or "").split("\n")[0] == COMMANDS[name]


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


def test_exactly_the_problem_codes_are_documented() -> None:
    """docs/reference/problems.md explains exactly the codes that the program reports."""
    told = set(re.findall(r"^\| (.+?) \|", _text("problems.md"), re.MULTILINE))
    documented = {code for cell in told for code in re.findall(r"`([a-z-]+)`", cell)}
    codes = _codes()
    assert len(codes) > 40
    assert codes - documented == set()
    # Codes that are made elsewhere than where a pattern above finds them.
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "composer").rglob("*.py"))
    assert {code for code in documented if f'"{code}"' not in text} == set()


def _keys(field: SchemaField) -> set[str]:
    found = set(field.properties)
    for child in (*field.properties.values(), *(each for each in (field.items, field.others) if each)):
        found |= _keys(child)
    return found


def test_every_key_is_documented() -> None:
    """The pages of formats name every key of newsletter.yaml, of an issue, and of every section type that ships."""
    from composer.content.document.section_types import read_definitions, read_section_type

    theme = Workspace(root=ROOT).theme("briefing")
    definitions = read_definitions(theme)
    keys = _keys(built_in("newsletter").root) | _keys(built_in("issue").root)
    for field in built_in("newsletter").definitions.values():
        keys |= _keys(field)
    for name in theme.section_types():
        kind = read_section_type(theme, name)
        assert kind is not None
        assert f"`{name}`" in FORMATS
        keys |= _keys(kind.content) | set(kind.options.properties)
    for name in ("source", "figure"):
        keys |= _keys(definitions[name])
    assert {key for key in keys if f"`{key}`" not in FORMATS and f"{key}:" not in FORMATS} == set()


def test_exit_codes_are_documented() -> None:
    """docs/reference/exit-codes.md names every exit code that the program gives."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "composer").rglob("*.py"))
    codes = set(re.findall(r"(?:exit_code(?:: ClassVar\[int\])? = |return )(\d+)$", text, re.MULTILINE))
    assert {"1", "2", "130"} <= codes
    for code in ("0", "1", "2", "3", "75", "130"):
        assert f"| {code} |" in _text("exit-codes.md")


def test_modules_past_300_lines_give_their_reason() -> None:
    """A module of more than 300 lines says in its docstring why it is one thing."""
    for path in (ROOT / "composer").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 300:
            docstring = text.split('"""')[1]
            assert "One module" in docstring, path.name


@pytest.mark.slow
@pytest.mark.parametrize("name", sessions.pages())
def test_the_sessions_of_a_page_are_real(name: str, tmp_path: Path) -> None:
    """What a page shows is what the commands print, word for word; `make golden` writes it."""
    folder = tmp_path / "news"
    folder.mkdir()
    page = sessions.read(name)
    assert sessions.pages()[name](page, folder) == page


def test_every_session_is_run() -> None:
    """A session that only looks real does not exist: each is on a page that a script runs."""
    run = {*sessions.pages(), "docs/tutorial/first-mailing.md"}
    for path in PAGES:
        if "```console" in path.read_text(encoding="utf-8"):
            assert path.relative_to(ROOT).as_posix() in run


def test_pages_are_short() -> None:
    """A page has fewer than 250 lines of at most 150 characters (tables aside), so that it is about one thing."""
    for path in (ROOT / "docs").rglob("*.md"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) < 250, path
        is_code = False
        for line in lines:
            is_code ^= line.startswith("```")
            assert is_code or len(line) <= 150 or line.startswith("|"), (path, line)


def test_rows_have_the_columns_of_their_table() -> None:
    """A `|` that belongs to a text is escaped, also in code: otherwise, pages and `compose help` cut the text off."""
    for path in PAGES:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            counts = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(counts) == 1, (path, table)


def test_links_lead_somewhere() -> None:
    """Each link to a file, and to a heading of a page, finds it; every page is reached from docs/README.md."""
    reached = set()
    for path in PAGES:
        for target in _links(path):
            name, _, heading = target.partition("#")
            found = (path.parent / name).resolve() if name else path
            assert found.exists(), (path, target)
            if heading:
                assert heading in _headings(found), (path, target)
            if path == ROOT / "docs" / "README.md":
                reached.add(found)
    assert {path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions"} - reached == {
        ROOT / "docs" / "README.md"
    }


def test_tests_that_contributors_are_told_to_run_exist() -> None:
    """Every path of a test in CONTRIBUTING.md exists."""
    named = re.findall(r"tests/[\w/.]+", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert named and [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []


def _links(path: Path) -> list[str]:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]


def _headings(path: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_check_is_documented() -> None:
    """docs/reference/checks.md has a row for each check; `make golden` writes it."""
    documented = re.findall(r"^\| `([A-Z0-9]+)` \|", _text("checks.md"), re.MULTILINE)
    assert sorted(documented) == sorted(catalogue())


@pytest.mark.parametrize("folder", ["composer", "deploy", "tests", "scripts", "benchmarks", "Makefile"])
def test_pages_that_the_program_names_exist(folder: str) -> None:
    """A page of the docs that a message, a help text or a comment names is there."""
    root = ROOT / folder
    for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if not path.is_file() or path.suffix in (".pyc", ".eml", ".png") or path.name == "messages.txt":
            continue
        if any(part.startswith(".") for part in path.relative_to(ROOT).parts):
            continue  # what tools installed
        for name in re.findall(
            r"\bdocs/[\w/-]+\.(?:md|schema\.json)", path.read_text(encoding="utf-8", errors="replace")
        ):
            assert (ROOT / name).is_file(), (path.relative_to(ROOT).as_posix(), name)


def test_topics_that_the_program_names_exist() -> None:
    """A page that a message, a help text or a file for a server names can be shown with `compose help`."""
    topics = {page.topic for page in manual_pages()} | set(COMMANDS) | {"TOPIC", "COMMAND"}
    for path in (
        *(ROOT / "composer").rglob("*.py"),
        *(each for each in (ROOT / "deploy").rglob("*") if each.is_file()),
    ):
        for topic in re.findall(r"\bcompose help ([\w-]+)", path.read_text(encoding="utf-8")):
            assert topic in topics, (path.name, topic)


def test_every_logged_event_is_documented() -> None:
    """docs/reference/events.md names each event that the program logs."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "composer").rglob("*.py"))
    events = set(re.findall(r'emit(?:_bug)?\(\s*\w[\w.]*,\s*"([a-z_.]+)"', source))
    kinds = "accepted deferred refused unknown expired throttled given_back written"
    events |= {f"delivery.{kind}" for kind in kinds.split()}
    assert len(events) > 25
    assert {event for event in events if f"`{event}`" not in _text("events.md")} == set()


def test_glossary_words_that_are_not_used() -> None:
    """The words that the glossary rules out are not used in the program's messages and docs."""
    pages = set((ROOT / "docs").rglob("*.md")) - {REFERENCE / "glossary.md"}
    for path in [*(ROOT / "composer").rglob("*.py"), *sorted(pages), ROOT / "README.md"]:
        text = path.read_text(encoding="utf-8").lower()
        for word in ("campaign", "blast"):
            assert word not in text, (path.name, word)


def test_the_changelog_begins_with_the_version() -> None:
    """The newest version in CHANGELOG.md is the one in pyproject.toml, its only other place; what comes next is above it."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert headings[0] == "Unreleased" and re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", headings[1])
