"""Full fine-tuning trains every parameter there is."""

from __future__ import annotations

import pytest

from llmreg_methods.full import Full

BASE_TOTALS = {"7B": 6_738_415_616, "13B": 13_015_864_320, "33B": 32_528_943_616, "65B": 65_285_660_672}


@pytest.mark.parametrize("size", BASE_TOTALS)
def test_the_count_is_the_whole_model(size, llama_on_meta, adapt_on_meta):
    assert adapt_on_meta(Full(), llama_on_meta(size)) == BASE_TOTALS[size]


def test_a_frozen_base_is_unfrozen(bases):
    model = bases["llama"].load().requires_grad_(False)
    assert all(parameter.requires_grad for parameter in Full().adapt(model).parameters())


def test_the_precision_of_the_base_is_kept(bases, tmp_path):
    import torch

    model = Full().adapt(bases["llama"].load(dtype=torch.bfloat16))
    Full().save(model, tmp_path)
    assert Full().restore(bases["llama"].load(dtype=torch.bfloat16), tmp_path).dtype == torch.bfloat16
