"""Listing a repository of the Hub: at the commit that was asked for, and from a kept list that is of that commit."""

from __future__ import annotations

import shutil

import pytest

from llmreg.errors import LlmregError
from llmreg.hub.listing import listing
from llmreg.hub.repository import Repository

NAME = "ada/tiny"


def at(revision, *, offline=False):
    return listing(Repository(NAME, "model", revision), offline=offline, say=print)


def test_another_commit_than_the_pinned_one_is_refused_and_not_kept(hub, monkeypatch):
    wanted, other = (hub.add(NAME, {"config.json": content}) for content in (b"{}", b"[]"))
    repo = hub.repos["model", NAME]
    monkeypatch.setattr(repo, "at", lambda _: repo.commits[-1], raising=False)
    with pytest.raises(LlmregError, match=f"asked for {NAME} at {wanted} and lists it at {other}; nothing of it"):
        at(wanted)
    with pytest.raises(LlmregError, match="was never listed"):
        at(wanted, offline=True)


def test_a_kept_list_of_another_commit_than_the_pinned_one_is_not_taken(hub):
    wanted, other = (hub.add(NAME, {"config.json": content}) for content in (b"{}", b"[]"))
    kept = at("main").repository.cache / "llmreg"
    shutil.copyfile(kept / f"{other}.json", kept / f"{wanted}.json")
    assert at(wanted).commit == wanted
