"""Turn a recipe's training settings into the arguments of `transformers.Trainer`."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import TrainingArguments

    from llmreg.schema import Training

DEFAULTS: dict[str, Any] = {
    "schedule": "linear",
    "optimizer": "adamw",
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "weight_decay": 0.0,
    "max_grad_norm": 1.0,
    "precision": "float32",
    "gradient_checkpointing": False,
    "group_by_length": False,
    "packing": False,
    "seed": 42,
}
"""What `transformers` does where a setting is not given; whoever leans on one of these must say so."""

OPTIMIZERS = {
    "adamw": "adamw_torch_fused",
    "adam": "adamw_torch",
    "decoupled_adamw": "adamw_torch_fused",
    "sgd": "sgd",
    "adamw_bnb_8bit": "adamw_bnb_8bit",
    "paged_adamw_32bit": "paged_adamw_32bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
}
MICRO_BATCH = 8
"""Sequences per device and pass where the recipe leaves it open; it changes the memory, not the result."""


def assumed(training: Training) -> dict[str, Any]:
    """Give the settings that are not given and the values they would take."""
    filled = {field: value for field, value in DEFAULTS.items() if getattr(training, field) is None}
    if training.data_seed is None:
        filled["data_seed"] = filled.get("seed", training.seed)
    return filled


def total_steps(training: Training, examples: int) -> int:
    """Give the number of optimizer steps; the last window of an epoch may be smaller than the batch."""
    _require(training)
    if training.steps is not None:
        return training.steps
    assert training.epochs is not None  # noqa: S101
    return math.ceil(training.epochs * epoch_steps(training, examples))


def epoch_steps(training: Training, examples: int) -> int:
    """Give the number of optimizer steps in which an epoch sees every example."""
    assert training.batch_size is not None  # noqa: S101
    return math.ceil(examples / training.batch_size)


def arguments(training: Training, folder: Path, examples: int, save_every: int) -> TrainingArguments:
    """Map the settings; raise `LlmregError` that names a missing or an impossible one."""
    import torch
    from transformers import TrainingArguments

    training = training.model_copy(update=assumed(training))
    steps = total_steps(training, examples)
    micro = micro_batch(training)
    use_cpu = not torch.cuda.is_available()
    if training.precision == "float16" and use_cpu:
        raise LlmregError("precision: float16 needs a GPU; set training.precision to float32 or bfloat16")
    result = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=training.batch_size // (micro * world_size()),  # type: ignore[operator]
        learning_rate=training.learning_rate,
        **_schedule(training, steps, examples),
        optim=OPTIMIZERS[str(training.optimizer)],
        weight_decay=_weight_decay(training),
        adam_beta1=training.adam_beta1,
        adam_beta2=training.adam_beta2,
        adam_epsilon=training.adam_epsilon,
        max_grad_norm=training.max_grad_norm,
        bf16=training.precision == "bfloat16",
        fp16=training.precision == "float16",
        **_checkpointing(TrainingArguments) if training.gradient_checkpointing else {},
        seed=training.seed,
        data_seed=training.data_seed,
        use_cpu=use_cpu,
        save_strategy="steps",
        save_steps=save_every,
        logging_steps=1,
        logging_nan_inf_filter=False,
        log_level="error",
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        dataloader_pin_memory=not use_cpu,
        ddp_find_unused_parameters=False,
    )
    result._n_gpu = min(result.n_gpu, 1)  # several GPUs are torchrun's business; DataParallel would change the batch
    return result


def row_lengths(training: Training) -> tuple[int | None, int | None]:
    """Give the most tokens of what an encoder and a decoder read, each a row of its own; None where nothing says."""
    both = training.sequence_length
    longest = [
        min((each for each in (own, both) if each), default=None)
        for own in (training.source_max_length, training.target_max_length)
    ]
    return longest[0], longest[1]


def optimizer_override(training: Training) -> tuple[Any, dict[str, Any]] | None:
    """Give class and arguments of an optimizer that `TrainingArguments` has no name for."""
    import torch

    if training.optimizer != "adam":
        return None
    given = {**DEFAULTS, **training.model_dump(exclude_none=True)}
    betas = (given["adam_beta1"], given["adam_beta2"])
    return torch.optim.Adam, {"lr": training.learning_rate, "betas": betas, "eps": given["adam_epsilon"]}


def micro_batch(training: Training) -> int:
    """Give the sequences per device and forward pass: as given, or the largest fitting share up to `MICRO_BATCH`."""
    _require(training)
    assert training.batch_size is not None  # noqa: S101
    share, rest = divmod(training.batch_size, world_size())
    if rest:
        whole = f"training.batch_size of {training.batch_size}"
        raise LlmregError(f"{whole} cannot be shared by {world_size()} processes; start a number that divides it")
    if training.micro_batch_size is None:
        return max(size for size in range(1, min(share, MICRO_BATCH) + 1) if share % size == 0)
    if share % training.micro_batch_size:
        part = f"training.micro_batch_size of {training.micro_batch_size}"
        raise LlmregError(f"{part} does not divide the {share} sequences that a process takes per step")
    return training.micro_batch_size


def world_size() -> int:
    """Give the number of processes that torchrun or accelerate started."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def _require(training: Training) -> None:
    for field in ("learning_rate", "batch_size"):
        if getattr(training, field) is None:
            raise LlmregError(f"training.{field} is not given; set it with --set training.{field}=VALUE")
    if training.steps is None and training.epochs is None:
        raise LlmregError("neither training.steps nor training.epochs is given; set --set training.steps=VALUE")


def _schedule(training: Training, steps: int, examples: int) -> dict[str, Any]:
    """Map schedule and warm-up; as in `transformers`, `constant` ignores a warm-up."""
    schedule = str(training.schedule)
    result: dict[str, Any] = {"lr_scheduler_type": schedule.replace("-", "_")}
    if schedule == "cosine-with-min-lr":
        if training.min_learning_rate is None:
            raise LlmregError("training.min_learning_rate is not given; the schedule cosine-with-min-lr needs it")
        result["lr_scheduler_kwargs"] = {"min_lr_rate": training.min_learning_rate}
    epoch = examples / training.batch_size  # type: ignore[operator]
    ways = {"warmup_steps": 1.0, "warmup_ratio": float(steps), "warmup_epochs": epoch}
    given = {field: getattr(training, field) * unit for field, unit in ways.items() if getattr(training, field)}
    if len(given) > 1:
        raise LlmregError(f"training.{' and training.'.join(given)} both give the warm-up; keep one")
    result["warmup_steps"] = math.ceil(next(iter(given.values()), 0))
    return result


def _checkpointing(arguments: type[TrainingArguments]) -> dict[str, Any]:
    """Recompute activations in the backward pass; transformers gave the argument a new name within version 5."""
    names = ("activation_checkpointing", "gradient_checkpointing")
    name = next(name for name in names if name in arguments.__dataclass_fields__)
    return {name: True, f"{name}_kwargs": {"use_reentrant": False}}


def _weight_decay(training: Training) -> float:
    """Give AdamW's weight decay; the decoupled kind decays by `weight_decay`, not by `learning_rate * weight_decay`."""
    assert training.weight_decay is not None and training.learning_rate is not None  # noqa: S101, PT018
    return training.weight_decay / (training.learning_rate if training.optimizer == "decoupled_adamw" else 1.0)
