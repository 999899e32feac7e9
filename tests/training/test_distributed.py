import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from llmreg.schema import Training
from llmreg.training.loop import train

STEP = Training(
    learning_rate=1.0, batch_size=8, micro_batch_size=2, steps=2, optimizer="sgd", schedule="constant", max_grad_norm=0
)


def test_two_processes_take_the_steps_that_one_takes(make_model, examples, tmp_path):
    """Start the same run under torchrun; uneven samples make the processes' label counts differ."""
    import torch
    from safetensors.torch import load_file

    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(f"""
            import json, os, runpy
            from pathlib import Path
            import torch
            from llmreg.schema import Training
            from llmreg.training.loop import train

            torch.set_num_threads(1)
            fixtures = runpy.run_path({str(Path(__file__).with_name("conftest.py"))!r})
            make_model, examples = (fixtures[name].__wrapped__() for name in ("make_model", "examples"))
            training = Training(**{STEP.model_dump(exclude_none=True)!r})
            folder = Path({str(tmp_path / "two")!r})
            outcome = train(make_model(), examples, training, folder, pad_token_id=0)
            if os.environ["RANK"] == "0":
                counts = [outcome.tokens, outcome.label_tokens, outcome.losses]
                Path({str(tmp_path / "counts.json")!r}).write_text(json.dumps(counts))
            torch.distributed.destroy_process_group()
        """)
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    model = make_model()
    outcome = train(model, examples, STEP, tmp_path / "one", pad_token_id=0)
    two = load_file(tmp_path / "two" / "checkpoint-2" / "trained.safetensors")
    for name, value in model.named_parameters():
        torch.testing.assert_close(two[name], value.detach(), rtol=1e-4, atol=1e-6, msg=name)
    tokens, label_tokens, losses = json.loads((tmp_path / "counts.json").read_text())
    assert (tokens, label_tokens) == (outcome.tokens, outcome.label_tokens)
    assert losses == pytest.approx(outcome.losses, rel=1e-5)
