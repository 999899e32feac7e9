"""Widths of text that no font exceeds, and where it is cut and broken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmreg.drawing.text import cut, one_line, width, wrapped


@given(st.text(max_size=80), st.floats(20, 200))
def test_what_is_cut_fits(text, most):
    assert width(cut(text, 12, most), 12) <= most


@given(st.text(max_size=80), st.integers(1, 4))
def test_wrapped_lines_fit_and_are_no_more_than_asked_for(text, lines):
    rows = wrapped(text, 12, 100, lines=lines)
    assert 1 <= len(rows) <= lines
    assert all(width(row, 12) <= 100 for row in rows)


def test_a_text_that_fits_stays_whole():
    assert cut("Guanaco 33B", 12, 200) == "Guanaco 33B"
    assert wrapped("OpenAssistant for Guanaco", 12, 100) == ("OpenAssistant", "for Guanaco")
    assert wrapped("one two three", 12, 40, lines=3) == ("one", "two", "three")
    assert wrapped("one two three", 12, 40, lines=2)[1].endswith("…")


def test_capitals_bold_and_wide_scripts_take_more_room():
    assert width("MMM", 12) > width("iii", 12)
    assert width("name", 12, bold=True) > width("name", 12)
    assert width("中文", 12) >= 2 * 12
    assert width("e\u0301", 12) == width("e", 12)


def test_signs_that_xml_refuses_are_left_out():
    assert one_line("a\x00b\x0bc\nd  e") == "ab c d e"
