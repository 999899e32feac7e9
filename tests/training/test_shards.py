"""A model in shards on two processes: it takes the steps that one process takes, and each process holds its half."""

import json
import runpy
from pathlib import Path

import pytest

from llmreg.errors import LlmregError
from llmreg.reproduce.base import FolderBase
from llmreg.schema import Training
from llmreg.training.loop import train
from llmreg.training.shards import refuse_unshardable

HERE = Path(__file__).parent
PROGRAM, PROCESSES = (runpy.run_path(str(HERE / f"{name}_program.py")) for name in ("artifact", "processes"))
CLIPPED = PROGRAM["TRAINING"].model_copy(
    update={"micro_batch_size": 1, "optimizer": "sgd", "learning_rate": 0.3, "max_grad_norm": 0.5}
)
"""Plain gradient descent, so that equal weights mean equal gradients, each step cut to its norm."""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny llama with tied embeddings and without dropout, which each process draws for itself."""
    folder = tmp_path_factory.mktemp("base")
    PROGRAM["write_base"](folder / "own")
    FolderBase(folder / "own").load(attention_dropout=0.0, tie_word_embeddings=True).save_pretrained(folder / "tied")
    return folder / "tied"


def read(place):
    from safetensors.torch import load_file

    return json.loads(place.with_suffix(".json").read_text()), load_file(place.with_suffix(".safetensors"))


def test_shards_take_the_steps_of_one_process_and_clipping_each_alone_is_found(base, tmp_path):
    import torch

    names = ["llama-adapter-v2", "full"]
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    for folder, chosen, bug in ((right, names, "none"), (wrong, ["full"], "clip")):
        folder.mkdir()
        PROCESSES["in_two_processes"](base, folder, CLIPPED, chosen, bug, shard=True)
    for name in names:
        model = PROGRAM["fresh"](PROGRAM["METHODS"][name], base)
        outcome = train(model, PROGRAM["examples"](), CLIPPED, tmp_path / "one" / name, pad_token_id=0)
        (first, weights), (second, others) = (read(right / f"whole-{name}-{rank}") for rank in (0, 1))
        everything = sum(value.nbytes for value in model.parameters())
        assert first["freed"], "the accelerator, which holds the optimizer, outlives the training"
        assert max(first["held"], second["held"]) < 0.6 * everything <= 0.6 * (first["held"] + second["held"])
        assert (first["tokens"], first["label_tokens"]) == (outcome.tokens, outcome.label_tokens)
        assert first["losses"] == pytest.approx(outcome.losses, rel=1e-5)
        assert (first["moving_steps"], first["level"]) == (outcome.moving_steps, outcome.level)
        for key, value in weights.items():
            torch.testing.assert_close(value, model.get_parameter(key).detach(), rtol=1e-4, atol=2e-6, msg=key)
            assert torch.equal(value, others[key])
        assert read(right / f"resumed-{name}-0")[0] == first
    assert read(wrong / "whole-full-0")[0]["losses"] != pytest.approx(outcome.losses, rel=1e-3)


def test_packed_weights_and_optimizers_of_whole_tensors_are_refused(make_model):
    import torch

    model = make_model()
    refuse_unshardable(model, Training(optimizer="adamw"))
    with pytest.raises(LlmregError, match=r"takes whole tensors and no shards; set training\.optimizer=adamw"):
        refuse_unshardable(model, Training(optimizer="paged_adamw_8bit"))
    packed = torch.nn.Parameter(torch.zeros(4, dtype=torch.uint8), requires_grad=False)
    model.lm_head.register_parameter("weight", packed)
    with pytest.raises(LlmregError, match=r"lm_head.weight is packed into torch.uint8 .* leave out --shard"):
        refuse_unshardable(model, Training(optimizer="adamw"))
