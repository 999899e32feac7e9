"""Train methods in one process or, under torchrun, in several: whole, and stopped and resumed; keep what comes of it.

`processes_program.py BASE FOLDER TRAINING METHODS OPTIONS` writes for each method and process the weights that trained
(`FOLDER/whole-METHOD-RANK.safetensors` and `resumed-...`) and what was counted (`.json`).
"""

import json
import os
import runpy
import sys
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file

from llmreg.schema import Training
from llmreg.training.loop import train
from llmreg.training.trainer import trained

HERE = Path(__file__).parent
PROGRAM = runpy.run_path(str(HERE / "artifact_program.py"))
RANK = os.environ.get("RANK", "0")


class StopError(Exception):
    """Ends a run from within."""


def stop(step, loss):
    if step == 5:
        raise StopError


def keep(model, outcome, place):
    save_file({name: value.detach().contiguous() for name, value in trained(model)}, f"{place}.safetensors")
    counted = {name: value for name, value in asdict(outcome).items() if name != "seconds"}
    Path(f"{place}.json").write_text(json.dumps(counted))


def main(base, folder, training, names, options):
    training, options = Training(**json.loads(training)), {"pad_token_id": 0, "save_every": 2, **json.loads(options)}
    examples = PROGRAM["examples"]()
    for name in names.split(","):
        begin = lambda name=name: PROGRAM["fresh"](PROGRAM["METHODS"][name], base)  # noqa: E731
        model = begin()
        outcome = train(model, examples, training, folder / f"whole-{name}", **options)
        keep(model, outcome, folder / f"whole-{name}-{RANK}")
        checkpoints = folder / f"resumed-{name}"
        try:
            train(begin(), examples, training, checkpoints, on_step=stop, **options)
        except StopError:
            model = begin()
            outcome = train(model, examples, training, checkpoints, resume=True, **options)
            keep(model, outcome, folder / f"resumed-{name}-{RANK}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
