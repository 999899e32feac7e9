"""The way every run goes, full or rehearsed: load, adapt, check, train, check, save, load back."""

from __future__ import annotations

import copy
import gc
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError
from llmreg.files import writing
from llmreg.reproduce import invariants, processes
from llmreg.reproduce.ends import carry_ends
from llmreg.reproduce.invariants import Check
from llmreg.reproduce.memory import give_back_freed
from llmreg.reproduce.plan import count
from llmreg.reproduce.tokenizer import save_tokenizer
from llmreg.training.sft import SFT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Sized

    from torch import nn
    from transformers import PretrainedConfig, PreTrainedTokenizerBase

    from llmreg.method import Method
    from llmreg.objective import Objective, Sample
    from llmreg.reproduce.base import ConfigBase, FolderBase
    from llmreg.schema import RecipeData, Template, Training
    from llmreg.training.loop import Outcome
    from llmreg.training.rows import Rows

    Row = dict[str, Any]

PROBE_ROWS = 4
REFERENCE = "reference"
"""The role of the model as it is before its first step."""


@dataclass(frozen=True)
class Samples:
    """The rows as the model reads them: those to train on, and those that were kept back."""

    train: list[Sample]
    judged: list[Sample]
    counts: Mapping[str, int]
    """What was cut, left out or read as text when rows became tokens, and how often."""


@dataclass(frozen=True)
class Work:
    """Everything a run needs, nothing of it looked up elsewhere."""

    method: Method
    base: FolderBase | ConfigBase
    tokenizer: PreTrainedTokenizerBase
    rows: Rows
    held_out: Sequence[Row]
    data: RecipeData
    training: Training
    template: Template | None
    folder: Path
    """Where checkpoints (`checkpoints/`) and the artifact (`artifact/`) go."""
    shard: bool = False
    """Whether the model lies in shards on all processes while it trains."""
    samples: Samples | None = None
    """The rows, where they were read before the run's folder was opened."""
    objective: Objective = SFT


@dataclass(frozen=True)
class Done:
    """What came out of a run."""

    model: nn.Module
    """Trained and, in the process that keeps the record, loaded back from the artifact, in evaluation mode."""
    outcome: Outcome
    loss_before: float | None
    loss_after: float | None
    """Mean held-out loss in nats per label token."""
    checks: list[Check]
    encoding: dict[str, int] = field(default_factory=dict)
    """What was cut, left out or read as text when rows became tokens, and how often."""


def execute(work: Work, *, resume: bool, say: Callable[[str], None]) -> Done:
    """Run the work whole; the artifact appears under its name only when it is complete."""
    from transformers import set_seed

    from llmreg.training.batch import collate
    from llmreg.training.loop import train
    from llmreg.training.shards import refuse_unshardable

    _settle()
    training, tokenizer = work.training, work.tokenizer
    pad = pad_token(tokenizer)
    samples = work.samples or read_samples(
        work.rows, work.held_out, work.data, training, work.template, tokenizer, work.base.config, say, work.objective
    )
    examples, judged = samples.train, samples.judged
    set_seed(training.seed or 0)
    say("loading the base" if work.method.needs_base else "drawing the weights")
    model = work.method.load(work.base).to(device())
    shown = [sample.parts[work.objective.parts[0]] for sample in (judged or examples)[:PROBE_ROWS]]
    batch = collate(shown, pad)
    at_base = invariants.probe(model, batch) if work.method.identity_at_start else None
    config = copy.deepcopy(model.config)
    model = work.method.adapt(model).to(device())
    if work.shard:
        refuse_unshardable(model, training)
    checks = [invariants.declared_parameters_train(work.method, model)]
    checks += [invariants.count_as_planned(count(work.method, config).trained, model)]
    if at_base is not None:
        checks += [invariants.step_zero_equals_base(at_base, invariants.probe(model, batch))]
    before = invariants.digests(model)
    examples = _asked(work, model, examples, pad, say, "rows")
    judged = _asked(work, model, judged, pad, say, "held-out")
    losses_before = _losses(work, model, judged, pad)
    say(f"training on {_counted(examples, work.rows)}")
    checkpoints = work.folder / "checkpoints"
    outcome = train(
        model, examples, training, checkpoints, objective=work.objective, resume=resume, shard=work.shard,
        pad_token_id=pad, say=say,
    )  # fmt: skip
    if not processes.first():
        return Done(model=model, outcome=outcome, loss_before=None, loss_after=None, checks=checks)
    losses_after = _losses(work, model, judged, pad)
    checks += invariants.only_declared_moved(work.method, before, invariants.digests(model), outcome.could_move)
    if judged:
        checks += [invariants.held_out_loss_falls(losses_before, losses_after, _counted(judged, work.held_out))]
    say("writing the artifact and loading it back")
    _save(work, model)
    trained = invariants.probe(model, batch)
    del model  # a GPU that trains one has no room for two
    restored = _load_back(work)
    checks += [invariants.artifact_loads_back(trained, invariants.probe(restored, batch))]
    return Done(
        model=restored.eval(),
        outcome=outcome,
        loss_before=fmean(losses_before) if judged else None,
        loss_after=fmean(losses_after) if judged else None,
        checks=checks,
        encoding=dict(sorted(samples.counts.items())),
    )


