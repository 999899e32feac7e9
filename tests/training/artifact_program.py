"""Train each method for a few steps and print the hashes of the artifacts, for comparison with another process.

`python artifact_program.py FOLDER SHIFTED` also moves the clock a year on and gives the machine another name.
"""

from __future__ import annotations

import json
import os
import platform
import random
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from llmreg.reproduce.base import FolderBase
from llmreg.reproduce.record import hash_artifact
from llmreg.schema import Training
from llmreg.training.encode import Example
from llmreg.training.loop import train
from llmreg_methods.full import Full
from llmreg_methods.llama_adapter_v2 import LlamaAdapterV2
from llmreg_methods.lora import Lora
from llmreg_methods.qlora import Qlora

LOW_RANK = {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": "all-linear"}
METHODS = {
    "full": Full(),
    "lora": Lora(**LOW_RANK),
    "qlora": Qlora(**LOW_RANK, compute_dtype="float32"),
    "llama-adapter-v2": LlamaAdapterV2(prompt_layers=2, prompt_length=4),
}
BUGS = {
    "the time": lambda folder: time.time() // 86400,
    "the path": lambda folder: str(folder),
    "the machine": lambda folder: socket.gethostname(),
    "the order of a set": lambda folder: list({f"layer{number}" for number in range(20)}),
}
"""What an artifact's configuration could come to hold by mistake."""
TRAINING = Training(learning_rate=1e-2, batch_size=4, micro_batch_size=2, steps=9, schedule="cosine", seed=1)


def fresh(method, base, seed=1):
    """Give the method's model as a run starts with it."""
    from transformers import set_seed

    set_seed(seed)
    return method.adapt(method.load(FolderBase(base)))


def examples():
    """Give samples of uneven length; an epoch has three steps, so that checkpoints fall within epochs.

    Two processes cannot share them evenly.
    """
    draw = random.Random(0)
    rows = [tuple(draw.randrange(3, 64) for _ in range(size)) for size in (5, 17, 30, 9, 25, 12, 7, 3, 21, 14, 6)]
    return [Example(ids, (-100, *ids[1:])) for ids in rows]


def write_base(folder):
    """Write a tiny llama with dropout."""
    import torch
    import transformers

    torch.manual_seed(7)
    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, initializer_range=0.2, attention_dropout=0.3,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


def hashes(folder, seed=1, names=tuple(METHODS)):
    """Give the hash of each method's artifact, and those that LLaMA-Adapter V2's has with each bug."""
    write_base(folder / "base")
    found = {}
    training = TRAINING.model_copy(update={"steps": 3, "seed": seed})
    for name in names:
        model = fresh(METHODS[name], folder / "base", seed)
        train(model, examples(), training, folder / "checkpoints" / name, pad_token_id=0)
        found[name] = saved(METHODS[name], model, folder / name)
    for bug, value in BUGS.items() if name == "llama-adapter-v2" else ():
        with planted(value):
            found[bug] = saved(METHODS["llama-adapter-v2"], model, folder / bug)
    return found


def saved(method, model, folder):
    folder.mkdir()
    method.save(model, folder)
    return hash_artifact(folder)[0]


@contextmanager
def planted(value):
    """Have LLaMA-Adapter V2 write a value into its configuration that is no part of what was made."""
    save = LlamaAdapterV2.save

    def careless(self, model, folder):
        save(self, model, folder)
        config = next(folder.glob("*.json"))
        config.write_text(json.dumps({**json.loads(config.read_text()), "about": value(folder)}))

    LlamaAdapterV2.save = careless
    try:
        yield
    finally:
        LlamaAdapterV2.save = save


def shift():
    """Make this process run a year later and on another machine, as far as a program can see."""
    now, uname = time.time, platform.uname()
    time.time = lambda: now() + 366 * 86400
    socket.gethostname = platform.node = lambda: "elsewhere"
    os.uname = lambda: os.uname_result((uname.system, "elsewhere", uname.release, uname.version, uname.machine))


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    if "SHIFTED" in sys.argv:
        shift()
    print(json.dumps(hashes(Path(sys.argv[1]))))
