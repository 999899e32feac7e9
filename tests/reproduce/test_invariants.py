"""What must hold at any scale: each check passes on a sound method and fails on the matching broken one."""

from __future__ import annotations

import random
import re
import weakref
from typing import ClassVar

import pytest
import torch

import llmreg
from llmreg import plugins
from llmreg.nano.makers import rows_like
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.architecture import scaled_config
from llmreg.reproduce.base import ConfigBase, FolderBase
from llmreg.reproduce.execute import Work, execute
from llmreg.reproduce.invariants import Check, held_out_loss_falls
from llmreg.reproduce.rehearse import write_base
from llmreg.schema import RecipeData, Template, Training

LLAMA = {
    "model_type": "llama", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 2,
}  # fmt: skip
TRAINING = Training(
    learning_rate=5e-3, steps=12, batch_size=8, micro_batch_size=8, sequence_length=128, seed=3, data_seed=3
)
Lora = plugins.load().methods["lora"].method
Adapter = plugins.load().methods["llama-adapter-v2"].method
Full = plugins.load().methods["full"].method
Pretrain = plugins.load().methods["pretrain"].method


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    write_base(scaled_config(LLAMA, tokenizer()), folder)
    return FolderBase(folder)


@pytest.fixture
def run(base, tmp_path, built_in):
    def go(method, training=TRAINING):
        rows = rows_like("instruction", 112, 1)
        data = RecipeData(format="instruction", loss_on="response")
        template = built_in.get_as(Template, "alpaca-stanford")
        work = Work(method, base, tokenizer(), rows[:96], rows[96:], data, training, template, tmp_path)
        done = execute(work, resume=False, say=lambda _: None)
        return {check.name for check in done.checks if check.failed}, done

    return go


SOUND = {
    "full": Full(),
    "lora": Lora(rank=4, targets="all-linear"),
    "llama-adapter-v2": Adapter(prompt_layers=1),
    "llama-adapter-v1": Adapter(prompt_layers=1, norms=False, bias=False, scale=False),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_method_keeps_every_invariant(run, name):
    training = TRAINING.model_copy(update={"learning_rate": 2e-2}) if name == "llama-adapter-v1" else TRAINING
    failed, done = run(SOUND[name], training)
    assert failed == set()
    assert len(done.checks) == 7
    assert done.loss_after < done.loss_before


@pytest.mark.parametrize("name", ["full", "lora"])
def test_so_it_does_in_mixed_precision(run, name):
    failed, _ = run(SOUND[name], TRAINING.model_copy(update={"precision": "bfloat16"}))
    assert failed == set()


class LooksRound(Lora):
    name = "looks-round"
    made: ClassVar[list] = []

    def adapt(self, model):
        model = super().adapt(model)
        self.made.append(weakref.ref(model))
        return model

    def restore(self, model, folder):
        assert not any(ref() for ref in self.made), "a GPU that trains one model has no room for another"
        return super().restore(model, folder)


def test_the_trained_model_is_gone_when_its_artifact_is_loaded_back(run):
    failed, _ = run(LooksRound(rank=4))
    assert failed == set()
    assert LooksRound.made


class TrainsABaseWeight(Lora):
    name = "trains-a-base-weight"

    def adapt(self, model):
        model = super().adapt(model)
        next(p for n, p in model.named_parameters() if n.endswith("norm.weight")).requires_grad_(True)
        return model


class DeclaresTooMuch(Lora):
    name = "declares-too-much"

    def trains(self, name):
        return super().trains(name) or name.endswith("lm_head.weight")


class MovesWhatIsFrozen(Lora):
    name = "moves-what-is-frozen"

    def adapt(self, model):
        model = super().adapt(model)
        frozen = next(p for n, p in model.named_parameters() if n.endswith("norm.weight"))

        def drift(*_):
            frozen.data.mul_(1.001)

        model.register_forward_pre_hook(drift)
        return model


class Climbs(Lora):
    name = "climbs"

    def adapt(self, model):
        model = super().adapt(model)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.register_hook(lambda gradient: -gradient)
        return model


class OpensItsGate(Adapter):
    name = "opens-its-gate"

    def adapt(self, model):
        model = super().adapt(model)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "gate" in name and self.trains(name):
                    parameter.fill_(0.3)
        return model


class ForgetsHalf(Full):
    name = "forgets-half"

    def restore(self, model, folder):
        model = super().restore(model, folder)
        with torch.no_grad():
            next(model.parameters()).mul_(0.5)
        return model


class AddsMoreThanPlanned(Lora):
    name = "adds-more-than-planned"

    def adapt(self, model):
        real = next(model.parameters()).device.type != "meta"
        grown = self.model_copy(update={"rank": self.rank + real})
        return Lora.adapt(grown, model)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (TrainsABaseWeight(rank=4), {"declared parameters train", "frozen parameters stay bit-identical"}),
        (DeclaresTooMuch(rank=4), {"declared parameters train", "declared parameters moved"}),
        (MovesWhatIsFrozen(rank=4), {"frozen parameters stay bit-identical", "artifact loads back"}),
        (OpensItsGate(prompt_layers=1), {"step 0 equals the base"}),
        (ForgetsHalf(), {"artifact loads back"}),
        (AddsMoreThanPlanned(rank=4), {"parameter count as planned"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_each_fault_is_found(run, method, expected):
    failed, _ = run(method)
    assert expected <= failed
    assert len(failed) < 4


def test_a_loss_that_does_not_fall_fails(run):
    failed, _ = run(Climbs(rank=4))
    assert failed == {"held-out loss falls"}


ONE_STEP = {"steps": 1, "schedule": "constant"}
WARMING_UP = {"steps": 1, "schedule": "linear", "warmup_steps": 4}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, ONE_STEP) for name in SOUND),
        ("lora", WARMING_UP),
        ("llama-adapter-v1", WARMING_UP),
        ("llama-adapter-v1", {"steps": 2, "schedule": "constant"}),
    ],
)
def test_what_had_no_chance_to_move_does_not_fail(run, name, settings):
    """LoRA's A waits for B, and prompts for their gates, to leave zero; at a learning rate of 0 all waits."""
    failed, done = run(SOUND[name], TRAINING.model_copy(update={"learning_rate": 1e-3, **settings}))
    assert failed <= {"held-out loss falls"}  # after so little it may even have risen
    (moved,) = [check for check in done.checks if check.name == "declared parameters moved"]
    if settings == WARMING_UP:
        assert moved.outcome == "inconclusive"
        assert moved.detail.startswith("none could move: no step had a learning rate above 0")
        assert done.loss_after == done.loss_before
        assert failed == set()
    else:
        assert moved.outcome == "held"
        waits = settings == ONE_STEP and name != "full"
        assert ("could not yet, because their gradient was 0 at the only step" in moved.detail) == waits


