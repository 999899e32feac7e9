"""What tests of doors share."""

from __future__ import annotations

from typer.testing import CliRunner

from llmreg.cli.app import app

CONFIG, WEIGHTS = "config.json", "model.safetensors"

DOORS = ("full", "lora", "qlora", "v2", "evaluate", "merge", "gguf")


def llmreg(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
