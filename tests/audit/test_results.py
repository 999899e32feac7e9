"""Published figures beside what their ratings give: who agrees, who differs, and whose figure was printed."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from builders import SOURCES
from llmreg.audit.results import DERIVATIONS, audit_results
from llmreg.cli.app import app
from llmreg.errors import UsageError
from llmreg.schema import Model

SHARED = Path(__file__).parents[3] / "shared" / "qlora-ratings"
needs_ratings = pytest.mark.skipif(not SHARED.is_dir(), reason="the released QLoRA ratings are not beside the checkout")
RELATIVE = "gpt4-score-relative-to-chatgpt"


def model(entry_id, value, metric=RELATIVE, **fields):
    unit = "elo" if metric.startswith("elo") else "percent"
    result = {"benchmark": "vicuna-80", "metric": metric, "value": value, "unit": unit, "source": "page"}
    return Model(id=entry_id, name=entry_id, source="page", sources=SOURCES, results=[result], **fields)


def scored(path, **systems):
    """Write scores beside a reference's 8 and 8; each system's are those behind and before the reference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for item, (system, (behind, before)) in itertools.product(range(80), systems.items()):
        shared = {"item": item, "judge": "GPT-4"}
        rows.append({**shared, "first": "chatgpt", "second": system, "scores": [8, behind]})
        rows.append({**shared, "first": system, "second": "chatgpt", "scores": [before, 8]})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path.parent


def statuses(found):
    return {each.entry: (each.status, each.explanation) for each in found.figures}


def test_a_figure_that_repeats_its_neighbours_is_told_as_the_neighbours(bare, tmp_path):
    folder = scored(tmp_path / "r" / "a.jsonl", vicuna=(7, 8), assistant=(5, 7))
    found = audit_results(bare.over(model("vicuna", 93.75), model("assistant", 93.75)), [folder])
    assert statuses(found) == {
        "vicuna": ("agrees", ""),
        "assistant": ("differs", "by the ratings the printed figure is that of vicuna"),
    }
    (wrong,) = [each for each in found.figures if each.status == "differs"]
    assert wrong.recomputed == pytest.approx(75)


def test_swapped_columns_are_told_as_the_other_order(bare, tmp_path):
    folder = scored(tmp_path / "r" / "a.jsonl", gpt=(10, 12), other=(1, 1))
    first = model("gpt", 150, f"{RELATIVE}-chatgpt-first")
    second = first.results[0].model_copy(update={"metric": f"{RELATIVE}-chatgpt-second", "value": 125.0})
    both = first.model_copy(update={"results": (*first.results, second)})
    explained = {each.metric: each.explanation for each in audit_results(bare.over(both), [folder]).figures}
    assert explained == {
        f"{RELATIVE}-chatgpt-first": f"by the ratings the printed figure is that of {RELATIVE}-chatgpt-second",
        f"{RELATIVE}-chatgpt-second": f"by the ratings the printed figure is that of {RELATIVE}-chatgpt-first",
    }


def test_a_figure_that_nothing_gives_is_nobodys(bare, tmp_path):
    folder = scored(tmp_path / "r" / "a.jsonl", vicuna=(7, 8), other=(1, 1))
    found = audit_results(bare.over(model("vicuna", 14.0)), [folder])
    assert statuses(found)["vicuna"] == ("differs", "by the ratings the printed figure is no system's")


def test_systems_are_known_by_their_aliases_and_others_are_listed(bare, tmp_path):
    folder = scored(tmp_path / "r" / "a.jsonl", **{"some-run": (7, 8), "<stranger>": (4, 4)})
    found = audit_results(bare.over(model("vicuna", 93.8, aliases=["Some-Run"])), [folder])
    assert statuses(found)["vicuna"][0] == "agrees"
    assert [(each.system, each.recomputed) for each in found.unclaimed] == [("<stranger>", 50.0)]


def test_without_ratings_every_figure_is_without(bare):
    found = audit_results(bare.over(model("vicuna", 93.8), model("other", 3, "exact-match")))
    assert statuses(found) == {"vicuna": ("no ratings", "")}


