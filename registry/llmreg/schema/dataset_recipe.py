"""Recipes of datasets: by which makers their rows were made, one after the other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from llmreg.schema.base import Disagreement, Key, Strict
from llmreg.schema.recipe import Seed
from llmreg.schema.values import Count, Settings, Text


class MakingStep(Strict):
    """One maker at work on the rows of some datasets, or on those that the step before gave."""

    maker: Text
    """The name of a maker that a plugin offers."""
    settings: Settings = {}
    """The maker's own settings, checked when its plugin is loaded, which is after the license gate."""
    of: tuple[Text, ...] = ()
    """Ids of the datasets whose published rows it reads; none where it reads only what the step before gave."""


class DatasetRecipe(Strict):
    """The part of a dataset's entry that says how its rows were made."""

    steps: Annotated[tuple[MakingStep, ...], Field(min_length=1)]
    seed: Seed | None = None
    """What every draw of every step hangs on."""
    calls: Count | None = None
    """Published number of requests to the generator."""
    unknown: tuple[Text, ...] = ()
    """Names of settings, as `1.temperature`, or free words, for what nobody published."""
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[Text, ...] = ()
    source: Key
    """The source of every field here that names none of its own."""
    evidence: dict[Text, Key] = {}
    """Fields, written as `1.temperature` with the step's number, whose source is another."""

    @model_validator(mode="after")
    def _evidence_is_of_a_field(self) -> DatasetRecipe:
        known = {"seed", "calls"}
        for number, step in enumerate(self.steps, start=1):
            known |= {f"{number}", *(f"{number}.{name}" for name in step.settings)}
        for field in self.evidence:
            if field not in known:
                raise ValueError(f"evidence.{field}: no such field; there are {', '.join(sorted(known))}")
        return self

    def named_sources(self) -> list[tuple[str, str]]:
        """List the places that name a source, with the key they name."""
        places = [("recipe.source", self.source)]
        places += [(f"recipe.evidence.{field}", key) for field, key in self.evidence.items()]
        for disagreement in self.disagreements:
            places += [(f"recipe.disagreements ({disagreement.about})", said.source) for said in disagreement.says]
        return places
