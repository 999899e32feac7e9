"""Assets: models, datasets, services, software, benchmarks and prompt templates."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_serializer, model_validator

from llmreg.schema.base import (
    FILE_COMPONENTS,
    Claims,
    Component,
    Edge,
    Entry,
    LicenseClaim,
    one_or_many,
)
from llmreg.schema.dataset_recipe import DatasetRecipe
from llmreg.schema.file_codec import FileCodec
from llmreg.schema.ids import HUB_ID
from llmreg.schema.recipe import AnyRecipe, Result, Tokenize
from llmreg.schema.values import Count, Exact, Link, PartialDate, Repository, Settings, Text

_HubName = Annotated[str, Field(pattern=HUB_ID)]
_HubNames = Annotated[
    tuple[_HubName, ...],
    BeforeValidator(
        lambda value: () if value is None else one_or_many(value),
        json_schema_input_type=_HubName | tuple[_HubName, ...] | None,
    ),
]


class Asset(Entry):
    """An entry that somebody made, releases and licenses."""

    developers: tuple[Text, ...] = ()
    released: PartialDate | None = None
    licenses: dict[Component, Claims] = {}
    made_from: tuple[Edge, ...] = ()
    hub: _HubNames = ()
    """Repository id on the Hub; where it had others, a list with the present one first."""
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """Commit of the Hub repository; unset until a fetch resolves and records it."""
    repository: Repository | None = None
    """`owner/name` of the public git repository that made it."""
    homepage: Link | None = None
    same_as: tuple[Text, ...] = ()
    """Ids of entries of the same kind that an imported record is about."""
    stub: bool = False
    """Others only name it: nothing is known of it but that, and what was written beside its name."""

    claims: ClassVar[tuple[str, ...]] = ("developers", "released", "hub", "repository", "homepage")

    @property
    def hub_id(self) -> str | None:
        """Return the repository's present id on the Hub."""
        return self.hub[0] if self.hub else None

    @field_serializer("hub")
    def _as_written(self, hub: tuple[str, ...]) -> str | list[str]:
        """Write one id as text and several as a list, as files have them."""
        return hub[0] if len(hub) == 1 else [*hub]

    def edges(self) -> tuple[Edge, ...]:
        """Give the typed relations to this entry's parents."""
        return self.made_from

    def license_claims(self) -> dict[str, tuple[LicenseClaim, ...]]:
        """Give what is stated for each component."""
        return {component: claims for component, claims in self.licenses.items()}  # noqa: C416 - widens the key


class Model(Asset):
    """Weights one can run, or the file (adapter, delta) that makes them from others."""

    kind: ClassVar[str] = "model"
    claims: ClassVar[tuple[str, ...]] = (
        *Asset.claims, "modality", "parameters", "architecture", "context_length", "pretraining_tokens",
        "training_compute",
    )  # fmt: skip

    modality: tuple[Literal["text", "image", "audio", "video"], ...] = ()
    parameters: Count | None = None
    """Published or counted number of weights."""
    architecture: Settings = {}
    """`model_type` and the dimensions as `transformers` names them; derived models take their base's."""
    context_length: Count | None = None
    pretraining_tokens: Count | None = None
    """Published number of tokens seen in pre-training, those of its bases included where the publisher counts so."""
    training_compute: Annotated[float, Field(gt=0, lt=1e30)] | None = None
    """Floating-point operations of training, published or estimated by others, as the source says."""
    file_of: Text | None = None
    """The model that this file makes; the file's lineage is that model's."""
    component: Component | None = None
    """Which component of `file_of` this file is."""
    codec: FileCodec | None = None
    """How this file makes the model."""
    recipe: AnyRecipe | None = None
    results: tuple[Result, ...] = ()

    @model_validator(mode="after")
    def _file_names_model_and_component(self) -> Model:
        if (self.file_of is None) != (self.component is None):
            raise ValueError("`file_of` and `component` go together")
        if self.codec and not self.file_of:
            raise ValueError("`codec` is of a file; write it in the file's own entry")
        if self.component and self.component not in FILE_COMPONENTS:
            raise ValueError(f"component: a file is one of {', '.join(FILE_COMPONENTS)}")
        if self.file_of and (self.made_from or self.licenses):
            raise ValueError(f"a file's licenses and lineage are stated in the model it makes, {self.file_of!r}")
        return self

    @model_validator(mode="after")
    def _architecture_names_its_type(self) -> Model:
        if self.architecture and "model_type" not in self.architecture:
            raise ValueError("architecture: needs `model_type`, a name that transformers knows")
        return self

    def _named_sources(self) -> list[tuple[str, str]]:
        places = super()._named_sources()
        places += [(f"results ({result.benchmark})", result.source) for result in self.results]
        places += [("codec.source", self.codec.source)] if self.codec else []
        if not self.recipe:
            return places
        places += [("recipe.source", self.recipe.source)]
        places += [(f"recipe.evidence.{field}", key) for field, key in self.recipe.evidence.items()]
        if self.recipe.hardware and self.recipe.hardware.source:
            places += [("recipe.hardware.source", self.recipe.hardware.source)]
        for disagreement in self.recipe.disagreements:
            places += [(f"recipe.disagreements ({disagreement.about})", said.source) for said in disagreement.says]
        return places


