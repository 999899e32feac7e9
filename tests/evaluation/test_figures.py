from math import exp, sqrt
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmreg.evaluation.figures import exponential, mean, ratio, share

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(VALUES)
def test_a_mean_has_the_standard_error_of_its_sample(values):
    figure = mean("m", values, "nats")
    assert figure.value == pytest.approx(fmean(values))
    assert figure.standard_error == pytest.approx(stdev(values) / sqrt(len(values)), abs=1e-9)
    assert figure.items == len(values)


@given(VALUES)
def test_over_equal_weights_a_ratio_is_a_mean(values):
    over, plain = ratio("m", values, [2.0] * len(values), "x"), mean("m", [each / 2 for each in values], "x")
    assert over.value == pytest.approx(plain.value, abs=1e-9)
    assert over.standard_error == pytest.approx(plain.standard_error, abs=1e-9)


def test_one_item_has_no_standard_error():
    assert share("m", [1.0]).standard_error is None
    assert ratio("m", [1.0], [2.0], "x").standard_error is None
    assert exponential("m", share("m", [1.0]), "x").standard_error is None


def test_shares_are_in_percent():
    figure = share("m", [1.0, 0.0, 0.0, 0.0])
    assert (figure.value, figure.unit) == (25, "percent")
    assert figure.standard_error == pytest.approx(25)


def test_the_error_of_a_ratio_and_of_its_exponential_is_the_spread_over_samples():
    draw = Random(3)

    def sample():
        sizes = [draw.randrange(5, 50) for _ in range(60)]
        return [size * draw.uniform(0.5, 1.5) for size in sizes], sizes

    found = [ratio("m", *sample(), "nats") for _ in range(400)]
    assert stdev(each.value for each in found) == pytest.approx(fmean(each.standard_error for each in found), rel=0.1)
    powers = [exponential("m", each, "ratio") for each in found]
    assert powers[0].value == exp(found[0].value)
    assert stdev(each.value for each in powers) == pytest.approx(fmean(each.standard_error for each in powers), rel=0.1)
