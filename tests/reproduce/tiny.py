"""A user's catalog with a tiny base and models tuned from it, small enough to train in seconds."""

from __future__ import annotations

import json

from llmreg.nano.makers import rows_like
from llmreg.nano.tokenizer import tokenizer
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.rehearse import write_base

_SOURCES = 'sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n'
TRAINING = (
    "training: {learning_rate: 5.0e-3, schedule: linear, warmup_steps: 2, steps: 20, batch_size: 4, micro_batch_size: 4,\n"
    "    optimizer: adamw, adam_beta1: 0.9, adam_beta2: 0.999, adam_epsilon: 1.0e-8, weight_decay: 0.0,\n"
    "    max_grad_norm: 1.0, sequence_length: 128, precision: float32, group_by_length: false, seed: 1, data_seed: 1}\n"
)
SETTINGS = {
    "full": "{}",
    "lora": "{rank: 4, alpha: 8, dropout: 0.1, targets: all-linear, base_quant: none}",
    "v2": "{prompts: true, prompt_length: 2, prompt_layers: 1, gate: head_tanh, norms: true, bias: true, scale: true,"
    " scale_side: output}",
    "qlora": "{rank: 4, alpha: 8, dropout: 0.1, targets: all-linear, quant: nf4, double_quant: true, compute_dtype: float32}",
}


LLAMA = {
    "model_type": "llama", "vocab_size": len(tokenizer()), "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 256,
}  # fmt: skip


def write_catalog(root, architecture=LLAMA):
    """Write the catalog, the base's weights and the rows; give the words that point `reproduce` at them."""
    config = config_of(architecture)
    license_line = "licenses: {weights: {id: MIT, source: page}}\n"
    base = f"name: Tiny\nsource: page\narchitecture: {json.dumps(architecture)}\n{license_line}{_SOURCES}"
    rows = "name: Rows\nsource: page\nlicenses: {data: {id: MIT, source: page}}\n" + _SOURCES
    files = {"models/tiny-base.yaml": base, "datasets/tiny-rows.yaml": rows}
    files["benchmarks/tiny-records.yaml"] = f"name: Tiny records\nsource: page\ndataset: tiny-rows\n{_SOURCES}"
    for method, settings in SETTINGS.items():
        files[f"models/tiny-{method}.yaml"] = (
            f"name: Tiny {method}\nsource: page\n{license_line}made_from:\n"
            f"  - {{relation: {'finetune' if method == 'full' else 'adapter'}, of: tiny-base, source: page}}\n"
            "  - {relation: trained-on, of: tiny-rows, stage: sft, source: page}\n"
            f"recipe:\n  method: {'llama-adapter-v2' if method == 'v2' else method}\n  settings: {settings}\n  {TRAINING}"
            "  data: {format: instruction, template: alpaca-stanford, loss_on: response, held_out: 24}\n  source: page\n"
            "results:\n  - {benchmark: tiny-records, metric: held-out-loss, value: 5.0, unit: nats, tolerance: 2.0,"
            " tolerance_source: seeds, source: page}\n"
            "  - {benchmark: vicuna-80, metric: gpt4-score, value: 1, unit: percent, source: page}\n" + _SOURCES
        )
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    outside = root.with_name(f"{root.name}-files")
    write_base(config, outside / "base")
    tokenizer().save_pretrained(outside / "base")
    lines = [json.dumps(row) for row in rows_like("instruction", 104, 5)]
    (outside / "rows.jsonl").write_text("\n".join(lines))
    return ["--catalog", str(root), "--base", str(outside / "base"), "--data", str(outside / "rows.jsonl")]
