"""Fixtures that many tests share."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from browser import chromium
from llmreg.catalog import load_catalog

if TYPE_CHECKING:
    from llmreg.catalog import Catalog


if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores


@pytest.fixture(scope="session")
def built_in() -> Catalog:
    return load_catalog()


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MiB; skipped where this user may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("may not mount a tmpfs here")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture(scope="session")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    """Keep runs and caches of a test in its own folder, and the user's catalog out of it."""
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LLMREG_HUB", "never")  # a test that asks a Hub asks one of its own
    monkeypatch.delenv("LLMREG_CATALOG", raising=False)
