"""A loopback Hub, and huggingface_hub in this process pointed at it with a cache of its own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import close_session
from server import Hub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with Hub() as server:
        monkeypatch.setenv("HF_TOKEN", "hf_loopback")
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        yield server
        close_session()
        assert server.unknown == []


@pytest.fixture
def naps(monkeypatch):
    """The seconds that were to be waited between tries; nobody waits."""
    waited = []
    monkeypatch.setattr("llmreg.hub.network.time", SimpleNamespace(sleep=waited.append))
    return waited
