"""Adapters that others made: put onto a base whole, or refused by what is wrong with them."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from llmreg.errors import LlmregError
from llmreg.reproduce.artifact import check_adapter
from llmreg.reproduce.base import FolderBase
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.qlora import Qlora

SIZES = {
    "vocab_size": 96, "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
}  # fmt: skip
METHOD = Lora(rank=4, alpha=8, targets=("q_proj", "v_proj"))
Q = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


def write_base(folder, **sizes):
    torch.manual_seed(3)
    transformers.LlamaForCausalLM(transformers.LlamaConfig(**{**SIZES, **sizes})).save_pretrained(folder)
    return FolderBase(folder)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("base"))


def write_adapter(folder, method, base):
    adapted = method.adapt(method.load(base))
    torch.manual_seed(5)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if method.trains(name):
                parameter.add_(torch.randn_like(parameter) * 0.05)
    method.save(adapted, folder)
    return folder


@pytest.fixture(scope="module")
def written(base, tmp_path_factory):
    return write_adapter(tmp_path_factory.mktemp("adapter"), METHOD, base)


@pytest.fixture
def adapter(written, tmp_path):
    """Give a copy with changed tensors and settings; a setting of `...` is taken out."""

    def copy(change=None, **settings):
        folder = shutil.copytree(written, tmp_path / "adapter")
        path = folder / "adapter_model.safetensors"
        tensors = load_file(path)
        save_file(change(tensors) if change else tensors, path)
        config = json.loads((folder / "adapter_config.json").read_text()) | settings
        kept = {name: value for name, value in config.items() if value is not ...}
        (folder / "adapter_config.json").write_text(json.dumps(kept))
        return folder

    return copy


@pytest.mark.parametrize("method", [METHOD, Lora(rank=2, targets="all-linear"), Qlora(rank=2, compute_dtype="float32"), LlamaAdapterV2(prompt_layers=1), LlamaAdapterV2(prompts=False)], ids=lambda method: type(method).__name__)  # fmt: skip
def test_what_a_method_wrote_fits(method, base, tmp_path):
    check_adapter(method, base, write_adapter(tmp_path / "adapter", method, base))


@pytest.mark.parametrize(
    "settings",
    [
        {"base_model_name_or_path": "decapoda-research/llama-7b-hf"},
        {"task_type": None},
        {"bias": ..., "use_dora": ..., "lora_bias": ..., "peft_version": ...},
        {"target_modules": r".*self_attn\.(q_proj|v_proj)"},
        {"fan_in_fan_out": True},
        {"lora_dropout": 0.5, "inference_mode": False},
        {"an_option_of_a_later_release": None, "another": False},
    ],
    ids=lambda settings: ", ".join(settings),
)
def test_what_does_not_matter_is_passed_over(settings, adapter, base):
    check_adapter(METHOD, base, adapter(**settings))


def only(part):
    return lambda tensors: {name: tensor for name, tensor in tensors.items() if part in name}


def each(change):
    return lambda tensors: {name: change(name, tensor).contiguous() for name, tensor in tensors.items()}


def zero(part):
    return each(lambda name, tensor: tensor * 0 if part in name else tensor)


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        (lambda _: {}, {}, r"of 0 tensors 8 missing"),
        (zero("lora_B"), {}, "changes nothing: every B is zero"),
        (zero("lora_"), {}, "changes nothing: every B is zero"),
        (each(lambda _, tensor: tensor * float("nan")), {}, "holds numbers that are not finite"),
        (each(lambda _, tensor: (tensor * 100).to(torch.int8)), {}, "is in I8, and an adapter's numbers are read in 16"),
        (each(lambda _, tensor: tensor.to(torch.float8_e4m3fn)), {}, "is in F8_E4M3, and an adapter's numbers"),
        (each(lambda name, tensor: tensor.bool() if "lora_B" in name else tensor), {}, "lora_B.weight is in BOOL"),
        (each(lambda name, tensor: tensor / 0 if "layers.1.self_attn.v_proj.lora_A" in name else tensor), {}, "layers.1.self_attn.v_proj.lora_A.weight holds numbers that are not finite"),
        (each(lambda _, tensor: tensor.T), {}, f"{Q} is 48 x 4, not 4 x 48"),
        (each(lambda _, tensor: tensor[None]), {}, f"{Q} is 1 x 4 x 48, not 4 x 48"),
        (lambda tensors: tensors | {"base_model.model.lm_head.weight": torch.ones(99, 48)}, {"modules_to_save": ["lm_head"]}, "has modules_to_save besides"),
        (only("layers.0"), {}, r"of 4 tensors 4 missing \(.*layers\.1"),
        (only("lora_A"), {}, r"4 missing \(.*lora_B"),
        (each(lambda name, tensor: tensor[:2] if "lora_A" in name else tensor[:, :2]), {}, f"{Q} is 2 x 48, not 4 x 48"),
        (each(lambda name, tensor: tensor[:, :32] if "lora_A" in name else tensor), {}, f"{Q} is 4 x 32, not 4 x 48"),
        (lambda tensors: tensors | {"base_model.model.model.embed_tokens.weight": torch.ones(97, 48)}, {}, r"1 left over \(base_model.model.model.embed_tokens.weight\)"),
        (lambda tensors: tensors | {"base_model.model.lm_head.lora_A.weight": torch.ones(4, 48)}, {}, "1 left over"),
        (lambda tensors: {name.removeprefix("base_model.model."): tensor for name, tensor in tensors.items()}, {}, "8 missing .*, 8 left over"),
        (lambda tensors: {f"base_model.model.{name}": tensor for name, tensor in tensors.items()}, {}, "8 missing .*, 8 left over"),
        (lambda tensors: {name.replace(".weight", ".default.weight"): tensor for name, tensor in tensors.items()}, {}, "8 left over"),
        (lambda tensors: {name.replace("q_proj", "k_proj"): tensor for name, tensor in tensors.items()}, {}, r"4 missing .*q_proj.* 4 left over .*k_proj"),
        (None, {"target_modules": ["q_proj"]}, r"does not fit .* 4 left over \(.*v_proj"),
        (None, {"target_modules": ["c_attn"]}, "cannot be put onto its base as its configuration says"),
        (None, {"target_modules": ["q_proj", "v_proj", "up_proj"]}, r"4 missing \(.*up_proj"),
        (None, {"layers_to_transform": [0]}, r"4 left over \(.*layers\.1"),
        (None, {"r": 8}, "has the rank 8, and the settings say 4"),
        (None, {"lora_alpha": 32}, r"counts 8 times B A \(lora_alpha 32\), and the settings say 2"),
        (None, {"use_rslora": True}, "counts 4 times B A"),
        (None, {"alpha_pattern": {"q_proj": 64}}, "has alpha_pattern besides"),
        (None, {"bias": "all"}, "has bias besides A and B"),
        (None, {"peft_type": "VERA"}, "an adapter of the kind 'VERA'"),
        (None, {"peft_type": "PROMPT_TUNING"}, "an adapter of the kind 'PROMPT_TUNING'"),
        (None, {"peft_type": 5}, "an adapter of the kind 5"),
        (None, {"target_modules": "("}, "cannot be put onto its base .*; fetch the adapter again"),
        (None, {"target_modules": 5}, "cannot be put onto its base .*; fetch the adapter again"),
        (None, {"lora_dropout": "x"}, "cannot be put onto its base .*; fetch the adapter again"),
        (None, {"r": 4.0}, "cannot be put onto its base .*; fetch the adapter again"),
        (None, {"lora_alpha": float("inf")}, "counts inf times B A"),
        (None, {"lora_alpha": float("nan")}, "both are numbers above 0"),
        (None, {"trainable_token_indices": [1]}, "has trainable_token_indices besides"),
        (None, {"loftq_config": {"loftq_bits": 4}}, "has loftq_config besides"),
        (None, {"exclude_modules": ["q_proj"]}, r"4 left over \(.*q_proj"),
        (None, {"r": "four"}, "r 'four' and lora_alpha 8; both are numbers above 0"),
        (None, {"r": 0}, "both are numbers above 0"),
        (None, {"lora_alpha": ...}, "lora_alpha None; both are numbers above 0"),
        (None, {"peft_type": "IA3"}, "an adapter of the kind 'IA3' .* and this method reads LoRA's"),
        (None, {"peft_type": "PREFIX_TUNING"}, "an adapter of the kind 'PREFIX_TUNING'"),
        (None, {"peft_type": "LOHA"}, "an adapter of the kind 'LOHA'"),
        (None, {"peft_type": ...}, "an adapter of the kind None"),
        (None, {"use_dora": True}, "has use_dora besides A and B"),
        (None, {"modules_to_save": ["lm_head"]}, "has modules_to_save besides A and B"),
        (None, {"bias": "lora_only"}, "has bias besides A and B"),
        (None, {"rank_pattern": {"q_proj": 2}}, "has rank_pattern besides"),
        (None, {"alora_invocation_tokens": [1, 2]}, "has alora_invocation_tokens besides"),
        (None, {"layer_replication": [[0, 2]]}, "has layer_replication besides"),
        (None, {"an_option_of_a_later_release": 3}, "has an_option_of_a_later_release besides"),
        (None, {"init_lora_weights": "pissa"}, "was drawn by 'pissa', which changes the base's own weights"),
        (None, {"init_lora_weights": ["pissa"]}, "was drawn by"),
        (None, {"task_type": "SEQ_CLS"}, "was made for the task 'SEQ_CLS', not for a language model"),
    ],
)  # fmt: skip
def test_what_is_not_the_adapter_of_the_settings_is_refused_by_name(change, settings, words, adapter, base):
    with pytest.raises(LlmregError, match=words) as caught:
        check_adapter(METHOD, base, adapter(change, **settings))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("adapter_config.json", b'{"peft_type": ', "adapter_config.json is not readable JSON"),
        ("adapter_config.json", b"[]", "holds list where a JSON object belongs"),
        ("adapter_config.json", None, "has no adapter_config.json, which says what kind of adapter it is"),
        ("adapter_model.safetensors", None, "has no adapter_model.safetensors; convert other files"),
        ("adapter_config.json", b'{"a":' * 100_000, "adapter_config.json is not readable JSON"),
        ("adapter_config.json", "{}".encode("utf-16"), "adapter_config.json is not readable JSON"),
        ("adapter_model.safetensors", b"", "is empty; fetch it again"),
        ("adapter_model.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        ("adapter_model.safetensors", b"\x00" * 90, "adapter_model.safetensors is cut or damaged"),
    ],
)
def test_a_broken_file_is_named(name, content, words, adapter, base):
    folder = adapter()
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(LlmregError, match=words):
        check_adapter(METHOD, base, folder)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"hidden_size": 64}, f"{Q} is 4 x 48, not 4 x 64"),
        ({"num_hidden_layers": 3}, r"4 missing \(.*layers\.2"),
        ({"num_hidden_layers": 1}, r"4 left over \(.*layers\.1"),
    ],
)
def test_an_adapter_of_another_base_is_refused(sizes, words, written, tmp_path):
    with pytest.raises(LlmregError, match=words):
        check_adapter(METHOD, write_base(tmp_path / "other", **sizes), written)


def test_another_vocabulary_is_seen_where_the_head_is_adapted(tmp_path, base):
    method = Lora(rank=2, targets=["lm_head", "embed_tokens"])
    folder = write_adapter(tmp_path / "adapter", method, base)
    check_adapter(method, base, folder)
    with pytest.raises(
        LlmregError, match=r"lm_head.lora_B.weight is 96 x 2, not 97 x 2, .*embed_tokens.lora_embedding_A is 2 x 96"
    ):
        check_adapter(method, write_base(tmp_path / "other", vocab_size=97), folder)


@pytest.mark.parametrize("settings", [{"rank": 2}, {"targets": "all-linear"}, {"targets": ["q_proj"]}])
def test_the_adapter_of_another_recipe_is_refused(settings, written, base):
    with pytest.raises(LlmregError, match="entry whose recipe made it"):
        check_adapter(METHOD.model_copy(update=settings), base, written)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "llama_adapter.json").unlink(), "has no llama_adapter.json"),
        (lambda folder: (folder / "llama_adapter.json").write_text("{"), "is not readable JSON"),
        (lambda folder: (folder / "llama_adapter.safetensors").unlink(), "has no llama_adapter.safetensors"),
        (lambda folder: save_file({}, folder / "llama_adapter.safetensors"), "does not fit LlamaForCausalLM"),
    ],
)
def test_a_llama_adapter_is_checked_likewise(damage, words, base, tmp_path):
    folder = write_adapter(tmp_path / "adapter", LlamaAdapterV2(prompts=False), base)
    damage(folder)
    with pytest.raises(LlmregError, match=words):
        check_adapter(LlamaAdapterV2(prompts=False), base, folder)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_numbers_in_another_precision_fit(dtype, adapter, base):
    check_adapter(METHOD, base, adapter(each(lambda _, tensor: tensor.to(dtype))))
