"""PNG: it shows what the SVG shows, text included, and says what it needs where that is missing."""

from __future__ import annotations

import struct
import sys

import pytest
from pictures import graph_of, numbers, read

from llmreg.drawing import png
from llmreg.drawing.png import to_png
from llmreg.drawing.svg import picture
from llmreg.errors import LlmregError

resvg_py = pytest.importorskip("resvg_py")


def size_of(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def test_it_is_as_large_as_the_svg_times_the_scale():
    svg = picture(graph_of("a b finetune"), fast=True)
    width, height = numbers(read(svg).get("viewBox"))[2:]
    assert size_of(to_png(svg, 1.0)) == (width, height)
    assert size_of(to_png(svg, 3.0)) == (3 * width, 3 * height)


def test_it_has_text():
    named, unnamed = (graph_of("a b finetune") for _ in range(2))
    svg = picture(named, fast=True)
    assert to_png(svg) != to_png(svg.replace(">b</text>", "></text>"))
    assert to_png(svg) == to_png(picture(unnamed, fast=True))


def test_it_is_light_also_for_readers_in_the_dark():
    svg = picture(graph_of("a b finetune"), fast=True)
    light, rest = svg.split("@media (prefers-color-scheme:dark){")
    assert to_png(svg) == to_png(light + rest.partition("\n}")[2])


def test_without_the_extra_it_names_the_extra_and_the_way_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(LlmregError, match=r"pip install 'llmreg\[draw\]'.*--format svg"):
        to_png("<svg/>")


def test_without_a_font_it_names_the_remedy(monkeypatch):
    def without_fonts(**options):
        return draw(**options, skip_system_fonts=True)

    draw = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", without_fonts)
    png._family.cache_clear()
    with pytest.raises(LlmregError, match=r"needs a font.*fonts-dejavu-core"):
        to_png(picture(graph_of("a b finetune"), fast=True))
    png._family.cache_clear()


def test_any_family_without_serifs_that_the_system_has_is_taken(monkeypatch):
    svg = picture(graph_of("a b finetune"), fast=True)
    expected = to_png(svg)
    monkeypatch.setattr(png, "_FAMILIES", ("No Such Family", *png._FAMILIES))
    png._family.cache_clear()
    assert to_png(svg) == expected
    png._family.cache_clear()
