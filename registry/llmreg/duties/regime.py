"""A regime as data: each threshold with the point of the law it stands in and the day since which it applies."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import yaml

from llmreg.errors import UsageError, did_you_mean
from llmreg.schema import Strict

REGIMES = ("eu-gpai",)


class Rule(Strict):
    """One threshold."""

    flop: float | None = None
    share: float | None = None
    of: str | None = None
    """The rule whose figure the share is of; without one it is of the base's compute."""
    point: str
    since: date


class Regime(Strict):
    """A law with its thresholds."""

    name: str
    about: str
    rules: dict[str, Rule]


def regime(name: str) -> Regime:
    """Return a regime by its name; raise `UsageError` for one that does not exist."""
    if name not in REGIMES:
        raise UsageError(f"--regime {name}: there is no such regime{did_you_mean(name, REGIMES)}; there is eu-gpai")
    return Regime.model_validate(yaml.safe_load(files("llmreg.duties").joinpath(f"{name}.yaml").read_text("utf-8")))
