"""JavaScript, TypeScript and other languages with braces: strings in calls that load, after keys and in assignments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.scan.file import File, Finder, named
from llmreg.scan.part import part, places_of, quoted_names
from llmreg.scan.words import LOADERS, what_key_holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.scan.mention import Host, How, Kind, Mention

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|[A-Za-z_$][\w$]*|[^\s\w]""",
    re.DOTALL,
)
_CALLS: dict[str, tuple[Kind, Host, tuple[int, ...]]] = {
    "pipeline": ("model", "hub", (1,)),
    "from_pretrained": ("model", "hub", (0,)),
    "fromPretrained": ("model", "hub", (0,)),
    "snapshotDownload": ("model", "hub", (0,)),
    "downloadFile": ("model", "hub", ()),
    "CreateMLCEngine": ("model", "hub", ()),
    "huggingface": ("model", "hub", (0,)),
    "ollama": ("model", "ollama", (0,)),
    "loadDataset": ("dataset", "hub", (0,)),
    "model": ("model", "hub", (0,)),
    "dataset": ("dataset", "hub", (0,)),
}
_OLLAMA = {"ChatOllama", "Ollama", "OllamaEmbeddings", "OllamaEmbedding", "ollama"}
_WORDS = (
    "pipeline(", "pipeline<", "retrained(", "snapshotDownload(", "huggingface(", "ollama(", "Ollama", "loadDataset(",
    "CreateMLCEngine(", "model_name_or_path", "modelNameOrPath", "huggingface.co/", "hf.co/", "hf:",
)  # fmt: skip
"""Parts of the names of loaders and of addresses: one of them is in each file where a name without an owner counts."""


def tells(text: str) -> Iterator[int]:
    """Yield where a script may name a model or data set."""
    yield from places_of(text, _WORDS)
    yield from quoted_names(text)


def worth(text: str) -> bool:
    """Tell whether anything in a script may name a model or data set."""
    return next(tells(text), None) is not None


class _Token:
    __slots__ = ("start", "text")

    def __init__(self, found: re.Match[str]) -> None:
        self.text, self.start = found[0], found.start()

    @property
    def is_string(self) -> bool:
        return self.text[0] in "\"'`"

    @property
    def value(self) -> str:
        return self.text[1:-1]


def find(file: File) -> Iterator[Mention]:
    """Yield the mentions in a script; comments and templates with inserted values are passed over."""
    tokens = [
        token
        for token in map(_Token, _TOKEN.finditer(part(file.text, tells)))
        if not token.text.startswith(("//", "/*")) and "${" not in token.text
    ]
    constants = _constants(tokens)
    calls: list[tuple[str, int]] = []
    for index, token in enumerate(tokens):
        if token.text == "(":
            calls.append((_callee(tokens, index), 0))
        elif token.text in "[{":
            calls.append(("", 0))
        elif token.text in ")]}" and calls:
            calls.pop()
        elif token.text == "," and calls:
            calls[-1] = (calls[-1][0], calls[-1][1] + 1)
        elif token.is_string:
            yield from _string(file, tokens, index, calls)
        elif token.text in constants and calls and _loads(calls[-1]):
            kind, host, _ = _CALLS[calls[-1][0]]
            string = constants[token.text]
            yield from file.mention(string.value, file.place(string.start + 1), kind, "loaded", host=host)


def _string(file: File, tokens: list[_Token], index: int, calls: list[tuple[str, int]]) -> Iterator[Mention]:
    token = tokens[index]
    at = file.place(token.start + 1)
    if calls and _loads(calls[-1]):
        kind, host, _ = _CALLS[calls[-1][0]]
        bare = calls[-1][0] not in ("model", "dataset")
        yield from file.mention(token.value, at, kind, "loaded", host=host, bare=bare)
        return
    key = _key(tokens, index)
    if key in ("model", "modelName") and any(name in _OLLAMA for name, _ in calls):
        yield from file.mention(token.value, at, "model", "loaded", host="ollama")
        return
    if holds := what_key_holds(key):
        how: How = "loaded" if any(name in LOADERS or name in _CALLS for name, _ in calls) else "config"
        yield from file.mention(token.value, at, holds.kind, how, strict=holds.names(token.value), bare=holds.bare)
    yield from file.mention(token.value, at, holds.kind if holds else "model", "mentioned", strict=False, bare=False)


def _loads(call: tuple[str, int]) -> bool:
    return call[0] in _CALLS and call[1] in _CALLS[call[0]][2]


def _callee(tokens: list[_Token], index: int) -> str:
    """Return the last part of the name that is called with the bracket at `index`; type arguments are passed over."""
    before = index - 1
    if before >= 0 and tokens[before].text == ">":
        depth = 0
        while before >= 0:
            depth += {">": 1, "<": -1}.get(tokens[before].text, 0)
            before -= 1
            if depth == 0:
                break
    return tokens[before].text if before >= 0 and tokens[before].text[0].isalpha() else ""


def _key(tokens: list[_Token], index: int) -> str:
    """Return the key or variable whose value the string at `index` is: `model: "x"`, `MODEL = "x"`, `a ?? "x"`."""
    before = index - 1
    if before > 0 and tokens[before].text in ("?", "|") and tokens[before - 1].text == tokens[before].text:
        before -= 2
        name = tokens[before] if before >= 0 else None
        return name.text if name and (name.text[0].isalpha() or name.text[0] == "_") else ""
    if before < 1 or tokens[before].text not in ":=":
        return ""
    name = tokens[before - 1]
    if name.text == "string" and before > 2 and tokens[before - 2].text == ":":  # `const MODEL: string = "x"`
        name = tokens[before - 3]
    return name.value if name.is_string else name.text


def _constants(tokens: list[_Token]) -> dict[str, _Token]:
    """Map each name that is assigned a string to it."""
    found = {}
    for index in range(2, len(tokens)):
        if tokens[index].is_string and tokens[index - 1].text == "=" and (name := _key(tokens, index)):
            found[name] = tokens[index]
    return found


_SUFFIXES = (
    ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".html", ".rs", ".go", ".java",
    ".kt", ".swift", ".cs", ".scala", ".dart", ".c", ".cc", ".cpp", ".h", ".hpp",
)  # fmt: skip
FINDER = Finder("javascript", named(suffixes=_SUFFIXES), find, worth)
