"""Prints where a list was written, and how many rows it has.

Input: a file or None, and a function that writes. Output: an exit code. Guarantees: without a file, stdout contains
only the list.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from composer.cli.ui import console

if TYPE_CHECKING:
    from composer.audience.export import Rows


def run_export(path: Path | None, write: "Callable[[Path | Rows], int]") -> int:
    """Write a list to a new private file, or to stdout."""
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        console.talk(_rows(write(console.ConsoleTable())))
    else:
        console.answer(f"{path}: {_rows(write(path))}")
    return 0


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"
