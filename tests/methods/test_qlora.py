"""QLoRA's 4-bit base, its counts and its memory."""

from __future__ import annotations

import pytest
import torch

from llmreg_methods.qlora import Qlora

GUANACO = Qlora(rank=64, alpha=16, dropout=0.05)


def test_the_linear_layers_of_the_blocks_are_in_4_bits_and_nothing_else(bases):
    from bitsandbytes.nn import Linear4bit

    model = Qlora().load(bases["llama"])
    packed = {name for name, part in model.named_modules() if isinstance(part, Linear4bit)}
    assert packed == {name for name, _ in model.named_modules() if name.endswith("_proj")}
    assert {part.dtype for name, part in model.named_parameters() if "_proj" not in name} == {torch.bfloat16}
    state = model.model.layers[0].mlp.up_proj.weight.quant_state
    assert (state.quant_type, state.nested, state.blocksize, state.state2.blocksize) == ("nf4", True, 64, 256)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_nothing_is_held_wider_than_it_is_computed(dtype, bases):
    method = Qlora(compute_dtype=dtype)
    model = method.adapt(method.load(bases["llama"]))
    held = {parameter.dtype for parameter in model.parameters()}
    assert held == {torch.uint8, getattr(torch, dtype)}


def test_evaluating_leaves_the_frozen_weights_as_they_are_packed(bases, logits):
    model = Qlora().load(bases["llama"])
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    logits(model)
    assert all(torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())


def test_the_product_is_with_the_unpacked_weights(bases):
    from bitsandbytes.functional import dequantize_4bit

    model = Qlora(compute_dtype="float32").load(bases["llama"])
    layer = model.model.layers[0].mlp.down_proj
    stored = bases["llama"].load().model.layers[0].mlp.down_proj.weight
    unpacked = dequantize_4bit(layer.weight.data, layer.weight.quant_state)
    x = torch.randn(4, 101)
    torch.testing.assert_close(layer(x), x @ unpacked.T)
    # Near what was stored, and not the same: 16 values a block are all there are.
    assert 0 < (unpacked - stored).abs().max() < 0.2 * stored.abs().max()


@pytest.mark.parametrize(
    ("size", "count"), [("7B", 159_907_840), ("13B", 250_347_520), ("33B", 487_587_840), ("65B", 799_539_200)]
)
def test_guanaco_trains_as_many_parameters_as_published(size, count, llama_on_meta, adapt_on_meta):
    assert adapt_on_meta(GUANACO, llama_on_meta(size)) == count


def test_double_quantization_saves_what_the_paper_says():
    """0.373 bits a parameter (arXiv:2305.14314)."""
    saved = Qlora(double_quant=False).packed() - Qlora().packed()
    assert 8 * saved == pytest.approx(0.373, abs=5e-4)
