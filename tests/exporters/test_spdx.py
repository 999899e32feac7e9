"""SPDX 3.0.1: round trips through the bindings, every reference resolves, and only what is known is claimed."""

from __future__ import annotations

import json

import pytest

from builders import SOURCES, catalog
from builders import claims as licenses
from llmreg.exporters import cyclonedx, spdx
from llmreg.exporters.spdx import REQUIRED
from llmreg.lineage import links_of
from llmreg.schema import Asset, Dataset, Model

INDIVIDUALS = {"expandedlicensing_NoAssertionLicense", "expandedlicensing_NoneLicense"}
REFERENCES = ("from", "to", "element", "rootElement", "createdBy", "originatedBy", "suppliedBy", "subject",
              "dataLicense", "creationInfo")  # fmt: skip


def by_id(document):
    found = {element.get("spdxId") or element["@id"]: element for element in document["@graph"]}
    assert len(found) == len(document["@graph"])
    return found


def references(element):
    for name in REFERENCES:
        value = element.get(name, [])
        yield from value if isinstance(value, list) else [value]
    for entry in element.get("simplelicensing_customIdToUri", ()):
        yield entry["value"]


def packages(document):
    return {key for key, one in by_id(document).items() if "software_primaryPurpose" in one}


def relations(document, kind):
    """The relationships of a kind as (from, to, name)."""
    found = [one for one in document["@graph"] if one.get("relationshipType") == kind]
    return {(one["from"], to, one["name"]) for one in found for to in one["to"]}


def declared(elements, package):
    about = f"llmreg:{package}"
    return [
        one for one in elements.values() if one.get("relationshipType") == "hasDeclaredLicense" and one["from"] == about
    ]


def written(elements, to):
    return elements[to]["simplelicensing_licenseExpression"] if to in elements else to


def assert_holds(catalog, entry_id):
    from spdx_python_model import v3_0_1 as model

    document = spdx(catalog, entry_id)
    elements = by_id(document)
    whole = model.SHACLObjectSet()
    model.JSONLDDeserializer().deserialize_data(json.loads(json.dumps(document)), whole)
    again = model.JSONLDSerializer().serialize_data(whole, force_at_graph=True)
    assert by_id(again) == elements, entry_id
    for element in document["@graph"]:
        assert set(references(element)) <= elements.keys() | INDIVIDUALS, (entry_id, element)
    bom = cyclonedx(catalog, entry_id)
    parts = [bom["metadata"]["component"], *bom.get("components", ()), *bom.get("services", ())]
    assert {part["bom-ref"] for part in parts} == packages(document), entry_id


def test_every_entry_round_trips_and_its_ids_are_those_of_cyclonedx(built_in):
    for entry_id in [*built_in.ids(Model), *built_in.ids(Dataset)]:
        assert_holds(built_in, entry_id)


def test_hostile_entries_of_every_kind_do_too(hostile, hostile_ids):
    for entry_id in hostile_ids:
        assert_holds(hostile, entry_id)


def test_the_schema_of_spdx_takes_every_kind_of_entry_and_sees_faults(built_in, hostile, hostile_ids, spdx_faults):
    for entry_id in hostile_ids:
        assert spdx_faults(spdx(hostile, entry_id)) == [], entry_id
    for asked in ("llama-7b", "oasst1-guanaco", ["dolly-v2-12b", "pythia-12b"]):
        document = spdx(built_in, asked, contact="Ada <ada@example.org>")
        assert spdx_faults(document) == [], asked
    broken = [
        one | {"software_sbomType": ["guessed"]} if one["type"] == "software_Sbom" else one
        for one in document["@graph"]
    ]
    assert spdx_faults({**document, "@graph": broken})


@pytest.mark.parametrize("asked", [["guanaco-33b"], ["alpaca-7b", "dolly-v2-12b"]])
def test_the_minimum_elements_of_the_ntia_are_there(built_in, tmp_path, asked):
    import ntia_conformance_checker

    path = tmp_path / "x.spdx3.json"
    path.write_text(json.dumps(spdx(built_in, asked, contact="Ada <ada@example.org>")))
    checker = ntia_conformance_checker.SbomChecker(str(path), compliance="ntia", sbom_spec="spdx3")
    told = checker.output_json()
    for part in ("componentNames", "componentVersions", "componentIdentifiers"):
        assert told[part]["allProvided"], told[part]
    assert told["authorNameProvided"]
    assert told["timestampProvided"]
    assert told["dependencyRelationshipsProvided"]
    # An unknown supplier stays unknown: the works of no one maker, such as a crawl of the web.
    nobody = {built_in[each].name for each in built_in.ids(Asset) if not built_in[each].developers}
    assert set(told["componentSuppliers"]["nonconformantComponents"]) <= nobody


