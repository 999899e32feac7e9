"""Verdicts of a whole catalog at once: the same rules as a single check, as arrays along the edges.

entries + edges -> for terms that are alike a row of answers, one a way -> the worst, spread from parents to children
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from llmreg.catalog import Catalog
from llmreg.catalog.accounts import LINEAGE, SAME_AS, deciding, hub_ids, lineage_unstated
from llmreg.catalog.index import terms_text
from llmreg.licensing.check import DEFAULT_POLICY, Checker, answer_to
from llmreg.licensing.policy import Rules
from llmreg.licensing.verdict import ANSWERS
from llmreg.licensing.walk import Visit, Way, answers_for_outputs, asks_for_outputs, next_way
from llmreg.lineage import edges_of, same_as
from llmreg.schema import Dataset, Model, Policy, Service, Software, Use
from llmreg.schema.ids import hub_entry_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from llmreg.catalog.index import Index
    from llmreg.licensing.licensee import Licensee
    from llmreg.licensing.verdict import Answer

_KINDS = (Model, Dataset, Service, Software)
_WAYS: tuple[Way, ...] = tuple(way for way in get_args(Way) if not way.startswith("base-of"))
_STATES: tuple[tuple[Way, bool], ...] = (("itself", True), *((way, False) for way in _WAYS))
"""A way, and whether it is still at the entry that was asked about."""
_FREED = "freed"
"""In the place of a stage: the child answers for its outputs in the place of the parent."""


_Terms = tuple[str, bool]
"""What verdicts need of an entry besides its edges: see `terms_text`, and whether it names no lineage."""
_NO_TERMS: _Terms = (terms_text("", {}), False)
"""Of an entry in whose place another decides."""


@dataclass
class Bulk:
    """The verdict for one use of every model and dataset, service and software."""

    ids: list[str]
    answers: NDArray[np.uint8]
    """For each id the place of its verdict in `ANSWERS`."""

    def counts(self) -> dict[Answer, int]:
        """Count the entries by verdict."""
        import numpy as np

        return dict(zip(ANSWERS, np.bincount(self.answers, minlength=len(ANSWERS)).tolist(), strict=True))

    def items(self) -> Iterator[tuple[str, str]]:
        """Give each id with its verdict."""
        for entry_id, answer in zip(self.ids, self.answers.tolist(), strict=True):
            yield entry_id, ANSWERS[answer]


def bulk_check(catalog: Catalog, use: Use, *, policy: str = DEFAULT_POLICY, licensee: Licensee | None = None) -> Bulk:
    """Give the verdict of every entry; equal to a check of each, in seconds for millions."""
    import numpy as np

    graph = _Graph()
    files = _add_folders(graph, catalog)
    for index in catalog.indexes:
        _add_index(graph, index, catalog)
    judge = _Judge(catalog, use, policy, licensee)
    table = np.array([judge.row(text, unstated=unstated) for text, unstated in graph.terms], dtype=np.uint8)
    worst = table[np.array(graph.terms_of, dtype=np.int64)]
    _spread(worst, graph.edges(), use)
    answers = worst[:, 0].copy()
    for entry_id in files:
        verdict = judge.checker.check(entry_id, use, policy).verdict
        answers[graph.numbers[entry_id]] = ANSWERS.index(verdict)
    kept = [number for number, entry_id in enumerate(graph.ids) if entry_id]
    return Bulk([graph.ids[number] for number in kept], answers[kept])


@dataclass
class _Graph:
    """All entries by number, what verdicts need of each, and the edges by relation and stage."""

    ids: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    """Of the entries in folders; those of an index are found by their own numbers."""
    terms: list[_Terms] = field(default_factory=list)
    terms_of: list[int] = field(default_factory=list)
    by_link: dict[tuple[str, str], list[Any]] = field(default_factory=lambda: defaultdict(list))
    _terms: dict[_Terms, int] = field(default_factory=dict)

    def add(self, entry_id: str, terms: _Terms) -> int:
        self.ids.append(entry_id)
        self.terms_of.append(self.number_of(terms))
        return len(self.ids) - 1

    def number_of(self, terms: _Terms) -> int:
        if terms not in self._terms:
            self._terms[terms] = len(self.terms)
            self.terms.append(terms)
        return self._terms[terms]

    def edges(self) -> dict[tuple[str, str], tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Give for each relation and stage the children, sorted, and their parents."""
        import numpy as np

        found = {}
        for link, parts in self.by_link.items():
            pairs = np.concatenate([np.asarray(part, dtype=np.int64).reshape(-1, 2) for part in parts])
            pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
            found[link] = pairs[:, 0], pairs[:, 1]
        return found


