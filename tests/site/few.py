"""A small catalog on disk: the nano family with the licenses, policies, templates and benchmarks that it needs."""

from __future__ import annotations

import shutil

from llmreg.catalog import built_in

_FILES = (
    *(f"models/{name}.yaml" for name in ("nano-base", "nano-lora")),
    *(f"datasets/{name}.yaml" for name in ("nano-text", "nano-instruct")),
    *(f"benchmarks/{name}.yaml" for name in ("nano-records", "nano-held-out-text")),
    *(f"licenses/{name}.yaml" for name in ("MIT", "Apache-2.0", "CC0-1.0", "no-licence", "unknown", "custom", "openrail", "llama3.1")),
    *(f"policies/{name}.yaml" for name in ("strict", "standard", "permissive")),
    *(f"templates/{name}.yaml" for name in ("alpaca-stanford", "nano-question")),
)  # fmt: skip


def write_few(root):
    """Copy the files of the small catalog into the folder `root`, and give it."""
    for name in ("catalog.yaml", *_FILES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(built_in() / name, root / name)
    return root
