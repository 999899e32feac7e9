"""Terms: what a license lets one do and asks for, and the policies under which terms travel along edges."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from llmreg.schema.base import Entry, Key, Strict
from llmreg.schema.values import Day, Natural, PartialDate, Text
from llmreg.uses import Business, Use

Permission = Literal["permitted", "conditional", "prohibited", "unclear"]
Ground = Literal[
    "attribution", "share-alike", "non-commercial", "no-derivatives", "use-restrictions", "threshold", "territory",
    "purpose", "registration", "service-terms", "web-crawl", "outputs", "naming", "unstated", "silent",
]  # fmt: skip
"""Why a use is not simply permitted; a policy says for each ground how it travels from data to weights."""

Outputs = Literal[
    "free", "silent", "derivative-flowdown", "naming-required", "noncommercial-only", "research-only",
    "forbidden-other-llms", "forbidden-competing", "forbidden-foundation", "unknown", "not-applicable",
]  # fmt: skip
"""What a license says of training other models on the outputs."""


Metric = Literal[
    "monthly-users", "annual-revenue", "monthly-revenue", "attributable-revenue", "territory", "purpose", "business",
    "date",
]  # fmt: skip
"""What a bound measures: monthly active users; revenue in US dollars, the last only what is earned with the work."""
Purpose = Literal["commercial", "non-commercial", "research"]


class Bound(Strict):
    """A line between licensees or days; who is beyond it, or inside the named territories or purposes, is concerned."""

    metric: Metric
    above: Natural | None = None
    """The figure beyond which one is concerned."""
    territories: tuple[Text, ...] = ()
    """ISO 3166-1 alpha-2 codes, or EU."""
    purposes: tuple[Purpose, ...] = ()
    """With another metric than `purpose`: only for these purposes, in doubt for whoever names none."""
    businesses: tuple[Business, ...] = ()
    """With another metric than `business`: only for whoever runs one of these, in doubt for whoever does not say."""
    spares_internal_use: bool = False
    """Whether it leaves alone those who keep the work, its outputs and its abilities to themselves."""
    measured_on: PartialDate | None = None
    """The day whose figure counts, where the license names one; for `date`, the day from which one is concerned."""
    multimodal: bool = False
    """Only for models that take or give more than text; in doubt for those of which the catalog does not say."""

    @model_validator(mode="after")
    def _has_what_its_metric_needs(self) -> Bound:
        fields = {
            "territory": "territories", "purpose": "purposes", "business": "businesses", "date": "measured_on",
        }  # fmt: skip
        field = fields.get(self.metric, "above")
        if getattr(self, field) in (None, ()):
            raise ValueError(f"{field}: is missing; a bound on {self.metric} needs it")
        return self


class Condition(Bound):
    """What holds for whoever is beyond a bound."""

    uses: tuple[Use, ...] = ()
    """The uses it bears on; all where none is named."""
    then: Permission
    text: Text
    clause: Text | None = None
    source: Key | None = None


class UseTerm(Strict):
    """What a license says of one use."""

    permission: Permission
    ground: Ground | None = None
    text: Text
    """The term in our words, short enough to be read in a verdict."""
    clause: Text | None = None
    source: Key | None = None


class OutputsTerm(Strict):
    """What a license says of training other models on the outputs."""

    value: Outputs
    text: Text | None = None
    clause: Text | None = None
    source: Key | None = None


DutyName = Literal[
    "attribution", "notice", "license-copy", "state-changes", "share-alike", "flow-down", "naming", "source-code",
    "use-restrictions", "registration", "disclosure", "documentation", "royalty",
]  # fmt: skip


class Duty(Strict):
    """Something the licensee must do, and the uses that trigger it."""

    duty: DutyName
    when: tuple[Use, ...]
    """The uses that trigger the duty."""
    text: Text
    """What to do, as an order to the licensee."""
    clause: Text | None = None
    source: Key | None = None
    beyond: tuple[Bound, ...] = ()
    """Only for whoever is beyond one of these bounds; all where none is named."""
    reaches: tuple[Literal["trained-on-outputs", "trained-on-data"], ...] = ()
    """Whom it reaches besides those who use the work and its derivatives: whoever uses a model that was trained on its
    outputs, or on the data, whatever the policy."""


class License(Entry):
    """One license or set of terms."""

    kind: ClassVar[str] = "license"
    claims: ClassVar[tuple[str, ...]] = (
        "category", "uses", "outputs", "duties", "share_alike", "derivatives", "conversion", "conditions",
    )  # fmt: skip

    category: Literal[
        "permissive", "copyleft", "share-alike", "non-commercial", "no-derivatives", "community", "rail",
        "terms-of-service", "unread", "none", "label",
    ]  # fmt: skip
    """`unread`: a license whose text nobody read for the catalog; `none`: nothing is granted; `label`: a word that
    people write where a license should stand, without terms."""
    spdx: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]+$")] | None = None
    """SPDX id, or a LicenseRef where SPDX has none."""
    applies_to: tuple[Literal["code", "model", "data", "service-output"], ...]
    uses: dict[Use, UseTerm]
    """`research` may be left out where it follows from `commercial`."""
    derivatives: UseTerm
    """Of making works from the licensed one, fine-tuned weights among them. `prohibited` reaches every use of such a
    work; the ground `no-derivatives` means that they may be made and not passed on."""
    conversion: UseTerm | None = None
    """Of copies in another format, where the license says that they are no derivatives."""
    outputs: OutputsTerm
    conditions: tuple[Condition, ...] = ()
    """Bounds on who may use the work, where, when and for what, checked against the licensee."""
    share_alike: Literal[
        "none", "strong", "network", "adaptations", "database", "data", "use-restrictions", "derivatives", "unknown"
    ] = "none"
    duties: tuple[Duty, ...] = ()
    notice: Text | None = None
    """Text that copies must carry, word for word."""
    by_statement: bool = False
    """Whether the terms are no more than a sentence of the authors, which each claim quotes."""
    reaches_models: bool = True
    """False where the license itself frees models trained on the data."""
    name_prefix: Text | None = None
    """How the names of distributed derivatives must begin."""
    adds_to: Text | None = None
    """The id of a license to whose text these terms add restrictions that it bars."""
    compatible_with: tuple[Text, ...] = ()
    """Ids of licenses under which adaptations may be shared in place of this one."""
    revocable: bool | None = None
    verified: Literal["text", "standard", "statement", "secondary"]
    """How the terms were checked: in the text, against standard tables, from a statement, from another's account."""
    unsure: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _each_use_is_judged(self) -> License:
        for use in ("commercial", "redistribution", "hosting"):
            if use not in self.uses:
                raise ValueError(
                    f"uses.{use}: is missing; a license must say permitted, conditional, prohibited or unclear"
                )
        for place, term in [
            *((f"uses.{use}", term) for use, term in self.uses.items()),
            ("derivatives", self.derivatives),
            *([("conversion", self.conversion)] if self.conversion else []),
        ]:
            if term.permission != "permitted" and term.ground is None:
                raise ValueError(f"{place}: needs `ground`, the reason why it is {term.permission}")
        return self

    def _named_sources(self) -> list[tuple[str, str]]:
        places = super()._named_sources()
        places += [(f"uses.{use}", term.source) for use, term in self.uses.items() if term.source]
        places += [("derivatives", self.derivatives.source)] if self.derivatives.source else []
        places += [("conversion", self.conversion.source)] if self.conversion and self.conversion.source else []
        places += [("outputs", self.outputs.source)] if self.outputs.source else []
        places += [(f"duties ({duty.duty})", duty.source) for duty in self.duties if duty.source]
        places += [(f"conditions ({bound.metric})", bound.source) for bound in self.conditions if bound.source]
        return places


