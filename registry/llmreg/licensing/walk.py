"""Walk from an entry up its lineage, and say for each ancestor in which way its terms reach the entry."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from llmreg.lineage import edges_of
from llmreg.schema import WEIGHT_RELATIONS, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog

Way = Literal[
    "itself", "weights", "base-of-file", "tuning-data", "pretraining-data",
    "outputs", "outputs-in-tuning-data", "outputs-in-pretraining-data",
]  # fmt: skip
"""How an ancestor's terms reach the entry.

`itself` and `weights`: in full. `base-of-file`: the base that a distributed adapter or delta is of no use without.
`tuning-data`, `pretraining-data`: as terms of data a model has seen. `outputs...`: as terms on training with outputs,
reached by distillation or through data that was generated.
"""

_DATA_WAYS: dict[Way, Way] = {
    "itself": "outputs",
    "tuning-data": "outputs-in-tuning-data",
    "pretraining-data": "outputs-in-pretraining-data",
}


@dataclass(frozen=True)
class Visit:
    """One ancestor, the way its terms come, and the shortest path there."""

    id: str
    way: Way
    path: tuple[str, ...]
    relations: tuple[str, ...]


def walk(catalog: Catalog, entry_id: str, *, file_binds: bool) -> Iterator[Visit]:
    """Visit every ancestor once for each way in which its terms come, nearest first; cycles end by themselves.

    `file_binds`: whether an adapter or delta file counts as a derivative of its base.
    """
    entry = catalog[entry_id]
    is_file = isinstance(entry, Model) and entry.file_of is not None
    queue = deque([Visit(entry_id, "itself", (entry_id,), ())])
    seen: set[tuple[str, Way]] = {(entry_id, "itself")}
    while queue:
        visit = queue.popleft()
        yield visit
        edges = sorted(edges_of(catalog, visit.id), key=lambda edge: (edge.of, edge.relation, edge.stage or ""))
        for edge in edges:
            way = _next_way(visit.way, edge.relation, edge.stage)
            if way == "weights" and is_file and not file_binds and visit.way == "itself":
                way = "base-of-file"
            if way and (edge.of, way) not in seen:
                seen.add((edge.of, way))
                queue.append(Visit(edge.of, way, (*visit.path, edge.of), (*visit.relations, edge.relation)))


def _next_way(way: Way, relation: str, stage: str | None) -> Way | None:
    """Say how terms come over one more edge, or None where they stop."""
    if way == "base-of-file":
        return None
    if relation in WEIGHT_RELATIONS:
        return "weights" if way in ("itself", "weights") else way
    if relation in ("derived-from", "mixture-of"):
        return way
    if relation == "generated-by":
        return _DATA_WAYS.get(way)
    if relation == "trained-on" and way in ("itself", "weights"):
        return "pretraining-data" if stage == "pretrain" else "tuning-data"
    if relation == "distilled" and way in ("itself", "weights"):
        return "outputs"
    return None