def test_a_document_says_what_sort_of_bill_it_is_and_who_answers_for_it(built_in):
    document = spdx(built_in, ["guanaco-33b", "alpaca-7b"], contact="Ada <ada@example.org>")
    (bill,) = [one for one in document["@graph"] if one["type"] == "software_Sbom"]
    assert bill["software_sbomType"] == ["analyzed"]
    assert bill["rootElement"] == ["llmreg:guanaco-33b", "llmreg:alpaca-7b"]
    agent = by_id(document)["llmreg:agent/contact"]
    assert (agent["name"], agent["externalIdentifier"][0]["identifier"]) == ("Ada", "ada@example.org")
    assert agent["spdxId"] in by_id(document)["_:CreationInfo0"]["createdBy"]
    assert "llmreg:agent/contact" not in by_id(spdx(built_in, "guanaco-33b"))


def test_what_an_entry_was_made_from_it_depends_on_too(built_in):
    found = relations(spdx(built_in, "guanaco-33b"), "dependsOn")
    parents = {link.parent for link in links_of(built_in, "guanaco-33b") if link.relation != "evaluated-on"}
    assert {to for start, to, _ in found if start == "llmreg:guanaco-33b"} == {f"llmreg:{each}" for each in parents}


def test_a_document_claims_a_profile_only_where_every_package_has_what_it_wants(built_in):
    claimed = set()
    for entry_id in [*built_in.ids(Model)[::5], *built_in.ids(Dataset)[::5]]:
        document = spdx(built_in, entry_id)
        (head,) = [one for one in document["@graph"] if one["type"] == "SpdxDocument"]
        for kind, profile in (("ai_AIPackage", "ai"), ("dataset_DatasetPackage", "dataset")):
            of_kind = [one for one in document["@graph"] if one["type"] == kind]
            whole = bool(of_kind) and all(name in one for one in of_kind for name in REQUIRED[kind])
            assert (profile in head["profileConformance"]) == whole
            lacking = {name for one in of_kind for name in REQUIRED[kind] if name not in one}
            assert all(f"{profile} {name}" in head["comment"] for name in lacking)
            claimed |= {profile} & {*head["profileConformance"]}
            known = {"releaseTime", "builtTime"}  # nothing else may be missing: a text can say that it asserts nothing
            assert lacking <= known
    assert claimed == {"ai"}


def test_edges_are_relationships_in_the_words_of_spdx(hostile):
    document = spdx(hostile, "tuned")
    assert relations(document, "trainedOn") == {
        ("llmreg:tuned", "llmreg:rows", "trained-on"), ("llmreg:base", "llmreg:mix", "trained-on"),
    }  # fmt: skip
    assert relations(document, "testedOn") == {("llmreg:tuned", "llmreg:quiz", "evaluated-on")}
    assert relations(document, "descendantOf") == {
        ("llmreg:tuned", "llmreg:base", "merge"), ("llmreg:tuned", "llmreg:other", "merge"),
        ("llmreg:mix", "llmreg:plain", "derived-from"),
    }  # fmt: skip
    assert relations(document, "generates") == {
        ("llmreg:api", "llmreg:rows", "generated-by"), ("llmreg:tuned", "llmreg:rows", "generated-by"),
    }  # fmt: skip
    assert relations(document, "contains") == {
        ("llmreg:mix", "llmreg:rows", "mixture-of"), ("llmreg:mix", "llmreg:plain", "mixture-of"),
    }  # fmt: skip
    assert relations(document, "usesTool") == {("llmreg:tuned", "llmreg:tool", "uses-code")}
    assert relations(document, "other") == {
        ("llmreg:tuned", "llmreg:base", "same-tokenizer"), ("llmreg:tuned", "llmreg:other", "distilled"),
        ("llmreg:rows", "llmreg:expression/ODC-By-1.0", "license stated for another time"),
    }  # fmt: skip
    stages = {one.get("comment") for one in document["@graph"] if one.get("relationshipType") == "trainedOn"}
    assert stages == {"stage: sft", "stage: rl", "stage: pretrain"}
    assert relations(spdx(hostile, "osai.tuned"), "other") >= {("llmreg:osai.tuned", "llmreg:tuned", "same-as")}


def test_each_edge_of_the_catalog_is_one_relationship_with_its_evidence(built_in):
    for entry_id in built_in.ids(Model)[::7]:
        told = [
            one for one in spdx(built_in, entry_id)["@graph"] if one.get("externalRef") and "relationshipType" in one
        ]
        told = [
            one
            for one in told
            if f"llmreg:{entry_id}#" in one["spdxId"]
            and "License" not in one["relationshipType"]
            and "#stated/" not in one["spdxId"]
        ]
        links = list(links_of(built_in, entry_id))
        assert len(told) == len(links)
        evidence = {one["externalRef"][0]["comment"].partition(";")[0] for one in told}
        assert all(any(link.evidence.startswith(text) for text in evidence) for link in links)


