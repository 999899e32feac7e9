"""Load the tokenizer of a folder as its files say, and save one so that it comes back the same."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
    _check_kinds(tokenizer, folder)
    if (folder / _FILE).is_file():
        return _as_in_file(tokenizer, folder)
    return _as_its_pieces(tokenizer, folder) if (folder / _PIECES).is_file() else tokenizer


def _check_kinds(tokenizer: Any, folder: Path) -> None:
    """Refuse settings of another kind than theirs, which the library takes and stumbles over later."""
    for name, kinds, what in (
        ("model_max_length", int | float, "a number"),
        ("chat_template", str | dict | None, "text"),
    ):
        value = getattr(tokenizer, name)
        if not isinstance(value, kinds):
            raise LlmregError(
                f"{folder / _CONFIG} has the {name} {value!r}, where {what} belongs; fetch it again, or correct it"
            )


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Save a tokenizer so that every program reads text as `tokenizer.json` says.

    Classes with a `legacy` rule put spaces in front of texts by that rule, and the library forgets which one it was.
    """
    tokenizer.save_pretrained(folder)
    if hasattr(tokenizer, "legacy") and (folder / _FILE).is_file():
        path = folder / _CONFIG
        content = {**json.loads(path.read_text(encoding="utf-8")), "tokenizer_class": "PreTrainedTokenizerFast"}
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _as_in_file(tokenizer: Any, folder: Path) -> Any:
    """Read text as `tokenizer.json` says, where the class puts spaces in front of texts by a rule of its own."""
    if not hasattr(tokenizer, "legacy"):
        return tokenizer
    from tokenizers import Tokenizer

    backend = tokenizer.backend_tokenizer
    stored = Tokenizer.from_file(str(folder / _FILE))
    backend.normalizer, backend.pre_tokenizer = stored.normalizer, stored.pre_tokenizer
    backend.decoder = stored.decoder
    return tokenizer


def _as_its_pieces(tokenizer: Any, folder: Path) -> Any:
    """Return a tokenizer that reads text as the SentencePiece model does; raise `LlmregError` where none is known.

    A folder that does not say so is of a time in which a space stood in front of every text (`legacy`).
    """
    path = folder / _CONFIG
    config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    tries: list[Callable[[], Any]] = [lambda: tokenizer]
    if config.get("legacy") is not False:
        tries.insert(0 if hasattr(tokenizer, "legacy") else 1, lambda: _with_space_always(folder))
    texts = _PROBE if config.get("legacy") is not False else [text.strip() for text in _PROBE]
    found = next((made for each in tries if _reads_like(made := each(), folder, texts)), None)
    if found is None:
        raise LlmregError(
            f"{folder}/{_PIECES} is read otherwise by the library than by SentencePiece; add the {_FILE} of the model"
        )
    return found


def _with_space_always(folder: Path) -> Any:
    """Return LLaMA's tokenizer with a space in front of every text, also of one that begins with a space."""
    from tokenizers import normalizers
    from transformers import LlamaTokenizer

    tokenizer: Any = LlamaTokenizer.from_pretrained(folder, local_files_only=True, legacy=True)
    tokenizer.backend_tokenizer.pre_tokenizer = None
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    return tokenizer


def _reads_like(tokenizer: Any, folder: Path, texts: Iterable[str]) -> bool:
    pieces: Any = import_module("sentencepiece").SentencePieceProcessor(model_file=str(folder / _PIECES))
    return all(
        tokenizer(text, add_special_tokens=False, verbose=False).input_ids == pieces.encode(text) for text in texts
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
