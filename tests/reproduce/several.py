"""A user's catalog with a model trained on three datasets, each published in a way of its own."""

from __future__ import annotations

import json

import tiny

from llmreg.nano.published import published_like

COUNTS = {"tiny-talks": ("sharegpt", 30), "tiny-tasks": ("alpaca", 40), "tiny-answers": ("hc3", 20)}
"""The reader and the number of rows of each dataset, in the recipe's order; each row of HC3 has two answers."""
SOURCES = 'sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n'


def write_mix(root, held_out=12, portions="{tiny-talks: {fraction: 0.8}, tiny-tasks: {fraction: 1}}"):
    """Write it beside the tiny catalog; give the words for catalog and base, and the file of each dataset."""
    words = tiny.write_catalog(root)[:4]
    license_line = "licenses: {data: {id: MIT, source: page}}\n"
    readers = {"tiny-talks": "sharegpt", "tiny-tasks": "alpaca", "tiny-answers": "hc3, hc3-human, hc3-chatgpt"}
    files = {}
    for name, (reader, count) in COUNTS.items():
        body = f"name: Rows\nsource: page\nrows: {count}\nreaders: [{readers[name]}]\n{license_line}{SOURCES}"
        (root / f"datasets/{name}.yaml").write_text(body)
        files[name] = root.with_name(f"{root.name}-files") / f"{name}.jsonl"
        files[name].write_text("\n".join(map(json.dumps, published_like(reader, count, 1))))
    edges = "".join(f"  - {{relation: trained-on, of: {name}, stage: sft, source: page}}\n" for name in COUNTS)
    (root / "models/tiny-mix.yaml").write_text(
        "name: Tiny mix\nsource: page\nlicenses: {weights: {id: MIT, source: page}}\nmade_from:\n"
        f"  - {{relation: adapter, of: tiny-base, source: page}}\n{edges}"
        f"recipe:\n  method: lora\n  settings: {tiny.SETTINGS['lora']}\n  {tiny.TRAINING}"
        f"  data: {{format: conversation, template: koala, loss_on: response, held_out: {held_out}, held_out_seed: 3,\n"
        f"    datasets: {portions}}}\n  source: page\n" + SOURCES
    )
    return words, files
