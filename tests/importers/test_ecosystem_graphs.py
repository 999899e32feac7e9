"""Ecosystem Graphs: assets whose dependencies are names without a type."""

from __future__ import annotations

import json

COMMIT = "576655a544c974e91b7ca02e26cf7ba4c8347516"


def asset(kind, name, *dependencies, **fields):
    return {
        "type": kind, "name": name, "organization": "Desert Lab", "description": "", "created_date": "2023-05-01",
        "url": "https://example.org", "dependencies": list(dependencies), "license": "Apache 2.0", "access": "open",
        "nationality": "unknown", **fields,
    }  # fmt: skip


def read(tracker, run, *assets, **files):
    """Import lists of assets; JSON is YAML."""
    lists = files or {"desert": list(assets)}
    return run("ecosystem-graphs", tracker({f"assets/{name}.yaml": json.dumps(items) for name, items in lists.items()}))


def hows(done, entry_id):
    return [edge.how for edge in done[entry_id].made_from]


def test_an_asset_becomes_an_entry_of_its_kind(tracker, run):
    camel = asset("model", "Camel", modality="image, text; code, text", size="7B parameters (dense)",
                  model_card="https://huggingface.co/desert/camel-7b", url="https://github.com/desert/camel",
                  organization="Desert Lab, Oasis", prohibited_uses="none", training_hardware="1 camel")  # fmt: skip
    done = read(tracker, run, camel, asset("dataset", "Dunes"), asset("application", "Caravan"))
    entry = done["ecosystem-graphs.camel"]
    assert (entry.kind, entry.released, entry.parameters) == ("model", "2023-05-01", 7_000_000_000)
    assert (entry.hub_id, entry.repository, entry.modality) == ("desert/camel-7b", "desert/camel", ("image", "text"))
    assert entry.developers == ("Desert Lab", "Oasis")
    assert entry.notes == ("access: open", "size: 7B parameters (dense)", "training_hardware: 1 camel")
    assert [done[f"ecosystem-graphs.{name}"].kind for name in ("dunes", "caravan")] == ["dataset", "service"]
    assert done.problems() == []


def test_the_license_covers_weights_or_data_and_of_an_application_it_is_a_note(tracker, run):
    done = read(tracker, run, asset("model", "Camel"), asset("dataset", "Dunes"), asset("application", "Caravan"))
    assert done.licenses("ecosystem-graphs.camel") == {"weights": ["Apache-2.0"]}
    assert done.licenses("ecosystem-graphs.dunes") == {"data": ["Apache-2.0"]}
    assert done.licenses("ecosystem-graphs.caravan") == {}
    assert "license of the application, it does not say of what: Apache 2.0" in done["ecosystem-graphs.caravan"].notes


def test_a_field_may_carry_an_explanation(tracker, run):
    license_ = {"value": "custom", "explanation": "see the terms"}
    date = {"value": "2023-06", "explanation": "of the post"}
    camel = read(tracker, run, asset("model", "Camel", license=license_, created_date=date))["ecosystem-graphs.camel"]
    assert (camel.licenses["weights"][0].id, camel.licenses["weights"][0].note) == ("custom", "see the terms")
    assert camel.released == "2023-06"
    assert "created_date: of the post" in camel.notes


def test_dependencies_are_read_by_the_kinds_of_both_ends(tracker, run):
    done = read(tracker, run,
                asset("model", "Camel", "Sand", "dunes"), asset("model", "Sand", "Dunes"),
                asset("dataset", "Dunes", "Grains", "Sand", "Caravan"), asset("dataset", "Grains"),
                asset("application", "Caravan"))  # fmt: skip
    assert done.edges("ecosystem-graphs.camel") == [
        ("finetune", "ecosystem-graphs.sand"), ("trained-on", "ecosystem-graphs.dunes"),
    ]  # fmt: skip
    assert done.edges("ecosystem-graphs.dunes") == [
        ("derived-from", "ecosystem-graphs.grains"), ("generated-by", "ecosystem-graphs.sand"),
        ("generated-by", "ecosystem-graphs.caravan"),
    ]  # fmt: skip
    assert all("the tracker lists a dependency, and no more" in how for how in hows(done, "ecosystem-graphs.camel"))


