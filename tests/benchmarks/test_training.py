"""Tokens of real data per second against other trainers; run with `pytest tests/benchmarks/test_training.py -s`.

`training.yaml` states the models and settings, `contenders.py` trains one of them in a process of its own. Whoever is
not installed is left out. The median of interleaved repetitions counts, because others may use the machine too; the
tokens per second of processor time stand beside those of the clock.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest
from contenders import CONTENDERS, ROWS, SETTINGS, prepare

HERE = Path(__file__).parent
GOALS = {"lora": 2.0, "qlora": 1.3, "full": 1.3, "llama-adapter-v2": 1.3}
"""How many times the best other's tokens per second."""
CANNOT = {("litgpt", "qlora"), ("litgpt", "llama-adapter-v2")}
"""Its 4-bit layers need a GPU; its LLaMA-Adapter V2 fails at the second step (Lightning-AI/litgpt issue 1287)."""
NEEDS = {"trl": "trl", "litgpt": "litgpt"}

pytestmark = pytest.mark.skipif(not ROWS.exists(), reason=f"{ROWS.name} is not beside the repository")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    prepare(folder)
    return folder


def measured(contender, folder, name, out):
    program = [sys.executable, str(HERE / "contenders.py"), contender, str(folder), name, str(out)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def matmul_rate(dtype):
    """The best of torch's and oneDNN's products of large matrices, in operations per second."""
    import torch

    from llmreg.training.matmul import fast_products

    a, b = (torch.randn(shape).to(getattr(torch, dtype)) for shape in ((1024, 2048), (2048, 2048)))

    def seconds():
        start = time.perf_counter()
        a @ b
        return time.perf_counter() - start

    best = min(seconds() for _ in range(20))
    with fast_products():
        best = min([best, *(seconds() for _ in range(20))])
    return 2 * 1024 * 2048 * 2048 / best


@pytest.mark.parametrize("name", GOALS)
@pytest.mark.parametrize("model", SETTINGS["models"])
def test_training_beside_others(prepared, tmp_path, model, name):
    there = [who for who in CONTENDERS if who not in NEEDS or importlib.util.find_spec(NEEDS[who])]
    there = [who for who in there if (who, name) not in CANNOT]
    found = {who: [] for who in there}
    for number in range(SETTINGS["repeats"]):
        for who in there:
            found[who].append(measured(who, prepared / model, name, tmp_path / f"{who}-{number}"))
    rate = matmul_rate("bfloat16" if name == "qlora" else "float32")
    needed = measured("count", prepared / model, name, tmp_path / "count")["operations_per_token"]
    print(f"\n{model}, {name}; matrices multiply at {rate / 1e9:.0f} billion operations a second")
    middle = {}
    for who, runs in found.items():
        middle[who] = {key: median(run[key] for run in runs) for key in runs[0]}
        rates = ", ".join(f"{run['tokens_per_second']:.0f}" for run in runs)
        print(
            f"{who:16} {middle[who]['tokens_per_second']:6.0f} tokens/s ({rates}), "
            f"{middle[who]['tokens_per_cpu_second']:6.0f} per second of processor, "
            f"{middle[who]['peak_bytes'] / 2**20:5.0f} MiB, held-out loss {middle[who]['held_out']:.4f}"
        )
    ours = middle.pop("llmreg")
    print(
        f"llmreg reaches {ours['tokens_per_second'] * needed / rate:.2f} of that rate, at {needed / 1e6:.1f} million a token"
    )
    others = middle.values()
    assert ours["tokens_per_second"] >= GOALS[name] * max(other["tokens_per_second"] for other in others)
    assert ours["peak_bytes"] <= min(other["peak_bytes"] for other in others)
    losses = [other["held_out"] for other in others]
    assert min(losses) - 0.02 <= ours["held_out"] <= max(losses) + 0.02
