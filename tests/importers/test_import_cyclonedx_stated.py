"""Wherever a bill of materials states a base, data or a license, it counts; what is not understood allows nothing."""

from __future__ import annotations

import json

import pytest

from llmreg.licensing import check

LLAMA = "meta-llama/Llama-2-7b-hf"
ON_HUB = f"https://huggingface.co/{LLAMA}"
ALPACA = "pkg:huggingface/datasets/tatsu-lab/alpaca"
MIT = [{"license": {"id": "MIT"}}]
TASK = {"modelCard": {"modelParameters": {"task": "text-generation"}}}


def bom(*components, version="1.6", **fields):
    return {"bomFormat": "CycloneDX", "specVersion": version, "components": list(components), **fields}


def part(name="camel", kind="machine-learning-model", **fields):
    return {"type": kind, "name": name, "bom-ref": name, **fields}


def camel(**fields):
    return part(**{"licenses": MIT, **TASK, **fields})


def said(name, value):
    return [{"name": name, "value": value}]


KNOWN = "llama-2-7b"
STUB = None
"""A base of which nothing is known."""
BASES = {
    "a bare word among the ancestors": (bom(camel(pedigree={"ancestors": [LLAMA]})), KNOWN),
    "one ancestor in place of a list": (bom(camel(pedigree={"ancestors": {"name": LLAMA}})), KNOWN),
    "an ancestor of no type": (bom(camel(pedigree={"ancestors": [{"name": LLAMA}]})), KNOWN),
    "an ancestor of another type": (bom(camel(pedigree={"ancestors": [part(LLAMA, "application")]})), KNOWN),
    "a group and a name": (bom(camel(pedigree={"ancestors": [part("Llama-2-7b-hf", group="meta-llama")]})), KNOWN),
    "a package URL with a revision": (bom(camel(pedigree={"ancestors": [part("b", purl=f"pkg:huggingface/{LLAMA}@0a1b?x=y")]})), KNOWN),
    "an encoded package URL": (bom(camel(pedigree={"ancestors": [part("b", purl="pkg:huggingface/meta-llama%2FLlama-2-7b-hf")]})), KNOWN),
    "a package URL in other case": (bom(camel(pedigree={"ancestors": [part("b", purl="pkg:huggingface/META-LLAMA/llama-2-7b-hf")]})), KNOWN),
    "an ancestor by reference": (bom(camel(pedigree={"ancestors": [{"bom-ref": "base"}]}), part("base", purl=f"pkg:huggingface/{LLAMA}")), KNOWN),
    "notes alone": (bom(camel(pedigree={"notes": f"Fine-tuned from {LLAMA}"})), STUB),
    "notes that name nobody": (bom(camel(pedigree={"notes": "based on our own base model"})), STUB),
    "a comment beside a page": (bom(camel(externalReferences=[{"type": "other", "comment": "Base model", "url": ON_HUB}])), KNOWN),
    "a comment beside another page": (bom(camel(externalReferences=[{"type": "other", "comment": "derived from", "url": "https://example.org"}])), STUB),
    **{f"the property {name}": (bom(camel(properties=said(name, LLAMA))), KNOWN) for name in (
        "base_model", "baseModel", "aibom:base-model", "huggingface:base_model_name_or_path", "genai:finetuned_from",
        "genai:fine-tuned from model", "quantized_from", "parent_model", "source_model_id",
    )},
    "a property of the model card": (bom(camel(modelCard={**TASK["modelCard"], "properties": said("base_model", LLAMA)})), KNOWN),
    "a property with a path": (bom(camel(properties=said("base_model", "/data/llama"))), STUB),
    "a tag": (bom(camel(tags=["llama", f"base_model:finetune:{LLAMA}"])), KNOWN),
    "tags in a property": (bom(camel(properties=said("tags", f"['llama', 'base_model:{LLAMA}']"))), KNOWN),
    "a component inside": (bom(camel(components=[part("inner", purl=f"pkg:huggingface/{LLAMA}")])), KNOWN),
    "a dependency": (bom(camel(), part("b", purl=f"pkg:huggingface/{LLAMA}"), dependencies=[{"ref": "camel", "dependsOn": ["b"]}]), KNOWN),
    "a dependency through a file": (
        bom(camel(), part("w", "file"), part("b", purl=f"pkg:huggingface/{LLAMA}"),
            dependencies=[{"ref": "camel", "dependsOn": ["w"]}, {"ref": "w", "dependsOn": ["b", "camel"]}]), KNOWN),
    "a dependency through files in a circle that leads nowhere": (
        bom(camel(), part("w", "file"), part("v", "file"), dependencies=[
            {"ref": "camel", "dependsOn": ["w"]}, {"ref": "w", "dependsOn": ["v"]}, {"ref": "v", "dependsOn": ["w", "gone"]}]), STUB),
    "what the file is about": ({**bom(version="1.5"), "metadata": {"component": camel(pedigree={"ancestors": [part(LLAMA)]})}}, KNOWN),
}  # fmt: skip


