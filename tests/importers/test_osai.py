"""European Open Source AI Index: one YAML file a system."""

from __future__ import annotations

SYSTEM = """
# comments stay out
system:
    name: Camel
    link: https://example.org/camel
    type: text,code
    basemodelname: Sand-7B
    endmodelname: Camel-7B
    endmodellicense: Apache 2.0
    releasedate: 2023-05
    notes: A camel made of sand.
org:
    name: Desert Lab
datasources_basemodel:
    class: closed
    link:
    notes: Nobody knows.
datasources_endmodel:
    class: open
    link: ["https://huggingface.co/datasets/desert/dunes/tree/main", "https://huggingface.co/datasets/squad"]
    notes:
weights_basemodel: {class: open, link: "https://huggingface.co/sand/sand-7b/tree/main", notes: }
weights_endmodel: {class: open, link: "https://huggingface.co/desert/camel-7b", notes: }
trainingcode: {class: open, link: "https://github.com/desert/camel/tree/main/train", notes: }
licenses:
    class: partial
    link: https://example.org/terms
    notes: "Code: MIT. Weights: Apache 2.0."
"""


def changed(**fields):
    text = SYSTEM
    for field, value in fields.items():
        start = text.index(f"    {field}:")
        text = f"{text[:start]}    {field}: {value}{text[text.index(chr(10), start) :]}"
    return text


def test_a_system_becomes_its_end_model_made_from_its_base(tracker, run):
    done = run("osai", tracker({"camel.yaml": SYSTEM}))
    camel = done["osai.camel-7b"]
    assert (camel.name, camel.developers, camel.released) == ("Camel-7B", ("Desert Lab",), "2023-05")
    assert (camel.hub_id, camel.repository) == ("desert/camel-7b", "desert/camel")
    assert camel.modality == ("text",)
    assert done.edges("osai.camel-7b") == [
        ("finetune", "osai.sand-7b"), ("trained-on", "osai.desert-dunes"), ("trained-on", "osai.squad"),
    ]  # fmt: skip
    assert done.problems() == []


def test_every_claim_rests_on_the_file_at_its_commit(tracker, run):
    source = run("osai", tracker({"camel.yaml": SYSTEM}))["osai.camel-7b"].source_of("released")
    assert (source.importer, source.commit, source.path) == ("osai", "c0ffee" * 6 + "beef", "camel.yaml")
    assert (source.read, source.license, str(source.seen)) == ("secondary", "CC-BY-4.0", "2026-11-21")
    assert "osai-index.eu" in source.attribution


def test_what_is_only_named_becomes_a_stub_with_the_hub_id_written_beside_it(tracker, run):
    done = run("osai", tracker({"camel.yaml": SYSTEM}))
    sand, dunes = done["osai.sand-7b"], done["osai.desert-dunes"]
    assert (sand.kind, sand.stub, sand.hub_id) == ("model", True, "sand/sand-7b")
    assert (dunes.kind, dunes.stub, dunes.hub_id) == ("dataset", True, "desert/dunes")


def test_the_end_models_license_covers_the_weights_and_the_words_on_code_stay_words(tracker, run):
    done = run("osai", tracker({"camel.yaml": SYSTEM}))
    assert done.licenses("osai.camel-7b") == {"weights": ["Apache-2.0"]}
    assert any("Code: MIT" in note for note in done["osai.camel-7b"].notes)


def test_a_blank_license_is_no_claim_and_unknown_is_one(tracker, run):
    files = {
        "a.yaml": changed(endmodelname="A", endmodellicense=""),
        "b.yaml": changed(endmodelname="B", endmodellicense="Unknown"),
        "c.yaml": changed(endmodelname="C", endmodellicense="Dune Dwellers' Terms"),
    }
    done = run("osai", tracker(files))
    assert [done.licenses(f"osai.{name}") for name in "abc"] == [{}, {"weights": ["unknown"]}, {"weights": ["custom"]}]
    assert done["osai.c"].licenses["weights"][0].words == "Dune Dwellers' Terms"


def test_a_misnamed_license_field_is_read_and_reported(tracker, run):
    text = SYSTEM.replace("endmodellicense:", "endmodel license:")
    done = run("osai", tracker({"camel.yaml": text}))
    assert done.licenses("osai.camel-7b") == {"weights": ["Apache-2.0"]}
    assert ("odd-shape", "camel.yaml") in done.faults


def test_a_model_that_is_its_own_base_has_none(tracker, run):
    done = run("osai", tracker({"camel.yaml": changed(basemodelname="camel-7b")}))
    assert [relation for relation, _ in done.edges("osai.camel-7b")] == ["trained-on", "trained-on"]


def test_an_undisclosed_base_is_no_model(tracker, run):
    done = run("osai", tracker({"camel.yaml": changed(basemodelname="unknown")}))
    assert "osai.unknown" not in done.catalog


def test_known_names_lead_to_the_catalog(tracker, run):
    text = changed(basemodelname="LLaMA-7b", endmodelname="Alpaca-7B").replace("sand/sand-7b", "some/mirror")
    done = run("osai", tracker({"alpaca.yaml": text}))
    assert done["osai.alpaca-7b"].same_as == ("alpaca-7b",)
    assert done.edges("osai.alpaca-7b")[0] == ("finetune", "llama-7b")


def test_the_form_for_new_entries_is_left_out_with_its_reason(tracker, run):
    form = "system:\n    name:\n    endmodelname:\norg:\n    name:\n"
    done = run("osai", tracker({"camel.yaml": SYSTEM, "a_submission_template.yaml": form}))
    assert (done.report.rows, done.report.rows_in) == (2, 1)
    assert done.reasons == {"a_submission_template.yaml": "form"}


def test_a_date_that_is_none_is_kept_as_a_fault(tracker, run):
    done = run("osai", tracker({"camel.yaml": changed(releasedate="last spring")}))
    assert done["osai.camel-7b"].released is None
    assert ("odd-value", "camel.yaml") in done.faults


def test_the_index_comes_in_whole(holds):
    done = holds("osai", "osai-index")
    assert (done.report.rows, done.report.rows_in) == (194, 193)
    assert done.reasons == {"a_submission_template.yaml": "form"}
    hubs = {entry_id: done[entry_id].hub_id for entry_id in done.catalog.ids() if done[entry_id].imported}
    assert len([entry_id for entry_id in hubs if not done[entry_id].stub]) == 193


def test_97_bases_have_hub_ids_at_both_ends(real):
    from llmreg.importers import importer_named
    from llmreg.importers.checkout import Checkout
    from llmreg.importers.record import Record

    records = [item for item in importer_named("osai").read(Checkout(real("osai-index"))) if isinstance(item, Record)]
    pairs = [(record.hub, link.hub) for record in records for link in record.links if link.relation == "finetune"]
    assert len([pair for pair in pairs if all(pair)]) == 97
