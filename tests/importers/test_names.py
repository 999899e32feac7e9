"""What names mean: entries of the catalog, records of the same import, things only named. Nothing is matched by likeness."""

from __future__ import annotations

import pytest

from llmreg.importers.record import Link, Place, Record

ROWS = iter(range(1, 10**6))


def record(kind, name, *links, place=None, **fields):
    return Record(kind=kind, name=name, place=place or Place("table", f"row {next(ROWS)}"), links=links, **fields)


def model(name, *links, **fields):
    return record("model", name, *links, **fields)


def dataset(name, *links, **fields):
    return record("dataset", name, *links, **fields)


@pytest.mark.parametrize("name", ["llama-7b", "LLaMA-7B", "LLaMA  7B", "llama 7b"])
def test_an_entry_of_the_catalog_is_known_by_its_id_and_its_name_in_any_case(bring, name):
    assert bring(model(name))[f"test.{'-'.join(name.lower().split())}"].same_as == ("llama-7b",)


def test_an_entry_of_the_catalog_is_known_by_its_hub_id_which_is_reported_where_the_name_is_another(bring):
    done = bring(model("Falcon forty", hub="TIIUAE/falcon-40b"), model("falcon-40b", hub="tiiuae/falcon-40b"))
    assert done["test.falcon-40b"].same_as == ("falcon-40b",)
    done = bring(model("Falcon forty", hub="TIIUAE/falcon-40b"))
    assert done["test.falcon-forty"].same_as == ("falcon-40b",)
    assert [kind for kind, _ in done.faults] == ["hub-alone"]


def test_an_entry_of_another_kind_is_not_meant(bring):
    assert bring(dataset("llama-7b"))["test.llama-7b"].same_as == ()


@pytest.mark.parametrize("name", ["llama-7", "llama7b", "llama-7b-", "the llama-7b", "llama_7b"])
def test_what_is_only_alike_is_not_the_same(bring, name):
    done = bring(model(name), model("Child", Link("finetune", name)))
    own = next(entry_id for entry_id in done.catalog if entry_id.startswith("test.") and entry_id != "test.child")
    assert done[own].same_as == ()
    assert done.edges("test.child") == [("finetune", own)]


def test_where_name_and_hub_id_mean_different_entries_neither_is_believed(bring):
    done = bring(model("llama-7b", hub="tiiuae/falcon-40b"))
    assert done["test.llama-7b"].same_as == ()
    assert [kind for kind, _ in done.faults] == ["name-and-hub-differ"]


def test_an_import_never_lies_over_the_catalog_s_own_entry(bring):
    done = bring(model("llama-7b", developers=("Somebody else",)))
    assert not done["llama-7b"].imported
    assert done["llama-7b"].developers != ("Somebody else",)


def test_edges_lead_to_the_catalog_then_to_the_tracker_s_own_record_then_to_a_stub(bring):
    links = [Link("finetune", name) for name in ("LLaMA 7B", "Camel", "Nobody Knows")]
    done = bring(model("Child", *links), model("Camel"))
    assert done.edges("test.child") == [
        ("finetune", "llama-7b"), ("finetune", "test.camel"), ("finetune", "test.nobody-knows"),
    ]  # fmt: skip
    assert [done[f"test.{name}"].stub for name in ("child", "camel", "nobody-knows")] == [False, False, True]
    assert done.report.leading_to == {"catalog": 1, "record": 1, "stub": 1}
    assert done.problems() == []


def test_an_edge_to_a_record_about_an_entry_leads_to_the_entry(bring):
    done = bring(
        model("falcon-40b", hub="tiiuae/falcon-40b", aliases=("The Big Bird",)),
        model("Child", Link("finetune", "the big bird")),
    )
    assert done.edges("test.child") == [("finetune", "falcon-40b")]


