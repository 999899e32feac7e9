"""Recipes: how an entry was made, what that needed and what came out."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from llmreg.schema.base import Disagreement, Key, Strict
from llmreg.schema.values import Amount, Count, Natural, Number, Positive, Settings, Share, Text

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Schedule = Literal["constant", "constant-with-warmup", "linear", "cosine", "cosine-with-min-lr"]
Optimizer = Literal[
    "adamw", "adam", "adamw_bnb_8bit", "paged_adamw_32bit", "paged_adamw_8bit", "decoupled_adamw", "sgd"
]  # fmt: skip
STAGE_NAME = r"^[a-z][a-z0-9-]*$"
RECIPE_FORMS = ("<flat>", "<staged>")
"""What a recipe's two forms are called in places of faults, where nobody but the validator sees them."""
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
    """Where the recipe trains on several datasets: what is published of how each is taken, by its id; a stage of
    several names its datasets here, even one."""
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


class Step(Strict):
    """What one stage of training does: a method with an objective, its data and its training."""

    method: Text
    """The name of a method that a plugin offers."""
    settings: Settings = {}
    """The method's own settings, checked when its plugin is loaded, which is after the license gate."""
    objective: Settings = {}
    """The `name` of an objective that a plugin offers, and its own settings, checked when that is loaded; sft where
    nothing is given."""
    training: Training = Training()
    data: RecipeData

    @model_validator(mode="after")
    def _objective_has_a_name(self) -> Self:
        if self.objective and not isinstance(self.objective.get("name"), str):
            raise ValueError("objective: give its `name`, such as dpo, beside its settings")
        return self


class RecipeStage(Step):
    """One of several stages of a recipe."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    name: Annotated[str, Field(pattern=STAGE_NAME)]
    """What later stages, `--set` and run folders call it."""
    start: Text | None = Field(default=None, alias="from")
    """The weights it starts with: an earlier stage by its name, or a model by its id; the entry's base where not
    given."""
    consults: dict[Text, Text] = {}
    """The frozen models that the objective asks: for each role an earlier stage, or a model by its id. The reference
    is the stage's own start where not given."""


class _Recipe(Strict):
    """What holds for a recipe as a whole."""

    evaluation: Text | None = None
    """The id of the benchmark that a reproduction is compared on."""
    hardware: Hardware | None = None
    software: Text | None = None
    """Published versions of the libraries."""
    unknown: tuple[Text, ...] = ()
    """Names of `training`, `data` or `settings` fields, or free words, for what nobody published; where a recipe has
    stages, with the stage's name before them, as `dpo.training.seed`."""
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[Text, ...] = ()
    source: Key
    """The source of every field here that names none of its own."""
    evidence: dict[Text, Key] = {}
    """Fields, written as `training.epochs` or `dpo.training.epochs`, whose source is another."""


class Recipe(_Recipe, Step):
    """The part of an entry that says how to make it, in one stage."""

    @property
    def steps(self) -> dict[str, Step]:
        """Give what each stage does, by the prefix that its fields have: the only one has none."""
        return {"": self}


class StagedRecipe(_Recipe):
    """The part of an entry that says how to make it, in several stages; the last one makes the entry."""

    stages: Annotated[tuple[RecipeStage, ...], Field(min_length=1)]

    @property
    def steps(self) -> dict[str, Step]:
        """Give what each stage does, by the prefix that its fields have in `unknown` and `evidence`."""
        return {f"{stage.name}.": stage for stage in self.stages}

    @property
    def last(self) -> RecipeStage:
        """Give the stage that makes the entry."""
        return self.stages[-1]

    @property
    def method(self) -> str:
        """Name the method of the last stage."""
        return self.last.method

    @property
    def settings(self) -> dict[str, Any]:
        """Give the method's settings in the last stage."""
        return self.last.settings

    @property
    def objective(self) -> dict[str, Any]:
        """Give the objective of the last stage."""
        return self.last.objective

    @property
    def training(self) -> Training:
        """Give the training of the last stage."""
        return self.last.training

    @property
    def data(self) -> RecipeData:
        """Give the data of the last stage."""
        return self.last.data

    @model_validator(mode="after")
    def _stages_name_earlier_ones(self) -> StagedRecipe:
        """Refuse two stages of one name, and a stage whose name another field would be read as."""
        names = [stage.name for stage in self.stages]
        if doubled := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"stages: two are named {doubled[0]!r}; give each a name of its own")
        for index, stage in enumerate(self.stages):
            later = names[index:]
            named = {"from": stage.start, **{f"consults.{role}": name for role, name in stage.consults.items()}}
            for field, name in named.items():
                if name in later:
                    raise ValueError(
                        f"stages.{index}.{field}: {name!r} is no earlier stage; stages go from first to last"
                    )
        return self


def _form(value: Any) -> str:
    """Tell which form a recipe has."""
    staged = "stages" in value if isinstance(value, dict) else isinstance(value, StagedRecipe)
    return RECIPE_FORMS[staged]


AnyRecipe = Annotated[
    Annotated[Recipe, Tag(RECIPE_FORMS[0])] | Annotated[StagedRecipe, Tag(RECIPE_FORMS[1])], Discriminator(_form)
]
"""A recipe in one stage, written flat, or in several."""


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
