"""One contender of the training benchmark in a process of its own: train once, print what was measured as JSON."""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace

import yaml

SETTINGS = yaml.safe_load(Path(__file__).with_name("training.yaml").read_text(encoding="utf-8"))
ROWS = Path(__file__).parents[3] / "shared" / "data" / "alpaca-libre-tasks-v1.jsonl"
TEMPLATE = "alpaca-stanford"
PAD, END, BEGIN = 0, 1, 2
NEVER = 10**9
"""Steps between checkpoints: the others write none either."""


def prepare(folder):
    """Write the models, and the samples as token ids and labels; every contender reads the same."""
    import torch
    import transformers

    for name, shape in SETTINGS["models"].items():
        torch.manual_seed(SETTINGS["seed"])
        config = transformers.LlamaConfig(
            vocab_size=shape["vocabulary"], hidden_size=shape["width"], intermediate_size=shape["inner"],
            num_hidden_layers=shape["layers"], num_attention_heads=shape["heads"],
            max_position_embeddings=SETTINGS["length"], pad_token_id=PAD, bos_token_id=BEGIN, eos_token_id=END,
        )  # fmt: skip
        transformers.LlamaForCausalLM(config).save_pretrained(folder / name)
        (folder / name / "samples.json").write_text(json.dumps(samples(shape["vocabulary"])))


def samples(vocabulary):
    """Encode the rows with a tokenizer trained on the file's own text, as large as the model's vocabulary allows."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    from llmreg.catalog.load import load_catalog
    from llmreg.schema import RecipeData, Template, Training
    from llmreg.training.encode import encode

    every = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<pad>", "<end>", "<begin>"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    raw.train_from_iterator((f"{row['instruction']}\n{row['input']}\n{row['output']}" for row in every), trainer)
    words = {"pad_token": "<pad>", "eos_token": "<end>", "bos_token": "<begin>"}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=raw, **words)
    rows = [row for row in every if row["status"] == "ok"][: SETTINGS["rows"]]
    data = RecipeData(format="instruction", template=TEMPLATE, loss_on="response")
    template = load_catalog().get_as(Template, TEMPLATE)
    found = encode(rows, data, Training(sequence_length=SETTINGS["length"]), template, tokenizer)
    return [{"input_ids": example.input_ids, "labels": example.labels} for example in found]


class Base:
    """The model in a folder, as a run would load it."""

    def __init__(self, folder):
        self.folder = folder

    def load(self, **options):
        import transformers

        return transformers.AutoModelForCausalLM.from_pretrained(self.folder, **options)


def method(name):
    """The settings that every contender's method has."""
    from llmreg_methods.full import Full
    from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
    from llmreg_methods.lora import Lora
    from llmreg_methods.qlora import Qlora

    rank = {"rank": SETTINGS["rank"], "alpha": SETTINGS["alpha"], "targets": "all-linear"}
    return {
        "full": lambda layers: Full(),
        "lora": lambda layers: Lora(**rank),
        "qlora": lambda layers: Qlora(**rank),
        "llama-adapter-v2": lambda layers: LlamaAdapterV2(
            prompt_length=SETTINGS["prompt_length"], prompt_layers=layers - 1
        ),
    }[name]


def adapted(folder, name):
    """The model with the method put in, by peft itself or (LLaMA-Adapter V2, which peft lacks) by llmreg's plugin."""
    base = Base(folder)
    how = method(name)(json.loads((folder / "config.json").read_text())["num_hidden_layers"])
    return how.adapt(how.load(base))


def rows(folder):
    found = json.loads((folder / "samples.json").read_text())
    return found[: -SETTINGS["held_out"]], found[-SETTINGS["held_out"] :]


class Clock:
    """Notes the time and the tokens of real data at the end of each optimizer step."""

    def __init__(self):
        self.tokens, self.seen = 0, []

    def step(self):
        self.seen.append((time.perf_counter(), time.process_time(), self.tokens))

    def callback(self):
        from transformers import TrainerCallback

        class Steps(TrainerCallback):
            def on_step_end(_, *arguments, **options):  # noqa: N805 - the clock is `self`
                self.step()

        return Steps()


def pad(samples, clock):
    """The default way: fill up to the longest sample of the batch."""
    import torch

    width = max(len(sample["input_ids"]) for sample in samples)
    clock.tokens += sum(len(sample["input_ids"]) for sample in samples)
    fill = {"input_ids": PAD, "labels": -100}
    batch = {
        key: [sample[key] + [value] * (width - len(sample[key])) for sample in samples] for key, value in fill.items()
    }
    mask = [[1] * len(sample["input_ids"]) + [0] * (width - len(sample["input_ids"])) for sample in samples]
    return {name: torch.tensor(values) for name, values in {**batch, "attention_mask": mask}.items()}


