"""CycloneDX: llmreg's own files give the same lineage back; other generators' words go as far as they go."""

from __future__ import annotations

import json

import pytest

from llmreg.exporters import cyclonedx
from llmreg.licensing import check
from llmreg.lineage import SAME_AS, links_of
from llmreg.schema import Asset


def bom(*components, **fields):
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components), **fields}


def component(name="camel", kind="machine-learning-model", **fields):
    return {"type": kind, "name": name, "bom-ref": name, **fields}


def properties(**values):
    return [{"name": name.replace("_", ":"), "value": value} for name, value in values.items()]


def bring(tracker, run, value):
    return run("cyclonedx", tracker({"a.json": json.dumps(value)}), commit=None)


def lineage_of(catalog, entry_id):
    return {
        (link.parent, link.relation, link.stage, link.how, link.evidence)
        for link in links_of(catalog, entry_id)
        if link.relation != SAME_AS
    }


def test_llmregs_own_files_give_the_same_lineage_back(tracker, run, built_in):
    ids = built_in.ids(Asset)
    done = run(
        "cyclonedx",
        tracker({f"{each}.json": json.dumps(cyclonedx(built_in, each)) for each in ids}),
        commit=None,
    )
    assert done.problems() == []
    assert {fault.kind for fault in done.report.faults} <= {"anachronism"}  # true of the catalog itself
    for entry_id in ids:
        imported = done[f"cyclonedx.{entry_id}"]
        assert (imported.kind, imported.name, imported.same_as) == (
            built_in[entry_id].kind, " ".join(built_in[entry_id].name.split()), (entry_id,),
        )  # fmt: skip
        assert lineage_of(done.catalog, imported.id) == lineage_of(built_in, entry_id), entry_id
    assert set(done.catalog) - set(built_in) == {f"cyclonedx.{each}" for each in ids}


def test_a_source_that_the_file_names_is_known_from_the_file_alone(tracker, run, built_in):
    done = bring(tracker, run, cyclonedx(built_in, "guanaco-33b"))
    guanaco = done["cyclonedx.guanaco-33b"]
    edge = next(edge for edge in guanaco.made_from if edge.relation == "adapter")
    source = guanaco.sources[edge.source]
    assert (source.repository, source.path, source.read) == (
        "artidoro/qlora", "scripts/finetune_guanaco_33b.sh", "secondary",
    )  # fmt: skip
    assert "read 2026-11-21, stored-copy" in source.note
    assert (guanaco.hub_id, guanaco.released) == ("timdettmers/guanaco-33b", "2023-05-23")
    assert done.licenses(guanaco.id) == {"adapter": ["Apache-2.0"], "code": ["MIT"], "weights": ["llama-1"]}


def test_a_foreign_pedigree_names_bases_and_data(tracker, run):
    ancestors = [
        component("llama-7b", group="huggyllama", purl="pkg:huggingface/huggyllama/llama-7b@abc"),
        component("dunes", "data", externalReferences=[{"type": "website", "url": "https://hf.co/datasets/desert/dunes"}]),
    ]  # fmt: skip
    done = bring(tracker, run, bom(component(pedigree={"ancestors": ancestors, "notes": "adapter of llama-7b"})))
    (adapter, trained) = done["cyclonedx.camel"].made_from
    assert (adapter.relation, adapter.of, adapter.how) == ("adapter", "llama-7b", "adapter of llama-7b")
    assert (trained.relation, trained.stage, done[trained.of].hub_id) == ("trained-on", "sft", "desert/dunes")
    assert done.problems() == []


@pytest.mark.parametrize(
    "written", ["huggyllama/llama-7b", "huggyllama/llama-7b,desert/sand", "['huggyllama/llama-7b', 'desert/sand']"]
)
def test_a_base_that_was_flattened_into_a_property_is_an_edge(tracker, run, written):
    done = bring(tracker, run, bom(component(properties=properties(huggingface_baseModel=written))))
    relations = done.edges("cyclonedx.camel")
    assert relations[0] == ("finetune", "llama-7b")
    assert [done[parent].hub_id for _, parent in relations[1:]] == ["desert/sand"] * ("sand" in written)
    assert done["cyclonedx.camel"].made_from[0].how == "the file does not say how"