def test_data_tunes_a_model_that_has_a_base_or_is_told_to_be_tuned_and_trains_others(tracker, run):
    done = read(tracker, run, asset("dataset", "Dunes"), asset("model", "Sand", "Dunes"),
                asset("model", "Camel", "Dunes", "Sand"),
                asset("model", "Guano", "Dunes", description="made by efficient finetuning"))  # fmt: skip
    stages = {name: done[f"ecosystem-graphs.{name}"].made_from[0].stage for name in ("sand", "camel", "guano")}
    assert stages == {"sand": "pretrain", "camel": "sft", "guano": "sft"}
    assert "read as pretraining data" in hows(done, "ecosystem-graphs.sand")[0]


def test_names_meet_without_regard_to_case_and_not_by_resemblance(tracker, run):
    done = read(tracker, run, asset("model", "Sand 2"), asset("model", "Camel", "SAND 2", "Sand2"))
    assert done.edges("ecosystem-graphs.camel") == [
        ("finetune", "ecosystem-graphs.sand-2"), ("trained-on", "ecosystem-graphs.sand2"),
    ]  # fmt: skip
    assert done["ecosystem-graphs.sand2"].stub


def test_a_name_without_an_asset_is_what_the_catalog_says_or_taken_for_data(tracker, run):
    done = read(tracker, run, asset("model", "Camel", "LLaMA 7B", "Wikipedia dump"))
    assert done.edges("ecosystem-graphs.camel") == [
        ("finetune", "llama-7b"), ("trained-on", "ecosystem-graphs.wikipedia-dump"),
    ]  # fmt: skip
    assert done["ecosystem-graphs.wikipedia-dump"].kind == "dataset"
    assert "its kind is assumed" in hows(done, "ecosystem-graphs.camel")[1]


def test_a_method_stays_the_asset_that_the_tracker_makes_of_it_and_is_reported(tracker, run):
    done = read(tracker, run, asset("model", "Guano", "QLoRA", "OASST1"))
    assert done.edges("ecosystem-graphs.guano") == [("trained-on", "ecosystem-graphs.qlora"), ("trained-on", "oasst1")]
    assert ("method-as-asset", "assets/desert.yaml asset 1") in done.faults


def test_what_no_relation_can_say_becomes_a_note_and_is_reported(tracker, run):
    done = read(tracker, run, asset("application", "Caravan", "Camel"), asset("model", "Camel", "Caravan"))
    assert done.edges("ecosystem-graphs.caravan") == done.edges("ecosystem-graphs.camel") == []
    assert any("depends on the model 'Camel'" in note for note in done["ecosystem-graphs.caravan"].notes)
    assert any("depends on the application 'Caravan'" in note for note in done["ecosystem-graphs.camel"].notes)
    assert [kind for kind, _ in done.faults].count("no-relation") == 2


def test_a_circle_of_four_through_an_application_is_reported_and_its_edges_stay(tracker, run):
    done = read(tracker, run,
                asset("dataset", "Helpful data", "Interface"), asset("dataset", "Harmless data", "Interface"),
                asset("model", "Tuned models", "Helpful data", "Harmless data"),
                asset("application", "Interface", "Tuned models"))  # fmt: skip
    (cycle,) = [fault for fault in done.report.faults if fault.kind == "cycle"]
    assert cycle.detail == "made from each other: Helpful data, Harmless data, Tuned models, Interface"
    assert done.edges("ecosystem-graphs.helpful-data") == [("generated-by", "ecosystem-graphs.interface")]
    assert len(done.edges("ecosystem-graphs.tuned-models")) == 2
    assert done.problems() == []


def test_a_circle_of_data_and_models_stays_too(tracker, run):
    done = read(tracker, run, asset("model", "Camel", "Dunes"), asset("dataset", "Dunes", "Camel"))
    assert [kind for kind, _ in done.faults] == ["cycle"]
    assert done.edges("ecosystem-graphs.camel") == [("trained-on", "ecosystem-graphs.dunes")]
    assert done.edges("ecosystem-graphs.dunes") == [("generated-by", "ecosystem-graphs.camel")]


def test_something_made_from_itself_has_a_note_in_place_of_the_edge(tracker, run):
    done = read(tracker, run, asset("dataset", "Dunes", "Dunes"))
    assert done.edges("ecosystem-graphs.dunes") == []
    assert [kind for kind, _ in done.faults] == ["self-loop"]


