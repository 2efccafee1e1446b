"""No sentence is a key: none is compared, parsed, matched, or looked up in the program."""

import ast
from collections.abc import Iterator

import pytest

from tests.source_trees import source_trees

#: Methods that search a text.
_INSPECTING = {
    *(
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "partition",
        "rpartition",
        "find",
        "index",
        "count",
        "split",
    ),
    *("like", "ilike", "contains", "regexp_match", "in_", "is_distinct_from"),
}
#: Columns with text for people: a server's reply, a comment. No query selects or groups by them.
_COLUMNS = {"words", "reply", "comment", "receipt", "why"}
#: Properties that create sentences.
_SENTENCES = {"in_words", "hint"}
#: Texts in the code that are not our sentences, by file, with the reason.
_ALLOWED = {
    ("checks/css/cascade.py", "() block"): "what the CSS parser calls a node",
    ("checks/rules/page/structure.py", "<!doctype html>"): "markup",
    ("content/yaml/syntax_errors.py", '0abt\tnvfre "/\\N_LP'): "a set of characters",
    ("drafts/formats/docx/docx_body.py", "Table of Contents"): "what Word calls a kind of content control",
    ("drafts/writing/word_account.py", "# left over"): "what starts a comment in an issue file",
    ("delivery/preflight/storage_place.py", "google drive"): "the name of a folder",
    ("delivery/preflight/storage_place.py", "mobile documents"): "the name of a folder",
    ("render/mjml/compiler.py", "<!doctype html>"): "markup",
    ("render/mjml/compiler.py", "unexpected end of stream"): "what the MJML compiler says",
    ("render/mjml/compiler.py", "unexpected token"): "what the MJML compiler says",
    ("render/mjml/compiler.py", "unexpected element"): "what the MJML compiler says",
    ("render/mjml/compiler.py", "unable to parse next template"): "what the MJML compiler says",
}


def _sentences(node: ast.expr, known: dict[str, str]) -> Iterator[str]:
    """Return texts with a space among the operands: literals, in lists, constants by name, in f-strings."""
    match node:
        case ast.Constant(value=str(text)) if " " in text.strip():
            yield text
        case ast.Name(id=name) if name in known:
            yield known[name]
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts) | ast.JoinedStr(values=parts):
            for part in parts:
                yield from _sentences(part, known)
        case ast.FormattedValue(value=value):
            yield from _sentences(value, known)
        case ast.Attribute(attr=name) if name in _SENTENCES:
            yield f".{name}"


def _column(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Attribute(value=ast.Attribute(attr="c") | ast.Name(id="_D"), attr=name) if name in _COLUMNS:
            yield f"column {name}"


def _in_tree(tree: ast.Module, known: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                for operand in (left, *others):
                    yield from _sentences(operand, known)
                    yield from _column(operand)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments) if name in _INSPECTING:
                yield from _column(value)
                for argument in arguments:
                    yield from _sentences(argument, known)
            case ast.Call(func=ast.Attribute(attr="group_by" | "order_by"), args=arguments):
                for argument in arguments:
                    yield from _column(argument)
            case ast.MatchValue(value=value):
                yield from _sentences(value, known)
            case ast.Dict(keys=keys):
                for key in keys:
                    if key is not None:
                        yield from _sentences(key, known)
            case ast.ClassDef(bases=bases, body=body) if any("Enum" in ast.unparse(base) for base in bases):
                for each in body:
                    if isinstance(each, ast.Assign):
                        yield from _sentences(each.value, {})


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the module's named texts with a space."""
    return {
        each.targets[0].id: each.value.value
        for each in tree.body
        if isinstance(each, ast.Assign)
        and isinstance(each.targets[0], ast.Name)
        and isinstance(each.value, ast.Constant)
        and isinstance(each.value.value, str)
        and " " in each.value.value.strip()
    }


def _found(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    constants = {path: _constants(tree) for path, tree in trees.items()}
    modules = {f"composer.{path.removesuffix('.py').replace('/', '.')}": path for path in trees}
    found: set[tuple[str, str]] = set()
    for path, tree in trees.items():
        known = dict(constants[path])
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (origin := modules.get(node.module or "")):
                known |= {
                    alias.asname or alias.name: constants[origin][alias.name]
                    for alias in node.names
                    if alias.name in constants[origin]
                }
        found |= {(path, what) for what in _in_tree(tree, known)}
    return found


@pytest.mark.slow
def test_no_sentence_is_a_key() -> None:
    """Code compares, parses, matches or looks up codes only; each exception is a text of others that is still in use.

    Migrations read texts of earlier versions.
    """
    trees = {name: tree for name, tree in source_trees() if not name.startswith("database/migrations/")}
    assert _found(trees) == set(_ALLOWED)


@pytest.mark.parametrize(
    "code",
    [
        'if row.words == "counted as received": pass',
        'if error.message.startswith("the file"): pass',
        'name.removeprefix(f"{_AGAIN} (")',
        'if text in ("a b", "c"): pass',
        "if reason == _AGAIN: pass",
        "select(events).where(events.c.words == other)",
        "events.c.words.startswith(other)",
        "select(events).group_by(events.c.words)",
        "if mailing.audience == condition.in_words: pass",
        'match kind:\n    case "out of office": pass',
        'names = {"out of office": 1}',
        'class Kind(StrEnum):\n    AWAY = "out of office"',
    ],
)
def test_the_guard_sees(code: str) -> None:
    """Each way of using a sentence as a key is found."""
    assert _found({"a.py": ast.parse(f'_AGAIN = "to be sent again"\n{code}')})


def test_the_guard_follows_imports() -> None:
    """A constant may be in another module."""
    trees = {"a.py": ast.parse('LATE = "too late"'), "b.py": ast.parse("from composer.a import LATE\nx == LATE")}
    assert _found(trees) == {("b.py", "too late")}