def test_a_pedigree_goes_before_the_property(tracker, run):
    parts = component(
        pedigree={"ancestors": [component("llama-7b", group="huggyllama")], "notes": "quantized from it"},
        properties=properties(huggingface_baseModel="huggyllama/llama-7b"),
    )
    assert [relation for relation, _ in bring(tracker, run, bom(parts)).edges("cyclonedx.camel")] == ["quantized"]


def test_datasets_of_a_model_card_are_named_in_place_or_by_reference(tracker, run):
    card = {
        "modelParameters": {"datasets": [{"ref": "dunes"}, {"type": "dataset", "name": "sand"}, {"ref": "nowhere"}]}
    }
    done = bring(tracker, run, bom(component(modelCard=card), component("dunes", "data")))
    names = ("dunes", "sand", "nowhere")
    assert done.edges("cyclonedx.camel") == [("trained-on", f"cyclonedx.{name}") for name in names]
    assert {edge.stage for edge in done["cyclonedx.camel"].made_from} == {"pretrain"}
    assert done["cyclonedx.sand"].stub
    assert done["cyclonedx.nowhere"].stub
    assert done.faults == [("odd-value", "a.json camel")]


@pytest.mark.parametrize(
    ("licenses", "claims"),
    [
        ([{"license": {"id": "MIT"}}], ["MIT"]),
        ([{"expression": "MIT AND Apache-2.0"}], ["MIT AND Apache-2.0"]),
        ([{"expression": "MIT OR (Apache-2.0 AND GPL-3.0-only)"}], ["MIT OR (Apache-2.0 AND GPL-3.0-only)"]),
        ([{"license": {"name": "llama3.2"}}], ["llama3.2"]),
        ([{"license": {"name": "Camel License"}}], ["custom"]),
        ([{"license": {"name": "NOASSERTION"}}], ["unknown"]),
        ([{"license": {"name": "NONE"}}], ["no-licence"]),
        ([{"license": {"id": "MIT", "acknowledgement": "concluded"}}], []),
        ([{"expression": "MIT", "acknowledgement": "concluded"}], []),
        ([], []),
    ],
)
def test_a_foreign_license_is_stated_and_what_was_concluded_stays_out(tracker, run, licenses, claims):
    done = bring(tracker, run, bom(component(licenses=licenses)))
    assert done.licenses("cyclonedx.camel") == ({"weights": claims} if claims else {})


