import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from limits import files_up_to
from llmreg.errors import LlmregError
from llmreg.schema import Training
from llmreg.training.checkpoint import newest
from llmreg.training.loop import train

TWENTY = Training(learning_rate=1e-2, batch_size=4, micro_batch_size=2, steps=20, schedule="cosine", seed=1)


def go(model, examples, folder, **options):
    return train(model, examples, options.pop("training", TWENTY), folder, pad_token_id=0, **options)


@pytest.fixture(scope="module")
def uninterrupted(make_model, examples, tmp_path_factory):
    """What 20 steps with dropout come to when nothing disturbs them."""
    model = make_model(dropout=0.3)
    outcome = go(model, examples, tmp_path_factory.mktemp("whole"), save_every=3)
    return {name: value.detach().numpy().tobytes() for name, value in model.named_parameters()}, outcome


class StopError(Exception):
    """Ends a run from within."""


def stop_at(last):
    def on_step(step, loss):
        if step == last:
            raise StopError

    return on_step


def interrupted(model, examples, folder, at, **options):
    with pytest.raises(StopError):
        go(model, examples, folder, on_step=stop_at(at), save_every=3, **options)


def same(outcome, other):
    return (outcome.steps, outcome.tokens, outcome.label_tokens, outcome.losses) == (
        other.steps, other.tokens, other.label_tokens, other.losses,
    )  # fmt: skip


# An epoch has five steps: 3 lies within the first, 15 on the border of two, 18 within the last.
@pytest.mark.parametrize("at", [2, 5, 17, 20])
def test_a_resumed_run_ends_with_the_same_bits(make_model, examples, tmp_path, weights, uninterrupted, at):
    interrupted(make_model(dropout=0.3), examples, tmp_path, at)
    model = make_model(dropout=0.3)
    outcome = go(model, examples, tmp_path, resume=True, save_every=3)
    assert weights(model) == uninterrupted[0]
    assert same(outcome, uninterrupted[1])


@pytest.mark.parametrize(
    "settings",
    [{"optimizer": "paged_adamw_32bit"}, {"optimizer": "adamw_bnb_8bit"}, {"group_by_length": True},
     {"packing": True, "sequence_length": 64, "batch_size": 2}],
    ids=str,
)  # fmt: skip
def test_resuming_is_exact_for_other_settings_too(make_model, examples, tmp_path, weights, settings):
    training = TWENTY.model_copy(update={"steps": 8, **settings})
    whole, halves = make_model(vocabulary=256), make_model(vocabulary=256)  # large enough for 8-bit states
    go(whole, examples, tmp_path / "whole", training=training)
    interrupted(make_model(vocabulary=256), examples, tmp_path / "halves", 7, training=training)
    go(halves, examples, tmp_path / "halves", training=training, resume=True, save_every=3)
    assert weights(halves) == weights(whole)


def test_which_weights_had_no_chance_to_move_is_known_after_an_interruption_too(make_model, examples, tmp_path):
    from llmreg_methods.lora import Lora

    def adapted():
        return Lora(rank=2).adapt(make_model())

    training = TWENTY.model_copy(update={"steps": 3, "schedule": "linear", "warmup_steps": 2})
    whole, model = go(adapted(), examples, tmp_path / "whole", training=training), adapted()
    with pytest.raises(StopError):
        go(adapted(), examples, tmp_path / "halves", training=training, on_step=stop_at(3), save_every=1)
    resumed = go(model, examples, tmp_path / "halves", training=training, resume=True, save_every=1)
    for outcome in (whole, resumed):
        assert outcome.moving_steps == 2  # the first of three is made at a learning rate of 0
        assert outcome.level == [name for name, _ in model.named_parameters() if "lora_A" in name]
        assert all(outcome.could_move(name) for name in outcome.level)


