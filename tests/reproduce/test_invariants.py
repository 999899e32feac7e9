"""What must hold at any scale: each check passes on a sound method and fails on the matching broken one."""

from __future__ import annotations

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
from llmreg.reproduce.invariants import held_out_loss_falls
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
        return {check.name for check in done.checks if not check.passed}, done

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


@pytest.mark.parametrize(
    ("before", "after", "passed"),
    [
        ([2.0, 3.0, 4.0], [1.0, 2.1, 2.9], True),
        ([2.0, 3.0, 4.0], [1.0, 4.5, 2.0], False),
        ([2.0, 3.0, 4.0], [2.0, 3.0, 4.0], False),
        ([2.0, 3.0, 4.0], [3.0, 4.0, 5.0], False),
        ([2.0, 3.0, 4.0], [1.0, float("nan"), 2.0], False),
    ],
)
def test_a_fall_must_be_three_standard_errors(before, after, passed):
    assert held_out_loss_falls(before, after, "rows").passed is passed


def test_an_architecture_without_weights_is_no_base():
    with pytest.raises(llmreg.LlmregError, match="only an architecture is at hand"):
        ConfigBase(scaled_config(LLAMA, tokenizer())).load()
