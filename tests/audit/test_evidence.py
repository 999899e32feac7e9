"""Claims and their sources: how they are counted, which are old, and what is listed as unknown."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from builders import claims, dataset, edge, model
from llmreg.audit import claims_of, coverage
from llmreg.schema import Asset, License, Model

LIVE = {"url": "https://example.org/live", "read": "live", "seen": "2026-11-01"}
OLD = {"url": "https://example.org/old", "read": "secondary", "seen": "2024-01-01"}
RECIPE = {
    "method": "qlora",
    "settings": {"rank": 8},
    "training": {"steps": 10, "epochs": 1},
    "data": {"format": "text"},
    "hardware": {"gpus": 8, "hours": 3, "source": "old"},
    "source": "live",
    "evidence": {"training.epochs": "old"},
}


def mixed(**fields):
    fields = {"source": "live", "released": "2023", "developers": ["us"], "evidence": {"released": "old"}, **fields}
    return Model(id="m", name="m", sources={"live": LIVE, "old": OLD}, **fields)


def fields(entry):
    return {claim.field: claim.source.read for claim in claims_of(entry)}


def test_a_claim_rests_on_its_own_source_or_on_the_entrys():
    assert fields(mixed()) == {"released": "secondary", "developers": "live"}


def test_a_recipe_claims_each_setting_and_hardware_has_a_source_of_its_own():
    assert {field: read for field, read in fields(mixed(recipe=RECIPE)).items() if field.startswith("recipe.")} == {
        "recipe.method": "live",
        "recipe.settings.rank": "live",
        "recipe.training.steps": "live",
        "recipe.training.epochs": "secondary",
        "recipe.data.format": "live",
        "recipe.hardware.gpus": "secondary",
        "recipe.hardware.hours": "secondary",
    }


def test_edges_licenses_and_results_are_claims():
    result = {"benchmark": "b", "metric": "x", "value": 1, "unit": "percent", "source": "old"}
    licenses = {"weights": [{"id": "MIT", "source": "live"}, {"id": "llama2", "source": "old"}]}
    edges = [{"relation": "finetune", "of": "base", "source": "old"}]
    found = Counter(claim.field for claim in claims_of(mixed(made_from=edges, licenses=licenses, results=[result])))
    assert found["licenses.weights"] == 2
    assert found["made_from.finetune"] == found["results.b"] == 1


def test_every_term_of_a_license_is_a_claim(built_in):
    found = [claim.field for claim in claims_of(built_in.get_as(License, "llama-1"))]
    assert {"uses.commercial", "derivatives", "outputs", "category"} <= set(found)
    for license_id in built_in.ids(License):
        license_ = built_in.get_as(License, license_id)
        found = {claim.field: claim.source for claim in claims_of(license_)}
        for use, term in license_.uses.items():
            assert (
                found[f"uses.{use}"] == license_.sources[term.source or license_.evidence.get("uses", license_.source)]
            )


def test_every_source_that_an_asset_names_for_a_claim_is_counted_somewhere(built_in):
    """What the schema knows of places that name a source, and what the audit counts, do not drift apart."""
    for entry_id in built_in.ids(Asset):
        entry = built_in[entry_id]
        named = {
            key
            for place, key in entry._named_sources()
            if "disagreements" not in place and "recipe.source" not in place and "hardware.source" not in place
        }
        assert {entry.sources[key] for key in named} <= {claim.source for claim in claims_of(entry)}, entry_id


def test_coverage_counts_by_kind_and_sums_up():
    rows = coverage([mixed(), mixed(recipe=RECIPE), dataset("d", rows=3)])
    assert [(row.kind, row.entries, row.claims) for row in rows] == [
        ("model", 2, 11),
        ("dataset", 1, 1),
        ("all", 3, 12),
    ]
    assert rows[0].read == {"live": 6, "stored-copy": 0, "secondary": 5}
    assert rows[1].share("live") == 1.0


def test_coverage_of_nothing_is_nothing():
    (everything,) = coverage([])
    assert (everything.entries, everything.claims, everything.share("live")) == (0, 0, 0.0)


def test_the_share_is_that_of_the_built_in_catalog(built_in):
    rows = {row.kind: row for row in coverage(built_in.values())}
    assert rows["all"].claims == sum(row.claims for kind, row in rows.items() if kind != "all") > 4000
    assert sum(rows["all"].share(read) for read in ("live", "stored-copy", "secondary")) == pytest.approx(1)


def test_a_source_is_old_after_so_many_days(find):
    (finding,) = find("stale", mixed(), today=date(2026, 11, 21))
    assert finding.text == "1 of 2 claims rest on sources last read before 2025-11-21"
    assert [(side.says, str(side.source)) for side in finding.sides] == [("released", "https://example.org/old")]
    assert find("stale", mixed(), today=date(2024, 12, 31)) == []
    assert find("stale", mixed(), today=date(2024, 12, 31), stale_after=364)[0].id == "m"
    assert "2 of 2" in find("stale", mixed(), today=date(2030, 1, 1))[0].text


def test_a_hub_id_without_a_revision_is_not_old(find):
    assert find("stale", model("m", hub="some/model"), today=date(2026, 12, 1)) == []


def test_unknowns_are_told_once_for_each_entry(find):
    recipe = {**RECIPE, "unknown": ["seed"], "source": "page", "evidence": {}, "hardware": None}
    found = find(
        "unknown", model("m", unknown=("tokens",), recipe=recipe), model("known", licenses=claims(weights="MIT"))
    )
    assert [(finding.id, finding.text) for finding in found] == [("m", "tokens; seed (recipe)")]


def test_an_edge_is_a_claim_of_the_child_alone():
    assert fields(model("base")) == {}
    assert fields(model("m", edge("finetune", "base"))) == {"made_from.finetune": "live"}
