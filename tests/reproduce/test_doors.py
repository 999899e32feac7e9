"""Every damaged base at every door: right, or refused by name before work starts, and nothing written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import tiny
import torch
from doors import CONFIG, DOORS, WEIGHTS, llmreg
from safetensors.torch import load_file, save_file

from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.base import FolderBase
from llmreg.reproduce.weights import open_model
from llmreg_methods.lora import Lora

SIZE = len(tokenizer())

TEXTS = Path(__file__).parents[2] / "docs" / "examples" / "texts.jsonl"


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.write_catalog(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def adapter(words, tmp_path_factory):
    """An adapter of tiny-lora without a record."""
    folder, method = tmp_path_factory.mktemp("adapter"), Lora(rank=4, alpha=8, dropout=0.1, targets="all-linear")
    adapted = method.adapt(method.load(FolderBase(Path(words[3]))))
    with torch.no_grad():
        for name, part in adapted.named_parameters():
            if method.trains(name):
                part.add_(torch.randn_like(part) * 0.05)
    method.save(adapted, folder)
    return folder


def change_tensors(folder, change):
    save_file(change(load_file(folder / WEIGHTS)), folder / WEIGHTS, metadata={"format": "pt"})


def change_config(folder, **settings):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | settings))


def inside(wrapper):
    return lambda folder: change_tensors(
        folder, lambda found: {f"{wrapper}{name}": part for name, part in found.items()}
    )


def without_a_layer(folder):
    change_tensors(folder, lambda found: {name: part for name, part in found.items() if ".layers.1." not in name})


def with_an_extra_row(folder):
    def widen(found):
        row = torch.ones(1, found["lm_head.weight"].shape[1])
        return found | {name: torch.cat([found[name], row]) for name in ("lm_head.weight", "model.embed_tokens.weight")}

    change_tensors(folder, widen)


def as_a_pointer(folder):
    (folder / WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 13476839424\n")


def cut(folder):
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])


def in_4_bits(folder):
    import transformers

    packed = transformers.BitsAndBytesConfig(load_in_4bit=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, quantization_config=packed)
    (folder / WEIGHTS).unlink()
    model.save_pretrained(folder)


def as_gptq(folder):
    def pack(found):
        packed = {}
        for name, part in found.items():
            if not name.endswith("_proj.weight"):
                packed[name] = part
                continue
            layer, (rows, columns) = name.removesuffix("weight"), part.shape
            packed[f"{layer}qweight"] = torch.ones(columns // 8, rows, dtype=torch.int32)
            packed[f"{layer}scales"] = torch.ones(1, rows, dtype=torch.float16)
        return packed

    change_tensors(folder, pack)


def stray_adapter(folder):
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 4}')


def pad_beyond(folder):
    own = tokenizer()
    own.add_special_tokens({"pad_token": "[PAD]"})
    own.save_pretrained(folder)


def no_tokenizer(folder):
    for path in folder.glob("*token*"):
        path.unlink()


def file(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def cut_file(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:99])


def only_pickled(folder):
    (folder / WEIGHTS).unlink()
    torch.save({"lm_head.weight": torch.ones(2)}, folder / "pytorch_model.bin")


def only_an_index(content):
    def damage(folder):
        (folder / WEIGHTS).unlink()
        (folder / f"{WEIGHTS}.index.json").write_bytes(content)

    return damage


def settings(**changed):
    return lambda folder: change_config(folder, **changed)


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

READ = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")

UNREADABLE = {
    "empty": b"", "blank": b"\n", "deep": DEEP, "UTF-16": "{}".encode("utf-16"), "Latin-1": b'{"a": "caf\xe9"}',
    "many digits": b'{"a": ' + b"9" * 5000 + b"}", "list": b"[]", "text": b'"x"', "null": b"null", "zeros": b"\0" * 64,
}  # fmt: skip
"""What a JSON file of a base may hold instead of an object."""

FURTHER = {
    "cut configuration": (cut_file(CONFIG), r"config\.json is not readable JSON: .*; fetch it again"),
    "cut tokenizer": (cut_file("tokenizer.json"), r"tokenizer\.json is not readable JSON"),
    "ends unread": (file("generation_config.json", b""), r"generation_config\.json is not readable JSON"),
    "ends in words": (file("generation_config.json", b'{"eos_token_id": "</s>"}'), "eos_token_id '</s>', which is no"),
    "deep map": (file("special_tokens_map.json", DEEP), r"special_tokens_map\.json is not readable JSON"),
    "pickle": (only_pickled, r"pytorch_model\.bin is a pickle, .*: convert it"),
    "broken index": (only_an_index(b"[1"), r"index\.json is not readable JSON"),
    "other index": (only_an_index(b'{"weight_map": {"a": 1}}'), "has no weight_map"),
    "no template": (file("tokenizer_config.json", b'{"chat_template": 5}'), "chat_template that is no text; correct it"),
    "no length": (file("tokenizer_config.json", b'{"model_max_length": "x"}'), "model_max_length 'x', which is no number"),
    "remote tokenizer": (file("tokenizer.json", b"{}"), "has no tokenizer that can be loaded: .*; fetch its files"),
    "remote code": (settings(model_type="mine", auto_map={"AutoConfig": "mine.C"}), "without remote code, .*; fetch the"),
    "unknown kind": (settings(model_type="nonesuch"), "cannot be read by transformers .*; fetch the one that belongs"),
    "numbers of another format": (settings(dtype="float33"), "cannot be read by transformers .*; fetch the one"),
    "8-bit numbers": (settings(dtype="int8"), "cannot build the 'llama' model .*; fetch the one that belongs"),
    "endless layers": (settings(num_hidden_layers=10**30), r"num_hidden_layers 1e\+30; fetch the configuration"),
    "endless labels": (settings(num_labels=10**30), r"num_labels 1e\+30; fetch the configuration"),
    "no positions": (settings(max_position_embeddings=0), "max_position_embeddings 0; fetch the configuration"),
    "no angle": (settings(rope_parameters={"rope_type": "default", "rope_theta": 0}), "has 0 as the rope_theta of its"),
    "no scale": (settings(rope_parameters={"rope_type": "linear", "rope_theta": 1e4, "factor": -2.0}), "-2.0 as the factor"),
    "no method": (settings(quantization_config={}), "quantization_config in its config.json names no method"),
    "another method": (settings(quantization_config={"quant_method": "nonesuch"}), "names nonesuch"),
}  # fmt: skip

DAMAGES = {
    "plain": (lambda _: None, None),
    "torch.compile": (inside("_orig_mod."), "torch.compile put '_orig_mod.' into the names"),
    "data parallel": (inside("module."), "data parallelism put 'module.' into the names"),
    "missing layer": (without_a_layer, r"9 tensors missing \(model.layers.1"),
    "extra row": (with_an_extra_row, f"lm_head.weight is {SIZE + 1} x 64, not {SIZE} x 64"),
    "pointer": (as_a_pointer, "is a Git LFS pointer and not the file itself"),
    "cut": (cut, "is cut or damaged"),
    "4-bit": (in_4_bits, "are quantized .* names bitsandbytes"),
    "GPTQ": (as_gptq, "are quantized .* as GPTQ or AWQ writes"),
    "stray adapter": (stray_adapter, "holds an adapter"),
    "[PAD]": (pad_beyond, rf"has 1 token \('\[PAD\]' is {SIZE}\) beyond the {SIZE} rows"),
    "no tokenizer": (no_tokenizer, "has no tokenizer that can be loaded"),
    **FURTHER,
}


@pytest.fixture(scope="module")
def damaged(words, tmp_path_factory):
    """Give a base once damaged."""
    root = tmp_path_factory.mktemp("damaged")

    def base(name):
        if not (root / name).exists():
            DAMAGES[name][0](shutil.copytree(words[3], root / name))
        return root / name

    return base


def through(door, base, out, adapter, words):
    """Give the command line that takes the base through a door."""
    if door == "evaluate":
        return ["evaluate", "model", base, "--task", "perplexity", "--data", TEXTS, "--limit", "1", "-o", out]
    if door == "merge":
        return ["merge", adapter, "--entry", "tiny-lora", "--base", base, "-o", out, *words[:2]]
    if door == "gguf":
        return ["export", "gguf", base, "-o", out]
    return ["reproduce", f"tiny-{door}", "--out", out, *words[:2], "--base", base, *words[4:]]


def tried():
    """Give each damage with the doors: all to the issue's own, and of the methods one to each of the others."""
    for number, damage in enumerate(each for each in DAMAGES if each != "plain"):
        methods = DOORS[:4] if damage not in FURTHER else [DOORS[number % 4]]
        yield from ((damage, door) for door in (*methods, *DOORS[4:]))


