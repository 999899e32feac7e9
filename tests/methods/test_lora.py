"""LoRA's counts, targets and 8-bit base."""

from __future__ import annotations

import json
import math
import sys

import pytest
import torch

from llmreg.errors import LlmregError
from llmreg_methods.lora import Lora
from llmreg_methods.low_rank import _hidden

ALL = "all-linear"


@pytest.mark.parametrize(
    ("size", "settings", "count"),
    [
        ("7B", {"rank": 8, "targets": ("q_proj", "v_proj")}, 4_194_304),
        ("13B", {"rank": 8, "targets": ("q_proj", "v_proj")}, 6_553_600),
        ("33B", {"rank": 8, "targets": ("q_proj", "v_proj")}, 12_779_520),
        ("65B", {"rank": 8, "targets": ("q_proj", "v_proj")}, 20_971_520),
        ("7B", {"rank": 16, "targets": ("q_proj", "k_proj", "v_proj", "o_proj")}, 16_777_216),
        ("7B", {"rank": 64, "targets": ALL}, 159_907_840),
        ("13B", {"rank": 64, "targets": ALL}, 250_347_520),
        ("33B", {"rank": 64, "targets": ALL}, 487_587_840),
        ("65B", {"rank": 64, "targets": ALL}, 799_539_200),
    ],
)
def test_the_counts_are_the_published_ones(size, settings, count, llama_on_meta, adapt_on_meta):
    assert adapt_on_meta(Lora(**settings), llama_on_meta(size)) == count


def test_the_update_is_alpha_over_rank_times_b_times_a(bases):
    torch.manual_seed(0)
    model = Lora(rank=4, alpha=6, targets=("q_proj",)).adapt(bases["llama"].load())
    layer = model.base_model.model.model.layers[1].self_attn.q_proj
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    with torch.no_grad():
        b.normal_()
        x = torch.randn(5, 48)
        expected = x @ layer.base_layer.weight.T + 6 / 4 * (x @ a.T @ b.T)
        torch.testing.assert_close(layer(x), expected)


def test_targets_may_come_as_text():
    for text in ("q_proj,k_proj", "q_proj, k_proj", "[q_proj,k_proj]", "[q_proj, k_proj]", "['q_proj', \"k_proj\"]"):
        assert Lora.model_validate({"targets": text}).targets == ("q_proj", "k_proj")
    assert Lora.model_validate({"targets": "[q_proj]"}).targets == ("q_proj",)
    assert Lora.model_validate({"targets": ALL}).targets == ALL


def test_a_target_may_be_told_by_more_of_its_path(bases):
    method = Lora(targets=("layers.0.self_attn.q_proj",))
    model = method.adapt(bases["llama"].load())
    assert [name for name, _ in model.named_parameters() if method.trains(name)] == [
        f"base_model.model.model.layers.0.self_attn.q_proj.lora_{part}.default.weight" for part in "AB"
    ]


def test_one_misspelt_target_among_good_ones_is_refused(bases):
    with pytest.raises(LlmregError) as caught:
        Lora(targets=("q_proj", "v_prj")).adapt(bases["llama"].load())
    message = str(caught.value)
    assert "no layer of LlamaForCausalLM is named v_prj; its linear layers are down_proj, gate_proj" in message


def test_the_head_is_no_target_of_all_linear(bases):
    model = Lora(targets=ALL).adapt(bases["gpt-neox"].load())
    assert not any("embed_out" in name for name, part in model.named_parameters() if part.requires_grad)


def test_the_adapter_is_written_the_same_way_every_time(bases, tmp_path):
    method = Lora(targets=ALL)
    method.save(method.adapt(bases["llama"].load()), tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(config["target_modules"])
    assert (tmp_path / "adapter_model.safetensors").exists()


def test_an_8_bit_base_holds_its_linear_layers_in_8_bits_and_nothing_else(bases):
    model = Lora(base_quant="int8").load(bases["llama"])
    types = {name: parameter.dtype for name, parameter in model.named_parameters()}
    eight = {name for name, dtype in types.items() if dtype == torch.int8}
    assert eight == {name for name in types if "_proj" in name}
    assert {types[name] for name in types if name not in eight} == {torch.float32}


def test_a_rehearsal_keeps_alpha_over_rank():
    small = Lora(rank=64, alpha=16).scaled(width_share=1 / 64, layers=2)
    assert (small.rank, small.alpha) == (4, 1)
    assert Lora(rank=2, alpha=16).scaled(width_share=1 / 64, layers=2) == Lora(rank=2, alpha=16)


def test_hiding_a_module_ends_with_the_block():
    import json as known

    with _hidden("json"), pytest.raises(ImportError):
        import json  # noqa: F401
    assert sys.modules["json"] is known
    with _hidden("kernels_that_nobody_has"):
        assert "kernels_that_nobody_has" in sys.modules
    assert "kernels_that_nobody_has" not in sys.modules


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("mlp", "mlp of LlamaForCausalLM is a LlamaMLP, not a linear layer; its linear layers are down_proj"),
        ("self_attn", "self_attn of LlamaForCausalLM is a LlamaAttention"),
        ("input_layernorm", "input_layernorm of LlamaForCausalLM is a LlamaRMSNorm"),
        ("", " of LlamaForCausalLM is a LlamaForCausalLM, not a linear layer"),
        ("0", "0 of LlamaForCausalLM is a LlamaDecoderLayer"),
    ],
)
def test_a_target_that_is_no_linear_layer_is_refused(bases, target, message):
    with pytest.raises(LlmregError, match=f"lora: targets: {message}"):
        Lora(targets=("q_proj", target)).adapt(bases["llama"].load())


def test_rslora_divides_alpha_by_the_root_of_the_rank_in_training_and_in_merging(bases, tmp_path):
    method = Lora(rank=4, alpha=6, targets=("q_proj",), rslora=True)
    model = method.adapt(bases["llama"].load())
    layer = model.base_model.model.model.layers[1].self_attn.q_proj
    with torch.no_grad():
        layer.lora_B["default"].weight.normal_()
    method.save(model, tmp_path)
    method.check_artifact(bases["llama"].load(), tmp_path)
    product = layer.lora_B["default"].weight @ layer.lora_A["default"].weight
    name = "model.layers.1.self_attn.q_proj.weight"
    (weight,) = [after for at, _, after in method.merged(method.restore(bases["llama"].load(), tmp_path)) if at == name]
    torch.testing.assert_close(weight, layer.base_layer.weight.detach() + 6 / math.sqrt(4) * product.detach())
    with pytest.raises(LlmregError, match="the settings say"):
        Lora(rank=4, alpha=6, targets=("q_proj",)).check_artifact(bases["llama"].load(), tmp_path)


def test_rslora_left_off_is_no_setting_of_a_recipe():
    assert "rslora" not in Lora().model_dump(mode="json")
    assert Lora(rslora=True).model_dump(mode="json")["rslora"] is True


def test_a_rehearsal_of_rslora_keeps_alpha_over_the_root_of_the_rank():
    small = Lora(rank=64, alpha=16, rslora=True).scaled(width_share=1 / 64, layers=2)
    assert (small.rank, small.alpha) == (4, 4)
