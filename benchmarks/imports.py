"""Checks which heavy packages a command has imported when it ends.

Input: nothing. Output: by command, the imported packages, and those that are forbidden.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ROOT, SAMPLE

_SHOWN = ("jinja2", "lxml", "premailer", "PIL", "babel", "jsonschema_rs", "starlette", "uvicorn", "sqlalchemy")
_PROBE = """\
import sys
from composer.cli.main import run
code = run(sys.argv[2:])
sys.stdout.flush()
open(sys.argv[1], "w").write("\\n".join([str(code), *sys.modules]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """The imports of a command."""

    command: str
    found: tuple[str, ...]
    #: The packages that it must not import.
    barred: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Return whether no forbidden package was imported."""
        return not set(self.found) & set(self.barred)


def imports() -> tuple[Imports, ...]:
    """Run the commands, each in its own process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output = ("--output", str(folder / "out"))
        broken = _broken(folder / "newsletter")
        return (
            _look("compose --help", ("--help",), ROOT, 0, ("jinja2", "lxml", "premailer")),
            _look("build, issue with a mistake", ("build", SAMPLE, *output), broken, 1, ("premailer",)),
            _look("build", ("build", SAMPLE, *output), ROOT, 0, ("starlette", "uvicorn", "sqlalchemy")),
        )


def _broken(folder: Path) -> Path:
    """Copy the sample newsletter, and add a mistake to its issue."""
    folder.mkdir()
    shutil.copy(ROOT / "newsletter.yaml", folder)
    for part in ("assets", "issues"):
        shutil.copytree(ROOT / part, folder / part)
    with (folder / "issues" / f"{SAMPLE}.yaml").open("a", encoding="utf-8") as issue:
        issue.write("\nno_such_key: true\n")
    return folder


def _look(command: str, arguments: tuple[str, ...], cwd: Path, code: int, barred: tuple[str, ...]) -> Imports:
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".txt") as names:
        subprocess.run(
            [sys.executable, "-c", _PROBE, names.name, *arguments],
            check=True,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
        )
        given, *modules = names.read().splitlines()
    if given != str(code):
        raise RuntimeError(f"{command}: ended with {given}, not {code}")
    return Imports(command=command, found=tuple(name for name in _SHOWN if name in modules), barred=barred)