@pytest.mark.parametrize(("damage", "door"), list(tried()))
def test_a_damaged_base_is_refused_at_every_door(damage, door, damaged, adapter, words, tmp_path, monkeypatch):
    base = damaged(damage)
    before = {path: path.read_bytes() for path in base.iterdir()}
    monkeypatch.setattr(FolderBase, "load", lambda *_, **__: pytest.fail("work started"))
    with pytest.raises(LlmregError, match=DAMAGES[damage][1]) as caught:
        llmreg(*through(door, base, tmp_path / "out", adapter, words))
    assert str(base) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert {path: path.read_bytes() for path in base.iterdir()} == before


@pytest.mark.parametrize("name", READ)
def test_a_file_that_no_library_can_read_is_named_before_one_tries(name, words, tmp_path):
    """Of some files transformers says nothing, and goes on without them."""
    for number, content in enumerate(UNREADABLE.values()):
        base = shutil.copytree(words[3], tmp_path / str(number))
        (base / name).write_bytes(content)
        with pytest.raises(LlmregError, match=rf"{number}/{name} (is not readable JSON|holds \w+ where a JSON object)"):
            open_model(base)
    (base / name).unlink()
    (base / name).mkdir()
    with pytest.raises(LlmregError, match=rf"{name} cannot be read: Is a directory; fetch it again|has no {name}"):
        open_model(base)


