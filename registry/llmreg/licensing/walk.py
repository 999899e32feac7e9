"""Walk from an entry up its lineage, and say for each ancestor in which way its terms reach the entry."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmreg.catalog.accounts import deciding
from llmreg.lineage import SAME_AS, edges_of, same_as
from llmreg.schema import WEIGHT_RELATIONS, Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmreg.catalog import Catalog
    from llmreg.schema import Entry, Use

Way = Literal[
    "itself", "weights", "converted", "quantized", "contents", "base-of-adapter", "base-of-delta", "tuning-data",
    "pretraining-data", "outputs", "outputs-in-dataset", "outputs-in-tuning-data", "outputs-in-pretraining-data",
    "tokenizer", "code",
]  # fmt: skip
"""How an ancestor's terms reach the entry.

`itself` and `weights`: in full; `converted` and `quantized` are the weights themselves in another format or precision.
`contents`: as terms of works that a dataset collects. `base-of-...`: the base that a distributed adapter or difference
is of no use without. `tuning-data`, `pretraining-data`: as terms of data a model has seen. `outputs...`: as terms on
training with outputs, reached by distillation or through data that was generated; `outputs-in-dataset` where one asks
for such data. `tokenizer`, `code`: as terms of a file next to the weights.
"""

WEIGHT_WAYS: tuple[Way, ...] = ("weights", "converted", "quantized")
_COPIES: dict[tuple[Way, str], Way] = {
    ("itself", "converted"): "converted",
    ("converted", "converted"): "converted",
    ("itself", "quantized"): "quantized",
    ("converted", "quantized"): "quantized",
    ("quantized", "converted"): "quantized",
    ("quantized", "quantized"): "quantized",
}
"""The ways on which nothing was learnt; any other step between weights leads on as `weights`."""
OUTPUT_WAYS: dict[Way, Way] = {
    "itself": "outputs-in-dataset",
    "contents": "outputs-in-dataset",
    "tuning-data": "outputs-in-tuning-data",
    "pretraining-data": "outputs-in-pretraining-data",
}
_BESIDE: dict[str, Way] = {"same-tokenizer": "tokenizer", "uses-code": "code"}


@dataclass(frozen=True)
class Visit:
    """One ancestor, the way its terms come, and the shortest path there."""

    id: str
    way: Way
    path: tuple[str, ...]
    relations: tuple[str, ...]

    @property
    def is_input_data(self) -> bool:
        """Tell whether this is data that a training run reads: the root's own data, or what that was made from."""
        return self.relations[:1] == ("trained-on",) and set(self.relations[1:]) <= {"derived-from", "mixture-of"}

    @property
    def is_derived(self) -> bool:
        """Tell whether the root was made from this, and is not it, nor another's record of it."""
        return any(relation != SAME_AS for relation in self.relations)

    @property
    def key(self) -> tuple[str, Way, bool, str]:
        """Tell apart the ways that may end in different verdicts; for outputs, by the dataset that holds them."""
        holder = self.path[-2] if self.way.startswith("outputs") else ""
        return self.id, self.way, self.is_input_data, holder


def walk(
    catalog: Catalog, entry_id: str, *, file_binds: bool, instead: Mapping[str, str | None] | None = None
) -> Iterator[Visit]:
    """Visit every ancestor once for each way in which its terms come, nearest first; cycles end by themselves.

    An entry in whose place another decides is passed through: the other's terms and lineage are the ones that count.
    `file_binds`: whether an adapter or delta file counts as a derivative of its base. `instead`: ancestors to put in
    the place of others, or to leave out, where None stands.
    """
    entry = catalog[entry_id]
    base_of_file = _base_of(entry) if not file_binds else None
    queue = deque([Visit(entry_id, "itself", (entry_id,), ())])
    seen = {queue[0].key}
    while queue:
        visit = queue.popleft()
        decides = deciding(catalog, catalog[visit.id])
        if not decides:
            yield visit
        for parent, relation, stage in _parents(catalog, visit.id, decides, instead or {}):
            way = visit.way if relation == SAME_AS else next_way(visit.way, relation, stage)
            if way in WEIGHT_WAYS and visit.way == "itself" and base_of_file:
                way = base_of_file
            if way is None:
                continue
            further = Visit(parent, way, (*visit.path, parent), (*visit.relations, relation))
            if further.key not in seen:
                seen.add(further.key)
                queue.append(further)


def frees_outputs(catalog: Catalog, visit: Visit, use: Use) -> bool:
    """Tell whether on the way here a maker of a model and of its base says what may be done with the model's outputs.

    What the base's license says of outputs is its maker's to give up; for the weights it goes on holding.
    """
    way: Way = "itself"
    for of, relation, base in zip(visit.path, visit.relations, visit.path[1:], strict=False):
        if asks_for_outputs(way, use) and answers_for_outputs(catalog[of], relation, catalog[base]):
            return True
        way = next_way(way, relation, None) or way
    return False


def asks_for_outputs(way: Way, use: Use) -> bool:
    """Tell whether an entry that is reached in this way is asked what may be done with its outputs."""
    return way.startswith("outputs") or (use == "train-on-outputs" and way in ("itself", *WEIGHT_WAYS))


def answers_for_outputs(entry: Entry, relation: str, base: Entry) -> bool:
    """Tell whether a model states a license for its outputs that a maker of its base may give."""
    if relation not in WEIGHT_RELATIONS or not (isinstance(entry, Model) and isinstance(base, Model)):
        return False
    return "outputs" in entry.licenses and not {*entry.developers}.isdisjoint(base.developers)


def _parents(
    catalog: Catalog, entry_id: str, decides: list[str], instead: Mapping[str, str | None]
) -> list[tuple[str, str, str | None]]:
    edges: set[tuple[str | None, str, str | None]] = {
        (instead.get(edge.of, edge.of), edge.relation, edge.stage)
        for edge in (() if decides else edges_of(catalog, entry_id))
    }
    edges |= {(instead.get(of, of), SAME_AS, None) for of in decides or same_as(catalog, entry_id)}
    return sorted(
        ((of, relation, stage) for of, relation, stage in edges if of), key=lambda edge: (*edge[:2], edge[2] or "")
    )


def _base_of(entry: object) -> Way | None:
    if not isinstance(entry, Model) or entry.file_of is None:
        return None
    return "base-of-adapter" if entry.component == "adapter" else "base-of-delta"


def next_way(way: Way, relation: str, stage: str | None) -> Way | None:
    """Say how terms come over one more edge, or None where they stop."""
    if way in ("base-of-adapter", "base-of-delta", "tokenizer", "code"):
        return None
    if relation in WEIGHT_RELATIONS:
        return _COPIES.get((way, relation), "weights") if way in ("itself", *WEIGHT_WAYS) else way
    if relation == "derived-from":
        return way
    if relation == "mixture-of":
        return "contents" if way == "itself" else way
    if relation == "generated-by":
        return OUTPUT_WAYS.get(way)
    if way not in ("itself", *WEIGHT_WAYS):
        return None
    if relation == "trained-on":
        return "pretraining-data" if stage == "pretrain" else "tuning-data"
    if relation == "distilled":
        return "outputs"
    return _BESIDE.get(relation) if way == "itself" else None


def kind_of(visit: Visit) -> str:
    """Say how a term is to be read: of outputs, of data, of what something was made from, or of the thing itself."""
    if visit.way.startswith("outputs"):
        return "outputs"
    if visit.way.endswith("-data"):
        return "data"
    if visit.way in ("converted", "quantized"):
        return visit.way
    return "made-from" if visit.is_derived and visit.way != "contents" else "itself"
