"""What every method promises, checked for each on each architecture: llmreg's core relies on nothing else."""

from __future__ import annotations

import pytest
import torch

from llmreg_methods.full import Full
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.pretrain import Pretrain
from llmreg_methods.qlora import Qlora

METHODS = [
    Full(),
    Pretrain(),
    Lora(targets="all-linear"),
    Lora(targets="all-linear", base_quant="int8", dropout=0.1),
    Qlora(rank=4),
    Qlora(rank=4, quant="fp4", double_quant=False, compute_dtype="float32"),
    LlamaAdapterV2(prompt_layers=2),
    LlamaAdapterV2(prompt_layers=3, gate="head", scale_side="input"),
    LlamaAdapterV2(prompt_layers=1, gate="layer", bias=False),
    LlamaAdapterV2(prompt_layers=2, norms=False, bias=False, scale=False),
    LlamaAdapterV2(prompts=False, scale_side="input"),
]
ARCHITECTURES = ["llama", "llama-grouped", "gpt-neox"]


def in_32_bits(method):
    """Tell the methods that compute in the precision of the bases here."""
    settings = method.model_dump()
    return settings.get("base_quant") != "int8" and settings.get("compute_dtype", "float32") == "float32"


def identify(method):
    return f"{method.name}-{METHODS.index(method)}"


every_method = pytest.mark.parametrize("method", METHODS, ids=identify)
every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


@every_architecture
@every_method
def test_before_the_first_step_the_base_is_unchanged(method, architecture, bases, logits):
    model = method.load(bases[architecture])
    before = logits(model)
    assert method.identity_at_start or method.name == "pretrain"
    assert torch.equal(logits(method.adapt(model)), before)


@every_architecture
@every_method
def test_what_trains_is_what_the_method_declares(method, architecture, bases, train):
    model = method.adapt(method.load(bases[architecture]))
    declared = {name for name, _ in model.named_parameters() if method.trains(name)}
    assert declared
    assert declared == {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    losses = train(model, steps=4)
    assert losses[-1] < losses[0]
    moved = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert moved == declared


@every_architecture
@every_method
def test_the_artifact_gives_the_same_logits_on_a_fresh_base(method, architecture, bases, train, logits, tmp_path):
    model = method.adapt(method.load(bases[architecture]))
    train(model, steps=3)
    method.save(model, tmp_path)
    assert list(tmp_path.glob("*.safetensors"))
    assert not list(tmp_path.glob("*.bin"))
    restored = method.restore(method.load(bases[architecture]), tmp_path)
    assert torch.equal(logits(restored), logits(model))


@every_architecture
@every_method
def test_reading_on_from_a_cache_equals_reading_at_once(method, architecture, bases, train, tokens, logits):
    model = method.adapt(method.load(bases[architecture]))
    train(model, steps=2)
    whole = logits(model)
    with torch.no_grad():
        cache = model(input_ids=tokens[:, :7], use_cache=True).past_key_values
        rest = model(input_ids=tokens[:, 7:], past_key_values=cache).logits
    # LLM.int8() chooses by all tokens of a batch which columns it leaves in 16 bits, so they are never quite the same.
    rounding = 1e-4 if in_32_bits(method) else 0.2
    assert (rest - whole[:, 7:]).abs().max() < rounding * whole.std()


@every_architecture
@pytest.mark.parametrize("method", [*filter(in_32_bits, METHODS)], ids=identify)
def test_generating_with_a_cache_equals_generating_without(method, architecture, bases, train, tokens):
    model = method.adapt(method.load(bases[architecture]))
    train(model, steps=2)
    options = {"attention_mask": torch.ones_like(tokens), "max_new_tokens": 12, "do_sample": False}
    cached = model.generate(input_ids=tokens, use_cache=True, **options)
    assert cached.shape[1] == tokens.shape[1] + 12
    assert torch.equal(cached, model.generate(input_ids=tokens, use_cache=False, **options))


@every_method
def test_a_rehearsal_keeps_the_method_and_fits_a_small_model(method, bases, train):
    small = method.scaled(width_share=48 / 4096, layers=3)
    assert type(small) is type(method)
    assert train(small.adapt(small.load(bases["llama"])))


@every_method
def test_what_is_packed_takes_less_than_16_bits(method):
    assert 0.4 < (method.packed() or 1) < 2
