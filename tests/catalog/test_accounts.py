"""Accounts of one thing: the better evidence decides, and what the others say otherwise is shown."""

from __future__ import annotations

import json
from datetime import date
from itertools import permutations

import pytest

from builders import catalog, claims, dataset, edge, imported_by, model
from llmreg.catalog import Catalog, built_in
from llmreg.catalog.accounts import accounts, deciding, differences, lineage_unstated
from llmreg.errors import UsageError
from llmreg.importers.hub_index import import_hub
from llmreg.licensing import check

CURATED = model("m", edge("finetune", "base"), licenses=claims(weights="Apache-2.0"), hub="Org/M")
CARD = imported_by("hub", model("hub.org--m", licenses=claims(weights="CC-BY-NC-4.0"), hub="org/m"))
ROW = imported_by("epoch", model("epoch.m", licenses=claims(weights="MIT"), hub="ORG/M"))
BASE = model("base", licenses=claims(weights="MIT"))


@pytest.mark.parametrize("order", list(permutations([CURATED, CARD, ROW])))
def test_a_hub_id_means_the_entry_with_the_best_evidence_whatever_came_first(order):
    assert catalog(BASE, *order).named("org/M") == "m"
    assert catalog(BASE, *(entry for entry in order if entry != CURATED)).named("org/M") == "hub.org--m"


def test_two_rows_of_one_tier_are_still_ambiguous():
    with pytest.raises(UsageError, match=r"several entries go by 'org/m': epoch\.m, osai\.m"):
        catalog(ROW, imported_by("osai", model("osai.m", hub="org/m"))).named("org/m")


def test_a_card_in_an_index_goes_before_a_row_in_a_file(tmp_path):
    assert indexed(tmp_path, {"id": "Org/M", "cardData": {"license": "mit"}}, ROW).named("org/m") == "hub.Org--M"


def test_curated_decides_in_the_place_of_a_card_and_of_a_record_of_it():
    about = imported_by("osai", ROW, id="osai.m", same_as=("m",))
    whole = catalog(BASE, CURATED, CARD, ROW, about)
    assert deciding(whole, CURATED) == []
    assert deciding(whole, CARD) == ["m"]
    assert deciding(whole, about) == ["m"]
    assert deciding(whole, ROW) == []  # its importer did not say what it is about, and its Hub id is but one more claim


@pytest.mark.parametrize(("use", "expected"), [("commercial", "allowed"), ("research", "allowed")])
def test_a_stricter_card_does_not_outweigh_the_curated_entry_and_is_shown(use, expected):
    whole = catalog(BASE, CURATED, CARD)
    for asked in ("m", "hub.org--m"):
        verdict = check(whole, asked, use)
        assert (verdict.verdict, verdict.tier) == (expected, "curated")
        (license_,) = verdict.differences
        assert [(said.entry, said.tier, said.value) for said in license_.says] == [
            ("m", "curated", "weights Apache-2.0"),
            ("hub.org--m", "card", "weights CC-BY-NC-4.0"),
        ]
        assert all(said.source and said.seen for said in license_.says)
    assert check(whole, "hub.org--m", use).reasons[0].relations[0] == "same-as"


def test_a_looser_card_does_not_free_what_the_curated_entry_forbids():
    bound = model("m", licenses=claims(weights="llama-1"), hub="org/m")
    free = imported_by("hub", model("hub.org--m", licenses=claims(weights="MIT"), hub="org/m"))
    child = imported_by("hub", model("hub.me--c", edge("finetune", "hub.org--m"), licenses=claims(weights="MIT")))
    whole = catalog(bound, free, child)
    assert check(whole, "hub.org--m", "commercial").verdict == "forbidden"
    verdict = check(whole, "hub.me--c", "commercial")
    assert (verdict.verdict, verdict.tier) == ("forbidden", "card")  # that it is a finetune only its own card says
    assert verdict.reasons[0].path == ("hub.me--c", "hub.org--m", "m")


def test_a_card_goes_before_a_trackers_row():
    about = imported_by("osai", model("osai.m", licenses=claims(weights="MIT"), same_as=("hub.org--m",)))
    verdict = check(catalog(CARD, about), "osai.m", "commercial")
    assert (verdict.verdict, verdict.tier) == ("forbidden", "card")
    assert [said.entry for said in verdict.differences[0].says] == ["hub.org--m", "osai.m"]


