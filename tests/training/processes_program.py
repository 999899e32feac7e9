"""Train methods in two processes, whole, and stopped and resumed; keep what each process has of it.

`processes_program.py BASE FOLDER TRAINING METHODS BUG OPTIONS`, under torchrun, writes for each method and process the
weights that trained (`FOLDER/whole-METHOD-RANK.safetensors` and `resumed-...`) and what was counted (`.json`).
"""

import gc
import json
import os
import runpy
import subprocess
import sys
import weakref
from dataclasses import asdict
from pathlib import Path

from llmreg.schema import Training
from llmreg.training import loop
from llmreg.training.trainer import trained

PROGRAM = runpy.run_path(str(Path(__file__).parent / "artifact_program.py"))


def in_two_processes(base, folder, training, names, bug="none", **options):
    """Start this program with gloo on the CPU; `options` go to `train`."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", __file__]
    given = (base, folder, training.model_dump_json(exclude_none=True), ",".join(names), bug, json.dumps(options))
    done = subprocess.run(
        [*start, *map(str, given)], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr


class StopError(Exception):
    """Ends a run from within."""


def stop(step, loss):
    if step == 5:
        raise StopError


def watched(held):
    """Have the loop note how many bytes of the model this process holds in training, and its accelerator, weakly."""
    from torch.distributed.tensor import DTensor

    own = loop.build

    def build(model, *given):
        local = (value.to_local() if isinstance(value, DTensor) else value for value in model.parameters())
        held[:] = [sum(value.untyped_storage().nbytes() for value in local)]
        trainer = own(model, *given)
        held.append(weakref.ref(trainer.accelerator))
        return trainer

    loop.build = build


def clip_each_alone(self, values, limit, *given):
    """Clip by the norm of the shards at hand, as if they were all."""
    import torch

    slopes = [value.grad.to_local() for value in values if value.grad is not None]
    norm = torch.nn.utils.get_total_norm(slopes)
    for slope in slopes:
        slope.mul_(min(1.0, limit / float(norm)))
    return norm


def main(base, folder, training, names, bug, options):
    """Train as the arguments say."""
    from safetensors.torch import save_file

    rank = os.environ["RANK"]
    training, options = Training(**json.loads(training)), {"pad_token_id": 0, "save_every": 2, **json.loads(options)}
    examples, held = PROGRAM["examples"](), []
    watched(held)
    gc.disable()
    if bug == "clip":
        import accelerate

        accelerate.Accelerator.clip_grad_norm_ = clip_each_alone

    def keep(place, name, **more):
        model = PROGRAM["fresh"](PROGRAM["METHODS"][name], base)
        outcome = loop.train(model, examples, training, folder / f"{place}-{name}", **options, **more)
        weights = {key: value.detach().contiguous() for key, value in trained(model)}
        save_file(weights, folder / f"{place}-{name}-{rank}.safetensors")
        counted = {**asdict(outcome), "seconds": None, "held": held[0], "freed": held[1]() is None}
        (folder / f"{place}-{name}-{rank}.json").write_text(json.dumps(counted))

    for name in names.split(","):
        keep("whole", name)
        try:
            keep("resumed", name, on_step=stop)
        except StopError:
            keep("resumed", name, resume=True)


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
    torch.distributed.destroy_process_group()
