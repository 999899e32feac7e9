"""A small repository on the loopback Hub, and fetching it as commands do."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import constants

from llmreg.errors import LlmregError
from llmreg.hub.fetch import fetch, summary
from llmreg.hub.listing import listing
from llmreg.hub.repository import Repository

NAME = "ada/tiny"
WEIGHTS = bytes(range(256)) * 1200
MODEL = {"config.json": b'{"model_type": "llama"}\n', "model.safetensors": WEIGHTS, "README.md": b"# Tiny\n"}


def get(name=NAME, *, kind="model", revision="main", offline=False, said=None):
    say = (said if said is not None else []).append
    found = listing(Repository(name, kind, revision), offline=offline, say=say)
    say(summary(found))
    return fetch([found], offline=offline, say=say)[0]


def refusal(*args, **options):
    with pytest.raises(LlmregError) as caught:
        get(*args, **options)
    assert caught.value.exit_code == 1
    return str(caught.value)


def partials():
    return sorted(Path(constants.HF_HUB_CACHE).rglob("*incomplete"))


def contents():
    """The files of the cache that are not links or lists, by name."""
    return {path.name: path.read_bytes() for path in Path(constants.HF_HUB_CACHE).glob("*/blobs/*")}