def common(out):
    """What the two trainers built on transformers are told alike."""
    return {
        "output_dir": str(out), "per_device_train_batch_size": SETTINGS["batch"], "num_train_epochs": 1,
        "learning_rate": SETTINGS["learning_rate"], "lr_scheduler_type": "constant", "weight_decay": 0.0,
        "seed": SETTINGS["seed"], "report_to": "none", "save_strategy": "no", "logging_strategy": "no",
        "disable_tqdm": True, "use_cpu": True, "dataloader_pin_memory": False,
    }  # fmt: skip


def llmreg(folder, name, samples, clock, out):
    from llmreg.schema import Training
    from llmreg.training.encode import Example
    from llmreg.training.loop import train
    from llmreg.training.trainer import Order

    model = adapted(folder, name)
    examples = [Example(tuple(sample["input_ids"]), tuple(sample["labels"])) for sample in samples]
    settings = Training(
        learning_rate=SETTINGS["learning_rate"], batch_size=SETTINGS["batch"], epochs=1, schedule="constant",
        optimizer="adamw", seed=SETTINGS["seed"], sequence_length=SETTINGS["length"],
    )  # fmt: skip
    outcome = train(model, examples, settings, out, pad_token_id=PAD, on_step=lambda *_: clock.step(), save_every=NEVER)
    first = list(Order([len(example.input_ids) for example in examples], None, SETTINGS["seed"]))[: SETTINGS["batch"]]
    counts = [sum(len(examples[index].input_ids) for index in first), *[0] * (outcome.steps - 2), outcome.tokens]
    clock.seen = [(at, cpu, count) for (at, cpu, _), count in zip(clock.seen, counts, strict=True)]
    return model


def trainer(folder, name, samples, clock, out, sampling="random"):
    import datasets
    import transformers

    arguments = transformers.TrainingArguments(
        **common(out), train_sampling_strategy=sampling, remove_unused_columns=False, bf16=False
    )
    model = adapted(folder, name)
    transformers.Trainer(
        model=model, args=arguments, train_dataset=datasets.Dataset.from_list(samples),
        data_collator=lambda batch: pad(batch, clock), callbacks=[clock.callback()],
    ).train()  # fmt: skip
    return model


def trainer_grouped(*arguments):
    return trainer(*arguments, sampling="group_by_length")


def trl(folder, name, samples, clock, out):
    """Best-fit packing, so that a row of `length` holds several samples; as many rows a step as hold `batch` of them."""
    import datasets
    import transformers
    from trl import SFTConfig, SFTTrainer

    mean = fmean(len(sample["input_ids"]) for sample in samples)
    settings = {
        **common(out),
        "per_device_train_batch_size": max(1, round(mean * SETTINGS["batch"] / SETTINGS["length"])),
    }
    model = adapted(folder, name)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=_no_words(), pad_token="<pad>", eos_token="<end>")
    made = SFTTrainer(
        model=model, processing_class=tokenizer, train_dataset=datasets.Dataset.from_list(samples),
        args=SFTConfig(
            **settings, packing=True, packing_strategy="bfd", max_length=SETTINGS["length"], bf16=False,
            gradient_checkpointing=False,
        ),
        callbacks=[clock.callback()],
    )  # fmt: skip
    collate = made.data_collator

    def counted(batch):
        found = collate(batch)
        clock.tokens += sum(len(each["input_ids"]) for each in batch)
        return found

    made.data_collator = counted
    made.train()
    return model


def _no_words():
    from tokenizers import Tokenizer, models

    return Tokenizer(models.WordLevel({"<pad>": PAD, "<end>": END, "?": 2}, unk_token="?"))


def litgpt(folder, name, samples, clock, _):
    """Its own models and the loop of its finetune scripts: padded batches, the head and the loss in chunks."""
    import torch
    from litgpt.utils import chunked_cross_entropy
    from torch.utils.data import DataLoader

    model = _litgpt_model(folder, name)
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=SETTINGS["learning_rate"], weight_decay=0.0)
    torch.manual_seed(SETTINGS["seed"])
    loader = DataLoader(samples, SETTINGS["batch"], shuffle=True, collate_fn=lambda batch: pad(batch, clock))
    for batch in loader:
        logits = model(batch["input_ids"], lm_head_chunk_size=128)
        logits[-1] = logits[-1][..., :-1, :]
        chunked_cross_entropy(logits, batch["labels"][..., 1:]).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        clock.step()
    return _with_loss(model)


