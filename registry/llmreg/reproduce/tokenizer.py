"""Load the tokenizer of a folder as its files say, and save one so that it comes back the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase

_FILE, _CONFIG, _PIECES = "tokenizer.json", "tokenizer_config.json", "tokenizer.model"
_PROBE = ("a b", " The  end.\n\tNo: 1234 é 🙂", "USER: Hi ASSISTANT:")
"""Texts on which a tokenizer is compared with its own file."""


def tokenizer_of(folder: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a folder of weights; raise `LlmregError` where it has none that needs no remote code."""
    from transformers import AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise LlmregError(f"{folder} has no tokenizer that can be loaded: {_first_line(error)}") from None
    if (folder / _FILE).is_file():
        return _as_in_file(tokenizer, folder)
    return _as_its_pieces(tokenizer, folder) if (folder / _PIECES).is_file() else tokenizer


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Save a tokenizer; a `legacy` one is marked as such, which the library forgets."""
    tokenizer.save_pretrained(folder)
    space: Any = getattr(getattr(tokenizer, "backend_tokenizer", None), "pre_tokenizer", None)
    if getattr(space, "prepend_scheme", None) == "always" and hasattr(tokenizer, "legacy"):
        path = folder / _CONFIG
        content = {**json.loads(path.read_text(encoding="utf-8")), "legacy": True}
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _as_in_file(tokenizer: Any, folder: Path) -> Any:
    """Read text as `tokenizer.json` says; the library's own classes put spaces in front of texts by rules of theirs."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return tokenizer
    from tokenizers import Tokenizer

    stored = Tokenizer.from_file(str(folder / _FILE))
    backend.normalizer, backend.pre_tokenizer = stored.normalizer, stored.pre_tokenizer
    backend.decoder = stored.decoder
    return tokenizer


def _as_its_pieces(tokenizer: Any, folder: Path) -> Any:
    """Return a tokenizer that reads text as the SentencePiece model does; raise `LlmregError` where none is known.

    A folder that does not say so is of a time in which a space stood in front of every text (`legacy`).
    """
    from transformers import LlamaTokenizer

    config = json.loads((folder / _CONFIG).read_text(encoding="utf-8")) if (folder / _CONFIG).is_file() else {}
    if _reads_like(tokenizer, folder) and (config.get("legacy") is not None or not hasattr(tokenizer, "legacy")):
        return tokenizer
    legacy = LlamaTokenizer.from_pretrained(folder, local_files_only=True, legacy=config.get("legacy", True))
    if _reads_like(legacy, folder):
        return legacy
    if _reads_like(tokenizer, folder):
        return tokenizer
    raise LlmregError(
        f"{folder}/{_PIECES} is read otherwise by the library than by SentencePiece; add the {_FILE} of the model"
    )


def _reads_like(tokenizer: Any, folder: Path) -> bool:
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(model_file=str(folder / _PIECES))
    return all(
        tokenizer(text, add_special_tokens=False, verbose=False).input_ids == pieces.encode(text) for text in _PROBE
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
