"""What differs from `transformers.Trainer`: what a checkpoint holds, the order of samples, and what is counted."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import proxy

from llmreg.errors import LlmregError
from llmreg.files import writing
from llmreg.objective import Scores
from llmreg.training.batch import collate, filling, sequences
from llmreg.training.checkpoint import STAGING, seal
from llmreg.training.flat import fill_up, join, lay_flat
from llmreg.training.head import logps_at_labels, loss_at_labels
from llmreg.training.settings import optimizer_override
from llmreg.training.shards import dealt, gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from torch import Tensor, nn
    from transformers import Trainer as Base
    from transformers import TrainingArguments

    from llmreg.objective import Objective, Sample
    from llmreg.schema import Training
    from llmreg.training.batch import Pack
    from llmreg.training.encode import Example
    from llmreg.training.flat import Row
else:
    Base = object

WEIGHTS = "trained.safetensors"
OPTIMIZER, SCHEDULE = "optimizer.pt", "scheduler.pt"
"""As `transformers` names them."""
MOVES, LEVEL = "moves", "level"
"""What is logged of a step: whether it could change a weight, and of the first that could, which slopes were zero."""


class Exact(Base):  # type: ignore[misc]
    """Lies over `transformers.Trainer`: exact resuming, small checkpoints, counts of tokens with each step."""

    run: str
    objective: Objective
    grouped: bool
    row: Row | None
    bare: bool
    epoch: int
    """In which epoch training begins or goes on."""
    shard: bool
    on_step: Callable[[int, float], None]
    compute_loss_func: Callable[..., Any]
    moving: bool | None = None
    """Whether a step, one before an interruption included, could change a weight; None before the first."""

    def _get_output_dir(self, trial: Any) -> str:  # noqa: ARG002
        return str(Path(self.args.output_dir) / STAGING)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Write beside the finished checkpoints, then move into place once every process is done."""
        name = f"checkpoint-{self.state.global_step}"
        place = Path(self.args.output_dir) / name
        with writing("the checkpoint", place, "earlier ones are whole: make room and repeat the command with --resume"):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.args.should_save:
                seal(Path(self._get_output_dir(trial)) / name, place, self.run)
            self.accelerator.wait_for_everyone()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keep the parameters that train."""
        kept = gathered(dict(trained(self.model)), keep=self.args.should_save)
        if self.args.should_save:
            from safetensors.torch import save_file

            folder = Path(output_dir or self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            save_file(kept, folder / WEIGHTS)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        """Put the state together where it lies in shards."""
        if not self.shard:
            super()._save_optimizer_and_scheduler(output_dir)
            return
        import torch

        state = self.optimizer.state_dict()
        keep = self.args.should_save
        state["state"] = {number: gathered(entry, keep=keep) for number, entry in state["state"].items()}
        if keep:
            torch.save(state, Path(output_dir) / OPTIMIZER)
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULE)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if not self.shard or checkpoint is None:
            super()._load_optimizer_and_scheduler(checkpoint)
            return
        import torch

        state = torch.load(Path(checkpoint) / OPTIMIZER, weights_only=True, mmap=True)
        values = [value for group in self.optimizer.param_groups for value in group["params"]]
        for number, entry in state["state"].items():
            state["state"][number] = {name: dealt(content, values[number]) for name, content in entry.items()}
        self.optimizer.load_state_dict(state)
        self.lr_scheduler.load_state_dict(torch.load(Path(checkpoint) / SCHEDULE, weights_only=True))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        load_trained(model or self.model, Path(resume_from_checkpoint))

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:  # noqa: ARG002
        lengths = [sum(sample.size for sample in pack) for pack in self.train_dataset[:-1]]
        together = self.args.per_device_train_batch_size * self.args.world_size
        window = together * self.args.gradient_accumulation_steps if self.grouped else None
        multiple = together if self.args.world_size > 1 else 1
        return Order(lengths, window, self.args.data_seed, self.epoch, multiple)

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """Take one accumulation window; note its tokens, its labels and the objective's counts over all processes."""
        batches, labels = super().get_batch_samples(epoch_iterator, num_batches, device)
        tokens = sum(batch.pop("lengths").sum() for batch in batches)
        self._window: dict[str, Any] = {
            "tokens": int(self.accelerator.gather(tokens).sum()),
            "label_tokens": int(labels),
        }
        if self.objective.fused:
            return batches, labels
        samples = [sample for batch in batches for sample in batch["samples"]]
        counts = self._added(self.objective.counts(samples))
        self._means: dict[str, float] = {}
        if self.objective.averages:
            sums, whole = self._added(self._window_sums(batches)), self._added({"samples": len(samples)})["samples"]
            self._means = {name: value / whole for name, value in sums.items()}
        return batches, counts

    def _added(self, figures: Mapping[str, float]) -> dict[str, float]:
        """Add figures up over all processes."""
        import torch

        own = torch.tensor([list(figures.values())], dtype=torch.float64, device=self.accelerator.device)
        return dict(zip(figures, self.accelerator.gather(own).sum(0).tolist(), strict=True))

    def _window_sums(self, batches: Sequence[dict[str, Any]]) -> dict[str, float]:
        """Add up what the objective asks of the window, without gradients."""
        import torch

        found = dict.fromkeys(self.objective.averages, 0.0)
        model = self.accelerator.unwrap_model(self.model)
        for batch in batches:
            inputs = self._prepare_inputs(batch["window"])
            self._lie(inputs)
            with torch.no_grad(), self.compute_loss_context_manager():
                with logps_at_labels(model, inputs.pop("labels"), bare=self.bare) as logps:
                    scores = scored(batch["samples"], self.objective.window_parts, logps(model(**inputs)))
                if batch["samples"]:
                    for name, each in self.objective.window(scores).items():
                        found[name] += float(each.sum())
        return found

    def _lie(self, inputs: dict[str, Any]) -> None:
        """Tell the attention where samples that lie in one row begin and end."""
        bounds = inputs.pop("bounds", None)
        if self.row is not None:
            self.row.sizes = bounds.tolist()

    def compute_loss(self, model: nn.Module, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Take the loss of some of an accumulation window's samples, over counts of the whole window."""
        samples = inputs.pop("samples")
        inputs.pop("window", None)
        self._lie(inputs)
        at_labels = loss_at_labels if self.objective.fused else logps_at_labels
        with at_labels(self.accelerator.unwrap_model(model), inputs["labels"], bare=self.bare) as found:
            self.compute_loss_func = lambda outputs, _, num_items_in_batch: self._loss(
                samples, found(outputs), num_items_in_batch
            )
            try:
                return super().compute_loss(model, inputs, *arguments, **options)
            finally:  # a trainer that holds itself would stay in memory, and with it the optimizer's state
                self.compute_loss_func = Exact.compute_loss

    def _loss(self, samples: Sequence[Sample], found: Tensor, counts: Any) -> Tensor:
        """Put the terms of the objective together; without a sample the loss is 0, and so is every gradient."""
        if self.objective.fused:
            mean: Tensor = found / counts
            return mean
        if not samples:
            return found.sum()
        scores = scored(samples, self.objective.parts, found, self._means)
        return self.objective.total(self.objective.loss(scores), counts)

    def note_step(self) -> None:
        """Note with the step whether it could change a weight, and with the first that could, which slopes were zero.

        None can at a learning rate of 0, or where 16-bit gradients overflowed.
        """
        if self.moving is None:
            self.moving = any(entry.get(MOVES, True) for entry in self.state.log_history if "loss" in entry)
        rates = [group["lr"] for group in self.optimizer.param_groups]
        moves = any(rates) and not self.accelerator.optimizer_step_was_skipped
        self._window[MOVES] = moves
        if moves and not self.moving:
            self.moving, self._window[LEVEL] = True, self._level()

    def _level(self) -> list[str]:
        """List the parameters that are part of the computation, and whose gradient is zero all over."""
        import torch

        slopes = {name: value.grad for name, value in trained(self.model) if value.grad is not None}
        steep = torch.stack([getattr(slope, "to_local", lambda own=slope: own)().any() for slope in slopes.values()])
        anywhere = self.accelerator.gather(steep.int()[None]).any(0).tolist()
        return [name for name, found in zip(slopes, anywhere, strict=True) if not found]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the counts to the step's entry, which checkpoints keep, and pass the step on."""
        if "loss" in logs:
            logs |= self._window
            if not math.isfinite(logs["loss"]):
                found = f"{logs['loss']} at step {self.state.global_step}"
                raise LlmregError(f"the loss is {found}; lower training.learning_rate")
            self.on_step(self.state.global_step, logs["loss"])
        super().log(logs, start_time)


def scored(
    samples: Sequence[Sample], parts: Sequence[str], logps: Tensor, means: Mapping[str, float] | None = None
) -> Scores:
    """Give each part of each sample its own of the log-probabilities, which lie end to end."""
    counts = [sample.parts[part].label_count for sample in samples for part in parts]
    each: Iterator[Tensor] = iter(logps.split(counts) if counts else ())  # type: ignore[no-untyped-call]
    return Scores(samples, [{part: next(each) for part in parts} for _ in samples], means or {})


class Order:
    """The order of samples, drawn from the seed and the epoch alone, so that a resumed run repeats it."""

    def __init__(
        self, lengths: Sequence[int], window: int | None, seed: int, epoch: int = 0, multiple: int = 1
    ) -> None:
        """Take the samples' lengths; with a window, samples of like length come in windows of that size.

        `epoch` is the first one: with several processes, accelerate does not tell it to a run that goes on within it.
        An epoch is filled up to a `multiple` with the index that follows the samples', so that all processes have as
        many batches, and full ones: accelerate would repeat the epoch's first samples.
        """
        self.lengths, self.window, self.seed, self.epoch = list(lengths), window, seed, epoch
        self.missing = -len(self.lengths) % multiple

    def set_epoch(self, epoch: int) -> None:
        """Note which epoch comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Count the indices."""
        return len(self.lengths) + self.missing

    def __iter__(self) -> Iterator[int]:
        """Give indices of samples, then what fills up."""
        return iter([*self._samples(), *[len(self.lengths)] * self.missing])

    def _samples(self) -> list[int]:
        import torch
        from transformers.trainer_pt_utils import get_length_grouped_indices

        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        if self.window is None:
            return list(torch.randperm(len(self.lengths), generator=generator).tolist())
        return list(get_length_grouped_indices(self.lengths, self.window, generator=generator))


def trained(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """List the parameters that train, by name."""
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]


def load_trained(model: nn.Module, checkpoint: Path) -> None:
    """Put a checkpoint's weights into the model; raise `LlmregError` if it trains other parameters."""
    import torch
    from safetensors.torch import load_file

    stored = load_file(checkpoint / WEIGHTS)
    if _shapes(stored.items()) != _shapes(trained(model)):
        raise LlmregError(f"{checkpoint} holds other parameters than the model trains; resume with the same method")
    with torch.no_grad():
        for name, value in trained(model):
            value.copy_(dealt(stored[name], value))


def _shapes(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in tensors}


def build(
    model: nn.Module,
    packs: Sequence[Pack],
    objective: Objective,
    training: Training,
    arguments: TrainingArguments,
    pad_token_id: int,
    row: Row | None,
    bare: bool,
    shard: bool,
) -> Any:
    """Put together a trainer; with a `row`, samples go end to end in it instead of side by side with padding.

    `bare` is what `head.is_bare` says of the model, `shard` whether it lies in shards.
    """
    import transformers

    class Trainer(Exact, transformers.Trainer):  # type: ignore[misc]
        """The class itself is made here because transformers is imported only when training."""

    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=[*packs, ()],
        data_collator=partial(
            _collate,
            objective=objective,
            filler=filling(packs[0][0].parts[objective.parts[0]]),
            pad_token_id=None if row else pad_token_id,
        ),
        compute_loss_func=Exact.compute_loss,  # tells that the loss is ours; each pass puts its own there
        optimizer_cls_and_kwargs=optimizer_override(training),
    )
    # Models that take loss arguments would normalize on their own terms; here one function does it for all.
    trainer.model_accepts_loss_kwargs = False
    trainer.objective = objective
    trainer.row, trainer.bare, trainer.shard = row, bare, shard
    if shard:
        # As for evaluation, accelerate prepares precision alone: gradients come together in the shards.
        # A proxy, because an accelerator that holds itself would stay in memory, and with it the optimizer's state.
        own, held = type(trainer.accelerator).prepare_model, proxy(trainer.accelerator)
        trainer.accelerator.prepare_model = partial(own, held, evaluation_mode=True)
    trainer.grouped = bool(training.group_by_length)
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.add_callback(_watch(proxy(trainer)))
    return trainer


