"""Shell scripts, Dockerfiles, Makefiles and `.env`: commands that fetch, serve or train, and variables."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from llmreg.scan.file import File, Finder
from llmreg.scan.mention import ADDRESS, is_full
from llmreg.scan.words import what_key_holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.scan.mention import How, Kind, Mention

_ASSIGNED = re.compile(
    r"""(?:^|(?<=[\s;&"'(]))"""
    r"""([A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*["']?(?:\$\{\w+:-)?([\w.@:/-]+)""",
    re.MULTILINE,
)
_ENV_SPACE = re.compile(r"^\s*ENV\s+([A-Za-z_]\w*)\s+[\"']?([\w.@:/-]+)", re.MULTILINE | re.IGNORECASE)
_WORDS = re.compile(r"""(?:[^\s"'\\;|&()]|\\.|"(?:\\.|[^"\\])*"|'[^']*')+|[;|&()]""")
_TAKES_VALUE = re.compile(r"--?[A-Za-z][\w-]*$")

_PROGRAMS: dict[str, tuple[str, ...]] = {
    "hf": ("download",),
    "huggingface-cli": ("download",),
    "modelscope": ("download",),
    "tune": ("download",),
    "vllm": ("serve", "chat", "complete"),
    "transformers": ("chat", "serve"),
    "lmdeploy": ("serve", "chat"),
    "litgpt": (
        "download",
        "finetune",
        "finetune_full",
        "finetune_lora",
        "pretrain",
        "chat",
        "generate",
        "serve",
        "evaluate",
    ),
    "optimum-cli": ("export",),
}
"""Programs whose commands take a repository by its position."""
_OLLAMA = {"pull", "run", "show", "create", "push", "cp", "stop"}
_PAIRS = re.compile(r"(\w+)=([^,\s]+)")
_SENT = re.compile(r"""["'](\w+)["']\s*:\s*["']([\w.@:/-]+)["']""")
"""A key and its text in the JSON that a command sends."""
_SHORT = {"-hf", "-hfr", "--hf-repo", "-hff", "--hf_repo"}
_WORTH = re.compile(r"[A-Za-z][\w.-]*/[\w.-]+|ollama|--model|MODEL|huggingface|\bhf\b|vllm|litgpt", re.IGNORECASE)


def find(file: File) -> Iterator[Mention]:
    """Yield what commands fetch and serve, what options name, and what variables hold."""
    yield from block(file, 0, file.text)
    for pattern in (_ASSIGNED, _ENV_SPACE):
        for found in pattern.finditer(file.text):
            if not _is_comment(file.text, found.start()):
                yield from _held(file, found[1], found[2], file.place(found.start(2)), "config")


def block(file: File, start: int, text: str) -> Iterator[Mention]:
    """Yield what the commands in a text name, which begins at an offset of the file."""
    for offset, line in _lines(text):
        yield from command(file, start + offset, line)


def _held(file: File, key: str, value: str, at: tuple[int, int], how: How) -> Iterator[Mention]:
    """Yield what the value of a variable or option names."""
    if holds := what_key_holds(key):
        yield from file.mention(value, at, holds.kind, how, strict=holds.names(value), bare=holds.bare)
        yield from file.mention(value, at, holds.kind, how, strict=False)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each logical line with its offset; a backslash at the end joins lines, and comments are left out."""
    for found in re.finditer(r"(?:[^\n\\]|\\(?:.|\n)|\\$)+", text):
        if not found[0].lstrip().startswith("#"):
            yield found.start(), found[0]


def _is_comment(text: str, offset: int) -> bool:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line.lstrip().startswith("#")


def command(file: File, start: int, line: str) -> Iterator[Mention]:
    """Yield what the commands of one line name; `start` is the line's offset in the file."""
    words = _words(line)
    plain = [word for _, word in words]
    program = _program(plain)
    kind: Kind = "dataset" if _says_dataset(plain) else "model"
    for (offset, word), before in zip(words, ["", *plain], strict=False):
        at = start + offset
        if not word.startswith("-") and program == "ollama" and before in _OLLAMA:
            yield from file.mention(word, file.place(at), "model", "command", host="ollama")
        elif not word.startswith("-") and program in _PROGRAMS and is_full(word) and not _TAKES_VALUE.fullmatch(before):
            yield from file.mention(word, file.place(at), kind, "command", bare=False)
            program = ""
        else:
            yield from _word(file, at, word, before, kind)


def _word(file: File, at: int, word: str, before: str, kind: Kind) -> Iterator[Mention]:
    """Yield what one word names, which begins at an offset of the file and follows another word."""
    name, equals, value = word.partition("=")
    if before == "-c" and "(" in word:
        yield from _code(file, at, word)
    elif "{" in word:
        for found in _SENT.finditer(word):
            yield from _held(file, found[1], found[2], file.place(at + found.start(2)), "command")
    elif equals and (word.startswith("-") or "." in name):  # hydra: model.name=x/y
        yield from _option(file, name, value, file.place(at + len(name) + 1))
    elif _TAKES_VALUE.fullmatch(before) and not word.startswith("-"):
        yield from _option(file, before, word, file.place(at))
    elif ADDRESS.match(word):
        yield from file.mention(word, file.place(at), kind, "command")
    else:
        yield from file.mention(word, file.place(at), "model", "mentioned", strict=False, bare=False)


def _code(file: File, start: int, text: str) -> Iterator[Mention]:
    """Yield what a program on a command line, as of `python -c`, loads."""
    from llmreg.scan.finders import python

    line, column = file.place(start)
    for found in python.find(File(file.root, file.path, text)):
        yield replace(found, line=line + found.line - 1, column=found.column + (column - 1 if found.line == 1 else 0))


def _option(file: File, option: str, value: str, at: tuple[int, int]) -> Iterator[Mention]:
    if option in _SHORT:
        yield from file.mention(value.partition(":")[0], at, "model", "command", bare=False)
    elif "=" in value:  # --model_args pretrained=x/y,dtype=float16
        line, column = at
        for found in _PAIRS.finditer(value):
            yield from _held(file, found[1], found[2], (line, column + found.start(2)), "command")
    elif what_key_holds(option):
        yield from _held(file, option, value, at, "command")
    else:
        yield from file.mention(value, at, "model", "mentioned", strict=False, bare=False)


def _says_dataset(words: list[str]) -> bool:
    return any(
        word == "--repo-type=dataset" or (word == "dataset" and before == "--repo-type")
        for before, word in pairwise(["", *words])
    )


def _words(line: str) -> list[tuple[int, str]]:
    """Return the words of a line with their offsets; a list of a Dockerfile loses its brackets and quotes."""
    found = []
    for each in _WORDS.finditer(line.replace("\\\n", "  ")):
        text = each[0].lstrip("[,\"'")
        offset = each.start() + len(each[0]) - len(text)
        if text := text.rstrip("\"',]"):
            found.append((offset, text))
    return found


def _program(words: list[str]) -> str:
    """Return which known program a line runs, if it runs one that takes a repository by position."""
    names = [word.rpartition("/")[2] for word in words]
    for index, name in enumerate(names):
        after = next((word for word in names[index + 1 :] if not word.startswith("-")), "")
        if name == "ollama" and after in _OLLAMA:
            return "ollama"
        if after in _PROGRAMS.get(name, ()):
            return name
    return ""


_SUFFIXES = (
    ".sh", ".bash", ".zsh", ".fish", ".slurm", ".sbatch", ".bat", ".cmd", ".ps1", ".mk", ".env", "dockerfile",
    "containerfile",
)  # fmt: skip
_NAMES = ("makefile", "gnumakefile", "justfile", "procfile")


def takes(path: str) -> bool:
    """Tell shell scripts, Dockerfiles, Makefiles and `.env` files by their names."""
    name = path.rpartition("/")[2].lower()
    return name.endswith(_SUFFIXES) or name in _NAMES or name.startswith(("dockerfile", ".env"))


FINDER = Finder("shell", takes, find, _WORTH.search)
