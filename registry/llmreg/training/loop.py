"""The one training loop: optimize a model on examples, with exact resuming."""

from __future__ import annotations

import sys
import time
import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.objective import Sample
from llmreg.training.checkpoint import clear, identity, newest, step_of, tell
from llmreg.training.flat import refuse_leaking, samples_apart
from llmreg.training.head import is_bare
from llmreg.training.matmul import fast_products
from llmreg.training.pack import pack
from llmreg.training.settings import arguments, epoch_steps, total_steps
from llmreg.training.sft import SFT
from llmreg.training.shards import refuse_unshardable, sharded
from llmreg.training.trainer import LEVEL, MOVES, build, load_trained, trained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from torch import nn

    from llmreg.objective import Objective
    from llmreg.schema import Training
    from llmreg.training.batch import Pack
    from llmreg.training.encode import Example

    OnStep = Callable[[int, float], None]

CHECKPOINTS = 10
"""How often a run writes a checkpoint, unless told otherwise."""


_WRAPPED = ("forward", "_original_forward")
"""What accelerate sets on a model that it has compute in 16 bits."""


@dataclass(frozen=True)
class Outcome:
    """What a training run did, the part before an interruption included; `seconds` counts this process only."""

    steps: int
    tokens: int
    label_tokens: int
    losses: list[float]
    """Mean loss over the label tokens of each step's window, in nats."""
    seconds: float
    moving_steps: int
    """Steps that could change a weight: at a learning rate above 0, and with gradients that did not overflow."""
    level: list[str]
    """Parameters whose gradient was zero at the first of these, as that of LoRA's A is while B is zero."""

    def could_move(self, name: str) -> bool:
        """Tell whether a parameter had the chance to move.

        What holds a parameter back at the first step is moved by that step itself, so that no later step finds it.
        """
        return self.moving_steps > 1 or (self.moving_steps == 1 and name not in self.level)


def train(
    model: nn.Module,
    examples: Sequence[Example | Sample],
    training: Training,
    folder: Path,
    *,
    objective: Objective = SFT,
    resume: bool = False,
    shard: bool = False,
    pad_token_id: int,
    on_step: OnStep | None = None,
    save_every: int | None = None,
    say: Callable[[str], None] = tell,
) -> Outcome:
    """Train the parameters that require gradients, in place, and keep checkpoints in `folder`.

    An example is a sample of one part, the first that the `objective` has.

    With `resume`, go on from the newest whole checkpoint, or start if there is none; `say` gets which are damaged, and
    `on_step` each step, counted from 1, and its loss. With `shard`, the model lies in shards on all processes while it
    trains. Settings that are not given take `settings.DEFAULTS`. Raise `LlmregError` for those that have no default,
    and if the loss is no longer finite.
    """
    if not examples:
        raise LlmregError("there is nothing to train on: no examples were given")
    if not trained(model):
        raise LlmregError("no parameter of the model requires gradients; the method's `adapt` must leave some to train")
    samples = [each if isinstance(each, Sample) else Sample({objective.parts[0]: each}) for each in examples]
    packs = _packed(samples, objective, training) if training.packing else [(sample,) for sample in samples]
    if shard:
        refuse_unshardable(model, training)
    began = time.perf_counter()
    clear(folder, resume)
    steps = total_steps(training, len(packs))
    run = identity(training, packs, objective, shard)
    start = newest(folder, run, say) if resume else None
    done, bare = step_of(start) if start else 0, is_bare(model)
    with (
        _quiet(model),
        fast_products(),
        samples_apart(model, _longest(samples)) as row,
        _progress(steps, done) as advance,
    ):
        if training.packing and row is None:
            refuse_leaking(model)
        options = arguments(training, folder, len(packs), save_every or max(1, steps // CHECKPOINTS))
        if start and done >= steps:
            history = _finished(model, start)
        else:
            with sharded(model) if shard else nullcontext(model) as held:
                trainer = build(held, packs, objective, training, options, pad_token_id, row, bare, shard)
                trainer.run, trainer.on_step = run, _after(advance, on_step)
                trainer.epoch = done // epoch_steps(training, len(packs))
                history = _run(trainer, start)
    counted = [entry for entry in history if "loss" in entry]
    return Outcome(
        steps=len(counted),
        tokens=sum(entry["tokens"] for entry in counted),
        label_tokens=sum(entry["label_tokens"] for entry in counted),
        losses=[entry["loss"] for entry in counted],
        seconds=time.perf_counter() - began,
        moving_steps=sum(entry.get(MOVES, True) for entry in counted),
        level=[name for entry in counted for name in entry.get(LEVEL, ())],
    )


def _packed(samples: Sequence[Sample], objective: Objective, training: Training) -> list[Pack]:
    """Pack the samples; each of their sequences may be as long as the recipe allows."""
    if training.sequence_length is None:
        raise LlmregError("training.sequence_length is not given; packing needs the length of a packed sequence")
    return pack(samples, training.sequence_length * len(objective.parts + objective.window_parts))


def _longest(samples: Sequence[Sample]) -> int:
    """Count the tokens of the longest sequence."""
    return max(
        end - begin
        for sample in samples
        for each in sample.parts.values()
        for begin, end in pairwise((*each.starts, len(each.input_ids)))
    )


def _run(trainer: Any, start: Path | None) -> list[dict[str, Any]]:
    trainer.train(resume_from_checkpoint=str(start) if start else None)
    return list(trainer.state.log_history)


def _finished(model: nn.Module, checkpoint: Path) -> list[dict[str, Any]]:
    """Take over the weights of a run that had made its last step; the trainer would make one step more."""
    from transformers import TrainerState

    load_trained(model, checkpoint)
    return list(TrainerState.load_from_json(str(checkpoint / "trainer_state.json")).log_history)


def _after(*calls: OnStep | None) -> OnStep:
    def call(step: int, loss: float) -> None:
        for each in filter(None, calls):
            each(step, loss)

    return call


@contextmanager
def _quiet(model: nn.Module) -> Iterator[None]:
    """Put back what the trainer changes for good: how much transformers logs, whether the model caches, its precision.

    accelerate leaves a model that computes in 16 bits with a `forward` that goes on doing so, and bitsandbytes holds
    the embeddings and the paged state of every training.
    """
    from transformers.utils import logging

    config, own = getattr(model, "config", None), vars(model)
    verbosity, cache = logging.get_verbosity(), getattr(config, "use_cache", None)
    forward = {name: own[name] for name in _WRAPPED if name in own}
    try:
        with warnings.catch_warnings():
            # On a CPU there is nothing to page out to; the optimizer's arithmetic is the same.
            warnings.filterwarnings("ignore", "Paged optimizers are not supported on CPU")
            yield
    finally:
        logging.set_verbosity(verbosity)
        for name in _WRAPPED:
            own.pop(name, None)
        own.update(forward)
        if bitsandbytes := sys.modules.get("bitsandbytes"):
            bitsandbytes.optim.GlobalOptimManager.get_instance().initialize()
            bitsandbytes.functional.GlobalPageManager.get_instance().initialize()
        if config is not None:
            config.use_cache = cache


@contextmanager
def _progress(steps: int, done: int) -> Iterator[OnStep]:
    """Draw a bar on stderr if that is a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from llmreg.screen import Screen

    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("loss {task.fields[loss]:.3f}"))
    console = Screen(file=sys.stderr)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", total=steps, completed=done, loss=float("nan"))
        yield lambda step, loss: bar.update(task, completed=step, loss=loss)