def _watch(trainer: Any) -> Any:
    """Have the trainer note each step once it is made, while its gradients are still there."""
    import transformers

    class Watch(transformers.TrainerCallback):  # type: ignore[misc]
        def on_optimizer_step(self, *_: Any, **__: Any) -> None:
            trainer.note_step()

    return Watch()


def _collate(packs: Sequence[Pack], objective: Objective, filler: Example, pad_token_id: int | None) -> dict[str, Any]:
    """Lay samples flat, or with a padding token side by side."""
    import torch

    batch = _laid(packs, objective.parts, filler, pad_token_id)
    if objective.window_parts:
        batch["window"] = _laid(packs, objective.window_parts, filler, pad_token_id)
    sizes = torch.tensor([sum(sample.size for sample in pack) for pack in packs])
    return {**batch, "samples": [sample for pack in packs for sample in pack], "lengths": sizes}


def _laid(packs: Sequence[Pack], parts: Sequence[str], filler: Example, pad_token_id: int | None) -> dict[str, Any]:
    """Lay these parts of the samples; side by side the parts of a sample that is not packed are rows of their own."""
    found = [sequences(pack, parts, filler) for pack in packs]
    if pad_token_id is None:
        return {**lay_flat(fill_up([example for each in found for example in each]))}
    rows = [[join(each)] if len(pack) > 1 else each for pack, each in zip(packs, found, strict=True)]
    return {**collate([example for each in rows for example in each], pad_token_id)}
