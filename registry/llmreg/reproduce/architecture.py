"""Which architecture an entry has, and the scaled-down model of the same architecture that a rehearsal uses."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, did_you_mean
from llmreg.schema import Model

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from llmreg.catalog import Catalog

WIDTH, LAYERS, HEADS, POSITIONS = 128, 4, 4, 512
"""Hidden size, blocks, attention heads and longest sequence of a rehearsal's model."""
LARGEST = 20_000_000
"""Parameters that a rehearsal's model may have; one with more has dimensions that the rule does not know."""
_MULTIPLE = 64
"""Inner widths are rounded to this, the block size of 4-bit weights."""

_INNER = ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "d_ff")
_KEY_HEADS = ("num_key_value_heads", "num_kv_heads")
_POSITIONS = ("max_position_embeddings", "max_seq_len")
_SECOND = ("num_decoder_layers",)
"""What transformers calls a dimension in different architectures; some derive it and have no name for it."""
_UNBUILDABLE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What transformers raises where the dimensions of a configuration do not go together."""


class NoModelError(LlmregError):
    """Report an entry of which no model can be built here, because of what it is and not because it is faulty."""


def base_of(catalog: Catalog, model_id: str) -> str | None:
    """Give the model from whose weights this one starts; None for one that starts from random weights."""
    entry = catalog.get_as(Model, model_id)
    bases = [edge.of for edge in entry.made_from if edge.is_base]
    if len(bases) > 1:
        raise NoModelError(
            f"{model_id} starts from several models ({', '.join(bases)}); "
            "llmreg plans and rehearses what starts from one, so use its authors' own code"
        )
    return bases[0] if bases else None


def architecture_of(catalog: Catalog, model_id: str) -> dict[str, Any]:
    """Give the architecture that the entry states, or the nearest of its bases does."""
    return dict(catalog.get_as(Model, _stated_by(catalog, model_id)).architecture)


def _stated_by(catalog: Catalog, model_id: str) -> str:
    """Find the nearest entry along the bases that states an architecture."""
    seen = model_id
    while not catalog.get_as(Model, seen).architecture:
        base = base_of(catalog, seen)
        if base is None:
            raise NoModelError(
                f"{model_id}: no architecture is recorded for it or a base of it; add `architecture` to {seen}"
            )
        seen = base
    return seen


def full_config(catalog: Catalog, model_id: str) -> PretrainedConfig:
    """Give the configuration of the entry's model in full size.

    Raises `NoModelError` where transformers has no such language model, and `LlmregError` for dimensions that it
    refuses.
    """
    stated_by = _stated_by(catalog, model_id)
    architecture = architecture_of(catalog, model_id)
    _check_type(model_id, stated_by, architecture["model_type"])
    try:
        return config_of(architecture)
    except LlmregError as error:
        raise LlmregError(f"{model_id}: {error}; correct `architecture` in {stated_by}") from None


def _check_type(model_id: str, stated_by: str, model_type: str) -> None:
    import transformers
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    )

    place = f"{model_id} has the architecture {model_type!r} (stated by {stated_by})"
    if model_type not in transformers.CONFIG_MAPPING:
        hint = did_you_mean(model_type, transformers.CONFIG_MAPPING)
        raise NoModelError(
            f"{place}, which transformers {transformers.__version__} does not have{hint}; llmreg runs no remote code, "
            "so use its authors' own"
        )
    paired = transformers.CONFIG_MAPPING[model_type]().is_encoder_decoder
    if model_type not in (
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES if paired else MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    ):
        raise NoModelError(f"{place}, which is no language model; llmreg plans and rehearses language models")


def config_of(architecture: dict[str, Any]) -> PretrainedConfig:
    """Give the transformers configuration; raise `LlmregError` for a type or dimension it refuses.

    The inner width may be stated by the name that any architecture has for it.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import CONFIG_MAPPING, AutoConfig

    model_type = architecture["model_type"]
    dimensions = {name: value for name, value in architecture.items() if name != "model_type"}
    own = _own_name(CONFIG_MAPPING[model_type], _INNER) if model_type in CONFIG_MAPPING else None
    for name in _INNER:
        if own and name in dimensions:
            dimensions[own] = dimensions.pop(name)
    try:
        return AutoConfig.for_model(model_type, **dimensions)
    except (ValueError, TypeError, KeyError, StrictDataclassError) as error:
        raise LlmregError(f"transformers does not take the architecture {architecture}: {error}") from None


def scaled_config(architecture: dict[str, Any], tokenizer: Any) -> PretrainedConfig:
    """Give the same architecture at rehearsal size, with the tokenizer's vocabulary and special tokens.

    Raises `NoModelError` where the one rule, which docs/rehearsals.md explains, does not reach every dimension.
    """
    config = config_of(architecture)
    changed = _scaled_dimensions(config) | {
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if config.is_encoder_decoder:
        changed["decoder_start_token_id"] = tokenizer.pad_token_id
    replaced = {"model_type", *_INNER, *changed, *(config.attribute_map.get(name) for name in changed)}
    kept = {name: value for name, value in architecture.items() if name not in replaced}
    try:
        small = config_of({"model_type": config.model_type, **kept, **changed})
        size = _size(small)
    except (LlmregError, *_UNBUILDABLE) as error:
        raise NoModelError(_no_rule(config, f"cannot be built in small ({error})")) from None
    if size > LARGEST:
        raise NoModelError(_no_rule(config, f"keeps {size:,} parameters"))
    return small


def _scaled_dimensions(config: Any) -> dict[str, int]:
    """Give the dimensions of the small model by the names that the architecture has for them."""
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads")
    width, blocks, heads = (getattr(config, name, None) or 0 for name in names)
    if not (width and blocks and heads):
        raise NoModelError(_no_rule(config, "names no width, blocks or heads"))
    small, few = min(WIDTH, width), min(HEADS, heads)
    scaled = {"hidden_size": small, "num_hidden_layers": min(LAYERS, blocks), "num_attention_heads": few}
    inner, key_heads, positions, head, rotary, embedded, second = (
        _own_name(type(config), names)
        for names in (_INNER, _KEY_HEADS, _POSITIONS, ("head_dim",), ("rotary_dim",), ("word_embed_proj_dim",), _SECOND)
    )
    if second:
        scaled[second] = min(LAYERS, getattr(config, second))
    if inner and (wide := getattr(config, inner)):
        scaled[inner] = max(_MULTIPLE, round(small * wide / width / _MULTIPLE) * _MULTIPLE)
    if key_heads and (many := getattr(config, key_heads)):
        scaled[key_heads] = max(1, few * many // heads)
    if positions:
        scaled[positions] = POSITIONS
    if head:
        scaled[head] = small // few
    if rotary and config.rotary_dim:
        scaled[rotary] = small // few * config.rotary_dim // (width // heads)
    if embedded:
        scaled[embedded] = small * config.word_embed_proj_dim // width
    return scaled


def _own_name(config: type[PretrainedConfig], names: tuple[str, ...]) -> str | None:
    """Give the one of these names that is a setting of the configuration; others would be kept there without effect."""
    settings = {field.name for field in fields(config)} | set(config.attribute_map)
    return next((name for name in names if name in settings), None)


def _size(config: PretrainedConfig) -> int:
    """Count the parameters on torch's meta device."""
    import torch

    from llmreg.reproduce.base import ConfigBase

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in ConfigBase(config).random().parameters())


def _no_rule(config: PretrainedConfig, why: str) -> str:
    return (
        f"the architecture {config.model_type!r} {why}, so the rule that scales models down does not fit it; "
        "a rule of its own would go into llmreg's reproduce/architecture.py"
    )
