"""A making that asks a model: terms first, every reply kept at once, no call paid twice, and the same bytes after a kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from making_helpers import made_of, read_rows, written

from builders import service
from llmreg.asking.endpoint import NoReplyError
from llmreg.asking.permission import UncheckedJudgeError
from llmreg.asking.replies import Reply
from llmreg.errors import LlmregError, UsageError
from llmreg.making import generator as generators
from llmreg.making import run as makings
from llmreg.making.generator import GeneratorOptions
from llmreg.making.plan import Price, make_plan
from llmreg.making.run import rehearse, reproduce
from llmreg.making.verify import verify
from llmreg.reproduce.gate import StoppedByLicenseError
from llmreg.reproduce.run import Options

ROWS = [{"text": f"The text number {number}."} for number in range(6)]
SETTINGS = {
    "field": "text",
    "styles": ["instruction", "search"],
    "length_hints": 0.0,
    "temperature": 0.7,
    "tokens": 128,
}
STEP = {"maker": "reverse-instructions", "of": ["parent"], "settings": SETTINGS}


def quiet(_):
    pass


class Counted:
    """A model that counts what it is asked, and may fail."""

    name, settings = "counted", {"seed": 0}

    def __init__(self, fail=()):
        self.asked, self.fail = [], list(fail)

    def reply(self, question):
        self.asked.append(question.prompt)
        if self.fail and self.fail.pop(0):
            raise NoReplyError("the line is busy")
        return Reply(f"Write {len(question.prompt)} signs", finish="stop", tokens_in=10, tokens_out=5)


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return written(tmp_path / "rows.jsonl", ROWS)


def entries():
    whole = made_of(STEP, seed=1)
    whole.add(service("open-service", "MIT"))
    whole.add(service("closed-service", "unknown"))
    return whole


def made(rows, model, monkeypatch, *, entry="open-service", options=None, **wanted):
    monkeypatch.setattr(makings, "model_of", lambda *_: model)
    generator = GeneratorOptions(name="counted", entry=entry, **wanted)
    return reproduce(entries(), "child", Options(data=(str(rows),), **(options or {})), quiet, generator)


def test_each_row_is_asked_about_once_and_what_it_took_is_recorded(rows, monkeypatch):
    model = Counted()
    folder, making = made(rows, model, monkeypatch, price=Price(tokens_in=1e5, tokens_out=2e5))
    assert len(model.asked) == len(ROWS) == making.rows
    asked = making.asked
    assert (asked.calls, asked.kept, asked.tokens_in, asked.tokens_out, asked.cost_usd) == (6, 0, 60, 30, 12.0)
    assert asked.permission["train-on-outputs"] == "allowed"
    assert [row["output"] for row in read_rows(folder / "artifact" / "rows.jsonl")] == [row["text"] for row in ROWS]


def test_a_reply_that_is_kept_is_not_paid_again_by_another_run(rows, monkeypatch):
    first = made(rows, Counted(), monkeypatch)[1]
    model = Counted()
    second = made(rows, model, monkeypatch)[1]
    assert model.asked == []
    assert (second.asked.calls, second.asked.kept) == (0, 6)
    assert first.files["rows.jsonl"] == second.files["rows.jsonl"]


def test_verify_makes_it_again_from_the_replies_that_are_kept(rows, monkeypatch):
    folder, _ = made(rows, Counted(), monkeypatch)
    assert [check.passed for check in verify(entries(), folder)] == [True] * 4
    (folder / generators.REPLIES).unlink()
    assert verify(entries(), folder)[-1].undecided


@pytest.mark.parametrize("at", [1, 3])
def test_a_making_that_was_stopped_goes_on_without_paying_twice(at, rows, monkeypatch, tmp_path):
    with pytest.raises(LlmregError, match="--most-calls allows no more"):
        made(rows, Counted(), monkeypatch, most_calls=at)
    model = Counted()
    folder, making = made(rows, model, monkeypatch, options={"resume": True})
    assert (len(model.asked), making.asked.kept) == (6 - at, at)
    assert folder.name == "child-001"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert made(rows, Counted(), monkeypatch)[1].files["rows.jsonl"] == making.files["rows.jsonl"]


KILLED = """
import os, signal, sys
sys.path[:0] = {paths!r}
import test_making_generator as tests
from llmreg.making import run as makings
class Killed(tests.Counted):
    def reply(self, question):
        if len(self.asked) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        print(question.prompt, flush=True)
        return super().reply(question)
