"""Resolving recipes: what was published, set and assumed stay apart."""

from __future__ import annotations

import pytest

from builders import catalog, model
from llmreg import plugins
from llmreg.errors import LlmregError, UsageError
from llmreg.reproduce.recipe import recipe_of, refuse_assumptions, resolve

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
