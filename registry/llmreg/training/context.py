"""How many tokens a model reads, and the check that samples are no longer, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.training.rows import place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.training.encode import Example
    from llmreg.training.rows import Rows

_EXTENDED = ("linear", "dynamic")
"""Ways to scale rotary positions whose factor counts from the context that the configuration states."""


@dataclass(frozen=True)
class Context:
    """The context of a model."""

    tokens: int
    setting: str
    """What its configuration calls it."""
    computed: bool
    """Whether positions beyond it can be computed, as rotary ones can; a table of positions just ends."""


def context_of(config: Any) -> Context | None:
    """Give how many tokens a model reads; None where its positions have no end, as with T5, BLOOM or Falcon's ALiBi."""
    config = config.get_text_config()
    rotary = getattr(config, "rope_parameters", None)
    for name in ("max_position_embeddings", "max_seq_len"):
        found = getattr(config, name, None)
        if isinstance(found, int) and found > 0:
            if name == "max_position_embeddings" and getattr(config, "alibi", False):
                return None
            return Context(max(found, *_scaled(rotary, found)), config.attribute_map.get(name, name), bool(rotary))
    return None


def check_samples(samples: Sequence[Example], rows: Rows, config: Any, limit: int | None) -> str:
    """Refuse samples longer than the model's context (see `check_lengths`), and give a note where that is meant."""
    lengths = [max(len(sample.input_ids), len(sample.source or ())) for sample in samples]
    remedy = "cut what is longer with training.sequence_length={}, or take long rows out"
    check_lengths(lengths, rows, config, limit, "", remedy)
    context = context_of(config)
    if context is None or max(lengths, default=0) <= context.tokens:
        return ""
    return (
        f"rows take up to {max(lengths):,} tokens, as the recipe's sequence_length allows, and the base was made for "
        f"{context.tokens:,} ({context.setting})"
    )


def check_lengths(lengths: Sequence[int], rows: Rows, config: Any, limit: int | None, what: str, remedy: str) -> None:
    """Refuse a row that takes more tokens than the model reads; `{}` in the remedy stands for how many that are.

    A `limit` that a recipe sets above the context of a model with rotary positions is meant: it trains beyond.
    """
    context = context_of(config)
    if context is None or not lengths:
        return
    most = max(context.tokens, limit or 0) if context.computed else context.tokens
    longest = max(lengths)
    if longest > most:
        number = lengths.index(longest)
        place = place_of(rows, number) if len(lengths) == len(rows) else f"sample {number + 1}"
        raise LlmregError(
            f"{place}: takes {longest:,} tokens{what}, and the model reads {context.tokens:,} "
            f"({context.setting} in its config.json); {remedy.format(context.tokens)}"
        )


def _scaled(rotary: Any, stated: int) -> list[int]:
    """Give the contexts to which rotary positions are scaled; some models scale some layers only."""
    if not isinstance(rotary, dict):
        return [0]
    if "rope_type" not in rotary:
        return [length for each in rotary.values() for length in _scaled(each, stated)] or [0]
    original = rotary.get("original_max_position_embeddings")
    if original is None and rotary["rope_type"] in _EXTENDED:
        original = stated
    return [round((rotary.get("factor") or 1) * (original or 0))]