class ShutForGood(Adapter):
    name = "shut-for-good"

    def adapt(self, model):
        model = super().adapt(model)
        for name, parameter in model.named_parameters():
            if name.endswith("gate"):
                parameter.register_hook(torch.zeros_like)
        return model


class NeverStepped(Lora):
    """Its gradients are there, and something puts the weights back."""

    name = "never-stepped"

    def adapt(self, model):
        model = super().adapt(model)
        kept = {name: value.detach().clone() for name, value in model.named_parameters() if "lora_B" in name}

        def put_back(*_):
            for name, value in model.named_parameters():
                if name in kept:
                    value.data.copy_(kept[name])

        model.register_forward_pre_hook(put_back)
        return model


@pytest.mark.parametrize(
    ("method", "steps"), [(ShutForGood(prompt_layers=1), 2), (NeverStepped(rank=4), 1), (DeclaresTooMuch(rank=4), 1)]
)
def test_what_could_have_moved_and_did_not_fails_after_however_few_steps(run, method, steps):
    settings = {"steps": steps, "schedule": "constant"}
    failed, _ = run(method, TRAINING.model_copy(update=settings))
    assert "declared parameters moved" in failed


NAN = float("nan")


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ([2.0, 3.0, 4.0], [1.0, 2.1, 2.9], "held"),
        ([2.0, 3.0, 4.0], [1.0, 2.0, 3.0], "held"),
        ([2.0, 3.0, 4.0], [1.0, 4.5, 2.0], "inconclusive"),
        ([2.0, 3.0, 4.0], [3.0, 1.5, 4.6], "inconclusive"),
        ([2.0, 3.0, 4.0], [2.0, 3.0, 4.0], "inconclusive"),
        ([2.0], [1.0], "inconclusive"),
        ([2.0, 3.0, 4.0], [3.0, 4.0, 5.0], "FAILED"),
        ([2.0, 3.0, 4.0], [3.0, 4.1, 4.9], "FAILED"),
        ([2.0, 3.0, 4.0], [1.0, NAN, 2.0], "FAILED"),
        ([2.0, 3.0], [float("inf"), 2.0], "FAILED"),
    ],
)
def test_three_standard_errors_decide_whether_the_loss_fell_or_rose(before, after, outcome):
    check = held_out_loss_falls(before, after, f"{len(before)} rows")
    assert check.outcome == outcome
    assert (check.passed, check.failed) == (outcome == "held", outcome == "FAILED")


def planted(mean, spread, count, seed):
    """Losses of rows that differ by much among themselves, each of which falls by about `mean`."""
    draw = random.Random(seed)
    before = [draw.gauss(2.5, 1.0) for _ in range(count)]
    return before, [loss - draw.gauss(mean, spread) for loss in before]


@pytest.mark.parametrize(("mean", "wrong"), [(0.0, ("held", "FAILED")), (0.45, ("FAILED",)), (-0.45, ("held",))])
def test_noise_is_not_taken_for_a_fall_or_a_rise(mean, wrong):
    outcomes = [held_out_loss_falls(*planted(mean, 1.0, 24, seed), "24 rows").outcome for seed in range(400)]
    assert sum(outcome in wrong for outcome in outcomes) <= 6
    assert "inconclusive" in outcomes


@pytest.mark.parametrize("mean", [0.3, -0.3])
@pytest.mark.parametrize("seed", range(5))
def test_so_many_rows_as_it_names_decide(mean, seed):
    """More of the same rows keep the mean and the spread, so the bound is met as soon as the number is right."""
    before, after = planted(mean, 1.5, 24, seed)
    check = held_out_loss_falls(before, after, "24 rows")
    assert check.undecided
    (said,) = re.findall(r"needs about ([\d,]+) rows$", check.detail)
    times = -(-int(said.replace(",", "")) // 24)
    assert times > 1
    assert not held_out_loss_falls(before * times, after * times, "rows").undecided
    fewer = before * (times // 2), after * (times // 2)
    assert times < 3 or held_out_loss_falls(*fewer, "rows").undecided


def test_what_no_number_of_rows_decides_is_said():
    assert held_out_loss_falls([2.0, 3.0], [1.0, 4.0], "2 rows").detail.endswith("which no number of rows decides")
    assert held_out_loss_falls([2.0], [1.0], "1 answers").detail.endswith("and needs more of them")


def test_a_check_that_held_is_not_undecided():
    with pytest.raises(ValueError, match="not undecided"):
        Check(name="x", passed=True, undecided=True, detail="")


def test_an_architecture_without_weights_is_no_base():
    with pytest.raises(llmreg.LlmregError, match="only an architecture is at hand"):
        ConfigBase(scaled_config(LLAMA, tokenizer())).load()
