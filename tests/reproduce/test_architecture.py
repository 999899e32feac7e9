"""Architectures: what an entry states, which of them can be built, and how each is scaled down."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig

from builders import catalog, edge, model
from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.architecture import (
    LARGEST,
    NoModelError,
    architecture_of,
    base_of,
    config_of,
    full_config,
    scaled_config,
)
from llmreg.reproduce.base import ConfigBase, FolderBase, check_architecture
from llmreg.schema import Model
from llmreg_methods.lora import Lora

DECODERS = [
    "bloom", "falcon", "gemma", "gpt2", "gpt_bigcode", "gpt_neox", "gptj", "llama", "mistral", "mpt", "olmo", "olmo2",
    "opt", "phi", "qwen2", "stablelm",
]  # fmt: skip
LARGE = {"hidden_size": 4096, "num_hidden_layers": 8, "num_attention_heads": 32}
PARTS = {"stablelm-base-alpha-3b": 4, "stablelm-base-alpha-7b": 2}
"""Models whose published count has what every part of model-parallel training holds once for each part."""
IN_EVERY_PART = ("layernorm.weight", "layernorm.bias", "layer_norm.weight", "layer_norm.bias",
                 "dense.bias", "dense_4h_to_h.bias")  # fmt: skip


def parameters(config):
    with torch.device("meta"):
        return {name: part.numel() for name, part in ConfigBase(config).random().named_parameters()}


def small(model_type, **dimensions):
    return scaled_config({"model_type": model_type, **dimensions}, tokenizer())


def test_every_decoder_that_the_catalog_names_is_tested_here(built_in):
    stated = {built_in.get_as(Model, entry_id).architecture.get("model_type") for entry_id in built_in.ids(Model)}
    assert stated - {None} <= {*DECODERS, "t5"}


@pytest.mark.parametrize("model_type", DECODERS)
def test_a_small_model_of_every_decoder_learns_from_one_batch(model_type):
    config = small(model_type, **LARGE)
    assert config.model_type == model_type
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (128, 4, 4)
    assert config.vocab_size == len(tokenizer())
    network = ConfigBase(config).random().eval()
    batch = torch.arange(3, 35).view(2, 16)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = network(batch, labels=batch).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[1] < losses[0]


@pytest.mark.parametrize("model_type", DECODERS)
def test_all_linear_reaches_every_matrix_of_the_blocks_and_no_other(model_type):
    with torch.device("meta"):
        network = ConfigBase(small(model_type, **LARGE)).random()
        wide = {name for name, part in network.named_parameters() if part.dim() == 2}
        head, embedded = network.get_output_embeddings(), network.get_input_embeddings()
        outside = {name for name, part in network.named_modules() if part in (head, embedded)}
        adapted = Lora(rank=4, targets="all-linear").adapt(network)
    reached = {name for name, _ in adapted.named_parameters() if ".lora_A." in name}
    layers = {name.removeprefix("base_model.model.").partition(".lora_A")[0] for name in reached}
    positions = {name for name in wide if any(word in name for word in ("embed_positions", "wpe"))}
    assert layers == {name.removesuffix(".weight") for name in wide - positions} - outside


def test_an_encoder_decoder_is_scaled_on_both_sides(built_in):
    t5 = small(**architecture_of(built_in, "t5-v1.1-xl"))
    assert (t5.d_model, t5.d_kv, t5.d_ff, t5.num_heads, t5.num_layers, t5.num_decoder_layers) == (128, 32, 320, 4, 4, 4)
    assert (t5.vocab_size, t5.decoder_start_token_id) == (len(tokenizer()), tokenizer().pad_token_id)
    assert (t5.is_gated_act, t5.scale_decoder_outputs) == (True, False)


@pytest.mark.parametrize(("tied", "heads"), [(False, 1), (True, 0)])
def test_the_head_of_t5_is_apart_where_the_architecture_says_so_drawn_or_loaded(tmp_path, tied, heads):
    config = small("t5", d_model=64, num_heads=4, num_layers=2, d_ff=128, tie_word_embeddings=tied)
    drawn = ConfigBase(config).random()
    drawn.save_pretrained(tmp_path)
    for network in (drawn, FolderBase(tmp_path).load(), FolderBase(tmp_path).random()):
        embedded = network.get_input_embeddings().weight
        assert (network.get_output_embeddings().weight is not embedded) == bool(heads)
        assert network.encoder.embed_tokens.weight is embedded
        assert network.decoder.embed_tokens.weight is embedded
        assert sum(value.numel() for value in network.parameters()) == sum(parameters(config).values())


def test_the_known_sizes_of_t5(built_in):
    found = {name: sum(parameters(full_config(built_in, f"t5-v1.1-{name}")).values()) for name in ("large", "xl")}
    assert found == {"large": 783_150_080, "xl": 2_849_757_184}


def test_other_widths_keep_their_ratio_to_the_width(built_in):
    opt = small(**architecture_of(built_in, "opt-350m"))
    assert (opt.ffn_dim, opt.word_embed_proj_dim, opt.do_layer_norm_before) == (512, 64, False)
    assert small(**architecture_of(built_in, "gpt-j-6b")).rotary_dim == 8
    assert small(**architecture_of(built_in, "gemma-7b")).intermediate_size == 1024


def test_key_heads_stay_shared_under_every_name(built_in):
    assert small(**architecture_of(built_in, "falcon-40b")).num_kv_heads == 1
    assert small(**architecture_of(built_in, "mistral-7b-v0.1")).num_key_value_heads == 1
    assert small(**architecture_of(built_in, "starcoderbase-15b")).multi_query is True


def test_a_dimension_stated_by_an_alias_is_scaled_too(built_in):
    assert architecture_of(built_in, "bloom-176b")["n_layer"] == 70
    assert small(**architecture_of(built_in, "bloom-176b")).num_hidden_layers == 4


def test_the_inner_width_may_be_stated_by_any_name():
    assert config_of({"model_type": "gpt2", "hidden_size": 64, "intermediate_size": 100}).n_inner == 100
    assert config_of({"model_type": "opt", "hidden_size": 64, "intermediate_size": 100}).ffn_dim == 100


@pytest.mark.parametrize(
    ("model_type", "dimensions", "reason"),
    [
        ("mamba", {}, "names no width, blocks or heads"),
        ("mixtral", {"num_local_experts": 256}, "keeps 176,634,240 parameters"),
        ("gpt_neo", {}, "cannot be built in small"),
    ],
)
def test_an_architecture_that_the_rule_does_not_fit_is_refused(model_type, dimensions, reason):
    with pytest.raises(NoModelError, match=f"the architecture '{model_type}' {reason}"):
        small(model_type, **dimensions)
    assert LARGEST < 176_634_240


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ({}, "derived: no architecture is recorded for it or a base of it; add `architecture` to origin"),
        (
            {"model_type": "whisper"},
            r"derived has the architecture 'whisper' \(stated by origin\), which is no language",
        ),
        ({"model_type": "lama"}, "'lama' .*which transformers .* does not have; did you mean 'llama'.* no remote code"),
        ({"model_type": "clip"}, "'clip' .*which is no language model"),
    ],
)
def test_an_entry_without_a_model_to_build_says_why_and_where(architecture, words):
    entries = catalog(model("origin", architecture=architecture), model("derived", edge("finetune", "origin")))
    with pytest.raises(NoModelError, match=words):
        full_config(entries, "derived")


def test_an_entry_from_several_models_has_no_single_one():
    entries = catalog(model("a"), model("b"), model("mixed", edge("merge", "a"), edge("merge", "b")))
    with pytest.raises(NoModelError, match=r"mixed starts from several models \(a, b\)"):
        base_of(entries, "mixed")


def test_dimensions_that_are_wrong_are_a_fault_and_not_an_obstacle():
    entries = catalog(model("wrong", architecture={"model_type": "llama", "hidden_size": "wide"}))
    with pytest.raises(LlmregError, match=r"wrong: [\s\S]*'wide'[\s\S]*correct `architecture` in wrong") as caught:
        full_config(entries, "wrong")
    assert not isinstance(caught.value, NoModelError)


def test_counted_parameters_agree_with_the_published_ones(built_in):
    entries = [built_in.get_as(Model, entry_id) for entry_id in built_in.ids(Model)]
    published = [entry for entry in entries if entry.architecture and entry.parameters]
    assert len(published) > 20
    for entry in published:
        counted = parameters(full_config(built_in, entry.id))
        repeated = sum(number for name, number in counted.items() if name.endswith(IN_EVERY_PART))
        copies = PARTS.get(entry.id, 1) - 1
        rounding = len(str(entry.parameters).rstrip("0")) - len(str(entry.parameters))  # "135M" ends in six zeros
        assert round(sum(counted.values()) + copies * repeated, rounding) == entry.parameters, entry.id


def test_weights_are_compared_with_what_is_said_of_rotary_embeddings(tmp_path):
    said = {"model_type": "gpt_neox", "hidden_size": 64, "rotary_pct": 0.25}
    AutoConfig.for_model(**said).save_pretrained(tmp_path)
    check_architecture(tmp_path, said, "tiny")
    with pytest.raises(LlmregError, match=r"not those of tiny: rope_parameters is .*0\.25.*, not .*1\.0"):
        check_architecture(tmp_path, {**said, "rotary_pct": 1.0}, "tiny")
    with pytest.raises(LlmregError, match="num_hidden_layers is 44, not 32"):
        check_architecture(tmp_path, {**said, "num_hidden_layers": 32}, "tiny")


def test_weights_are_compared_with_what_is_said_of_t5s_head(tmp_path):
    said = {"model_type": "t5", "d_model": 64, "tie_word_embeddings": False}
    config_of(said).save_pretrained(tmp_path)
    check_architecture(tmp_path, said, "tiny")
    with pytest.raises(LlmregError, match="scale_decoder_outputs is False, not True"):
        check_architecture(tmp_path, {**said, "tie_word_embeddings": True}, "tiny")
