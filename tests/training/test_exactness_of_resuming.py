"""The promises of exactness of runs that are killed and resumed, and of what a run writes, as in `test_exactness`."""

import json
import os
import random
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from promises import broken

from llmreg.training import loop
from llmreg.training.loop import train

HERE = Path(__file__).parent
PROGRAM = runpy.run_path(str(HERE / "artifact_program.py"))
PROCESSES = runpy.run_path(str(HERE / "processes_program.py"))
METHODS = PROGRAM["METHODS"]


# A run that is killed and resumed ends with the bits of one that is not.


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    PROGRAM["write_base"](folder)
    return folder


def run(name, base, folder, **options):
    """Give the bits of the trained weights and what the run counted."""
    model = PROGRAM["fresh"](METHODS[name], base)
    outcome = train(model, PROGRAM["examples"](), PROGRAM["TRAINING"], folder, pad_token_id=0, save_every=2, **options)
    bits = {key: value.detach().numpy().tobytes() for key, value in model.named_parameters() if value.requires_grad}
    return bits, outcome.steps, outcome.tokens, outcome.label_tokens, outcome.losses


def killed(name, base, folder, at):
    """Kill a run with SIGKILL in a process of its own, at a step or, where `at` is 0, in the midst of a checkpoint."""
    child = os.fork()
    if not child:
        try:
            if not at:
                os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL) if "checkpoint-4" in late(folder) else None
            run(
                name, base, folder, on_step=lambda step, _: os.kill(os.getpid(), signal.SIGKILL) if step == at else None
            )
        finally:
            os._exit(0)  # a fork that failed would go on as a second run of the whole suite
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def late(folder):
    """List the checkpoints, finished or being written."""
    return {path.name for path in folder.rglob("checkpoint-*")}


def resumed_run_is_the_whole_one(name, base, folder, whole):
    same = run(name, base, folder, resume=True) == whole  # pytest would take a minute to describe how bits differ
    assert same


@pytest.mark.parametrize("name", METHODS)
def test_a_run_killed_at_random_steps_resumes_to_the_same_bits(name, base, tmp_path):
    draw = random.Random(name)
    whole = run(name, base, tmp_path / "whole")
    for at in (0, *draw.sample(range(3, 10), 2)):
        killed(name, base, tmp_path / str(at), at)
        assert late(tmp_path / str(at))
        resumed_run_is_the_whole_one(name, base, tmp_path / str(at), whole)


def forget_optimizer(patch):
    import transformers

    patch.setattr(transformers.Trainer, "_load_optimizer_and_scheduler", lambda self, folder: None)


def forget_random_numbers(patch):
    import transformers

    patch.setattr(transformers.Trainer, "_load_rng_state", lambda self, folder: None)


def begin_the_rows_anew(patch):
    own = loop.arguments

    def careless(*given):
        result = own(*given)
        result.ignore_data_skip = True
        return result

    patch.setattr(loop, "arguments", careless)


@pytest.mark.parametrize("bug", [forget_optimizer, forget_random_numbers, begin_the_rows_anew])
def test_a_resume_that_forgets_is_found(base, tmp_path, monkeypatch, bug):
    whole = run("lora", base, tmp_path / "whole")
    killed("lora", base, tmp_path / "killed", 5)
    bug(monkeypatch)
    assert broken(resumed_run_is_the_whole_one, "lora", base, tmp_path / "killed", whole)


@pytest.mark.parametrize("shard", [False, True])
def test_two_processes_resume_to_the_same_bits(base, tmp_path, shard):
    """An epoch has three steps, so that the run goes on within the second: in that epoch's order, not the first's."""
    PROCESSES["in_two_processes"](base, tmp_path, PROGRAM["TRAINING"], ["lora"], shard=shard)
    for rank in (0, 1):
        whole, resumed = (tmp_path / f"{way}-lora-{rank}" for way in ("whole", "resumed"))
        for ending in (".json", ".safetensors"):
            assert resumed.with_suffix(ending).read_bytes() == whole.with_suffix(ending).read_bytes()


# The hash of an artifact depends on what went in, and on the seed.


def test_the_hash_of_an_artifact_depends_on_inputs_and_seed_only(tmp_path):
    """Another process, a year later, elsewhere, with another name of the machine and another order of sets."""
    here, there = tmp_path / "here", tmp_path / "there" / "deeper"
    there.mkdir(parents=True)
    environment = {**os.environ, "PYTHONHASHSEED": "1234", "TZ": "Asia/Tokyo", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "artifact_program.py"), str(there), "SHIFTED"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=there)
    assert done.returncode == 0, done.stderr
    other, ours = json.loads(done.stdout), PROGRAM["hashes"](here)
    reseeded = PROGRAM["hashes"](tmp_path / "reseeded", seed=2, names=("lora",))
    assert reseeded["lora"] != ours["lora"]
    for name in METHODS:
        assert other[name] == ours[name]
    for bug in PROGRAM["BUGS"]:
        assert other[bug] != ours[bug], f"an artifact that holds {bug} would go unnoticed"
