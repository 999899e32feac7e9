"""LLaMA-Adapter's counts, its arithmetic written out once more, and how it starts."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llmreg.errors import LlmregError
from llmreg.schema import Training
from llmreg.training import loop
from llmreg.training.encode import Example
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2

V1 = LlamaAdapterV2(norms=False, bias=False, scale=False)
OUTPUT_SIDE = LlamaAdapterV2(prompts=False)
INPUT_SIDE = LlamaAdapterV2(prompts=False, scale_side="input")


@pytest.mark.parametrize(
    ("size", "method", "count"),
    [
        ("7B", V1, 1_229_760),
        ("65B", V1, 2_459_520),
        ("7B", INPUT_SIDE, 2_764_800),
        ("65B", INPUT_SIDE, 13_811_712),
        ("7B", OUTPUT_SIDE, 2_985_984),
        ("65B", OUTPUT_SIDE, 14_917_632),
        ("7B", LlamaAdapterV2(), 4_215_744),
        ("65B", LlamaAdapterV2(), 17_377_152),
        ("7B", V1.model_copy(update={"gate": "layer"}), 1_228_830),
    ],
)
def test_the_counts_are_the_published_ones(size, method, count, llama_on_meta, adapt_on_meta):
    assert adapt_on_meta(method, llama_on_meta(size)) == count


@st.composite
def shapes(draw):
    groups, kv_heads, head_width = draw(st.integers(1, 3)), draw(st.integers(1, 3)), 2 * draw(st.integers(1, 4))
    return {
        "num_hidden_layers": draw(st.integers(1, 4)),
        "num_attention_heads": groups * kv_heads,
        "num_key_value_heads": kv_heads,
        "hidden_size": groups * kv_heads * head_width,
        "intermediate_size": draw(st.integers(1, 40)),
        "vocab_size": 11,
    }


parts = st.fixed_dictionaries({part: st.booleans() for part in ("prompts", "norms", "bias", "scale")}).filter(
    lambda chosen: any(chosen.values())
)


@settings(max_examples=60, deadline=None)
@given(
    shapes(), parts, st.integers(1, 5), st.integers(1, 4),
    st.sampled_from(["head_tanh", "head", "layer"]), st.sampled_from(["output", "input"]),
)  # fmt: skip
def test_the_count_follows_the_formulas_for_every_shape_and_setting(shape, chosen, length, top, gate, side):
    import transformers

    n, d, f = shape["num_hidden_layers"], shape["hidden_size"], shape["intermediate_size"]
    heads = shape["num_attention_heads"]
    d_kv = d // heads * shape["num_key_value_heads"]
    top = min(top, n)
    expected = {
        "prompts": top * (length * d + (1 if gate == "layer" else heads)),
        "norms": (2 * n + 1) * d,
        "bias": n * (3 * d + 2 * d_kv + 2 * f),
        "scale": n * (6 * d + f) if side == "input" else n * (3 * d + 2 * d_kv + 2 * f),
    }
    method = LlamaAdapterV2(**chosen, prompt_length=length, prompt_layers=top, gate=gate, scale_side=side)
    with torch.device("meta"):
        model = method.adapt(transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape)))
    trained = {name: part.numel() for name, part in model.named_parameters() if part.requires_grad}
    assert sum(trained.values()) == sum(expected[part] for part, on in chosen.items() if on)
    assert set(trained) == {name for name, _ in model.named_parameters() if method.trains(name)}


def written_out(attention, x, gate, rotation):
    """Attention with prompts as the papers write it, head by head, one sequence x (tokens, width)."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    config, c = attention.config, attention.head_dim
    prompt, opening = attention.adaption["prompt"], attention.adaption["gate"]
    causal = torch.full((len(x), len(x)), -torch.inf).triu(1)
    outputs = []
    for head in range(config.num_attention_heads):
        group = head // (config.num_attention_heads // config.num_key_value_heads)
        w_q = attention.q_proj.weight[head * c : (head + 1) * c]
        w_k = attention.k_proj.weight[group * c : (group + 1) * c]
        w_v = attention.v_proj.weight[group * c : (group + 1) * c]
        q, k = apply_rotary_pos_emb((x @ w_q.T)[None, None], (x @ w_k.T)[None, None], *rotation)
        q, k = q[0, 0], k[0, 0]
        own = torch.softmax(q @ k.T / c**0.5 + causal, -1) @ (x @ w_v.T)
        prompted = torch.softmax(q @ (prompt @ w_k.T).T / c**0.5, -1) @ (prompt @ w_v.T)
        factor = {"head_tanh": torch.tanh(opening), "head": opening, "layer": opening.expand(4)}[gate][head]
        outputs.append(own + factor * prompted)
    return torch.cat(outputs, -1) @ attention.o_proj.weight.T


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize("gate", ["head_tanh", "head", "layer"])
@pytest.mark.parametrize("architecture", ["llama", "llama-grouped", "mistral"])
def test_attention_is_what_the_papers_write(architecture, gate, implementation, bases):
    torch.manual_seed(1)
    base = bases[architecture].load(attn_implementation=implementation)
    method = LlamaAdapterV2(prompt_layers=3, norms=False, bias=False, scale=False, gate=gate)
    model = method.adapt(base)
    seen = {}
    attention = model.model.layers[1].self_attn
    attention.register_forward_hook(
        lambda _, __, keywords, output: seen.update(keywords, output=output[0]), with_kwargs=True
    )
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.adaption["gate"].normal_()
        model(input_ids=torch.arange(1, 13)[None])
        expected = written_out(attention, seen["hidden_states"][0], gate, seen["position_embeddings"])
    torch.testing.assert_close(seen["output"][0], expected, rtol=1e-4, atol=1e-5)


