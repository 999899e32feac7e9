"""A Hub that is slow, broken or hostile: fetching ends in one sentence, and what arrived whole is kept."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from hub_fetching import MODEL, NAME, WEIGHTS, get, partials, refusal
from llmreg.hub.fetch import fetch
from llmreg.hub.listing import listing
from llmreg.hub.repository import Repository


def test_a_damaged_list_is_as_good_as_none(hub):
    hub.add(NAME, MODEL)
    found = listing(Repository(NAME), offline=False, say=print)
    (found.repository.cache / "llmreg/main.json").write_text(json.dumps({"commit": "x"}))
    assert "was never listed" in refusal(offline=True)


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["config.json", "Config.json"], "differ only in case"),
        (["\u00e9.json", "e\u0301.json"], "differ only in case or in how an accent is written"),
        (["data/aux.jsonl"], "is called as some systems call a device"),
        (["data ./x"], "has a part that ends with a dot or a space"),
        (["x ", "y."], "has a part that ends with a dot or a space"),
    ],
)
def test_names_that_may_not_lie_in_one_folder_are_refused_before_the_first_byte(hub, names, fault):
    hub.add(NAME, dict.fromkeys(names, b"{}"))
    assert fault in refusal()
    assert hub.sent == 0


def test_such_names_do_not_matter_where_they_are_not_needed(hub):
    hub.add(NAME, {**MODEL, "readme.MD": b"", "aux": b""})
    found = listing(Repository(NAME), offline=False, say=print).only(["config.json"])
    assert [path.name for path in fetch([found], offline=False, say=print)[0].files] == ["config.json"]


def test_a_hub_that_gives_a_few_bytes_at_a_time_is_given_up(hub, monkeypatch):
    hub.add(NAME, MODEL)
    monkeypatch.setattr("llmreg.hub.download._SHORT", 3)
    hub.fail("GET /content/", cut_after=1)
    assert "the Hub breaks off again and again after a little of model.safetensors of ada/tiny" in refusal()
    assert len(hub.seen) < 20


def test_a_connection_that_drips_is_given_up_and_what_it_brought_is_kept(hub, naps, monkeypatch):
    monkeypatch.setattr("llmreg.hub.download._PATIENCE", 0.2)
    monkeypatch.setattr("llmreg.hub.download._SHORT", 2)
    hub.add(NAME, {"model.safetensors": WEIGHTS * 3})
    hub.fail("GET /content/", pause=0.05)
    assert "breaks off again and again" in refusal()
    (left,) = partials()
    assert 0 < left.stat().st_size < len(WEIGHTS)
    hub.faults.clear()
    assert (get().folder / "model.safetensors").read_bytes() == WEIGHTS * 3


@pytest.mark.parametrize(
    ("place", "words"),
    [("/content/round", "sends more than 5 redirects"), ("ftp://localhost/x", "sends one on to ftp://localhost")],
)
def test_content_that_is_nowhere_ends_in_one_sentence(hub, place, words):
    hub.add(NAME, MODEL)
    hub.fail("GET .*(/resolve/.*model|/content/round)", status=302, headers={"Location": place})
    message = refusal()
    assert words in message
    assert "which is not followed" in message


def test_content_is_not_followed_from_https_to_http():
    from llmreg.hub.http import _allowed, library

    url = library().URL
    assert _allowed(url("http://a/x"), url("https://b/x"), anywhere=True)
    assert _allowed(url("https://a/x"), url("https://b/x"), anywhere=True)
    assert not _allowed(url("https://a/x"), url("http://b/x"), anywhere=True)
    assert not _allowed(url("https://a/x"), url("http://a/x"), anywhere=True)
    assert not _allowed(url("https://a/x"), url("https://b/x"), anywhere=False)


def test_content_that_comes_packed_and_grows_is_not_used(hub):
    hub.add(NAME, MODEL)
    hub.fail("GET .*config.json", body=lambda _: gzip.compress(b" " * 2**24, 9), headers={"Content-Encoding": "gzip"})
    assert "config.json of ada/tiny came with" in refusal()
    assert not any(path.stat().st_size > 2**22 for path in Path(constants.HF_HUB_CACHE).rglob("*"))
