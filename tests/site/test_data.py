from __future__ import annotations

import json
import re
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings

from builders import catalog, claims, edge, imported_by, model
from llmreg.errors import UnknownIdError
from llmreg.licensing import Checker
from llmreg.licensing.check import DEFAULT_POLICY
from llmreg.lineage import lineage
from llmreg.lineage.families import family_of
from llmreg.schema import Asset, Benchmark, Policy
from llmreg.site.data import NO_VERDICT, data, data_script
from llmreg.uses import Use
from strategies import lineages

COLUMNS = ("id", "name", "kind", "aliases", "released", "size", "family", "organization", "license", "method", "x", "y")
NAMES = ('it\'s "quoted"', "back\\slash\\'", "two\nlines\u2028", "<script>alert(1)</script>", "🦙 שלום")


@pytest.fixture(scope="module")
def whole(built_in):
    return data(built_in)


def read(script):
    """Read the script as a browser does: a string in single quotes, in it JSON."""
    quoted = re.fullmatch(r"LLMREG = JSON\.parse\('(.*)'\);\n", script)
    assert quoted
    assert not re.search(r"(?<!\\)(?:\\\\)*'", quoted[1])
    return json.loads(re.sub(r"\\(.)", r"\1", quoted[1]))


def test_every_column_has_a_place_for_every_entry(built_in, whole):
    assert whole["id"] == built_in.ids(Asset)
    assert {len(whole[column]) for column in COLUMNS} == {len(whole["id"])}


def test_the_edges_are_those_of_the_lineage(built_in, whole):
    edges = whole["edges"]
    shown = Counter(
        (whole["id"][child], whole["id"][parent], edges["relations"][relation], edges["stages"][stage] if stage >= 0 else None)
        for child, parent, relation, stage in zip(edges["child"], edges["parent"], edges["relation"], edges["stage"], strict=True)
    )  # fmt: skip
    graph = lineage(built_in)
    assert shown == Counter(
        (child, parent, d["relation"], d.get("stage")) for child, parent, d in graph.edges(data=True)
    )


def test_the_signs_are_the_verdicts_of_a_check(built_in, whole):
    checker = Checker(built_in)
    for use in get_args(Use):
        for policy in built_in.ids(Policy):
            for entry_id, sign in zip(whole["id"], whole["verdicts"][use][policy], strict=True):
                if issubclass(built_in.kind_of(entry_id), Benchmark):
                    assert sign == NO_VERDICT
                else:
                    assert whole["answers"][int(sign)] == checker.check(entry_id, use, policy).verdict


def test_words_stand_at_their_places(built_in, whole):
    number = whole["id"].index("guanaco-33b")
    words = {name: whole[name] for name in ("families", "organizations", "licenses", "methods")}
    assert words["families"][whole["family"][number]] == family_of(built_in, "guanaco-33b") == "LLaMA"
    assert [words["organizations"][place] for place in whole["organization"][number]] == ["University of Washington"]
    assert [words["licenses"][place] for place in whole["license"][number]] == ["Apache-2.0", "llama-1"]
    assert words["methods"][whole["method"][number]] == "qlora"


def test_no_license_an_unknown_one_own_terms_and_none_recorded_stay_apart():
    entries = [model(each, licenses=claims(weights=each)) for each in ("no-licence", "unknown", "custom")]
    renamed = [entry.model_copy(update={"id": f"m-{entry.id}"}) for entry in entries]
    found = data(catalog(*renamed, model("m-blank")))
    licenses = dict(zip(found["id"], found["license"], strict=True))
    shown = {
        each: [found["licenses"][place] for place in licenses[f"m-{each}"]]
        for each in ("no-licence", "unknown", "custom", "blank")
    }
    assert shown == {"no-licence": ["no-licence"], "unknown": ["unknown"], "custom": ["custom"], "blank": []}


def test_an_expression_counts_for_each_of_its_licenses_under_their_ids():
    found = data(catalog(model("either", licenses=claims(weights="apache-2.0 OR llama-1"))))
    assert [found["licenses"][place] for place in found["license"][found["id"].index("either")]] == [
        "Apache-2.0",
        "llama-1",
    ]


def test_any_name_comes_out_of_the_script_as_it_went_in():
    entries = [model(f"ugly-{i}").model_copy(update={"name": name}) for i, name in enumerate(NAMES)]
    script = data_script(catalog(*entries))
    assert script.isascii()
    assert set(NAMES) <= set(read(script)["name"])


def test_the_same_catalog_gives_the_same_script(built_in, whole):
    assert read(data_script(built_in)) == whole


def test_the_pages_open_with_the_policy_that_was_asked_for(built_in, whole):
    assert {**data(built_in, "strict")} == {**whole, "policy": "strict"}
    assert whole["policy"] == DEFAULT_POLICY


def test_an_edge_into_nothing_names_what_is_missing():
    with pytest.raises(UnknownIdError, match="nowhere"):
        data(catalog(model("lost", edge("finetune", "nowhere"))))


@settings(max_examples=4, deadline=None)
@given(lineages())
def test_a_random_lineage_with_cycles_has_a_place_for_everything(entries):
    found = data(catalog(*entries))
    assert all(isinstance(place, int) for column in ("x", "y") for place in found[column])
    assert {entry.id for entry in entries} <= set(found["id"])
    assert all(
        len(signs) == len(found["id"]) for by_policy in found["verdicts"].values() for signs in by_policy.values()
    )


def test_the_tier_of_each_entry_is_among_the_words(built_in, whole):
    assert set(whole["tier"]) == {0}
    found = data(catalog(imported_by("epoch", model("epoch.m"))))
    assert found["tiers"][found["tier"][found["id"].index("epoch.m")]] == "tracker"