def _litgpt_model(folder, name):
    """The same weights in litgpt's own model, with its own method put in."""
    from litgpt.scripts.convert_hf_checkpoint import copy_weights_hf_llama
    from transformers import LlamaForCausalLM

    there = importlib.import_module(
        {"full": "litgpt.model", "lora": "litgpt.lora", "llama-adapter-v2": "litgpt.adapter_v2"}[name]
    )
    shape = json.loads((folder / "config.json").read_text())
    parts = ("query", "key", "value", "projection", "mlp")
    lora = {"lora_r": SETTINGS["rank"], "lora_alpha": SETTINGS["alpha"], **{f"lora_{part}": True for part in parts}}
    adapter = {"adapter_prompt_length": SETTINGS["prompt_length"], "adapter_start_layer": 1}
    config = there.Config(
        name="llama", block_size=SETTINGS["length"], vocab_size=shape["vocab_size"], padded_vocab_size=shape["vocab_size"],
        n_layer=shape["num_hidden_layers"], n_head=shape["num_attention_heads"], n_embd=shape["hidden_size"],
        intermediate_size=shape["intermediate_size"], rotary_percentage=1.0, parallel_residual=False, bias=False,
        norm_class_name="RMSNorm", norm_eps=shape["rms_norm_eps"], mlp_class_name="LLaMAMLP",
        **{"lora": lora, "llama-adapter-v2": adapter}.get(name, {}),
    )  # fmt: skip
    model, weights = there.GPT(config), {}
    copy_weights_hf_llama(config, {}, weights, LlamaForCausalLM.from_pretrained(folder).state_dict())
    missing = model.load_state_dict(weights, strict=False)
    assert not missing.unexpected_keys
    if name == "lora":
        there.mark_only_lora_as_trainable(model)
    elif name == "llama-adapter-v2":
        there.mark_only_adapter_v2_as_trainable(model)
    return model


def _with_loss(model):
    """Let litgpt's model be asked for its loss as the others are."""
    import torch

    class Asked(torch.nn.Module):
        def forward(self, input_ids, labels):
            logits = model.eval()(input_ids)[0, :-1]
            return SimpleNamespace(loss=torch.nn.functional.cross_entropy(logits, labels[0, 1:]))

    return Asked()


CONTENDERS = {
    "llmreg": llmreg, "trainer": trainer, "trainer-grouped": trainer_grouped, "trl": trl, "litgpt": litgpt,
}  # fmt: skip


def held_out(model, samples):
    """The mean loss over the label tokens of the samples that nobody trained on, by the model's own forward pass."""
    import torch

    total, count = 0.0, 0
    model.eval()
    with torch.no_grad():
        for sample in samples:
            batch = {key: torch.tensor([sample[key]]) for key in ("input_ids", "labels")}
            labels = sum(label != -100 for label in sample["labels"])
            total, count = total + model(**batch).loss.item() * labels, count + labels
    return total / count


def operations(folder, name, out):
    """What llmreg's matrix products, attention's included, take for a token of real data; 4-bit ones take lora's."""
    from torch.utils.flop_counter import FlopCounterMode

    clock = Clock()
    with FlopCounterMode(display=False) as counter:
        llmreg(folder, {"qlora": "lora"}.get(name, name), rows(folder)[0], clock, out)
    return counter.get_total_flops() / clock.seen[-1][2]


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def warm_up(contender):
    """Import what the contender needs, so that its memory does not count."""
    import datasets
    import transformers

    import llmreg.training.loop
    import llmreg_methods.low_rank

    llmreg_methods.low_rank.import_peft()
    _ = datasets.Dataset, transformers.Trainer, transformers.LlamaForCausalLM, llmreg.training.loop.train
    if contender == "trl":
        from trl import SFTConfig, SFTTrainer

        _ = SFTConfig, SFTTrainer
    if contender == "litgpt":
        importlib.import_module("litgpt.adapter_v2")


def main(contender, folder, name, out):
    import torch

    warm_up(contender)
    torch.manual_seed(SETTINGS["seed"])
    if contender == "count":
        print(json.dumps({"operations_per_token": operations(folder, name, out)}))
        return
    train, judged = rows(folder)
    clock = Clock()
    before = resident()
    model = CONTENDERS[contender](folder, name, train, clock, out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    (begin, cpu, first), (end, cpu_end, last) = clock.seen[0], clock.seen[-1]
    measured = {
        "tokens_per_second": (last - first) / (end - begin),
        "tokens_per_cpu_second": (last - first) / (cpu_end - cpu),
        "peak_bytes": peak,
        "held_out": held_out(model, judged),
        "steps": len(clock.seen),
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
