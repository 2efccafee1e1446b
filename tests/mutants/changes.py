"""Every small change that can be made to a module.

Input: the module's path and text, the facts about the package. Output: `Change` values, each with the whole changed
text and a unique name.
"""

import ast
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.mutants.model import Change, Package
from tests.mutants.operators import Finder
from tests.mutants.triviality import required_arguments


def enums_in(trees: Sequence[ast.AST]) -> dict[str, tuple[str, ...]]:
    """Return the members of every enum by the name of its class; names shared by two classes are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases):
                members = tuple(
                    each.targets[0].id
                    for each in node.body
                    if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
                )
                found[node.name] = () if node.name in found else members
    return found


def changes_in(path: str, text: str, package: Package) -> tuple[Change, ...]:
    """Return every change of a module in the order of its text; changes in one function that read alike are numbered."""
    finder = Finder(path, text, package)
    finder.visit(ast.parse(text))
    seen: Counter[str] = Counter()
    named = []
    for change in finder.found:
        seen[change.key] += 1
        number = seen[change.key]
        # Only distinct changed texts: two ways to the same text are one change.
        named.append(_numbered(change, number) if number > 1 else change)
    return tuple({each.text: each for each in reversed(named)}.values())[::-1]


def _numbered(change: Change, number: int) -> Change:
    said = {name: getattr(change, name) for name in ("path", "function", "line", "kind", "before", "text")}
    return Change(**said, after=f"{change.after or 'nothing'} ({number})")


def package_in(texts: Sequence[str]) -> Package:
    """Return the facts that changes depend on, from the texts of a whole package."""
    trees = [ast.parse(text) for text in texts]
    return Package(enums_in(trees), required_arguments(trees))


@cache
def read_package(root: Path) -> Package:
    """Return the facts that changes depend on, from the folder of the whole package."""
    return package_in([path.read_text(encoding="utf-8") for path in sorted(root.rglob("*.py"))])
