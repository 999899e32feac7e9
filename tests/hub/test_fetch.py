"""Fetching from the Hub: whole, resumed, pinned, offline, and what is said and left behind where something goes wrong."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server import git_hash, sha256

from hub_fetching import MODEL, NAME, WEIGHTS, contents, get, partials, refusal
from llmreg.hub import fetch as fetching
from llmreg.hub.fetch import fetch
from llmreg.hub.listing import listing
from llmreg.hub.repository import Repository


def test_a_repository_arrives_whole_in_huggingface_hubs_own_cache(hub):
    commit = hub.add(NAME, MODEL)
    said = []
    snapshot = get(said=said)
    assert snapshot.listing.commit == commit
    assert {name: (snapshot.folder / name).read_bytes() for name in MODEL} == MODEL
    assert snapshot.hashes == {name: sha256(content) for name, content in MODEL.items()}
    assert [path.name for path in snapshot.files] == ["README.md", "config.json", "model.safetensors"]
    assert said == [f"{NAME} at {commit[:12]}: 3 files, 307.2 kB, 307.2 kB to fetch"]
    requests = len(hub.seen)
    assert Path(hf_hub_download(NAME, "model.safetensors", revision=commit)) == snapshot.folder / "model.safetensors"
    assert len(hub.seen) == requests, "huggingface_hub takes them for its own"


def test_a_dataset_of_many_files_and_an_empty_one_arrives_too(hub):
    files = {f"data/train-{number:05d}-of-00020.jsonl": b'{"text": "%d"}\n' % number for number in range(20)}
    hub.add("ada/rows", {**files, "empty.txt": b""}, kind="dataset")
    snapshot = get("ada/rows", kind="dataset")
    assert len(snapshot.files) == 21
    assert (snapshot.folder / "empty.txt").read_bytes() == b""
    assert (snapshot.folder / "data/train-00019-of-00020.jsonl").read_bytes() == b'{"text": "19"}\n'


def test_a_second_fetch_takes_not_one_byte(hub):
    hub.add(NAME, MODEL)
    first = get()
    sent, said = hub.sent, []
    assert get(said=said) == first
    assert hub.sent == sent
    assert said[0].endswith("in the cache")


def test_a_pinned_revision_is_what_it_was_and_main_is_what_it_is(hub):
    old = hub.add(NAME, MODEL)
    new = hub.add(NAME, {"config.json": b"{}\n"})
    assert (get(revision=old).folder / "config.json").read_bytes() == MODEL["config.json"]
    assert get().listing.commit == new
    requests = len(hub.seen)
    get(revision=old)
    assert len(hub.seen) == requests, "a commit never changes, so nothing is asked"
    assert "has no revision 0000000000000000000000000000000000000000" in refusal(revision="0" * 40)


def test_what_is_cached_is_read_offline_and_what_is_not_is_named(hub):
    hub.add(NAME, MODEL)
    assert "was never listed by llmreg on this machine" in refusal(offline=True)
    snapshot = get()
    requests = len(hub.seen)
    assert get(offline=True) == snapshot
    (snapshot.folder / "config.json").resolve().unlink()
    message = refusal(offline=True)
    assert "these files are not in the cache: ada/tiny/config.json;" in message
    assert "--base DIR" in message
    assert len(hub.seen) == requests


def test_a_cut_connection_is_resumed_where_it_was_cut(hub):
    hub.add(NAME, MODEL)
    hub.fail("GET /content/", times=3, cut_after=50_000)
    assert (get().folder / "model.safetensors").read_bytes() == WEIGHTS
    starts = [int(found[1]) for request in hub.seen if (found := re.search(r"/content/.* from (\d+)", request))]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert starts[0] > 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=40_000), cuts=st.lists(st.integers(1, 30_000), max_size=5))
def test_whatever_is_cut_wherever_it_arrives_whole_and_once(hub, content, cuts):
    hub.repos.clear()
    hub.faults.clear()
    shutil.rmtree(constants.HF_HUB_CACHE, ignore_errors=True)
    hub.add(NAME, {"model.safetensors": content})
    for cut in cuts:
        hub.fail("GET /content/", times=1, cut_after=cut)
    (place,) = get().files
    assert place.read_bytes() == content
    assert not partials()


def test_a_line_that_brings_nothing_is_given_up_with_what_to_do(hub, naps):
    hub.add(NAME, MODEL)
    hub.fail("GET /content/", times=1, cut_after=100_000)
    hub.fail("GET /content/", cut_after=0)
    message = refusal()
    assert naps == [1, 2, 4, 8]
    assert f"{hub.url} cannot be reached for ada/tiny" in message
    assert "the same command goes on from there" in message
    (left,) = [path for path in partials() if path.name.startswith(sha256(WEIGHTS))]
    assert WEIGHTS.startswith(left.read_bytes())
    assert left.stat().st_size > 0
    hub.faults.clear()
    hub.sent = 0
    assert (get().folder / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.sent < len(WEIGHTS)
    assert not partials()


def test_a_server_without_ranges_that_always_cuts_at_one_point_is_given_up_too(hub, naps):
    hub.add(NAME, MODEL)
    hub.ranges = False
    hub.fail("GET /content/", cut_after=50_000)
    assert f"{hub.url} cannot be reached for ada/tiny" in refusal()
    assert naps[-4:] == [1, 2, 4, 8]


def spoiled(content):
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
@pytest.mark.parametrize(
    "spoil", [spoiled, lambda content: content + b"more", lambda content: b""], ids=["other bytes", "more", "nothing"]
)
def test_content_that_is_not_what_the_hub_lists_is_never_used(hub, name, spoil):
    hub.add(NAME, MODEL)
    hub.fail("GET .*config.json" if name == "config.json" else "GET /content/", body=spoil)
    message = refusal()
    assert name in message
    whole = {name: content for name, content in contents().items() if not name.endswith("incomplete")}
    assert all(digest in (sha256(content), git_hash(content)) for digest, content in whole.items())
    assert (git_hash if name == "config.json" else sha256)(MODEL[name]) not in whole
    hub.faults.clear()
    assert (get().folder / name).read_bytes() == MODEL[name]


def test_a_wrong_beginning_from_an_earlier_run_is_fetched_anew(hub):
    hub.add(NAME, MODEL)
    found = listing(Repository(NAME), offline=False, say=print)
    left = found.repository.cache / "blobs" / f"{sha256(WEIGHTS)}.llmreg-incomplete"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"not the weights")
    assert (get().folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_server_that_knows_no_ranges_sends_all_again(hub):
    hub.add(NAME, MODEL)
    found = listing(Repository(NAME), offline=False, say=print)
    left = found.repository.cache / "blobs" / f"{sha256(WEIGHTS)}.llmreg-incomplete"
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:1000])
    hub.ranges = False
    assert (get().folder / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.sent >= len(WEIGHTS)


def test_damage_in_the_cache_is_found_and_mended_and_offline_named(hub):
    hub.add(NAME, MODEL)
    weights = (get().folder / "model.safetensors").resolve()
    weights.write_bytes(spoiled(WEIGHTS))
    said = []
    assert (get(said=said).folder / "model.safetensors").read_bytes() == WEIGHTS
    assert "model.safetensors of ada/tiny is damaged in the cache; removing it" in said
    weights.write_bytes(WEIGHTS[:-1])
    assert "ada/tiny/model.safetensors" in refusal(offline=True)


GATED = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to model ada/tiny is restricted."}


@pytest.mark.parametrize("where", ["/revision/main", "/resolve/.*/model", "/content/"])
@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, GATED, ["is gated", "accept them at URL/ada/tiny", "HF_TOKEN"]),
        (403, GATED, ["is gated", "HTTP 403", "hf auth login", "repeat the command"]),
        (401, {}, ["without leave (HTTP 401)", "gone or renamed, or private or gated", "--base DIR"]),
        (404, {}, ["not on the Hub, or a file of it is not (HTTP 404)", "moved or deleted", "--base DIR"]),
        (429, {"Retry-After": "7"}, ["no more requests for now (HTTP 429, for another 7 s)", "HF_TOKEN"]),
        (500, {}, ["the Hub failed on ada/tiny (HTTP 500)", "try later"]),
    ],
)
def test_each_refusal_says_what_it_is_and_what_to_do(hub, naps, where, status, headers, words):
    hub.add(NAME, MODEL)
    hub.fail(f"GET .*{where}", status=status, headers=headers)
    message = refusal()
    for word in words:
        assert word.replace("URL", hub.url) in message
    assert not re.search(r"\n|Request ID|Client Error", message)
    assert naps == {429: [7] * 4, 500: [1, 2, 4, 8]}.get(status, [])
    assert sha256(WEIGHTS) not in contents()


def test_without_a_token_the_variable_is_named(hub, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    hub.add(NAME, MODEL)
    hub.fail("GET .*/resolve/", status=401, headers=GATED)
    assert "set HF_TOKEN to a token of that account" in refusal()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_a_busy_hub_is_asked_again(hub, naps, status):
    hub.add(NAME, MODEL)
    hub.fail("GET /api/", times=2, status=status, headers={"Retry-After": "3"} if status == 429 else {})
    hub.fail("GET /content/", times=1, status=status)
    said = []
    assert (get(said=said).folder / "model.safetensors").read_bytes() == WEIGHTS
    assert naps == ([3, 3, 1] if status == 429 else [1, 2, 1])
    assert said[0] == f"HTTP {status}; trying again in {naps[0]:.0f} s"


def test_a_hub_that_wants_an_hour_is_not_waited_for(hub, naps):
    hub.add(NAME, MODEL)
    hub.fail("GET /api/", status=429, headers={"Retry-After": "3600"})
    assert "HTTP 429, for another 3600 s" in refusal()
    assert naps == []


def test_a_hub_that_is_not_there_is_named(hub, naps, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    message = refusal()
    assert message.startswith("http://127.0.0.1:9 cannot be reached for ada/tiny")
    assert "--offline" in message


@pytest.mark.parametrize(
    "row",
    [
        {"rfilename": "../../../evil", "blobId": "0" * 40},
        {"rfilename": "/evil", "blobId": "0" * 40},
        {"rfilename": "config.json", "blobId": "../../evil"},
        {"rfilename": "config.json"},
    ],
)
def test_a_listing_that_leads_out_of_the_cache_is_refused(hub, row, monkeypatch):
    hub.add(NAME, {"config.json": b"{}"})
    monkeypatch.setattr("server.sibling", lambda *_: {"size": 2, **row})
    assert "is not well formed" in refusal()
    assert not contents()


def test_a_disk_without_room_is_seen_before_the_first_byte(hub, monkeypatch):
    hub.add(NAME, MODEL)
    usage = shutil.disk_usage("/")._replace(free=fetching.SPARE + 1000)
    monkeypatch.setattr("llmreg.hub.fetch.shutil.disk_usage", lambda _: usage)
    message = refusal()
    assert "307.2 kB are to be fetched into" in message
    assert "set HF_HOME to a folder on a larger disk" in message
    assert hub.sent == 0


def test_a_disk_that_fills_up_in_the_middle_is_left_clean(hub, small_disk, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(small_disk / "cache"))
    monkeypatch.setattr(fetching, "SPARE", -(2**30))
    hub.add(NAME, {**MODEL, "model-2.safetensors": WEIGHTS * 5})
    message = refusal()
    assert "the disk filled up while fetching into" in message
    assert re.search(r"make room for 1\.[58] MB", message), "with or without the file that still had room"
    assert not partials()
    assert set(contents()) <= {sha256(WEIGHTS), git_hash(MODEL["config.json"]), git_hash(MODEL["README.md"])}
    assert shutil.disk_usage(small_disk).free > 500_000


SCRIPT = """
import sys
from llmreg.hub.fetch import fetch
from llmreg.hub.listing import listing
from llmreg.hub.repository import Repository
found = listing(Repository(sys.argv[1]), offline=False, say=print)
print(fetch([found], offline=False, say=print)[0].folder)
"""


def process(hub, cache):
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", SCRIPT, NAME]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_process_killed_in_the_middle_leaves_nothing_half_written_and_the_next_one_resumes(hub, tmp_path):
    hub.add(NAME, MODEL)
    slow = hub.fail("GET /content/", pause=0.05)
    first = process(hub, tmp_path / "cache")
    deadline = time.monotonic() + 60
    while not any(path.stat().st_size > 50_000 for path in partials()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert sha256(WEIGHTS) not in contents()
    assert not list((tmp_path / "cache").glob("*/snapshots/*/*"))
    slow.times, hub.sent = 0, 0
    second = process(hub, tmp_path / "cache")
    out, err = second.communicate()
    assert second.returncode == 0, err
    folder = Path(out.splitlines()[-1])
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.sent <= len(WEIGHTS) - 50_000
    assert not partials()


def test_two_processes_at_once_fetch_each_byte_once(hub, tmp_path):
    hub.add(NAME, MODEL)
    hub.fail("GET /content/", pause=0.01)
    both = [process(hub, tmp_path / "cache") for _ in range(2)]
    outs = [each.communicate() for each in both]
    assert [each.returncode for each in both] == [0, 0], outs
    assert hub.sent == sum(map(len, MODEL.values()))


@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
def test_a_name_that_another_process_gives_at_the_same_moment_is_no_error(hub, monkeypatch, links):
    hub.add(NAME, MODEL)
    found = listing(Repository(NAME), offline=False, say=print)

    def meanwhile(blobs):
        for file in found.files:
            (found.folder / file.path).unlink(missing_ok=True)
            (found.folder / file.path).symlink_to(blobs / file.hash)
        return links

    monkeypatch.setattr("huggingface_hub.file_download.are_symlinks_supported", meanwhile)
    snapshot = fetch([found], offline=False, say=print)[0]
    assert {path.name: path.read_bytes() for path in snapshot.folder.iterdir()} == MODEL
