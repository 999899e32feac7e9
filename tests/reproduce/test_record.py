"""What a record says of a run: passed, failed or undecided, in its words, its JSON and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from records import run_with
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.licensing.render import as_text
from llmreg.reproduce import many, record
from llmreg.reproduce.invariants import Check

HELD = Check(name="step 0 equals the base", passed=True, detail="logits equal")
OPEN = Check(name="held-out loss falls", passed=False, undecided=True, detail="too few, needs about 60 rows")
BROKEN = Check(name="artifact loads back", passed=False, detail="logits differ")
MISSED = {
    "benchmark": "b", "metric": "m", "unit": "nats", "published": 1.0, "tolerance": 0.1, "measured": 2.0,
    "outcome": "not reproduced", "why": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("run", "outcome", "passed"),
    [
        (run_with(HELD), "passed", True),
        (run_with(HELD, OPEN), "inconclusive", True),
        (run_with(OPEN, BROKEN), "failed", False),
        (run_with(HELD, OPEN, comparisons=(MISSED,)), "failed", False),
        (run_with(HELD, status="running"), "", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_undecided_has_not_failed(run, outcome, passed):
    assert (run.outcome, run.passed) == (outcome, passed)


def test_each_outcome_is_shown_in_its_word():
    lines = [line.strip() for line in as_text(run_with(HELD, OPEN, BROKEN), 110).splitlines()]
    assert "held  step 0 equals the base: logits equal" in lines
    assert "inconclusive  held-out loss falls: too few, needs about 60 rows" in lines
    assert "FAILED  artifact loads back: logits differ" in lines


def test_a_record_keeps_what_was_undecided_and_one_from_before_there_was_that_is_read_on(tmp_path):
    run = run_with(HELD, OPEN)
    record.write(tmp_path, run)
    assert record.read(tmp_path) == run
    old = json.loads((tmp_path / "run.json").read_text())
    for check in old["checks"]:
        del check["undecided"]
    (tmp_path / "run.json").write_text(json.dumps(old))
    assert [check.outcome for check in record.read(tmp_path).checks] == ["held", "FAILED"]


@pytest.mark.parametrize(
    ("checks", "code", "outcome", "line"),
    [
        ((HELD,), 0, "passed", "1 of 1 passed, 20"),
        ((HELD, OPEN), 0, "inconclusive: held-out loss falls", "0 of 1 passed, 1 inconclusive, 20"),
        ((OPEN, BROKEN), 5, "artifact loads back", "0 of 1 passed, 20"),
    ],
)
def test_only_what_failed_makes_a_rehearsal_of_several_fail(monkeypatch, checks, code, outcome, line):
    monkeypatch.setattr(many, "rehearse", lambda *_: (Path(), run_with(*checks)))
    result = CliRunner().invoke(app, ["rehearse", "guanaco-7b"], catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code
    assert outcome in result.stdout
    assert line in result.stdout
