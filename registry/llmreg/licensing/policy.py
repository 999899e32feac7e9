"""What a policy makes of a term on its way to the entry that was asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from llmreg.schema.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmreg.licensing.terms import Term
    from llmreg.licensing.walk import Visit
    from llmreg.schema import License, Switches

_STRENGTH: dict[Effect, int] = {"ignored": 0, "noted": 1, "condition": 2, "contested": 3, "binds": 4}
assert set(_STRENGTH) == set(get_args(Effect))  # noqa: S101

_SWITCHES: dict[str, str] = {
    "attribution": "attribution_data",
    "share-alike": "share_alike_data",
    "non-commercial": "non_commercial_data",
    "no-derivatives": "no_derivatives_data",
    "service-terms": "service_terms",
    "silent": "silent_outputs",
}
"""Which switch rules a ground that reaches weights through data; any other ground is a restriction."""
_BESIDE_WEIGHTS = {
    "base-of-adapter": "adapter_is_derivative",
    "base-of-delta": "delta_is_derivative",
    "tokenizer": "shared_tokenizer",
}


@dataclass(frozen=True)
class Finding:
    """A license's term at one ancestor, before the policy has spoken."""

    visit: Visit
    term: Term
    license: License | None
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
        if way in ("itself", "weights", "contents"):
            return self._inside(visit, ground)
        if way in _BESIDE_WEIGHTS:
            return self._switch(_BESIDE_WEIGHTS[way])
        if way == "code":
            return "noted"
        if finding.license and not finding.license.reaches_models and not way.startswith("outputs"):
            return "ignored"
        return self._through_data(finding)

    def _inside(self, visit: Visit, ground: str | None) -> Effect:
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
        through_outputs = visit.way.startswith("outputs")
        if ground == "service-terms" or (through_outputs and ground != "silent"):
            if visit.way == "outputs" and ground != "service-terms":
                return "binds"
            switch = "service_terms" if ground == "service-terms" else "restricted_outputs"
            return "binds" if self._drawn_by_licensee(visit) else self._switch(switch)
        return self._switch(_SWITCHES.get(ground, "restricted_data"))

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

    def _drawn_by_licensee(self, visit: Visit) -> bool:
        """Tell whether the licensee drew one of the datasets on the path from a service."""
        return any(step in self.generated for step in visit.path)