@pytest.fixture(scope="module")
def numbered():
    """Give a function that gives each file a camel of its own."""
    return lambda files: {
        f"f{number}.json": json.dumps(value).replace('"camel"', f'"camel{number}"')
        for number, value in enumerate(files)
    }


def test_a_base_binds_wherever_and_however_it_is_stated(tracker, run, numbered):
    done = run("cyclonedx", tracker(numbered(value for value, _ in BASES.values())), commit=None)
    for number, (case, (_, wanted)) in enumerate(BASES.items()):
        entry = done[f"cyclonedx.camel{number}"]
        (edge,) = entry.made_from
        parent = done[edge.of]
        found = parent.id if parent.id == KNOWN else next(iter(parent.same_as), None)
        assert (case, found) == (case, wanted)
        assert (case, check(done.catalog, entry.id, "commercial").verdict) == (
            case, "unclear" if wanted is STUB else "allowed-with-conditions",
        )  # fmt: skip
    assert done.problems() == []


NO_BASE = {
    "a library": camel(pedigree={"ancestors": [part("torch", "library", purl="pkg:pypi/torch@2")]}),
    "how it was changed": camel(pedigree={"notes": "weights were signed", "commits": [{"uid": "1"}], "patches": []}),
    "pages of its own": camel(externalReferences=[
        {"type": "vcs", "url": "git@github.com:a/b.git"}, {"type": "website", "url": "https://huggingface.co/me/camel"},
        {"type": "bom", "url": "urn:cdx:1/1"}, {"type": "distribution", "url": "ipfs://x", "comment": "the weights"},
    ]),
    "tags of other things": camel(tags=["region:us", "base"]),
}  # fmt: skip


def test_what_is_no_base_binds_nobody(tracker, run, numbered):
    done = run("cyclonedx", tracker(numbered(map(bom, NO_BASE.values()))), commit=None)
    for number, case in enumerate(NO_BASE):
        assert (case, done[f"cyclonedx.camel{number}"].made_from) == (case, ())
        assert check(done.catalog, f"cyclonedx.camel{number}", "commercial").verdict == "allowed"


def test_a_license_that_only_a_page_tells_keeps_the_page(tracker, run):
    page = "https://example.org/terms"
    done = run("cyclonedx", tracker({"a.json": json.dumps(bom(
        part(**TASK, externalReferences=[{"type": "license", "url": page}]),
        part("other", licenses=MIT, externalReferences=[{"type": "license", "url": page}]),
    ))}), commit=None)  # fmt: skip
    (claim,) = done["cyclonedx.camel"].licenses["weights"]
    assert (claim.id, claim.link) == ("custom", page)
    assert check(done.catalog, "cyclonedx.camel", "commercial").verdict == "unclear"
    assert done.licenses("cyclonedx.other") == {"weights": ["MIT"]}


def test_a_name_means_the_component_of_its_own_file(tracker, run):
    files = {
        "a.json": bom(part("base", licenses=MIT, **TASK)),
        "b.json": bom(part("base", licenses=[{"license": {"id": "CC-BY-NC-4.0"}}], **TASK),
                      camel(pedigree={"ancestors": [part("base")]})),
    }  # fmt: skip
    done = run("cyclonedx", tracker({name: json.dumps(value) for name, value in files.items()}), commit=None)
    assert done.edges("cyclonedx.camel") == [("finetune", "cyclonedx.base-2")]
    assert check(done.catalog, "cyclonedx.camel", "commercial").verdict == "forbidden"


def test_one_name_with_two_package_urls_is_two_things(tracker, run):
    files = {
        "a.json": bom(part("base", purl="pkg:huggingface/openai-community/gpt2")),
        "b.json": bom(camel(pedigree={"ancestors": [part("base", purl=f"pkg:huggingface/{LLAMA}")]})),
    }
    done = run("cyclonedx", tracker({name: json.dumps(value) for name, value in files.items()}), commit=None)
    assert done.edges("cyclonedx.camel") == [("finetune", KNOWN)]


def test_data_that_several_files_describe_is_still_the_catalogs(tracker, run):
    files = {
        name: bom(camel(name=name, pedigree={"ancestors": [part("openai-community/gpt2")]}), part(f"d-{name}", "data", purl=ALPACA),
                  dependencies=[{"ref": name, "dependsOn": [f"d-{name}"]}])
        for name in ("one", "two")
    }  # fmt: skip
    done = run("cyclonedx", tracker({f"{name}.json": json.dumps(value) for name, value in files.items()}), commit=None)
    for name in files:
        assert ("trained-on", "alpaca-52k") in done.edges(f"cyclonedx.{name}")
        assert check(done.catalog, f"cyclonedx.{name}", "commercial").verdict != "allowed"
