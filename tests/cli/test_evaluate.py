"""`evaluate` as a user meets it: tables that say what they mean, JSON, pictures, and errors that name the remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


def answer(*args):
    return json.loads(llmreg(*args, "--json").stdout)


def words(*args):
    return " ".join(llmreg(*args).stdout.split())


def test_elo_tells_ratings_intervals_and_what_they_mean():
    said = words("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 50, "--draws", 50)
    assert "ratings by" in said
    assert "how far the order moves a rating, not how well the rating is known" in said
    assert "what other questions like these could have given" in said
    assert "Position: the first answer wins" in said


def test_elo_as_json_holds_both_ratings_and_what_was_read():
    found = answer(
        "evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 50, "--draws", 50, "--seed", 3, "--matches", 5
    )
    assert (found["elo"]["orders"], found["elo"]["matches"], found["elo"]["seed"]) == (50, 5, 3)
    assert {each["system"] for each in found["elo"]["standings"]} == {
        each["system"] for each in found["bradley_terry"]["strengths"]
    }
    assert found["read"]["unparsed"] == 1


def test_groups_are_told_only_where_there_are_several(tmp_path):
    whole = llmreg("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 5, "--draws", 5).stdout
    assert "group" not in whole
    (tmp_path / "r.jsonl").write_text('{"item": 1, "first": "a", "second": "b", "winner": "first"}\n')
    said = words("evaluate", "elo", tmp_path / "r.jsonl", "--orders", 5)
    assert "group" in said
    assert "Note: a: never lost a point to any other, so no distance to the others is finite." in said


def test_relative_takes_the_system_that_all_met_as_the_reference():
    found = answer("evaluate", "relative", EXAMPLES / "ratings-scored.jsonl", "--draws", 20)
    assert found["reference"] == "baseline"
    said = words("evaluate", "relative", EXAMPLES / "ratings-scored.jsonl", "--reference", "baseline")
    assert "Percent of baseline's score." in said
    assert "not the average of the two orders" in said


def test_agreement_compares_the_judges():
    found = answer("evaluate", "agreement", EXAMPLES / "ratings.jsonl", "--draws", 20)
    assert [each["judge"] for each in found["positions"]] == ["ann", "bob"]
    assert "kappa" in words("evaluate", "agreement", EXAMPLES / "ratings.jsonl")
    alone = words("evaluate", "agreement", EXAMPLES / "ratings-scored.jsonl")
    assert "There is one judge only" in alone


def test_systems_are_called_as_the_user_likes(tmp_path):
    found = answer(
        "evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 5, "--draws", 5, "--name", "llama=<b>Llama</b> 🦙"
    )
    assert "<b>Llama</b> 🦙" in {each["system"] for each in found["elo"]["standings"]}
    assert (
        "[bold]x"
        in llmreg("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 5, "--name", "llama=[bold]x").stdout
    )
    with pytest.raises(UsageError, match=r"no system 'lama' was rated; did you mean 'llama'"):
        llmreg("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--name", "lama=x")


def test_pictures_are_written_by_the_name_of_the_file(tmp_path):
    for command, file in (("elo", "ratings.jsonl"), ("relative", "ratings-scored.jsonl")):
        llmreg("evaluate", command, EXAMPLES / file, "--plot", tmp_path / f"{command}.svg")
        assert (tmp_path / f"{command}.svg").read_text().startswith("<svg")
    llmreg("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 5, "--matrix", tmp_path / "m.svg")
    assert "against" in (tmp_path / "m.svg").read_text()
    with pytest.raises(UsageError, match=r"pictures are .svg or .png"):
        llmreg("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--plot", tmp_path / "elo.gif")
    pytest.importorskip("resvg_py")
    llmreg("evaluate", "elo", EXAMPLES / "ratings.jsonl", "--orders", 5, "--plot", tmp_path / "elo.PNG")
    assert (tmp_path / "elo.PNG").read_bytes().startswith(b"\x89PNG")


def test_the_wrong_kind_of_ratings_is_refused_with_what_is_needed():
    with pytest.raises(
        LlmregError, match=r"of 32 ratings none says which answer is better .* `llmreg evaluate relative` takes scores"
    ):
        llmreg("evaluate", "elo", EXAMPLES / "ratings-scored.jsonl")
    with pytest.raises(
        LlmregError, match=r"of 47 ratings none scores both answers .* `llmreg evaluate elo` takes comparisons"
    ):
        llmreg("evaluate", "relative", EXAMPLES / "ratings.jsonl")


def test_notes_on_the_files_are_told_in_part_by_the_table_and_whole_by_json(tmp_path):
    rows = ['{"item": 1, "first": "a", "second": "b", "winner": "first"}'] * 9
    (tmp_path / "r.jsonl").write_text("\n".join(rows))
    said = words("evaluate", "elo", tmp_path, "--orders", 5)
    assert f"{tmp_path.name}/r.jsonl:2: repeats the rating in" in said
    assert "and 3 more such notes" in said
    assert len(answer("evaluate", "elo", tmp_path, "--orders", 5)["read"]["notes"]) == 8


@pytest.mark.parametrize("command", ["elo", "agreement"])
def test_names_from_files_command_no_terminal(tmp_path, command):
    name = "\x1b[31mred\x1b[0m\nnext [bold]line"
    row = {"item": 1, "first": name, "second": "b", "judge": name, "winner": "first"}
    (tmp_path / "r.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "item": 2, "winner": "second"}))
    said = llmreg("evaluate", command, tmp_path / "r.jsonl").stdout
    assert "\x1b" not in said
    assert "red[0m next [bold]line" in said
