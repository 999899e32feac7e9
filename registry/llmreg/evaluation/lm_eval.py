"""Run tasks of EleutherAI's lm-eval on a model, where it is installed; llmreg needs it for nothing else."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.evaluation.figures import Figure
from llmreg.evaluation.task import Scored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llmreg.evaluation.subject import Subject


def require() -> None:
    """Raise `LlmregError` with the remedy where lm-eval is not installed."""
    if importlib.util.find_spec("lm_eval") is None:
        raise LlmregError(
            "lm-eval is not installed; `pip install lm-eval` brings it, or take one of llmreg's own tasks with --task"
        )


def run(subject: Subject, tasks: Sequence[str], folder: Path | None, few_shot: int | None, limit: int | None) -> Scored:
    """Give the figures of these tasks, as `task metric`, and each item's.

    `folder` holds task files (YAML) of one's own, which go before those that lm-eval brings. Texts begin with the
    token that begins texts only where the tokenizer puts it there itself. Shares are from 0 to 1, as it gives them.
    """
    if subject.start is not None:
        raise LlmregError(
            "lm-eval's tasks are put to decoders alone here, and this model is an encoder-decoder; take one of "
            "llmreg's own tasks with --task"
        )
    require()
    lm_eval = importlib.import_module("lm_eval")
    manager = importlib.import_module("lm_eval.tasks").TaskManager(include_path=str(folder) if folder else None)
    if unknown := sorted(set(tasks) - set(manager.all_tasks)):
        raise LlmregError(f"lm-eval has no task {', '.join(unknown)}; --data FOLDER adds task files of your own")
    wrapper = importlib.import_module("lm_eval.models.huggingface").HFLM(
        pretrained=subject.model, tokenizer=subject.tokenizer, batch_size=subject.batch_size, add_bos_token=True
    )
    found: dict[str, Any] = lm_eval.simple_evaluate(
        model=wrapper, tasks=list(tasks), num_fewshot=few_shot, limit=limit, task_manager=manager, bootstrap_iters=100
    )
    figures = tuple(figure for task in found["results"] for figure in _figures(task, found))
    items = [
        {"id": item["doc_id"], "task": task, **{name: item[name] for name in item.get("metrics", ())}}
        for task, logged in found["samples"].items()
        for item in logged
    ]
    return Scored(figures, items)


def _figures(task: str, found: dict[str, Any]) -> list[Figure]:
    results = found["results"][task]
    count = found["n-samples"].get(task, {}).get("effective", 0)
    figures = []
    for key, value in results.items():
        metric, comma, variant = key.partition(",")
        if not comma or metric.endswith("_stderr") or not isinstance(value, int | float):
            continue
        error = results.get(f"{metric}_stderr,{variant}")
        name = f"{task} {metric}" + (f" ({variant})" if variant != "none" else "")
        figures.append(Figure(name, float(value), "", error if isinstance(error, float) else None, count))
    return figures