Effect = Literal["binds", "contested", "condition", "noted", "ignored"]
"""What becomes of a parent's term: it holds in full, makes the verdict unclear, is a condition, a note, or nothing."""


class Policy(Entry):
    """How far terms travel where the law is unsettled; weights edges always carry them in full."""

    kind: ClassVar[str] = "policy"
    claims: ClassVar[tuple[Text, ...]] = ("switches",)

    switches: Switches


class Switches(Strict):
    """One effect for each open question; docs/how-verdicts-are-reached.md explains them."""

    attribution_data: Effect
    """A model was trained on data that asks for credit."""
    share_alike_data: Effect
    """... on data whose adaptations stay under its license."""
    non_commercial_data: Effect
    no_derivatives_data: Effect
    restricted_data: Effect
    """... on data with any other restriction: use, purpose, territory, threshold."""
    service_terms: Effect
    """... on outputs of a service that somebody else drew: do its terms bind who never agreed to them?"""
    unlicensed_finetuning_data: Effect
    unlicensed_pretraining_data: Effect
    """... on data without a license, or of crawled pages, in pre-training."""
    unlicensed_contents: Effect
    """The dataset that is asked about holds works without a license under a license for the collection."""
    unlicensed_tuning_contents: Effect
    """A model was fine-tuned on such a dataset, or on crawled pages."""
    restricted_outputs: Effect
    """A model was trained on data that somebody else drew from an open model whose license restricts its outputs."""
    outputs_in_dataset: Effect
    """The dataset that is asked about holds outputs on which training is restricted, and is used otherwise."""
    silent_outputs: Effect
    """A model was trained on outputs of one whose license says nothing of outputs."""
    unstated_lineage: Effect = "noted"
    """A card or a tracker's row, which nobody checked, names no base and no data: may there be any?"""
    disputed_license: Effect
    """Two licenses are stated for one component at one time: what becomes of the narrower one?"""
    adapter_is_derivative: Effect
    """Does an adapter file carry the terms of its base?"""
    delta_is_derivative: Effect
    """Does a file of weight differences?"""
    shared_tokenizer: Effect
    """A model uses the tokenizer of another."""


class Manifest(Strict):
    """The catalog's own statement: its date and the license of its data."""

    name: Text
    date: Day
    license: Text
    statement: Text
