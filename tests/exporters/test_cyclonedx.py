"""CycloneDX: valid by the official schema for every entry, with the lineage as it is."""

from __future__ import annotations

import json

import pytest

from llmreg.errors import LlmregError, UnknownIdError
from llmreg.exporters import cyclonedx
from llmreg.exporters.places import entry_of, ref
from llmreg.licensing import DISCLAIMER, Checker
from llmreg.lineage import lineage, links_of, subgraph
from llmreg.schema import Dataset, Model


def parts(bom):
    """Every component and service of a file by its reference."""
    found = [bom["metadata"]["component"], *bom.get("components", ()), *bom.get("services", ())]
    assert len({part["bom-ref"] for part in found}) == len(found)
    return {part["bom-ref"]: part for part in found}


def said(part, name):
    return [one["value"] for one in part.get("properties", ()) if one["name"] == f"llmreg:{name}"]


def shown(part):
    """The one expression of a component, which is concluded; None where it has no license."""
    choices = part.get("licenses", [])
    assert all(choice["acknowledgement"] == "concluded" for choice in choices)
    assert len(choices) <= 1
    return choices[0]["expression"] if choices else None


def test_every_entry_validates(built_in, cyclonedx_faults):
    for entry_id in [*built_in.ids(Model), *built_in.ids(Dataset)]:
        assert cyclonedx_faults(json.dumps(cyclonedx(built_in, entry_id))) is None, entry_id


def test_hostile_entries_of_every_kind_validate(hostile, hostile_ids, cyclonedx_faults):
    for entry_id in hostile_ids:
        assert cyclonedx_faults(json.dumps(cyclonedx(hostile, entry_id))) is None, entry_id


def test_version_1_7_is_written_and_says_the_same(built_in, hostile, hostile_ids, cyclonedx_faults):
    for found, ids in ((built_in, built_in.ids(Model)[::12]), (hostile, hostile_ids)):
        for entry_id in ids:
            newer, older = (cyclonedx(found, entry_id, version=version) for version in ("1.7", "1.6"))
            assert cyclonedx_faults(json.dumps(newer)) is None, entry_id
            assert (newer["specVersion"], newer["$schema"][-20:]) == ("1.7", "/bom-1.7.schema.json")
            changed = {"$schema", "specVersion", "serialNumber"}
            assert {key: newer[key] for key in newer if key not in changed} == {
                key: older[key] for key in older if key not in changed
            }


def test_several_entries_share_one_bill(built_in, cyclonedx_faults):
    asked = ["guanaco-33b", "alpaca-7b"]
    bom = cyclonedx(built_in, asked, contact="Ada <ada@example.org>")
    assert cyclonedx_faults(json.dumps(bom)) is None
    wanted = {name for each in asked for name in parts(cyclonedx(built_in, each))}
    assert parts(bom).keys() - {"llmreg:selection"} == wanted
    (whole,) = [one for one in bom["dependencies"] if one["ref"] == "llmreg:selection"]
    assert whole["dependsOn"] == ["llmreg:alpaca-7b", "llmreg:guanaco-33b"]
    assert bom["metadata"]["authors"] == [{"name": "Ada", "email": "ada@example.org"}]
    assert bom["metadata"]["lifecycles"] == [{"phase": "post-build"}]
    for each in asked:
        verdict = Checker(built_in).check(each, "commercial").verdict
        assert said(bom["metadata"], f"{each}:verdict:commercial") == [verdict]


def test_one_id_given_twice_is_one_entry(built_in):
    assert cyclonedx(built_in, ["guanaco-33b", "guanaco-33b"]) == cyclonedx(built_in, "guanaco-33b")


def test_the_code_is_a_part_with_its_own_license_and_what_is_stated_is_evidence(built_in):
    subject = cyclonedx(built_in, "guanaco-33b")["metadata"]["component"]
    (code,) = subject["components"]
    assert (code["bom-ref"], code["type"]) == ("llmreg:guanaco-33b#code", "application")
    assert code["licenses"] == [{"expression": "MIT", "acknowledgement": "declared"}]
    assert subject["evidence"]["licenses"] == [
        {"expression": "Apache-2.0 AND LicenseRef-scancode-llama-license-2023", "acknowledgement": "declared"}
    ]


