"""GGUF files, read back with the library of llama.cpp and through transformers."""

from __future__ import annotations

import json
import sys
from itertools import pairwise

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.gguf import write_gguf

SIZES = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 300, "max_position_embeddings": 64, "initializer_range": 0.2,
    "rms_norm_eps": 1e-5,
}  # fmt: skip
TEXTS = ["a cab", "the  cat\n", "héllo 🦙", "", "catcatcab thethe"]


def pieces():
    """A small tokenizer like SentencePiece's: pairs joined in order, every byte known."""
    base = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *"▁abchetn"]
    pairs = ("c a", "t h", "h e", "th e", "t he", "ca t", "▁ the", "▁the n")
    merges = [tuple(pair.split()) for pair in pairs]
    words = dict.fromkeys([*base, *("".join(pair) for pair in merges)])
    model = models.BPE(
        vocab={word: place for place, word in enumerate(words)},
        merges=merges,
        unk_token="<unk>",
        byte_fallback=True,
        fuse_unk=True,
    )
    backend = Tokenizer(model)
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


def whole(folder, words=None, **dimensions):
    torch.manual_seed(2)
    config = config_of({"model_type": "llama", **SIZES, **dimensions})
    network = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    network.save_pretrained(folder)
    (words or pieces()).save_pretrained(folder)
    return network


def logits(network):
    with torch.no_grad():
        return network.eval()(torch.arange(40).view(2, 20)).logits


def reader(path):
    gguf = pytest.importorskip("gguf", reason="the extra `gguf` is not installed")
    return gguf, gguf.GGUFReader(path)


@pytest.fixture(autouse=True)
def _library():
    pytest.importorskip("gguf", reason="the extra `gguf` is not installed")


def back(values, heads):
    return values.reshape(heads, -1, 2, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


@pytest.mark.parametrize(
    ("kind", "formats", "limit"),
    [
        ("f32", {"F32"}, 0.0),
        ("f16", {"F16", "F32"}, 2e-3),
        ("bf16", {"BF16", "F32"}, 8e-3),
        ("q8_0", {"Q8_0", "F32"}, 1e-2),
    ],
)
def test_every_tensor_comes_back(kind, formats, limit, tmp_path):
    network = whole(tmp_path / "model")
    written = write_gguf(tmp_path / "model", tmp_path / "model.gguf", kind=kind)
    gguf, read = reader(tmp_path / "model.gguf")
    found = {tensor.name: gguf.dequantize(tensor.data, tensor.tensor_type) for tensor in read.tensors}
    assert {tensor.tensor_type.name for tensor in read.tensors} == formats == set(written.by_format)
    assert len(found) == written.tensors == len(network.state_dict())
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 2)
    for name, expected in network.state_dict().items():
        values = found[names.get_name(name, try_suffixes=(".weight",))]
        heads = {"q_proj": 4, "k_proj": 2}.get(name.split(".")[-2])
        values = torch.tensor(back(values, heads) if heads else values).view(expected.shape)
        assert (values - expected).abs().max() <= limit * expected.abs().max(), name


@pytest.mark.parametrize(
    "dimensions",
    [{}, {"tie_word_embeddings": True}, {"rope_theta": 500.0}, {"num_key_value_heads": 4}],
    ids=["grouped", "tied", "theta", "ungrouped"],
)
def test_transformers_reads_the_same_model_from_it(dimensions, tmp_path):
    network = whole(tmp_path / "model", **dimensions)
    write_gguf(tmp_path / "model", tmp_path / "model.gguf", kind="f32")
    read = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype=torch.float32)
    assert (logits(read) - logits(network)).abs().max() < 1e-5 * logits(network).std()


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """The tokens, scores and kinds in a file, and the tokenizer that they were made of."""
    gguf = pytest.importorskip("gguf", reason="the extra `gguf` is not installed")
    folder = tmp_path_factory.mktemp("words")
    whole(folder / "model")
    write_gguf(folder / "model", folder / "model.gguf")
    fields = gguf.GGUFReader(folder / "model.gguf").fields
    scores = fields["tokenizer.ggml.scores"].contents()
    tokens = {text: place for place, text in enumerate(fields["tokenizer.ggml.tokens"].contents())}
    assert fields["tokenizer.ggml.add_space_prefix"].contents() is True
    return tokens, scores, transformers.AutoTokenizer.from_pretrained(folder / "model")


def read_as_llama_cpp_does(text, tokens, scores):
    """Join the neighbours whose token has the highest score, the leftmost of equals, then spell the rest in bytes."""
    parts = list(" " * bool(text) + text.replace("▁", " "))
    parts = [part.replace(" ", "▁") for part in parts]
    while True:
        pairs = [(-scores[tokens[a + b]], at) for at, (a, b) in enumerate(pairwise(parts)) if a + b in tokens]
        if not pairs:
            break
        _, at = min(pairs)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    spelled = [
        [tokens[part]] if part in tokens else [tokens[f"<0x{byte:02X}>"] for byte in part.encode()] for part in parts
    ]
    return [token for part in spelled for token in part]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["cat", "the", "then", "a", "h", " ", "  ", "n", "é🦙", "\n"])).map("".join))
def test_the_scores_say_what_the_order_of_joins_says(vocabulary, text):
    tokens, scores, words = vocabulary
    assert read_as_llama_cpp_does(text, tokens, scores) == words(text, add_special_tokens=False)["input_ids"]


def test_transformers_reads_the_same_tokenizer_from_it(tmp_path):
    whole(tmp_path / "model")
    write_gguf(tmp_path / "model", tmp_path / "model.gguf")
    read = transformers.AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")
    own = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    for text in TEXTS:
        assert read(text, add_special_tokens=False)["input_ids"] == own(text, add_special_tokens=False)["input_ids"]


def test_what_is_known_of_model_and_tokenizer_is_written(tmp_path):
    words = pieces()
    words.chat_template = "{{ bos_token }}{{ messages[0]['content'] }}"
    whole(tmp_path / "model", words, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0})
    written = write_gguf(tmp_path / "model", tmp_path / "model.gguf", name="A <b>name</b> 🦙")
    _, read = reader(tmp_path / "model.gguf")
    known = {name: field.contents() for name, field in read.fields.items()}
    assert known["general.architecture"] == "llama"
    assert known["general.name"] == "A <b>name</b> 🦙"
    assert known["llama.attention.head_count_kv"] == 2
    assert known["llama.context_length"] == written.context == 64
    assert (known["llama.rope.scaling.type"], known["llama.rope.scaling.factor"]) == ("linear", 2.0)
    assert known["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)
    assert known["tokenizer.chat_template"] == words.chat_template
    assert len(known["tokenizer.ggml.tokens"]) == 300
    assert known["tokenizer.ggml.token_type"][-1] == 5  # unused: the tokenizer is smaller than the embedding


def test_a_sliding_window_bounds_the_context(tmp_path):
    whole(tmp_path / "model", model_type="mistral", sliding_window=16)
    assert write_gguf(tmp_path / "model", tmp_path / "model.gguf").context == 16


def test_the_same_model_gives_the_same_bytes(tmp_path):
    whole(tmp_path / "model")
    for name in ("one.gguf", "two.gguf"):
        write_gguf(tmp_path / "model", tmp_path / name, kind="q8_0")
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "two.gguf").read_bytes()
    assert str(tmp_path).encode() not in (tmp_path / "one.gguf").read_bytes()


@pytest.mark.parametrize(
    ("dimensions", "words"),
    [
        ({"model_type": "gpt_neox"}, "the architecture 'gpt_neox'; llmreg writes GGUF for llama and mistral only"),
        ({"hidden_act": "gelu"}, "the activation 'gelu'"),
        (
            {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
            "scales rotary embeddings by 'dynamic'",
        ),
    ],
)
def test_what_llama_cpp_would_compute_otherwise_is_refused(dimensions, words, tmp_path):
    whole(tmp_path / "model", **dimensions)
    with pytest.raises(LlmregError, match=words):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")
    assert [path.name for path in tmp_path.glob("*gguf*")] == []


def test_a_number_too_large_for_16_bits_is_refused(tmp_path):
    network = whole(tmp_path / "model")
    with torch.no_grad():
        network.lm_head.weight[0, 0] = 1e5
    network.save_pretrained(tmp_path / "model")
    with pytest.raises(LlmregError, match=r"lm_head\.weight has numbers too large for 16 bits; write --type bf16"):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")
    assert list(tmp_path.glob("*gguf*")) == []
    assert write_gguf(tmp_path / "model", tmp_path / "model.gguf", kind="bf16").tensors


def test_a_tokenizer_that_does_not_fit_is_refused_and_can_be_left_out(tmp_path):
    whole(tmp_path / "model", nano_tokenizer(), vocab_size=len(nano_tokenizer()))
    with pytest.raises(LlmregError, match=r"is Unigram without byte fallback.* or --without-tokenizer"):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")
    result = CliRunner().invoke(
        app,
        ["export", "gguf", str(tmp_path / "model"), "-o", str(tmp_path / "m.gguf"), "--without-tokenizer", "--json"],
        catch_exceptions=False,
    )
    written = json.loads(result.stdout)
    assert (written["tokenizer"], written["tensors"]) == (False, 21)
    _, read = reader(tmp_path / "m.gguf")
    assert read.get_field("tokenizer.ggml.model").contents() == "none"


def change_tensors(folder, change):
    save_file(change(load_file(folder / "model.safetensors")), folder / "model.safetensors", metadata={"format": "pt"})


def without(part):
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if part not in name}


def widened(name):
    return lambda tensors: tensors | {name: torch.cat([tensors[name], tensors[name][:1]])}


