"""CycloneDX files as they come: other versions, XML, broken ones, and whatever else stands in them."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmreg.catalog import load_catalog
from llmreg.errors import LlmregError
from llmreg.importers.checkout import Checkout
from llmreg.importers.cyclonedx import read
from llmreg.importers.hub_index import import_hub
from llmreg.importers.record import Fault, Record, Skipped
from llmreg.licensing import check


def bom(*components, **fields):
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components), **fields}


def component(name="camel", kind="machine-learning-model", **fields):
    return {"type": kind, "name": name, "bom-ref": name, **fields}


def properties(**values):
    return [{"name": name.replace("_", ":"), "value": value} for name, value in values.items()]


def bring(tracker, run, value):
    return run("cyclonedx", tracker({"a.json": json.dumps(value)}), commit=None)


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
def test_every_version_that_has_models_or_data_is_read(tracker, run, version):
    done = bring(tracker, run, {**bom(component()), "specVersion": version})
    assert (done["cyclonedx.camel"].kind, done.faults) == ("model", [])


@pytest.mark.parametrize("version", ["2.0", None, 1.6, ""])
def test_another_version_is_said(tracker, run, version):
    done = bring(tracker, run, {**bom(component()), "specVersion": version})
    assert done["cyclonedx.camel"].kind == "model"
    assert [kind for kind, _ in done.faults] == ([] if version == 1.6 else ["odd-value"])


def test_xml_and_broken_files_of_a_folder_are_said_and_the_rest_comes_in(tracker, run):
    files = {
        "a.json": "\ufeff" + json.dumps(bom(component())), "b.json": "{", "c.json": '{"a": 1, "a": 2}',
        "d.xml": '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>', "e.xml": "<svg/>",
    }  # fmt: skip
    done = run("cyclonedx", tracker(files), commit=None)
    assert done["cyclonedx.camel"].kind == "model"
    assert done.reasons == {
        "b.json": "wrong-shape",
        "c.json": "wrong-shape",
        "d.xml": "other-kind",
        "e.xml": "other-kind",
    }
    (xml,) = [skip for skip in done.report.skipped if str(skip.place) == "d.xml"]
    assert "cyclonedx convert" in xml.detail


def test_a_single_file_that_does_not_read_is_an_error(tracker, run):
    with pytest.raises(LlmregError, match=r"b\.json:1: not valid JSON"):
        run("cyclonedx", tracker({"b.json": "{"}) / "b.json", commit=None)


CARDS = [
    ({"license": "mit", "base_model": "huggyllama/llama-7b"},
     {"licenses": [{"license": {"id": "MIT"}}], "pedigree": {"ancestors": [component("huggyllama/llama-7b")]}}),
    ({"license": "apache-2.0", "datasets": ["tatsu-lab/alpaca"]},
     {"licenses": [{"license": {"id": "Apache-2.0"}}],
      "modelCard": {"modelParameters": {"datasets": [{"type": "dataset", "name": "tatsu-lab/alpaca"}]}}}),
    ({"license": "apache-2.0", "datasets": ["tatsu-lab/alpaca"], "base_model": "EleutherAI/pythia-12b"},
     {"licenses": [{"license": {"id": "Apache-2.0"}}], "properties": properties(huggingface_baseModel="EleutherAI/pythia-12b"),
      "modelCard": {"modelParameters": {"datasets": [{"type": "dataset", "name": "tatsu-lab/alpaca"}]}}}),
    ({"license": "mit", "base_model": "nobody/knows-this"},
     {"licenses": [{"license": {"id": "MIT"}}], "pedigree": {"ancestors": [component("nobody/knows-this")]}}),
    ({"license": "cc-by-nc-4.0"}, {"licenses": [{"license": {"id": "CC-BY-NC-4.0"}}]}),
    ({"license": ["mit", "cc-by-nc-4.0"]}, {"licenses": [{"license": {"id": "MIT"}}, {"license": {"id": "CC-BY-NC-4.0"}}]}),
    ({}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("card", "fields"), CARDS)
@pytest.mark.parametrize("name", ["ada/plain", "ada/plain-instruct"])
def test_the_hub_and_a_bill_of_materials_give_one_model_the_same_verdicts(
    tracker, run, tmp_path, built_in, name, card, fields
):
    index = tmp_path / "hub.sqlite"
    cards = tmp_path / "cards.jsonl"
    cards.write_text(json.dumps({"id": name, "cardData": card}))
    import_hub(cards, index, built_in, seen=date(2026, 11, 21))
    hub = load_catalog(index)
    value = bom(component(name, purl=f"pkg:huggingface/{name}", **fields))
    done = bring(tracker, run, value)
    (mine,) = [each for each in done.catalog if each.startswith("cyclonedx.ada")]
    for use in ("research", "commercial", "redistribution", "hosting", "train-on-outputs"):
        theirs = check(hub, f"hub.{name.replace('/', '--')}", use).verdict
        assert check(done.catalog, mine, use).verdict == theirs, use


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
    "purl": VALUES, "bom-ref": VALUES, "licenses": VALUES, "data": VALUES, "components": VALUES, "evidence": VALUES, "manufacturer": VALUES, "authors": VALUES, "modelCard": VALUES,
    "properties": st.one_of(VALUES, st.lists(st.fixed_dictionaries({
        "name": st.sampled_from(["llmreg:id", "llmreg:kind", "llmreg:made_from", "llmreg:licenses", "llmreg:rows",
                                 "huggingface:baseModel"]), "value": VALUES}), max_size=4)),
    "pedigree": st.one_of(VALUES, st.fixed_dictionaries({"ancestors": VALUES, "descendants": VALUES, "notes": VALUES})),
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


@pytest.mark.parametrize(
    ("formulation", "said"),
    [
        ([{"components": [component("base"), component("rows", "data")]}], "formulation: base, rows; "),
        ([{"workflows": [{"bom-ref": "w", "uid": "w", "taskTypes": ["build"]}]}], "formulation: workflows; "),
        ({"components": [component("base")]}, "formulation: base; "),
    ],
)
def test_a_formulation_is_said_and_leaves_open_what_was_made_from_it(tracker, run, formulation, said):
    free = component(licenses=[{"license": {"id": "MIT"}}], modelCard={"modelParameters": {"task": "text-generation"}})
    done = bring(tracker, run, {**bom(free), "formulation": formulation})
    assert check(done.catalog, "cyclonedx.camel", "commercial").verdict == "unclear"
    assert any(fault.detail.startswith(said) and "pedigree.ancestors" in fault.detail for fault in done.report.faults)
    assert not bring(tracker, run, {**bom(component()), "formulation": []}).report.faults


def test_a_formulation_of_code_alone_leaves_nothing_open(tracker, run):
    value = {**bom(component()), "formulation": [{"components": [component("torch", "library")]}]}
    done = bring(tracker, run, value)
    assert (done.report.faults, done["cyclonedx.camel"].made_from) == ((), ())


@pytest.mark.parametrize("kind", ["machine-learning-model", "data"])
@pytest.mark.parametrize("variants", [[component("huggyllama/llama-7b")], [{"bom-ref": "x"}]])
def test_variants_leave_the_verdict_open(tracker, run, kind, variants):
    free = component(kind=kind, licenses=[{"license": {"id": "MIT"}}], pedigree={"variants": variants})
    done = bring(tracker, run, bom(free))
    assert check(done.catalog, "cyclonedx.camel", "commercial").verdict == "unclear"
    assert "llama-7b" not in [edge.of for edge in done["cyclonedx.camel"].made_from]
    assert any("pedigree.variants" in fault.detail for fault in done.report.faults)
