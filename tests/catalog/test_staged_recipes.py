"""Recipes of several stages: what they may name, and that lineage has every model they touch."""

from __future__ import annotations

import pytest

from llmreg.catalog import Catalog, validate
from llmreg.errors import LlmregError
from llmreg.reproduce.architecture import base_of
from llmreg.reproduce.recipe import recipe_of
from llmreg.schema import Model

PAGE = 'sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n'
EDGES = """made_from:
  - {relation: finetune, of: nano-base, source: page}
  - {relation: distilled, of: nano-dpo, role: reward, source: page}
  - {relation: trained-on, of: nano-instruct, stage: sft, source: page}
  - {relation: trained-on, of: nano-preferences, stage: preference, source: page}
"""
SFT = "    - {name: sft, method: full, data: {format: instruction, datasets: {nano-instruct: {}}}}\n"
DPO = (
    "    - {name: dpo, from: sft, method: lora, objective: {name: dpo}, consults: {reference: sft, reward: nano-dpo}, "
    "data: {format: preference, datasets: {nano-preferences: {}}}}\n"
)


def recipe(*stages):
    return f"recipe:\n  source: page\n  stages:\n{''.join(stages)}"


@pytest.fixture
def catalog(built_in, tmp_path):
    def write(text):
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "m.yaml").write_text(f"name: m\n{text}{PAGE}")
        return Catalog(*built_in.roots, tmp_path)

    return write


def test_stages_may_name_earlier_ones_and_models_with_a_role(catalog):
    assert validate(catalog(EDGES + recipe(SFT, DPO))) == []


def test_a_model_that_is_only_asked_is_no_base(catalog):
    assert base_of(catalog(EDGES + recipe(SFT, DPO)), "m") == "nano-base"


def test_a_recipe_of_several_stages_is_said_not_to_run(catalog):
    with pytest.raises(LlmregError, match=r"several stages \(sft, dpo\)"):
        recipe_of(catalog(EDGES + recipe(SFT, DPO)).get_as(Model, "m"))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (EDGES + recipe(SFT, DPO.replace("reward: nano-dpo", "reward: nano-qlora")), "recipe.stages.1.consults.reward",
         "neither an earlier stage nor a model"),
        (EDGES + recipe(SFT, DPO.replace("from: sft", "from: stf")), "recipe.stages.1.from", "'sft'?"),
        (EDGES + recipe(SFT, DPO.replace("{name: dpo}", "{name: dpo, judge: nano-qlora}")),
         "recipe.stages.1.objective.judge", "names the model 'nano-qlora'"),
        (EDGES + recipe(SFT), "made_from.3.of", "no stage of the recipe reads 'nano-preferences'"),
        (EDGES + recipe(SFT, DPO.replace("nano-preferences", "oasst1")), "recipe.stages.1.data.datasets.oasst1",
         "is not trained on 'oasst1'"),
        (EDGES + recipe(SFT, SFT), "recipe", "two are named 'sft'"),
        (EDGES + recipe(DPO, SFT), "recipe", "is no earlier stage"),
        (EDGES + recipe(SFT, DPO.replace("method: lora", "methd: lora")), "recipe.stages.1.methd", "no such field"),
        (EDGES.replace("distilled", "finetune"), "made_from.1", "has the relation distilled"),
    ],
)  # fmt: skip
def test_what_a_stage_gets_wrong_is_named_with_its_place(catalog, text, place, message):
    found = {problem.field: problem.message for problem in validate(catalog(text))}
    assert message in found.get(place, ""), found
