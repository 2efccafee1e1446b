"""The names that `from composer.app import …` provides, documented and loaded when used."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import composer.app
from tests.factories import ROOT

PAGE = (ROOT / "docs/reference/python-api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", composer.app.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    """Each name is a member of its module and not a module, and is documented in docs/reference/python-api.md."""
    found = getattr(composer.app, name)
    assert found.__name__ == name and callable(found)
    assert re.search(rf"`{name}\b", PAGE)


def test_type_checkers_see_the_same_names() -> None:
    """Type checkers see the same names, from the same modules, as a program does."""
    tree = ast.parse(Path(composer.app.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == composer.app._MODULE_OF


def test_nothing_is_imported_before_it_is_used() -> None:
    """Importing the package imports nothing else of ours; an unknown name raises the usual error."""
    code = (
        "import sys, composer.app; print(sorted(name for name in sys.modules if name.startswith('composer')));"
        "from composer.app import Workspace; print('composer.core.workspace' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.splitlines() == ["['composer', 'composer.app']", "True False"]
    with pytest.raises(ImportError, match="nonsense"):
        exec("from composer.app import nonsense")


def test_no_use_case_prints() -> None:
    """Nothing in composer/app calls print, writes to a standard stream, or asks for input."""
    # A process of its own, which talks to the command through its streams.
    other_process = ROOT / "composer/app/publishing/reading_process.py"
    for path in sorted({*(ROOT / "composer/app").rglob("*.py")} - {other_process}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case (
                    ast.Call(func=ast.Name(id="print" | "input"))
                    | ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" | "stdin")
                ):
                    raise AssertionError(f"{path.relative_to(ROOT)}:{node.lineno}")
