"""How long the site of the built-in catalog takes from the command line, with as many processes as there are cores.

Run with `pytest tests/benchmarks/test_site.py -s`; seconds of the clock mean little on a machine that is busy, so the
seconds of all processes are printed beside them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

LIMIT = 10.0
"""Seconds for the built-in catalog on two cores."""


def test_the_site_of_the_built_in_catalog_takes_less_than_its_limit(tmp_path):
    out = tmp_path / "site"
    command = [sys.executable, "-m", "llmreg", "site", str(out), "--no-runs"]
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True)
    taken, after = time.perf_counter() - began, os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    cores = len(os.sched_getaffinity(0))
    print(f"\n{taken:.1f} s on {cores} cores, {worked:.1f} s of all processes, {size / 1e6:.0f} MB")
    print(f"load of the machine while it ran: {os.getloadavg()[0]:.1f}")
    assert taken < LIMIT
