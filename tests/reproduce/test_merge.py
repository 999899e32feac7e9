"""Merging: the whole model computes what the adapted one does, and every loss is measured and told."""

from __future__ import annotations

import json
import shutil

import pytest
import tiny
import torch
import transformers
from typer.testing import CliRunner

from builders import catalog, edge, model
from limits import files_up_to
from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce import record
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.base import FolderBase
from llmreg.reproduce.merge import TOLERANCE, find_adapter, merge
from llmreg_methods.full import Full
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.qlora import Qlora

SIZES = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": len(tokenizer())}
LLAMA = {"model_type": "llama", **SIZES, "intermediate_size": 101, "initializer_range": 0.2}
ARCHITECTURES = {
    "llama": LLAMA,
    "llama-tied": {**LLAMA, "tie_word_embeddings": True},
    "llama-grouped": {**LLAMA, "num_key_value_heads": 2},
    "mistral": {**LLAMA, "model_type": "mistral", "num_key_value_heads": 2},
    "gpt_neox": {**LLAMA, "model_type": "gpt_neox"},
    "gpt2": {"model_type": "gpt2", **SIZES},
    "bloom": {"model_type": "bloom", **SIZES},
}
NOTHING = {"prompts": False, "norms": False, "bias": False, "scale": False}


def write_base(folder, architecture, dtype=torch.float32):
    torch.manual_seed(3)
    config = config_of(ARCHITECTURES[architecture])
    transformers.AutoModelForCausalLM.from_config(config, dtype=dtype).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bases")
    return {name: write_base(folder / name, name) for name in ARCHITECTURES}


def write_adapter(folder, base, method):
    """Adapt the base, move everything that trains as training might, and write the artifact."""
    adapted = method.adapt(method.load(FolderBase(base)))
    torch.manual_seed(5)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if method.trains(name):
                parameter.add_(torch.randn_like(parameter) * 0.05)
    method.save(adapted, folder)
    return adapted.eval()


def recipes(method):
    """Give a catalog whose entry `tuned` was made by the method."""
    how = {"method": method.name, "settings": method.model_dump(mode="json")}
    recipe = {**how, "data": {"format": "text"}, "source": "page"}
    return catalog(model("base"), model("tuned", edge("adapter", "base"), recipe=recipe))