def test_ratings_by_another_judge_or_of_other_items_are_of_no_metric(bare, tmp_path):
    path = tmp_path / "r" / "a.jsonl"
    path.parent.mkdir()
    path.write_text('{"item": 1, "judge": "ann", "first": "a", "second": "b", "winner": "first"}\n')
    found = audit_results(bare, [path.parent])
    assert found.unused == (f"{path.parent}: 1 rating by ann of 1 item; no metric is worked out from such ratings",)
    path.write_text(path.read_text().replace("ann", "gpt-4"))
    assert audit_results(bare, [path.parent]).unused


def test_ratings_of_other_systems_or_of_a_part_of_the_items_are_not_compared(bare, tmp_path):
    stated = model("a", 1000, "elo-vicuna-gpt4")
    path = tmp_path / "r" / "a.jsonl"
    path.parent.mkdir()
    names = "abcdefgh"
    for systems, items, status in ((names, 80, "agrees"), (names[:7], 80, "no ratings"), (names, 79, "no ratings")):
        rows = [{"item": item, "judge": "gpt4", "first": one, "second": two, "winner": "tie"}
                for item in range(items) for one in systems for two in systems if one != two]  # fmt: skip
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert statuses(audit_results(bare.over(stated), [path.parent]))["a"][0] == status


def test_two_systems_that_are_one_entry_are_refused(bare, tmp_path):
    folder = scored(tmp_path / "r" / "a.jsonl", vicuna=(7, 8), **{"vicuna again": (7, 8)})
    with pytest.raises(
        UsageError, match=r"vicuna: several systems that were rated are this entry: vicuna, vicuna again"
    ):
        audit_results(bare.over(model("vicuna", 93.75, aliases=["Vicuna again"])), [folder])


def test_ratings_of_two_systems_alone_do_not_tell_which_is_the_reference(bare, tmp_path):
    folder = scored(tmp_path / "r" / "a.jsonl", vicuna=(7, 8))
    (unused,) = audit_results(bare.over(model("vicuna", 93.75)), [folder]).unused
    assert unused.endswith("name the system that the others are compared with; it may be chatgpt or vicuna")


def test_two_folders_of_one_metric_are_refused(bare, tmp_path):
    for folder in ("one", "two"):
        scored(tmp_path / folder / "a.jsonl", vicuna=(7, 8), other=(1, 1))
    with pytest.raises(UsageError, match=r"two: another folder holds ratings for gpt4-score"):
        audit_results(bare, [tmp_path])
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match=r"holds no .jsonl file"):
        audit_results(bare, [tmp_path / "none"])


def test_every_metric_that_is_worked_out_stands_in_the_catalog_or_is_a_part_of_one(built_in):
    stated = {result.metric for each in built_in.ids(Model) for result in built_in.get_as(Model, each).results}
    assert all(metric in stated or how.part != "pooled" for metric, how in DERIVATIONS.items())


@needs_ratings
def test_the_built_in_figures_of_guanaco_come_out_of_the_released_ratings():
    answers = ["--ratings", str(SHARED), "--answers", str(SHARED / "answer-ids.json")]
    found = json.loads(CliRunner().invoke(app, ["audit", "results", *answers, "--json"]).stdout)
    assert found["counts"]["differs"] == 0
    agreeing = {(each["entry"], each["metric"]) for each in found["figures"] if each["status"] == "agrees"}
    sizes = ("7b", "13b", "33b", "65b")
    assert agreeing == {(f"guanaco-{size}", metric) for size in sizes for metric in (RELATIVE, "elo-vicuna-gpt4")}
    assert {each["system"] for each in found["unclaimed"]} == {"gpt4", "bard", "vicuna-13b", "gpt35"}
    assert sum(len(each["notes"]) for each in found["read"]) == 8
    said = " ".join(CliRunner().invoke(app, ["audit", "results", *answers]).stdout.split())
    assert said.startswith("What is odd about the files of ratings: relative/13b")
    assert "✓ agrees" in said
    assert "has the two swapped" in said


def test_the_audit_of_the_catalog_is_what_audit_alone_means():
    short, long = (
        CliRunner().invoke(app, ["audit", *word, "guanaco-33b", "--json"]).stdout for word in ([], ["catalog"])
    )
    assert short == long
