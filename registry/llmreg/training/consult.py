"""Score samples without gradients: what a frozen model makes of them, and what came out for those held back."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmreg.files import write_text
from llmreg.objective import Scores
from llmreg.training.batch import collate
from llmreg.training.flat import fill_up, lay_flat, samples_apart
from llmreg.training.head import is_bare, logps_at_labels
from llmreg.training.matmul import fast_products
from llmreg.training.settings import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from llmreg.objective import Objective, Sample
    from llmreg.schema import Training
    from llmreg.training.encode import Example

BATCH = 8
_TOKENS = 8192
"""Tokens that go through the model at a time, unless one sequence alone has more."""


def consulted(
    model: nn.Module, samples: Sequence[Sample], objective: Objective, role: str, training: Training, pad: int
) -> list[Sample]:
    """Return the samples with what a frozen model makes of each part, as the facts `ROLE.PART`."""
    parts = (*objective.parts, *objective.window_parts)
    found = scored(model, samples, parts, training, pad)
    return [
        replace(sample, facts={**sample.facts, **{f"{role}.{part}": float(logps[part].sum()) for part in parts}})
        for sample, logps in zip(samples, found, strict=True)
    ]


def kept(path: Path, samples: Sequence[Sample], ask: Callable[[], Sequence[Sample]], *, write: bool) -> list[Sample]:
    """Return the samples with the facts in a file, or ask for them and, with `write`, keep them there.

    The file counts for the same samples only: it holds their hash.
    """
    asked = _hash(samples)
    if path.is_file():
        with suppress(ValueError, KeyError, TypeError):
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["samples"] == asked:
                return [replace(sample, facts=facts) for sample, facts in zip(samples, found["facts"], strict=True)]
    told = list(ask())
    if write:
        write_text(path, json.dumps({"samples": asked, "facts": [dict(sample.facts) for sample in told]}))
    return told


def _hash(samples: Sequence[Sample]) -> str:
    digest = hashlib.sha256()
    for sample in samples:
        parts = {name: [each.input_ids, each.labels] for name, each in sample.parts.items()}
        digest.update(json.dumps([parts, dict(sample.facts)]).encode())
    return digest.hexdigest()


def held_out(
    model: nn.Module, samples: Sequence[Sample], objective: Objective, training: Training, pad: int
) -> list[float]:
    """Return for each sample the figure of the objective that must fall."""
    means: dict[str, float] = {}
    if objective.averages:
        apart = Scores(samples, scored(model, samples, objective.window_parts, training, pad))
        means = {name: float(each.mean()) for name, each in objective.window(apart).items()}
    found = scored(model, samples, objective.parts, training, pad)
    figures: list[float] = objective.held_out(Scores(samples, found, means)).tolist()
    return figures


def scored(
    model: nn.Module, samples: Sequence[Sample], parts: Sequence[str], training: Training, pad: int
) -> list[Mapping[str, Tensor]]:
    """Return for each sample the log-probabilities of each part's labels, on the CPU."""
    examples = [sample.parts[part] for sample in samples for part in parts]
    found = iter(_logps(model, examples, training, pad))
    return [{part: next(found) for part in parts} for _ in samples]


def _logps(model: nn.Module, examples: Sequence[Example], training: Training, pad: int) -> list[Tensor]:
    import torch

    precision = training.precision or DEFAULTS["precision"]
    device, was, bare = next(model.parameters()).device, model.training, is_bare(model)
    found: dict[int, Tensor] = {}
    longest = max((len(each.input_ids) for each in examples), default=0)
    model.eval()
    try:
        with (
            torch.no_grad(),
            fast_products(),
            samples_apart(model, longest) as row,
            torch.autocast(device.type, getattr(torch, precision), enabled=precision != "float32"),
        ):
            for chosen in _batches([len(each.input_ids) for each in examples]):
                together = [examples[index] for index in chosen]
                batch = collate(together, pad) if row is None else lay_flat(fill_up(together))
                if row is not None:
                    row.sizes = batch.pop("bounds").tolist()
                inputs: dict[str, Any] = {name: value.to(device) for name, value in batch.items()}
                with logps_at_labels(model, inputs.pop("labels"), bare=bare) as logps:
                    flat = logps(model(**inputs, use_cache=False)).float().cpu()
                counts = [each.label_count for each in together]
                found.update(zip(chosen, flat.split(counts), strict=True))  # type: ignore[no-untyped-call]
    finally:
        model.train(was)
    return [found[index] for index in range(len(examples))]


def _batches(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Give the places of all sizes, the longest first, in groups that are not too large."""
    order = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    while order:
        count = max(1, min(BATCH, _TOKENS // max(1, sizes[order[0]])))
        yield order[:count]
        order = order[count:]