def test_prompts_of_fused_projections_equal_those_of_separate_ones(bases):
    from llmreg_methods.llama_adapter_v2 import _project_together

    attention = bases["gpt-neox"].load().gpt_neox.layers[0].attention
    prompt = torch.randn(5, 48)
    weight = attention.query_key_value.weight.view(4, 3, 12, 48)
    bias = attention.query_key_value.bias.view(4, 3, 12)
    key, value = _project_together(attention, prompt)
    torch.testing.assert_close(key, torch.einsum("pd,hcd->hpc", prompt, weight[:, 1]) + bias[:, None, 1])
    torch.testing.assert_close(value, torch.einsum("pd,hcd->hpc", prompt, weight[:, 2]) + bias[:, None, 2])


@pytest.mark.parametrize("side", ["output", "input"])
def test_bias_and_scale_are_on_the_side_that_the_setting_says(side, bases):
    torch.manual_seed(1)
    layer = LlamaAdapterV2(prompts=False, scale_side=side).adapt(bases["llama"].load()).model.layers[0].mlp.down_proj
    with torch.no_grad():
        bias, scale = layer.tuning["bias"].normal_(), layer.tuning["scale"].normal_()
        x = torch.randn(5, 101)
        w = layer.weight.T
        expected = scale * (x @ w + bias) if side == "output" else (scale * x) @ w + bias
        torch.testing.assert_close(layer(x), expected)


def test_prompts_see_the_frozen_projections_without_bias_and_scale(bases, logits):
    model = LlamaAdapterV2(prompt_layers=3).adapt(bases["llama"].load())
    attention = model.model.layers[0].self_attn
    seen = []
    attention.k_proj.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape))
    logits(model)
    assert seen == [(2, 12, 48)]


def test_at_the_first_step_gates_move_and_prompts_do_not(bases, train):
    method = LlamaAdapterV2(prompt_layers=2)
    model = method.adapt(bases["llama"].load())
    names = [name for name, _ in model.named_parameters() if "adaption" in name]
    assert len(names) == 4
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    def moved():
        now = dict(model.named_parameters())
        return {name for name in names if not torch.equal(now[name], before[name])}

    train(model, steps=1)
    assert moved() == {name for name in names if name.endswith("gate")}
    train(model, steps=1)
    assert moved() == set(names)


