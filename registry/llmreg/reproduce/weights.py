"""The check at every door: a folder holds the very model that its configuration promises, and a tokenizer that fits.

It reads headers and lays the architecture out on torch's meta device, so that it takes next to no time and memory. The
names are matched as transformers matches them when it loads. What it would draw at random, leave out or skip is an
error here, but for buffers that are computed.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, counted
from llmreg.reproduce.base import FolderBase, first_line, weight_files
from llmreg.reproduce.ends import check_generation
from llmreg.reproduce.stored import Stored, refuse_damaged, stored_in
from llmreg.reproduce.tokenizer import tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase

_ADAPTERS = (
    "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", "llama_adapter.json",
    "llama_adapter.safetensors",
)  # fmt: skip
_QUANTIZED = ("quantization_config", "compression_config")
_PACKED = {
    ".qweight": "GPTQ or AWQ",
    ".quant_state.": "bitsandbytes",
    ".absmax": "bitsandbytes",
    ".SCB": "bitsandbytes",
}
"""What stands in the names of tensors that a library has packed into fewer bits."""
_WRAPPERS = {
    "_orig_mod.": "torch.compile",
    "_fsdp_wrapped_module.": "FSDP",
    "_checkpoint_wrapped_module.": "activation checkpointing",
    "base_model.model.": "peft",
    "module.": "data parallelism",
}
"""What wrappers of a model put into the names of its tensors."""
_COMPUTED = re.compile(
    r"(^|\.)(attn|attention)\.(bias|masked_bias|causal_mask)$|(^|\.)rotary_emb\.inv_freq$|(^|\.)position_ids$"
)
"""Masks, angles and positions that older releases of transformers stored, and later ones compute."""
_FLOATS = ("F64", "F32", "F16", "BF16")
_FEW = 3


@dataclass(frozen=True)
class Fit:
    """How stored tensors differ from those of an architecture."""

    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    """In words."""

    def __bool__(self) -> bool:
        """Tell whether they differ at all."""
        return bool(self.missing or self.unexpected or self.sizes)

    def __str__(self) -> str:
        """Say all differences."""
        parts = [
            f"{counted(len(self.missing), 'tensor')} missing ({_few(self.missing)})" if self.missing else "",
            f"{counted(len(self.unexpected), 'tensor')} unknown to it ({_few(self.unexpected)})"
            if self.unexpected
            else "",
            f"{counted(len(self.sizes), 'tensor')} of another size ({_few(self.sizes, '; ')})" if self.sizes else "",
        ]
        return ", ".join(filter(None, parts))


def open_model(folder: Path, words: Path | None = None) -> tuple[FolderBase, PreTrainedTokenizerBase]:
    """Give the model in a folder and its tokenizer, or the one in `words`, both checked and no weight loaded yet."""
    base = check_weights(folder)
    place = words or folder
    refuse_damaged(place)
    tokenizer = tokenizer_of(place)
    _check_files(tokenizer, place)
    check_vocabulary(tokenizer, base, place)
    return base, tokenizer


def check_weights(folder: Path) -> FolderBase:
    """Give the model in a folder; raise `LlmregError` where its weights are not those that config.json promises."""
    files = weight_files(folder)
    refuse_damaged(folder)
    if stray := [name for name in _ADAPTERS if (folder / name).exists()]:
        raise LlmregError(
            f"{folder} holds an adapter beside the weights ({', '.join(stray)}), and it is not clear which is meant; "
            "move one of them to another folder"
        )
    stored = stored_in(files)
    base = FolderBase(folder)
    _refuse_quantized(folder, base.config, stored)
    check_generation(folder)
    if fit := compare(base.outline, stored):
        raise LlmregError(
            f"the weights in {folder} are not those of the {base.config.model_type} model in its config.json: {fit}; "
            f"{_remedy(stored, fit)}"
        )
    return base


def compare(model: Any, stored: Mapping[str, Stored]) -> Fit:
    """Compare stored tensors with those of a model, as transformers would load them."""
    fit = _loaded(model, stored)
    floats = {name: each for name, each in stored.items() if each.dtype in _FLOATS}
    missing = fit.missing if len(floats) == len(stored) else _loaded(model, floats).missing
    if getattr(model.config, "scale_decoder_outputs", True) is False:
        # transformers would tie the two all the same (see `base._untie`).
        missing = [*missing, *sorted({"lm_head.weight", "shared.weight"} - stored.keys())]
    return Fit(missing, fit.unexpected, fit.sizes)


def _check_files(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Refuse a tokenizer without its files, of which transformers makes some kinds with a token or two."""
    files = set(tokenizer.vocab_files_names.values())
    apart = sorted(files - {"tokenizer.json"})
    ways = [["tokenizer.json"], *([apart] if apart else [])]
    if files and not any(all((folder / name).is_file() for name in way) for way in ways):
        raise LlmregError(
            f"{folder} has no tokenizer that can be loaded: {type(tokenizer).__name__} is read from "
            f"{' or '.join(' with '.join(way) for way in ways)}; fetch that from where the weights are from"
        )


