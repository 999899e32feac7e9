"""Write job files for schedulers that exist, with the plan's memory and hours in them; nothing is started here."""

from __future__ import annotations

import json
import math
import shlex
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from llmreg.catalog.gpus import require_gpu_id
from llmreg.errors import LlmregError
from llmreg.reproduce.recipe import datasets_of, refuse_assumptions, resolve
from llmreg.schema import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmreg.catalog import Catalog
    from llmreg.plugins import Plugins
    from llmreg.reproduce.plan import Plan
    from llmreg.reproduce.recipe import Resolved
    from llmreg.reproduce.run import Options
    from llmreg.schema import Training

SCHEDULERS = ("slurm", "skypilot")
_OWN = ("--launch", "--gpu", "--gpus", "--nodes")
"""Options that ask for a job file; each takes a value."""
CORES = 4
"""Asked for with each GPU: one for its process, and some that tokenize and load."""
_SKYPILOT = {
    "a100-40gb": "A100",
    "h100-80gb": "H100",
    "h100-pcie": "H100",
    "rtx-3090": "RTX3090",
    "rtx-4090": "RTX4090",
    "rtx-a6000": "RTXA6000",
    "v100-16gb": "V100",
}
"""What SkyPilot calls a GPU where it is not the id in capitals (docs.skypilot.co, compute/gpus)."""
_SLURM_MEETING = (
    'head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed -n 1p)\nport=$((20000 + SLURM_JOB_ID % 10000))\n'
)
_SLURM_MET = '--rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="$head:$port"'
_SKYPILOT_MEETING = '  head=$(echo "$SKYPILOT_NODE_IPS" | sed -n 1p)\n'
_SKYPILOT_MET = "--node-rank=$SKYPILOT_NODE_RANK --master-addr=$head --master-port=29500"
_SECRETS = (
    "secrets:\n"
    "  HF_TOKEN: null  # from your shell: sky launch --secret HF_TOKEN FILE; have you none, take the two lines out\n"
)
_LOCAL = ("--base", "--data", "--catalog", "--licensee")
"""Options that name files."""
_COPIES = "/llmreg"
_SLACK = 1.5
"""Time limit of a job over the hours predicted at the worse utilization."""


def job(catalog: Catalog, entry_id: str, options: Options, scheduler: str, *, gpu: str, gpus: int, nodes: int) -> str:
    """Give the job file that makes an entry again on so many nodes with so many GPUs each, after the license gate.

    Raises `StoppedByLicenseError` as the run itself would, and `LlmregError` where the GPU is unknown, no run folder is
    given, the recipe leaves settings open, or a step cannot be shared by so many GPUs.
    """
    options.gate(catalog, entry_id)
    from llmreg import plugins
    from llmreg.reproduce.plan import make_plan

    gpu = require_gpu_id(catalog, gpu)
    if options.out is None:
        raise LlmregError("several processes need one run folder that all of them see: give it with --out DIR")
    found, many = plugins.load(), nodes * gpus
    resolved = _resolved(catalog, found, entry_id, options)
    if not options.assume:
        refuse_assumptions(resolved)
    _check_shares(resolved.training, many)
    if options.shard and many == 1:
        raise LlmregError("--shard shares a model out over several GPUs; give --gpus or --nodes, or leave it out")
    plan = make_plan(catalog, found, entry_id, options.use, options.overrides)
    words = _without_launch(options.command)
    about = _about(plan, gpu, many, shard=options.shard)
    if scheduler == "slurm":
        return "#!/bin/bash\n" + about + _slurm(plan, shlex.join(words), gpu, nodes, gpus)
    return about + _skypilot(plan, words, gpu, nodes, gpus)


def _resolved(catalog: Catalog, plugins: Plugins, entry_id: str, options: Options) -> Resolved:
    """Give the recipe as the run will have it: how datasets are taken is not open where one FILE holds all the rows."""
    entry = catalog.get_as(Model, entry_id)
    whole = any("=" not in word for word in options.data)
    return resolve(entry, plugins, options.overrides, () if whole else datasets_of(catalog, entry))[0]


def _check_shares(training: Training, many: int) -> None:
    """Raise `LlmregError` where so many GPUs cannot take the same number of whole micro-batches in a step."""
    batch, micro = training.batch_size or 0, training.micro_batch_size or 1
    if batch % many:
        raise LlmregError(
            f"training.batch_size of {batch} cannot be shared by {many} GPUs; give --nodes and --gpus that divide it"
        )
    if batch // many % micro:
        raise LlmregError(
            f"training.micro_batch_size of {micro} does not divide the {batch // many} sequences that each GPU takes "
            "per step; give other --nodes and --gpus, or change it with --set training.micro_batch_size=N"
        )