makings.model_of = lambda *_: Killed()
options = tests.Options(data=({rows!r},))
tests.reproduce(tests.entries(), "child", options, tests.quiet, tests.GeneratorOptions(name="counted", entry="open-service"))
"""


def test_a_making_that_was_killed_pays_for_no_reply_twice(rows, monkeypatch):
    script = KILLED.format(paths=sys.path, rows=str(rows))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    model = Counted()
    folder, making = made(rows, model, monkeypatch, options={"resume": True})
    assert folder.name == "child-001"
    assert (making.asked.calls, making.asked.kept) == (2, 4)


def test_the_generators_terms_come_before_everything(rows, monkeypatch):
    model = Counted()
    with pytest.raises(StoppedByLicenseError, match=r"closed-service is (forbidden|unclear) for train-on-outputs use"):
        made(rows, model, monkeypatch, entry="closed-service")
    with pytest.raises(UncheckedJudgeError, match="name the entry of the model or service with --generator-entry"):
        made(rows, model, monkeypatch, entry=None)
    assert model.asked == []
    made(rows, model, monkeypatch, entry=None, options={"accept_unclear": True})


def test_a_reply_that_does_not_come_is_asked_for_again_and_then_said(rows, monkeypatch):
    model = Counted(fail=[True, False])
    assert made(rows, model, monkeypatch)[1].rows == 6
    monkeypatch.setenv("XDG_CACHE_HOME", str(rows.parent / "other"))
    with pytest.raises(
        LlmregError, match="the line is busy; what was replied is kept: repeat the command with --resume"
    ):
        made(rows, Counted(fail=[False, True, True, True]), monkeypatch)


def test_several_at_a_time_come_to_the_same_rows(rows, monkeypatch, tmp_path):
    one = made(rows, Counted(), monkeypatch)[1]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    several = made(rows, Counted(), monkeypatch, endpoint="http://x", concurrency=4)[1]
    assert one.files["rows.jsonl"] == several.files["rows.jsonl"]


def test_kept_replies_in_a_file_take_the_place_of_a_model(rows, monkeypatch):
    model = Counted()
    first = made(rows, model, monkeypatch)[1]
    kept = [{"prompt": prompt, "reply": f"Write {len(prompt)} signs"} for prompt in model.asked]
    monkeypatch.undo()
    monkeypatch.setenv("LLMREG_HOME", str(rows.parent / "again"))
    file = written(rows.parent / "kept.jsonl", kept)
    wanted = GeneratorOptions(replies=file, entry="open-service")
    _, making = reproduce(entries(), "child", Options(data=(str(rows),)), quiet, wanted)
    assert making.files["rows.jsonl"] == first.files["rows.jsonl"]
    written(file, kept[1:])
    with pytest.raises(LlmregError, match=r"kept\.jsonl has no reply number 1 to the prompt that begins"):
        reproduce(entries(), "child", Options(data=(str(rows),)), quiet, wanted)


@pytest.mark.parametrize(
    ("wanted", "error", "message"),
    [
        (GeneratorOptions(), LlmregError, "is made by asking a model .reverse-instructions.; name it with --generator"),
        (GeneratorOptions(name="nowhere", entry="open-service"), UsageError, "there is no folder nowhere"),
        (
            GeneratorOptions(name="m", entry="open-service", endpoint="ftp://x"),
            UsageError,
            "--endpoint takes an address",
        ),
        (
            GeneratorOptions(name="m", entry="open-service", endpoint="http://x", key_env="NO_KEY"),
            UsageError,
            "NO_KEY is not set",
        ),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_made(wanted, error, message, rows):
    with pytest.raises(error, match=message):
        reproduce(entries(), "child", Options(data=(str(rows),)), quiet, wanted)
    assert not (rows.parent / "home").exists()


def test_the_plan_says_what_it_takes_before_anything_is_asked():
    from llmreg.plugins import load

    plan = make_plan(entries(), load(), "child", price=Price(tokens_in=1, tokens_out=2))
    assert (plan.rows_read, plan.calls, plan.cost_usd) == (None, None, None)
    counted = make_plan(entries(), load(), "child", price=Price(tokens_in=1, tokens_out=2), rows={"parent": 1000})
    assert (counted.calls, counted.tokens_in, counted.tokens_out) == (1000, 1_000_000, 128_000)
    assert counted.cost_usd == 1.26


def test_a_rehearsal_asks_nobody_and_verifies(rows):
    folder, making = rehearse(entries(), "child", Options(), quiet)
    assert making.asked is None
    assert making.rows
    assert all(check.passed for check in verify(entries(), folder))
    assert json.loads((folder / "artifact" / "croissant.json").read_text())["@type"] == "sc:Dataset"
