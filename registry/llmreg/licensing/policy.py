"""What a policy makes of a term on its way to the entry that was asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from llmreg.licensing.walk import WEIGHT_WAYS
from llmreg.schema.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmreg.licensing.terms import Term
    from llmreg.licensing.walk import Visit
    from llmreg.schema import License, Switches, Use

_STRENGTH: dict[Effect, int] = {"ignored": 0, "noted": 1, "condition": 2, "contested": 3, "binds": 4}
assert set(_STRENGTH) == set(get_args(Effect))  # noqa: S101

_SWITCHES: dict[str, str] = {
    "attribution": "attribution_data",
    "share-alike": "share_alike_data",
    "non-commercial": "non_commercial_data",
    "no-derivatives": "no_derivatives_data",
}
"""Which switch rules a ground that reaches weights through data; any other ground is a restriction."""
_BESIDE_WEIGHTS = {
    "base-of-adapter": "adapter_is_derivative",
    "base-of-delta": "delta_is_derivative",
    "tokenizer": "shared_tokenizer",
}
_TRAINING = ("commercial", "train-on-outputs")
"""The uses of a dataset that are to train a model on it: in order to earn with that model, or as such."""
_BARS = ("noncommercial-only", "research-only", "forbidden-other-llms", "forbidden-foundation")


@dataclass(frozen=True)
class Finding:
    """A license's term at one ancestor, before the policy has spoken."""

    visit: Visit
    term: Term
    license: License | None
    use: Use
    component: str = ""
    """The component that the license is stated for."""
    disputed: bool = False
    """Another license is stated for the same component at the same time, and it allows more."""


@dataclass(frozen=True)
class Rules:
    """A policy's switches, with what the one who asks does or did themselves."""

    switches: Switches
    acting: bool = False
    """Whether the entry is about to be made: then the terms of the data bind whoever trains on it."""
    generated: Collection[str] = ()
    """Datasets that the licensee drew from a service, whose terms they agreed to."""

    def effect(self, finding: Finding) -> Effect:
        """Say what becomes of a term: in full along weights, by the policy's switch through data."""
        effect = self._effect(finding)
        return min(effect, self.switches.disputed_license, key=_STRENGTH.__getitem__) if finding.disputed else effect

    def _effect(self, finding: Finding) -> Effect:
        visit, ground = finding.visit, finding.term.ground
        way = visit.way
        if way in ("itself", *WEIGHT_WAYS, "contents"):
            return self._inside(visit, ground)
        if way in _BESIDE_WEIGHTS:
            return self._switch(_BESIDE_WEIGHTS[way])
        if way == "code":
            return "noted"
        if finding.license and not finding.license.reaches_models and not way.startswith("outputs"):
            return "ignored"
        return self._through_data(finding)

    def _inside(self, visit: Visit, ground: str | None) -> Effect:
        if ground == "unstated-lineage":
            return self.switches.unstated_lineage
        if ground == "web-crawl" and visit.is_derived:
            return self.switches.unlicensed_pretraining_data
        if visit.way == "contents" and ground == "web-crawl":
            return self.switches.unlicensed_pretraining_data
        if visit.way == "contents" and ground == "unstated":
            return self.switches.unlicensed_contents
        return "binds"

    def _through_data(self, finding: Finding) -> Effect:
        visit, ground = finding.visit, finding.term.ground
        if ground in ("unstated", "web-crawl"):
            return self._unlicensed_data(finding)
        if ground is None or (self.acting and visit.is_input_data and ground != "service-terms"):
            return "binds"
        if visit.way.startswith("outputs"):
            return self._through_outputs(finding)
        if ground == "service-terms":
            return self._unless_drawn(visit, self.switches.service_terms)
        return self._switch(_SWITCHES.get(ground, "restricted_data"))

    def _through_outputs(self, finding: Finding) -> Effect:
        """Judge what a license says of outputs: it binds who drew them, and whoever has them where it follows them."""
        visit, ground = finding.visit, finding.term.ground
        if visit.way == "outputs-in-dataset" and finding.use not in _TRAINING and not _flows_down(finding):
            return self.switches.outputs_in_dataset
        if ground == "silent":
            return self.switches.silent_outputs
        if ground == "service-terms":
            return self._unless_drawn(visit, self.switches.service_terms)
        if visit.way == "outputs" or not _bars_training(finding):
            return "binds"
        return self._unless_drawn(visit, self.switches.restricted_outputs)

    def _unlicensed_data(self, finding: Finding) -> Effect:
        """Judge by the stage whether the data have no license, or only the works that licensed data collect."""
        if finding.visit.way.endswith("pretraining-data"):
            return self.switches.unlicensed_pretraining_data
        if finding.component == "contents" or finding.term.ground == "web-crawl":
            return self.switches.unlicensed_tuning_contents
        return self.switches.unlicensed_finetuning_data

    def _switch(self, name: str) -> Effect:
        effect: Effect = getattr(self.switches, name)
        return effect

    def _unless_drawn(self, visit: Visit, effect: Effect) -> Effect:
        """Bind the licensee who drew one of the datasets on the path; give the policy's effect for all others."""
        return "binds" if any(step in self.generated for step in visit.path) else effect


def _flows_down(finding: Finding) -> bool:
    """Tell whether the license follows its outputs to whoever has them; others bind only the one who drew them."""
    return finding.license is not None and finding.license.outputs.value == "derivative-flowdown"


def _bars_training(finding: Finding) -> bool:
    """Tell whether the license closes training on outputs to some or all; others ask only for a name or the like."""
    return finding.license is not None and finding.license.outputs.value in _BARS
