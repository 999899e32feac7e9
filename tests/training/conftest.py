"""Tiny models of several architectures, a tokenizer and uneven examples."""

from __future__ import annotations

import random

import pytest

from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.training.encode import Example

VOCABULARY = 64


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tokenizer():
    return nano_tokenizer()


@pytest.fixture(scope="session")
def make_model():
    """Give a function that draws the same tiny model each time."""
    import torch
    import transformers

    class Plain(transformers.LlamaForCausalLM):
        """A model as older ones are: it takes its inputs and nothing else."""

        accepts_loss_kwargs = False

        def forward(self, input_ids, attention_mask=None, position_ids=None, labels=None):
            return super().forward(
                input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, labels=labels
            )

    def make(architecture="llama", dropout=0.0, vocabulary=VOCABULARY):
        sizes = {
            "vocab_size": vocabulary, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 4, "max_position_embeddings": 128, "initializer_range": 0.2,
            "attention_dropout": dropout, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
        }  # fmt: skip
        torch.manual_seed(7)
        if architecture == "gpt-neox":
            config = transformers.GPTNeoXConfig(**sizes, hidden_dropout=dropout)
            return transformers.GPTNeoXForCausalLM(config)
        kind = Plain if architecture == "no-loss-arguments" else transformers.LlamaForCausalLM
        return kind(transformers.LlamaConfig(**sizes, num_key_value_heads=2))

    return make


@pytest.fixture(scope="session")
def examples():
    """Samples of very different lengths, some with hardly a label."""
    draw = random.Random(0)
    found = []
    for size in (3, 60, 5, 17, 44, 2, 30, 9, 4, 25, 12, 50, 7, 33, 6, 21, 40, 3, 8, 15):
        ids = tuple(draw.randrange(3, VOCABULARY) for _ in range(size))
        masked = draw.randrange(1, size)
        found.append(Example(ids, (*[-100] * masked, *ids[masked:])))
    return found


@pytest.fixture
def weights():
    """Give a function that reads all weights of a model as one list of bits."""
    return lambda model: {name: value.detach().numpy().tobytes() for name, value in model.named_parameters()}
