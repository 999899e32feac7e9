"""Choose the files of a repository that are needed: a model without pickles or code, a dataset's training rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.hub.listing import Listing

WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"model-\d{5,6}-of-\d{5,6}\.safetensors")
BESIDE = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template"
    r"|model\.safetensors\.index)\.json|merges\.txt|vocab\.txt|chat_template\.jinja|.*\.(model|tiktoken)"
)
"""Configuration and tokenizer; code (`*.py`) is not among them."""
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5")
_ROWS = (".parquet", ".jsonl", ".jsonl.gz", ".json", ".json.gz")
"""Formats of rows, best first."""
_NOT_ROWS = re.compile(r"(dataset_infos?|dataset_dict|state|config|package|croissant|metadata)\.json(\.gz)?")
_SHARD_NUMBER = re.compile(r"[-_.]\d{4,6}([-_]of[-_]\d{4,6})?([-_.][0-9a-f]{16})?(?=\.)")


def model_files(listing: Listing) -> Listing:
    """Keep the configuration, the tokenizer and the safetensors of a model.

    Raises `LlmregError` for a repository that has no such weights, naming those it has.
    """
    top = [file.path for file in listing.files if "/" not in file.path]
    weights = weights_among(top)
    if not weights:
        raise LlmregError(_no_weights(listing, top))
    if "config.json" not in top:
        raise LlmregError(f"{listing.repository} has no config.json, so it is no model that transformers can load")
    return listing.only([*weights, *(path for path in top if BESIDE.fullmatch(path))])


def weights_among(names: Iterable[str]) -> list[str]:
    """Choose among the files of one folder the safetensors that transformers loads; what else lies beside is spare."""
    there = list(names)
    return [WHOLE] if WHOLE in there else [name for name in there if _SHARD.fullmatch(name)]


def _no_weights(listing: Listing, top: list[str]) -> str:
    if "adapter_config.json" in top:
        return f"{listing.repository} holds an adapter and not a model; give the model it belongs to with --base DIR"
    pickles = [file.path for file in listing.files if file.path.endswith(_PICKLES)]
    others = [file.path for file in listing.files if file.path.endswith((".gguf", ".safetensors"))]
    if pickles:
        return (
            f"{listing.repository} has its weights only as pickles ({_few(pickles)}), which can run code when loaded; "
            "convert them to safetensors where that does no harm and give the folder with --base DIR"
        )
    has = f" (it has {_few(others)})" if others else ""
    return f"{listing.repository} has no model.safetensors{has}; give a folder in the Hub's layout with --base DIR"


def data_files(listing: Listing) -> Listing:
    """Keep the training rows of a dataset, in the best format it has.

    Where names say which part is for training those are taken, else all that is not named for testing. Raises
    `LlmregError` where there is nothing to read, or several files that are not parts of one table.
    """
    rows = [
        file.path
        for file in listing.files
        if file.path.endswith(_ROWS) and not _NOT_ROWS.fullmatch(file.path.rpartition("/")[2])
    ]
    of_format = next((found for end in _ROWS if (found := [path for path in rows if path.endswith(end)])), [])
    for_training = [path for path in of_format if _words(path) & {"train", "training"}]
    left = for_training or [
        path for path in of_format if not _words(path) & {"test", "eval", "valid", "validation", "dev"}
    ]
    tables = {_SHARD_NUMBER.sub("", path) for path in left}
    if len(tables) == 1:
        return listing.only(left)
    if tables:
        raise LlmregError(
            f"{listing.repository} has several tables ({_few(sorted(tables))}), and llmreg does not guess which was "
            "meant; fetch the right one and give it with --data FILE"
        )
    has = _few([file.path for file in listing.files if not file.path.startswith(".")]) or "nothing"
    raise LlmregError(
        f"{listing.repository} has no training rows as parquet, JSON lines or JSON (it has {has}); "
        "convert them and give the file with --data FILE"
    )


def _words(path: str) -> set[str]:
    return set(re.split(r"[^a-z]+", path.lower()))


def _few(paths: list[str]) -> str:
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return ", ".join(paths[:3]) + more