def test_the_validator_sees_faults(built_in, cyclonedx_faults):
    bom = cyclonedx(built_in, "guanaco-33b")
    subject = bom["metadata"]["component"]
    for wrong in ({"modelCard": {"x": 1}}, {"licenses": [{"license": {"id": "llama3.2"}}]}, {"type": "model"}):
        changed = {**bom, "metadata": {**bom["metadata"], "component": {**subject, **wrong}}}
        assert cyclonedx_faults(json.dumps(changed)) is not None, wrong
    spaced = [{"type": "evidence", "url": "https://example.org/a b"}]
    changed = {**bom, "metadata": {**bom["metadata"], "component": {**subject, "externalReferences": spaced}}}
    assert cyclonedx_faults(json.dumps(changed)) is not None


def test_the_parts_are_the_lineage_and_the_dependencies_its_edges(built_in):
    graph = lineage(built_in)
    for entry_id in [*built_in.ids(Model), *built_in.ids(Dataset)]:
        bom = cyclonedx(built_in, entry_id)
        wanted = subgraph(graph, [entry_id], "up")
        assert {entry_of(name) for name in parts(bom)} == set(wanted)
        edges = {(a, b) for a, b, data in wanted.edges(data=True) if data["relation"] != "evaluated-on"}
        told = {(entry_of(one["ref"]), entry_of(on)) for one in bom["dependencies"] for on in one["dependsOn"]}
        assert told == edges
        assert {one["ref"] for one in bom["dependencies"]} == set(parts(bom))


def test_a_pedigree_names_every_parent_that_something_came_from(hostile):
    bom = cyclonedx(hostile, "tuned")
    ancestors = bom["metadata"]["component"]["pedigree"]["ancestors"]
    told = sorted((*said(one, "ref"), *said(one, "relation"), *said(one, "stage")) for one in ancestors)
    assert told == [
        ("llmreg:base", "merge"), ("llmreg:other", "distilled"), ("llmreg:other", "merge"),
        ("llmreg:rows", "trained-on", "rl"), ("llmreg:rows", "trained-on", "sft"),
    ]  # fmt: skip
    assert all("bom-ref" not in one for one in ancestors)
    assert {said(one, "ref")[0] for one in ancestors} <= set(parts(bom))


def test_nothing_of_an_edge_is_lost(built_in):
    subject = cyclonedx(built_in, "guanaco-33b")["metadata"]["component"]
    told = {(edge["relation"], edge["of"], edge.get("stage")) for edge in map(json.loads, said(subject, "made_from"))}
    assert told == {(link.relation, link.parent, link.stage) for link in links_of(built_in, "guanaco-33b")}
    source = next(edge["source"] for edge in map(json.loads, said(subject, "made_from")) if edge["of"] == "llama-33b")
    assert source["path"] == "scripts/finetune_guanaco_33b.sh"
    assert (source["repository"], source["read"]) == ("artidoro/qlora", "stored-copy")


def test_one_conclusion_is_shown_and_what_is_stated_stands_in_the_properties(built_in):
    subject = cyclonedx(built_in, "guanaco-33b")["metadata"]["component"]
    assert shown(subject) == "Apache-2.0 AND LicenseRef-scancode-llama-license-2023"
    stated = [(one["component"], one["id"]) for one in map(json.loads, said(subject, "licenses"))]
    assert stated == [("adapter", "Apache-2.0"), ("code", "MIT"), ("weights", "llama-1")]
    (named,) = map(json.loads, said(subject, "license-ref"))
    assert named["name"] == "LLaMA License Agreement (2023)"
    (page,) = [one for one in subject["externalReferences"] if one["type"] == "license"]
    assert (page["url"], page["comment"]) == (named["link"], f"{named['ref']}: {named['name']}")


def test_claims_that_ended_and_words_that_state_nothing_are_no_licenses(hostile):
    found = parts(cyclonedx(hostile, "tuned"))
    rows = "CC-BY-NC-4.0 AND (MIT OR (Apache-2.0 AND LicenseRef-scancode-llama-license-2023))"
    assert shown(found["llmreg:rows"]).startswith(rows)
    assert [json.loads(one)["id"] for one in said(found["llmreg:rows"], "licenses")][-1] == "ODC-By-1.0"
    assert shown(found["llmreg:base"]).startswith("(MIT OR Apache-2.0)")
    assert shown(found["llmreg:other"]) is None
    assert shown(found["llmreg:tool"]) == "LicenseRef-llmreg-custom"
    assert "licenses" not in found["llmreg:quiz"]
    assert json.loads(said(found["llmreg:quiz"], "licenses")[0])["id"] == "unknown"