def test_a_process_killed_outright_resumes_to_the_same_bits(make_model, examples, tmp_path, weights, uninterrupted):
    """Kill a run with SIGKILL while it writes a checkpoint, and let another process finish."""
    killed = subprocess.run([sys.executable, "-c", script(tmp_path, 12)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / "unfinished" / "checkpoint-12" / "trained.safetensors").exists()
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == ["checkpoint-6", "checkpoint-9"]
    model = make_model(dropout=0.3)
    assert same(go(model, examples, tmp_path, resume=True, save_every=3), uninterrupted[1])
    assert weights(model) == uninterrupted[0]


def script(folder, victim):
    """A program that trains like `uninterrupted` and dies after the weights of one checkpoint are written."""
    return textwrap.dedent(f"""
        import os, runpy, signal
        from pathlib import Path
        import torch
        from llmreg.training import trainer
        from llmreg.training.loop import train
        from llmreg.schema import Training

        torch.set_num_threads(1)
        fixtures = runpy.run_path({str(Path(__file__).with_name("conftest.py"))!r})
        make_model, examples = (fixtures[name].__wrapped__() for name in ("make_model", "examples"))
        save = trainer.Exact._save
        def deadly(self, folder, *rest):
            save(self, folder, *rest)
            if folder.endswith("-{victim}"):
                os.kill(os.getpid(), signal.SIGKILL)
        trainer.Exact._save = deadly
        training = Training(**{TWENTY.model_dump(exclude_none=True)!r})
        options = {{"pad_token_id": 0, "resume": True, "save_every": 3}}
        train(make_model(dropout=0.3), examples, training, Path({str(folder)!r}), **options)
    """)


def flip(path):
    """Change one bit in the middle of a file; its size stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


DAMAGE = {
    "cut": lambda place: os.truncate(place / "optimizer.pt", (place / "optimizer.pt").stat().st_size // 2),
    "lost": lambda place: (place / "optimizer.pt").unlink(),
    "one bit of the weights": lambda place: flip(place / "trained.safetensors"),
    "one bit of the state": lambda place: flip(place / "optimizer.pt"),
    "another step": lambda place: edit(place / "trainer_state.json", '"global_step": 12', '"global_step": 13'),
    "unsealed": lambda place: (place / "seal.json").unlink(),
    "half a seal": lambda place: os.truncate(place / "seal.json", 10),
    "another seal": lambda place: edit(place / "seal.json", '"run": "', '"run": "0'),
    "a seal without hashes": lambda place: (place / "seal.json").write_text(
        '{"run": "x", "files": {"optimizer.pt": 3}}'
    ),
    "a seal of nothing": lambda place: (place / "seal.json").write_text("[]"),
}
NAMED = {"cut": "optimizer.pt has changed", "lost": "optimizer.pt is missing", "another step": "trainer_state.json has changed",
         "one bit of the weights": "trained.safetensors has changed", "one bit of the state": "optimizer.pt has changed"}  # fmt: skip


@pytest.fixture(scope="module")
def stopped(make_model, examples, tmp_path_factory):
    """A run that was stopped after two checkpoints."""
    folder = tmp_path_factory.mktemp("stopped")
    interrupted(make_model(dropout=0.3), examples, folder, 14)
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint-12", "checkpoint-9"]
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_newest_checkpoint_is_named_and_the_one_before_is_taken(stopped, tmp_path, damage):
    folder, said = tmp_path / "copy", []
    shutil.copytree(stopped, folder)
    run = json.loads((folder / "checkpoint-9" / "seal.json").read_text())["run"]
    assert newest(folder, run, said.append) == folder / "checkpoint-12"
    assert said == []
    DAMAGE[damage](folder / "checkpoint-12")
    assert newest(folder, run, said.append) == folder / "checkpoint-9"
    fault = NAMED.get(damage, "seal.json is missing, changed or without hashes")
    assert said[0].startswith(f"{folder}/checkpoint-12 is damaged ({fault}")
    assert said[0].endswith("going on from checkpoint-9, which is whole")


def test_a_run_whose_newest_checkpoint_is_damaged_ends_with_the_same_bits(
    make_model, examples, stopped, tmp_path, weights, uninterrupted
):
    folder, model, said = tmp_path / "copy", make_model(dropout=0.3), []
    shutil.copytree(stopped, folder)
    flip(folder / "checkpoint-12" / "trained.safetensors")
    go(model, examples, folder, resume=True, save_every=3, say=said.append)
    assert weights(model) == uninterrupted[0]
    assert len(said) == 1


def test_where_no_checkpoint_is_whole_that_is_said_and_training_starts_again(
    make_model, examples, stopped, tmp_path, weights, uninterrupted
):
    folder, model, said = tmp_path / "copy", make_model(dropout=0.3), []
    shutil.copytree(stopped, folder)
    for place in folder.iterdir():
        flip(place / "optimizer.pt")
    go(model, examples, folder, resume=True, save_every=3, say=said.append)
    assert weights(model) == uninterrupted[0]
    assert re.search(r"checkpoint-12 is damaged .*; .*checkpoint-9 is damaged .*: none is whole, so", said[0])


def test_damaged_checkpoints_take_no_whole_ones_place(make_model, examples, stopped, tmp_path):
    """Of two that stay, the damaged ones of later steps would be the newest."""
    folder = tmp_path / "copy"
    shutil.copytree(stopped, folder)
    for place in folder.iterdir():
        flip(place / "optimizer.pt")
    interrupted(make_model(dropout=0.3), examples, folder, 7, resume=True)
    assert sorted(path.name for path in folder.glob("checkpoint-*")) == ["checkpoint-3", "checkpoint-6"]


@pytest.mark.parametrize("limit", [8000, 130_000], ids=["weights", "optimizer"])
def test_a_full_disk_is_told_and_leaves_the_earlier_checkpoints_whole(make_model, examples, tmp_path, limit):
    def fill_up(step, loss):
        if step == 3:
            full.enter_context(files_up_to(limit))

    with ExitStack() as full, pytest.raises(LlmregError, match=rf"{tmp_path}/checkpoint-4: .*; earlier ones are whole"):
        go(make_model(), examples, tmp_path, on_step=fill_up, save_every=2)
    left = {path.name for path in (tmp_path / "unfinished/checkpoint-4").iterdir()}
    assert ("optimizer.pt" in left) == (limit > 8000)
    run = json.loads((tmp_path / "checkpoint-2" / "seal.json").read_text())["run"]
    assert newest(tmp_path, run) == tmp_path / "checkpoint-2"


def test_resuming_a_finished_run_only_loads_it(make_model, examples, tmp_path, weights):
    training = TWENTY.model_copy(update={"steps": 7})  # in the midst of an epoch
    model, again = make_model(), make_model()
    outcome = go(model, examples, tmp_path, training=training)
    assert same(go(again, examples, tmp_path, training=training, resume=True), outcome)
    assert weights(again) == weights(model)


def test_a_checkpoint_holds_the_weights_that_train_and_no_others(make_model, examples, tmp_path):
    from safetensors.torch import load_file

    model = make_model().requires_grad_(False)
    model.lm_head.weight.requires_grad_(True)
    go(model, examples, tmp_path, training=TWENTY.model_copy(update={"steps": 2}))
    assert list(load_file(tmp_path / "checkpoint-2" / "trained.safetensors")) == ["lm_head.weight"]
    assert not list(tmp_path.rglob("model*.safetensors"))


def test_a_run_is_resumed_only_with_its_own_settings_data_and_method(make_model, examples, tmp_path):
    training = TWENTY.model_copy(update={"steps": 2})
    go(make_model(), examples, tmp_path, training=training)
    faster = training.model_copy(update={"learning_rate": 0.5})
    for options in ({"training": faster}, {"training": training, "examples": examples[::-1]}):
        with pytest.raises(LlmregError, match="was written with other settings, data or processes"):
            go(make_model(), options.pop("examples", examples), tmp_path, resume=True, **options)
    other = make_model().requires_grad_(False)
    other.lm_head.weight.requires_grad_(True)
    with pytest.raises(LlmregError, match="holds other parameters than the model trains"):
        go(other, examples, tmp_path, training=training, resume=True)


def test_a_new_run_does_not_mix_with_an_old_one(make_model, examples, tmp_path):
    training = TWENTY.model_copy(update={"steps": 2})
    go(make_model(), examples, tmp_path, training=training)
    with pytest.raises(LlmregError, match="holds checkpoints of an earlier run; resume it, or give another folder"):
        go(make_model(), examples, tmp_path, training=training)
