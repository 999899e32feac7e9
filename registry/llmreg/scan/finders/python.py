"""Python: calls that load, keywords, defaults, constants used later, f-strings and options of command lines."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from llmreg.scan import syntax
from llmreg.scan.file import File, Finder, named
from llmreg.scan.finders import shell
from llmreg.scan.mention import LONGEST, is_full
from llmreg.scan.part import blank, part, places_of, quoted_names
from llmreg.scan.words import LOADERS, LOADERS_OF, NEUTRAL, what_key_holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.scan.mention import Host, How, Kind, Mention
    from llmreg.scan.words import Loader

    Value = tuple[str, ast.expr]
    """A text, and the expression that has it."""

_DEEPEST = 6
"""Names may be assigned from each other, in a circle even."""
_RUNS = {"system", "run", "Popen", "call", "check_call", "check_output", "popen"}
_WORDS = (
    "pretrained(", "load_dataset", "pipeline(", "SentenceTransformer", "CrossEncoder", "ollama", "llama(", ".co/",
    "hf:", "vllm", "download ", "--model",
)  # fmt: skip
"""Parts of the names of loaders, of addresses and of commands: one of them is in each file where a name without an
owner is loaded under no key. Each costs a search of the whole file."""
_KEYED = [
    re.compile(rf"""{key}\w*["']?\]?(?:, ?|: ?[\w\[\]| .]+ ?= ?| ?[=:] ?)[\[({{]?["'][\w.:-]+["']""")
    for key in ("model", "dataset", "repo_id")
]
"""A name without an owner under a key for models or data sets."""
_CALLS = tuple(f"{name}(" for name in LOADERS)
_QUOTES = re.compile(r"\"\"\"|\'\'\'")
_OPENS = re.compile(r"[rbuRBUfF]*(\"\"\"|'''|\"|')")
_COMMENT = re.compile(r"^[ \t]*#.*", re.MULTILINE)
_LINE_BEGINS = re.compile(r"(?:\A|\n)[ \t]*[rRuU]?\Z")
_GOES_ON = ("(", ",", "=", "+", "[", "{", "%", "&", "|", "\\")
"""How the line before ends where a text is no statement of its own."""


class _Reader:
    """Reads one module."""

    def __init__(self, file: File, module: ast.Module) -> None:
        self.file = file
        self.lines = file.text.split("\n")
        self.nodes = [*syntax.walk(module)]
        names = syntax.Names(self.nodes)
        self.names, self.imported = names.values, names.imported
        self.seen: set[tuple[int, int]] = set()
        """Places that a call loads from, where nothing else need be said."""

    def mentions(self) -> Iterator[Mention]:
        """Yield first what calls load, then what keys and names hold, then every other text that names something."""
        calls = [node for node in self.nodes if isinstance(node, ast.Call)]
        for call in calls:
            yield from self._loads(call)
        for node in self.nodes:
            if not isinstance(node, ast.Constant):
                yield from self._states(node)
        # Documentation names much that nobody uses.
        documentation = {id(node.value) for node in self.nodes if isinstance(node, ast.Expr)}
        for node in self.nodes:
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in documentation:
                continue
            if "/" in node.value and len(node.value) <= LONGEST:
                yield from self._mention(node.value, node, "model", "mentioned", strict=False, bare=False)

    def _loads(self, call: ast.Call) -> Iterator[Mention]:
        """Yield what a call of a known loader loads."""
        loader = self._loader(call)
        if loader is None:
            return
        kind = "dataset" if syntax.says_dataset(call) else loader.kind
        given = [call.args[place] for place in loader.positions if place < len(call.args)]
        given += [word.value for word in call.keywords if word.arg in loader.keywords]
        for argument in given:
            for text, node in self._texts(argument):
                yield from self._mention(text, node, kind, "loaded", host=loader.host, bare=loader.bare)

    def _loader(self, call: ast.Call) -> Loader | None:
        function = syntax.last(call.func)
        function = self.imported.get(function, function) if isinstance(call.func, ast.Name) else function
        if isinstance(call.func, ast.Attribute):
            owner = syntax.last(call.func.value)
            for of, loaders in LOADERS_OF.items():
                if function in loaders and (owner == of or self._made_by(owner, of)):
                    return loaders[function]
        return LOADERS.get(function)

    def _made_by(self, name: str, module: str) -> bool:
        """Tell whether a name was assigned from a call on this module, as `client = ollama.Client()` is."""
        return any(
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and syntax.last(value.func.value) == module
            for value in self.names.get(name, ())
        )

    def _states(self, node: ast.AST) -> Iterator[Mention]:
        """Yield what keywords, parameters, options, keys and variables say."""
        if isinstance(node, ast.Call):
            yield from self._option(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from self._defaults(node.args)
        for key, value in syntax.pairs(node):
            yield from self._keyed(key, value, "default" if isinstance(node, ast.AnnAssign) else "config")

    def _option(self, call: ast.Call) -> Iterator[Mention]:
        """Yield the default of an option of argparse, typer, click, pydantic or streamlit, and of `getenv`."""
        function = syntax.last(call.func)
        words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        names = [word for word in words if isinstance(word, str)]
        if function in syntax.OPTIONS:
            key = next((name for name in names if what_key_holds(name)), "")
            given = [word.value for word in call.keywords if word.arg in ("default", "const")]
            given += [word.value for word in call.keywords if word.arg in ("choices", "options", "value")]
            key = key or next(filter(None, map(syntax.label, call.keywords)), "")
            given += call.args[1:2] if function not in ("add_argument", "option", "argument") else []
            for argument in given:
                yield from self._keyed(key, argument, "default")
        elif function in syntax.GETTERS and len(call.args) > 1 and names and what_key_holds(names[0]):
            yield from self._keyed(names[0], call.args[-1], "default")
        elif function in _RUNS:
            yield from self._run(call)

    def _run(self, call: ast.Call) -> Iterator[Mention]:
        """Yield what a command names that the code runs, given as one text or as a list of words."""
        for argument in call.args[:1]:
            words = [(str(item.value), item) for item in syntax.items(argument) if isinstance(item, ast.Constant)]
            text = " ".join(word for word, _ in words)
            for found in shell.command(File(self.file.root, self.file.path, text), 0, text):
                for word, node in words:
                    if found.id in word:
                        line, column = self._at(node)
                        yield replace(found, line=line, column=column + word.find(found.id))

    def _defaults(self, arguments: ast.arguments) -> Iterator[Mention]:
        plain = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True)]
        pairs += [(one, its) for one, its in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if its]
        for argument, default in pairs:
            inner = default
            if isinstance(default, ast.Call) and syntax.last(default.func) in syntax.OPTIONS and default.args:
                inner = default.args[0]
            yield from self._keyed(argument.arg, inner, "default")

    def _keyed(self, key: str, value: ast.expr, how: How) -> Iterator[Mention]:
        """Yield what the value under a key names, where the key is one for models or data sets."""
        if not (holds := what_key_holds(key)):
            return
        if key == "model" and "11434" in self.file.text and isinstance(value, ast.Constant):  # Ollama's port
            yield from self._mention(str(value.value), value, "model", how, host="ollama")
        for item in syntax.items(value):
            if isinstance(item, ast.Dict) or (isinstance(item, ast.Call) and syntax.last(item.func) == "dict"):
                yield from self._inside(key, item, how)
            elif isinstance(item, ast.Constant | ast.JoinedStr | ast.BinOp | ast.IfExp | ast.BoolOp) or syntax.joins(
                item
            ):
                for text, node in self._texts(item):
                    yield from self._mention(text, node, holds.kind, how, strict=holds.names(text), bare=holds.bare)
                    yield from self._mention(text, node, holds.kind, how, strict=False)

    def _inside(self, key: str, table: ast.expr, how: How) -> Iterator[Mention]:
        """Yield what a dictionary under a key names: `{"path": "owner/name"}`, `{"small": "owner/name"}`."""
        for inner, value in syntax.pairs(table):
            if NEUTRAL.match(inner):
                yield from self._keyed(key, value, how)
            elif what_key_holds(inner) is None and inner.isidentifier():
                yield from self._keyed(f"{key}_path", value, how)

    def _mention(
        self,
        text: str,
        node: ast.expr,
        kind: Kind,
        how: How,
        *,
        host: Host = "hub",
        strict: bool = True,
        bare: bool = True,
    ) -> Iterator[Mention]:
        at = self._at(node)
        if at in self.seen:
            return
        for found in self.file.mention(text, at, kind, how, host=host, strict=strict, bare=bare):
            if strict:
                self.seen.add(at)
            yield found

    def _at(self, node: ast.expr) -> tuple[int, int]:
        line = self.lines[node.lineno - 1] if node.lineno <= len(self.lines) else ""
        column = node.col_offset
        if not line.isascii():
            column = len(line.encode()[:column].decode("utf-8", "replace"))
        quote = _OPENS.match(line, column)
        return node.lineno, (quote.end() if quote else column) + 1

    def _texts(self, value: ast.expr, depth: int = 0) -> Iterator[Value]:
        """Yield the texts that an expression may have, each with where it is written."""
        if depth > 6:
            return
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value, value
        elif isinstance(value, ast.Name | ast.Attribute):
            for assigned in self.names.get(syntax.last(value), ()):
                yield from self._texts(assigned, depth + 1)
        elif isinstance(value, ast.JoinedStr | ast.BinOp) or syntax.joins(value):
            if (joined := self._joined(value, depth)) is not None:
                yield joined, value
        else:
            for inner in syntax.choices(value):
                yield from self._texts(inner, depth + 1)

    def _joined(self, value: ast.expr, depth: int) -> str | None:
        """Return the text of an f-string, a sum, `%`, `format` or `join` whose parts are each known."""
        form, parts = syntax.parts(value)
        texts: list[str] = []
        for one in parts:
            found = {text for text, _ in self._texts(one, depth + 1)}
            if len(found) != 1:
                return None
            texts += found
        try:
            return form(texts) if texts else None
        except (ValueError, TypeError, IndexError, KeyError):  # a form that does not fit its parts
            return None


def tells(text: str) -> Iterator[int]:
    """Yield where a module may name a model or data set."""
    yield from places_of(text, _WORDS)
    yield from quoted_names(text)
    yield from (found.start() for keyed in _KEYED for found in keyed.finditer(text))


def _loads_or_tells(text: str) -> Iterator[int]:
    yield from tells(text)
    yield from places_of(text, _CALLS)


def find(file: File) -> Iterator[Mention]:
    """Yield the mentions in a module; one that does not parse is read as text, for full names in quotes."""
    told, shape = _undocumented(file.text)
    if next(tells(told), None) is None:
        return
    module = _parsed(part(told, _loads_or_tells, shape)) or _parsed(file.text)
    yield from _Reader(file, module).mentions() if module else _as_text(file)


def _undocumented(text: str) -> tuple[str, str]:
    """Return a module without its comments and documentation, which name much that nobody uses, and without any texts.

    Both have every other character at its place.
    """
    told, shape, place = [], [], 0
    while opening := _QUOTES.search(text, place):
        ends = text.find(opening[0], opening.end())
        if ends < 0:
            break
        before = _COMMENT.sub(lambda comment: " " * len(comment[0]), text[place : opening.start()])
        inside = text[opening.end() : ends]
        line = _LINE_BEGINS.search(before)
        is_statement = line and not before[: line.start()].rstrip().endswith(_GOES_ON)
        told += [before, opening[0], blank(inside) if is_statement else inside, opening[0]]
        shape += [before, opening[0], " " * (len(inside) + 3)]
        place = ends + 3
    rest = _COMMENT.sub(lambda comment: " " * len(comment[0]), text[place:])
    return "".join([*told, rest]), "".join([*shape, rest])


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in somebody's code is no concern here
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_QUOTED = re.compile(r"""(["'])([\w.-]+/[\w.-]+)\1""")


def _as_text(file: File) -> Iterator[Mention]:
    for found in _QUOTED.finditer(file.text):
        if is_full(found[2]):
            yield from file.mention(found[2], file.place(found.start(2)), "model", "mentioned", strict=False)


def worth(text: str) -> bool:
    """Tell whether anything in a module may name a model or data set."""
    return next(tells(text), None) is not None


FINDER = Finder("python", named(suffixes=(".py", ".pyi", ".pyw")), find, worth)