def test_the_file_says_the_verdicts_and_that_they_are_no_advice(built_in):
    bom = cyclonedx(built_in, "guanaco-33b", policy="strict")
    checker = Checker(built_in)
    for use in ("research", "commercial", "redistribution", "hosting", "train-on-outputs"):
        verdict = checker.check("guanaco-33b", use, "strict").verdict
        assert said(bom["metadata"], f"verdict:{use}") == [verdict]
        (note,) = [one["text"] for one in bom["annotations"] if one["bom-ref"].endswith(f"#verdict-{use}")]
        assert note.startswith(f"{use}: {verdict} under the strict policy")
        assert DISCLAIMER in note


def test_a_model_card_tells_what_is_known_and_leaves_out_what_is_not(built_in, hostile):
    card = cyclonedx(built_in, "guanaco-33b")["metadata"]["component"]["modelCard"]
    assert card["modelParameters"] == {
        "approach": {"type": "supervised"}, "task": "text-generation", "architectureFamily": "llama",
        "modelArchitecture": "LLaMA 33B", "datasets": [{"ref": "llmreg:oasst1-guanaco"}],
    }  # fmt: skip
    figures = card["quantitativeAnalysis"]["performanceMetrics"]
    assert figures[0] == {"type": "accuracy (percent)", "value": "57", "slice": built_in["mmlu-5shot"].name}
    assert figures[1]["confidenceInterval"] == {"lowerBound": "93.4", "upperBound": "102.2"}
    bare = cyclonedx(hostile, "osai.stub")["metadata"]["component"]["modelCard"]
    assert bare == {"bom-ref": "llmreg:osai.stub#model-card", "modelParameters": {"modelArchitecture": "stub"}}


def test_a_service_stands_among_the_services_and_a_model_of_the_hub_has_a_package_url(hostile):
    bom = cyclonedx(hostile, "tuned")
    assert [one["bom-ref"] for one in bom["services"]] == ["llmreg:api"]
    assert bom["metadata"]["component"]["purl"] == f"pkg:huggingface/a/tuned@{'0' * 40}"
    assert cyclonedx(hostile, "api")["metadata"]["component"]["type"] == "application"


def test_the_same_catalog_gives_the_same_file_and_another_policy_another_number(built_in):
    one, again = cyclonedx(built_in, "alpaca-7b"), cyclonedx(built_in.over(), "alpaca-7b")
    assert one == again
    assert one["serialNumber"] != cyclonedx(built_in, "alpaca-7b", policy="strict")["serialNumber"]
    assert one["metadata"]["timestamp"] == f"{built_in.manifest.date}T00:00:00Z"


def test_what_is_no_part_of_a_lineage_is_refused(built_in):
    with pytest.raises(LlmregError, match="'MIT' is a license: only models"):
        cyclonedx(built_in, "MIT")
    with pytest.raises(UnknownIdError, match="did you mean 'guanaco-33b'"):
        cyclonedx(built_in, "guanaco33b")
    with pytest.raises(UnknownIdError, match="did you mean 'strict'"):
        cyclonedx(built_in, "guanaco-33b", policy="strickt")
    assert ref("guanaco-33b") == "llmreg:guanaco-33b"


def test_each_part_and_each_verdict_say_on_what_they_rest(hostile):
    bom = cyclonedx(hostile, "bare")
    tiers = {name: said(part, "tier") for name, part in parts(bom).items()}
    assert tiers["llmreg:osai.stub"] == ["tracker"]
    assert tiers["llmreg:bare"] == ["curated"]
    (rests,) = said(parts(bom)["llmreg:osai.stub"], "rests-on")
    assert rests.startswith("from a row of osai on stub")
    about = {one["name"]: one["value"] for one in bom["metadata"]["properties"]}
    assert about["llmreg:tier:commercial"] == "curated"
    assert all("- evidence: " in one["text"] for one in bom["annotations"])
