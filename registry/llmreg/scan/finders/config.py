"""Configurations in YAML, TOML and JSON: every text with the keys above it, and commands and variables among them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llmreg.scan.file import File, Finder
from llmreg.scan.finders import shell
from llmreg.scan.part import places_of, quoted_names
from llmreg.scan.words import NEUTRAL, what_key_holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from llmreg.scan.mention import How, Mention
    from llmreg.scan.words import Holds

_VARIABLE = re.compile(r"((?:--)?[A-Za-z_][\w-]*)=(\S+)")
_WORTH = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9]|model|ollama|dataset", re.IGNORECASE)
_COMMANDED = re.compile(r"\w/\w|--\w|\b(?:ollama|vllm|hf|huggingface-cli|litgpt)\b|=")
"""What a text of several words has if a command in it may name a model."""
_IS_JSON = re.compile(r"""\s*(?:\{(?!\{)|\[\s*["{\[\d])""")
_JSON_KEY = re.compile(r'":\s*["\[{]')
_WORDS = ("--model", "ollama", "vllm", "huggingface.co/", "hf.co/", "hf download")
_PROPERTIES = {"dataset_mixer", "dataset_mixture", "datasets", "dataset_mix", "models"}
"""Keys under which the names of data sets are keys themselves."""
_DEEPEST = 100
"""Deeper than any configuration; anchors may even form a circle."""
_PLACED, _COMMANDS = ("serve", "download"), ("command", "args", "cmd", "entrypoint")
_OLLAMA_KEYS = re.compile(r"ollama", re.IGNORECASE)
_NEVER = {"package.json", "package-lock.json", "npm-shrinkwrap.json", "composer.lock", "composer.json", "tsconfig.json",
          "pnpm-lock.yaml", "yarn.lock", "poetry.lock", "uv.lock", "cargo.toml", "cargo.lock", "pipfile.lock",
          ".pre-commit-config.yaml", "renovate.json", "dependabot.yml", "tokenizer.json", "tokenizer_config.json",
          "special_tokens_map.json", "vocab.json", "added_tokens.json", "model.safetensors.index.json",
          "pytorch_model.bin.index.json", "generation_config.json"}  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    """A text in a configuration."""

    keys: tuple[str, ...]
    """The keys above it, outermost first; an item of a list has the list's."""
    text: str
    at: tuple[int, int]
    offset: int
    """Where it begins in the file."""
    before: str = ""
    """The item before it in a list, which may be the option whose value it is."""
    name: str = ""
    """What the mapping that it is a value of calls itself: `{name: MODEL_ID, value: x/y}`."""
    is_key: bool = False


def find(file: File) -> Iterator[Mention]:
    """Yield the mentions in a configuration; a file that does not parse is read line by line as `key: value`."""
    for leaf in _leaves(file):
        yield from _mentions(file, leaf)


def _leaves(file: File) -> Iterator[Leaf]:
    ending = file.path.lower().rpartition(".")[2]
    try:
        return iter([*_READERS.get(ending, _by_line)(file)])
    except Exception:
        return _by_line(file)


def _mentions(file: File, leaf: Leaf) -> Iterator[Mention]:
    if leaf.is_key:
        yield from _key(file, leaf)
    elif any(map(str.isspace, leaf.text.strip())):
        if _COMMANDED.search(leaf.text):
            yield from shell.block(file, leaf.offset, leaf.text)
    else:
        yield from _value(file, leaf)


def _key(file: File, leaf: Leaf) -> Iterator[Mention]:
    """Yield what a key itself names, as in `dataset_mixer: {owner/name: 0.5}`."""
    holds = what_key_holds(leaf.keys[-1]) if leaf.keys else None
    if holds and leaf.keys[-1].lower() in _PROPERTIES:
        yield from file.mention(leaf.text, leaf.at, holds.kind, "config", bare=False)
    else:
        yield from file.mention(leaf.text, leaf.at, "model", "mentioned", strict=False, bare=False)


def _value(file: File, leaf: Leaf) -> Iterator[Mention]:
    """Yield what a text names: the value of a key, of an option before it in a list, or of `KEY=value`."""
    holds, text, at = _by_keys(leaf), leaf.text, leaf.at
    how: How = "config"
    if leaf.before in _PLACED and leaf.keys and leaf.keys[-1].lower() in _COMMANDS:
        yield from file.mention(text, at, "model", "command", bare=False)
        return
    if leaf.before.startswith("-") and not text.startswith("-"):
        holds, how = what_key_holds(leaf.before), "command"
    elif stated := _VARIABLE.fullmatch(text):
        holds, how = what_key_holds(stated[1]), "command" if text.startswith("--") else "config"
        text, at = stated[2], (at[0], at[1] + stated.start(2))
    if holds is None:
        yield from file.mention(text, at, "model", "mentioned", strict=False, bare=False)
        return
    if holds.kind == "model" and any(map(_OLLAMA_KEYS.search, leaf.keys)):
        yield from file.mention(text, at, "model", "config", host="ollama")
    yield from file.mention(text, at, holds.kind, how, strict=holds.names(text), bare=holds.bare)
    yield from file.mention(text, at, holds.kind, how, strict=False)


def _by_keys(leaf: Leaf) -> Holds | None:
    """Return what the keys say a text is the name of; the nearest that says anything decides."""
    if leaf.name and leaf.keys and leaf.keys[-1] in ("value", "default"):
        return what_key_holds(leaf.name)
    for key in reversed(leaf.keys):
        if holds := what_key_holds(key):
            return holds
        if not NEUTRAL.match(key):
            return None
    return None


def _yaml(file: File) -> Iterator[Leaf]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for document in yaml.compose_all(file.text, Loader=loader):
        if document is not None:
            yield from _below(file, document, (), "", "", 0)


def _below(file: File, node: Any, keys: tuple[str, ...], before: str, name: str, depth: int) -> Iterator[Leaf]:
    """Yield the texts of a node; `before` is the item before it in a list, `name` what the mapping calls itself."""
    import yaml

    if depth > _DEEPEST:
        return
    if isinstance(node, yaml.ScalarNode):
        if node.value:
            yield _scalar(file, node, keys, before, name)
    elif isinstance(node, yaml.SequenceNode):
        last = ""
        for item in node.value:
            yield from _below(file, item, keys, last, "", depth + 1)
            last = item.value if isinstance(item, yaml.ScalarNode) else ""
    else:
        yield from _mapping(file, node, keys, depth)


def _mapping(file: File, node: Any, keys: tuple[str, ...], depth: int) -> Iterator[Leaf]:
    import yaml

    pairs = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    called = next((value.value for key, value in pairs if key.value == "name" and isinstance(value.value, str)), "")
    for key, value in pairs:
        if "/" in key.value:
            yield replace(_scalar(file, key, keys, "", ""), is_key=True)
        yield from _below(file, value, (*keys, key.value), "", called, depth + 1)


def _scalar(file: File, node: Any, keys: tuple[str, ...], before: str, name: str) -> Leaf:
    mark = node.start_mark
    shift = 1 if node.style in ("'", '"') else 0
    at = (mark.line + 1, mark.column + 1 + shift)
    text, offset = node.value, _offset(file, mark.line, mark.column) + shift
    if node.style in ("|", ">"):  # the text begins on the next line, where it is indented
        offset = file.text.find("\n", offset) + 1
        text = file.text[offset : _offset(file, node.end_mark.line, node.end_mark.column)]
        at = file.place(offset)
    return Leaf(keys, text, at, offset, before, name)


def _offset(file: File, line: int, column: int) -> int:
    return file.start_of(line) + column


_JSON_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|//[^\n]*|/\*.*?\*/|[^\s{}\[\],:"]+', re.DOTALL)


def _json(file: File) -> Iterator[Leaf]:
    """Read JSON by its tokens, which have places, and which comments and commas too many do not stop."""
    found = [each for each in _JSON_TOKEN.finditer(file.text) if not each[0].startswith(("//", "/*"))]
    opened: list[_Opened] = [_Opened("[")]
    for place, each in enumerate(found):
        sign, inside = each[0], opened[-1]
        if sign in ("{", "["):
            opened.append(_Opened(sign, inside.keys_below(), _name_ahead(found, place) if sign == "{" else ""))
        elif sign in ("}", "]") and len(opened) > 1:
            opened.pop()
        elif sign[0] == '"':
            text, offset = _unquoted(sign), each.start() + 1
            if place + 1 < len(found) and found[place + 1][0] == ":":
                inside.key = text
                if "/" in text:
                    yield Leaf(inside.keys, text, file.place(offset), offset, is_key=True)
            else:
                yield Leaf(inside.keys_below(), text, file.place(offset), offset, inside.before, inside.name)
                inside.before = text if inside.sign == "[" else ""


@dataclass
class _Opened:
    """An object or a list that is being read."""

    sign: str
    keys: tuple[str, ...] = ()
    name: str = ""
    """What the object calls itself."""
    key: str = ""
    before: str = ""

    def keys_below(self) -> tuple[str, ...]:
        """Return the keys above what comes next in it."""
        return (*self.keys, self.key) if self.sign == "{" else self.keys


def _name_ahead(tokens: Sequence[re.Match[str]], place: int) -> str:
    """Return the value of `"name"` in the object that opens here, where it is among its first entries."""
    for ahead in range(place + 1, min(place + 12, len(tokens) - 2)):
        if tokens[ahead][0] in "{}[]":
            break
        if tokens[ahead][0] == '"name"' and tokens[ahead + 1][0] == ":" and tokens[ahead + 2][0][0] == '"':
            return _unquoted(tokens[ahead + 2][0])
    return ""


def _unquoted(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]


def _toml(file: File) -> Iterator[Leaf]:
    """Read TOML; its parser tells no places, so that each text is looked for behind the one before it."""
    place = 0
    for keys, text in _texts(tomllib.loads(file.text), ()):
        written = re.compile(rf"""["']{re.escape(text)}["']""")
        if found := written.search(file.text, place) or written.search(file.text):
            place = max(place, found.start())
            yield Leaf(keys, text, file.place(found.start() + 1), found.start() + 1)


def _texts(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*keys, key))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, keys)


_LINE = re.compile(
    r"""^([\s-]*)["']?([A-Za-z_][\w.-]*)["']?\s*[:=]\s*["']?([\w.@:/-]+)["']?\s*,?\s*(?:#.*)?$""", re.MULTILINE
)


def _by_line(file: File) -> Iterator[Leaf]:
    for found in _LINE.finditer(file.text):
        yield Leaf((found[2],), found[3], file.place(found.start(3)), found.start(3))


_READERS: dict[str, Callable[[File], Iterator[Leaf]]] = {
    "toml": _toml,
    **dict.fromkeys(("json", "jsonc", "json5"), _json),
    **dict.fromkeys(("yaml", "yml", "md", "mdx", "markdown", "qmd"), _yaml),
}
"""By the ending of a file's name; every other is read line by line."""
_ENDINGS = (*(f".{ending}" for ending in _READERS if not ending.startswith(("m", "q"))), ".yaml.j2", ".yml.j2", ".tpl",
            ".ini", ".cfg", ".conf", ".properties", ".tf", ".tfvars", ".hcl", ".jsonnet", ".libsonnet")  # fmt: skip


def takes(path: str) -> bool:
    """Tell configurations by their endings; lock files, manifests of packages and tokenizers name no models."""
    name = path.rpartition("/")[2].lower()
    return name not in _NEVER and name.endswith(_ENDINGS)


def worth(text: str) -> bool:
    """Tell whether a configuration may name a model; much of what is JSON is data."""
    if not _IS_JSON.match(text):
        return bool(_WORTH.search(text))
    return next(_json_tells(text), None) is not None


def _json_tells(text: str) -> Iterator[int]:
    yield from quoted_names(text)
    yield from places_of(text, _WORDS)
    for found in _JSON_KEY.finditer(text):
        if what_key_holds(text[text.rfind('"', 0, found.start()) + 1 : found.start()]):
            yield found.start()


FINDER = Finder("config", takes, find, worth)
