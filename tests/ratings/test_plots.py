"""Pictures of ratings are whole SVGs, the same each time, that keep every name and figure inside the frame."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rated import matches

from llmreg.drawing.text import width
from llmreg.ratings.plots import Bar, _ticks, leaderboard, win_rates

UGLY = ['a "quoted" name', "two\nlines", "<script>alert(1)</script>", "🦙🦙🦙", "עברית", "W" * 200, "\x00\x1b[31m"]
BARS = [Bar(name, 1000.0 + place, 950.0, 1060.0 + place, 990.0) for place, name in enumerate(UGLY)]


def texts(svg):
    root = ElementTree.fromstring(svg)
    return root, [each for each in root.iter() if each.tag.endswith("}text")]


def inside(root, each):
    """Tell whether a text stays inside the frame."""
    x, size, anchor = float(each.get("x")), float(each.get("font-size")), each.get("text-anchor", "start")
    long = width(each.text or "", size)
    left = x - {"start": 0, "middle": long / 2, "end": long}[anchor]
    return left >= 0 and left + long <= float(root.get("width"))


def test_hostile_names_make_a_valid_picture_and_stay_inside_it():
    root, found = texts(leaderboard("Ratings", BARS, ["What the bars mean. " * 30]))
    assert all(inside(root, each) for each in found)
    assert any(each.text == "<script>alert(1)</script>" for each in found)
    assert not [each for each in root.iter() if each.tag.endswith("script")]


def test_figures_and_intervals_are_written_beside_the_dots():
    _, found = texts(leaderboard("Ratings", [Bar("a", 1012.4, 990.0, None), Bar("b", None, None, None)], []))
    said = [each.text for each in found]
    assert "1012  990 to no bound" in said
    assert "no finite rating" in said


def test_one_system_or_nothing_finite_still_makes_a_picture():
    for value, said, dots in ((1000.0, "1000", 1), (None, "no finite rating", 0)):
        root, found = texts(leaderboard("Ratings", [Bar("a", value, None, None)], []))
        assert {"a", said} <= {each.text for each in found}
        assert len([each for each in root.iter() if each.tag.endswith("circle")]) == dots


def test_win_rates_stand_in_rows_against_columns():
    ratings = matches(("a", "b", 1.0), ("b", "a", 0.5), ("a", "c", 0.0))
    root, found = texts(win_rates(ratings, ["a", "c", "b"], "Who beats whom"))
    titles = [each.text for each in root.iter() if each.tag.endswith("title")]
    assert "a against b: 75.0%" in titles
    assert "b against a: 25.0%" in titles
    assert "c against a: 100.0%" in titles
    assert [each.text for each in found].count("–") == 5
    assert all(inside(root, each) for each in found)


def test_a_wide_matrix_widens_the_frame():
    names = [f"s{number:02}" for number in range(30)]
    ratings = matches(*[(one, other, 0.5) for one in names for other in names if one != other])
    root, found = texts(win_rates(ratings, names, "Many"))
    assert all(inside(root, each) for each in found)


def test_both_grounds_have_their_colors():
    assert re.search(r"prefers-color-scheme:dark", leaderboard("Ratings", BARS, []))


@given(st.lists(st.floats(-1e6, 1e6), max_size=8))
def test_ticks_are_few_and_reach_around_all_values(numbers):
    ticks = _ticks(numbers)
    assert 2 <= len(ticks) <= 11
    assert ticks == sorted(set(ticks))
    if numbers:
        slack = (ticks[-1] - ticks[0]) * 1e-6
        assert ticks[0] - slack <= min(numbers)
        assert max(numbers) <= ticks[-1] + slack


def test_a_png_has_the_same_picture():
    pytest.importorskip("resvg_py")
    from llmreg.drawing.png import to_png

    assert to_png(leaderboard("Ratings", BARS, [])).startswith(b"\x89PNG")
