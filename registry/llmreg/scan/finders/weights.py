"""Model files and adapter folders in the tree: what their own headers and configurations say they were made from."""

from __future__ import annotations

import json
import re
import struct
from typing import TYPE_CHECKING, Any

from llmreg.scan.file import File, Finder, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.scan.mention import Kind, Mention

_KEYS: dict[str, Kind] = {
    "base_model_name_or_path": "model",
    "_name_or_path": "model",
    "base_model": "model",
    "model_name": "model",
    "ss_sd_model_name": "model",
    "ss_base_model_version": "model",
    "modelspec.base_model": "model",
    "datasets": "dataset",
    "dataset": "dataset",
}
_MOST = 100 * 1024 * 1024
"""Bytes of a header that safetensors itself takes at the most."""


def of_json(file: File) -> Iterator[Mention]:
    """Yield the base that an adapter's or a model's configuration names."""
    try:
        said = json.loads(file.text)
    except (ValueError, RecursionError):
        return
    if isinstance(said, dict):
        for key, kind in _KEYS.items():
            for text in _texts(said.get(key)):
                at = file.place(max(file.text.find(json.dumps(text)[1:-1]), 0))
                yield from file.mention(text, at, kind, "config", bare=True)


def of_safetensors(file: File) -> Iterator[Mention]:
    """Yield the bases and data sets that the metadata of a safetensors file names."""
    yield from _said(file, _safetensors_metadata(file))


def _safetensors_metadata(file: File) -> Mapping[str, Any]:
    with (file.root / file.path).open("rb") as opened:
        head = opened.read(8)
        size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 0 < size <= _MOST:
            return {}
        try:
            said = json.loads(opened.read(size)).get("__metadata__", {})
        except (ValueError, AttributeError, RecursionError):
            return {}
    return said if isinstance(said, dict) else {}


def of_gguf(file: File) -> Iterator[Mention]:
    """Yield the bases and data sets that the header of a GGUF file names."""
    from llmreg.importers.gguf import metadata

    said = metadata(file.root / file.path)
    for key, value in said.items():
        if found := re.fullmatch(r"general\.(base_model|dataset)\.\d+\.repo_url", key):
            kind: Kind = "model" if found[1] == "base_model" else "dataset"
            yield from file.mention(str(value), (1, 1), kind, "header")
    for value in _texts(said.get("general.datasets")):
        yield from file.mention(value, (1, 1), "dataset", "header", bare=False)
    for value in _texts(said.get("general.source.huggingface.repository")) + _texts(
        said.get("general.source.repo_url")
    ):
        yield from file.mention(value, (1, 1), "model", "header", bare=False)


def _said(file: File, said: Mapping[str, Any]) -> Iterator[Mention]:
    for key, kind in _KEYS.items():
        for text in _texts(said.get(key)):
            yield from file.mention(text, (1, 1), kind, "header", bare=False)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


ADAPTERS = Finder("model configuration", named("adapter_config.json", "config.json"), of_json)
SAFETENSORS = Finder("safetensors", named(suffixes=(".safetensors",)), of_safetensors, binary=True)
GGUF = Finder("gguf", named(suffixes=(".gguf",)), of_gguf, binary=True)
