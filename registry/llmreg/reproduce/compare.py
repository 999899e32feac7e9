"""Compare a run's own figures with the published ones: each is reproduced, or not, or cannot be compared, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.reproduce.record import Comparison
from llmreg.schema import Benchmark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PretrainedConfig, PreTrainedTokenizerBase

    from llmreg.catalog import Catalog
    from llmreg.evaluation.figures import Figure
    from llmreg.evaluation.metrics import HeldOut
    from llmreg.schema import Model, RecipeData, Template, Training
    from llmreg.schema.recipe import Result

REHEARSED = "a rehearsal trains a scaled-down model on other rows, and its figures say nothing of the entry's"
"""Why nothing of a rehearsal can be compared."""
_DIGITS = {"percent": 2, "nats": 4}
"""Decimal places that records keep, by unit."""


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
    """Measure every published figure that can be measured on the rows a run kept back, and say of others why not."""
    from llmreg.evaluation.metrics import ON_HELD_OUT_ROWS, HeldOut

    held = HeldOut(held_out, data, training, template)
    compared = []
    for result in entry.results:
        benchmark = catalog.get_as(Benchmark, result.benchmark)
        if why := _obstacle(entry, result, benchmark, bool(held_out)):
            compared.append(_outcome(result, None, why))
        else:
            figure = ON_HELD_OUT_ROWS[result.metric](model, tokenizer, held)
            compared.append(_outcome(result, figure, "; ".join([f"{figure.items:,} held-out rows", *figure.notes])))
    return tuple(compared)


def check_comparable(
    catalog: Catalog, entry: Model, config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase, held: HeldOut
) -> None:
    """Refuse held-out rows before a run on which `compare` would fail after it."""
    from llmreg.evaluation.metrics import check_room

    asks = [result for result in entry.results if result.metric == "exact-match"]
    if any(not _obstacle(entry, one, catalog.get_as(Benchmark, one.benchmark), bool(held.rows)) for one in asks):
        check_room(config, tokenizer, held)


def nothing_compared(entry: Model, why: str) -> tuple[Comparison, ...]:
    """List every published figure as not comparable, for one reason."""
    return tuple(_outcome(result, None, why) for result in entry.results)


def against(entry: Model, benchmark: Benchmark, figures: Sequence[Figure], rows: str) -> tuple[Comparison, ...]:
    """Compare figures of a task on `rows` with those published of the entry for a benchmark."""
    own = {figure.metric: figure for figure in figures}
    return tuple(
        _against(result, benchmark, own.get(result.metric), rows)
        for result in entry.results
        if result.benchmark == benchmark.id
    )


def _against(result: Result, benchmark: Benchmark, figure: Figure | None, rows: str) -> Comparison:
    if figure is None or figure.unit != result.unit:
        return _outcome(result, None, f"the task gives no {result.metric} in {result.unit}")
    if benchmark.items and figure.items != benchmark.items:
        other = f"{rows}: {figure.items:,} rows, and the benchmark has {benchmark.items:,}"
        return _outcome(result, figure, other, same_rows=False)
    return _outcome(result, figure, rows)


def _obstacle(entry: Model, result: Result, benchmark: Benchmark, held_out: bool) -> str:
    """Say what keeps a figure from being measured on the rows that a run kept back, if anything does."""
    from llmreg.evaluation.metrics import ELSEWHERE, ON_HELD_OUT_ROWS, tasks_giving

    if result.metric in ELSEWHERE:
        return ELSEWHERE[result.metric]
    own_rows = benchmark.dataset is not None and benchmark.dataset in [edge.of for edge in entry.made_from]
    if own_rows and result.metric in ON_HELD_OUT_ROWS:
        return "" if held_out else "the run kept no rows back"
    if tasks := tasks_giving(result.metric):
        score = f"--task {' or '.join(tasks)} --benchmark {benchmark.id} --data FILE"
        return f"its rows are not at hand; with them, `llmreg evaluate model RUN {score}` compares"
    return f"llmreg works out no {result.metric}"


def _outcome(result: Result, figure: Figure | None, why: str, *, same_rows: bool = True) -> Comparison:
    measured = None if figure is None else round(figure.value, _DIGITS.get(figure.unit, 4))
    error = None if figure is None or figure.standard_error is None else round(figure.standard_error, 4)
    why += f", standard error {error:.2g}" if error is not None else ""
    if measured is None or not same_rows:
        outcome = "not comparable"
    elif result.tolerance is None:
        outcome, why = "not comparable", f"{why}; nobody published how much runs differ"
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
