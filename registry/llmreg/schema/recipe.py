"""Recipes: how an entry was made, what that needed and what came out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from llmreg.schema.base import Disagreement, Key, Strict
from llmreg.schema.values import Amount, Count, Natural, Number, Positive, Settings, Share, Text

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Schedule = Literal["constant", "constant-with-warmup", "linear", "cosine", "cosine-with-min-lr"]
Optimizer = Literal[
    "adamw", "adam", "adamw_bnb_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "decoupled_adamw", "sgd"
]  # fmt: skip
Tokenize = Literal["joined", "apart", "apart-begin-written"]
"""How texts become ids: context and answer as one text, each as a text of its own, or so with the begin token written
into the first text. They differ in the spaces that SentencePiece puts in front of texts, and in tokens that would span
a border."""


class Training(Strict):
    """The settings of one optimization; a setting nobody published stays unset and is listed under `unknown`."""

    learning_rate: Positive | None = None
    min_learning_rate: Positive | None = None
    """The end of a decaying schedule, as a share of `learning_rate`."""
    schedule: Schedule | None = None
    warmup_steps: Natural | None = None
    warmup_ratio: Share | None = None
    """Warm-up as a share of all steps."""
    warmup_epochs: Amount | None = None
    steps: Count | None = None
    """Optimizer steps; where given, it wins over `epochs`."""
    epochs: Positive | None = None
    batch_size: Count | None = None
    """Sequences per optimizer step, over all devices and accumulation."""
    micro_batch_size: Count | None = None
    """Sequences per device and forward pass."""
    optimizer: Optimizer | None = None
    adam_beta1: Share | None = None
    adam_beta2: Share | None = None
    adam_epsilon: Positive | None = None
    weight_decay: Amount | None = None
    max_grad_norm: Amount | None = None
    """0 switches clipping off."""
    sequence_length: Count | None = None
    """Longest sequence in tokens, prompt and answer together; of an encoder-decoder each by itself."""
    source_max_length: Count | None = None
    """Longest prompt in tokens, where prompt and answer are cut apart."""
    target_max_length: Count | None = None
    precision: Literal["float32", "bfloat16", "float16"] | None = None
    gradient_checkpointing: bool | None = None
    group_by_length: bool | None = None
    packing: bool | None = None
    seed: Seed | None = None
    data_seed: Seed | None = None


class Portion(Strict):
    """How one of several datasets is taken."""

    reader: Text | None = None
    """How its published rows become rows of the recipe's format; of the dataset's own readers where not given."""
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of its rows that is trained on, drawn once with `data_seed`; 1 for all."""


class RecipeData(Strict):
    """How rows become tokens and which tokens the loss is taken over."""

    format: Text
    """The shape of a row (docs/data-formats.md); checked, as readers are, when plugins are loaded."""
    reader: Text | None = None
    """How published rows become rows of this format (docs/data-formats.md); none where they have its fields already."""
    datasets: dict[Text, Portion] | None = None
    """Where the recipe trains on several datasets: what is published of how each is taken, by its id."""
    template: Text | None = None
    """The id of a template entry; none for plain text."""
    tokenize: Tokenize | None = None
    """How the published script turns a sample into ids; where not given, as the template's does, else `apart`."""
    loss_on: Literal["all", "response"] | None = None
    held_out: Natural | None = None
    """Rows kept back from training: the last ones, unless `held_out_seed` is given."""
    held_out_seed: Seed | None = None
    """Draws the rows kept back at random, the same that `datasets` draws in `train_test_split(seed=...)`."""


class Hardware(Strict):
    """What a run was published to need."""

    gpu: Text | None = None
    gpus: Count | None = None
    hours: Positive | None = None
    """Wall-clock hours, an upper bound where `hours_are` says so."""
    hours_are: Literal["measured", "below", "about"] = "measured"
    cost_usd: Positive | None = None
    note: Text | None = None
    source: Key | None = None


class Recipe(Strict):
    """The part of an entry that says how to make it."""

    method: Text
    """The name of a method that a plugin offers."""
    settings: Settings = {}
    """The method's own settings, checked when its plugin is loaded, which is after the license gate."""
    objective: Settings = {}
    """The `name` of an objective that a plugin offers, and its own settings, checked when that is loaded; sft where
    nothing is given."""
    training: Training = Training()
    data: RecipeData
    evaluation: Text | None = None
    """The id of the benchmark that a reproduction is compared on."""
    hardware: Hardware | None = None
    software: Text | None = None
    """Published versions of the libraries."""
    unknown: tuple[Text, ...] = ()
    """Names of `training`, `data` or `settings` fields, or free words, for what nobody published."""
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[Text, ...] = ()
    source: Key
    """The source of every field here that names none of its own."""
    evidence: dict[Text, Key] = {}
    """Fields, written as `training.epochs`, whose source is another."""

    @model_validator(mode="after")
    def _objective_has_a_name(self) -> Recipe:
        if self.objective and not isinstance(self.objective.get("name"), str):
            raise ValueError("objective: give its `name`, such as dpo, beside its settings")
        return self


class Result(Strict):
    """A published figure."""

    benchmark: Text
    metric: Text
    value: Number
    unit: Literal["percent", "points", "elo", "nats", "ratio", "count"]
    source: Key
    tolerance: Positive | None = None
    """Half the width of the band inside which a re-run counts as the same, in `unit`."""
    tolerance_source: Literal["seeds", "stated", "repeated-evaluation"] | None = None
    seeds: dict[Text, Number] = {}
    """The figure for each seed, where the value is their mean."""
    note: Text | None = None
