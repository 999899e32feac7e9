"""`evaluate judge` as a user meets it: terms first, then the cost, then the judge; killed and taken up again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import tiny
from judge_server import SLOW, says, status
from judged import rows_of, write

from llmreg.asking.permission import UncheckedJudgeError
from llmreg.errors import LlmregError, UsageError
from llmreg.ratings import read
from llmreg.reproduce.gate import StoppedByLicenseError


def changed(words, **options):
    """Give the words with other values after some options."""
    for name, value in options.items():
        place = words.index(f"--{name.replace('_', '-')}")
        words = [*words[: place + 1], str(value), *words[place + 2 :]]
    return words


def without(words, *options):
    for option in options:
        place = words.index(option)
        words = [*words[:place], *words[place + 2 :]]
    return words


def test_answers_become_ratings_and_the_next_step_is_named(llmreg, words, files):
    done = llmreg(*words)
    assert done.exit_code == 0
    assert f"8 of 8 judgments are in {files.out}: 8 asked now" in done.stdout
    assert f"next: llmreg evaluate elo {files.out}" in done.stdout
    assert "gpt-4 is allowed-with-conditions for research use: output may be used for any purpose but" in done.stderr
    assert "8 judgments; 0 are in the file, 0 are kept replies, 8 are to be asked" in done.stderr
    found = json.loads(llmreg("evaluate", "elo", files.out, "--orders", 5, "--draws", 5, "--json").stdout)
    assert found["elo"]["standings"][0]["system"] == "heron"
    agreed = json.loads(llmreg("evaluate", "agreement", files.out, "--draws", 5, "--json").stdout)
    assert agreed["positions"][0]["both_orders"] == 4


def test_scores_become_relative_scores(llmreg, words, files, server):
    server.rule = lambda prompt: "Scores: 8 4"
    assert "next: llmreg evaluate relative" in llmreg(*words, "--mode", "scored").stdout
    found = json.loads(llmreg("evaluate", "relative", files.out, "--reference", "wren", "--json", "--draws", 5).stdout)
    assert found["systems"][0]["pooled"]["ratio"] == 1


def test_a_dry_run_asks_nothing_and_writes_nothing(llmreg, words, files, server):
    done = llmreg(*words, "--dry-run", "--price-in", 10, "--price-out", 30)
    assert "tokens to read (one for every 4 bytes of UTF-8) and at most 8,192 to write" in done.stdout
    assert "at most about 0.2" in done.stdout
    assert (server.bodies, files.out.exists()) == ([], False)
    found = json.loads(llmreg(*words, "--dry-run", "--json").stdout)
    assert (found["judgments"], found["asked"], found["tokens_out"], found["cost"]) == (8, 8, 8192, None)
    assert "what that costs is unknown; --price-in and --price-out" in llmreg(*words, "--dry-run").stdout


def test_what_it_did_as_json(llmreg, words, files, server):
    server.faults += [says("no idea", "length")]
    found = json.loads(llmreg(*words, "--json", "--price-in", 1e6, "--price-out", 0).stdout)
    assert (found["asked"], found["unparsed"], found["cut"], found["failures"]) == (8, 1, 1, [])
    assert found["cost"] == found["tokens_in"] > 0
    assert found["file"] == str(files.out)


@pytest.mark.parametrize(
    ("judge", "more", "error", "code"),
    [
        ("stranger", [], UncheckedJudgeError, 3),
        ("stranger", ["--judge-entry", "bard"], StoppedByLicenseError, 3),
        ("bard", [], StoppedByLicenseError, 3),
        ("llama-33b", ["--use", "commercial"], StoppedByLicenseError, 4),
        ("stranger", ["--judge-entry", "llama-2-70b", "--for-training"], StoppedByLicenseError, 4),
        ("llama-2-70b", ["--for-training", "--accept-unclear"], StoppedByLicenseError, 4),
        ("stranger", ["--judge-entry", "lama-2-70b"], UsageError, 2),
    ],
)  # fmt: skip
def test_terms_that_forbid_it_stop_it_before_anything_is_asked(llmreg, words, server, files, judge, more, error, code):
    with pytest.raises(error) as caught:
        llmreg(*changed(words, judge=judge), *more)
    assert caught.value.exit_code == code
    assert (server.bodies, files.out.exists()) == ([], False)


def test_what_was_accepted_stands_in_each_rating(llmreg, words, files):
    accepted = llmreg(*changed(words, judge="stranger"), "--accept-unclear")
    assert accepted.exit_code == 0
    assert "the catalog has no entry 'stranger'; its terms are unclear, and that is accepted" in accepted.stderr
    assert rows_of(files.out)[0]["terms"] == {"entry": None, "accepted": True}


def test_the_key_is_sent_and_neither_printed_nor_written(llmreg, words, files, server, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-secret\n")
    server.faults += [status(500, body={"error": "sk-secret is fine"}), says("Verdict: 1")]
    done = llmreg(*words, "--key-env", "MY_KEY")
    assert server.headers[0]["authorization"] == "Bearer sk-secret"
    kept = files.cache.read_bytes() + files.out.read_bytes()
    assert "sk-secret" not in done.output
    assert b"sk-secret" not in kept


def test_a_refused_key_is_explained_with_the_variable(llmreg, words, server):
    server.faults += [status(401)]
    with pytest.raises(LlmregError, match=r"wants a key, and none was sent .*LLMREG_JUDGE_KEY"):
        llmreg(*words)


def test_some_without_a_reply_end_in_an_error_and_the_same_command_asks_for_them_again(llmreg, words, files, server):
    server.faults += [status(400), status(400)]
    with pytest.raises(
        LlmregError, match=r"2 questions got no reply: .*HTTP 400.*the same command asks for them again"
    ):
        llmreg(*words)
    assert len(rows_of(files.out)) == 6
    assert "2 asked now" in llmreg(*words).stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mode": "best"}, "no mode 'best'; choose pairwise or scored"),
        ({"endpoint": "gpt-4"}, "--endpoint takes an address such as"),
        ({"output": "/absent/r.jsonl"}, "there is no folder /absent"),
    ],
)
def test_wrong_words_are_refused_with_the_remedy(llmreg, words, change, says):
    words = [*words, "--mode", "pairwise"]
    words[words.index("-o")] = "--output"
    with pytest.raises(LlmregError, match=says):
        llmreg(*changed(words, **change))


def test_a_key_variable_that_is_not_set_is_refused(llmreg, words):
    with pytest.raises(UsageError, match="the environment variable NOT_SET is not set"):
        llmreg(*words, "--key-env", "NOT_SET")


def test_a_judge_without_an_endpoint_is_a_folder(llmreg, words):
    with pytest.raises(UsageError, match="there is no folder gpt-4; name the endpoint"):
        llmreg(*without(words, "--endpoint", "--timeout", "--concurrency"))


def test_a_folder_with_a_model_judges_without_a_network(llmreg, words, files, tmp_path, server):
    tiny.write_catalog(tmp_path / "catalog")
    base = tmp_path / "catalog-files" / "base"
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 2048}))
    for name in ("heron", "wren"):
        write(getattr(files, name), {"id": 1, "system": name, "text": name})
    words = changed(without(words, "--endpoint", "--timeout", "--concurrency"), judge=base)
    done = llmreg(*words, "--judge-entry", "tiny-base", "--catalog", tmp_path / "catalog", "--max-tokens", 4)
    rows = rows_of(files.out)
    assert [(row["judge"], row["winner"], row["terms"]["research"]) for row in rows] == [("base", None, "allowed")] * 2
    assert "replies without a verdict that can be read: 2" in done.stdout
    assert server.bodies == []


def test_killed_at_any_moment_and_taken_up_again_it_loses_nothing_and_asks_for_little_twice(
    llmreg, words, files, server, tmp_path
):
    program = [sys.executable, "-m", "llmreg", *changed(words, concurrency=2)]
    server.pause = 0.15
    kills = 0
    for wait in (1, 4):
        started = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while len(server.bodies) < wait + kills and started.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(started.pid, signal.SIGKILL)
        kills += started.wait() == -signal.SIGKILL
    assert kills == 2
    server.pause = 0
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(server.bodies) <= 8 + 2 * kills  # at most the two under way at each kill were asked again
    llmreg(*changed(without(words, "-o"), cache=tmp_path / "fresh.sqlite"), "-o", tmp_path / "whole.jsonl")
    assert files.out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert len(read([files.out])) == 8


def test_stopped_by_ctrl_c_it_does_not_wait_for_a_slow_server(words, files, server):
    server.faults += [{}, {"pause": 20}]
    words = changed(words, timeout=60)
    started = subprocess.Popen([sys.executable, "-m", "llmreg", *words], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while (len(server.bodies) < 2 or not files.out.exists() or not rows_of(files.out)) and time.monotonic() < deadline:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    since = time.monotonic()
    _, told = started.communicate(timeout=60)
    assert started.returncode == 130
    assert time.monotonic() - since < 5
    assert "stopped: 1 of 8 judgments are in the file, and the same command goes on from there" in told
    assert "Traceback" not in told
    assert len(rows_of(files.out)) == 1


def test_a_slow_server_is_waited_for(llmreg, words, server, naps):
    server.faults += [SLOW]
    assert "8 asked now" in llmreg(*words).stdout
    assert naps == [1]


def test_whatever_the_endpoint_does_the_file_is_whole_and_the_next_run_ends_it(llmreg, words, files, server, naps):
    """Nothing that comes leaves a part of a line, and what was judged before it stays."""
    odd = '{"choices": [{"message": {"content": "\\ud800 \\u2028\\u0000\\u001b[2J\\nVerdict: 1"}}], "model": "\\udfff", "usage": "x"}'
    faults = [{"raw": odd.encode()}, *[{"raw": b"[" * 100_000}] * 5, status(307, {"Location": "http://localhost:9/"})]
    server.faults += faults
    with pytest.raises(
        LlmregError, match="sends its visitors on to http://localhost:9, and no question goes there unasked"
    ):
        llmreg(*words)
    (row,) = rows_of(files.out)
    assert row["reply"] == "\ufffd \u2028\x00\x1b[2J\nVerdict: 1"
    assert llmreg(*words).exit_code == 0
    assert (len(rows_of(files.out)), len(read([files.out]))) == (8, 8)
