"""Full fine-tuning trains every parameter there is."""

from __future__ import annotations

import pytest

from bases import Folder
from llmreg_methods.full import Full

BASE_TOTALS = {"7B": 6_738_415_616, "13B": 13_015_864_320, "33B": 32_528_943_616, "65B": 65_285_660_672}


@pytest.mark.parametrize("size", BASE_TOTALS)
def test_the_count_is_the_whole_model(size, llama_on_meta, adapt_on_meta):
    assert adapt_on_meta(Full(), llama_on_meta(size)) == BASE_TOTALS[size]


def test_a_frozen_base_is_unfrozen(bases):
    model = bases["llama"].load().requires_grad_(False)
    assert all(parameter.requires_grad for parameter in Full().adapt(model).parameters())


def test_a_base_of_16_bits_trains_and_is_kept_in_32_for_small_steps_would_be_rounded_away(bases, tmp_path):
    import torch

    bases["llama"].load(dtype=torch.bfloat16).save_pretrained(tmp_path / "base")
    model = Full().adapt(Full().load(Folder(tmp_path / "base")))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    Full().save(model, tmp_path)
    assert Full().restore(bases["llama"].load(dtype=torch.float32), tmp_path).dtype == torch.float32
