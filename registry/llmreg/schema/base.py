"""What all kinds of entries share: strictness, sources, claims of a license and edges to parents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from llmreg.errors import did_you_mean
from llmreg.schema.ids import ENTRY_ID
from llmreg.schema.values import Day, Link, PartialDate, Repository, Text


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know.

    Its validator is built when first needed: most commands need few kinds of entry.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def one_or_many(value: Any) -> Any:
    """Return a list of what may be written without one."""
    return value if isinstance(value, list | tuple) else [value]


Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
"""The name of a source inside its entry."""

Relation = Literal[
    "finetune", "adapter", "delta", "merge", "quantized", "converted", "component",
    "distilled", "architecture", "same-tokenizer", "uses-code",
    "trained-on", "evaluated-on", "derived-from", "mixture-of", "generated-by",
]  # fmt: skip
"""A typed edge from a child to what it was made from; see docs/schema.md for what each one carries."""

WEIGHT_RELATIONS = ("finetune", "adapter", "delta", "merge", "quantized", "converted", "component")
"""The relations along which weights flow; they form no cycle and carry every term of the parent."""

_BETWEEN_MODELS = (*WEIGHT_RELATIONS, "distilled", "architecture", "same-tokenizer")

RELATION_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    **{relation: (frozenset({"model"}), frozenset({"model"})) for relation in _BETWEEN_MODELS},
    "uses-code": (frozenset({"model"}), frozenset({"software"})),
    "trained-on": (frozenset({"model"}), frozenset({"dataset"})),
    "evaluated-on": (frozenset({"model"}), frozenset({"dataset", "benchmark"})),
    "derived-from": (frozenset({"dataset"}), frozenset({"dataset"})),
    "mixture-of": (frozenset({"dataset"}), frozenset({"dataset"})),
    "generated-by": (frozenset({"dataset"}), frozenset({"model", "service"})),
}  # fmt: skip
"""For each relation the kinds a child may have and the kinds a parent may have."""

Stage = Literal["pretrain", "sft", "preference", "reward", "rl", "multimodal"]
"""When in its making a model saw a dataset."""

Role = Literal["language", "vision", "reward", "reference", "teacher"]
"""What a model is to the recipe of its child: the base, a part that sees, or one that is only asked."""
ASKED = ("reward", "reference", "teacher")
"""Roles of models that are asked while a child trains; none of their weights flow into it."""

Component = Literal[
    "weights", "adapter", "delta", "wdiff", "xor", "code", "data", "contents", "outputs", "documentation"
]
"""The part of an entry that a license covers; `contents` are the works a dataset collects, `data` the collection."""

FILE_COMPONENTS = ("adapter", "delta", "wdiff", "xor")
"""Components that are files distributed apart from the model they make."""


class Source(Strict):
    """What was really read, where, when and how."""

    url: Link | None = None
    repository: Repository | None = None
    """`owner/name` of a public git repository."""
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    path: Text | None = None
    """A file in `repository`, in what the `importer` was given, or in llmreg itself where none of them is named."""
    locator: Text | None = None
    """The table, section, line or discussion inside the source."""
    read: Literal["live", "stored-copy", "secondary"]
    """`secondary`: only another's account of the source was read."""
    seen: Day
    importer: Text | None = None
    """The importer that read it and wrote down what it says."""
    license: Text | None = None
    """The license of the source's own text, where text was taken from it."""
    attribution: Text | None = None
    """How the source asks to be credited."""
    note: Text | None = None

    @model_validator(mode="after")
    def _says_where(self) -> Source:
        if not (self.url or self.repository or self.path):
            raise ValueError("give `url`, or `repository` with `commit` and `path`, or the `path` of a file of llmreg")
        return self

    def __str__(self) -> str:
        """Give the source in one line, as reasons print it."""
        place = self.url or (
            f"{self.repository}{'@' + self.commit if self.commit else ''}"
            if self.repository
            else self.importer or "llmreg"
        )
        return " ".join(filter(None, [place, self.path, self.locator]))


class LicenseClaim(Strict):
    """A license that somebody states for one component, with the time for which it was stated."""

    id: Text
    """A license expression over ids in the catalog, `no-licence` where the author states none, `unknown` where
    nobody found out, or `custom` for terms of their own that no entry holds yet."""
    source: Key
    since: PartialDate | None = None
    until: PartialDate | None = None
    note: Text | None = None
    words: Text | None = None
    """What the author wrote for the license, where `id` does not say the same."""
    link: Text | None = None
    """Where the author says that the text of the license stands."""