def test_a_stub_has_the_kind_to_which_the_relation_leads_and_the_hub_id_written_beside_it(bring):
    links = [
        Link("trained-on", "Sand", "desert/sand", stage="sft"),
        Link("uses-code", "shovel"),
        Link("evaluated-on", "Heat"),
    ]
    done = bring(model("Child", *links), dataset("Dunes", Link("generated-by", "Wind", kind="service")))
    kinds = {name: done[f"test.{name}"].kind for name in ("sand", "shovel", "heat", "wind")}
    assert kinds == {"sand": "dataset", "shovel": "software", "heat": "dataset", "wind": "service"}
    assert done["test.sand"].hub_id == "desert/sand"


def test_one_hub_id_under_two_names_is_one_stub(bring):
    done = bring(
        model("A", Link("finetune", "Camel 7B", "desert/camel")),
        model("B", Link("finetune", "camel-seven", "Desert/Camel")),
    )
    assert done.edges("test.a") == done.edges("test.b") == [("finetune", "test.camel-7b")]
    assert done["test.camel-7b"].aliases == ("camel-seven",)


def test_names_that_differ_in_a_plus_stay_apart(bring):
    done = bring(model("Command R"), model("Command R+"), model("Child", Link("finetune", "command r+")))
    assert {"test.command-r", "test.command-r+"} <= set(done.catalog)
    assert done.edges("test.child")[0][1].endswith("+")
    assert done.report.faults == ()


def test_names_that_differ_in_what_an_id_cannot_hold_stay_apart_and_are_reported(bring):
    done = bring(model("Camel (7B)"), model("Camel 7B"), model("Child", Link("finetune", "Camel 7B")))
    assert done.edges("test.child") == [("finetune", "test.camel-7b-2")]
    assert [kind for kind, _ in done.faults] == ["like-name"]


def test_two_records_of_one_name_both_come_in_and_are_reported(bring):
    done = bring(
        model("Camel", released="2023"), model("camel", released="2024"), model("Child", Link("finetune", "Camel"))
    )
    assert (done["test.camel"].released, done["test.camel-2"].released) == ("2023", "2024")
    assert done.edges("test.child") == [("finetune", "test.camel")]
    assert sorted(kind for kind, _ in done.faults) == ["ambiguous-name", "duplicate-name"]


def test_a_record_said_twice_word_for_word_comes_in_once(bring):
    done = bring(model("Camel", place=Place("t", "1")), model("Camel", place=Place("t", "2")))
    assert (done.report.rows, done.report.rows_in) == (2, 1)
    assert done.reasons == {"t 2": "same-row"}


def test_things_of_two_kinds_may_share_a_name(bring):
    done = bring(model("Camel", Link("trained-on", "Camel", stage="sft")), dataset("Camel"))
    assert done.edges("test.camel") == [("trained-on", "test.camel-dataset")]
    assert done.report.faults == ()


def test_a_hub_id_or_alias_that_several_records_share_names_none_of_them(bring):
    parts = [dataset(f"part {number}", hub="tatsu-lab/alpaca", aliases=("Alpaca",)) for number in (1, 2)]
    done = bring(*parts, model("Child", Link("trained-on", "alpaca-52k", "tatsu-lab/alpaca", stage="sft")))
    assert [done[f"test.part-{number}"].same_as for number in (1, 2)] == [(), ()]
    assert done.edges("test.child") == [("trained-on", "alpaca-52k")]


def test_an_edge_without_a_type_takes_the_type_of_what_is_known(bring):
    def either(name):
        return Link("trained-on", name, stage="sft", otherwise=(Link("finetune", name),))

    done = bring(model("Child", either("LLaMA 7B"), either("Dunes"), either("Nobody")), dataset("Dunes"))
    assert done.edges("test.child") == [
        ("finetune", "llama-7b"),
        ("trained-on", "test.dunes"),
        ("trained-on", "test.nobody"),
    ]
    assert done["test.nobody"].kind == "dataset"


# Edges that cannot be