@pytest.mark.parametrize("door", DOORS)
def test_a_sound_base_goes_through_every_door(door, damaged, adapter, words, tmp_path):
    more = ["--without-tokenizer"] if door == "gguf" else []
    result = llmreg(*through(door, damaged("plain"), tmp_path / "out", adapter, words), *more)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["torch.compile", "cut", "endless layers", "ends unread", "[PAD]"])
def test_a_run_does_not_go_on_from_a_base_that_was_damaged_since(damage, damaged, words, tmp_path):
    base = shutil.copytree(damaged("plain"), tmp_path / "base")
    start = through("lora", base, tmp_path / "run", None, words)
    assert llmreg(*start).exit_code == 0
    record = (tmp_path / "run" / "run.json").read_bytes()
    DAMAGES[damage][0](base)
    with pytest.raises(LlmregError, match=DAMAGES[damage][1]):
        llmreg(*start, "--resume")
    if damage != "[PAD]":  # the run has a tokenizer of its own
        for asked in (["verify", tmp_path / "run", *words[:2]], ["merge", tmp_path / "run", "-o", tmp_path / "out"]):
            with pytest.raises(LlmregError, match=DAMAGES[damage][1]):
                llmreg(*asked)
    assert (tmp_path / "run" / "run.json").read_bytes() == record


def test_what_a_run_made_is_not_put_onto_other_weights_of_the_same_shape(damaged, words, tmp_path):
    base = shutil.copytree(damaged("plain"), tmp_path / "base")
    assert llmreg(*through("lora", base, tmp_path / "run", None, words)).exit_code == 0
    change_tensors(base, lambda found: found | {"lm_head.weight": found["lm_head.weight"] * 2})
    evaluate = ["evaluate", "model", tmp_path / "run", "--task", "perplexity", "--data", TEXTS, "--limit", "1"]
    for asked in (["verify", tmp_path / "run", *words[:2]], [*evaluate, *words[:2]]):
        with pytest.raises(LlmregError, match="are not those that tiny-lora was trained on: their SHA-256 is"):
            llmreg(*asked)