def test_prompts_are_in_the_top_layers(bases):
    model = LlamaAdapterV2(prompt_layers=2).adapt(bases["llama"].load())
    assert [hasattr(layer.self_attn, "adaption") for layer in model.model.layers] == [False, True, True]


def test_prompts_are_drawn_from_a_standard_normal(bases):
    torch.manual_seed(0)
    model = LlamaAdapterV2(prompt_layers=3, prompt_length=200).adapt(bases["llama"].load())
    prompt = model.model.layers[2].self_attn.adaption["prompt"]
    assert prompt.mean().abs() < 0.05
    assert (prompt.std() - 1).abs() < 0.05


@pytest.mark.parametrize("architecture", ["llama-grouped", "gpt-neox"])
def test_packed_sequences_do_not_see_each_other(architecture, bases, train):
    model = LlamaAdapterV2(prompt_layers=3).adapt(bases[architecture].load())
    train(model, steps=3, learning_rate=0.05)
    first, second = torch.arange(1, 8), torch.arange(20, 31)
    positions = torch.cat([torch.arange(7), torch.arange(11)])[None]
    with torch.no_grad():
        packed = model(input_ids=torch.cat([first, second])[None], position_ids=positions, use_cache=False).logits
        alone = model(input_ids=second[None]).logits
    torch.testing.assert_close(packed[:, 7:], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", ["llama", "gpt-neox"])
def test_a_16_bit_base_stays_so_and_what_trains_is_in_32_bits(architecture, bases, logits, train, tmp_path):
    base = bases[architecture]
    method = LlamaAdapterV2(prompt_layers=2)
    before = logits(base.load(dtype=torch.bfloat16))
    model = method.adapt(base.load(dtype=torch.bfloat16))
    after = logits(model)
    assert after.dtype == torch.bfloat16
    assert torch.equal(after, before)
    dtypes = {(method.trains(name), parameter.dtype) for name, parameter in model.named_parameters()}
    assert dtypes == {(True, torch.float32), (False, torch.bfloat16)}
    losses = train(model, steps=5)
    assert losses[-1] < losses[0]
    method.save(model, tmp_path)
    restored = method.restore(base.load(dtype=torch.bfloat16), tmp_path)
    assert torch.equal(logits(restored), logits(model))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_16_bit_base_trains_in_the_loop_that_attends_in_32_bits_on_a_cpu(precision, bases, tmp_path):
    chosen = Training(learning_rate=1e-2, batch_size=2, steps=5, optimizer="adamw", precision=precision)
    model = LlamaAdapterV2(prompt_layers=2).adapt(bases["llama"].load(dtype=torch.bfloat16))
    ids = tuple(range(3, 23))
    found = loop.train(model, [Example(ids, ids), Example(ids[:9], ids[:9])], chosen, tmp_path, pad_token_id=0)
    assert found.losses[-1] < found.losses[0]


def test_it_trains_under_automatic_mixed_precision(bases, tokens):
    model = LlamaAdapterV2(prompt_layers=2).adapt(bases["llama"].load())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model.train()(input_ids=tokens, labels=tokens).loss
    loss.backward()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in trained)


def test_gradients_are_the_same_with_activation_checkpointing(bases, tokens):
    gradients = []
    for checkpointing in (False, True):
        torch.manual_seed(2)
        model = LlamaAdapterV2(prompt_layers=2).adapt(bases["llama"].load()).train()
        with torch.no_grad():
            model.model.layers[2].self_attn.adaption["gate"].fill_(0.5)
        if checkpointing:
            model.activation_checkpointing_enable()
        model(input_ids=tokens, labels=tokens, use_cache=False).loss.backward()
        gradients.append({name: part.grad for name, part in model.named_parameters() if part.requires_grad})
    plain, checkpointed = gradients
    for name in plain:
        torch.testing.assert_close(checkpointed[name], plain[name])