def _add_folders(graph: _Graph, catalog: Catalog) -> list[str]:
    """Add the entries of the folders; give the ids of files, whose rules are their own."""
    held = [each for kind in _KINDS for each in catalog.file_ids(kind)]
    files = []
    for entry_id in held:
        entry = catalog[entry_id]
        if isinstance(entry, Model) and entry.file_of:
            files.append(entry_id)
        body = entry.model_dump(mode="json", include={"licenses", "modality"}, exclude_defaults=True)
        terms = _NO_TERMS if deciding(catalog, entry) else (terms_text(entry.kind, body), lineage_unstated(entry))
        graph.numbers[entry_id] = graph.add(entry_id, terms)
    for entry_id in held:
        decides = deciding(catalog, catalog[entry_id])
        for edge in () if decides else edges_of(catalog, entry_id):
            if edge.of in graph.numbers:
                freed = answers_for_outputs(catalog[entry_id], edge.relation, catalog[edge.of])
                link = edge.relation, _FREED if freed else edge.stage or ""
                graph.by_link[link].append([[graph.numbers[entry_id], graph.numbers[edge.of]]])
        for other in decides or same_as(catalog, entry_id):
            graph.by_link[SAME_AS, ""].append([[graph.numbers[entry_id], graph.numbers[other]]])
    return files


def _add_index(graph: _Graph, index: Index, catalog: Catalog) -> None:
    """Add the entries of an index; where a folder holds the same id, edges lead to that one."""
    import numpy as np

    edges = _edges_of_index(index)
    (size,) = next(index.rows("SELECT coalesce(max(num), 0) FROM entry"))
    unstated, candidates = _unstated(index, edges, size), {*edges.get((SAME_AS, ""), np.zeros((0, 2)))[:, 0].tolist()}
    bodies = index.rows("SELECT num, body FROM terms")
    terms = {(num, each): graph.number_of((body, each)) for num, body in bodies for each in (False, True)}
    standing = _repositories(index, catalog)
    place = np.zeros(size + 1, dtype=np.int64)
    for num, entry_id, kind, term in index.rows("SELECT num, id, kind, terms FROM entry ORDER BY num"):
        if entry_id in graph.numbers:
            place[num] = graph.numbers[entry_id]
            continue
        place[num] = len(graph.ids)
        graph.ids.append(entry_id if kind else "")
        graph.terms_of.append(terms[term, unstated[num]])
        if entry_id.casefold() in standing:
            candidates.add(num)
    decided = {num: deciding(catalog, catalog[graph.ids[place[num]]]) for num in candidates if graph.ids[place[num]]}
    numbers = {other: _number(graph, index, place, other) for others in decided.values() for other in others}
    decided = {num: others for num, others in decided.items() if others and None not in map(numbers.get, others)}
    for link, pairs in edges.items():
        graph.by_link[link].append(place[pairs[~np.isin(pairs[:, 0], [*decided])]])
    for num, others in decided.items():
        graph.terms_of[place[num]] = graph.number_of(_NO_TERMS)
        graph.by_link[SAME_AS, ""].append([[place[num], numbers[other]] for other in others])


def _number(graph: _Graph, index: Index, place: NDArray[np.int64], entry_id: str) -> int | None:
    """Return the number of an entry that a folder or this index holds."""
    row = next(index.rows("SELECT num FROM entry WHERE id = ? AND kind <> ''", entry_id), None)
    return graph.numbers.get(entry_id, int(place[row[0]]) if row else None)


def _edges_of_index(index: Index) -> dict[tuple[str, str], NDArray[np.int64]]:
    """Return the children and parents of each link by their numbers in the index."""
    import numpy as np

    found = {}
    for num, relation, stage in index.rows("SELECT num, relation, stage FROM link"):
        pairs = index.rows("SELECT child, parent FROM edge WHERE link = ?", num)
        found[relation, stage] = np.fromiter((each for pair in pairs for each in pair), dtype=np.int64).reshape(-1, 2)
    return found


