"""Plans: exact counts and the published memory figures, for the entries of the built-in catalog."""

from __future__ import annotations

import pytest

from llmreg import plugins
from llmreg.reproduce.plan import GIB, make_plan
from reading import shown


@pytest.fixture(scope="module")
def planned(built_in):
    found = plugins.load()
    known = {}

    def plan(entry_id, **changes):
        key = (entry_id, *changes.items())
        if key not in known:
            known[key] = make_plan(built_in, found, entry_id, "research", changes)
        return known[key]

    return plan


BASES = {
    "llama-7b": 6_738_415_616,
    "llama-13b": 13_015_864_320,
    "llama-33b": 32_528_943_616,
    "llama-65b": 65_285_660_672,
}
TRAINED = {
    "guanaco-7b": 159_907_840,
    "guanaco-13b": 250_347_520,
    "guanaco-33b": 487_587_840,
    "guanaco-65b": 799_539_200,
    "alpaca-lora-7b": 16_777_216,
    "llama-adapter-v1-7b": 1_229_760,
    "llama-adapter-v2-65b": 13_811_712,
}


@pytest.mark.parametrize("entry_id", BASES)
def test_bases_are_counted_exactly(planned, entry_id):
    assert planned(entry_id).counts.base == planned(entry_id).counts.trained == BASES[entry_id]


@pytest.mark.parametrize("entry_id", TRAINED)
def test_what_trains_is_counted_exactly(planned, entry_id):
    assert planned(entry_id).counts.trained == TRAINED[entry_id]


def test_other_settings_are_counted_too(planned):
    assert planned("alpaca-lora-7b", rank="8", targets="q_proj,v_proj").counts.trained == 4_194_304
    assert (
        planned(
            "llama-adapter-v1-7b", prompts="false", norms="true", bias="true", scale="true", scale_side="input"
        ).counts.trained
        == 2_764_800
    )


@pytest.mark.parametrize(
    ("size", "published", "here"), [("7b", 5, 5.4), ("13b", 10, 9.5), ("33b", 21, 21.7), ("65b", 41, 41.0)]
)
def test_guanacos_models_take_the_memory_that_the_paper_names(planned, size, published, here):
    """What is there between two passes, in GiB: the paper's column says nothing of activations."""
    found = planned(f"guanaco-{size}").model_footprint / GIB
    assert found == pytest.approx(here, abs=0.05)
    assert found == pytest.approx(published, abs=0.75)


@pytest.mark.parametrize(("size", "card"), [("33b", 24), ("65b", 48)])
def test_guanaco_trains_within_the_card_that_the_paper_names(planned, size, card):
    plan = planned(f"guanaco-{size}")
    assert plan.model_footprint < plan.peak < card * GIB


def test_a_full_65b_takes_more_than_780_gb(planned):
    """The paper's figure is for 16-bit weights and gradients with Adam in 32 bits: 12 bytes a parameter."""
    plan = planned("llama-65b", sequence_length="1", micro_batch_size="1")
    assert 12 * plan.counts.base / 1e9 == pytest.approx(783, abs=1)
    assert plan.model_footprint == 16 * plan.counts.base, "from random weights, all is in 32 bits"


def test_tokens_follow_from_epochs_where_the_rows_are_known(planned):
    plan = planned("alpaca-7b")
    assert plan.tokens_at_most == 3 * 52_002 * 512
    hours = next(each.hours for each in plan.estimates if each.gpu == "a100-80gb")
    assert hours[0] < 8 * plan.hardware.hours <= hours[1] * 1.05


def test_without_rows_there_are_no_hours(planned):
    plan = planned("koala-13b")
    assert (plan.tokens_at_most, plan.operations, plan.estimates) == (None, None, ())


def test_without_a_length_the_memory_that_hangs_on_it_is_unknown_and_the_sum_a_least_one(planned):
    lines = [line.split("  ")[0] for line in shown(planned("koala-13b")).splitlines() if line.endswith(" unknown")]
    assert lines == ["activations", "logits"]
    assert "together, at least" in shown(planned("koala-13b"))
    assert "at least" not in shown(planned("guanaco-7b"))


def test_what_nobody_published_is_listed(planned):
    plan = planned("koala-13b")
    assert "training.learning_rate" in plan.recipe.assumed
    assert "training.learning_rate" in plan.unknown
    assert planned("koala-13b", learning_rate="1e-5").recipe.overridden == {"training.learning_rate": 1e-5}
