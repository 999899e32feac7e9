"""The CPU time of a whole command, as a ratio to importing the libraries it is built on, measured side by side.

Modules are compiled once before, as an installation does; without that a command would compile its own modules each
time, but never those of the libraries. Run with `pytest tests/benchmarks`; ratios are printed with `-s` and in the
report of a failure.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

ROUNDS = 15
REFERENCE = (sys.executable, "-c", "import typer, rich, pydantic")
COMMANDS = {
    "help": ((sys.executable, "-m", "llmreg", "--help"), 0),
    "show": ((sys.executable, "-m", "llmreg", "show", "guanaco-33b"), 0),
    "check": ((sys.executable, "-m", "llmreg", "check", "guanaco-33b", "--use", "commercial"), 4),
}
LIMITS = {"help": 1.6, "show": 1.5, "check": 4}


@pytest.fixture(scope="module")
def ratios(tmp_path_factory):
    """Return the median of each command over the reference's, the runs interleaved so that load falls on all alike."""
    environment = {name: its for name, its in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("compiled"))
    times = {name: [] for name in ("reference", *COMMANDS)}
    for number in range(ROUNDS + 1):
        for name, (command, expected) in {"reference": (REFERENCE, 0), **COMMANDS}.items():
            used = cpu_seconds(command, expected, environment)
            if number:  # the first run compiles
                times[name].append(used)
    medians = {name: statistics.median(measured) for name, measured in times.items()}
    reference = medians["reference"]
    print("".join(f"\n{name}: {median:.3f} s, {median / reference:.2f} x" for name, median in medians.items()))
    return {name: medians[name] / reference for name in COMMANDS}


def cpu_seconds(command, expected, environment):
    """Return the CPU time of one run, which other work on the machine lengthens less than the time on the clock."""
    done = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    assert done.returncode == expected
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_starts_within_its_limit(ratios, name):
    assert ratios[name] <= LIMITS[name], f"{name} takes {ratios[name]:.2f} times as long as the imports it rests on"