def read_samples(
    rows: Rows,
    held_out: Sequence[Row],
    data: RecipeData,
    training: Training,
    template: Template | None,
    tokenizer: PreTrainedTokenizerBase,
    config: PretrainedConfig,
    say: Callable[[str], None],
    objective: Objective = SFT,
) -> Samples:
    """Turn the rows into samples; raise `LlmregError` for one that is malformed, or longer than the model's context."""
    from llmreg.training.context import check_samples
    from llmreg.training.encode import decoder_start
    from llmreg.training.formats.reader import Tally, times
    from llmreg.training.samples import samples_of

    start = decoder_start(config)
    both, tallies = [], (Tally(), Tally())
    for part, tally in zip((rows, held_out), tallies, strict=True):
        found = samples_of(objective, part, data, training, template, tokenizer, start, tally)
        both.append(found)
        longest = [max(sample.parts.values(), key=lambda example: example.size) for sample in found]
        if note := check_samples(longest, part, config, training.sequence_length):
            say(note)
    counts, held = tallies
    counts.update({f"of the rows held back: {what}": count for what, count in held.items()})
    for what, often in counts.items():
        say(times(often, what))
    train, judged = both
    return Samples(train, judged, counts)


def _asked(
    work: Work, model: nn.Module, samples: list[Sample], pad: int, say: Callable[[str], None], name: str
) -> list[Sample]:
    """Give the samples with what the reference makes of them: the model before its first step, asked once."""
    from llmreg.training.consult import consulted, kept

    if not (work.objective.consults and samples):
        return samples
    if other := [role for role in work.objective.consults if role != REFERENCE]:
        raise LlmregError(f"the objective {work.objective.name!r} consults a model as {other[0]!r}: none is at hand")

    def ask() -> list[Sample]:
        say(f"asking the {REFERENCE} about {len(samples):,} samples")
        return consulted(model, samples, work.objective, REFERENCE, work.training, pad)

    return kept(work.folder / f"{REFERENCE}-{name}.json", samples, ask, write=processes.first())


def _losses(work: Work, model: nn.Module, samples: list[Sample], pad: int) -> list[float]:
    """Give for each sample held back the figure that must fall; nothing where there is none."""
    from llmreg.evaluation.likelihood import held_out_losses
    from llmreg.training.consult import held_out

    if not samples:
        return []
    if work.objective.fused:
        return held_out_losses(model, [sample.parts[work.objective.parts[0]] for sample in samples], pad)
    return held_out(model, samples, work.objective, work.training, pad)


def _counted(samples: Sized, rows: Sized) -> str:
    """Say how many samples there are: rows, or where these hold more than one, answers."""
    return f"{len(samples):,} {'rows' if len(samples) == len(rows) else 'answers'}"


def device() -> str:
    """Give this process's accelerator if there is one, else the CPU."""
    import torch

    return f"cuda:{processes.local()}" if torch.cuda.is_available() else "cpu"


def _settle() -> None:
    """Make this process's GPU the one that libraries take by themselves; on a CPU, give freed memory back."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.set_device(device())
    else:
        give_back_freed()


def _load_back(work: Work) -> nn.Module:
    """Put the artifact onto a fresh base, once the trained model's memory is given back."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()
    return work.method.restore(work.method.load(work.base).to(device()), work.folder / "artifact").to(device())


def pad_token(tokenizer: PreTrainedTokenizerBase) -> int:
    """Give the tokenizer's padding token, or its end token where it has none."""
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    if pad is None:
        raise LlmregError("the tokenizer has neither a padding nor an end token")
    return int(pad)


def _save(work: Work, model: nn.Module) -> None:
    """Write artifact, tokenizer and template beside their final place, then rename."""
    staging, place = work.folder / ".artifact", work.folder / "artifact"
    for old in (staging, place):
        shutil.rmtree(old, ignore_errors=True)
    with ExitStack() as after, writing("the artifact", place, "make room and repeat the command with --resume"):
        after.callback(shutil.rmtree, staging, ignore_errors=True)
        staging.mkdir(parents=True)
        work.method.save(model, staging)
        save_tokenizer(work.tokenizer, staging)
        if work.template:
            template = work.template.model_copy(update={"tokenize": work.data.tokenize or work.template.tokenize})
            (staging / "prompt_template.json").write_text(template.to_file(), encoding="utf-8")
        carry_ends(work.template, work.tokenizer, model, staging)
        staging.rename(place)
