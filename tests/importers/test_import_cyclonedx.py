"""CycloneDX: llmreg's own files give the same lineage back; other generators' words go as far as they go."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmreg.exporters import cyclonedx
from llmreg.importers.checkout import Checkout
from llmreg.importers.cyclonedx import read
from llmreg.importers.record import Fault, Record, Skipped
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
    assert (guanaco.hub, guanaco.released) == ("timdettmers/guanaco-33b", "2023-05-23")
    assert done.licenses(guanaco.id) == {"adapter": ["Apache-2.0"], "code": ["MIT"], "weights": ["llama-1"]}


def test_a_foreign_pedigree_names_bases_and_data(tracker, run):
    ancestors = [
        component("llama-7b", group="huggyllama", purl="pkg:huggingface/huggyllama/llama-7b@abc"),
        component("dunes", "data", externalReferences=[{"type": "website", "url": "https://hf.co/datasets/desert/dunes"}]),
    ]  # fmt: skip
    done = bring(tracker, run, bom(component(pedigree={"ancestors": ancestors, "notes": "adapter of llama-7b"})))
    (adapter, trained) = done["cyclonedx.camel"].made_from
    assert (adapter.relation, adapter.of, adapter.how) == ("adapter", "llama-7b", "adapter of llama-7b")
    assert (trained.relation, trained.stage, done[trained.of].hub) == ("trained-on", "sft", "desert/dunes")
    assert done.problems() == []


@pytest.mark.parametrize(
    "written", ["huggyllama/llama-7b", "huggyllama/llama-7b,desert/sand", "['huggyllama/llama-7b', 'desert/sand']"]
)
def test_a_base_that_was_flattened_into_a_property_is_an_edge(tracker, run, written):
    done = bring(tracker, run, bom(component(properties=properties(huggingface_baseModel=written))))
    relations = done.edges("cyclonedx.camel")
    assert relations[0] == ("finetune", "llama-7b")
    assert [done[parent].hub for _, parent in relations[1:]] == ["desert/sand"] * ("sand" in written)
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
    assert done.edges("cyclonedx.camel") == [("trained-on", "cyclonedx.dunes"), ("trained-on", "cyclonedx.sand")]
    assert {edge.stage for edge in done["cyclonedx.camel"].made_from} == {"pretrain"}
    assert done["cyclonedx.sand"].stub


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


def test_what_is_no_model_data_or_service_stays_out(tracker, run):
    value = bom(component("torch", "library"), component(""), metadata={"component": component("app", "application")})
    files = {"a.json": json.dumps(value), "b.json": "[1]", "c.json": '{"bomFormat": "SPDX"}'}
    done = run("cyclonedx", tracker(files), commit=None)
    assert done.reasons == {
        "a.json torch": "other-kind", "a.json app": "other-kind", "a.json component 3": "no-name",
        "b.json": "other-kind", "c.json": "other-kind",
    }  # fmt: skip


def test_nested_components_and_services_come_in(tracker, run):
    outer = component("app", "application", components=[component("inner", components=[component("core")])])
    done = bring(tracker, run, bom(outer, services=[{"name": "api", "bom-ref": "api", "provider": {"name": "Desert"}}]))
    assert {done[f"cyclonedx.{name}"].kind for name in ("inner", "core")} == {"model"}
    assert (done["cyclonedx.api"].kind, done["cyclonedx.api"].developers) == ("service", ("Desert",))


def test_an_edge_that_no_entry_could_have_is_reported(tracker, run):
    wrong = ["[1]", "{}", '{"relation": "trained-on", "of": "x"}', '{"relation": "derived-from", "of": "x"}', "no json"]
    values = [{"name": "llmreg:id", "value": "camel"}] + [{"name": "llmreg:made_from", "value": one} for one in wrong]
    done = bring(tracker, run, bom(component(properties=values)))
    assert [kind for kind, _ in done.faults] == ["odd-value"] * len(wrong)
    assert done.edges("cyclonedx.camel") == []


WORDS = st.one_of(st.sampled_from(["", "model", "data", "machine-learning-model", "camel", "MIT", "a/b", "trained-on",
                                   '{"relation": "finetune", "of": "camel", "source": 1}']), st.text(max_size=8))  # fmt: skip
VALUES = st.recursive(
    st.one_of(WORDS, st.none(), st.integers(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
PARTS = st.fixed_dictionaries({}, optional={
    "type": st.one_of(VALUES, st.sampled_from(["machine-learning-model", "data"])), "name": VALUES, "group": VALUES,
    "purl": VALUES, "bom-ref": VALUES, "licenses": VALUES, "manufacturer": VALUES, "authors": VALUES, "modelCard": VALUES,
    "properties": st.one_of(VALUES, st.lists(st.fixed_dictionaries({
        "name": st.sampled_from(["llmreg:id", "llmreg:kind", "llmreg:made_from", "llmreg:licenses", "llmreg:rows",
                                 "huggingface:baseModel"]), "value": VALUES}), max_size=4)),
    "pedigree": st.one_of(VALUES, st.fixed_dictionaries({"ancestors": VALUES, "notes": VALUES})),
    "externalReferences": st.one_of(VALUES, st.lists(st.fixed_dictionaries({"type": VALUES, "url": VALUES}), max_size=2)),
})  # fmt: skip


@given(st.lists(PARTS, max_size=3), VALUES, VALUES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_file_is_a_record_or_left_out_with_a_reason(tmp_path, parts, metadata, services):
    value = {"bomFormat": "CycloneDX", "metadata": metadata, "components": parts, "services": services}
    (tmp_path / "a.json").write_text(json.dumps(value))
    items = list(read(Checkout(tmp_path)))
    assert all(isinstance(item, Record | Skipped | Fault) for item in items)
    assert len([item for item in items if not isinstance(item, Fault)]) >= len(parts)
