"""Read what files of weights say they hold, from their headers alone, and say what a broken one is instead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from llmreg.errors import LlmregError
from llmreg.hub.choose import BESIDE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_POINTS = "is a Git LFS pointer and not the file itself; fetch the file with `git lfs pull`"
_POINTER = b"version https://git-lfs.github.com/spec/"
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PAGES = (b"<!doctype html", b"<html")
TEMPLATE = "prompt_template.json"
_OURS = (TEMPLATE, "adapter_config.json", "llama_adapter.json")
"""What beside a configuration and a tokenizer is read from a folder with an artifact."""
_OPENING = 64
"""Bytes at the head of a file that tell what it is."""


class Stored(NamedTuple):
    """One tensor in a file."""

    shape: tuple[int, ...]
    dtype: str
    """The number format in the words of safetensors, such as `BF16`."""


def stored_in(files: Iterable[Path]) -> dict[str, Stored]:
    """Give the tensors of some files; raise `LlmregError` for a broken file, and for a tensor that is there twice."""
    found: dict[str, Stored] = {}
    for path in files:
        tensors = header(path)
        if twice := sorted(found.keys() & tensors.keys()):
            raise LlmregError(
                f"{path} holds {twice[0]}, which another file beside it holds, too; fetch the files again"
            )
        found |= tensors
    return found


def header(path: Path) -> dict[str, Stored]:
    """Give the tensors of one safetensors file; raise `LlmregError` where it is none, or not whole."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            return {name: Stored(tuple(each.get_shape()), each.get_dtype()) for name, each in slices.items()}
    except (OSError, SafetensorError) as error:
        raise LlmregError(f"{path} {_instead(path, error)}") from None


def refuse_damaged(folder: Path) -> None:
    """Refuse a folder in which a file beside the weights is a pointer of Git LFS, or JSON that holds no object.

    Of some of these files a library says nothing when they are broken, and goes on as if they were not there.
    """
    for path in sorted(folder.iterdir()):
        if BESIDE.fullmatch(path.name) or path.name in _OURS:
            if path.suffix == ".json":
                read_json(path)
            elif path.is_file() and _opening(path).startswith(_POINTER):
                raise LlmregError(f"{path} {_POINTS}")


def read_json(path: Path) -> dict[str, object]:
    """Read a file that holds one JSON object; raise `LlmregError` where it does not."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text)
        if "\\ud" in text.lower():  # half a character is no text, and would fail where it is written again
            json.dumps(found, ensure_ascii=False).encode()
    except OSError as error:
        raise LlmregError(f"{path} cannot be read: {error.strerror}; fetch it again, or take it out") from None
    except (ValueError, RecursionError) as error:
        if _opening(path).startswith(_POINTER):
            raise LlmregError(f"{path} {_POINTS}") from None
        raise LlmregError(f"{path} is not readable JSON: {str(error).splitlines()[0]}; fetch it again") from None
    if not isinstance(found, dict):
        raise LlmregError(f"{path} holds {type(found).__name__} where a JSON object belongs; fetch it again")
    return found


def _instead(path: Path, error: Exception) -> str:
    """Say what a file is that is no whole safetensors file, with the remedy."""
    try:
        opening = _opening(path)
    except OSError as refused:
        return f"cannot be read: {refused.strerror}"
    if not opening:
        return "is empty; fetch it again"
    if opening.startswith(_POINTER):
        return _POINTS
    if opening.startswith(_PICKLES):
        return "is a pickle under another name, which can run code when loaded; convert it to safetensors first"
    if opening.lower().lstrip().startswith(_PAGES):
        return "is a web page and not the file itself; fetch it again"
    return f"is cut or damaged ({str(error).splitlines()[0]}); fetch it again"


def _opening(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_OPENING)