def test_a_self_loop_is_a_note_and_a_fault(bring):
    done = bring(dataset("Camel", Link("derived-from", "camel"), Link("derived-from", "Sand")))
    assert done.edges("test.camel") == [("derived-from", "test.sand")]
    assert done["test.camel"].notes == (
        "derived-from of 'camel': no edge, because the tracker says that it is made from itself",
    )
    assert [kind for kind, _ in done.faults] == ["self-loop"]


def test_an_edge_to_the_entry_that_a_record_is_about_is_a_self_loop(bring):
    done = bring(model("falcon-40b", Link("finetune", "Falcon 40B")))
    assert done.edges("test.falcon-40b") == []
    assert [kind for kind, _ in done.faults] == ["self-loop"]


def test_weights_in_a_circle_lose_the_edge_that_closes_it(bring):
    ring = [model("A", Link("finetune", "B")), model("B", Link("merge", "C")), model("C", Link("quantized", "A"))]
    done = bring(*ring, model("D", Link("finetune", "A")))
    assert [len(done.edges(f"test.{name}")) for name in "abcd"] == [1, 1, 0, 1]
    assert "weights flow in a circle" in done["test.c"].notes[0]
    assert [kind for kind, _ in done.faults] == ["weight-cycle"]
    assert done.problems() == []


def test_a_circle_of_generated_data_is_true_and_stays(bring):
    done = bring(
        model("Chat", Link("trained-on", "Ratings", stage="preference")),
        dataset("Ratings", Link("derived-from", "Talks")),
        dataset("Talks", Link("derived-from", "Screens")),
        dataset("Screens", Link("generated-by", "Chat")),
    )
    assert sum(len(done.edges(f"test.{name}")) for name in ("chat", "ratings", "talks", "screens")) == 4
    assert [kind for kind, _ in done.faults] == ["cycle"]
    assert done.report.faults[0].detail == "made from each other: Chat, Ratings, Talks, Screens"
    assert done.problems() == []


@pytest.mark.parametrize(
    ("child", "parent", "faults"),
    [
        ("2023-03", "2023-04", ["anachronism"]),
        ("2023", "2023-04", []),
        ("2023-04-01", "2023-04", []),
        (None, "2023-04", []),
        ("2022", "2023-04", ["anachronism"]),
    ],
)
def test_a_child_older_than_its_parent_is_kept_and_reported(bring, child, parent, faults):
    done = bring(model("Child", Link("finetune", "Parent"), released=child), model("Parent", released=parent))
    assert done.edges("test.child") == [("finetune", "test.parent")]
    assert [kind for kind, _ in done.faults] == faults


def test_an_edge_said_twice_is_one(bring):
    done = bring(model("Child", Link("finetune", "Camel"), Link("finetune", "CAMEL"), Link("merge", "Camel")))
    assert done.edges("test.child") == [("finetune", "test.camel"), ("merge", "test.camel")]


# Records


def test_what_no_entry_may_state_becomes_a_note_and_the_row_comes_in(bring):
    done = bring(model("Camel", released="spring", place=Place("t", "1")), model("Dromedary"))
    assert done.reasons == {}
    assert done.report.rows_in == 2
    assert done["test.camel"].released is None
    assert any("spring" in note for note in done["test.camel"].notes), done["test.camel"].notes
    assert any("released" in fault.detail for fault in done.report.faults), done.report.faults


def test_an_importer_that_gives_an_impossible_link_is_at_fault():
    with pytest.raises(ValueError, match="a dataset has no relation 'finetune'"):
        dataset("Sand", Link("finetune", "Camel"))
    with pytest.raises(ValueError, match="stage"):
        Link("trained-on", "Sand")
    with pytest.raises(ValueError, match="needs a name"):
        Link("finetune", "")


def test_text_that_has_no_bytes_and_text_that_looks_like_something_else_comes_in_as_text(bring):
    done = bring(model("No", description="half a \ud83d pair", developers=("1.10", "null", "2023-01-01")))
    assert done["test.no"].name == "No"
    assert done["test.no"].description == "half a \N{REPLACEMENT CHARACTER} pair"
    assert done["test.no"].developers == ("1.10", "null", "2023-01-01")
