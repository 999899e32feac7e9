"""Verdicts of a whole catalog at once: equal to a check of each entry."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from builders import catalog, claims, edge, model
from llmreg.licensing import check
from llmreg.licensing.bulk import bulk_check
from strategies import POLICIES, USES, lineages


@settings(max_examples=12, deadline=None)
@given(lineages(), USES)
def test_it_gives_what_a_check_of_each_gives(entries, use):
    whole = catalog(*entries)
    ours = {entry.id for entry in entries}
    for policy in POLICIES:
        found = {
            entry_id: answer for entry_id, answer in bulk_check(whole, use, policy=policy).items() if entry_id in ours
        }
        assert found == {entry_id: check(whole, entry_id, use, policy=policy).verdict for entry_id in ours}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("use", ["commercial", "redistribution"])
def test_it_agrees_over_the_built_in_catalog_files_included(built_in, use, policy):
    found = dict(bulk_check(built_in, use, policy=policy).items())
    assert found == {entry_id: check(built_in, entry_id, use, policy=policy).verdict for entry_id in found}
    assert "guanaco-33b-adapter" in found


def test_it_counts_by_verdict():
    whole = catalog(model("llama", licenses=claims(weights="llama-1")), model("c", edge("finetune", "llama")))
    bulk = bulk_check(whole, "commercial")
    assert sum(bulk.counts().values()) == len(bulk.ids)
    assert dict(bulk.items())["c"] == "forbidden"
