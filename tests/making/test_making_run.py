"""A dataset is made step by step: gate first, counts that add up, the same bytes each time, and nothing half written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from making_helpers import made_of, read_rows, written

from builders import claims
from llmreg.errors import LlmregError, UsageError
from llmreg.making import record
from llmreg.making.run import rehearse, reproduce
from llmreg.making.verify import verify
from llmreg.reproduce.gate import StoppedByLicenseError
from llmreg.reproduce.run import Options

ROWS = [{"text": f"row {number % 7}", "lang": "en" if number % 2 else "de"} for number in range(40)]
STEPS = ({"maker": "filter", "of": ["parent"], "settings": {"equal": {"lang": "en"}}}, {"maker": "dedupe"})


def quiet(_):
    pass


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path / "home"))
    return written(tmp_path / "rows.jsonl", ROWS)


def made(catalog, rows, **options):
    return reproduce(catalog, "child", Options(data=(str(rows),), **options), quiet)


def test_steps_follow_each_other_and_every_row_is_accounted_for(rows):
    folder, making = made(made_of(*STEPS), rows)
    assert [(step.maker, step.read, step.used, step.gave) for step in making.steps] == [
        ("filter", 40, 20, 20), ("dedupe", 20, 7, 7),
    ]  # fmt: skip
    assert making.steps[0].dropped == {"lang is not 'en'": 20}
    assert read_rows(folder / "artifact" / "rows.jsonl") == [row for row in ROWS if row["lang"] == "en"][:7]
    assert record.read(folder).model_dump(mode="json") == making.model_dump(mode="json")


def test_equal_inputs_give_equal_bytes_and_another_seed_does_not(rows):
    step = {"maker": "mixture", "of": ["parent"], "settings": {"shares": {"parent": 1}, "total": 20}}
    results = [made(made_of(step, seed=seed), rows)[1].files["rows.jsonl"] for seed in (1, 1, 2)]
    assert results[0] == results[1] != results[2]


def test_the_gate_comes_before_anything_is_read(tmp_path):
    catalog = made_of(*STEPS, licenses=claims(data="CC-BY-NC-4.0"))
    with pytest.raises(StoppedByLicenseError, match="forbidden for commercial use"):
        reproduce(catalog, "child", Options(use="commercial", data=("nowhere.jsonl",)), quiet)


def test_a_rehearsal_stops_for_no_verdict_and_needs_no_file(rows):
    catalog = made_of({"maker": "dedupe", "of": ["parent"]}, licenses=claims(data="CC-BY-NC-4.0"))
    folder, making = rehearse(catalog, "child", Options(use="commercial"), quiet)
    assert making.verdict["verdict"] == "forbidden"
    assert making.rows
    assert "license" not in (folder / "artifact" / "README.md").read_text().split("---")[1]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"data": ("other=ROWS",)}, UsageError, "not made from 'other'"),
        ({"overrides": {"2.by": "sound"}}, LlmregError, "maker 'dedupe', setting 'by'"),
        ({"overrides": {"colour": "red"}}, UsageError, "no such setting"),
        ({"overrides": {"seed": "-1"}}, UsageError, "--set seed: takes a whole number"),
    ],
)
def test_what_was_asked_wrongly_is_said_before_anything_is_written(changes, error, message, rows, tmp_path):
    options = {"data": (str(rows),), **changes}
    options["data"] = tuple(word.replace("ROWS", str(rows)) for word in options["data"])
    with pytest.raises(error, match=message):
        reproduce(made_of(*STEPS), "child", Options(**options), quiet)
    assert not (tmp_path / "home").exists()


def test_a_row_that_is_no_json_is_named_and_leaves_no_rows(rows, tmp_path):
    rows.write_text(rows.read_text() + "{broken\n")
    with pytest.raises(LlmregError, match=r"rows\.jsonl:41: is not JSON"):
        made(made_of(*STEPS), rows)
    assert not list(tmp_path.rglob("*.part"))


def test_a_maker_that_loses_count_is_caught(rows, monkeypatch):
    from llmreg_makers.filter import Filter

    monkeypatch.setattr(Filter, "make", lambda self, work: iter([{"text": "invented"}]))
    with pytest.raises(LlmregError, match="it lost count, so nothing of it was kept"):
        made(made_of(*STEPS), rows)


def test_verify_repeats_the_making_and_finds_what_was_changed(rows):
    catalog = made_of(*STEPS)
    folder, _ = made(catalog, rows)
    assert [check.passed for check in verify(catalog, folder)] == [True] * 4
    (folder / "artifact" / "rows.jsonl").write_text("{}\n")
    assert {check.name for check in verify(catalog, folder) if check.failed} == {"artifact"}


def test_verify_says_that_rows_are_gone_rather_than_that_all_is_well(rows):
    catalog = made_of(*STEPS)
    folder, _ = made(catalog, rows)
    rows.write_text("{}\n")
    last = verify(catalog, folder)[-1]
    assert last.undecided
    assert "is gone or has changed" in last.detail


KILLED = """
import os, signal, sys
import llmreg_makers.dedupe as dedupe
make = dedupe.Dedupe.make
def killed(self, work):
    for number, row in enumerate(make(self, work)):
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        yield row
dedupe.Dedupe.make = killed
sys.path[:0] = {paths!r}
from making_helpers import made_of
from llmreg.making.run import reproduce
from llmreg.reproduce.run import Options
reproduce(made_of(*{steps!r}), "child", Options(data=({rows!r},)), print)
"""


def test_a_making_that_was_killed_goes_on_and_comes_to_the_same_bytes(rows):
    catalog = made_of(*STEPS)
    whole = made(catalog, rows)[1].files["rows.jsonl"]
    script = textwrap.dedent(KILLED).format(paths=sys.path, steps=STEPS, rows=str(rows))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder, making = made(catalog, rows, resume=True)
    assert making.files["rows.jsonl"] == whole
    assert folder.name == "child-002"


def test_resuming_with_other_rows_is_refused(rows, tmp_path):
    folder, _ = made(made_of(*STEPS), rows)
    rows.write_text(json.dumps(ROWS[0]) + "\n")
    with pytest.raises(LlmregError, match="made by another recipe or from other rows"):
        made(made_of(*STEPS), rows, out=folder, resume=True)


def test_settings_that_nobody_published_are_asked_for(rows):
    catalog = made_of({"maker": "mixture", "of": ["parent"]})
    with pytest.raises(LlmregError, match=r"leaves settings open that nobody published:\n  seed \(would be 42\)"):
        made(catalog, rows)
    assert made(catalog, rows, assume=True)[1].recipe.assumed == {"seed": 42}
