"""Terms: what a license lets one do and asks for, and the policies under which terms travel along edges."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import model_validator

from llmreg.schema.base import Entry, Key, PartialDate, Strict
from llmreg.uses import Use

Permission = Literal["permitted", "conditional", "prohibited", "unclear"]
Ground = Literal[
    "attribution", "share-alike", "non-commercial", "no-derivatives", "use-restrictions", "threshold", "territory",
    "purpose", "service-terms", "outputs", "naming", "unstated", "silent",
]  # fmt: skip
"""Why a use is not simply permitted; a policy says for each ground how it travels from data to weights."""

Outputs = Literal[
    "free", "silent", "derivative-flowdown", "naming-required", "noncommercial-only", "research-only",
    "forbidden-other-llms", "forbidden-competing", "forbidden-foundation", "unknown", "not-applicable",
]  # fmt: skip
"""What a license says of training other models on the outputs."""


class Condition(Strict):
    """A bound on who may use something, where or when; a figure is compared with the licensee's."""

    metric: Literal["monthly-users", "annual-revenue", "territory", "date", "purpose"]
    above: int | None = None
    """The figure beyond which `then` holds."""
    territories: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2 codes, or EU, in which `then` holds."""
    measured_on: PartialDate | None = None
    then: Permission
    text: str


class UseTerm(Strict):
    """What a license says of one use."""

    permission: Permission
    ground: Ground | None = None
    text: str
    """The term in our words, short enough to be read in a verdict."""
    clause: str | None = None
    conditions: tuple[Condition, ...] = ()
    source: Key | None = None


class OutputsTerm(Strict):
    """What a license says of training other models on the outputs."""

    value: Outputs
    text: str | None = None
    clause: str | None = None
    source: Key | None = None


class Duty(Strict):
    """Something the licensee must do, and the uses that trigger it."""

    duty: Literal[
        "attribution", "notice", "license-copy", "state-changes", "share-alike", "flow-down", "naming", "source-code",
        "use-restrictions",
    ]  # fmt: skip
    when: tuple[Use, ...]
    """The uses that trigger the duty."""
    text: str
    clause: str | None = None
    source: Key | None = None


class License(Entry):
    """One license or set of terms."""

    kind: ClassVar[str] = "license"
    claims: ClassVar[tuple[str, ...]] = ("category", "uses", "outputs", "duties", "share_alike", "derivatives")

    category: Literal[
        "permissive", "copyleft", "share-alike", "non-commercial", "no-derivatives", "community", "rail",
        "terms-of-service", "none",
    ]  # fmt: skip
    spdx: str | None = None
    """SPDX id, or a LicenseRef where SPDX has none."""
    applies_to: tuple[Literal["code", "model", "data", "service-output"], ...]
    uses: dict[Use, UseTerm]
    """`research` may be left out where it follows from `commercial`."""
    derivatives: UseTerm
    outputs: OutputsTerm
    share_alike: Literal[
        "none", "strong", "network", "adaptations", "database", "data", "use-restrictions", "derivatives", "unknown"
    ] = "none"
    duties: tuple[Duty, ...] = ()
    notice: str | None = None
    """Text that copies must carry, word for word."""
    reaches_models: bool = True
    """False where the license itself frees models trained on the data."""
    revocable: bool | None = None
    verified: Literal["text", "standard", "statement", "secondary"]
    """How the terms were checked: in the text, against standard tables, from a statement, from another's account."""
    unsure: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _each_use_is_judged(self) -> License:
        for use in ("commercial", "redistribution", "hosting"):
            if use not in self.uses:
                raise ValueError(
                    f"uses.{use}: is missing; a license must say permitted, conditional, prohibited or unclear"
                )
        for use, term in self.uses.items():
            if term.permission != "permitted" and term.ground is None:
                raise ValueError(f"uses.{use}: needs `ground`, the reason why the use is {term.permission}")
        return self

    def _named_sources(self) -> list[tuple[str, str]]:
        places = super()._named_sources()
        places += [(f"uses.{use}", term.source) for use, term in self.uses.items() if term.source]
        places += [("derivatives", self.derivatives.source)] if self.derivatives.source else []
        places += [("outputs", self.outputs.source)] if self.outputs.source else []
        places += [(f"duties ({duty.duty})", duty.source) for duty in self.duties if duty.source]
        return places


Effect = Literal["binds", "contested", "condition", "noted", "ignored"]
"""What becomes of a parent's term: it holds in full, makes the verdict unclear, is a condition, a note, or nothing."""


class Policy(Entry):
    """How far terms travel where the law is unsettled; weights edges always carry them in full."""

    kind: ClassVar[str] = "policy"
    claims: ClassVar[tuple[str, ...]] = ("switches",)

    switches: Switches


class Switches(Strict):
    """One effect for each open question; licenses.md section 3 of the research notes explains them."""

    non_commercial_data: Effect
    share_alike_data: Effect
    no_derivatives_data: Effect
    restricted_data: Effect
    service_terms: Effect
    unlicensed_finetuning_data: Effect
    unlicensed_pretraining_data: Effect
    silent_outputs: Effect
    file_is_derivative: Effect


class Manifest(Strict):
    """The catalog's own statement: its date and the license of its data."""

    name: str
    date: date
    license: str
    statement: str
