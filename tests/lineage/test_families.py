"""Families: what goes back to the same root by weights, or by rows, under the root's name without its size."""

from __future__ import annotations

import pytest

from builders import catalog, dataset, edge, model
from llmreg.lineage.families import base_of, families, family_of, root_of
from llmreg.schema import Dataset, Model


@pytest.mark.parametrize(
    ("entry_id", "family"),
    [
        ("guanaco-33b", "LLaMA"),
        ("llama-65b", "LLaMA"),
        ("stablevicuna-13b", "LLaMA"),
        ("llama-2-7b", "Llama 2"),
        ("dolly-v2-12b", "Pythia"),
        ("pythia-1.4b-deduped", "Pythia"),
        ("oasst1-guanaco", "OpenAssistant Conversations (OASST1)"),
    ],
)
def test_families_of_the_catalog(built_in, entry_id, family):
    assert family_of(built_in, entry_id) == family


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Mole 7B", "Mole"),
        ("Mole-1.4b deduped", "Mole"),
        ("Mole v1 8x7B", "Mole v1"),
        ("Mole 2 70M", "Mole 2"),
        ("T5 1.1 XXL", "T5 1.1"),
        ("Mole Large", "Mole"),
        ("Mole", "Mole"),
        ("7B", "7B"),
        ("Large Mole", "Large Mole"),
    ],
)
def test_a_family_is_named_like_its_root_without_the_size(name, family):
    entries = catalog(model("root").model_copy(update={"name": name}), model("child", edge("adapter", "root")))
    assert family_of(entries, "child") == family_of(entries, "root") == family


def test_the_first_edge_of_weights_decides_and_other_edges_do_not():
    entries = catalog(
        model("a"), model("b"), dataset("d"),
        model("m", edge("trained-on", "d", "sft"), edge("merge", "b"), edge("merge", "a"), edge("distilled", "a")),
    )  # fmt: skip
    assert (base_of(entries, "m"), root_of(entries, "m")) == ("b", "b")
    assert base_of(entries, "b") is None


def test_a_file_belongs_to_the_family_of_its_model():
    entries = catalog(
        model("base"), model("m", edge("adapter", "base")), model("m-adapter", file_of="m", component="adapter")
    )
    assert root_of(entries, "m-adapter") == "base"


def test_a_base_that_is_no_entry_is_passed_over():
    entries = catalog(model("base"), model("m", edge("finetune", "gone"), edge("finetune", "base")))
    assert root_of(entries, "m") == "base"


def test_a_cycle_ends_where_it_would_close():
    entries = catalog(model("a", edge("finetune", "b")), model("b", edge("finetune", "a")))
    assert (root_of(entries, "a"), root_of(entries, "b")) == ("b", "a")


def test_families_hold_every_entry_of_a_kind_once(built_in):
    for kind in (Model, Dataset):
        found = families(built_in, kind)
        assert sorted(each for ids in found.values() for each in ids) == built_in.ids(kind)
        assert list(found) == sorted(found)