def test_another_model_with_the_same_configuration_is_not_touched(bases, logits):
    plain, adapted = bases["llama"].load(), bases["llama"].load()
    before = logits(plain)
    model = LlamaAdapterV2(prompt_layers=3).adapt(adapted)
    with torch.no_grad():
        model.model.layers[0].self_attn.adaption["gate"].fill_(1)
    assert torch.equal(logits(plain), before)
    assert not torch.equal(logits(model), before)


def test_more_layers_with_prompts_than_layers_are_refused(bases):
    with pytest.raises(LlmregError, match="prompt_layers is 30, but the model has only 3 layers"):
        LlamaAdapterV2().adapt(bases["llama"].load())


def test_a_rehearsal_keeps_a_layer_without_prompts():
    assert LlamaAdapterV2().scaled(width_share=0.1, layers=4).prompt_layers == 3
    assert LlamaAdapterV2().scaled(width_share=0.1, layers=1).prompt_layers == 1
    assert LlamaAdapterV2(prompt_layers=2).scaled(width_share=0.1, layers=8).prompt_layers == 2


def test_prompts_for_an_unknown_architecture_are_refused_with_the_way_out():
    import transformers

    config = transformers.Qwen2Config(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        vocab_size=9,
    )  # fmt: skip
    model = transformers.Qwen2ForCausalLM(config)
    with pytest.raises(LlmregError, match=r"'qwen2', only for llama, mistral, gpt_neox; with `prompts: false`"):
        LlamaAdapterV2(prompt_layers=1).adapt(model)
    assert any(parameter.requires_grad for parameter in LlamaAdapterV2(prompts=False).adapt(model).parameters())


def test_a_model_without_decoder_layers_is_refused(bases):
    model = bases["llama"].load()
    model.config.num_hidden_layers = 4
    with pytest.raises(LlmregError, match="LlamaForCausalLM has no list of decoder layers"):
        LlamaAdapterV2().adapt(model)


def test_a_model_without_linear_layers_has_nothing_to_stand_beside():
    import transformers

    sizes = {"n_embd": 8, "n_layer": 1, "n_head": 2, "vocab_size": 9}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**sizes))
    with pytest.raises(LlmregError, match="GPT2Block has no linear layers for `bias` and `scale`"):
        LlamaAdapterV2(prompts=False).adapt(model)


def test_an_attention_that_cannot_take_prompts_is_refused(bases):
    model = bases["llama"].load()
    model.config._attn_implementation_internal = "flash_attention_2"
    with pytest.raises(LlmregError, match="need the attention `sdpa` or `eager`, not 'flash_attention_2'"):
        LlamaAdapterV2(prompt_layers=1).adapt(model)


def test_settings_that_train_nothing_are_refused():
    with pytest.raises(ValidationError, match="nothing would train"):
        LlamaAdapterV2(prompts=False, norms=False, bias=False, scale=False)


def test_an_artifact_made_with_other_settings_is_refused(bases, tmp_path):
    LlamaAdapterV2(prompt_layers=2).save(LlamaAdapterV2(prompt_layers=2).adapt(bases["llama"].load()), tmp_path)
    with pytest.raises(LlmregError, match="was made with other settings"):
        LlamaAdapterV2(prompt_layers=2, gate="head").restore(bases["llama"].load(), tmp_path)


def test_an_artifact_of_another_architecture_is_refused(bases, tmp_path):
    method = LlamaAdapterV2(prompt_layers=2)
    method.save(method.adapt(bases["llama"].load()), tmp_path)
    with pytest.raises(LlmregError, match="does not fit GPTNeoXForCausalLM"):
        method.restore(bases["gpt-neox"].load(), tmp_path)
