"""Tiny models, the nano tokenizer, uneven examples, and a subject that says what it is told to."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from llmreg.evaluation.subject import Subject
from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.training.encode import Example


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
def make_model(tokenizer):
    """Give a function that draws the same tiny model each time; its weights are large, so that answers differ."""
    import torch
    import transformers

    def make(architecture="llama", dropout=0.0, context=256):
        sizes = {
            "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 4, "max_position_embeddings": context, "initializer_range": 0.2,
            "attention_dropout": dropout, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
        }  # fmt: skip
        torch.manual_seed(7)
        if architecture == "gpt2":  # its positions are learnt: a text longer than the context fails
            config = transformers.GPT2Config(
                vocab_size=len(tokenizer), n_embd=32, n_layer=2, n_head=4, n_positions=context, initializer_range=0.2
            )
            return transformers.GPT2LMHeadModel(config).eval()
        if architecture == "gpt-neox":
            return transformers.GPTNeoXForCausalLM(transformers.GPTNeoXConfig(**sizes, hidden_dropout=dropout)).eval()
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes, num_key_value_heads=2)).eval()

    return make


@pytest.fixture(scope="session")
def subject(make_model, tokenizer):
    """A tiny llama that continues plain text."""
    return Subject(make_model(), tokenizer)


@pytest.fixture(scope="session")
def examples():
    """Samples of very different lengths, some with hardly a label."""
    draw = random.Random(0)
    found = []
    for size in (3, 60, 5, 17, 44, 2, 30, 9, 4, 25, 12, 50, 7, 33, 6, 21, 40, 3, 8, 15):
        ids = tuple(draw.randrange(3, 64) for _ in range(size))
        masked = draw.randrange(1, size)
        found.append(Example(ids, (*[-100] * masked, *ids[masked:])))
    return found


@dataclass
class Told:
    """A subject that gives prepared answers in turn, and prepared log-likelihoods of answers."""

    says: list[str] = field(default_factory=list)
    finds: dict[str, float] = field(default_factory=dict)
    alone: dict[str, float] = field(default_factory=dict)
    plain: bool = True
    asked: list[str] = field(default_factory=list)
    ended: bool | None = None

    def answers(self, questions, max_new_tokens):
        self.asked += [question.text for question in questions]
        return self.says[: len(questions)]

    def continuations(self, pairs, *, ended=False):
        self.ended = ended
        self.asked += [question.text for question, _ in pairs]
        return [self.finds[answer] for _, answer in pairs]

    def openings(self, answers, *, ended=False):
        return [self.alone.get(answer, 0.0) for answer in answers]


@pytest.fixture
def told():
    return Told


@pytest.fixture
def figures():
    """Give a function that reads what a task found as values by metric."""
    return lambda scored: {figure.metric: figure.value for figure in scored.figures}