@pytest.mark.parametrize(
    ("entry_id", "stated"),
    [
        ("rows", "CC-BY-NC-4.0 AND (MIT OR (Apache-2.0 AND LicenseRef-scancode-llama-license-2023))"),
        ("base", "MIT OR Apache-2.0"),
        ("tool", "LicenseRef-llmreg-custom"),
        ("quiz", "expandedlicensing_NoAssertionLicense"),
        ("plain", "LicenseRef-llmreg-no-licence AND LicenseRef-llmreg-openrail"),
        ("tuned", "Apache-2.0 AND LicenseRef-scancode-llama-license-2023 AND LicenseRef-llmreg-custom"),
        ("other#code", "LicenseRef-llmreg-gpl"),
    ],
)
def test_what_is_stated_is_declared_as_one_license(hostile, entry_id, stated):
    """Readers take one license of a package, and of several that hold at once each binds."""
    elements = by_id(spdx(hostile, entry_id.partition("#")[0]))
    assert [written(elements, to) for one in declared(elements, entry_id) for to in one["to"]] == [stated]


@pytest.mark.parametrize(
    ("claims", "stated"),
    [
        (("no-licence", "no-licence"), "expandedlicensing_NoneLicense"),
        (("no-licence", "unknown"), "expandedlicensing_NoAssertionLicense"),
        (("MIT", "MIT"), "MIT"),
        (("MIT", "unknown"), "MIT AND LicenseRef-llmreg-unknown"),
    ],
)
def test_a_part_of_which_no_license_is_known_is_not_declared_under_that_of_another(claims, stated):
    data, contents = claims
    fields = {"source": "page", "sources": SOURCES}
    small = catalog(Dataset(id="x", name="x", licenses=licenses(data=data, contents=contents), **fields))
    elements = by_id(spdx(small, "x"))
    (one,) = declared(elements, "x")
    assert ([written(elements, to) for to in one["to"]], one["name"]) == ([stated], "data, contents")


def test_no_package_of_the_catalog_has_two_declared_licenses(built_in):
    for entry_id in [*built_in.ids(Model)[::3], *built_in.ids(Dataset)[::3]]:
        elements = by_id(spdx(built_in, entry_id))
        about = [one["from"] for one in elements.values() if one.get("relationshipType") == "hasDeclaredLicense"]
        assert len(about) == len(set(about)), entry_id


def test_claims_over_time_keep_their_time(hostile):
    """What was stated at another time is declared no more: a reader may leave out the time."""
    told = {one["spdxId"]: one for one in spdx(hostile, "rows")["@graph"] if "spdxId" in one}
    now, before = told["llmreg:rows#declared"], told["llmreg:rows#stated/0"]
    assert (now["startTime"], now.get("endTime")) == ("2023-03-01T00:00:00Z", None)
    assert (before.get("startTime"), before["endTime"]) == (None, "2023-03-01T00:00:00Z")
    assert (before["relationshipType"], written(told, *before["to"])) == ("other", "ODC-By-1.0")
    assert before["comment"] == "stated for the data"


def test_what_binds_is_concluded_apart_from_what_is_stated(built_in, hostile):
    elements = by_id(spdx(built_in, "guanaco-33b"))
    (to,) = elements["llmreg:guanaco-33b#concluded/standard"]["to"]
    expression = elements[to]
    assert expression["simplelicensing_licenseExpression"] == "Apache-2.0 AND LicenseRef-scancode-llama-license-2023"
    (custom,) = expression["simplelicensing_customIdToUri"]
    license_ = elements[custom["value"]]
    assert license_["type"] == "expandedlicensing_CustomLicense"
    assert license_["simplelicensing_licenseText"].startswith("NOASSERTION")
    assert license_["expandedlicensing_seeAlso"]
    unknown = by_id(spdx(hostile, "osai.stub"))["llmreg:osai.stub#concluded/standard"]
    assert unknown["to"] == ["expandedlicensing_NoAssertionLicense"]


def test_hyperparameters_and_figures_are_the_catalogs(built_in):
    package = by_id(spdx(built_in, "guanaco-33b"))["llmreg:guanaco-33b"]
    settings = {one["key"]: one["value"] for one in package["ai_hyperparameter"]}
    assert (settings["rank"], settings["learning_rate"], settings["double_quant"]) == ("64", "0.0001", "true")
    assert {"type": "DictionaryEntry", "key": "mmlu-5shot: accuracy (percent)", "value": "57.0"} in package["ai_metric"]
    assert package["ai_useSensitivePersonalInformation"] == "noAssertion"


def test_the_same_catalog_gives_the_same_document(built_in):
    assert spdx(built_in, "alpaca-7b") == spdx(built_in.over(), "alpaca-7b")


def test_each_package_and_each_verdict_say_on_what_they_rest(hostile):
    found = by_id(spdx(hostile, "bare"))
    assert "evidence: from a row of osai on stub, read 2026-11-21" in found["llmreg:osai.stub"]["comment"]
    assert found["llmreg:bare"]["comment"] == "evidence: curated (sources read)"
    said = [each["statement"] for each in found.values() if each["type"] == "Annotation"]
    assert said
    assert all("- evidence: " in each for each in said)
