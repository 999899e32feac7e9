"""Several processes: job files for schedulers, and a run of two processes that ends like a run of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import yaml
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError
from llmreg.reproduce import processes
from llmreg.reproduce.gate import StoppedByLicenseError


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return tiny.write_catalog(tmp_path_factory.mktemp("tiny"))


def launch(*args):
    result = CliRunner().invoke(app, ["reproduce", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.fixture
def said(monkeypatch):
    """Let the command line be what was typed, as the record and the job file have it."""
    return lambda *args: (monkeypatch.setattr(sys, "argv", ["llmreg", "reproduce", *args]), launch(*args))[1]


SMALL = ("--set", "micro_batch_size=1")
"""So that four GPUs share the batch of four."""


def test_a_slurm_job_starts_one_torchrun_on_each_node(said, words):
    job = ("--out", "a b", "--launch", "slurm", "--dry-run", "--nodes=2", "--gpus", "2")
    text = said("tiny-lora", *job, *SMALL, *words[:2])
    assert text.startswith("#!/bin/bash\n# tiny-lora (lora): predicted peak ")
    assert "#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=1\n#SBATCH --gpus-per-node=2\n" in text
    assert "#SBATCH --cpus-per-task=8\n" in text
    assert "#SBATCH --time=" in text
    assert "srun --cpus-per-task=8 torchrun --nnodes=2 --nproc-per-node=2 " in text
    assert f"-m llmreg reproduce tiny-lora --out 'a b' {' '.join((*SMALL, *words[:2]))}\n" in text
    assert "--launch" not in text
    assert "--dry-run" not in text
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_two_slurm_jobs_with_one_first_node_do_not_meet(said, words, tmp_path):
    """One node needs no port; of several, each job has its own, as the torchrun that it would start is told."""
    job = ("tiny-lora", "--out", "x", "--launch", "slurm", "--dry-run", *SMALL, *words[:2], "--gpus", "2")
    alone = said(*job)
    assert " --standalone " in alone
    assert "rdzv" not in alone
    for name, body in (("srun", 'echo "$@"'), ("scontrol", "echo first; sleep 0.2; echo second")):
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    told = []
    for number in ("123456", "123457"):
        slurm = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": number, "SLURM_JOB_NODELIST": "all"}
        done = subprocess.run(["bash"], input=said(*job, "--nodes", "2"), env=slurm, text=True, capture_output=True)
        told.append(done.stdout)
    assert " --rdzv-id=123456 --rdzv-backend=c10d --rdzv-endpoint=first:23456 " in told[0]
    assert " --rdzv-id=123457 --rdzv-backend=c10d --rdzv-endpoint=first:23457 " in told[1]


def test_a_sharded_job_expects_less_on_each_gpu(said, words):
    options = ("tiny-lora", "--out", "x", "--launch", "slurm", "--dry-run", "--gpus", "4", *SMALL, *words[:2])
    whole, shards = said(*options), said(*options, "--shard")
    assert "every one holds the whole model" in whole
    assert "shards while training" in shards
    assert shards.splitlines()[-1].endswith(" --shard")


def test_a_skypilot_job_is_a_task_with_the_gpus_asked_for(said, words):
    job = ("--out", "x", "--launch=skypilot", "--dry-run", "--gpu", "h100-80gb", "--gpus", "4")
    task = yaml.safe_load(said("tiny-lora", *job, *SMALL, *words[:2]))
    assert task["resources"] == {"accelerators": "H100:4"}
    assert task["num_nodes"] == 1
    assert task["run"].rstrip().endswith(f"-m llmreg reproduce tiny-lora --out x {' '.join(SMALL)} --catalog /llmreg/0")


def test_a_skypilot_job_takes_local_files_and_the_token_with_it(said, words, monkeypatch):
    root, base, rows = map(Path, words[1::2])
    monkeypatch.chdir(base.parent)
    job = ("--out", "x", "--launch=skypilot", "--dry-run", "--gpus", "1", "--catalog", str(root))
    text = said("tiny-lora", *job, "--base=base", "--data", "tiny-rows=rows.jsonl")
    task = yaml.safe_load(text)
    assert task["file_mounts"] == {"/llmreg/0": str(root), "/llmreg/1": str(base), "/llmreg/2/rows.jsonl": str(rows)}
    assert task["run"].endswith(" --catalog /llmreg/0 --base /llmreg/1 --data tiny-rows=/llmreg/2/rows.jsonl\n")
    assert task["secrets"] == {"HF_TOKEN": None}
    assert "sky launch --secret HF_TOKEN" in text
    there = yaml.safe_load(said("tiny-lora", *job, "--offline", "--base", "/not/here"))
    assert "secrets" not in there
    assert there["run"].endswith(" --offline --base /not/here\n")


@pytest.mark.parametrize(
    ("name", "gpu", "theirs"),
    [
        ("H100", "h100-80gb", "H100"),
        ("nvidia rtx a6000", "rtx-a6000", "RTXA6000"),
        ("rtx 4090", "rtx-4090", "RTX4090"),
        ("a100-80gb", "a100-80gb", "A100-80GB"),
    ],
)
def test_a_gpu_may_be_named_as_recipes_write_it(said, words, name, gpu, theirs):
    text = said("tiny-lora", "--out", "x", "--launch=skypilot", "--dry-run", "--gpu", name, "--gpus", "1", *words[:2])
    assert yaml.safe_load(text)["resources"] == {"accelerators": f"{theirs}:1"}
    assert f"hours on 1 x {gpu}. " in text


def test_a_peak_without_the_length_of_samples_is_called_the_least(said, words):
    folder = Path(words[1]) / "models"
    text = (folder / "tiny-lora.yaml").read_text()
    (folder / "no-length.yaml").write_text(text.replace("sequence_length: 128, ", ""))
    job = said("no-length", "--out", "x", "--launch", "slurm", "--dry-run", "--gpus", "1", *words[:2])
    assert "predicted peak at least " in job
    assert "hours unknown: the tokens are not known" in job


def test_nothing_is_ever_started(words):
    with pytest.raises(LlmregError, match="no scheduler of its own"):
        launch("tiny-lora", "--launch", "slurm", "--out", "x", *words[:2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--launch", "pbs"), "there are slurm, skypilot"),
        (("--launch", "slurm", "--gpus", "3"), "cannot be shared by 3 GPUs"),
        (("--launch", "slurm", "--gpus", "2"), "micro_batch_size of 4 does not divide the 2 sequences"),
        (("--launch", "slurm", "--gpus", "1", "--shard"), "over several GPUs"),
        (("--launch", "slurm", "--gpu", "h300"), "no GPU is named 'h300'; did you mean 'h200'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(words, options, message):
    with pytest.raises(LlmregError, match=message):
        launch("tiny-lora", "--dry-run", "--out", "x", *options, *words[:2])


def test_settings_that_nobody_published_are_refused_before_a_node_does():
    with pytest.raises(LlmregError, match=r"settings open that nobody published:\n  training.adam_beta1"):
        launch("alpaca-7b", "--launch", "slurm", "--dry-run", "--out", "x")


@pytest.mark.parametrize(("data", "is_open"), [("baize-quora=x.jsonl", True), ("all.jsonl", False)])
def test_how_datasets_are_taken_is_no_open_setting_of_one_file_for_all(data, is_open):
    with pytest.raises(LlmregError, match="settings open that nobody published") as refused:
        launch("baize-7b", "--launch", "slurm", "--dry-run", "--out", "x", "--data", data)
    assert ("data.datasets." in str(refused.value)) == is_open


def test_without_a_folder_for_all_there_is_no_job(words):
    with pytest.raises(LlmregError, match="--out DIR"):
        launch("tiny-lora", "--launch", "slurm", "--dry-run", "--gpus", "1", *words[:2])


def test_the_gate_comes_first_there_too():
    with pytest.raises(StoppedByLicenseError, match="forbidden for commercial use"):
        launch("guanaco-33b", "--launch", "slurm", "--dry-run", "--use", "commercial")


def test_shards_of_others_or_alone_and_folders_apart_are_refused(monkeypatch, tmp_path, words):
    with pytest.raises(LlmregError, match="this is one"):
        launch("tiny-lora", "--shard", *words)
    with pytest.raises(LlmregError, match="leave out --shard"):
        launch("tiny-lora", "--rehearse", "--shard", *words[:2])
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(LlmregError, match="--out DIR"):
        processes.check(None)
    processes.check(tmp_path)
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(LlmregError, match="ACCELERATE_USE_FSDP"):
        processes.check(tmp_path)


TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


def test_two_processes_leave_the_run_that_one_leaves(words, tmp_path):
    """Dropout is drawn by each process for itself, so it is switched off."""
    import torch
    from safetensors.torch import load_file

    found = {}
    for name, start, more in (("one", [], []), ("two", TWO, []), ("shards", TWO, ["--shard"])):
        out = tmp_path / name
        command = [
            "reproduce",
            "tiny-lora",
            "--out",
            out,
            "--set",
            "dropout=0.0",
            "--set",
            "micro_batch_size=2",
            *words,
            *more,
        ]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, *start, "-m", "llmreg", *map(str, command)],
            capture_output=True,
            text=True,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        found[name] = (
            json.loads((out / "run.json").read_text()),
            load_file(out / "artifact/adapter_model.safetensors"),
        )
        assert done.stdout.count("run folder") == 1
    one, ours = found.pop("one")
    for two, theirs in found.values():
        assert two["status"] == "finished"
        assert all(check["passed"] for check in two["checks"])
        assert {check["name"] for check in two["checks"]} == {check["name"] for check in one["checks"]}
        assert (one["steps"], one["tokens"]) == (two["steps"], two["tokens"])
        assert two["losses"] == pytest.approx(one["losses"], rel=1e-4)
        assert two["held_out_loss_after"] == pytest.approx(one["held_out_loss_after"], rel=1e-4)
        for name, value in ours.items():
            torch.testing.assert_close(theirs[name], value, rtol=1e-3, atol=1e-4, msg=name)