def logits(network):
    tokens = torch.randint(96, (3, 20), generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        return network.eval()(input_ids=tokens).logits


def merged(method, base, tmp_path, **options):
    adapted = write_adapter(tmp_path / "adapter", base, method)
    done = merge(
        recipes(method), tmp_path / "adapter", tmp_path / "out", base=base, entry="tuned", say=lambda _: None, **options
    )
    network = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    return done, adapted, network


@pytest.mark.parametrize(
    ("method", "architecture"),
    [
        (Lora(rank=3, targets="all-linear"), "llama"),
        (Lora(rank=3, targets="all-linear", dropout=0.1), "gpt_neox"),
        (Lora(rank=3, targets="all-linear"), "gpt2"),
        (Lora(rank=3, targets="all-linear"), "bloom"),
        (Lora(rank=3, alpha=5, targets=("q_proj", "v_proj")), "llama-grouped"),
        (Lora(rank=3, targets=("embed_tokens", "lm_head")), "llama"),
        (Lora(rank=3, targets=("wpe", "c_attn")), "gpt2"),
        (Qlora(rank=3, compute_dtype="float32"), "llama"),
        (Qlora(rank=3, compute_dtype="float32", quant="fp4", double_quant=False), "mistral"),
        (Qlora(rank=3, compute_dtype="float32"), "gpt_neox"),
        (Qlora(rank=3, compute_dtype="float32"), "gpt2"),
        (Qlora(rank=3, compute_dtype="float32", targets=("q_proj", "v_proj")), "llama"),
        (LlamaAdapterV2(prompts=False), "llama"),
        (LlamaAdapterV2(prompts=False), "gpt_neox"),
        (LlamaAdapterV2(prompts=False, scale_side="input"), "llama-grouped"),
        (LlamaAdapterV2(prompts=False, scale_side="input"), "gpt_neox"),
        (LlamaAdapterV2(**{**NOTHING, "scale": True}), "mistral"),
        (LlamaAdapterV2(**{**NOTHING, "norms": True}), "mistral"),
        (LlamaAdapterV2(**{**NOTHING, "bias": True}), "llama"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_merged_model_computes_what_the_adapted_one_does(method, architecture, bases, tmp_path):
    done, adapted, network = merged(method, bases[architecture], tmp_path)
    right, found = logits(adapted), logits(network)
    assert not torch.allclose(right, logits(FolderBase(bases[architecture]).load()), atol=1e-2)
    assert (found - right).abs().max() < TOLERANCE["float32"] * right.std()
    assert done.passed
    assert done.drift.difference < TOLERANCE["float32"]
    assert done.drift.divergence < 1e-8


@pytest.mark.parametrize("method", [Lora(rank=3), Qlora(rank=3)], ids=lambda method: method.name)
def test_a_16_bit_model_stays_so_and_its_rounding_is_measured(method, tmp_path):
    base = write_base(tmp_path / "base", "llama", torch.bfloat16)
    done, adapted, network = merged(method, base, tmp_path)
    assert (done.dtype, network.dtype) == ("bfloat16", torch.bfloat16)
    right = logits(adapted).float()
    assert (logits(network).float() - right).square().mean().sqrt() < TOLERANCE["bfloat16"] * right.std()
    assert done.passed
    assert all(0 < layer.rounding < layer.update for layer in done.layers)


@pytest.mark.parametrize("targets", ["all-linear", ("q_proj", "v_proj")], ids=["everywhere", "in-two-layers"])
def test_a_base_in_8_bits_is_unpacked(targets, bases, tmp_path):
    done, _, _ = merged(Lora(rank=3, targets=targets, base_quant="int8"), bases["llama"], tmp_path)
    assert done.tolerance == TOLERANCE["8 bits"]
    assert done.passed
    assert len(done.layers) == 14
    assert all(layer.quantization > 0 for layer in done.layers)


def test_a_layer_in_4_bits_without_an_update_is_written_as_it_was_unpacked(bases, tmp_path):
    from bitsandbytes.functional import dequantize_4bit

    method = Qlora(rank=3, compute_dtype="float32", targets=("q_proj", "v_proj"))
    done, adapted, network = merged(method, bases["llama"], tmp_path)
    without = [layer for layer in done.layers if not layer.update]
    assert (len(done.layers), len(without)) == (14, 10)
    for layer in without:
        stored = adapted.get_parameter(f"base_model.model.{layer.name}")
        assert torch.equal(network.get_parameter(layer.name), dequantize_4bit(stored.data, stored.quant_state))
        assert layer.quantization > 0 == layer.rounding


def test_the_precision_can_be_chosen(bases, tmp_path):
    done, _, network = merged(Lora(rank=3), bases["llama"], tmp_path, dtype="float16")
    assert (done.dtype, network.dtype) == ("float16", torch.float16)
    assert done.tolerance == TOLERANCE["float16"]


def test_the_error_of_4_bits_is_told_for_each_weight_against_the_update(bases, tmp_path):
    from bitsandbytes.functional import dequantize_4bit

    method = Qlora(rank=3, compute_dtype="float32")
    done, adapted, _ = merged(method, bases["llama"], tmp_path)
    plain = FolderBase(bases["llama"]).load()
    squares = {"update": 0.0, "quantization": 0.0}
    for layer in done.layers:
        part = adapted.get_submodule(f"base_model.model.{layer.name.removesuffix('.weight')}")
        stored = part.base_layer.weight
        error = (dequantize_4bit(stored.data, stored.quant_state) - plain.get_parameter(layer.name)).detach()
        update = part.get_delta_weight("default").detach()
        assert layer.quantization == pytest.approx(float(error.norm()), rel=1e-4)
        assert layer.update == pytest.approx(float(update.norm()), rel=1e-4)
        squares["update"] += float(update.norm()) ** 2
        squares["quantization"] += float(error.norm()) ** 2
    assert len(done.layers) == 14
    assert done.whole.update == pytest.approx(squares["update"] ** 0.5, rel=1e-4)
    assert done.whole.quantization == pytest.approx(squares["quantization"] ** 0.5, rel=1e-4)


def test_merging_into_the_original_weights_would_have_cost_what_is_told(bases, tmp_path):
    done, adapted, network = merged(Qlora(rank=3, compute_dtype="float32"), bases["llama"], tmp_path)
    assert done.drift_on_originals.divergence > 1000 * done.drift.divergence
    plain = FolderBase(bases["llama"]).load()
    with torch.no_grad():
        for layer in done.layers:
            part = adapted.get_submodule(f"base_model.model.{layer.name.removesuffix('.weight')}")
            plain.get_parameter(layer.name).add_(part.get_delta_weight("default"))
    right = logits(adapted)
    by_hand = float((logits(plain) - right).square().mean().sqrt() / right.std())
    assert done.drift_on_originals.difference == pytest.approx(by_hand, rel=0.5)
    assert (logits(network) - right).abs().max() < 1e-4 * right.std()


def test_a_base_that_was_not_quantized_has_no_such_error(bases, tmp_path):
    done, _, _ = merged(Lora(rank=3), bases["llama"], tmp_path)
    assert done.drift_on_originals is None
    assert done.whole.quantization == 0


def test_the_same_merge_gives_the_same_bytes(bases, tmp_path):
    method = Lora(rank=3)
    merged(method, bases["llama"], tmp_path)
    again = tmp_path / "again"
    merge(recipes(method), tmp_path / "adapter", again, base=bases["llama"], entry="tuned", say=lambda _: None)
    names = sorted(path.name for path in again.iterdir())
    assert {"NOTICE", "config.json", "merge.json", "model.safetensors", "tokenizer.json"} <= set(names)
    assert names == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert all((again / name).read_bytes() == (tmp_path / "out" / name).read_bytes() for name in names)
    assert str(tmp_path) not in "".join(path.read_text() for path in again.glob("*.json"))


@pytest.mark.parametrize(
    ("method", "architecture", "words"),
    [
        (LlamaAdapterV2(prompt_layers=1), "llama", "prompts cannot be merged, because .* a softmax of their own"),
        (LlamaAdapterV2(prompts=False), "mistral", "'mistral' has no place for .*bias, so the biases cannot be merged"),
        (Full(), "llama", "full trained every weight: its artifact is the whole model"),
        (Lora(targets=["lm_head"]), "llama-tied", r"changes lm_head\.weight, .* shares with model\.embed_tokens"),
        (Lora(targets=["wte"]), "gpt2", r"changes transformer\.wte\.weight, .* shares with lm_head\.weight"),
    ],
    ids=["prompts", "biases", "full", "tied-head", "tied-embedding"],
)
@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True` and a tied layer is part of the adapter")
def test_what_cannot_be_merged_is_refused_with_the_reason_and_leaves_nothing(
    method, architecture, words, bases, tmp_path
):
    with pytest.raises(LlmregError, match=words):
        merged(method, bases[architecture], tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("adapter", "home", "cache")] == []


@pytest.mark.parametrize(
    "more",
    [{"use_dora": True}, {"lora_bias": True}, {"bias": "all"}, {"target_parameters": ["query_key_value.weight"]}],
    ids=lambda more: next(iter(more)),
)
@pytest.mark.filterwarnings("ignore:Adapter 'default'")
def test_an_adapter_with_more_than_a_and_b_is_refused(more, bases, tmp_path):
    import peft

    network = FolderBase(bases["gpt_neox"]).load()
    config = peft.LoraConfig(r=2, target_modules=["dense"], task_type="CAUSAL_LM", **more)
    with pytest.warns(FutureWarning, match="is_gradient_checkpointing"):
        peft.get_peft_model(network, config).save_pretrained(tmp_path / "adapter")
    with pytest.raises(LlmregError, match=f"has {next(iter(more))} besides A and B"):
        merge(
            recipes(Lora()), tmp_path / "adapter", tmp_path / "out", base=bases["gpt_neox"], entry="tuned",
            say=lambda _: None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ("nowhere", {}, "no folder .*nowhere; name a run"),
        ("empty", {}, "holds neither a run nor an adapter"),
        ("adapter", {}, r"has no run.json that says how its adapter was made; name the entry .* --entry ID"),
        ("adapter", {"entry": "tuned"}, "does not say where its base is; give its weights with --base DIR"),
        ("adapter", {"entry": "tuned", "base": "empty"}, "has no config.json; a folder of weights has it"),
        ("adapter", {"entry": "tuned", "base": "base", "out": "full"}, "full is not empty"),
    ],
)
def test_what_is_missing_is_named_with_the_remedy(source, options, words, bases, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("kept")
    shutil.copytree(bases["llama"], tmp_path / "base")
    write_adapter(tmp_path / "adapter", bases["llama"], Lora(rank=3))
    given = {name: tmp_path / value if name == "base" else value for name, value in options.items()}
    out = tmp_path / given.pop("out", "out")
    with pytest.raises(LlmregError, match=words):
        merge(recipes(Lora(rank=3)), tmp_path / source, out, say=lambda _: None, **given)
    assert (tmp_path / "full" / "kept.txt").read_text() == "kept"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of tiny-qlora on two layers of each block, and the words that point at its catalog and base."""
    words = tiny.write_catalog(tmp_path_factory.mktemp("tiny"))
    folder = tmp_path_factory.mktemp("run") / "run"
    asked = ["reproduce", "tiny-qlora", "--set", "targets=q_proj,v_proj", "--out", str(folder), *words]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return folder, words


def command(*words):
    return CliRunner().invoke(app, ["merge", *map(str, words)], catch_exceptions=False)


def test_a_run_merges_into_the_base_that_its_record_knows(run, tmp_path):
    folder, words = run
    result = command(folder, "-o", tmp_path / "out", *words[:2])
    assert result.exit_code == 0, result.output
    assert "merged the qlora adapter of tiny-qlora into tiny-base, in float32" in result.output
    assert "the one of the run" in result.output
    assert "quantization / update" in result.output
    assert "all 14 weights" in result.output
    assert "model.layers.1.self_attn.v_proj.weight" in result.output
    assert "k_proj" not in result.output, "a layer without an update lost none of it"
    assert "travels as the tokenizer's chat template" in result.output
    done = json.loads((tmp_path / "out" / "merge.json").read_text())
    assert done["base_sha256"] == record.read(folder).base["sha256"]
    assert done["template_sha256"] == record.read(folder).template_sha256
    assert "Tiny" in (tmp_path / "out" / "NOTICE").read_text()
    carried = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    asked = carried.apply_chat_template([{"role": "user", "content": "Why?"}], tokenize=False)
    assert asked.endswith("### Instruction:\nWhy?\n\n### Response:")


def test_a_merge_as_json_is_what_its_record_says(run, tmp_path):
    folder, words = run
    result = command(folder / "artifact", "-o", tmp_path / "out", "--json", "--dtype", "bfloat16", *words[:2])
    printed = json.loads(result.stdout)
    stored = json.loads((tmp_path / "out" / "merge.json").read_text())
    assert {name: printed[name] for name in stored} == stored
    assert (printed["passed"], printed["dtype"]) == (True, "bfloat16")


def test_a_full_disk_leaves_nothing_of_a_merge(bases, tmp_path):
    write_adapter(tmp_path / "adapter", bases["llama"], Lora(rank=3))
    out = tmp_path / "out"
    told = f"the merged model could not be written to {out}: File too large; make room"
    with pytest.raises(LlmregError, match=told), files_up_to(8000):
        merge(recipes(Lora(rank=3)), tmp_path / "adapter", out, base=bases["llama"], entry="tuned", say=print)
    assert not list(tmp_path.glob("*out*"))


def test_the_right_base_is_known_among_weights_that_no_run_reads(run, tmp_path):
    folder, words = run
    base = shutil.copytree(record.read(folder).base["folder"], tmp_path / "base")
    (base / "consolidated.safetensors").write_bytes(b"the same weights in their authors' own layout")
    result = command(folder, "-o", tmp_path / "out", "--base", base, "--json", *words[:2])
    done = json.loads(result.stdout)
    assert (done["base_checked"], done["base_sha256"]) == (True, record.read(folder).base["sha256"])


def test_the_wrong_base_is_refused_with_both_hashes(run, bases, tmp_path):
    folder, words = run
    entries_at = words[1]
    with pytest.raises(LlmregError) as caught:
        command(folder, "-o", tmp_path / "out", "--base", bases["llama"], "--catalog", entries_at)
    from llmreg.reproduce.merge import weights_hash

    message = str(caught.value)
    assert weights_hash(bases["llama"]) in message
    assert record.read(folder).base["sha256"] in message
    assert "not those that tiny-qlora was trained on" in message
    assert not (tmp_path / "out").exists()


def test_a_changed_adapter_is_refused(run, tmp_path):
    folder, words = run
    shutil.copytree(folder, tmp_path / "run")
    weights = tmp_path / "run" / "artifact" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x07")
    with pytest.raises(LlmregError, match=r"is not what run.json says: adapter_model.safetensors changed or missing"):
        command(tmp_path / "run", "-o", tmp_path / "out", *words[:2])


def test_a_folder_pulled_from_the_hub_knows_its_run(run, built_in, tmp_path):
    folder, _ = run
    pulled = shutil.copytree(folder / "artifact", tmp_path / "pulled")
    shutil.copyfile(folder / "run.json", pulled / "run.json")
    adapter = find_adapter(built_in, pulled)
    assert (adapter.entry, adapter.folder, adapter.method.name) == ("tiny-qlora", pulled, "qlora")


def test_a_precision_that_does_not_exist_is_a_usage_error(run, tmp_path):
    folder, words = run
    with pytest.raises(LlmregError, match="--dtype is one of float32, bfloat16, float16, not 'int4'"):
        command(folder, "-o", tmp_path / "out", "--dtype", "int4", *words[:2])
