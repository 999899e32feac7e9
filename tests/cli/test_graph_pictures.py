"""`llmreg graph --format svg|png|html` and `llmreg tree` as a user meets them."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from builders import SOURCES
from llmreg.cli import pictures
from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError
from llmreg.licensing import Checker


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


def nodes(svg):
    return {each.get("data-id"): each for each in ET.fromstring(svg).iter() if each.get("data-id")}


@pytest.mark.parametrize("form", ["svg", "html"])
def test_a_picture_is_the_same_in_a_file_as_on_the_screen(tmp_path, form):
    out = tmp_path / f"guanaco.{form}"
    assert llmreg("graph", "guanaco-33b", "--format", form, "-o", out).exit_code == 0
    result = llmreg("graph", "guanaco-33b", "--format", form)
    assert out.read_text() == result.stdout
    assert result.stderr == ""


def test_what_is_drawn_is_what_the_other_formats_export():
    drawn = nodes(llmreg("graph", "alpaca-7b", "--both", "--depth", "1", "--format", "svg").stdout)
    rows = llmreg("graph", "alpaca-7b", "--both", "--depth", "1", "--format", "csv").stdout.splitlines()[1:]
    assert set(drawn) == {each for row in rows for each in row.split(",")[:2]}
    assert "focus" in drawn["alpaca-7b"].get("class").split()


def test_colors_agree_with_check(built_in):
    svg = llmreg("graph", "guanaco-33b", "--format", "svg", "--use", "commercial", "--policy", "strict").stdout
    checker = Checker(built_in)
    for entry_id, node in nodes(svg).items():
        assert checker.check(entry_id, "commercial", "strict").verdict in node.get("class").split()
    assert "Verdicts: commercial, policy strict" in svg
    assert "not legal advice" in svg


def test_png_goes_to_a_file_or_a_pipe_and_never_to_a_terminal(tmp_path, monkeypatch):
    pytest.importorskip("resvg_py")
    out = tmp_path / "guanaco.png"
    assert llmreg("graph", "guanaco-33b", "--format", "png", "-o", out).exit_code == 0
    assert out.read_bytes() == llmreg("graph", "guanaco-33b", "--format", "png").stdout_bytes
    assert out.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(pictures.sys, "stdout", type("Terminal", (), {"isatty": staticmethod(lambda: True)}))
    with pytest.raises(UsageError, match="-o FILE"):
        pictures.put(b"\x89PNG", None)


def test_a_picture_of_everything_comes_with_a_hint():
    result = llmreg("graph", "--format", "svg")
    assert "name an entry, or add --depth N" in result.stderr
    assert len(nodes(result.stdout)) > 300


def test_what_no_picture_can_show_is_refused(monkeypatch):
    monkeypatch.setattr(sys.modules["llmreg.cli.graph"], "_MOST_DRAWN", 5)
    with pytest.raises(LlmregError, match="too many for a picture; name an entry, or add --depth N"):
        llmreg("graph", "guanaco-33b", "--format", "svg")
    assert llmreg("graph", "guanaco-33b", "--format", "csv").exit_code == 0


def test_verdicts_color_pictures_only():
    with pytest.raises(UsageError, match="--format with one of svg, png, html"):
        llmreg("graph", "guanaco-33b", "--use", "commercial")
    result = llmreg("graph", "guanaco-33b", "--format", "svg", "--use", "fun")
    assert result.exit_code == 2
    assert "choose one of research" in result.stderr


def test_an_own_catalog_with_a_cycle_and_an_undated_stub_is_drawn(tmp_path):
    for folder, name, edges in (
        ("models", "judge", "[{relation: trained-on, of: rows, stage: sft, source: page}]"),
        ("datasets", "rows", "[{relation: generated-by, of: judge, source: page}]"),
        ("models", "stub", "[]"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        source = SOURCES["page"]
        (tmp_path / folder / f"{name}.yaml").write_text(
            f"name: '<b>{name}</b>'\nsource: page\nmade_from: {edges}\nsources:\n  page: "
            f"{{url: '{source['url']}', read: live, seen: 2026-11-21}}\n"
        )
    drawn = nodes(llmreg("graph", "judge", "--format", "svg", "--use", "research", "--catalog", tmp_path).stdout)
    assert set(drawn) == {"judge", "rows"}
    tree = llmreg("tree", "--catalog", tmp_path).stdout
    assert "&lt;b&gt;judge&lt;/b&gt;" in tree


def test_the_tree_of_a_family(tmp_path):
    out = tmp_path / "llama.svg"
    assert llmreg("tree", "--family", "llama", "-o", out).exit_code == 0
    drawn = out.read_text()
    assert drawn == llmreg("tree", "--family", "LLaMA").stdout
    assert "Guanaco 7B/13B/33B/65B" in drawn
    assert "Dolly" not in drawn
    both = llmreg("tree", "--family", "LLaMA", "--family", "Pythia", "--since", "2023-04", "--until", "2023-04").stdout
    assert "Dolly" in both
    assert "Guanaco" not in both


def test_the_tree_as_png():
    pytest.importorskip("resvg_py")
    assert llmreg("tree", "--family", "Pythia", "--format", "png").stdout_bytes.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--family", "Lama"], "no family 'Lama'; did you mean 'LLaMA'\\?"),
        (["--since", "2030"], "no model was released in that time"),
    ],
)
def test_a_tree_of_nothing_says_why(args, message):
    with pytest.raises(LlmregError, match=message):
        llmreg("tree", *args)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--since", "yesterday"], "takes YYYY, YYYY-MM or YYYY-MM-DD"),
        (["--until", "2023-13"], "takes YYYY, YYYY-MM or YYYY-MM-DD"),
        (["--format", "gif"], "choose one of svg, png"),
        (["--use", "fun"], "choose one of research"),
    ],
)
def test_wrong_options_name_the_right_ones(args, message):
    result = llmreg("tree", *args)
    assert result.exit_code == 2
    assert message in result.stderr
