"""The one license that a bill of materials shows: a reader that takes one never sees more allowed than the verdicts say."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from license_expression import Licensing

from builders import SOURCES, catalog, claims, dataset, edge, model
from llmreg.catalog.names import license_named
from llmreg.errors import UnknownIdError
from llmreg.exporters import card, cff, cyclonedx, spdx
from llmreg.exporters.conclusion import SEE_VERDICTS, conclusion
from llmreg.exporters.dossier import dossier
from llmreg.licensing import ANSWERS
from llmreg.licensing.terms import term_for
from llmreg.schema import Benchmark, Dataset, License, Model, Service, Software
from strategies import POLICIES, lineages

USES = ("research", "commercial", "redistribution", "hosting", "train-on-outputs")
CLOSED = len(ANSWERS)
"""How closed a license is that a reader does not know: it approves of nothing under it."""


def dependency_track(part):
    """What Dependency-Track takes: the first license whose id it knows, and an expression, of a single id that id too.

    After ModelConverter and BomUploadProcessingTask of its version 4.
    """
    from cyclonedx.spdx import is_supported_id

    choices = part.get("licenses", [])
    candidates = [choice["license"].get("id") for choice in choices if "license" in choice]
    expression = next((choice["expression"] for choice in choices if "expression" in choice), None)
    if expression and " " not in expression:
        candidates.append(expression)
    return next((one for one in candidates if one and is_supported_id(one)), None), expression


def openness(found, use, licensee, tree):
    """How closed an expression is for a use, by the licenses in it alone; a LicenseRef is unknown to the reader."""
    if getattr(tree, "args", ()):
        inner = [openness(found, use, licensee, part) for part in tree.args]
        return min(inner) if type(tree).__name__ == "OR" else max(inner)
    if tree.key.startswith("LicenseRef-"):
        return CLOSED
    try:
        return term_for(license_named(found, tree.key), use, licensee).severity
    except UnknownIdError:
        return CLOSED


def shown_more_open(found, entry_id, policy="standard"):
    """The uses for which the reader sees an entry as allowed that the verdict stops."""
    file = dossier(found, policy)
    part = cyclonedx(found, entry_id, policy=policy)["metadata"]["component"]
    resolved, expression = dependency_track(part)
    seen = [each for each in (resolved, expression) if each]
    for use, verdict in file.verdicts(entry_id).items():
        answer = ANSWERS.index(verdict.verdict)
        for each in seen:
            if (
                openness(found, use, file.checker.licensee, Licensing().parse(each))
                < answer
                >= ANSWERS.index("unclear")
            ):
                yield use, each


@pytest.mark.parametrize("policy", POLICIES)
def test_no_entry_is_shown_more_open_than_its_verdict(built_in, policy):
    ids = [entry_id for kind in (Model, Dataset, Service, Software) for entry_id in built_in.ids(kind)]
    assert {each: more for each in ids if (more := list(shown_more_open(built_in, each, policy)))} == {}


@given(lineages())
@settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
def test_nor_is_any_entry_of_any_lineage(entries):
    found = catalog(*entries)
    for entry in entries:
        assert list(shown_more_open(found, entry.id)) == []


def test_the_license_of_the_code_is_none_of_the_weights(built_in):
    for entry_id in built_in.ids(Model):
        entry = built_in[entry_id]
        code = {claim.id for claim in entry.license_claims().get("code", ())}
        others = {claim.id for name, several in entry.license_claims().items() if name != "code" for claim in several}
        written = conclusion(dossier(built_in), entry_id) or ""
        if not entry.edges() and code - others:
            assert not {*written.split()} & (code - others), entry_id


def test_a_word_that_is_no_license_is_never_left_out_beside_one():
    found = catalog(
        model("base"), model("silent", licenses=claims(weights="no-licence")),
        model("tuned", edge("finetune", "base"), licenses=claims(weights="Apache-2.0")),
        model("child", edge("finetune", "silent"), licenses=claims(weights="MIT")),
    )  # fmt: skip
    file = dossier(found)
    assert conclusion(file, "base") is None
    assert conclusion(file, "tuned") == "Apache-2.0 AND LicenseRef-llmreg-unknown"
    assert conclusion(file, "child") == "MIT AND LicenseRef-llmreg-no-licence"


def test_what_only_a_relation_bars_or_leaves_open_is_said_by_a_word_of_its_own():
    found = catalog(
        model("base", licenses=claims(weights="CC-BY-ND-4.0")),
        model("tuned", edge("finetune", "base"), licenses=claims(weights="MIT")),
        dataset("rows", licenses=claims(data="CC-BY-NC-4.0")),
        model("trained", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT")),
    )  # fmt: skip
    assert conclusion(dossier(found), "tuned") == f"MIT AND CC-BY-ND-4.0 AND {SEE_VERDICTS}"
    assert conclusion(dossier(found), "trained") == f"MIT AND {SEE_VERDICTS}"
    document = spdx(found, "trained")
    (custom,) = [one for one in document["@graph"] if one.get("spdxId") == f"llmreg:license/{SEE_VERDICTS}"]
    assert custom["name"].startswith("Not a license")


def test_a_choice_stays_a_choice():
    found = catalog(model("either", licenses=claims(weights="MIT OR GPL-3.0-only")))
    assert conclusion(dossier(found), "either") == "MIT OR GPL-3.0-only"


def of_ones_own(license_id="custom", **said):
    claim = {"id": license_id, "source": "page", **said}
    return catalog(Model(id="m", name="m", source="page", sources=SOURCES, licenses={"weights": claim}))


def test_terms_that_no_entry_holds_keep_their_authors_words_and_link():
    found = of_ones_own(words="Modified MIT", link="https://example.org/m/LICENSE")
    part = cyclonedx(found, "m")["metadata"]["component"]
    (named,) = [json.loads(one["value"]) for one in part["properties"] if one["name"] == "llmreg:license-ref"]
    assert (named["name"], named["link"]) == ("Modified MIT", "https://example.org/m/LICENSE")
    assert part["licenses"][0]["expression"] == named["ref"]
    (custom,) = [one for one in spdx(found, "m")["@graph"] if one["type"] == "expandedlicensing_CustomLicense"]
    assert (custom["name"], custom["expandedlicensing_seeAlso"]) == ("Modified MIT", ["https://example.org/m/LICENSE"])
    head = card(found, "m").split("---")[1]
    assert "license_name: modified-mit\n" in head
    assert "license_link: https://example.org/m/LICENSE\n" in head


def test_two_authors_terms_are_two_licenses():
    found = catalog(*(
        Model(id=each, name=each, source="page", sources=SOURCES,
              licenses={"weights": {"id": "custom", "source": "page", "words": f"Terms of {each}"}})
        for each in ("a", "b")
    ))  # fmt: skip
    assert conclusion(dossier(found), "a") != conclusion(dossier(found), "b")


@pytest.mark.parametrize("license_id", ["custom", "other", "unknown", "no-licence"])
def test_no_other_projects_file_stands_for_terms_that_no_entry_holds(license_id):
    found = of_ones_own(license_id)
    for text in (json.dumps(cyclonedx(found, "m")), json.dumps(spdx(found, "m"))):
        assert "license_paraphrases" not in text
        assert "hub-docs" not in text
        assert "choosealicense" not in text


def test_an_id_of_spdx_that_the_catalog_has_no_entry_of_is_that_id_and_still_unclear():
    found = of_ones_own(words="EUPL-1.2")
    assert conclusion(dossier(found), "m") == f"EUPL-1.2 AND {SEE_VERDICTS}"
    declared = [one for one in spdx(found, "m")["@graph"] if one.get("simplelicensing_licenseExpression") == "EUPL-1.2"]
    assert len(declared) == 1


def test_a_citation_names_no_license_of_the_code_and_none_that_binds_beside_others(built_in):
    assert "license: Apache-2.0\n" in cff(built_in, "pythia-12b")
    for entry_id in ("guanaco-33b", "alpaca-7b", "vicuna-13b-v0"):
        assert "\nlicense:" not in cff(built_in, entry_id)


def test_benchmarks_show_what_is_stated_of_their_data():
    quiz = Benchmark(
        id="quiz", name="quiz", source="page", sources=SOURCES, licenses=claims(data="MIT", code="Apache-2.0")
    )
    assert conclusion(dossier(catalog(quiz)), "quiz") == "MIT"


def test_every_license_of_the_catalog_has_a_name_in_expressions_that_the_validator_takes(built_in, cyclonedx_faults):
    for license_id in built_in.ids(License):
        found = catalog(model("m", licenses=claims(weights=license_id)))
        assert cyclonedx_faults(json.dumps(cyclonedx(found, "m"))) is None, license_id
