"""A comparison holds for each entry what the catalog says, with its source, and keeps unknown and absent apart."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings

import strategies
from builders import catalog, claims, dataset, edge, imported_by, model, service
from llmreg.errors import LlmregError, UnknownIdError, UsageError
from llmreg.licensing import Checker
from llmreg.schema import Asset, Model
from llmreg.tables import GROUPS, compare
from llmreg.uses import Use

USES = get_args(Use)
RECIPE = {"method": "lora", "data": {"format": "text"}, "source": "page"}


def cell(table, key, place=0):
    row = table.row(key)
    assert row is not None, f"no row {key}"
    return row.cells[place]


def one(entry, key):
    """Give the cell of one row for one entry."""
    return cell(compare(catalog(entry), [entry.id]), key)


def test_a_value_carries_its_source(built_in):
    found = cell(compare(built_in, ["guanaco-33b"]), "training.learning_rate")
    (fact,) = found.facts
    assert (found.state, fact.text, fact.value) == ("stated", "1e-4", 1e-4)
    (evidence,) = fact.evidence
    assert evidence.place == "artidoro/qlora@7f4e95a scripts/finetune_guanaco_33b.sh"
    assert (evidence.read, str(evidence.seen)) == ("stored-copy", "2026-11-21")


def test_a_field_of_the_recipe_may_rest_on_a_source_of_its_own(built_in):
    entry = built_in["guanaco-33b"]
    found = cell(compare(built_in, [entry.id]), "training.optimizer")
    assert found.facts[0].evidence[0].place == str(entry.sources[entry.recipe.evidence["training.optimizer"]])


def test_verdicts_are_those_of_a_check(built_in):
    ids = ["guanaco-33b", "falcon-7b", "oasst1", "text-davinci-003", "guanaco-33b-adapter"]
    for policy in ("strict", "standard", "permissive"):
        table, checker = compare(built_in, ids, policy=policy), Checker(built_in)
        for use in USES:
            found = [each.facts[0].answer for each in table.row(use).cells]
            assert found == [checker.check(entry_id, use, policy).verdict for entry_id in ids]


def test_a_benchmark_has_no_verdict(built_in):
    table = compare(built_in, ["vicuna-80", "oasst1"])
    assert cell(table, "commercial", 0).state == "absent"
    assert cell(table, "items", 0).text == "80"
    assert [each.text for each in table.row("kind").cells] == ["benchmark", "dataset"]


def test_entries_of_one_kind_need_no_row_that_says_so(built_in):
    assert compare(built_in, ["guanaco-33b", "falcon-7b"]).row("kind") is None


def test_unknown_and_absent_are_two_things():
    silent = model("silent", recipe=RECIPE)
    says = model("says", recipe={**RECIPE, "unknown": ["training.steps", "hardware", "library versions"]})
    table = compare(catalog(silent, says), ["silent", "says"])
    for key in ("training.steps", "hardware", "hours", "cost"):
        assert [each.state for each in table.row(key).cells] == ["absent", "unknown"]
        assert [each.text for each in table.row(key).cells] == ["-", "unknown"]
    assert [each.text for each in table.row("unpublished").cells] == ["-", "library versions"]


def test_words_beside_an_unknown_are_kept():
    found = one(model("m", unknown=["training data: 'a new mix'"]), "data")
    assert (found.state, found.facts[0].note) == ("unknown", "training data: 'a new mix'")


def test_a_license_is_told_with_its_component_and_time():
    stated = {"weights": [{"id": "MIT", "source": "page", "until": "2024-01"}, {"id": "llama2", "source": "page"}]}
    found = one(model("m", licenses=stated), "license.weights")
    assert [fact.text for fact in found.facts] == ["MIT until 2024-01", "llama2"]


@pytest.mark.parametrize(
    ("license_id", "state"), [("no-licence", "stated"), ("custom", "stated"), ("unknown", "unknown")]
)
def test_no_license_custom_terms_and_unknown_are_three_things(license_id, state):
    found = one(model("m", licenses=claims(weights=license_id)), "license.weights")
    assert (found.state, found.text) == (state, license_id)


def test_a_blank_license_is_a_fourth():
    assert compare(catalog(model("m")), ["m"]).row("license.weights") is None


def test_a_derived_model_has_the_size_of_its_base_and_says_so():
    base, child = model("base", parameters=6_738_415_616), model("child", edge("finetune", "base"))
    table = compare(catalog(base, child), ["base", "child"])
    assert [each.text for each in table.row("size").cells] == ["6.74B", "6.74B (of its base)"]
    assert [each.state for each in table.row("size").cells] == ["stated", "concluded"]
    assert cell(table, "size", 1).facts[0].note == "as stated of its base base"


@pytest.mark.parametrize("relation", ["merge", "distilled", "architecture"])
def test_no_size_comes_over_other_relations(relation):
    base, child = model("base", parameters=7), model("child", edge(relation, "base"))
    assert compare(catalog(base, child), ["child"]).row("size") is None


def test_the_file_of_an_adapter_has_not_the_size_of_the_model(built_in):
    table = compare(built_in, ["guanaco-33b", "guanaco-33b-adapter"])
    assert cell(table, "size", 1).state == "absent"
    assert cell(table, "license.adapter", 1).text == "Apache-2.0"
    assert cell(table, "license.weights", 1).state == "absent"
    assert cell(table, "base", 1).text == "adapter: llama-33b"


def test_data_is_told_by_stage_in_the_order_of_training():
    parts = [dataset("web"), dataset("chats"), dataset("more-chats")]
    edges = [
        edge("trained-on", "chats", "sft"),
        edge("trained-on", "more-chats", "sft"),
        edge("trained-on", "web", "pretrain"),
    ]
    found = cell(compare(catalog(*parts, model("m", *edges)), ["m"]), "data")
    assert found.text == "pretrain: web\nsft: chats, more-chats"


def test_a_dataset_says_of_what_it_is_made():
    made = dataset("made", edge("derived-from", "seed"), edge("generated-by", "api"), rows=52_002)
    table = compare(catalog(dataset("seed"), service("api", "openai-tos"), made), ["made"])
    assert cell(table, "base").text == "derived-from: seed\ngenerated-by: api"
    assert cell(table, "rows").text == "52,002"


def test_results_stand_in_a_row_for_each_benchmark_and_metric(built_in):
    table = compare(built_in, ["guanaco-33b", "guanaco-65b"])
    for place, entry_id in enumerate(table.ids):
        for result in built_in[entry_id].results:
            assert cell(table, f"results.{result.benchmark} {result.metric}", place).facts[0].value == result.value


def test_hours_that_are_a_bound_are_no_exact_number():
    hardware = {"gpu": "A100", "gpus": 8, "hours": 12, "hours_are": "below", "cost_usd": 1300}
    table = compare(catalog(model("m", recipe={**RECIPE, "hardware": hardware})), ["m"])
    assert [cell(table, key).text for key in ("hardware", "hours", "cost")] == ["8 x A100", "less than 12", "1,300 USD"]
    assert cell(table, "hours").facts[0].value is None


def test_settings_stand_in_the_order_of_the_recipes(built_in):
    keys = [row.key for row in compare(built_in, ["vicuna-13b-v1.5", "guanaco-33b"]).rows if row.group == "settings"]
    assert keys.index("settings.rank") < keys.index("training.learning_rate") < keys.index("training.optimizer")


def test_only_takes_groups_and_rows(built_in):
    table = compare(built_in, ["guanaco-33b"], only=["size", "license", "commercial"])
    assert [row.key for row in table.rows] == [
        "size",
        "license.weights",
        "license.adapter",
        "license.code",
        "commercial",
    ]


def test_a_wrong_row_gets_the_right_one(built_in):
    with pytest.raises(UsageError, match="no row 'licence'; did you mean 'license'"):
        compare(built_in, ["guanaco-33b"], only=["licence"])


def test_wrong_entries_are_refused(built_in):
    with pytest.raises(UnknownIdError, match="did you mean 'guanaco-33b'"):
        compare(built_in, ["guanco-33b"])
    with pytest.raises(LlmregError, match=r"'MIT' is a license.*llmreg diff"):
        compare(built_in, ["guanaco-33b", "MIT"])
    with pytest.raises(UsageError, match="name the entries"):
        compare(built_in, [])


def test_an_entry_named_twice_stands_there_once(built_in):
    assert compare(built_in, ["oasst1", "falcon-7b", "oasst1"]).ids == ("oasst1", "falcon-7b")


def test_every_entry_of_the_catalog_can_be_compared(built_in):
    table = compare(built_in, built_in.ids(Asset))
    assert {row.group for row in table.rows} == set(GROUPS) - {"evidence"}  # it is all curated, and the basis says so
    for row in table.rows:
        assert len(row.cells) == len(table.ids)
        assert any(each.state != "absent" for each in row.cells)
    stated = {fact.evidence for row in table.rows for each in row.cells if each.state == "stated" for fact in each.facts
              if row.key not in ("kind", "unpublished")}  # fmt: skip
    assert () not in stated


ROWS_OF = {"hardware": "hardware", "kind of GPU": "hardware", "training time": "hours", "training data": "data", "recipe": "method",
           "parameters": "size"}  # fmt: skip


def test_nothing_that_an_entry_calls_unknown_is_lost(built_in):
    for entry_id in built_in.ids(Model):
        entry, table = built_in[entry_id], compare(built_in, [entry_id])
        rest = {fact.text for row in table.rows if row.key == "unpublished" for fact in row.cells[0].facts}
        told = {row.key for row in table.rows if row.cells[0].state == "unknown"}
        for words in (*entry.unknown, *(entry.recipe.unknown if entry.recipe else ())):
            name = words.partition(":")[0].removeprefix("hardware.")
            assert " ".join(words.split()) in rest or ROWS_OF.get(name, name) in told, f"{entry_id}: {words}"


@given(entries=strategies.lineages())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_lineage_with_cycles_compares(entries):
    table = compare(catalog(*entries), [entry.id for entry in entries])
    assert len(table.ids) == len(entries)
    assert {row.key for row in table.rows if row.group == "verdict"} == set(USES)


def test_the_tier_is_a_row_where_entries_differ_in_it_and_in_the_basis_where_not(built_in):
    mine, card = model("mine", licenses=claims(weights="MIT")), imported_by("hub", model("card"))
    mixed = compare(catalog(mine, card), ["mine", "card"])
    assert [each.text for each in mixed.row("evidence").cells] == ["curated", "card"]
    assert mixed.row("evidence").cells[1].facts[0].note == "from the author's card of card, read 2026-11-21"
    assert "evidence" not in mixed.basis
    assert "from the author's card of card" in cell(mixed, "commercial", 1).facts[0].note
    assert mixed.to_json()["tiers"] == ["curated", "card"]
    assert compare(catalog(mine, card), ["mine", "card"], only=["commercial"]).basis.startswith(
        "evidence: mine curated, card card; policy standard"
    )
    alike = compare(built_in, ["guanaco-33b"])
    assert alike.row("evidence") is None
    assert alike.basis.startswith("evidence: curated (sources read); policy standard")
