"""Resolving recipes: what was published, set and assumed stay apart."""

from __future__ import annotations

import pytest

from builders import catalog, model
from llmreg import plugins
from llmreg.errors import LlmregError, UsageError
from llmreg.reproduce.recipe import objective_of, recipe_of, refuse_assumptions, resolve

FULL = {
    "learning_rate": 1e-4, "steps": 10, "batch_size": 4, "schedule": "constant", "optimizer": "adamw", "adam_beta1": 0.9,
    "adam_beta2": 0.999, "adam_epsilon": 1e-8, "weight_decay": 0.0, "max_grad_norm": 1.0, "precision": "float32",
    "group_by_length": False, "seed": 1, "data_seed": 1,
}  # fmt: skip
LORA = {"rank": 4, "alpha": 8, "dropout": 0.0, "targets": ["q_proj"], "base_quant": "none"}


def entry(method="lora", settings=LORA, training=FULL, **data):
    recipe = {"method": method, "settings": settings, "training": training, "source": "page"}
    return model("m", recipe={**recipe, "data": {"format": "text", "loss_on": "all", **data}})


@pytest.fixture(scope="module")
def found():
    return plugins.load()


def test_a_complete_recipe_assumes_nothing(found):
    resolved, method = resolve(entry(), found)
    assert resolved.assumed == {}
    refuse_assumptions(resolved)
    assert (method.rank, method.targets) == (4, ("q_proj",))


def test_every_gap_is_filled_and_listed(found):
    training = {key: value for key, value in FULL.items() if key not in ("learning_rate", "seed", "adam_beta2")}
    settings = {"rank": 4, "alpha": 8, "targets": ["q_proj"], "base_quant": "none"}
    resolved, _ = resolve(entry(settings=settings, training=training, loss_on=None), found)
    assert resolved.assumed == {
        "settings.dropout": 0.0,
        "training.learning_rate": 2e-5,
        "training.adam_beta2": 0.999,
        "training.seed": 42,
        "data.loss_on": "all",
    }
    assert resolved.training.seed == 42
    with pytest.raises(LlmregError, match=r"learning_rate \(would be 2e-05\)[\s\S]*--assume"):
        refuse_assumptions(resolved)


@pytest.mark.parametrize(("form", "template"), [("instruction", "alpaca-stanford"), ("conversation", "vicuna-v1.1")])
def test_a_template_that_nobody_published_is_a_gap_for_rows_that_need_one(found, form, template):
    resolved, _ = resolve(entry(format=form), found)
    assert resolved.assumed == {"data.template": template}
    assert resolve(entry(format=form, template="koala"), found)[0].assumed == {}


def test_a_setting_can_be_changed_with_or_without_its_prefix(found):
    resolved, method = resolve(
        entry(), found, {"rank": "16", "training.learning_rate": "3e-4", "format": "instruction"}
    )
    assert method.rank == 16
    assert resolved.training.learning_rate == 3e-4
    assert resolved.overridden == {"settings.rank": 16, "training.learning_rate": 3e-4, "data.format": "instruction"}


def test_setting_what_was_open_closes_it(found):
    training = {key: value for key, value in FULL.items() if key != "seed"}
    assert resolve(entry(training=training), found, {"seed": "7"})[0].assumed == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rat": "1"}, "no such setting; did you mean 'learning_rate'"),
        ({"training.rank": "1"}, "no such setting"),
        ({"steps": "many"}, "training.steps"),
        ({"steps": "0"}, "greater than or equal to 1"),
        ({"schedule": "cosin"}, "'cosine'"),
    ],
)
def test_a_wrong_change_is_a_usage_error(found, changes, message):
    with pytest.raises(UsageError, match=message):
        resolve(entry(), found, changes)


def test_a_method_that_nobody_offers_is_named(found):
    with pytest.raises(LlmregError, match=r"loraa.*did you mean 'lora'") as caught:
        resolve(entry(method="loraa"), found)
    assert caught.value.exit_code == 1


def test_settings_that_the_method_refuses_are_named(found):
    with pytest.raises(LlmregError, match="rank"):
        resolve(entry(settings={"rank": 0}), found)


def test_entries_without_a_recipe_say_so(built_in):
    with pytest.raises(LlmregError, match="it is the file that makes 'guanaco-33b'"):
        recipe_of(built_in["guanaco-33b-adapter"])
    with pytest.raises(LlmregError, match="has no recipe in the catalog"):
        recipe_of(catalog(model("m"))["m"])


@pytest.mark.parametrize("key", ["training.seed", "training.data_seed", "data.held_out_seed"])
@pytest.mark.parametrize("value", ["-1", str(2**32), "9" * 5000, "1.5", "x"])
def test_a_seed_that_no_library_takes_is_a_usage_error(found, key, value):
    with pytest.raises(UsageError, match=rf"^--set (recipe\.)?{key}: .*"):
        resolve(entry(), found, {key: value})


def of_pairs(**objective):
    recipe = {"method": "lora", "settings": LORA, "objective": objective, "training": FULL, "source": "page"}
    return model("m", recipe={**recipe, "data": {"format": "preference", "loss_on": "response"}})


def test_a_recipe_names_its_objective_and_what_is_left_open_is_assumed(found):
    resolved, _ = resolve(of_pairs(name="dpo", beta=0.5), found)
    assert resolved.objective == {"name": "dpo", "beta": 0.5, "loss_type": "sigmoid"}
    assert resolved.assumed == {"objective.loss_type": "sigmoid"}
    resolved, _ = resolve(of_pairs(name="dpo", beta=0.5), found, {"objective.loss_type": "ipo", "beta": "0.2"})
    assert resolved.objective == {"name": "dpo", "beta": 0.2, "loss_type": "ipo"}
    assert resolved.overridden == {"objective.loss_type": "ipo", "objective.beta": 0.2}
    assert objective_of(found, resolved.objective).beta == 0.2


def test_without_an_objective_it_is_sft_and_the_record_says_nothing_new(found):
    resolved, _ = resolve(entry(), found)
    assert resolved.objective == {}
    assert objective_of(found, resolved.objective).name == "sft"


@pytest.mark.parametrize(
    ("stated", "overrides", "message"),
    [
        ({"name": "dpoo"}, {}, "no plugin offers the objective 'dpoo'; did you mean 'dpo'?"),
        ({"name": "dpo", "betta": 1}, {}, "setting 'betta': no such setting; did you mean 'beta'?"),
        ({"name": "dpo", "beta": 0}, {}, "objective 'dpo', setting 'beta': input should be greater than 0"),
        ({"name": "dpo"}, {"objective.betta": "1"}, "--set objective.betta: no such setting; did you mean 'beta'?"),
        ({"name": "sft"}, {}, "data.format preference: the objective 'sft' reads rows of text or instruction or"),
    ],
)
def test_an_objective_that_does_not_fit_is_named(found, stated, overrides, message):
    with pytest.raises(LlmregError) as caught:
        resolve(of_pairs(**stated), found, overrides)
    assert message in str(caught.value)


def test_an_objective_without_a_name_is_no_recipe():
    with pytest.raises(ValueError, match="objective: give its `name`, such as dpo"):
        of_pairs(beta=1)
