"""`compose build`: issues into the outbox."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from composer.cli.ui import console
from composer.core.errors import CompilerError, ComposeError, ContentError, OutputError, Problem
from composer.core.workspace import OUTBOX, Workspace

if TYPE_CHECKING:
    from composer.editions.pipeline import Built


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edition:
    """What was written of one variant; `sizes` are the bytes of its HTML by section."""

    subscribers: str
    files: tuple[Path, ...]
    hash: str
    sizes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What became of one issue."""

    issue: str
    #: The fullest edition first.
    editions: tuple[_Edition, ...] = ()
    hash: str = ""
    problems: tuple[Problem, ...] = ()
    error: str = ""
    hint: str = ""

    @property
    def is_built(self) -> bool:
        return bool(self.editions)


@click.command("build")
@click.argument("issues", nargs=-1, required=True, metavar="ISSUE...")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.  [default: outbox/]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(issues: tuple[str, ...], output: Path | None, as_json: bool) -> int:
    """Build issues into the outbox: HTML, plaintext, message.

    An ISSUE is a path or a stem: issues/2025-01-30.yaml or 2025-01-30. Several are built together; one that has
    problems does not keep the others back. Writes outbox/STEM/issue.html, issue.txt, issue.eml and pictures/; where
    parts are for some subscribers only, the fullest edition there and the others' in outbox/STEM/variants/.
    """
    found = [_find(name) for name in dict.fromkeys(issues)]
    results = [_build(workspace, path, output) for workspace, path in dict.fromkeys(found)]
    if as_json:
        console.answer_json({"issues": [_as_json(result) for result in results]})
    else:
        for result in results:
            _show(result)
    return 0 if all(result.is_built for result in results) else 1


def _find(name: str) -> tuple[Workspace, Path]:
    start = Path(name)
    start = start.parent if start.is_file() else Path.cwd()
    workspace = Workspace.find(start)
    return workspace, workspace.issue(name)


def _build(workspace: Workspace, path: Path, output: Path | None) -> _Result:
    # Late: a mistake in the arguments should not wait for the renderer's imports.
    from composer.editions.outbox import write
    from composer.editions.pipeline import hash_of, variants_of

    name = workspace.name(path)
    try:
        variants = variants_of(workspace, path)
        fullest, *others = variants
        problems = _same_issue(workspace, fullest.built)
        files = write(fullest.built, output if output is not None else workspace.root / OUTBOX, others)
    except ContentError as error:
        return _Result(issue=name, problems=error.problems)
    except (CompilerError, OutputError) as error:
        return _Result(issue=name, error=error.message, hint=error.hint)
    each = len(files) // len(variants)
    editions = tuple(
        _Edition(
            subscribers=variant.subscribers,
            files=files[at * each : (at + 1) * each],
            hash=variant.built.hash,
            sizes=tuple(variant.built.edition.sizes.items()),
        )
        for at, variant in enumerate(variants)
    )
    return _Result(issue=name, editions=editions, hash=hash_of(variants), problems=problems)


def _same_issue(workspace: Workspace, built: "Built") -> tuple[Problem, ...]:
    """Report other files of the same issue."""
    from composer.core.issue_files import same_issue_files

    if not same_issue_files(workspace, built.issue.path, built.issue.date, built.issue.number):
        return ()
    # Late: a build needs no other check.
    from composer.editions.check_run import same_issue_problems

    return same_issue_problems(workspace, built)


def _show(result: _Result) -> None:
    if result.is_built:
        for edition in result.editions:
            if len(result.editions) > 1:
                console.talk(f"{edition.subscribers}:")
            for file in edition.files:
                console.answer(_short(file))
        console.problems(result.problems)
        return
    console.problems(result.problems)
    if result.error:
        console.stop(ComposeError(f"{result.issue}: {result.error}", result.hint))
        return
    count = len(result.problems)
    console.talk(f"{result.issue}: not built, {count} {'problem' if count == 1 else 'problems'}")


def _short(path: Path) -> str:
    """Name a path seen from the current folder, when it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)


def _bytes(edition: _Edition) -> dict[str, object]:
    return {"total": sum(size for _, size in edition.sizes), "sections": dict(edition.sizes)}


def _as_json(result: _Result) -> dict[str, object]:
    return {
        "issue": result.issue,
        "built": result.is_built,
        "files": [str(file) for edition in result.editions for file in edition.files],
        "hash": result.hash or None,
        "html_bytes": _bytes(result.editions[0]) if result.editions else None,
        "variants": [
            {
                "subscribers": edition.subscribers,
                "files": [str(file) for file in edition.files],
                "hash": edition.hash,
                "html_bytes": _bytes(edition),
            }
            for edition in result.editions
        ],
        "problems": [
            {
                "path": problem.path,
                "line": problem.line,
                "column": problem.column,
                "code": problem.code,
                "level": problem.level.value,
                "message": problem.message,
                "hint": problem.hint or None,
            }
            for problem in result.problems
        ],
        "error": result.error or None,
        "hint": result.hint or None,
    }
