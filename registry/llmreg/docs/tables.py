"""Tables that pages show and that follow from the code or the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from llmreg.catalog import Catalog
from llmreg.catalog.roots import built_in
from llmreg.schema import FOLDERS, RELATION_ENDS, Policy, Switches

if TYPE_CHECKING:
    from collections.abc import Iterable


def relations() -> str:
    """Give the relations with the kinds they join and the way in which a parent's terms come along."""
    rows = [
        (f"`{relation}`", _kinds(children), _kinds(parents), " or ".join(_ways(relation)))
        for relation, (children, parents) in RELATION_ENDS.items()
    ]
    return _table(("relation", "from", "to", "how the parent's terms come"), rows)


def policies() -> str:
    """Give the switches of each policy."""
    catalog = Catalog(built_in())
    order = ("strict", "standard", "permissive")
    found = [catalog.get_as(Policy, name) for name in sorted(catalog.ids(Policy), key=order.index)]
    rows = [(f"`{name}`", *(getattr(policy.switches, name) for policy in found)) for name in Switches.model_fields]
    return _table(("switch", *(policy.id for policy in found)), rows)


def peers(peer: str) -> str:
    """Give how many terms were compared with another's license data, and where and why we say something else."""
    from llmreg.docs import checkout

    written = yaml.safe_load((checkout() / "tests" / "licensing" / "peers.yaml").read_text(encoding="utf-8"))
    count = written["compared"][peer]
    rows = [
        (each["name"], each["term"], each["theirs"], each["ours"], f"{each['why']} ({each['clause']})")
        for each in written["disagreements"]
        if each["peer"] == peer
    ]
    told = f"{count['licenses']} licenses, {count['terms']} terms: {count['agree']} agree, {len(rows)} do not.\n\n"
    return told + _table(("their license", "term", "they say", "we say", "why we stand by ours"), rows)


_WITH_WEIGHTS = {
    "as weights": "in full, with the weights",
    "as converted": "in full, with the weights; another format is no derivative where the license says so",
    "as quantized": "in full, with the weights; unclear where another format is no derivative",
}


def _ways(relation: str) -> list[str]:
    """Walk over one edge of this relation in a catalog of two entries, and say how the parent is reached."""
    from llmreg.licensing.walk import walk

    children, parents = RELATION_ENDS[relation]
    stages: Iterable[str | None] = ("pretrain", "sft") if relation == "trained-on" else (None,)
    ways = []
    for stage in stages:
        catalog = Catalog()
        catalog.add(_entry("parent", min(parents)))
        edge = {"relation": relation, "of": "parent", "source": "here", "stage": stage}
        catalog.add(_entry("child", min(children), made_from=[edge]))
        reached = [visit.way for visit in walk(catalog, "child", file_binds=True) if visit.id == "parent"]
        ways += [f"as {way}" if way != "itself" else "in full, as its own" for way in reached] or ["not at all"]
    return [_WITH_WEIGHTS.get(way, way) for way in ways]


def _entry(entry_id: str, kind: str, **fields: Any) -> Any:
    shape = next(shape for shape in FOLDERS.values() if shape.kind == kind)
    sources = {"here": {"path": "tables.py", "read": "live", "seen": "2026-11-21"}}
    return shape(id=entry_id, name=entry_id, sources=sources, **fields)


def _kinds(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, ["---"] * len(names), *map(list, rows))) + "\n"
