"""On what a verdict rests: a reason is as good as the weakest statement on its path, a permission as all of them."""

from __future__ import annotations

import pytest

from builders import SOURCES, catalog, claims, edge, imported_by, model
from llmreg.catalog import Catalog, built_in
from llmreg.catalog.index import Writer
from llmreg.errors import CatalogError
from llmreg.licensing import Checker, check
from llmreg.licensing.bulk import bulk_check
from llmreg.licensing.render import as_text, by_use, by_use_html, in_full, in_full_html, table
from llmreg.licensing.words import sentence
from llmreg.schema.ids import hub_entry_id

LLAMA = model("llama", licenses=claims(weights="llama-1"))
FREE = model("free", licenses=claims(weights="Apache-2.0"))
CARD = "from the author's card of c, read 2026-11-21"


def card(*edges, **licenses):
    return imported_by("hub", model("c", *edges, licenses=claims(**(licenses or {"weights": "MIT"}))))


def test_what_is_all_curated_says_so_in_its_last_line_alone():
    verdict = check(catalog(LLAMA, model("m", edge("finetune", "llama"))), "m", "commercial")
    assert (verdict.tier, verdict.evidence) == ("curated", "curated (sources read)")
    shown = as_text(in_full(verdict), 400)
    assert shown.count("evidence") == 1
    assert shown.splitlines()[-2].startswith("evidence: curated (sources read); policy standard")


def test_a_step_that_only_a_card_states_makes_the_reason_rest_on_the_card():
    verdict = check(catalog(LLAMA, card(edge("finetune", "llama"))), "c", "commercial")
    assert verdict.verdict == "forbidden"
    assert {(reason.tier, reason.evidence) for reason in verdict.reasons} == {("card", CARD)}
    assert (verdict.tier, verdict.evidence) == ("card", CARD)
    lines = as_text(in_full(verdict), 400).splitlines()
    assert lines[1] == f"  evidence: {CARD}"
    assert sum("evidence" in line for line in lines) == 1


def test_a_permission_needs_all_that_was_judged_and_a_prohibition_what_it_names():
    row = imported_by("epoch", model("epoch.base", edge("finetune", "free"), licenses=claims(weights="MIT")))
    whole = catalog(FREE, LLAMA, row, card(edge("finetune", "epoch.base")), model("x", edge("merge", "c")))
    assert (check(whole, "c", "commercial").verdict, check(whole, "c", "commercial").tier) == ("allowed", "tracker")
    bound = catalog(FREE, LLAMA, row, model("m", edge("merge", "llama"), edge("merge", "epoch.base")))
    verdict = check(bound, "m", "commercial")
    assert (verdict.verdict, verdict.tier) == ("forbidden", "curated")
    assert [reason.tier for reason in verdict.reasons if reason.path[-1] == "epoch.base"] == ["tracker"]


@pytest.mark.parametrize(
    ("policy", "expected", "noted"),
    [("strict", "unclear", False), ("standard", "allowed", True), ("permissive", "allowed", False)],
)
def test_a_card_that_names_no_base_and_no_data_is_what_the_policy_says(policy, expected, noted):
    whole = catalog(card())
    verdict = check(whole, "c", "commercial", policy=policy)
    assert verdict.verdict == expected
    assert [note.about for note in verdict.notes] == ["lineage"] * noted
    assert verdict.unknowns == ("c: what it was made from, which its tracker does not say",)
    if policy == "strict":
        assert (verdict.reasons[0].about, verdict.reasons[0].license) == ("lineage", None)
        assert sentence(verdict.reasons[0]) == "c names no base and no data"
        assert "c: license" not in verdict.unknowns
    shown = as_text(in_full(verdict), 400)
    assert ("nobody checked what c was made from" in shown) is (noted or policy == "strict")
    assert "no license" not in shown


@pytest.mark.parametrize("policy", ["strict", "standard", "permissive"])
def test_a_stated_base_that_names_nothing_is_unclear_whatever_the_policy(policy):
    unnamed = imported_by("hub", model("c+base-1", stub=True))
    whole = catalog(unnamed, card(edge("finetune", "c+base-1")))
    assert check(whole, "c", "commercial", policy=policy).verdict == "unclear"


def test_an_ancestor_with_nothing_stated_counts_along_weights_and_curated_ones_never():
    child = model("child", edge("finetune", "c"), licenses=claims(weights="MIT"))
    whole = catalog(card(), child, FREE)
    verdict = check(whole, "child", "commercial", policy="strict")
    assert sentence(verdict.reasons[0]) == "child is fine-tuned from c, which names no base and no data"
    assert check(whole, "free", "commercial", policy="strict").verdict == "allowed"


def test_a_policy_written_before_the_switch_notes_what_is_left_out(tmp_path):
    text = (built_in() / "policies" / "strict.yaml").read_text()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.yaml").write_text(text.replace("  unstated_lineage: contested\n", ""))
    whole = Catalog(built_in(), tmp_path).over(card())
    assert check(whole, "c", "commercial", policy="ours").verdict == "allowed"
    assert check(whole, "c", "commercial", policy="strict").verdict == "unclear"
    (tmp_path / "policies" / "wrong.yaml").write_text(text.replace("lineage: contested", "lineage: sometimes"))
    with pytest.raises(CatalogError, match="unstated_lineage"):
        check(Catalog(built_in(), tmp_path).over(card()), "c", "commercial", policy="wrong")


