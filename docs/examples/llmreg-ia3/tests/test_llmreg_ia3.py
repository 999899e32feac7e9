"""IA3 leaves the model as it is at first, trains its vectors only, and comes back from disk."""

from pathlib import Path

import peft
import pytest
import torch
import transformers
from llmreg_ia3 import Ia3
from torch import Tensor, nn


@pytest.fixture
def base() -> nn.Module:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, vocab_size=40
    )
    return transformers.LlamaForCausalLM(config).eval()


def logits(model: nn.Module) -> Tensor:
    with torch.no_grad():
        return model(torch.arange(12)[None]).logits


def test_ia3_whole(base: nn.Module, tmp_path: Path) -> None:
    untouched = transformers.LlamaForCausalLM(base.config).eval()
    untouched.load_state_dict(base.state_dict())
    before = logits(base)

    method = Ia3()
    model = method.adapt(base).eval()
    assert isinstance(model, peft.PeftModel)
    assert torch.equal(logits(model), before)

    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert set(trained) == {name for name, _ in model.named_parameters() if method.trains(name)}
    assert sum(parameter.numel() for parameter in trained.values()) == 2 * (16 + 16 + 24)

    tokens = torch.arange(12)[None]
    model(tokens, labels=tokens).loss.backward()
    torch.optim.SGD(trained.values(), lr=5.0).step()
    assert not torch.equal(logits(model), before)

    method.save(model, tmp_path)
    assert torch.equal(logits(method.restore(untouched, tmp_path).eval()), logits(model))