@pytest.mark.parametrize(
    ("licenses", "claim"),
    [
        ([{"expression": "MIT OR GPL-3.0-only"}], {"id": "MIT OR GPL-3.0-only"}),
        ([{"expression": "(MIT OR CC-BY-NC-4.0) AND Apache-2.0"}], {"id": "(MIT OR CC-BY-NC-4.0) AND Apache-2.0"}),
        ([{"expression": "MIT AND LicenseRef-llama3.2"}], {"id": "MIT AND custom"}),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "CC-BY-NC-4.0"}}], {"id": "MIT AND CC-BY-NC-4.0"}),
        ([{"license": {"id": "MIT"}}, {"expression": "CC-BY-NC-4.0 OR GPL-3.0-only"}],
         {"id": "MIT AND (CC-BY-NC-4.0 OR GPL-3.0-only)"}),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "NOASSERTION"}}], {"id": "MIT AND unknown"}),
        ([{"license": {"name": "Camel License", "url": "https://example.org/LICENSE"}}],
         {"id": "custom", "words": "Camel License", "link": "https://example.org/LICENSE"}),
        ([{"license": {"url": "https://example.org/LICENSE"}}], {"id": "custom", "link": "https://example.org/LICENSE"}),
        ([{"license": {"text": {"content": "Camel License\n\nNo use."}}}],
         {"id": "custom", "words": "a license text that begins: Camel License"}),
        ([{"license": {"text": {"content": "TUlU", "encoding": "base64"}}}], {"id": "custom"}),
        ([{"license": {}}], {"id": "custom"}),
        ([{}], {"id": "custom"}),
        (["MIT"], {"id": "MIT"}),
        ({"license": {"id": "MIT"}}, {"id": "MIT"}),
        ([{"license": "MIT"}], {"id": "MIT"}),
        ([{"license": {"id": "MIT", "acknowledgement": "declared"}}, {"license": {"id": "GPL-3.0-only"}, "acknowledgement":
          "concluded"}], {"id": "MIT"}),
    ],
)  # fmt: skip
def test_whatever_form_a_license_has_it_is_one_claim(tracker, run, licenses, claim):
    done = bring(tracker, run, bom(component(licenses=licenses)))
    (found,) = done["cyclonedx.camel"].licenses["weights"]
    assert found.model_dump(exclude_none=True).items() >= claim.items()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"licenses": [{"license": {"id": "MIT", "text": {"content": "MIT License"}}}]}, "its terms are not read"),
        ({"licenses": [{"license": {"id": "MIT"}, "acknowledgement": "concluded"}]}, "concluded by who wrote the file"),
        ({"evidence": {"licenses": [{"license": {"id": "MIT"}}]}}, "found by who wrote the file"),
        ({"licenses": [{"license": {}}]}, "names no license"),
        ({"pedigree": {"variants": [component("other")]}}, "which was made from which"),
        ({"pedigree": {"ancestors": [component("torch", "library", purl="pkg:pypi/torch@2")]}}, "no model and no data"),
        ({"modelCard": {"modelParameters": {"datasets": [{"type": "configuration", "name": "c"}]}}}, "no dataset"),
        ({"modelCard": {"modelParameters": {"datasets": [{"type": "dataset"}]}}}, "has no name"),
    ],
)
def test_what_does_not_come_in_is_reported_and_kept_as_a_note(tracker, run, fields, said):
    done = bring(tracker, run, bom(component(**fields)))
    assert any(said in fault.detail for fault in done.report.faults)
    kept = done["cyclonedx.camel"]
    assert any(said in note for note in kept.notes) or kept.licenses or kept.made_from