@pytest.mark.parametrize("policy", ["strict", "standard", "permissive"])
@pytest.mark.parametrize("use", ["commercial", "research"])
def test_a_whole_catalog_is_judged_as_each_entry_is(policy, use):
    better = model("better", licenses=claims(weights="MIT"), hub="org/b")
    worse = imported_by("hub", model("hub.org--b", edge("finetune", "llama"), hub="org/b"))
    whole = catalog(LLAMA, better, worse, card(), model("child", edge("merge", "c"), edge("merge", "hub.org--b")))
    found = dict(bulk_check(whole, use, policy=policy).items())
    for entry_id in ("llama", "better", "hub.org--b", "c", "child"):
        assert found[entry_id] == check(whole, entry_id, use, policy=policy).verdict


@pytest.mark.parametrize("policy", ["strict", "standard", "permissive"])
def test_an_index_is_judged_as_each_of_its_rows_is(tmp_path, policy):
    def row(hub_id, licenses="MIT", base=None, **fields):
        stated = {"licenses": {"weights": {"id": licenses, "source": "page"}}} if licenses else {}
        made = {"made_from": [edge("finetune", base)]} if base else {}
        return hub_entry_id(hub_id), "model", {"name": hub_id, "hub": hub_id, **stated, **made, **fields}

    rows = [
        row("org/free", "CC-BY-NC-4.0"),
        row("ORG/bound", "MIT", base="hub.me--plain"),
        row("me/plain"),
        row("me/child", base="hub.me--plain"),
        row("me/of-free", base="hub.org--free"),
        row("me/of-bound", base="hub.ORG--bound"),
        row("me/record", "llama-1", same_as=["free"]),
        row("old/plain", None, stub=True, same_as=["hub.me--plain"]),
        row("me/of-old", base="hub.old--plain"),
        row("me/lost", base="hub.me--nobody"),
    ]
    shared = {"source": "page", "sources": {"page": {**SOURCES["page"], "importer": "hub"}}}
    writer = Writer(tmp_path / "hub.sqlite", shared)
    for each in rows:
        writer.put(*each)
    writer.elsewhere("free")
    writer.finish()
    bound = model("bound", licenses=claims(weights="llama-1"), hub="org/bound")
    free = model("free", licenses=claims(weights="Apache-2.0"), hub="org/free")
    whole = Catalog(built_in(), tmp_path / "hub.sqlite").over(bound, free)
    found = dict(bulk_check(whole, "commercial", policy=policy).items())
    asked = [entry_id for entry_id in found if entry_id.startswith("hub.")]
    assert {each: found[each] for each in asked} == {
        each: check(whole, each, "commercial", policy=policy).verdict for each in asked
    }
    open_ = "unclear" if policy == "strict" else "allowed"
    expected = {
        "org--free": "allowed", "ORG--bound": "forbidden", "me--plain": open_, "me--child": open_,
        "me--of-free": "allowed", "me--of-bound": "forbidden", "me--record": "allowed", "old--plain": open_,
        "me--of-old": open_, "me--lost": "unclear", "me--nobody": "unclear",
    }  # fmt: skip
    assert {each: found[f"hub.{each}"] for each in expected} == expected


def test_tables_name_the_tier_where_entries_differ_and_only_there():
    checker = Checker(catalog(LLAMA, FREE, card(edge("finetune", "free"))))
    several = as_text(table([checker.check(each, "commercial") for each in ("llama", "c")]), 200)
    assert [line.split()[-1] for line in several.splitlines() if line.startswith(("llama", "c "))] == [
        "curated",
        "card",
    ]
    assert "evidence:" not in several
    alike = as_text(table([checker.check(each, "commercial") for each in ("llama", "free")]), 200)
    assert "evidence: curated (sources read); policy" in alike
    uses = [checker.check("c", use) for use in ("commercial", "research")]
    assert as_text(by_use(uses), 200).count("card") == 2
    assert by_use_html(uses).count(">card<") == 2


def test_a_notebook_says_on_what_a_verdict_rests_and_json_too():
    verdict = check(catalog(LLAMA, card(edge("finetune", "llama"))), "c", "commercial")
    assert "evidence: from the author&#39;s card of c, read 2026-11-21" in in_full_html(verdict)
    assert "evidence: curated" in in_full_html(check(catalog(LLAMA), "llama", "commercial"))
    told = verdict.to_json()
    assert (told["tier"], told["evidence"], told["reasons"][0]["tier"]) == ("card", CARD, "card")


def test_accounts_that_differ_are_shown_in_every_form_of_a_verdict():
    mine = model("m", licenses=claims(weights="MIT"), hub="org/m")
    theirs = imported_by("epoch", model("epoch.m", licenses=claims(weights="GPL-3.0-only"), same_as=("m",)))
    verdict = check(catalog(mine, theirs), "m", "commercial")
    said = ["m, curated (sources read): weights MIT", "epoch.m, from a row of epoch on epoch.m, read 2026-11-21: weights GPL-3.0-only"]  # fmt: skip
    for shown in (as_text(in_full(verdict), 400), in_full_html(verdict)):
        assert all(each in shown for each in said)
    (difference,) = verdict.to_json()["differences"]
    assert [(one["tier"], one["value"], one["seen"]) for one in difference["says"]] == [
        ("curated", "weights MIT", "2026-11-21"),
        ("tracker", "weights GPL-3.0-only", "2026-11-21"),
    ]