def check_vocabulary(tokenizer: PreTrainedTokenizerBase, base: FolderBase, place: Path) -> None:
    """Refuse a tokenizer that has tokens for which the embedding has no row."""
    model: Any = base.outline
    rows = int(model.get_input_embeddings().weight.shape[0])
    beyond = sorted((number, text) for text, number in tokenizer.get_vocab().items() if number >= rows)
    if beyond:
        names = _few([f"{text!r} is {number}" for number, text in beyond])
        raise LlmregError(
            f"the tokenizer in {place} has {counted(len(beyond), 'token')} ({names}) beyond the {rows:,} rows of the "
            f"embedding in {base.folder}; use the tokenizer that belongs to the weights, or add rows to the embedding"
        )


def check_same_words(tokenizer: PreTrainedTokenizerBase, place: Path, base: Path) -> None:
    """Refuse an adapter's tokenizer that gives tokens of the base other numbers: it belongs to another base."""
    if place == base or not any((base / name).is_file() for name in ("tokenizer.json", "tokenizer.model")):
        return
    own, ours = tokenizer.get_vocab(), tokenizer_of(base).get_vocab()
    if moved := sorted(text for text in own.keys() & ours.keys() if own[text] != ours[text]):
        names = _few([f"{text!r} is {own[text]} and {ours[text]}" for text in moved])
        raise LlmregError(
            f"the tokenizers in {place} and {base} number {counted(len(moved), 'token')} differently ({names}), so the "
            "adapter was trained on another base; give that one with --base DIR"
        )


def _loaded(model: Any, stored: Mapping[str, Stored]) -> Fit:
    """Have transformers load tensors of these names and shapes, without content, and give what it found."""
    import torch

    tensors = {name: torch.empty(each.shape, device="meta") for name, each in stored.items()}
    options = {"config": model.config, "state_dict": tensors, "device_map": {"": "meta"}}
    try:
        with _quiet():
            _, found = type(model).from_pretrained(
                None, **options, ignore_mismatched_sizes=True, output_loading_info=True
            )
    except Exception as error:
        return Fit(sizes=[first_line(error)])
    return Fit(
        missing=sorted(found["missing_keys"]),
        unexpected=sorted(name for name in found["unexpected_keys"] if not _COMPUTED.search(name)),
        sizes=[f"{name} is {_size(there)}, not {_size(wanted)}" for name, there, wanted in found["mismatched_keys"]],
    )


def _refuse_quantized(folder: Path, config: Any, stored: Mapping[str, Stored]) -> None:
    """Refuse weights that a library has packed: llmreg trains, merges and writes what is stored in 16 or 32 bits."""
    how = next((found for name in _QUANTIZED if (found := getattr(config, name, None)) is not None), None)
    if how is not None:
        method = how.get("quant_method") if isinstance(how, dict) else getattr(how, "quant_method", None)
        said = f"quantization_config in its config.json names {getattr(method, 'value', method) or 'no method'}"
    else:
        packed = [(name, kind) for name in stored for part, kind in _PACKED.items() if part in f"{name}."]
        if not packed:
            return
        said = "they hold {}, as {} writes".format(*packed[0])
    raise LlmregError(
        f"the weights in {folder} are quantized ({said}), and llmreg starts from those in 16 or 32 bits; give "
        "the model that they were made from, which qlora and `base_quant` pack themselves"
    )


def _remedy(stored: Mapping[str, Stored], fit: Fit) -> str:
    """Say what to do, by what the names show."""
    if any(".lora_" in name for name in fit.unexpected):
        return "these are an adapter's tensors: `llmreg merge` it into its base first"
    for part, wrapper in _WRAPPERS.items():
        if fit.missing and any(part in name for name in fit.unexpected):
            return f"{wrapper} put {part!r} into the names: write the weights again from the model inside it"
    odd = sorted({each.dtype for each in stored.values()} - set(_FLOATS))
    if fit.missing and odd:
        return f"tensors in {', '.join(odd)} do not count: llmreg starts from weights in 16 or 32 bits"
    return "give the configuration that belongs to these weights, or fetch both again"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from reporting what is said here in other words."""
    from transformers.utils import logging

    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)


def _size(shape: Iterable[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _few(names: list[str], mark: str = ", ") -> str:
    more = f"{mark}and {len(names) - _FEW:,} more" if len(names) > _FEW else ""
    return mark.join(names[:_FEW]) + more