def _unstated(index: Index, edges: Mapping[tuple[str, str], NDArray[np.int64]], size: int) -> list[bool]:
    """Tell of each number of an index whether the row names no lineage, as `lineage_unstated` does of one entry."""
    import numpy as np

    found = np.full(size + 1, index.tier != "curated")
    for (relation, _), pairs in edges.items():
        if relation in (*LINEAGE, SAME_AS):
            found[pairs[:, 0]] = False
    return list(found.tolist())


def _repositories(index: Index, catalog: Catalog) -> set[str]:
    """Return, in lower case, the ids that an index of cards has for repositories of which files hold an entry."""
    if index.tier != "card":
        return set()
    held = [catalog.get_as(kind, each) for kind in (Model, Dataset) for each in catalog.file_ids(kind)]
    return {hub_entry_id(name, entry.kind).casefold() for entry in held for name in (*hub_ids(entry), *entry.aliases)}


class _Judge:
    """Gives for entries that are alike the answer in each state, by the same code that checks one entry."""

    def __init__(self, catalog: Catalog, use: Use, policy: str, licensee: Licensee | None) -> None:
        """Judge by the licenses of the catalog, for one use, policy and licensee."""
        self.use = use
        self.checker = Checker(catalog, licensee)
        self.rules = Rules(catalog.get_as(Policy, policy).switches)

    def row(self, terms: str, *, unstated: bool) -> list[int]:
        """Give for each state the place in `ANSWERS` of what the terms answer there.

        `unstated`: an importer wrote the entry, and it names no lineage.
        """
        said = json.loads(terms)
        kind = next((kind for kind in _KINDS if kind.kind == said["kind"]), None)
        if kind is None:
            return [0] * len(_STATES)
        source = {"path": "x", "read": "secondary", "seen": "2000-01-01", "importer": "x" if unstated else None}
        licenses = {
            component: [{**claim, "source": "source"} for claim in claims]
            for component, claims in said["licenses"].items()
        }
        fields = {"modality": said["modality"]} if said["modality"] else {}
        entry = kind(id="alike", name="alike", source="source", sources={"source": source}, licenses=licenses, **fields)
        return [self._answer(entry, way, at_root=at_root) for way, at_root in _STATES]

    def _answer(self, entry: Any, way: Way, *, at_root: bool) -> int:
        visit = Visit("alike", way, ("alike",), ()) if at_root else Visit("alike", way, ("child", "alike"), ("",))
        answers = [0]
        for finding in self.checker.findings_of(entry, visit, self.use):
            answer = answer_to(finding, self.rules.effect(finding))
            answers += [ANSWERS.index(answer)] if answer else []
        return max(answers)


def _spread(worst: NDArray[np.uint8], edges: dict[tuple[str, str], tuple[Any, Any]], use: Use) -> None:
    """Take for each entry and state the worst of its own answer and its parents', until nothing changes."""
    import numpy as np

    steps = []
    for (relation, stage), (children, parents) in edges.items():
        firsts = np.flatnonzero(np.r_[True, children[1:] != children[:-1]])
        moves = _moves(relation, stage or None, use)
        if moves and len(children):
            steps.append((children[firsts], firsts, parents, moves))
    changed = True
    while changed:
        changed = False
        for own, firsts, parents, moves in steps:
            for state, target in moves:
                coming = np.maximum.reduceat(worst[parents, target], firsts)
                before = worst[own, state]
                if (coming > before).any():
                    worst[own, state] = np.maximum(before, coming)
                    changed = True


def _moves(relation: str, stage: str | None, use: Use) -> list[tuple[int, int]]:
    """Give for each state of a child that lets terms come over this relation the state of the parent."""
    moves = []
    for state, (way, _) in enumerate(_STATES):
        if relation == SAME_AS:
            moves.append((state, state))
        elif stage == _FREED and asks_for_outputs(way, use):
            continue
        elif target := next_way(way, relation, stage):
            moves.append((state, _STATES.index((target, False))))
    return moves
