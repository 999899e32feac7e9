"""A tiny model that has moved away from its reference, and samples of every shape."""

from __future__ import annotations

import random

import pytest

from llmreg.objective import Sample
from llmreg.schema import Training
from llmreg.training.consult import consulted
from llmreg.training.encode import Example

VOCABULARY = 64
STEP = Training(
    learning_rate=1.0, batch_size=8, micro_batch_size=8, steps=1, optimizer="sgd", schedule="constant", max_grad_norm=0
)
"""One step of plain gradient descent: by how much the weights move is the gradient."""


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config():
    import transformers

    return transformers.LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.2, bos_token_id=1, eos_token_id=2,
        pad_token_id=0,
    )  # fmt: skip


@pytest.fixture(scope="session")
def reference():
    """Give a function that makes the model as it was at first, the same each time."""
    import torch
    import transformers

    def make():
        torch.manual_seed(7)
        return transformers.LlamaForCausalLM(config())

    return make


@pytest.fixture(scope="session")
def moved(reference):
    """Give a function that makes the model some steps later, the same each time."""
    import torch

    def make():
        model = reference()
        with torch.no_grad():
            for value in model.parameters():
                value.add_(0.02 * torch.randn_like(value))
        return model

    return make


def example(draw, prompt):
    answer = tuple(draw.randrange(3, VOCABULARY) for _ in range(draw.randrange(2, 20)))
    return Example((*prompt, *answer), (*[-100] * len(prompt), *answer))


@pytest.fixture(scope="session")
def samples_for(reference):
    """Give a function from an objective to eight samples for it, with what a reference makes of them.

    Answers to other questions are likelier by so much that KTO's reference point is above 0.
    """

    def make(objective, ahead=3.0):
        draw, found = random.Random(3), []
        for number in range(8):
            prompt = tuple(draw.randrange(3, VOCABULARY) for _ in range(draw.randrange(3, 15)))
            parts = {part: example(draw, prompt) for part in (*objective.parts, *objective.window_parts)}
            found.append(Sample(parts, {"liked": float(number % 3 > 0)} if objective.name == "kto" else {}))
        for role in objective.consults:
            found = consulted(reference(), found, objective, role, STEP, 0)
        for sample in found if objective.averages else ():
            sample.facts["reference.mismatched"] -= ahead
        return found

    return make


@pytest.fixture
def stepped(moved, tmp_path):
    """Give a function that makes one step: its loss and the gradient."""
    import torch

    from llmreg.training.loop import train

    def step(objective, samples, make=moved, **changes):
        model = make()
        before = {name: value.detach().clone() for name, value in model.named_parameters()}
        folder = tmp_path / f"{objective.name}-{len(list(tmp_path.iterdir()))}"
        training = STEP.model_copy(update=changes)
        outcome = train(model, samples, training, folder, objective=objective, pad_token_id=0)
        return outcome.losses[0], {name: before[name] - value.detach() for name, value in model.named_parameters()}

    step.close = lambda one, other: all(torch.allclose(one[name], other[name], rtol=1e-4, atol=2e-6) for name in one)
    return step