class Dataset(Asset):
    """Rows or documents that models are trained or judged on."""

    kind: ClassVar[str] = "dataset"
    claims: ClassVar[tuple[str, ...]] = (*Asset.claims, "rows", "tokens", "languages", "format", "maker", "sha256")

    rows: Count | None = None
    tokens: Count | None = None
    languages: tuple[Text, ...] = ()
    format: Text | None = None
    """The shape of a row: `text`; `instruction`, `input`, `output`; `messages`; those with `chosen` and
    `rejected`; a plugin may bring others."""
    readers: tuple[Text, ...] = ()
    """The readers of its published rows; a recipe on several datasets that names none takes the first of its format."""
    maker: Text | None = None
    """The name of the maker inside llmreg that writes this dataset from nothing."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Hash of the rows as JSON lines, for datasets that llmreg makes."""
    recipe: DatasetRecipe | None = None

    def _named_sources(self) -> list[tuple[str, str]]:
        return [*super()._named_sources(), *(self.recipe.named_sources() if self.recipe else ())]


class Service(Asset):
    """Something one only gets outputs from."""

    kind: ClassVar[str] = "service"


class Software(Asset):
    """Code that made, runs or guards models."""

    kind: ClassVar[str] = "software"

    @classmethod
    def one(cls) -> str:
        """Name it without an article, which software has not."""
        return cls.kind


class Benchmark(Asset):
    """A set of questions with a way to score the answers."""

    kind: ClassVar[str] = "benchmark"
    claims: ClassVar[tuple[str, ...]] = (*Asset.claims, "items", "metric", "dataset")

    items: Count | None = None
    metric: Text | None = None
    dataset: Text | None = None
    """The id of the dataset that holds the questions."""


class Template(Entry):
    """A prompt format byte for byte; it is a wire format, so its hash is its identity."""

    kind: ClassVar[str] = "template"
    claims: ClassVar[tuple[str, ...]] = ("prompt", "response", "tokenize", "special_tokens")

    system: Exact = ""
    """Written once, before everything."""
    prompt: Exact
    """One user turn; `{instruction}` and `{input}` stand for a row's fields, `{text}` for a whole text."""
    prompt_without_input: Exact | None = None
    """Used in place of `prompt` for rows whose input is empty."""
    response: Exact
    """One answer; `{output}` stands for its text."""
    turn_end: Exact = ""
    """Written after each answer."""
    begin_token: bool = True
    """Whether the tokenizer's begin-of-sequence token comes first."""
    end_token: bool = True
    """Whether the tokenizer's end-of-sequence token is appended after each answer, and learnt."""
    tokenize: Tokenize | None = None
    """How the script that the format was read from turns it into ids; a recipe's own `data.tokenize` wins."""
    special_tokens: tuple[Exact, ...] = ()
    """Special tokens that the format writes and that its authors add to the tokenizer."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @model_validator(mode="after")
    def _hash_matches(self) -> Template:
        if self.sha256 != self.content_hash():
            raise ValueError(f"sha256: the text above hashes to {self.content_hash()}; correct the text or the hash")
        return self

    def to_file(self) -> str:
        """Return the template as it lies next to weights; what is not stated of its use is left out."""
        unstated = {name for name in ("tokenize", "special_tokens") if not getattr(self, name)}
        return self.model_dump_json(indent=2, exclude=unstated) + "\n"

    def content_hash(self) -> str:
        """Give the SHA-256 of the format's own fields as canonical JSON in UTF-8."""
        fields = ("system", "prompt", "prompt_without_input", "response", "turn_end", "begin_token", "end_token")
        content = json.dumps({field: getattr(self, field) for field in fields}, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()
