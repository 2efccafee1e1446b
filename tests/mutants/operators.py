"""The small changes that are possible at each place of a module's syntax tree.

Input: the module's path and text, the facts about the package. Output: `Change` values in the order of the text.
Guarantees: texts for people, annotations, decorators and docstrings are not changed, and changes that the type checker
would notice are left out (triviality.py).
"""

import ast
import itertools
from copy import copy
from typing import Any

from tests.mutants.model import Change, Package
from tests.mutants.patterns import changed_patterns
from tests.mutants.triviality import empty_value, is_required

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}  # fmt: skip
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
#: Methods whose result has the same type as their object.
_METHODS = frozenset({
    "lower", "upper", "casefold", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "where",
    "distinct", "order_by", "limit", "correlate", "correlate_except", "with_for_update",
})  # fmt: skip
#: Functions that take any number of conditions, or of states.
_SEVERAL = frozenset({"where", "and_", "or_", "stands", "_delivered"})
#: Calls that define how a class or a cache is built, without behaviour.
_BUILT = frozenset({"frozen", "slots", "kw_only", "compare", "repr", "maxsize"})


class Finder(ast.NodeVisitor):
    """Finds the changes of one module, in `found`."""

    def __init__(self, path: str, text: str, package: Package) -> None:
        self.path, self.text, self.enums, self.required = path, text, dict(package.enums), package.required
        #: The offset of each line, in bytes.
        self.lines = [0, *itertools.accumulate(len(line) for line in text.encode().splitlines(keepends=True))]
        self.names: list[str] = []
        #: The empty return value of the enclosing function.
        self.empty: list[str | None] = []
        self.found: list[Change] = []
        self.is_pattern = self.is_table = False

    def put(self, kind: str, node: ast.AST, new: ast.AST | str, before: str = "", after: str | None = None) -> None:
        """Add the change of a node's text."""
        written = new if isinstance(new, str) else ast.unparse(new)
        if isinstance(new, ast.expr) and not isinstance(new, ast.Name | ast.Constant | ast.Call | ast.Attribute):
            written = f"({written})"
        self.cut(kind, self.start(node), self.end(node), written, before or ast.unparse(node), after, node)

    def cut(self, kind: str, start: int, end: int, written: str, before: str, after: str | None, node: ast.AST) -> None:
        raw = self.text.encode()
        text = (raw[:start] + written.encode() + raw[end:]).decode()
        shown, told = (" ".join(each.split())[:160] for each in (before, written if after is None else after))
        line = getattr(node, "lineno", 0)
        function = ".".join(self.names) or "module"
        self.found.append(
            Change(path=self.path, function=function, line=line, kind=kind, before=shown, after=told, text=text)
        )

    def start(self, node: Any) -> int:
        return int(self.lines[node.lineno - 1] + node.col_offset)

    def end(self, node: Any) -> int:
        return int(self.lines[node.end_lineno - 1] + node.end_col_offset)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names.append(node.name)
        self.empty.append(empty_value(node.returns))
        for each in (*node.args.defaults, *node.args.kw_defaults, *node.body):
            if each is not None:
                self.visit(each)
        self.names.pop()
        self.empty.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(ast.unparse(base).startswith("Protocol") for base in node.bases):
            return
        self.names.append(node.name)
        for each in node.body:
            self.visit(each)
        self.names.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.table(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not self.names and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Name):
            # Another name for an enum.
            self.enums[node.targets[0].id] = self.enums.get(node.value.id, ())
        if not self.names and isinstance(node.value, ast.Subscript) and isinstance(node.value.value, ast.Name):
            return  # a type, such as list[str]
        if any(isinstance(each, ast.Attribute | ast.Subscript) for each in node.targets):
            self.put("statement dropped", node, "pass", after="")
        self.table(node.value)

    def table(self, value: ast.expr) -> None:
        is_table, is_pattern = self.is_table, self.is_pattern
        self.is_table = not self.names
        calls = {ast.unparse(each.func) for each in ast.walk(value) if isinstance(each, ast.Call)}
        self.is_pattern = not self.names and bool(calls & {"re.compile", "_any"})
        self.visit(value)
        self.is_table, self.is_pattern = is_table, is_pattern

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Skip texts."""

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc and "AssertionError" not in ast.unparse(node.exc):
            self.put("raise dropped", node, "pass", after="")

    def visit_Assert(self, node: ast.Assert) -> None:
        """Skip assertions for the type checker."""

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant) and "assert_never" not in ast.unparse(node):
            self.put("statement dropped", node, "pass", after="")
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.put("statement dropped", node, "pass", after="")
        self.visit(node.value)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.put("statement dropped", node, "pass", after="")

    def visit_Break(self, node: ast.Break) -> None:
        self.put("statement dropped", node, "pass", after="")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self.put("statement dropped", node, "pass", after="")
        else:
            if (empty := self.empty[-1]) and empty != ast.unparse(node.value):
                self.put("returned nothing", node, f"return {empty}")
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            # For these two, it is a separate change.
            self.put("condition turned round", node.test, ast.UnaryOp(ast.Not(), node.test))
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.put("choice dropped", node, node.body)
        self.put("choice dropped", node, node.orelse)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for each in node.ifs:
            self.put("condition dropped", each, ast.Constant(True))
        self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> None:
        if node.guard:
            self.cut(
                "guard dropped", self.end(node.pattern), self.end(node.guard), "", f"if {ast.unparse(node.guard)}", "", node.guard
            )  # fmt: skip
        if isinstance(node.pattern, ast.MatchOr):
            for number, each in enumerate(node.pattern.patterns):
                less = ast.MatchOr([*node.pattern.patterns[:number], *node.pattern.patterns[number + 1 :]])
                self.put("alternative dropped", node.pattern, ast.unparse(less), f"case {ast.unparse(each)}", "")
        for part in (*([node.guard] if node.guard else []), *node.body):
            self.visit(part)

    def visit_Compare(self, node: ast.Compare) -> None:
        for number, operator in enumerate(node.ops):
            for other in _COMPARED[type(operator)]:
                new = copy(node)
                new.ops = [*node.ops[:number], other(), *node.ops[number + 1 :]]
                self.put("comparison", node, new)
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            self.rows(node.comparators[0])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.put("and, or", node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
        for number in range(len(node.values)):
            left = [*node.values[:number], *node.values[number + 1 :]]
            new = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
            self.put("condition dropped", node, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self.put("not, minus", node, node.operand)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sides = [ast.unparse(each) for each in (node.left, node.right)]
        if isinstance(node.op, ast.BitOr) and all(each[:1].isupper() or each == "None" for each in sides):
            return  # a type
        if isinstance(node.op, ast.BitOr) and all(each.startswith("re.") for each in sides):
            self.put("flag dropped", node, node.left)
            self.put("flag dropped", node, node.right)
        elif type(node.op) in _CALCULATED:
            self.put("arithmetic", node, ast.BinOp(node.left, _CALCULATED[type(node.op)](), node.right))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        match node.value:
            case bool():
                self.put("constant", node, ast.Constant(not node.value))
            case int():
                # For a limit of thousands, one more or less does not matter.
                self.put("constant", node, ast.Constant(node.value + 1 if node.value <= 100 else 2 * node.value))
            case float():
                self.put("constant", node, ast.Constant(node.value * 1.5 or 1.0))
            case str() | bytes() if self.is_pattern:
                self.pattern(node)

    def pattern(self, node: ast.Constant) -> None:
        value = node.value
        assert isinstance(value, str | bytes)
        for dropped, left in changed_patterns(value if isinstance(value, str) else value.decode("latin-1")):
            new = left if isinstance(value, str) else left.encode("latin-1")
            self.put("alternative dropped", node, repr(new), dropped, "")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        members = self.enums.get(node.value.id, ()) if isinstance(node.value, ast.Name) else ()
        if node.attr in members and len(members) > 1:
            other = members[(members.index(node.attr) + 1) % len(members)]
            self.put("another member", node, ast.Attribute(node.value, other, ast.Load()))
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Slice):
            self.put("slice dropped", node, node.value)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if len(node.keys) > 1:
            for number, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
                keys, values = ([*all_[:number], *all_[number + 1 :]] for all_ in (node.keys, node.values))
                new = ast.Dict(keys, values)
                row = f"{ast.unparse(key)}: {ast.unparse(value)}" if key else f"**{ast.unparse(value)}"
                self.put("row dropped", node, ast.unparse(new), row, "")
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        self.rows(node)
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        if self.is_table:
            self.rows(node)
        self.generic_visit(node)

    visit_List = visit_Tuple  # type: ignore[assignment]

    def rows(self, node: ast.expr) -> None:
        """Remove each element of a set, of a table, or of a searched tuple."""
        if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
            for number, each in enumerate(node.elts):
                new = copy(node)
                new.elts = [*node.elts[:number], *node.elts[number + 1 :]]
                self.put("row dropped", node, ast.unparse(new), ast.unparse(each), "")

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if isinstance(node.func, ast.Name) and name in _FUNCTIONS:
            other = ast.Name(_FUNCTIONS[name])
            keywords = [] if other.id == "list" else node.keywords
            self.put("function", node, ast.Call(other, node.args, keywords))
        if isinstance(node.func, ast.Attribute) and name in _METHODS:
            self.put("call dropped", node, node.func.value, f".{name}({', '.join(map(ast.unparse, node.args))})", "")
        for number, keyword in enumerate(node.keywords):
            if keyword.arg not in _BUILT and not is_required(name, keyword.arg, self.required):
                less = ast.Call(node.func, node.args, [*node.keywords[:number], *node.keywords[number + 1 :]])
                self.put("argument dropped", node, ast.unparse(less), f"{name}({ast.unparse(keyword)})", "")
        if name in _SEVERAL and len(node.args) > 1:
            for number, argument in enumerate(node.args):
                less = ast.Call(node.func, [*node.args[:number], *node.args[number + 1 :]], node.keywords)
                self.put("argument dropped", node, ast.unparse(less), f"{name}({ast.unparse(argument)})", "")
        if name not in ("cast", "TypeVar", "isinstance"):
            self.generic_visit(node)
