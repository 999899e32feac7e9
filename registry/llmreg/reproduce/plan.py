"""Plan a run before it starts: settings, exact parameter counts, memory by part, and what was published beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.catalog.gpus import gpus
from llmreg.licensing import Answer, check
from llmreg.reproduce.architecture import base_of, full_config
from llmreg.reproduce.cost import Estimate, estimates, operations
from llmreg.reproduce.memory import PASSING, Counts, Shapes, footprint, lay_out
from llmreg.reproduce.recipe import Resolved, datasets_of, objective_of, recipe_of, resolve
from llmreg.schema import Dataset, Disagreement, Hardware, Model, Portion, Strict, Training, Use
from llmreg.schema.recipe import Result
from llmreg.training.settings import row_lengths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType
    from transformers import PretrainedConfig

    from llmreg.catalog import Catalog
    from llmreg.method import Method
    from llmreg.plugins import Plugins

GIB = 2**30


class Taken(Portion):
    """A dataset that the recipe trains on, and how it is taken."""

    id: str
    rows: int | None
    """Rows that the catalog states it has, before any share is drawn."""


class Plan(Strict):
    """What a full run of a recipe would do, need and be compared with."""

    id: str
    base: str | None
    verdict: Answer
    use: Use
    recipe: Resolved
    datasets: tuple[Taken, ...]
    counts: Counts
    memory: dict[str, float]
    """Bytes by part while training; without a published length, activations and logits are not in it."""
    peak: float
    """The most that is there at once, in bytes: activations go as gradients come."""
    model_footprint: float
    """What is there between two passes: weights, gradients and optimizer."""
    steps: int | None
    tokens_at_most: int | None
    """Samples times the longest sequence, where both are known."""
    operations: float | None
    """Floating point operations for as many tokens."""
    estimates: tuple[Estimate, ...]
    """Hours and cost on every GPU of the catalog; none where the tokens are not known."""
    hardware: Hardware | None
    """What the publication says it needed."""
    published: tuple[Result, ...]
    unknown: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]
    notes: tuple[str, ...]
    """What the catalog adds to the recipe in words, such as a batch that is published in tokens."""

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Name the parts of memory that are not known, because the length of samples is not; then the peak is more."""
        return tuple(part for part in PASSING if not self.memory[part])

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
    datasets = datasets_of(catalog, entry)
    resolved, method = resolve(entry, plugins, overrides, datasets)
    taken = _taken(resolved, datasets)
    config = full_config(catalog, entry_id)
    laid = lay_out(method, method.load(Shapes(config)))
    objective = objective_of(plugins, resolved.objective)
    training = resolved.training
    source, length = _lengths(training, config)
    by_answer = config.is_encoder_decoder and resolved.data.format == "conversation"
    samples = _samples(resolved, taken, by_answer)
    sequences = len(objective.parts)
    tokens = samples * (source + length) * sequences if samples and length else None
    need = footprint(laid, method, _of_sequences(training, sequences), length, source)
    work = operations(laid, training, length, source) * tokens if tokens else None
    return Plan(
        id=entry_id,
        base=base_of(catalog, entry_id),
        verdict=check(catalog, entry_id, use).verdict,
        use=use,
        recipe=resolved,
        datasets=taken,
        counts=laid.counts,
        memory=need.parts,
        peak=need.peak,
        model_footprint=need.model,
        steps=training.steps,
        tokens_at_most=tokens,
        operations=work,
        estimates=estimates(work, need.peak, gpus(catalog)) if work else (),
        hardware=published.hardware,
        published=entry.results,
        unknown=(*published.unknown, *entry.unknown),
        disagreements=published.disagreements,
        notes=published.notes,
    )


def _of_sequences(training: Training, sequences: int) -> Training:
    """Give the training with its batches counted in sequences, of which a sample may have several."""
    from llmreg.training.settings import micro_batch

    if sequences == 1 or training.batch_size is None:
        return training
    size = {"batch_size": training.batch_size * sequences, "micro_batch_size": micro_batch(training) * sequences}
    return training.model_copy(update=size)


def count(method: Method, config: Any) -> Counts:
    """Count parameters on the meta device, where a 65B model takes no memory."""
    return lay_out(method, Shapes(config).random()).counts


def _lengths(training: Training, config: PretrainedConfig) -> tuple[int, int]:
    """Give the longest that an encoder and a decoder read of a sample; 0 where there is none or nobody says."""
    if not config.is_encoder_decoder:
        return 0, training.sequence_length or (training.source_max_length or 0) + (training.target_max_length or 0)
    source, target = row_lengths(training)
    return (source, target) if source and target else (0, 0)


def _taken(resolved: Resolved, datasets: Sequence[Dataset]) -> tuple[Taken, ...]:
    """Say how each dataset is taken; a single one whole, by the recipe's own reader."""
    whole = Portion(reader=resolved.data.reader, fraction=1)
    portions = resolved.data.datasets or {}
    return tuple(
        Taken(id=dataset.id, rows=dataset.rows, **portions.get(dataset.id, whole).model_dump()) for dataset in datasets
    )


def _samples(resolved: Resolved, datasets: Sequence[Taken], by_answer: bool) -> int | None:
    """Count the samples that training sees: by steps, or by epochs over datasets whose rows are known.

    Where each answer of a conversation is a sample, rows do not tell how many there are.
    """
    training = resolved.training
    if training.steps and training.batch_size:
        return training.steps * training.batch_size
    rows = [dataset.rows and dataset.rows * (dataset.fraction or 1) for dataset in datasets]
    if not training.epochs or not rows or None in rows or by_answer:
        return None
    return round(training.epochs * (sum(filter(None, rows)) - (resolved.data.held_out or 0)))
