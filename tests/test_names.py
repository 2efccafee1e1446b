"""Names are the usual terms: our own words listed in docs/decisions/0008 are not used."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_trees import source_tree

ROOT = Path(__file__).parent.parent
#: No identifier or module has one of these names, also with a leading `_` or a trailing s.
_RETIRED = {
    *(
        "reader",
        "surroundings",
        "hand_on",
        "presses",
        "plates",
        "owner_id",
        "striking",
        "strike",
        "strike_off",
        "blame",
        "owners",
    ),
    *("mood", "patience", "upkeep", "bury", "hurry", "preparing", "readiness", "deed", "stationery"),
    *(
        "wish",
        "tongue",
        "passage",
        "cut_problem",
        "narrowed",
        "taking_in",
        "updating",
        "undoing",
        "erasing",
        "came_back",
    ),
    *(
        "understanding",
        "traces_of",
        "way_out",
        "hole",
        "trap",
        "slip",
        "house",
        "mailroom",
        "newsroom",
        "postoffice",
        "furnish",
    ),
    *("looking", "look_at", "standing_here", "freeform", "settling", "transparency"),
}
#: Words of others: the database before its names changed.
_OTHERS = {("tests/database/test_codes.py", "reader")}


def _python() -> Iterator[Path]:
    for folder in ("composer", "tests", "benchmarks", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations/versions" not in path.as_posix():
                yield path


def _names(path: Path) -> Iterator[str]:
    """Return every identifier that a file binds, and the parts of its own name."""
    yield from path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(source_tree(path)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name


def _is_retired(name: str) -> bool:
    plain = name.strip("_").lower()
    return plain in _RETIRED or plain.removesuffix("s") in _RETIRED


@pytest.mark.parametrize("folder", ["composer", "tests", "benchmarks", "scripts"])
def test_retired_names_are_gone(folder: str) -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in _python()
        if path.relative_to(ROOT).parts[0] == folder
        for name in _names(path)
        if _is_retired(name)
    }
    assert not found - _OTHERS


def test_no_module_shares_its_name() -> None:
    """A file name is unique. A command's module has the name of the command; packages contain modules."""
    where: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "composer").rglob("*.py")):
        name = path.relative_to(ROOT / "composer").as_posix()
        if "migrations/" in name or name.startswith("cli/commands/") or path.name in ("__init__.py", "__main__.py"):
            continue
        where[path.stem].append(name)
    assert not {stem: names for stem, names in where.items() if len(names) > 1}


def test_no_folder_is_crowded() -> None:
    """At most fifteen modules and packages per folder, to be easy to survey; migrations and commands are lists."""
    crowded = {}
    for folder in (path.parent for path in (ROOT / "composer").rglob("__init__.py")):
        name = folder.relative_to(ROOT / "composer").as_posix()
        entries = [
            each for each in folder.iterdir()
            if each.name != "__init__.py" and (each.suffix == ".py" or (each / "__init__.py").is_file())
        ]  # fmt: skip
        if len(entries) > 15 and not re.fullmatch(r"\.|cli/commands|database/migrations/versions", name):
            crowded[name] = len(entries)
    assert not crowded


def test_docs_use_no_retired_name() -> None:
    """Text in backticks in the docs is a name; pages about the renaming are excepted."""
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
        if path.name not in ("0008-names-of-the-field.md", "CHANGELOG.md")
        for name in re.findall(r"`([A-Za-z_]\w*)`", path.read_text(encoding="utf-8"))
        if _is_retired(name)
    }
    assert not found