def test_a_name_of_two_assets_gives_two_entries(tracker, run):
    done = read(tracker, run, a=[asset("model", "Dragon")], b=[asset("model", "Dragon", license="MIT")])
    assert done.licenses("ecosystem-graphs.dragon") == {"weights": ["Apache-2.0"]}
    assert done.licenses("ecosystem-graphs.dragon-2") == {"weights": ["MIT"]}
    assert done.faults == [("duplicate-name", "assets/b.yaml asset 1")]


def test_command_r_and_command_r_plus_stay_apart(tracker, run):
    done = read(tracker, run, asset("model", "Command R"), asset("model", "Command R+", "Command R"))
    assert done["ecosystem-graphs.command-r"].name == "Command R"
    assert done.edges("ecosystem-graphs.command-r+") == [("finetune", "ecosystem-graphs.command-r")]
    assert done.faults == []


def test_dependencies_in_a_mapping_are_read_and_reported(tracker, run):
    written = {"value": ["Dunes"], "explanation": "the largest of fifty"}
    done = read(tracker, run, asset("dataset", "Dunes"), asset("model", "Camel", dependencies=written))
    assert done.edges("ecosystem-graphs.camel") == [("trained-on", "ecosystem-graphs.dunes")]
    assert "dependencies: the largest of fifty" in done["ecosystem-graphs.camel"].notes
    assert done.faults == [("odd-shape", "assets/desert.yaml asset 2")]


def test_a_child_older_than_its_parent_is_reported_with_and_without_an_edge(tracker, run):
    done = read(tracker, run, asset("dataset", "Dunes", created_date="2023-06-01"), asset("model", "Camel", "Dunes"),
                asset("application", "Caravan", "Camel", created_date="2021-01-01"))  # fmt: skip
    early = [fault for fault in done.faults if fault[0] == "anachronism"]
    assert early == [("anachronism", "assets/desert.yaml asset 3"), ("anachronism", "assets/desert.yaml asset 2")]
    assert done.edges("ecosystem-graphs.camel") == [("trained-on", "ecosystem-graphs.dunes")]


def test_half_records_stray_fields_and_misspelt_words_are_reported(tracker, run):
    camel = asset("model", "Camel", created_date={"explanation": "in October"}, value="2024-10-22", modality={},
                  license="unknkown", size="2024-05-29")  # fmt: skip
    done = read(tracker, run, camel)
    details = [fault.detail for fault in done.report.faults]
    assert details == [
        "Camel: value: a field that no asset has",
        "Camel: created_date: an explanation without a value",
        "Camel: modality: an empty mapping",
        "Camel: license: unknkown for unknown",
        "Camel: size: 2024-05-29",
    ]
    entry = done["ecosystem-graphs.camel"]
    assert (entry.released, entry.parameters) == (None, None)
    assert {"created_date: in October", "value: 2024-10-22", "size: 2024-05-29"} <= set(entry.notes)
    assert done.licenses("ecosystem-graphs.camel") == {"weights": ["unknown"]}


def test_a_blank_unknown_none_and_custom_license_stay_apart(tracker, run):
    words = ["", "unknown", "none", "custom", "Dune Dwellers' Terms"]
    done = read(tracker, run, *(asset("model", f"M{number}", license=text) for number, text in enumerate(words)))
    ids = [done.licenses(f"ecosystem-graphs.m{number}").get("weights") for number in range(5)]
    assert ids == [None, ["unknown"], ["no-licence"], ["custom"], ["custom"]]


def test_rows_that_cannot_come_in_are_named(tracker, run):
    done = read(tracker, run, "Camel", asset("model", ""), asset("camel", "Camel"), asset("model", "Sand"))
    assert done.reasons == {
        "assets/desert.yaml asset 1": "wrong-shape",
        "assets/desert.yaml asset 2": "no-name",
        "assets/desert.yaml asset 3": "other-kind",
    }
    assert (done.report.rows, done.report.rows_in) == (4, 1)


def test_a_checkout_comes_in_whole(holds):
    done = holds("ecosystem-graphs", "ecosystem-graphs", COMMIT)
    assert (done.report.rows, done.report.rows_in) == (639, 639)
    assert done.report.entries == {"models": 429, "services": 98, "datasets": 112}
    kinds = [kind for kind, _ in done.faults]
    assert (kinds.count("duplicate-name"), kinds.count("self-loop"), kinds.count("cycle")) == (5, 1, 1)
    assert sum(done.report.edges.values()) + kinds.count("no-relation") + kinds.count("self-loop") == 816
    assert [relation for relation, _ in done.edges("ecosystem-graphs.guanaco")] == ["trained-on", "trained-on"]
