"""A run with an objective of its own: every method keeps its invariants, and an interrupted run ends the same."""

from pathlib import Path

import pytest

from llmreg.errors import LlmregError
from llmreg.nano.makers import rows_like
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.architecture import scaled_config
from llmreg.reproduce.base import FolderBase
from llmreg.reproduce.execute import Work, execute
from llmreg.reproduce.record import hash_artifact
from llmreg.reproduce.rehearse import write_base
from llmreg.schema import RecipeData, Template, Training
from llmreg.training import consult, loop
from llmreg_methods.full import Full
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.qlora import Qlora
from llmreg_objectives.dpo import Dpo
from llmreg_objectives.kto import Kto
from llmreg_objectives.odds import Orpo, Simpo

TRAINING = Training(
    learning_rate=5e-3, steps=12, batch_size=8, micro_batch_size=8, sequence_length=256, schedule="constant", seed=0
)
METHODS = {
    "full": Full(),
    "lora": Lora(rank=4, targets="all-linear"),
    "qlora": Qlora(rank=4, targets="all-linear"),
    "llama-adapter-v2": LlamaAdapterV2(prompt_layers=1),
}
LLAMA = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    write_base(scaled_config(LLAMA, tokenizer()), folder)
    return FolderBase(folder)


@pytest.fixture
def run(base, tmp_path, built_in):
    def go(method, objective, folder="run", resume=False, said=None):
        rows = rows_like("preference", 72, 1, held_out=24)
        data = RecipeData(format="preference", template="nano-question", loss_on="response")
        template = built_in.get_as(Template, "nano-question")
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        work = Work(
            method, base, tokenizer(), rows[:48], rows[48:], data, TRAINING, template, place, objective=objective
        )
        return execute(work, resume=resume, say=(said if said is not None else []).append)

    return go


@pytest.mark.parametrize("name", METHODS)
def test_every_method_keeps_its_invariants_with_dpo(run, name):
    done = run(METHODS[name], Dpo())
    assert [check.name for check in done.checks if check.failed] == []
    assert len(done.checks) == 7
    assert done.loss_before == pytest.approx(0.6931472, rel=1e-4)
    assert done.outcome.losses[0] == pytest.approx(0.6931472, rel=1e-4)


@pytest.mark.parametrize("objective", [Dpo(loss_type="ipo"), Orpo(), Simpo(), Kto()], ids=lambda each: each.name)
def test_a_method_keeps_its_invariants_with_every_objective(run, objective):
    done = run(METHODS["lora"], objective)
    assert [check.name for check in done.checks if check.failed] == []
    assert len(done.outcome.losses) == TRAINING.steps


class Stopped(BaseException):
    """What nothing catches, as nothing catches SIGKILL."""


def test_an_interrupted_run_ends_with_the_same_artifact_and_asks_the_reference_once(run, tmp_path: Path, monkeypatch):
    run(METHODS["lora"], Dpo(), "whole")
    own = loop.train

    def stopping(*arguments, **options):
        def stop(step, _):
            if step == 7:
                raise Stopped

        return own(*arguments, **options, on_step=stop)

    monkeypatch.setattr(loop, "train", stopping)
    with pytest.raises(Stopped):
        run(METHODS["lora"], Dpo(), "cut")
    monkeypatch.setattr(loop, "train", own)
    monkeypatch.setattr(consult, "consulted", None)  # would fail where anybody asked again
    said: list[str] = []
    run(METHODS["lora"], Dpo(), "cut", resume=True, said=said)
    assert not [text for text in said if "asking" in text]
    assert hash_artifact(tmp_path / "cut/artifact") == hash_artifact(tmp_path / "whole/artifact")


def test_a_role_that_nobody_plays_is_refused(run):
    class Taught(Dpo):
        name = "taught"
        consults = ("teacher",)

    with pytest.raises(LlmregError, match="'taught' consults a model as 'teacher': none is at hand"):
        run(METHODS["lora"], Taught())
