"""Which architecture an entry has, and the scaled-down model of the same architecture that a rehearsal uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.schema import WEIGHT_RELATIONS, Model

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from llmreg.catalog import Catalog

WIDTH, LAYERS, HEADS, POSITIONS = 128, 4, 4, 512
"""Hidden size, blocks, attention heads and longest sequence of a rehearsal's model."""
_MULTIPLE = 64
"""Inner widths are rounded to this, the block size of 4-bit weights."""


def base_of(catalog: Catalog, model_id: str) -> str | None:
    """Give the model from whose weights this one starts; None for one that starts from random weights."""
    entry = catalog.get_as(Model, model_id)
    bases = [edge.of for edge in entry.made_from if edge.relation in WEIGHT_RELATIONS]
    if len(bases) > 1:
        raise LlmregError(
            f"{model_id} starts from several models ({', '.join(bases)}); its recipe names no single base"
        )
    return bases[0] if bases else None


def architecture_of(catalog: Catalog, model_id: str) -> dict[str, Any]:
    """Give the architecture that the entry states, or the nearest of its bases does."""
    seen = model_id
    while True:
        entry = catalog.get_as(Model, seen)
        if entry.architecture:
            return dict(entry.architecture)
        base = base_of(catalog, seen)
        if base is None:
            raise LlmregError(
                f"{model_id}: no architecture is recorded for it or a base of it; add `architecture` to {seen}"
            )
        seen = base


def config_of(architecture: dict[str, Any]) -> PretrainedConfig:
    """Give the transformers configuration; raise `LlmregError` for a type or dimension it refuses."""
    from transformers import AutoConfig

    dimensions = {name: value for name, value in architecture.items() if name != "model_type"}
    try:
        return AutoConfig.for_model(architecture["model_type"], **dimensions)
    except (ValueError, TypeError, KeyError) as error:
        raise LlmregError(f"transformers does not take the architecture {architecture}: {error}") from None


def scaled_config(architecture: dict[str, Any], tokenizer: Any) -> PretrainedConfig:
    """Give the same architecture at rehearsal size, with the tokenizer's vocabulary and special tokens.

    Width, blocks and heads become `WIDTH`, `LAYERS` and `HEADS` or stay if smaller; the ratios of inner width to width
    and of key heads to heads are kept; everything else is the entry's.
    """
    config = config_of(architecture)
    width = getattr(config, "hidden_size", None)
    heads = getattr(config, "num_attention_heads", None)
    if not width or not heads or not getattr(config, "intermediate_size", None):
        raise LlmregError(f"the architecture {config.model_type!r} has no rule yet for scaling it down to a rehearsal")
    small = min(WIDTH, width)
    inner = max(_MULTIPLE, round(small * config.intermediate_size / width / _MULTIPLE) * _MULTIPLE)
    changed: dict[str, Any] = {
        "hidden_size": small,
        "intermediate_size": inner,
        "num_hidden_layers": min(LAYERS, config.num_hidden_layers),
        "num_attention_heads": min(HEADS, heads),
        "vocab_size": len(tokenizer),
        "max_position_embeddings": POSITIONS,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    key_heads = getattr(config, "num_key_value_heads", None)
    if key_heads:
        changed["num_key_value_heads"] = max(1, changed["num_attention_heads"] * key_heads // heads)
    kept = {name: value for name, value in architecture.items() if name not in {"model_type", "head_dim", *changed}}
    return config_of({"model_type": config.model_type, **kept, **changed})