def test_license_base_and_data_that_differ_are_shown_each_with_who_says_so():
    other = imported_by(
        "hub",
        model(
            "hub.org--m",
            edge("finetune", "hub.org--else"),
            edge("trained-on", "rows", "sft"),
            licenses=claims(weights="MIT"),
            hub="org/m",
        ),
    )
    stub = imported_by("hub", model("hub.org--else", hub="org/else", stub=True))
    whole = catalog(BASE, CURATED, other, stub, dataset("rows", licenses=claims(data="MIT")))
    assert [
        (each.about, *((said.entry, said.value) for said in each.says)) for each in differences(whole, whole["m"])
    ] == [
        ("license", ("m", "weights Apache-2.0"), ("hub.org--m", "weights MIT")),
        ("base", ("m", "base"), ("hub.org--m", "hub.org--else")),
        ("data", ("m", "none stated"), ("hub.org--m", "rows")),
    ]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"licenses": claims(weights="Apache-2.0")},
        {"licenses": claims(weights="unknown")},
        {"licenses": claims(weights="Apache-2.0", code="MIT")},
        {"made_from": [edge("finetune", "base")]},
        {"made_from": [edge("quantized", "root")]},
        {"made_from": [edge("finetune", "hub.org--base")]},
    ],
    ids=["nothing", "same", "unknown", "code", "base", "base of the base", "another account of the base"],
)
def test_what_says_nothing_else_does_not_differ(said):
    base = model("base", edge("finetune", "root"), licenses=claims(weights="MIT"), hub="org/base")
    card_of_base = imported_by("hub", model("hub.org--base", hub="org/base"))
    other = imported_by("hub", model("hub.org--m", hub="org/m"), **said)
    whole = catalog(base, model("root"), CURATED, card_of_base, other)
    assert [each.id for each in accounts(whole, whole["m"])] == ["hub.org--m"]
    assert differences(whole, whole["m"]) == ()


@pytest.mark.parametrize(
    ("part", "license_id", "differs"),
    [
        ("weights", "Apache-2.0", True),
        ("weights", "llama-1", False),
        ("delta", "Apache-2.0", False),
        ("delta", "MIT", True),
    ],
)
def test_a_license_is_compared_with_that_of_the_same_part_and_where_there_is_none_with_the_whole(
    part, license_id, differs
):
    whole = catalog(
        model("a", hub="org/a", licenses=claims(weights="llama-1", adapter="Apache-2.0", code="MIT")),
        imported_by("hub", model("hub.org--a", hub="org/a", licenses=claims(**{part: license_id}))),
    )
    values = [[said.value for said in each.says] for each in differences(whole, whole["a"])]
    assert values == ([["weights llama-1, adapter Apache-2.0", f"{part} {license_id}"]] if differs else [])


def test_an_index_and_a_folder_give_their_accounts_too(tmp_path):
    card = {"id": "timdettmers/guanaco-33b", "cardData": {"license": "cc-by-4.0"}}
    whole = indexed(tmp_path, card)
    assert [each.id for each in accounts(whole, whole["guanaco-33b"])] == ["hub.timdettmers--guanaco-33b"]
    for asked in ("guanaco-33b", "hub.timdettmers--guanaco-33b", "guanaco-33b-adapter"):
        (found,) = check(whole, asked, "commercial").differences
        assert [said.entry for said in found.says] == ["guanaco-33b", "hub.timdettmers--guanaco-33b"]


def test_the_built_in_catalog_is_curated_and_needs_no_look_for_accounts(built_in):
    entry = built_in["guanaco-33b"]
    assert (accounts(built_in, entry), differences(built_in, entry), deciding(built_in, entry)) == ([], (), [])
    assert built_in.memo["records"] == {}


@pytest.mark.parametrize(
    ("edges", "unstated"),
    [
        ([], True),
        ([edge("evaluated-on", "d")], True),
        ([edge("same-tokenizer", "base"), edge("architecture", "base")], True),
        ([edge("finetune", "base")], False),
        ([edge("trained-on", "d", "pretrain")], False),
        ([edge("distilled", "base")], False),
    ],
)
def test_a_card_leaves_its_lineage_out_where_it_names_no_base_and_no_data(edges, unstated):
    entry = model("m", *edges, licenses=claims(weights="MIT"))
    assert lineage_unstated(imported_by("hub", entry)) is unstated
    assert lineage_unstated(imported_by("epoch", entry)) is unstated
    assert not lineage_unstated(entry)
    assert not lineage_unstated(imported_by("hub", dataset("d")))


def indexed(tmp_path, card, *entries):
    (tmp_path / "cards.jsonl").write_text(json.dumps(card) + "\n")
    into = tmp_path / "hub.sqlite"
    import_hub(tmp_path / "cards.jsonl", into, catalog(), seen=date(2026, 11, 21))
    return Catalog(built_in(), into).over(*entries)


def test_a_mere_name_gives_way_to_whatever_says_something():
    stub = imported_by("hub", model("hub.old--m", hub="old/m", stub=True, same_as=("hub.new--m",)))
    card = imported_by(
        "hub", model("hub.new--m", edge("finetune", "base"), licenses=claims(weights="MIT"), hub="new/m")
    )
    whole = catalog(BASE, stub, card)
    assert deciding(whole, stub) == ["hub.new--m"]
    assert deciding(whole, card) == []
    verdict = check(whole, "hub.old--m", "commercial")
    assert (verdict.verdict, verdict.tier) == ("allowed", "card")
    lone = imported_by("hub", model("hub.org--m", hub="org/m", stub=True))
    assert deciding(catalog(ROW, lone), lone) == []  # the row's Hub id alone makes no repository's license known
