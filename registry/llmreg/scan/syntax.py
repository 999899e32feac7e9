"""Python's syntax tree, as far as texts are concerned: what names hold, and how texts are put together."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OPTIONS = {
    "add_argument",
    "Option",
    "Argument",
    "option",
    "argument",
    "Field",
    "field",
    "DEFINE_string",
    "text_input",
    "Dropdown",
    "selectbox",
    "Radio",
}

GETTERS = {"get", "getenv", "getattr", "setdefault", "pop"}

_TELLING = frozenset({
    ast.AnnAssign, ast.Assign, ast.AsyncFunctionDef, ast.Call, ast.Constant, ast.Dict, ast.Expr, ast.For,
    ast.FunctionDef, ast.ImportFrom, ast.Lambda, ast.NamedExpr, ast.comprehension,
})  # fmt: skip
"""The nodes that may say something: about one in four."""


@cache
def _below(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of node under which others lie that may say something."""
    nothing = ("ctx", "op", "ops", "type_comment", "names", "type_ignores", "conversion", "kind")
    fields = () if kind in (ast.Constant, ast.Name) else getattr(kind, "_fields", ())
    return tuple(name for name in fields if name not in nothing)


def walk(module: ast.Module) -> Iterator[ast.AST]:
    """Yield the telling nodes of a module, the outer ones first; `ast.walk` takes three times as long."""
    waiting: list[Any] = [module]
    while waiting:
        node = waiting.pop()
        kind: Any = type(node)
        if kind in _TELLING:
            yield node
        for name in _below(kind):
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting.extend(reversed(value))
            elif isinstance(value, ast.AST):
                waiting.append(value)


class Names:
    """The expressions that names, attributes and keys are assigned, wherever in the file that is."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        """Read the assignments, loops and imports among these nodes."""
        self.values: dict[str, list[ast.expr]] = {}
        self.imported: dict[str, str] = {}
        """By the name that a module gives to something imported: what it is called there."""
        for node in nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value:
                self._assign(node.target, node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                for item in items(node.iter):
                    self._assign(node.target, item)
            elif isinstance(node, ast.ImportFrom):
                self.imported |= {alias.asname: alias.name for alias in node.names if alias.asname}

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
            for one, its in zip(target.elts, value.elts, strict=False):
                self._assign(one, its)
        elif name := last(target):
            self.values.setdefault(name, []).append(value)


def joins(value: ast.expr) -> bool:
    """Tell a call that makes one text of several: `"{}/{}".format(a, b)`, `"/".join([a, b])`, `os.path.join(a, b)`."""
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in ("format", "join")
    )


def parts(value: ast.expr) -> tuple[Callable[[list[str]], str], list[ast.expr]]:
    """Return the parts of a text that is put together, and how."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return "".join, [value.left, value.right]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mod):
        return (lambda texts: texts[0] % tuple(texts[1:])), [value.left, *items(value.right)]
    if isinstance(value, ast.JoinedStr):
        return "".join, [part.value if isinstance(part, ast.FormattedValue) else part for part in value.values]
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.keywords:
        if value.func.attr == "format":
            return (lambda texts: texts[0].format(*texts[1:])), [value.func.value, *value.args]
        if isinstance(value.func.value, ast.Constant) and len(value.args) == 1:
            return (lambda texts: texts[0].join(texts[1:])), [value.func.value, *items(value.args[0])]
        return "/".join, value.args  # os.path.join
    return "".join, []


def pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a node gives to values: keywords of a call, variables, keys of a dictionary."""
    if isinstance(node, ast.Call):
        yield from ((word.arg, word.value) for word in node.keywords if word.arg)
    elif isinstance(node, ast.Assign):
        yield from ((last(target), node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield from [(last(node.target), node.value)] if node.value else []
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value


def choices(value: ast.expr) -> list[ast.expr]:
    """Return the expressions of which one is the value: of a condition, of `or`, of a default, of a list."""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, ast.BoolOp):
        return value.values
    if isinstance(value, ast.Call) and last(value.func) in GETTERS and len(value.args) > 1:
        return [value.args[-1]]
    if isinstance(value, ast.Call) and last(value.func) in OPTIONS:
        return [word.value for word in value.keywords if word.arg == "default"] or value.args[:1]
    if isinstance(value, ast.Subscript):
        return []
    return items(value) if isinstance(value, ast.List | ast.Tuple | ast.Set) else []


def items(value: ast.expr) -> list[ast.expr]:
    """Return the items of a list, the default of an option, or the expression itself."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return value.elts
    if isinstance(value, ast.Call) and last(value.func) in OPTIONS:
        return [word.value for word in value.keywords if word.arg == "default"] or value.args[:1]
    return [value]


def last(node: ast.expr) -> str:
    """Return the last part of a name: `b` of `a.b` and of `a["b"]`; nothing for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    return ""


def label(word: ast.keyword) -> str:
    """Return what a widget or an option calls itself."""
    if word.arg in ("label", "name") and isinstance(word.value, ast.Constant):
        return str(word.value.value)
    return ""


def says_dataset(call: ast.Call) -> bool:
    """Tell whether a call asks the Hub for a data set."""
    return any(
        word.arg == "repo_type" and isinstance(word.value, ast.Constant) and word.value.value == "dataset"
        for word in call.keywords
    )