LONG = {"instruction": "count", "output": "one two three " * 60}


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    """A catalog whose base has 128 positions in a table, which its recipe fills."""
    sizes = {"vocab_size": SIZE, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    return tiny.write_catalog(tmp_path_factory.mktemp("gpt2"), {"model_type": "gpt2", **sizes, "n_positions": 128})


def with_row(words, tmp_path, number):
    """Put a long row among the others."""
    lines = Path(words[5]).read_text().splitlines()
    lines.insert(number, json.dumps(LONG))
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    return [*words[:4], "--data", str(tmp_path / "rows.jsonl")]


def only_rows(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl"]


@pytest.mark.parametrize(
    ("place", "named"), [(3, r"rows\.jsonl:4"), (103, r"(rows\.jsonl:104|row 23)")], ids=["to train on", "held out"]
)
def test_a_row_past_a_table_of_positions_is_refused_before_work_starts(place, named, gpt2, tmp_path):
    asked = ["reproduce", "tiny-lora", "--out", tmp_path / "run", *with_row(gpt2, tmp_path, place)]
    with pytest.raises(LlmregError, match=rf"{named}: takes [\d,]+ tokens, and the model reads 128"):
        llmreg(*asked, "--set", "training.sequence_length=2048")
    assert only_rows(tmp_path)
    assert llmreg(*asked).exit_code == 0


def test_a_question_that_leaves_no_room_for_its_answer_is_refused_before_work_starts(words, tmp_path):
    root = tmp_path / "catalog"
    shutil.copytree(words[1], root)
    entry = root / "models" / "tiny-lora.yaml"
    entry.write_text(entry.read_text().replace("metric: held-out-loss, value: 5.0, unit: nats", "metric: exact-match, value: 5.0, unit: percent"))  # fmt: skip
    lines = [*Path(words[5]).read_text().splitlines(), json.dumps({**LONG, "instruction": "one two three " * 90})]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    asked = ["--catalog", root, "--base", words[3], "--data", tmp_path / "rows.jsonl", "--set", "data.loss_on=all"]
    with pytest.raises(
        LlmregError, match=r"(rows\.jsonl:105|row 24): takes [\d,]+ tokens when it is asked, .* reads 256"
    ):
        llmreg("reproduce", "tiny-lora", "--out", tmp_path / "run", *asked)
    assert not (tmp_path / "run").exists()


def as_a_pickle(folder):
    torch.save(load_file(folder / "adapter_model.safetensors"), folder / "adapter_model.bin")
    (folder / "adapter_model.safetensors").unlink()


def with_other_numbers(folder):
    tokenizer().save_pretrained(folder)
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    words = content["model"]["vocab"]
    words[-1], words[-2] = words[-2], words[-1]
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (as_a_pickle, r"adapter_model\.bin is a pickle, which can run code when loaded: convert it"),
        (
            with_other_numbers,
            "number 2 tokens differently .* so the adapter was trained on another base; give that one",
        ),
        (file("prompt_template.json", b'{"id":'), r"prompt_template\.json is no template of llmreg: .*; restore it"),
        (file("prompt_template.json", DEEP), r"prompt_template\.json is no template of llmreg"),
        (
            file("prompt_template.json", b'{"id": "a"}'),
            r"prompt_template\.json is no template of llmreg: .*; restore it",
        ),
        (file("tokenizer_config.json", b"[]"), r"tokenizer_config\.json holds list where a JSON object belongs"),
    ],
)
def test_an_adapter_with_a_damaged_file_is_refused_before_work_starts(
    damage, named, adapter, words, tmp_path, monkeypatch
):
    damage(shutil.copytree(adapter, tmp_path / "adapter"))
    monkeypatch.setattr(FolderBase, "load", lambda *_, **__: pytest.fail("work started"))
    with pytest.raises(LlmregError, match=named) as caught:
        llmreg(*through("merge", words[3], tmp_path / "out", tmp_path / "adapter", words))
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]
