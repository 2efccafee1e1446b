"""Keeps what Python compiles anew in every process: regular expressions, and the methods of value classes.

Input: a name for what runs, such as a command. Output: while it runs, `re` and `dataclasses` use what they compiled in
an earlier run with this name, and what is new is kept. Guarantees: everything is found by its whole source, so what is
kept is what would be compiled. Only sources in code are kept, no patterns that are made from an editor's texts. Why:
docs/decisions/0014.
"""

import builtins
import dataclasses
import marshal
import re
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from re import _compiler, _parser  # type: ignore[attr-defined]  # what is used of them: tests/cli/test_compiled_code.py
from typing import cast

from composer.core.kept_results import keep, recall

#: The flag of code that is neither a module's nor a class's (`inspect.CO_OPTIMIZED`).
_IS_FUNCTION = 1
#: Increase this number when something else is kept.
_FORMAT = "1"

#: The code by its source: that of a value class by its text; the parts of a pattern by its text and flags.
_Known = dict[object, object]
#: The arguments of `_sre.compile` after the pattern.
_Parts = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]


@contextmanager
def code_kept(name: str) -> Iterator[None]:
    """Use the code that was compiled in an earlier run, and keep what is compiled until the end."""
    kept = recall("code", (_FORMAT, name))
    known: _Known = {}
    if isinstance(kept, bytes):
        with suppress(ValueError, EOFError, TypeError):
            known = marshal.loads(kept)  # noqa: S302 - no other user can write it (kept_results.py)
    before = len(known)
    plain = _compiler.compile
    _compiler.compile = _pattern_compiler(known, plain)
    vars(dataclasses)["exec"] = _executor(known)
    try:
        yield
    finally:
        _compiler.compile = plain
        del vars(dataclasses)["exec"]
    if len(known) > before:
        keep("code", (_FORMAT, name), marshal.dumps(known))


def _pattern_compiler(known: _Known, plain: Callable[..., object]) -> Callable[..., object]:
    """Return `re._compiler.compile`, with a memory."""

    def compile(pattern: object, flags: int = 0) -> object:
        parts = known.get((pattern, flags)) if isinstance(pattern, str | bytes) else None
        if parts is None:
            if not isinstance(pattern, str | bytes) or not _is_constant(pattern):
                return plain(pattern, flags)
            parts = known[pattern, flags] = _parts(pattern, flags)
        all_flags, code, *groups = cast(_Parts, parts)
        return _compiler._sre.compile(pattern, all_flags, memoryview(code).cast("I").tolist(), *groups)

    return compile


def _parts(pattern: str | bytes, flags: int) -> _Parts:
    """Return what a compiled pattern is made from, as `re._compiler.compile` does it."""
    parsed = _parser.parse(pattern, flags)
    code, state = _compiler._code(parsed, flags), parsed.state
    names: list[str | None] = [None] * state.groups
    for name, number in state.groupdict.items():
        names[number] = name
    return int(flags | state.flags), array("I", code).tobytes(), state.groups - 1, dict(state.groupdict), tuple(names)


def _is_constant(pattern: str | bytes) -> bool:
    """Check whether a pattern is in code: compiled by a module or a class, or a constant of a function."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__") == re.__name__ and frame.f_back is not None:
        frame = frame.f_back
    return not frame.f_code.co_flags & _IS_FUNCTION or pattern in frame.f_code.co_consts


def _executor(known: _Known) -> Callable[..., None]:
    """Return an `exec` for `dataclasses`, with a memory."""

    def execute(source: str, globals: dict[str, object], locals: dict[str, object]) -> None:
        code = known.get(source)
        if code is None:
            code = known[source] = builtins.compile(source, "<string>", "exec")
        builtins.exec(code, globals, locals)  # type: ignore[arg-type]  # noqa: S102 - as `dataclasses` does it

    return execute