def _without_launch(command: Sequence[str]) -> list[str]:
    """Leave out of the user's command what asked for the job file; `--resume` goes on where a job was cut off."""
    kept, skip = list[str](), False
    for word in command:
        name, given, _ = word.partition("=")
        if skip or name in _OWN or word == "--dry-run":
            skip = not skip and name in _OWN and not given
            continue
        kept.append(word)
    return kept


def _slurm(plan: Plan, command: str, gpu: str, nodes: int, gpus: int) -> str:
    """Give the job for Slurm; jobs with the same first machine do not meet, as each has a port of its own.

    `srun` is told the cores once more: since Slurm 22.05 it does not take them over from `sbatch`.
    """
    hours, cores = _hours(plan, gpu, nodes * gpus), CORES * gpus
    limit = f"#SBATCH --time={math.ceil(hours[1] * _SLACK)}:00:00\n" if hours else ""
    return (
        f"#SBATCH --job-name=llmreg-{plan.id}\n"
        f"#SBATCH --nodes={nodes}\n#SBATCH --ntasks-per-node=1\n#SBATCH --gpus-per-node={gpus}\n"
        f"#SBATCH --cpus-per-task={cores}\n"
        f"{limit}"
        "#SBATCH --output=%x-%j.log\n"
        "set -euo pipefail\n"
        f"{_SLURM_MEETING if nodes > 1 else ''}"
        f"srun --cpus-per-task={cores} torchrun --nnodes={nodes} --nproc-per-node={gpus} \\\n"
        f"  {_SLURM_MET if nodes > 1 else '--standalone'} -m {command}\n"
    )


def _skypilot(plan: Plan, words: Sequence[str], gpu: str, nodes: int, gpus: int) -> str:
    """Give the task for SkyPilot: it copies local files to each node, and asks for the token of who fetches."""
    from llmreg import __version__

    words, copies = _copied(words)
    mounts = "".join(f"  {json.dumps(there)}: {json.dumps(here)}\n" for there, here in copies.items())
    mounts = f"file_mounts:\n{mounts}" if copies else ""
    kind = _SKYPILOT.get(gpu, gpu.upper())
    return (
        f"name: llmreg-{plan.id.replace('.', '-').lower()}\n"
        f"num_nodes: {nodes}\n"
        f"resources:\n  accelerators: {kind}:{gpus}\n"
        f"{'' if '--offline' in words else _SECRETS}{mounts}"
        f"setup: |\n  pip install 'llmreg[train]=={__version__}'\n"
        "run: |\n"
        f"{_SKYPILOT_MEETING if nodes > 1 else ''}"
        "  torchrun --nnodes=$SKYPILOT_NUM_NODES --nproc-per-node=$SKYPILOT_NUM_GPUS_PER_NODE \\\n"
        f"    {_SKYPILOT_MET if nodes > 1 else '--standalone'} -m {shlex.join(words)}\n"
    )


def _copied(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Have options that name local files name their copies on a node; give the place of each copy and its original."""
    copies = dict[str, str]()

    def copy(value: str) -> str:
        dataset, equals, name = ("", "", value) if Path(value).exists() else value.partition("=")
        file = Path(name)
        if not (name and file.exists()):
            return value
        there = f"{_COPIES}/{len(copies)}" + (f"/{file.name}" if file.is_file() else "")
        copies[there] = str(file.resolve())
        return f"{dataset}{equals}{there}"

    apart = [part for word in words for part in (word.split("=", 1) if word.startswith(_LOCAL) else [word])]
    return [copy(word) if before in _LOCAL else word for before, word in pairwise(("", *apart))], copies


def _about(plan: Plan, gpu: str, many: int, *, shard: bool) -> str:
    """Say in comments what the plan expects."""
    hours = _hours(plan, gpu, many)
    time = f"{hours[0]:.1f} to {hours[1]:.1f} hours" if hours else "hours unknown: the tokens are not known"
    peak, held = plan.peak, "every one holds the whole model"
    if shard:
        weights = plan.memory["frozen weights"] + plan.memory["trained weights"]
        passing = plan.memory["activations"] + plan.memory["logits"]
        peak = plan.model_footprint / many + max(weights, passing)  # the weights come together when training is over
        held = "shards while training, whole weights before and after"
    least = "at least " if plan.uncounted else ""
    return (
        f"# {plan.id} ({plan.recipe.method}): predicted peak {least}{peak / 2**30:.1f} GiB on each GPU: {held};\n"
        f"# {time} on {many} x {gpu}. License for {plan.use} use: {plan.verdict}.\n"
    )


def _hours(plan: Plan, gpu: str, many: int) -> tuple[float, float] | None:
    """Give the hours at the better and the worse utilization, shared evenly."""
    found = next((each for each in plan.estimates if each.gpu == gpu), None)
    return (found.hours[0] / many, found.hours[1] / many) if found else None
