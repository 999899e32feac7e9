"""The base class of objectives: what a stage of training minimizes, over samples that may have several sequences."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict

from llmreg.schema.base import Strict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from llmreg.training.encode import Example


@dataclass(frozen=True)
class Draft:
    """A sample in words: for each part a row of the format text, instruction or conversation."""

    parts: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """What an objective learns from at a time: one sequence of tokens or several, by what they are to it."""

    parts: Mapping[str, Example]
    facts: Mapping[str, float] = field(default_factory=dict)
    """What is known beforehand: a person's score, what a frozen model makes of a part."""

    @property
    def size(self) -> int:
        """Count the tokens that the model reads."""
        return sum(each.size for each in self.parts.values())


@dataclass(frozen=True)
class Scores:
    """What the model makes of some samples: for each part of each the log-probability of every label, in order."""

    samples: Sequence[Sample]
    logps: Sequence[Mapping[str, Tensor]]
    window: Mapping[str, float] = field(default_factory=dict)
    """The means of what `Objective.window` gives, over all samples of the optimizer step."""

    def sums(self, part: str) -> Tensor:
        """Return the log-probability of a part, sample by sample."""
        import torch

        return torch.stack([each[part].sum() for each in self.logps])

    def means(self, part: str) -> Tensor:
        """Return the mean log-probability of a part's labels, sample by sample."""
        import torch

        return torch.stack([each[part].mean() for each in self.logps])

    def facts(self, name: str) -> Tensor:
        """Return a fact, sample by sample."""
        some = next(iter(self.logps[0].values()))
        return some.new_tensor([sample.facts[name] for sample in self.samples])


class Objective(Strict):
    """What a stage of training minimizes. The fields of a subclass are the recipe's settings.

    An objective sees samples and scores, never padding, devices or processes. It gives sums, and says by what they are
    divided over a whole optimizer step; so a step is the same however its samples are put into passes and processes.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=False)

    name: ClassVar[str]
    """The name that recipes use."""
    paper: ClassVar[str | None] = None
    """Where the objective is described."""
    reads: ClassVar[tuple[str, ...]]
    """The formats of rows that it learns from."""
    parts: ClassVar[tuple[str, ...]] = ("answer",)
    """The sequences of a sample that are scored with gradients."""
    window_parts: ClassVar[tuple[str, ...]] = ()
    """The sequences that only `window` looks at."""
    averages: ClassVar[tuple[str, ...]] = ()
    """What `window` gives: figures whose means over all samples of an optimizer step the loss needs."""
    consults: ClassVar[tuple[str, ...]] = ()
    """The roles of frozen models that score every sample once, before training; a sample has what one makes of a part
    as the fact `ROLE.PART`, the sum of the log-probabilities of its labels."""
    fused: ClassVar[bool] = False
    """Whether the loss is the mean negative log-probability over all labels, which needs no score of any label kept."""
    last_answer: ClassVar[bool] = False
    """Whether of a conversation the last answer alone is learnt."""

    def drafts(self, row: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Draft]:  # noqa: ARG002
        """Give the samples of a row in words; by default one that has the row itself as its only part.

        `after` is the row that follows, after the last one the first.
        """
        yield Draft({self.parts[0]: row})

    def counts(self, samples: Sequence[Sample]) -> Mapping[str, float]:
        """Say for each term by what its sum is divided; those of one optimizer step are added up."""
        return {self.name: len(samples)}

    def weights(self) -> Mapping[str, float]:
        """Say what share of the loss each term has; 1 where it is not named."""
        return {}

    def window(self, scores: Scores) -> Mapping[str, Tensor]:  # noqa: ARG002 - for subclasses
        """Give each of `averages` sample by sample, from the scores of `window_parts`; no gradient goes through it."""
        return {}

    @abstractmethod
    def loss(self, scores: Scores) -> Mapping[str, Tensor]:
        """Give the sum of each term over the samples."""

    def held_out(self, scores: Scores) -> Tensor:
        """Give for each sample what must fall in training; by default its own loss."""
        import torch

        alone = [
            Scores([sample], [logps], scores.window) for sample, logps in zip(scores.samples, scores.logps, strict=True)
        ]
        return torch.stack([self.total(self.loss(each), self.counts(each.samples)) for each in alone])

    def total(self, sums: Mapping[str, Tensor], counts: Mapping[str, Any]) -> Tensor:
        """Divide each sum by its count and add the terms up, each with its share."""
        shares = self.weights()
        terms = [shares.get(name, 1.0) * value / (counts[name] or 1) for name, value in sums.items()]
        return sum(terms[1:], terms[0])


class Pairs(Objective):
    """The base of objectives that learn from the answer that was chosen and the one that was rejected, side by side."""

    reads: ClassVar[tuple[str, ...]] = ("preference",)
    parts: ClassVar[tuple[str, ...]] = ("chosen", "rejected")
    last_answer: ClassVar[bool] = True

    def drafts(self, row: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Draft]:  # noqa: ARG002
        """Give the question with either answer."""
        yield Draft({part: answered(row, row[part]) for part in self.parts})


def answered(row: Mapping[str, Any], answer: str) -> dict[str, Any]:
    """Give a row of the format preference with one answer, as an instruction or a conversation."""
    if "instruction" in row:
        return {"instruction": row["instruction"], "input": row.get("input"), "output": answer}
    return {"messages": [*row["messages"], {"role": "assistant", "content": answer}]}


def labels(sample: Sample, part: str) -> int:
    """Count the labels of a part."""
    return sample.parts[part].label_count
