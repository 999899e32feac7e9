"""Predicted against measured peak memory: four methods, llamas with 1, 1.5 and 2 GiB of random 32-bit weights, on a CPU.

The peak is the resident set above that just before the model is built; every training runs in a process of its own.
Run with `pytest tests/benchmarks/test_memory_predicted.py -s`; it takes about half an hour and 12 GiB. `LLMREG_MEMORY` names the
sizes to run.
"""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

SIZES = {
    "1": {"hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 16, "num_attention_heads": 16},
    "1.5": {"hidden_size": 1280, "intermediate_size": 3456, "num_hidden_layers": 17, "num_attention_heads": 20},
    "2": {"hidden_size": 1536, "intermediate_size": 4096, "num_hidden_layers": 17, "num_attention_heads": 24},
}
"""By the GiB of their weights, roughly."""
TINY = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 8, "num_attention_heads": 2}
METHODS = {
    "lora": {"rank": 16, "targets": "all-linear"},
    "qlora": {"rank": 16, "targets": "all-linear", "compute_dtype": "float32"},
    "llama-adapter-v2": {"prompt_layers": 8},
    "full": {},
}
TRAINING = {"learning_rate": 1e-4, "batch_size": 2, "micro_batch_size": 2, "steps": 2, "schedule": "constant"}
LENGTH, VOCABULARY = 256, 32_000
TOLERANCE = 0.15


@pytest.fixture(scope="module", params=os.environ.get("LLMREG_MEMORY", " ".join(SIZES)).split())
def base(request, tmp_path_factory):
    """Write a base in a process of its own, which leaves nothing behind in this one."""
    folder = tmp_path_factory.mktemp("base")
    run("write", str(folder), json.dumps(SIZES[request.param]))
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize("method", METHODS)
def test_the_peak_is_predicted(base, method):
    found = run("train", str(base), method)
    predicted, measured = found["predicted"], found["measured"]
    print(f"\n{method}: predicted {predicted / 2**30:.2f} GiB, measured {measured / 2**30:.2f} GiB", end="")
    print(f" ({predicted / measured - 1:+.1%}), {found['seconds']:.0f} s")
    assert predicted == pytest.approx(measured, rel=TOLERANCE)


def run(*arguments):
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def write(folder, sizes):
    from transformers import LlamaConfig

    from llmreg.reproduce.rehearse import write_base

    write_base(LlamaConfig(vocab_size=VOCABULARY, **sizes), Path(folder))
    return {}


def train_one(folder, name):
    """Train tiny first, so that libraries and threads are there, then predict, then train and measure."""
    import time

    from transformers import AutoConfig, LlamaConfig

    from llmreg import plugins
    from llmreg.reproduce.memory import Shapes, footprint, give_back_freed, lay_out
    from llmreg.reproduce.rehearse import write_base
    from llmreg.schema import Training

    give_back_freed()
    method, training = plugins.load().build(name, METHODS[name]), Training(**TRAINING)
    with tempfile.TemporaryDirectory() as tiny:
        write_base(LlamaConfig(vocab_size=256, **TINY), Path(tiny))
        train_at(Path(tiny), method, training, 256, 32)
    laid = lay_out(method, method.load(Shapes(AutoConfig.from_pretrained(folder), "float32")))
    predicted = footprint(laid, method, training, LENGTH, mapped=4.0)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before, began = resident("VmRSS"), time.perf_counter()
    train_at(Path(folder), method, training, VOCABULARY, LENGTH)
    return {
        "method": name,
        "predicted": predicted.peak,
        "measured": resident("VmHWM") - before,
        "parts": predicted.parts,
        "seconds": time.perf_counter() - began,
    }


def train_at(folder, method, training, vocabulary, length):
    from llmreg.reproduce.base import FolderBase
    from llmreg.training.encode import Example
    from llmreg.training.loop import train

    draw = random.Random(0)
    rows = [tuple(draw.randrange(3, vocabulary) for _ in range(length)) for _ in range(4)]
    model = method.adapt(method.load(FolderBase(folder)))
    with tempfile.TemporaryDirectory() as runs:
        train(model, [Example(row, row) for row in rows], training, Path(runs), pad_token_id=0)


def resident(name):
    """Read a line of this process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    print(json.dumps(write(given[0], json.loads(given[1])) if what == "write" else train_one(*given)))
