"""Survey a whole index without building its entries: counts, and what cannot be true of a lineage."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from llmreg.schema import WEIGHT_RELATIONS

if TYPE_CHECKING:
    from llmreg.catalog.index import Index

EXAMPLES = 5
"""How many ids are named of each kind of fault."""


@dataclass(frozen=True)
class IndexSurvey:
    """What an index holds."""

    path: str
    entries: dict[str, int]
    """By kind, stubs among them."""
    stubs: int
    unlicensed: int
    """Models that state no license; stubs are not counted."""
    anachronisms: int
    """Edges to an entry that was released after its child."""
    anachronism_examples: tuple[str, ...]
    in_cycles: int
    """Models whose weights would have to come from themselves, or from models of which that is so."""
    cycle_examples: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the object that `llmreg audit --json` prints."""
        return asdict(self)


def survey_index(index: Index) -> IndexSurvey:
    """Count in the file itself; memory grows with the edges alone."""
    kinds = dict(index.rows("SELECT kind, count(*) FROM entry WHERE kind <> '' GROUP BY kind ORDER BY kind"))
    stub = "json_extract(body, '$.stub')"
    ((stubs,),) = index.rows(f"SELECT count(*) FROM entry WHERE {stub}")  # noqa: S608 - a constant
    ((unlicensed,),) = index.rows(
        f"SELECT count(*) FROM entry WHERE kind = 'model' AND NOT coalesce({stub}, 0) "  # noqa: S608 - a constant
        "AND json_extract(body, '$.licenses') IS NULL"
    )
    early = (
        "FROM edge JOIN entry c ON c.num = child JOIN entry p ON p.num = parent "
        "WHERE json_extract(c.body, '$.released') < json_extract(p.body, '$.released')"
    )
    ((anachronisms,),) = index.rows(f"SELECT count(*) {early}")
    examples = index.rows(f"SELECT c.id || ' -> ' || p.id {early} ORDER BY c.id LIMIT {EXAMPLES}")
    circling = _in_cycles(index)
    named = [row[0] for num in circling[:EXAMPLES] for row in index.rows("SELECT id FROM entry WHERE num = ?", num)]
    return IndexSurvey(
        path=str(index.path),
        entries=kinds,
        stubs=stubs,
        unlicensed=unlicensed,
        anachronisms=anachronisms,
        anachronism_examples=tuple(row[0] for row in examples),
        in_cycles=len(circling),
        cycle_examples=tuple(named),
    )


def _in_cycles(index: Index) -> list[int]:
    """Take away, again and again, every model all of whose bases are away; what stays goes round in circles."""
    import numpy as np

    marks = ",".join("?" * len(WEIGHT_RELATIONS))
    pairs = index.rows(
        f"SELECT child, parent FROM edge JOIN link ON link = num WHERE relation IN ({marks})",  # noqa: S608 - question marks
        *WEIGHT_RELATIONS,
    )
    edges = np.fromiter((each for pair in pairs for each in pair), dtype=np.int64).reshape(-1, 2)
    while len(edges):
        based = np.isin(edges[:, 1], edges[:, 0])
        if based.all():
            break
        edges = edges[based]
    return [int(number) for number in np.unique(edges[:, 0])] if len(edges) else []
