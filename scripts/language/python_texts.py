"""The texts in Python files: what the program says, and what its code says.

Input: a file's source. Output: `PythonText` values, in the order of the file. Guarantees: reads only; f-strings are shown
with an example in each of their places.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.language.examples import example

#: Two words, or a word and a place to fill: shorter texts are keys, names and units.
_SENTENCE = re.compile(r"[^\W\d_]{2,}[,;:.)”]? +[“(]?[^\W\d_]|[^\W\d_]{2,} +[“(]?\ufdd0")
#: What only looks like words: markup, style rules, statements of SQL, patterns.
_NOT_WORDS = re.compile(
    r"<[a-z!/?]|[a-z-]+:[^\s:]+;|@media|\(\?[:P<=!i]|\\[bdsw]|\[\^|^(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA"
    r"|BEGIN|WITH|LOCK|VACUUM|SET|ON CONFLICT|REPLACE|VALUES|COPY|LISTEN|NOTIFY|ANALYZE)\b"
)
#: Calls whose texts are for programs.
_FOR_PROGRAMS = {
    *("compile", "text", "exec_driver_sql", "execute", "insert_many", "getLogger", "Thread", "AssertionError"),
    *(
        "CheckConstraint",
        "Index",
        "strptime",
        "strftime",
        "split",
        "namedtuple",
        "NewType",
        "TypeVar",
        "get_close_matches",
    ),
}


@dataclass(frozen=True, slots=True)
class PythonText:
    """A text at a line; `kind` is `message`, `docstring` or `comment`."""

    line: int
    kind: str
    text: str


def python_texts(source: str) -> Iterator[PythonText]:
    """Find the texts of a file: messages, docstrings, comments."""
    tree = ast.parse(source)
    found = [*_docstrings(tree), *_messages(tree), *_comments(source)]
    yield from sorted(found, key=lambda each: each.line)


def _docstring(node: ast.AST) -> ast.Constant | None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    match node.body[:1]:
        case [ast.Expr(value=ast.Constant(value=str()) as constant)]:
            return constant
    return None


def _docstrings(tree: ast.Module) -> Iterator[PythonText]:
    for node in ast.walk(tree):
        if constant := _docstring(node):
            yield PythonText(constant.lineno, "docstring", str(constant.value))


def _comments(source: str) -> Iterator[PythonText]:
    """Yield comments, lines that follow each other as one text; directives for tools are none."""
    lines: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        words = token.string.lstrip("#:! ")
        if re.match(r"noqa|type:|fmt:|ruff:|pragma|-\*-|mypy:", words):
            continue
        if lines and token.start[0] != last + 1:
            yield PythonText(start, "comment", " ".join(lines))
            lines = []
        start = start if lines else token.start[0]
        last = token.start[0]
        lines.append(words)
    if lines:
        yield PythonText(start, "comment", " ".join(lines))


def _messages(tree: ast.Module) -> Iterator[PythonText]:
    for text, line, caller in _literals(tree):
        if caller not in _FOR_PROGRAMS and _SENTENCE.search(text) and not _NOT_WORDS.search(text):
            yield PythonText(line, "message", text.replace("\ufdd0", ""))


def _literals(node: ast.AST, caller: str = "") -> Iterator[tuple[str, int, str]]:
    """Yield each literal with the name of the call that it is given to; an f-string is one literal."""
    if isinstance(node, ast.JoinedStr):
        yield _filled(node), node.lineno, caller
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _literals(part.value, caller)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, node.lineno, caller
        return
    docstring = _docstring(node)
    if isinstance(node, ast.Call):
        caller = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", caller)
    for child in ast.iter_child_nodes(node):
        is_annotation = child in (getattr(node, "annotation", None), getattr(node, "returns", None))
        is_docstring = isinstance(child, ast.Expr) and child.value is docstring
        if not is_annotation and not is_docstring:
            yield from _literals(child, caller)


def _filled(node: ast.JoinedStr) -> str:
    """Return an f-string with examples in its places, each marked by a non-character before it."""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"\ufdd0{example(part.value)}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )
