"""The check at every door: which folders are the model that they say they are, and what is said of others."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.base import ConfigBase, FolderBase, weight_files
from llmreg.reproduce.weights import check_weights, open_model

SIZES = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 96}
LLAMA = {"model_type": "llama", **SIZES, "intermediate_size": 64}
TIED = {"tie_word_embeddings": True}
T5 = {"model_type": "t5", "d_model": 48, "num_layers": 2, "num_heads": 4, "vocab_size": 96, "d_ff": 64, "d_kv": 12}
ARCHITECTURES = {
    "llama": LLAMA,
    "llama-tied": {**LLAMA, **TIED},
    "mistral": {**LLAMA, "model_type": "mistral", "num_key_value_heads": 2},
    "mixtral": {**LLAMA, "model_type": "mixtral", "num_key_value_heads": 2, "num_local_experts": 4},
    "gpt_neox": {**LLAMA, "model_type": "gpt_neox"},
    "gptj": {"model_type": "gptj", **SIZES, "rotary_dim": 4},
    "gpt2": {"model_type": "gpt2", **SIZES},
    "opt": {"model_type": "opt", **SIZES, "ffn_dim": 64, "word_embed_proj_dim": 24},
    "mpt": {"model_type": "mpt", **SIZES},
    "falcon": {"model_type": "falcon", **SIZES},
    "bloom": {"model_type": "bloom", **SIZES},
    "t5": T5,
    "t5-1.1": {**T5, "tie_word_embeddings": False, "feed_forward_proj": "gated-gelu"},
}
NUMBERS = torch.zeros(2)


def write(folder, architecture, **options):
    torch.manual_seed(1)
    config = config_of(architecture)
    model = ConfigBase(config).random()
    model.save_pretrained(folder, **options)
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {name: write(root / name, architecture) for name, architecture in ARCHITECTURES.items()}


@pytest.fixture
def model(written, tmp_path):
    """Give a copy of a written model, its tensors changed, and its configuration."""

    def copy(name, change=None, **config):
        folder = shutil.copytree(written[name], tmp_path / "model")
        tensors = load_file(folder / "model.safetensors")
        save_file(change(tensors) if change else tensors, folder / "model.safetensors", metadata={"format": "pt"})
        stated = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**stated, **config}))
        return folder

    return copy


def without(name):
    return lambda tensors: {each: tensor for each, tensor in tensors.items() if each != name}


def renamed(old, new):
    return lambda tensors: {name.replace(old, new, 1): tensor for name, tensor in tensors.items()}


def inside(wrapper):
    return lambda tensors: {f"{wrapper}{name}": tensor for name, tensor in tensors.items()}


def also(**more):
    return lambda tensors: tensors | {name.replace("__", "."): tensor.clone() for name, tensor in more.items()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_model_as_transformers_writes_it_is_what_it_says(name, written):
    assert check_weights(written[name]).config.model_type == ARCHITECTURES[name]["model_type"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_tensor_of_any_architecture_may_be_missing(name, written, tmp_path):
    """Each in turn but the experts, whose tensors go together; a head that is the embedding again is not stored."""
    for number, missing in enumerate(list(load_file(written[name] / "model.safetensors"))):
        folder = shutil.copytree(written[name], tmp_path / str(number))
        tensors = load_file(folder / "model.safetensors")
        tensors.pop(missing)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(LlmregError, match=r"tensors? (missing|of another size)"):
            check_weights(folder)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("llama", also(model__layers__0__self_attn__rotary_emb__inv_freq=NUMBERS)),
        ("llama-tied", lambda tensors: tensors | {"lm_head.weight": tensors["model.embed_tokens.weight"].clone()}),
        ("llama-tied", renamed("model.embed_tokens", "lm_head")),
        ("gpt2", renamed("transformer.", "")),
        ("gpt2", also(transformer__h__0__attn__bias=NUMBERS, transformer__h__0__attn__masked_bias=NUMBERS)),
        ("gpt_neox", also(gpt_neox__layers__0__attention__bias=NUMBERS.bool())),
        ("gpt_neox", also(gpt_neox__layers__0__attention__masked_bias=NUMBERS)),
        ("gpt_neox", also(gpt_neox__layers__0__attention__rotary_emb__inv_freq=NUMBERS)),
        ("gptj", also(transformer__h__0__attn__bias=NUMBERS, transformer__h__0__attn__masked_bias=NUMBERS)),
        ("opt", renamed("model.decoder.", "decoder.")),
        ("bloom", renamed("transformer.", "")),
        ("t5", lambda tensors: tensors | {"encoder.embed_tokens.weight": tensors["shared.weight"].clone()}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_old_and_other_writers_store_besides_or_otherwise_is_known(name, change, model):
    check_weights(model(name, change))


@pytest.mark.parametrize(
    ("name", "change", "config", "words"),
    [
        ("llama", inside("_orig_mod."), {}, "21 tensors missing .*; torch.compile put '_orig_mod.' into the names"),
        ("gpt2", inside("_orig_mod."), {}, "torch.compile put '_orig_mod.' into the names"),
        ("llama", inside("module."), {}, "data parallelism put 'module.' into the names"),
        ("t5", inside("module."), {}, "data parallelism put 'module.' into the names"),
        ("llama", renamed("model.layers.0.", "model.layers.0._orig_mod."), {}, r"torch.compile put '_orig_mod\.'"),
        ("llama", inside("base_model.model."), {}, "peft put 'base_model.model.' into the names"),
        ("llama", without("lm_head.weight"), {}, r"1 tensor missing \(lm_head.weight\)"),
        ("t5-1.1", without("lm_head.weight"), {}, r"1 tensor missing \(lm_head.weight\)"),
        ("llama", None, {"num_hidden_layers": 3}, r"9 tensors missing \(model.layers.2"),
        ("llama", None, {"num_hidden_layers": 1}, r"9 tensors unknown to it \(model.layers.1"),
        ("llama", None, {"vocab_size": 95}, r"model.embed_tokens.weight is 96 x 48, not 95 x 48"),
        ("llama", None, {"intermediate_size": 63}, "6 tensors of another size .* and 3 more"),
        ("gpt2", None, {"n_positions": 512}, r"transformer.wpe.weight is 1024 x 48, not 512 x 48"),
        ("llama", also(v_head__summary__weight=NUMBERS), {}, r"1 tensor unknown to it \(v_head.summary.weight\)"),
        ("llama", also(model__layers__0__mlp__lora_A__weight=NUMBERS), {}, "these are an adapter's tensors"),
        (
            "llama",
            lambda tensors: {name: tensor.to(torch.int8) for name, tensor in tensors.items()},
            {},
            "21 tensors missing .*; tensors in I8 do not count",
        ),
        ("llama", None, {"pad_token_id": 96}, "has the padding token 96, beyond the 96 rows of the embedding"),
        ("llama", None, {"num_attention_heads": 5}, "cannot be read by transformers .* is not a multiple of the number of attention heads"),
        ("llama", None, {"hidden_size": "wide"}, r"config\.json in .* cannot be read by transformers"),
        ("llama", None, {"model_type": "nonesuch"}, r"config\.json in .* cannot be read by transformers"),
        ("llama", None, {"model_type": "clip"}, "transformers cannot build the 'clip' model"),
        ("llama", None, {"quantization_config": {"quant_method": "gptq", "bits": 4}}, "quantized .* names gptq"),
        ("llama", None, {"quantization_config": {"quant_method": "awq", "bits": 4}}, "quantized .* names awq"),
        ("llama", None, {"quantization_config": {"quant_method": "fp8"}}, "quantized .* names fp8"),
        ("llama", also(model__layers__0__mlp__up_proj__qweight=NUMBERS), {}, "up_proj.qweight, as GPTQ or AWQ writes"),
        ("llama", also(model__layers__0__mlp__up_proj__weight__absmax=NUMBERS), {}, "absmax, as bitsandbytes writes"),
    ],
)  # fmt: skip
def test_what_is_not_the_model_of_its_configuration_is_named(name, change, config, words, model):
    with pytest.raises(LlmregError, match=words) as caught:
        check_weights(model(name, change, **config))
    assert "\n" not in str(caught.value)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 13476839424\n"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("model.safetensors", POINTER, "is a Git LFS pointer and not the file itself; .*git lfs pull"),
        ("config.json", POINTER, "is a Git LFS pointer and not the file itself"),
        ("tokenizer.json", POINTER, "is a Git LFS pointer and not the file itself"),
        ("tokenizer.model", POINTER, "is a Git LFS pointer and not the file itself"),
        ("chat_template.jinja", POINTER, "is a Git LFS pointer and not the file itself"),
        ("generation_config.json", b"[]", "holds list where a JSON object belongs"),
        ("model.safetensors", b"", "is empty; fetch it again"),
        ("model.safetensors", b"\n<!DOCTYPE html><html>", "is a web page and not the file itself"),
        ("model.safetensors", b"PK\x03\x04pickled", "is a pickle under another name"),
        ("model.safetensors", b"\x00" * 40, r"is cut or damaged \("),
        ("config.json", b'{"model_type": "llama", ', "is not readable JSON"),
        ("config.json", b"[]", "holds list where a JSON object belongs"),
        ("config.json", b"\xff\xfe", "is not readable JSON"),
    ],
)
def test_a_file_that_is_something_else_is_called_what_it_is(file, content, words, model):
    folder = model("llama")
    (folder / file).write_bytes(content)
    with pytest.raises(LlmregError, match=words) as caught:
        check_weights(folder)
    assert str(folder / file) in str(caught.value)


def test_a_pointer_to_a_file_that_is_not_read_does_not_matter(model):
    folder = model("llama")
    for name in ("pytorch_model.bin", "consolidated.safetensors", "flax_model.msgpack"):
        (folder / name).write_bytes(POINTER)
    check_weights(folder)


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.5, 0.999])
def test_a_file_cut_anywhere_is_refused(share, model):
    path = model("llama") / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: max(1, int(len(content) * share))])
    with pytest.raises(LlmregError, match=r"model\.safetensors is cut or damaged"):
        check_weights(path.parent)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "llama_adapter.json"])
def test_an_adapter_beside_the_weights_is_refused(name, model):
    folder = model("llama")
    (folder / name).write_text("{}")
    with pytest.raises(LlmregError, match=rf"holds an adapter beside the weights \({name}\)"):
        check_weights(folder)


@pytest.fixture
def shards(tmp_path):
    return write(tmp_path / "shards", LLAMA, max_shard_size="60KB")


def test_the_index_says_which_files_are_the_model(shards):
    names = [path.name for path in weight_files(shards)]
    assert len(names) > 1
    shutil.copyfile(shards / names[0], shards / "model-00001-of-00009.safetensors")
    (shards / "consolidated.safetensors").write_bytes(b"the same weights in their authors' own layout")
    (shards / "pytorch_model.bin").write_bytes(b"and as a pickle")
    assert [path.name for path in weight_files(shards)] == names
    check_weights(shards)


def test_a_whole_file_goes_before_parts_as_in_transformers(shards, written):
    shutil.copyfile(written["llama"] / "model.safetensors", shards / "model.safetensors")
    assert [path.name for path in weight_files(shards)] == ["model.safetensors"]
    check_weights(shards)


INDEX = "model.safetensors.index.json"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder, names: (folder / names[1]).unlink(), "index.json names {1}, which the folder lacks"),
        (lambda folder, _: (folder / INDEX).unlink(), f"holds parts of a model, and no {INDEX}|without {INDEX}"),
        (lambda folder, _: (folder / INDEX).write_text("{"), f"{INDEX} is not readable JSON"),
        (lambda folder, _: (folder / INDEX).write_text("{}"), f"{INDEX} has no weight_map"),
        (
            lambda folder, names: shutil.copyfile(folder / names[0], folder / names[1]),
            "which another file next to it holds, too|which another file beside it holds, too",
        ),
    ],
    ids=["a part is missing", "no index", "a broken index", "an empty index", "a part twice"],
)
def test_parts_that_do_not_go_together_are_refused(damage, words, shards):
    names = [path.name for path in weight_files(shards)]
    damage(shards, names)
    with pytest.raises(LlmregError, match=words.replace("{1}", names[1])):
        check_weights(shards)


def test_weights_under_another_name_are_not_read(model):
    folder = model("llama")
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    with pytest.raises(LlmregError, match=r"weights\.safetensors is a file that transformers does not look for"):
        check_weights(folder)


def with_words(folder, *more):
    words = tokenizer()
    words.add_tokens(list(more))
    words.save_pretrained(folder)
    return words


def test_a_tokenizer_may_be_smaller_than_the_embedding_and_not_larger(tmp_path):
    size = len(tokenizer())
    folder = write(tmp_path / "model", {**LLAMA, "vocab_size": size + 1})
    with_words(folder)
    assert len(open_model(folder)[1]) == size
    with_words(folder, "[PAD]")
    open_model(folder)
    with_words(folder, "[PAD]", "<|im_end|>")
    with pytest.raises(LlmregError) as caught:
        open_model(folder)
    assert f"has 1 token ('<|im_end|>' is {size + 1}) beyond the {size + 1} rows of the embedding" in str(caught.value)


@pytest.mark.parametrize("name", ["llama", "gpt2", "opt", "gpt_neox", "mpt", "t5", "bloom", "falcon"])
def test_a_folder_without_a_tokenizer_has_none(name, written):
    """Of some kinds transformers gives one with a token or two."""
    with pytest.raises(LlmregError, match="has no tokenizer that can be loaded"):
        open_model(written[name])


def test_half_a_tokenizer_is_none(model):
    folder = model("gpt2")
    (folder / "vocab.json").write_text('{"a": 0, "<|endoftext|>": 1}')
    with pytest.raises(LlmregError, match="has no tokenizer that can be loaded"):
        open_model(folder)
    (folder / "merges.txt").write_text("#version: 0.2\n")
    assert len(open_model(folder)[1]) == 2


def test_the_check_reads_no_weights_and_leaves_the_base_as_it_is(written, monkeypatch):
    monkeypatch.setattr("safetensors.torch.load_file", lambda *_: pytest.fail("weights were read"))
    base = check_weights(written["llama"])
    assert all(part.is_meta for part in base.outline.parameters())
    assert base.load().dtype == torch.float32
    assert base.config == FolderBase(written["llama"]).config
