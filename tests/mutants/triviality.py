"""Changes that every test or the type checker would notice are not tried, because they would only improve the share.

Input: annotations, the modules of the package. Output: the empty value of a type, the required arguments of each
function.
"""

import ast
from collections.abc import Mapping, Sequence

_EMPTY = {
    "bool": "False", "str": "''", "bytes": "b''", "int": "0", "float": "0.0", "list": "[]", "dict": "{}", "Mapping": "{}",
    "set": "set()", "frozenset": "frozenset()", "Sequence": "()", "Collection": "()", "Iterable": "()",
    "Iterator": "iter(())",
}  # fmt: skip


def empty_value(annotation: ast.expr | None) -> str | None:
    """Return the empty value of a function's return type, or None if mypy would reject every one."""
    text = ast.unparse(annotation) if annotation else ""
    if "None" in text.replace("|", " ").split():
        return "None"
    name, _, inside = text.partition("[")
    if name == "tuple":
        return "()" if inside.endswith(", ...]") else None
    return _EMPTY.get(name.rpartition(".")[2])


def required_arguments(trees: Sequence[ast.AST]) -> dict[str, frozenset[str]]:
    """Return, by the name of a function or class, its required arguments; for a shared name, those that all require."""
    found: dict[str, frozenset[str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                required = _of_function(node.args)
            elif isinstance(node, ast.ClassDef) and any(
                "dataclass" in ast.unparse(each) for each in node.decorator_list
            ):
                required = _of_dataclass(node)
            else:
                continue
            found[node.name] = found.get(node.name, required) & required
    return found


def _of_function(arguments: ast.arguments) -> frozenset[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [each for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if not default]
    return frozenset(each.arg for each in required)


def _of_dataclass(node: ast.ClassDef) -> frozenset[str]:
    return frozenset(
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and each.value is None
    )


def is_required(name: str, argument: str | None, required: Mapping[str, frozenset[str]]) -> bool:
    """Return whether a call without this argument would always fail."""
    return argument in required.get(name, frozenset())
