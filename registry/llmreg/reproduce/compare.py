"""Score a trained model on the benchmarks of its entry, and compare with what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.reproduce.record import Comparison
from llmreg.schema import Benchmark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

    from llmreg.catalog import Catalog
    from llmreg.schema import Model, RecipeData, Template, Training
    from llmreg.schema.recipe import Result

MAX_NEW_TOKENS = 24


def compare(
    catalog: Catalog,
    entry: Model,
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    held_out: Sequence[dict[str, Any]],
    data: RecipeData,
    training: Training,
    template: Template | None,
) -> tuple[Comparison, ...]:
    """Measure every published figure that can be measured here, and say of the others why not."""
    compared = []
    for result in entry.results:
        benchmark = catalog.get_as(Benchmark, result.benchmark)
        scored_here = benchmark.dataset is not None and benchmark.dataset in [edge.of for edge in entry.made_from]
        if not scored_here or result.metric not in _SCORES or not held_out:
            why = f"{benchmark.name} ({result.metric}) is not scored by this version of llmreg"
            compared.append(_outcome(result, None, why))
        else:
            measured = _SCORES[result.metric](model, tokenizer, held_out, data, training, template)
            compared.append(_outcome(result, measured, f"{len(held_out)} held-out rows"))
    return tuple(compared)


def _outcome(result: Result, measured: float | None, why: str) -> Comparison:
    if measured is None or result.tolerance is None:
        outcome = "not comparable"
        why = why if measured is None else f"{why}; no tolerance was published"
    else:
        outcome = "reproduced" if abs(measured - result.value) <= result.tolerance else "not reproduced"
    return Comparison(
        benchmark=result.benchmark,
        metric=result.metric,
        unit=result.unit,
        published=result.value,
        tolerance=result.tolerance,
        measured=measured,
        outcome=outcome,
        why=why,
    )


def _exact_match(model: Any, tokenizer: Any, rows: Any, data: RecipeData, training: Training, template: Any) -> float:  # noqa: ARG001
    """Give the share of rows answered exactly, in percent."""
    from llmreg.training.encode import prompts
    from llmreg.training.score import exact_match

    return round(100 * exact_match(model, tokenizer, prompts(rows, data, template, tokenizer), MAX_NEW_TOKENS), 2)


def _held_out_loss(model: Any, tokenizer: Any, rows: Any, data: RecipeData, training: Training, template: Any) -> float:
    """Give the mean loss over the rows, in nats per label token."""
    from statistics import fmean

    from llmreg.reproduce.execute import pad_token
    from llmreg.training.encode import encode
    from llmreg.training.score import held_out_losses

    examples = encode(rows, data, training, template, tokenizer)
    return round(fmean(held_out_losses(model, examples, pad_token(tokenizer))), 4)


_SCORES = {"exact-match": _exact_match, "held-out-loss": _held_out_loss}
"""The metrics that llmreg measures itself."""
