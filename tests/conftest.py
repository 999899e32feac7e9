"""Fixtures that many tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmreg.catalog import load_catalog

if TYPE_CHECKING:
    from llmreg.catalog import Catalog


@pytest.fixture(scope="session")
def built_in() -> Catalog:
    return load_catalog()


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    """Keep runs and caches of a test in its own folder, and the user's catalog out of it."""
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LLMREG_CATALOG", raising=False)
