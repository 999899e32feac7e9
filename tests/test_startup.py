"""Reading commands, and a refused run, start without the packages that only training and drawing need."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = [
    "accelerate", "bitsandbytes", "datasets", "huggingface_hub", "networkx", "numpy", "peft", "tokenizers", "torch",
    "transformers",
]  # fmt: skip

_RUN = """
import json, sys
try:
    {statement}
except SystemExit as stop:
    code = stop.code
else:
    code = None
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def run(statement):
    """Give the exit code and the imported modules of a fresh interpreter that has run the statement."""
    done = subprocess.run([sys.executable, "-c", _RUN.format(statement=statement)], capture_output=True, text=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, modules


def llmreg(*arguments):
    return run(f"sys.argv = ['llmreg', *{arguments!r}]; from llmreg.cli import main; main()")


def test_import_llmreg_loads_nothing_heavy_and_no_other_module_of_its_own():
    code, modules = run("import llmreg")
    assert code is None
    assert not {*HEAVY, "pydantic", "typer", "rich", "yaml"} & set(modules)
    assert [name for name in modules if name.startswith("llmreg.")] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["check", "guanaco-33b", "--use", "commercial"], 4),
        (["show", "guanaco-33b"], 0),
        (["list", "licenses"], 0),
        (["validate"], 0),
        (["runs"], 0),
        (["audit"], 0),
        (["impact", "the-pile", "--withdrawn"], 0),
        (["diff", "guanaco-33b", "guanaco-65b"], 0),
        (["reproduce", "guanaco-33b", "--use", "commercial"], 4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_only_reads_loads_nothing_heavy(arguments, expected):
    code, modules = llmreg(*arguments)
    assert code == expected
    assert not set(HEAVY) & set(modules)


def test_help_does_not_wait_for_the_schema():
    _, modules = llmreg("--help")
    assert "llmreg.schema" not in modules


def test_the_check_sees_what_it_looks_for():
    _, modules = llmreg("path", "guanaco-33b", "llama-33b")
    assert "networkx" in modules
