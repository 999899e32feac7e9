"""Mixture: rows of several datasets in stated shares, drawn and shuffled by a seed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

import llmreg
from llmreg.maker import texts_of

if TYPE_CHECKING:
    from random import Random

_TOKEN = re.compile(r"\w+|[^\w\s]")
"""A word or a sign: a count that needs no tokenizer, and so is the same for every model."""


class Mixture(llmreg.Maker):
    """Takes from each dataset its share of the result, or all its rows where no shares are stated."""

    name: ClassVar[str] = "mixture"

    shares: Mapping[str, Annotated[float, Field(gt=0)]] = {}
    """For each dataset its part of the result; parts are divided by their sum. None: all rows of all datasets."""
    total: Annotated[int, Field(ge=1)] | None = None
    """Rows of the result, or its tokens; as many as the shares allow where not given."""
    by: Literal["rows", "tokens"] = "rows"
    """What shares and `total` count; a token here is a word or a sign."""
    shuffle: bool = True
    """Whether rows come in a drawn order; else dataset by dataset, each in its own order."""

    @model_validator(mode="after")
    def _total_needs_shares(self) -> Mixture:
        if self.total and not self.shares:
            raise ValueError("`total` goes with `shares`")
        return self

    def make(self, work: llmreg.Work) -> Iterator[dict[str, Any]]:
        """Return the rows that were drawn."""
        names = [one.name for one in work.inputs]
        if self.shares and set(names) != self.shares.keys():
            wanted = ", ".join(sorted(self.shares))
            raise llmreg.LlmregError(f"mixture: shares are of {wanted}, and the step reads {', '.join(names)}")
        sizes = {one.name: _sizes(one, self.by) for one in work.inputs}
        wanted_of = self._wanted({name: sum(found) for name, found in sizes.items()})
        chosen: list[tuple[int, int]] = []
        for source, name in enumerate(names):
            numbers = _drawn(sizes[name], wanted_of[name], work.random)
            work.drop(f"{name}: beyond its share", len(sizes[name]) - len(numbers))
            chosen += [(source, number) for number in sorted(numbers)]
        if self.shuffle:
            work.random.shuffle(chosen)
        tables = [list(one.rows) for one in work.inputs]
        yield from (tables[source][number] for source, number in chosen)

    def _wanted(self, there: Mapping[str, int]) -> dict[str, int]:
        """Say how much of each dataset to take; raise `LlmregError` where one has too little for its share."""
        if not self.shares:
            return dict(there)
        whole = sum(self.shares.values())
        most = int(min(there[name] * whole / share for name, share in self.shares.items()))
        total = most if self.total is None else self.total
        exact = {name: total * share / whole for name, share in self.shares.items()}
        wanted = {name: int(value) for name, value in exact.items()}
        rest = sorted(exact, key=lambda name: (wanted[name] - exact[name], name))
        for name in rest[: total - sum(wanted.values())]:
            wanted[name] += 1
        for name, count in wanted.items():
            if count > there[name]:
                raise llmreg.LlmregError(
                    f"mixture: {name} has {there[name]:,} {self.by}, and its share of {total:,} is {count:,}; "
                    "take a smaller total, or leave it out for as many as there are"
                )
        return wanted


def _sizes(one: llmreg.Input, by: str) -> list[int]:
    if by == "rows":
        return [1] * len(one.rows)
    return [sum(len(_TOKEN.findall(text)) for text in texts_of(row)) for row in one.rows]


def _drawn(sizes: list[int], wanted: int, random: Random) -> list[int]:
    """Draw rows until they have what is wanted; the last one may go past it."""
    if wanted >= sum(sizes):
        return list(range(len(sizes)))
    order, taken, numbers = random.sample(range(len(sizes)), len(sizes)), 0, []
    for number in order:
        if taken >= wanted:
            break
        numbers.append(number)
        taken += sizes[number]
    return numbers


@llmreg.hookimpl
def register_makers() -> list[type[llmreg.Maker]]:
    """Offer the mixture."""
    return [Mixture]
