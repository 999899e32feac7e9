"""Rehearse a recipe: the same method, template, masking and schedule on a scaled-down model of the same architecture.

What is scaled, and how (the one rule; docs/rehearsals.md explains it): the model as `scaled_config` says; the learning
rate grows by the ratio of the widths and is capped; `STEPS` steps of `BATCH` sequences of at most `LENGTH` tokens, with
the same share of warm-up; float32, no gradient checkpointing. Rows are llmreg's own, in the recipe's data format.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from llmreg.files import write_text
from llmreg.reproduce.architecture import WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transformers import PretrainedConfig

    from llmreg.catalog import Catalog
    from llmreg.method import Method
    from llmreg.reproduce.recipe import Resolved
    from llmreg.schema import Model, Training
    from llmreg.training.rows import Rows

    Say = Callable[[str], None]

STEPS, BATCH, LENGTH = 60, 8, 256
ROWS, HELD_OUT = 512, 48
MAX_LEARNING_RATE = 5e-3
_LEARNABLE = {"preference": "refused"}
"""By format: rows whose point random weights can learn in so few steps, where those of nano are too hard."""
_WEIGHTS_SEED, _ROWS_SEED = 20230314, 7


def scaled_training(training: Training, width: int) -> tuple[Training, dict[str, Any]]:
    """Give the settings of the rehearsal, and each change as `{setting: [from, to]}`."""
    assert training.learning_rate is not None  # noqa: S101 - resolved recipes have one
    changes: dict[str, Any] = {
        "learning_rate": min(training.learning_rate * width / min(WIDTH, width), MAX_LEARNING_RATE),
        "steps": STEPS,
        "epochs": None,
        "batch_size": BATCH,
        "micro_batch_size": BATCH,
        "sequence_length": LENGTH,
        "source_max_length": None,
        "target_max_length": None,
        "warmup_steps": round(warmup_share(training) * STEPS) or None,
        "warmup_ratio": None,
        "warmup_epochs": None,
        "precision": "float32",
        "gradient_checkpointing": False,
    }
    changed = {
        name: [getattr(training, name), value] for name, value in changes.items() if getattr(training, name) != value
    }
    return training.model_copy(update=changes), changed


def warmup_share(training: Training) -> float:
    """Give warm-up as a share of all steps, at most a half; a tenth where the number of steps is not known."""
    if training.warmup_ratio is not None:
        return min(0.5, training.warmup_ratio)
    if training.warmup_epochs is not None and training.epochs:
        return min(0.5, training.warmup_epochs / training.epochs)
    if training.warmup_steps:
        return min(0.5, training.warmup_steps / training.steps) if training.steps else 0.1
    return 0.0


def scaled_method(method: Method, full: PretrainedConfig, small: PretrainedConfig) -> tuple[Method, dict[str, Any]]:
    """Fit the method's settings to the small model, and give each change."""
    fitted = method.scaled(small.hidden_size / full.hidden_size, small.num_hidden_layers)
    before, after = method.model_dump(mode="json"), fitted.model_dump(mode="json")
    return fitted, {name: [before[name], value] for name, value in after.items() if before[name] != value}


def write_base(config: PretrainedConfig, folder: Path) -> None:
    """Write a model of this configuration with weights drawn from a fixed seed, as the base to start from."""
    from transformers import set_seed

    from llmreg.reproduce.base import ConfigBase

    set_seed(_WEIGHTS_SEED)
    ConfigBase(config).random().save_pretrained(folder)  # type: ignore[operator]


def rehearsal_rows(
    catalog: Catalog, entry: Model, resolved: Resolved, folder: Path, say: Say
) -> tuple[Rows, list[dict[str, Any]]]:
    """Make training and held-out rows in the recipe's data format.

    For a recipe on several datasets, rows are written into the folder as each is published and read as in a full run.
    """
    from llmreg.nano.makers import rows_like
    from llmreg.nano.published import published_like
    from llmreg.reproduce.data import rows_for

    if not resolved.data.datasets:
        form = _LEARNABLE.get(resolved.data.format, resolved.data.format)
        rows = rows_like(form, ROWS + HELD_OUT, _ROWS_SEED)
        return rows[:ROWS], rows[ROWS:]
    given = {}
    (folder / "rows").mkdir(exist_ok=True)
    for seed, (name, portion) in enumerate(resolved.data.datasets.items(), start=_ROWS_SEED):
        count = math.ceil((ROWS + HELD_OUT) / len(resolved.data.datasets) / (portion.fraction or 1))
        if portion.reader:
            rows = published_like(portion.reader, count, seed)
        else:
            rows = rows_like(_LEARNABLE.get(resolved.data.format, resolved.data.format), count, seed)
        given[name] = (folder / "rows" / f"{name}.jsonl",)
        write_text(given[name][0], "".join(f"{json.dumps(row)}\n" for row in rows))
        layout = f"for the reader {portion.reader}" if portion.reader else "in the recipe's own format"
        say(f"{name}: {count} made-up rows, {layout}")
    data = resolved.data.model_copy(update={"held_out": HELD_OUT, "held_out_seed": _ROWS_SEED})
    found = rows_for(catalog, entry, data, given, seed=resolved.training.data_seed)
    return found.train, found.held_out
