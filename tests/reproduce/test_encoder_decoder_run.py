"""A whole run of an encoder-decoder from the command line, and what comes after it."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
from typer.testing import CliRunner

from llmreg.asking.local import LocalJudge
from llmreg.cli.app import app
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce import record

CHOICES = Path(__file__).parents[2] / "docs" / "examples" / "choices.jsonl"
T5 = {
    "model_type": "t5", "vocab_size": len(tokenizer()), "d_model": 64, "d_kv": 32, "d_ff": 128, "num_layers": 2,
    "num_heads": 2, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "decoder_start_token_id": 0,
    "pad_token_id": 0, "eos_token_id": 2,
}  # fmt: skip


def llmreg(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.write_catalog(tmp_path_factory.mktemp("tiny"), T5)


@pytest.fixture(scope="module")
def run(words, tmp_path_factory):
    """One finished run of tiny-lora."""
    folder = tmp_path_factory.mktemp("run") / "run"
    llmreg("reproduce", "tiny-lora", "--out", folder, *words)
    return folder


def test_every_invariant_holds_and_the_held_out_loss_is_measured(run):
    done = record.read(run)
    assert (done.status, done.steps) == ("finished", 20)
    assert [check.name for check in done.checks if not check.passed] == []
    assert done.comparisons[0].measured == pytest.approx(done.held_out_loss_after, abs=1e-3)
    assert done.held_out_loss_after < done.held_out_loss_before


def test_the_same_seed_gives_the_same_artifact(run, words, tmp_path):
    llmreg("reproduce", "tiny-lora", "--out", tmp_path / "again", *words)
    assert record.read(tmp_path / "again").artifact_sha256 == record.read(run).artifact_sha256


def test_the_run_is_scored_and_its_merged_model_judges(run, words, tmp_path):
    scored = llmreg("evaluate", "model", run, "--task", "multiple-choice", "--data", CHOICES, *words[:2])
    assert (scored.exit_code, "accuracy" in scored.output) == (0, True)
    merged = llmreg("merge", run, "-o", tmp_path / "merged", *words[:4])
    assert merged.exit_code == 0, merged.output
    judge = LocalJudge(tmp_path / "merged", max_tokens=5)
    assert judge.ask("name a color").text == judge.ask("name a color").text
