"""Plan a run before it starts: settings, exact parameter counts, memory by part, and what was published beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.licensing import Answer, check
from llmreg.reproduce.architecture import base_of, full_config
from llmreg.reproduce.base import ConfigBase
from llmreg.reproduce.recipe import Resolved, recipe_of, resolve
from llmreg.schema import Disagreement, Hardware, Model, Strict, Use
from llmreg.schema.recipe import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType
    from torch import nn

    from llmreg.catalog import Catalog
    from llmreg.method import Method
    from llmreg.plugins import Plugins

GIB = 2**30
_OPTIMIZER_BYTES = {"sgd": 0.0, "adamw_bnb_8bit": 2.0, "paged_adamw_8bit": 2.0}
"""Bytes of optimizer state for each trained parameter; Adam keeps two float32 moments, 8 bytes."""


class Counts(Strict):
    """Numbers of parameters, counted on torch's meta device."""

    base: int
    """All parameters of the base."""
    linear: int
    """Those in the linear layers of the blocks, the head not among them."""
    added: int
    """Those that the method adds."""
    trained: int


class Plan(Strict):
    """What a full run of a recipe would do, need and be compared with."""

    id: str
    base: str | None
    verdict: Answer
    use: Use
    recipe: Resolved
    counts: Counts
    memory: dict[str, float]
    """Bytes by part while training; activations are not in it unless gradient checkpointing says which are kept."""
    steps: int | None
    tokens_at_most: int | None
    """Steps times batch size times the longest sequence, where all three are known."""
    hardware: Hardware | None
    """What the publication says it needed."""
    published: tuple[Result, ...]
    unknown: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]
    notes: tuple[str, ...]
    """What the catalog adds to the recipe in words, such as a batch that is published in tokens."""

    @property
    def peak(self) -> float:
        """Give the sum of the memory by part, in bytes."""
        return sum(self.memory.values())

    def __rich__(self) -> RenderableType:
        """Show it as `llmreg plan` does."""
        from llmreg.reproduce.render import plan_in_full

        return plan_in_full(self)

    def _repr_html_(self) -> str:
        from llmreg.reproduce.render import as_html

        return as_html(self)


def make_plan(
    catalog: Catalog, plugins: Plugins, entry_id: str, use: Use, overrides: Mapping[str, Any] | None = None
) -> Plan:
    """Plan a full run of the entry's recipe; needs torch and transformers, and neither weights nor data."""
    entry = catalog.get_as(Model, entry_id)
    published = recipe_of(entry)
    resolved, method = resolve(entry, plugins, overrides)
    config = full_config(catalog, entry_id)
    counts = count(method, config)
    training = resolved.training
    length = training.sequence_length or (training.source_max_length or 0) + (training.target_max_length or 0)
    tokens = (
        training.steps * training.batch_size * length if training.steps and training.batch_size and length else None
    )
    return Plan(
        id=entry_id,
        base=base_of(catalog, entry_id),
        verdict=check(catalog, entry_id, use).verdict,
        use=use,
        recipe=resolved,
        counts=counts,
        memory=_memory(method, counts, resolved, config, length),
        steps=training.steps,
        tokens_at_most=tokens,
        hardware=published.hardware,
        published=entry.results,
        unknown=(*published.unknown, *entry.unknown),
        disagreements=published.disagreements,
        notes=published.notes,
    )


def count(method: Method, config: Any) -> Counts:
    """Count parameters on the meta device, where a 65B model takes no memory."""
    import torch

    with torch.device("meta"):
        model = ConfigBase(config).random()
        base = {name: parameter.numel() for name, parameter in model.named_parameters()}
        linear = linear_parameters(model)
        adapted = method.adapt(model)
    everything = sum(parameter.numel() for parameter in adapted.parameters())
    trained = sum(parameter.numel() for parameter in adapted.parameters() if parameter.requires_grad)
    return Counts(base=sum(base.values()), linear=linear, added=everything - sum(base.values()), trained=trained)


def linear_parameters(model: nn.Module) -> int:
    """Count the weights of linear layers other than the output embedding: those that quantization reaches."""
    from torch import nn

    head = model.get_output_embeddings()  # type: ignore[operator]
    layers = [part for part in model.modules() if isinstance(part, nn.Linear) and part is not head]
    return sum(part.weight.numel() for part in layers)


def _memory(method: Method, counts: Counts, resolved: Resolved, config: Any, length: int) -> dict[str, float]:
    """Multiply counts by the bytes that the method says a parameter takes."""
    costs = method.memory()
    training = resolved.training
    old_trained = max(0, counts.trained - counts.added)
    frozen_linear = 0 if old_trained >= counts.base else counts.linear
    frozen_other = counts.base - old_trained - frozen_linear
    parts = {
        "frozen weights": frozen_linear * costs.linear + max(0, frozen_other) * costs.other,
        "trained weights": counts.trained * costs.trained,
        "gradients": counts.trained * costs.gradient,
        "optimizer": counts.trained * _OPTIMIZER_BYTES.get(training.optimizer or "adamw", 8.0),
    }
    if training.gradient_checkpointing and length:
        micro = training.micro_batch_size or 1
        parts["activations kept by checkpointing"] = (
            2.0 * config.num_hidden_layers * config.hidden_size * length * micro
        )
    return parts
