"""Pretraining starts from the architecture alone."""

from __future__ import annotations

import torch

from llmreg_methods.pretrain import Pretrain


def test_the_weights_are_drawn_anew_and_follow_the_seed(bases, logits):
    torch.manual_seed(0)
    first = logits(Pretrain().load(bases["llama"]))
    torch.manual_seed(0)
    again = logits(Pretrain().load(bases["llama"]))
    other = logits(Pretrain().load(bases["llama"]))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, logits(bases["llama"].load()))


def test_it_promises_nothing_about_a_base():
    assert not Pretrain.needs_base
    assert not Pretrain.identity_at_start
