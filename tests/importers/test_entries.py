"""Whatever a tracker says, the entries hold together: every name has an id, every edge an end, weights no circle."""

from __future__ import annotations

from datetime import date
from graphlib import TopologicalSorter

from hypothesis import given, settings
from hypothesis import strategies as st

from llmreg.importers.entries import Entries
from llmreg.importers.record import Importer, Link, Place, Record, Stated
from llmreg.schema import FOLDERS, RELATION_ENDS, WEIGHT_RELATIONS

IMPORTER = Importer(title="Test", repository="test/test", read=lambda checkout: iter(()))
NAMES = st.one_of(
    st.sampled_from(["A", "a", "A+", "A b", "a-b", "(a)", "悟", "llama-7b", "Alpaca-52k"]),
    st.text(min_size=1, max_size=5),
)
HUBS = st.one_of(st.none(), st.sampled_from(["x/a", "X/A", "x/b", "tiiuae/falcon-40b", "tatsu-lab/alpaca"]))
STATED = st.builds(
    Stated, st.sampled_from(["weights", "data"]), st.sampled_from(["MIT", "x", "", ("MIT", "y"), "none"])
)


@st.composite
def links(draw, kind):
    relation = draw(st.sampled_from(sorted(name for name, (children, _) in RELATION_ENDS.items() if kind in children)))
    stage = "sft" if relation == "trained-on" else None
    return Link(relation, draw(NAMES), draw(HUBS), stage=stage)


@st.composite
def records(draw):
    kind = draw(st.sampled_from(["model", "dataset"]))
    return Record(
        kind=kind,
        name=draw(NAMES),
        place=Place("table", str(draw(st.integers(1, 99)))),
        aliases=tuple(draw(st.lists(NAMES, max_size=2))),
        hub=draw(HUBS),
        released=draw(st.sampled_from([None, "2022", "2023-05", "someday"])),
        licenses=tuple(draw(st.lists(STATED, max_size=2))),
        links=tuple(draw(st.lists(links(kind), max_size=3))),
        notes=tuple(draw(st.lists(st.text(max_size=5), max_size=1))),
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(records(), max_size=6))
def test_entries_hold_together(built_in, said):
    entries = Entries(built_in, IMPORTER, "test", "c0ffee0", date(2026, 11, 21))
    entries.add(said)
    made = {}
    for file, fields in entries.files.items():
        folder, name = file.split("/")
        entry_id = name.removesuffix(".yaml")
        assert entry_id not in made
        made[entry_id] = FOLDERS[folder](**fields, id=entry_id)
    kinds = {entry_id: entry.kind for entry_id, entry in made.items()}
    for entry in made.values():
        for edge in entry.made_from:
            kind = kinds.get(edge.of) or built_in.kind_of(edge.of).kind
            assert entry.kind in RELATION_ENDS[edge.relation][0]
            assert kind in RELATION_ENDS[edge.relation][1]
            assert edge.of not in (entry.id, *entry.same_as)
        assert all(built_in.kind_of(other).kind == entry.kind for other in entry.same_as)
    weights = {i: [edge.of for edge in e.made_from if edge.relation in WEIGHT_RELATIONS] for i, e in made.items()}
    TopologicalSorter(weights).prepare()


@settings(max_examples=100, deadline=None)
@given(st.lists(records(), max_size=6))
def test_every_record_comes_in_or_is_left_out_with_a_reason(built_in, said):
    entries = Entries(built_in, IMPORTER, "test", "c0ffee0", date(2026, 11, 21))
    edges = entries.add(said)
    repeats = len(said) - len([one for number, one in enumerate(said) if one not in said[:number]])
    assert len(edges.names.ids) + len(entries.skipped) == len(said) - repeats
    assert {skip.reason for skip in entries.skipped} <= {"refused", "same-row"}
