"""Duties under the EU's rules for general-purpose models: the share of the base's compute decides."""

from __future__ import annotations

import pytest

from builders import SOURCES, catalog, edge, model
from llmreg.duties import duties, text
from llmreg.duties.compute import Compute
from llmreg.errors import UsageError
from llmreg.schema import Model


def run(flop):
    return Compute(flop, "measured", "tuned")


def with_base(**claims):
    base = Model(id="base", name="base", source="page", sources=SOURCES, **claims)
    return catalog(base, model("tuned", edge("finetune", "base")), model("again", edge("finetune", "tuned")))


def test_guanaco_is_far_below_a_third_of_its_base(built_in):
    found = duties(built_in, "guanaco-33b", own=run(3.2e18))
    assert found.answer == "not a provider"
    assert found.ratio == pytest.approx(1.2e-5, rel=0.05)
    assert found.base.flop == pytest.approx(2.7e23, rel=0.02)
    written = text(found)
    assert "2302.13971" in written
    assert "points 59 and 60" in written
    assert written.endswith("Not legal advice.\n")


@pytest.mark.parametrize(
    ("claims", "flop", "answer"),
    [
        ({"training_compute": 3e23}, 0.9e23, "not a provider"),
        ({"training_compute": 3e23}, 1e23, "not a provider"),
        ({"training_compute": 3e23}, 1.1e23, "provider"),
        ({"parameters": 10**10, "pretraining_tokens": 5 * 10**12}, 2e23, "provider"),
        ({"training_compute": 9e22}, 8e22, "unknown"),
        ({}, 3e22, "not a provider"),
        ({}, 4e22, "unknown"),
        ({}, 4e24, "provider"),
    ],
)
def test_the_answer_hangs_on_a_third_of_the_base_or_of_the_line_where_that_is_unknown(claims, flop, answer):
    assert duties(with_base(**claims), "tuned", own=run(flop)).answer == answer


def test_an_unknown_modification_is_never_taken_for_a_small_one():
    assert duties(with_base(training_compute=3e23), "tuned").answer == "unknown"


def test_a_training_in_between_is_not_counted_so_a_large_share_is_unknown():
    found = duties(with_base(training_compute=3e23), "again", own=run(2e23))
    assert (found.answer, found.base.of, found.base.at_least) == ("unknown", "base", True)
    assert "ratio: at most" in text(found)


@pytest.mark.parametrize(("flop", "answer"), [(2e23, "provider"), (1e23, "not a provider"), (None, "unknown")])
def test_a_model_without_a_base_is_judged_by_its_own_compute(flop, answer):
    assert duties(with_base(**({"training_compute": flop} if flop else {})), "base").answer == answer


def test_makers_of_the_base_are_no_modifiers_of_it(built_in):
    base = Model(id="base", name="b", source="page", sources=SOURCES, training_compute=3e23, developers=("Meta",))
    tuned = model("tuned", edge("finetune", "base"), developers=("Meta",))
    found = duties(catalog(base, tuned), "tuned", own=run(3e18))
    assert (found.answer, found.why.partition(" ")[0]) == ("unknown", "Meta")


def test_a_model_of_pictures_is_not_judged_by_compute_alone():
    image = Model(id="m", name="m", source="page", sources=SOURCES, training_compute=3e23, modality=("image",))
    assert duties(catalog(image), "m").answer == "unknown"


def test_each_threshold_has_its_point_and_its_day(built_in):
    written = text(duties(built_in, "guanaco-33b"))
    lines = [line for line in written.splitlines() if line.startswith("threshold ")]
    assert len(lines) == 4
    assert all("since 2025-08-02" in line and ("point" in line or "Article" in line) for line in lines)


def test_a_wrong_regime_is_named(built_in):
    with pytest.raises(UsageError, match="eu-gpia"):
        duties(built_in, "guanaco-33b", name="eu-gpia")