_Several = Annotated[tuple[LicenseClaim, ...], Field(min_length=1)]
Claims = Annotated[_Several, BeforeValidator(one_or_many, json_schema_input_type=LicenseClaim | _Several)]
"""One claim or several: claims that differ and overlap in time are a recorded disagreement."""


class Edge(Strict):
    """A typed relation from this entry (the child) to what it was made from (`of`, the parent)."""

    relation: Relation
    of: Text
    source: Key
    stage: Stage | None = None
    """Only for `trained-on`, which needs it."""
    role: Role | None = None
    """What a model is to the recipe; a parent along a weight relation is its base where nothing is given."""
    how: Text | None = None
    """What the relation leaves open: which part, which share, which pruning or RLHF."""

    @model_validator(mode="after")
    def _stage_belongs_to_training(self) -> Edge:
        if (self.relation == "trained-on") != (self.stage is not None):
            raise ValueError("`stage` is needed for the relation `trained-on` and belongs to no other")
        return self

    @model_validator(mode="after")
    def _role_belongs_to_models(self) -> Edge:
        needed = "distilled" if self.role in ASKED else " or ".join(WEIGHT_RELATIONS)
        if self.role and self.relation not in needed.split(" or "):
            raise ValueError(f"a model with the role `{self.role}` has the relation {needed}, not {self.relation}")
        return self

    @property
    def is_base(self) -> bool:
        """Tell whether the parent's weights are those that the child starts with."""
        return self.relation in WEIGHT_RELATIONS and self.role in (None, "language")


class Disagreement(Strict):
    """A question to which sources give different answers."""

    about: Text
    says: Annotated[tuple[Statement, ...], Field(min_length=2)]


class Statement(Strict):
    """One source's answer."""

    value: Text
    source: Key


class Entry(Strict):
    """One YAML file of the catalog; the file's name is the id."""

    kind: ClassVar[str]
    claims: ClassVar[tuple[str, ...]] = ()
    """The fields that state a fact about the world and so rest on `source` or on `evidence`."""

    id: Annotated[str, Field(pattern=ENTRY_ID)]
    """Taken from the file's name; not written in the file."""
    name: Text
    description: Text | None = None
    aliases: tuple[Text, ...] = ()
    """Other spellings under which the same thing is known."""
    source: Key | None = None
    """The source of every claim of this entry that names none of its own."""
    evidence: dict[Text, Key] = {}
    """Fields whose source is another than `source`."""
    unknown: tuple[Text, ...] = ()
    """What nobody published."""
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[Text, ...] = ()
    sources: dict[Key, Source] = {}

    @classmethod
    def one(cls) -> str:
        """Name one entry of this kind: `a model`, `software`."""
        return f"a {cls.kind}"

    @property
    def imported(self) -> bool:
        """Tell whether an importer wrote this entry: a record of what another tracker says, under its words."""
        return any(source.importer for source in self.sources.values())

    def edges(self) -> tuple[Edge, ...]:
        """Give the typed relations to this entry's parents."""
        return ()

    def license_claims(self) -> dict[str, tuple[LicenseClaim, ...]]:
        """Give what is stated for each component."""
        return {}

    def source_of(self, field: str) -> Source | None:
        """Give the source on which the claim in `field` rests."""
        key = self.evidence.get(field, self.source)
        return self.sources[key] if key else None

    @model_validator(mode="after")
    def _every_claim_has_a_source(self) -> Entry:
        faults = [
            f"evidence.{field}: no such claim; claims here are {', '.join(self.claims)}"
            for field in self.evidence
            if field not in self.claims
        ]
        faults += [
            f"{field}: has no source; add `evidence.{field}`, or a `source` for the whole entry"
            for field in self.claims
            if getattr(self, field) not in (None, (), {}) and not self.source and field not in self.evidence
        ]
        named = [("source", self.source), *((f"evidence.{field}", key) for field, key in self.evidence.items())]
        faults += [
            missing_source(place, key, self.sources)
            for place, key in (*named, *self._named_sources())
            if key and key not in self.sources
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _named_sources(self) -> list[tuple[str, str]]:
        """List the places outside `evidence` that name a source, with the key they name."""
        places = [(f"made_from ({edge.relation} of {edge.of})", edge.source) for edge in self.edges()]
        for component, claims in self.license_claims().items():
            places += [(f"licenses.{component}", claim.source) for claim in claims]
        for disagreement in self.disagreements:
            places += [(f"disagreements ({disagreement.about})", statement.source) for statement in disagreement.says]
        return places


def missing_source(place: str, key: str, known: Iterable[str]) -> str:
    """Say that a claim names a source which the entry does not define."""
    return f"{place}: no source {key!r} under `sources`{did_you_mean(key, known)}"