@pytest.mark.parametrize(
    ("change", "dimensions", "words"),
    [
        (without("layers.1.mlp.up_proj"), {}, r"1 tensor missing \(model\.layers\.1\.mlp\.up_proj\.weight\)"),
        (without("lm_head"), {}, r"1 tensor missing \(lm_head\.weight\)"),
        (without("embed_tokens"), {}, r"1 tensor missing \(model\.embed_tokens\.weight\)"),
        (widened("model.embed_tokens.weight"), {}, "embed_tokens.weight is 301 x 64, not 300 x 64"),
        (widened("model.layers.0.mlp.down_proj.weight"), {}, "down_proj.weight is 65 x 96, not 64 x 96"),
        (lambda tensors: tensors | {"model.layers.0.extra.weight": torch.ones(2)}, {}, "1 tensor unknown to it"),
        (
            lambda tensors: {name.removeprefix("model."): tensor for name, tensor in tensors.items()},
            {},
            "do not have the names that llama.cpp's `llama` is written from: embed_tokens.weight, layers",
        ),
        (
            lambda tensors: {name.replace("model.embed_tokens", "lm_head"): part for name, part in tensors.items()},
            {"tie_word_embeddings": True},
            "do not have the names .*: lm_head.weight, model.embed_tokens.weight",
        ),
        (
            lambda tensors: tensors | {"model.norm.weight": tensors["model.norm.weight"] * float("nan")},
            {},
            "model.norm.weight holds numbers that are not finite",
        ),
    ],
)  # fmt: skip
def test_a_file_that_would_not_be_the_model_is_not_written(change, dimensions, words, tmp_path):
    whole(tmp_path / "model", **dimensions)
    change_tensors(tmp_path / "model", change)
    with pytest.raises(LlmregError, match=words):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf", kind="f32")
    assert [path.name for path in tmp_path.glob("*gguf*")] == []


@pytest.mark.parametrize("own", [False, True], ids=["the embedding again", "of its own"])
def test_a_head_that_the_configuration_ties_is_written_where_it_is_another(own, tmp_path):
    network = whole(tmp_path / "model", tie_word_embeddings=True)
    head = network.lm_head.weight.detach() * (2 if own else 1)
    change_tensors(tmp_path / "model", lambda tensors: tensors | {"lm_head.weight": head.clone()})
    write_gguf(tmp_path / "model", tmp_path / "model.gguf", kind="f32")
    _, read = reader(tmp_path / "model.gguf")
    found = {tensor.name: tensor.data for tensor in read.tensors}
    assert ("output.weight" in found) == own
    if own:
        assert (torch.tensor(found["output.weight"].copy()).view(head.shape) == head).all()


def test_tables_of_rotations_are_left_out(tmp_path):
    network = whole(tmp_path / "model")
    more = {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(8)}
    change_tensors(tmp_path / "model", lambda tensors: tensors | more)
    assert write_gguf(tmp_path / "model", tmp_path / "model.gguf").tensors == len(network.state_dict())


def test_an_end_token_beyond_the_table_is_refused(tmp_path):
    words = pieces()
    words.add_tokens([f"<more {number}>" for number in range(300 - len(words))])
    words.add_special_tokens({"eos_token": "<|im_end|>"})
    whole(tmp_path / "model", words)
    with pytest.raises(LlmregError, match=r"has 1 token \('<\|im_end\|>' is 300\) beyond the 300 rows"):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")
    assert write_gguf(tmp_path / "model", tmp_path / "model.gguf", tokenizer=False).tensors


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ([2, 300], "names the token 300 as an end, and the table has 300 tokens; take it out"),
        (-1, "names the token -1 as an end"),
        ([2, 5, 6, 7], "names 4 tokens that end an answer, and a GGUF file holds three"),
    ],
)
def test_ends_of_generation_that_the_file_cannot_hold_are_refused(ends, message, tmp_path):
    whole(tmp_path / "model", pieces())
    (tmp_path / "model" / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    with pytest.raises(LlmregError, match=message):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")
    assert list(tmp_path.glob("*gguf*")) == []


def test_a_tokenizer_without_an_end_token_is_refused(tmp_path):
    words = pieces()
    words.eos_token = None
    whole(tmp_path / "model", words)
    with pytest.raises(LlmregError, match=r"names no end token, and llama\.cpp would take the token 2 for it"):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")


def test_an_adapter_is_to_be_merged_first(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(LlmregError, match="holds an adapter, and a GGUF file holds a whole model: `llmreg merge` it"):
        write_gguf(tmp_path, tmp_path / "model.gguf")


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch):
    whole(tmp_path / "model")
    monkeypatch.setitem(sys.modules, "gguf", None)
    monkeypatch.setattr("llmreg.reproduce.gguf.find_spec", lambda _: None)
    with pytest.raises(LlmregError, match=r"pip install 'llmreg\[gguf\]'"):
        write_gguf(tmp_path / "model", tmp_path / "model.gguf")