def related(base="base", **fields):
    """A model that is tied to another component of the file, which is under a non-commercial license."""
    other = component("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}])
    return bom(component(licenses=[{"license": {"id": "MIT"}}], **fields), other)


@pytest.mark.parametrize(
    "value",
    [
        {**related(), "dependencies": [{"ref": "camel", "dependsOn": ["base"]}]},
        related(pedigree={"ancestors": [{"type": "machine-learning-model", "name": "base"}]}),
        related(pedigree={"ancestors": [{"bom-ref": "base", "type": "machine-learning-model", "name": "base"}]}),
        related(pedigree={"ancestors": [{"name": "base"}]}),
        related(pedigree={"ancestors": [{"type": "application", "name": "base"}]}),
        bom(component(licenses=[{"license": {"id": "MIT"}}], components=[
            component("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}])])),
        bom(component(licenses=[{"license": {"id": "MIT"}}], pedigree={"ancestors": [
            component("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}])]})),
        bom(component(licenses=[{"license": {"id": "MIT"}}], pedigree={"ancestors": [component("middle", pedigree={
            "ancestors": [component("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}])]},
            licenses=[{"license": {"id": "MIT"}}])]})),
        bom(component("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}], pedigree={"descendants": [
            component(licenses=[{"license": {"id": "MIT"}}])]})),
        bom(component("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}], pedigree={"descendants": [
            {"type": "machine-learning-model", "name": "camel"}]}), component(licenses=[{"license": {"id": "MIT"}}])),
    ],
)  # fmt: skip
def test_a_base_binds_wherever_the_file_names_it(tracker, run, value):
    done = bring(tracker, run, value)
    assert check(done.catalog, "cyclonedx.camel", "commercial").verdict == "forbidden"


@pytest.mark.parametrize(
    "fields",
    [
        {"properties": properties(huggingface_baseModel="huggyllama/llama-7b")},
        {"properties": properties(base_model="https://huggingface.co/huggyllama/llama-7b")},
        {"properties": properties(aibom_parentModel="huggyllama/llama-7b@main")},
        {"pedigree": {"ancestors": [component("huggyllama/llama-7b")]}},
        {"pedigree": {"ancestors": [component("llama-7b", purl="pkg:huggingface/huggyllama/llama-7b@abc?x=y")]}},
        {"pedigree": {"ancestors": [{"name": "b", "purl": "pkg:huggingface/huggyllama%2Fllama-7b"}]}},
    ],
)
def test_a_base_of_the_catalog_is_found_by_its_id_on_the_hub(tracker, run, fields):
    done = bring(tracker, run, bom(component(**fields)))
    assert done.edges("cyclonedx.camel") == [("finetune", "llama-7b")]


def test_a_dependency_may_be_a_package_url_without_a_component(tracker, run):
    value = bom(component(), dependencies=[
        {"ref": "camel", "dependsOn": ["pkg:huggingface/huggyllama/llama-7b@main", "pkg:pypi/torch@2", "camel"]},
    ])  # fmt: skip
    done = bring(tracker, run, value)
    assert done.edges("cyclonedx.camel") == [("finetune", "llama-7b")]
    assert done.faults == []


def test_a_base_that_does_not_resolve_leaves_the_verdict_open(tracker, run):
    value = bom(
        component(licenses=[{"license": {"id": "MIT"}}]), dependencies=[{"ref": "camel", "dependsOn": ["gone"]}]
    )
    done = bring(tracker, run, value)
    assert done.edges("cyclonedx.camel") == [("finetune", "cyclonedx.gone")]
    assert done.faults == [("odd-value", "a.json camel")]
    assert check(done.catalog, "cyclonedx.camel", "commercial").verdict == "unclear"


def test_data_is_found_in_every_place(tracker, run):
    value = bom(
        component(
            modelCard={"modelParameters": {"datasets": [
                {"ref": "d-1"}, {"type": "dataset", "contents": {"url": "https://huggingface.co/datasets/tatsu-lab/alpaca"}},
                "named",
            ]}},
            data=[{"type": "dataset", "name": "own"}], components=[component("nested", "data")],
            pedigree={"ancestors": [component("older", "data")]},
        ),
        component("store", "data", data=[{"type": "dataset", "name": "one", "bom-ref": "d-1"}, {"type": "dataset", "name": "two"},
                                         {"type": "configuration", "name": "no data"}]),
        component("needed", "data"), dependencies=[{"ref": "camel", "dependsOn": ["needed"]}],
    )  # fmt: skip
    done = bring(tracker, run, value)
    assert {parent for _, parent in done.edges("cyclonedx.camel")} == {
        "alpaca-52k",
        *(f"cyclonedx.{name}" for name in ("one", "named", "own", "nested", "older", "needed")),
    }
    assert {relation for relation, _ in done.edges("cyclonedx.camel")} == {"trained-on"}
    assert done.edges("cyclonedx.store") == [("mixture-of", "cyclonedx.one"), ("mixture-of", "cyclonedx.two")]


def test_data_made_by_a_model_is_generated_by_it(tracker, run):
    rows = component("rows", "data", pedigree={"ancestors": [component("api", "machine-learning-model")]})
    assert bring(tracker, run, bom(rows)).edges("cyclonedx.rows") == [("generated-by", "cyclonedx.api")]


def test_configurations_are_no_data(tracker, run):
    done = bring(tracker, run, bom(component("settings", "data", data=[{"type": "configuration", "name": "settings"}])))
    assert done.reasons == {"a.json settings": "other-kind"}
