"""Model Openness Tool: one YAML file a model, with a license for each component."""

from __future__ import annotations

import pytest

from llmreg.errors import LlmregError

RELEASE = """
framework: {name: Model Openness Framework, version: '1.0', date: '2024-12-15'}
release:
  name: Camel-7B
  version: 7B
  date: '2024-11-15'
  type: language
  origin: Sand-7B
  producer: Desert Lab
  repository: https://github.com/desert/camel
  huggingface: https://huggingface.co/desert/camel-7b
"""


def release(*components, whole="{}", **fields):
    text = RELEASE
    for field, value in fields.items():
        start = text.index(f"  {field}:", text.index("release:"))
        text = f"{text[:start]}  {field}: {value}{text[text.index(chr(10), start) :]}"
    text += f"  license: {whole}\n  components:\n" + "".join(f"    - {component}\n" for component in components)
    return text if components else text.replace("components:\n", "components: []\n")


def part(name, license_=None):
    return f"{{name: '{name}', license: '{license_}'}}" if license_ else f"{{name: '{name}', description: x}}"


def read(tracker, run, **releases):
    return run("mot", tracker({f"models/{name}.yml": text for name, text in releases.items()}))


def test_a_release_becomes_a_model(tracker, run):
    done = read(tracker, run, camel=release())
    camel = done["mot.camel-7b"]
    assert (camel.name, camel.developers, camel.hub_id, camel.parameters) == (
        "Camel-7B",
        ("Desert Lab",),
        "desert/camel-7b",
        7 * 10**9,
    )
    assert camel.modality == ("text",)
    assert done.edges("mot.camel-7b") == [("finetune", "mot.sand-7b")]
    assert done.problems() == []


def test_the_date_of_the_listing_is_not_the_model_s(tracker, run):
    camel = read(tracker, run, camel=release())["mot.camel-7b"]
    assert (camel.released, "date: 2024-11-15" in camel.notes) == (None, True)


def test_each_component_has_its_own_license(tracker, run):
    done = read(tracker, run, camel=release(
        part("Model parameters (Final)", "Llama 2 Community License"), part("Training code", "MIT"),
        part("Inference code", "Apache-2.0"), part("Datasets", "unlicensed"), part("Model card", "CC-BY-4.0"),
        part("Evaluation results", "GPL-3.0"),
    ))  # fmt: skip
    assert done.licenses("mot.camel-7b") == {
        "weights": ["llama2"], "code": ["MIT AND Apache-2.0"], "data": ["no-licence"], "documentation": ["CC-BY-4.0"],
    }  # fmt: skip
    assert "Training code: MIT; Inference code: Apache-2.0" in done["mot.camel-7b"].licenses["code"][0].note


def test_the_license_of_the_code_is_never_that_of_the_weights(tracker, run):
    whole = "{code: {name: MIT, path: ''}}"
    done = read(
        tracker, run, camel=release(part("Model parameters (Final)"), part("Training code", "MIT"), whole=whole)
    )
    assert done.licenses("mot.camel-7b") == {"code": ["MIT"]}


def test_weights_without_a_license_stand_under_that_of_the_distribution(tracker, run):
    whole = "{distribution: {name: Apache-2.0, path: ''}}"
    done = read(tracker, run, camel=release(part("Model parameters (Final)"), whole=whole))
    assert done.licenses("mot.camel-7b") == {"weights": ["Apache-2.0"]}
    assert done["mot.camel-7b"].licenses["weights"][0].note == "stated for the whole distribution"


@pytest.mark.parametrize(
    "words", ["Component not include.", "Component Not Include", "Component Component not included"]
)
def test_a_component_that_is_not_there_has_no_license(tracker, run, words):
    done = read(tracker, run, camel=release(part("Model parameters (Final)", "MIT"), part("Datasets", words)))
    assert done.licenses("mot.camel-7b") == {"weights": ["MIT"]}


@pytest.mark.parametrize("origin", ["camel-7b", "''", ""])
def test_a_model_that_is_its_own_origin_or_has_none_has_no_base(tracker, run, origin):
    assert read(tracker, run, camel=release(origin=origin)).edges("mot.camel-7b") == []


def test_a_version_that_is_no_size_is_a_note(tracker, run):
    camel = read(tracker, run, camel=release(version="'2.5'"))["mot.camel-7b"]
    assert (camel.parameters, "version: 2.5" in camel.notes) == (None, True)


@pytest.mark.parametrize(
    ("stated", "hub", "faults"),
    [
        ("desert/camel-7b", "desert/camel-7b", []),
        ("'Camel: an animal'", None, [("odd-value", "models/camel.yml")]),
        ("https://huggingface.co/papers/2309.16609", None, [("odd-value", "models/camel.yml")]),
        ("''", None, []),
    ],
)
def test_hub_links_of_all_sorts(tracker, run, stated, hub, faults):
    done = read(tracker, run, camel=release(huggingface=stated))
    assert (done["mot.camel-7b"].hub_id, done.faults) == (hub, faults)


def test_two_listings_of_one_name_both_come_in(tracker, run):
    done = read(tracker, run, a=release(), b=release(producer="Another Lab"))
    assert {"mot.camel-7b", "mot.camel-7b-2"} <= set(done.catalog)
    assert [kind for kind, _ in done.faults] == ["duplicate-name"]


def test_a_release_without_a_name_is_left_out(tracker, run):
    done = read(tracker, run, a=release(name="''"), b=release())
    assert done.reasons == {"models/a.yml": "no-name"}


def test_a_file_of_another_shape_is_an_error(tracker, run):
    with pytest.raises(LlmregError, match=r"a\.yml: release: should be a mapping of fields, is empty"):
        read(tracker, run, a="framework: {}\n")
    with pytest.raises(LlmregError, match=r"a\.yml: components\.0: should be a mapping"):
        read(tracker, run, a=release("just words"))


def test_the_tool_s_models_come_in_whole(holds):
    done = holds("mot", "mot")
    assert (done.report.rows, done.report.rows_in) == (273, 273)
    assert sum(kind == "duplicate-name" for kind, _ in done.faults) == 3
