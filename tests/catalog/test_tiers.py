"""Tiers: which evidence is behind an entry, and how that is told."""

from __future__ import annotations

import pytest

from builders import SOURCES, imported_by, model
from llmreg.catalog.tiers import TIERS, evidence_for, remark, tier_of, weakest
from llmreg.schema import Model


@pytest.mark.parametrize(
    ("importers", "tier"),
    [
        ((), "curated"),
        ((None,), "curated"),
        (("hub",), "card"),
        (("hub", None), "card"),
        (("epoch",), "tracker"),
        (("hub", "epoch"), "tracker"),
        (("epoch", None), "tracker"),
        (("an importer of tomorrow",), "tracker"),
    ],
)
def test_the_importers_of_an_entrys_sources_tell_its_tier(importers, tier):
    sources = SOURCES | {f"s{place}": {**SOURCES["page"], "importer": name} for place, name in enumerate(importers)}
    entry = Model(id="m", name="m", source="page", sources=sources)
    assert tier_of(entry) == tier


def test_a_chain_is_as_good_as_its_weakest_statement():
    assert weakest([]) == "curated"
    assert weakest(["card", "curated"]) == "card"
    assert weakest(TIERS) == "tracker"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (model("m"), "curated (sources read)"),
        (imported_by("hub", model("m", hub="org/m")), "from the author's card of org/m, read 2026-11-21"),
        (
            imported_by("hub", model("m", hub="org/m", stub=True)),
            "from cards that name org/m, read 2026-11-21; its own was not read",
        ),
        (imported_by("epoch", model("m")), "from a row of epoch on m, read 2026-11-21"),
    ],
)
def test_evidence_is_told_in_plain_words_and_remarked_on_where_nobody_checked_it(entry, words):
    assert evidence_for(entry) == words
    assert remark(entry) == ("" if tier_of(entry) == "curated" else words)
