"""The syntax trees of the program, for tests that read its code: each file is parsed once in a process."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

COMPOSER = Path(__file__).parent.parent / "composer"


@functools.cache
def source_tree(path: Path) -> ast.Module:
    """Return the tree of a file, which nobody changes."""
    return ast.parse(path.read_text(encoding="utf-8"))


def source_trees() -> Iterator[tuple[str, ast.Module]]:
    """Yield each module of the program: its path below composer/, and its tree."""
    for path in sorted(COMPOSER.rglob("*.py")):
        yield path.relative_to(COMPOSER).as_posix(), source_tree(path)
