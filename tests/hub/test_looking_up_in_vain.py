"""What the Hub refuses, hides, delays or renames, and the limits of a look-up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from huggingface_hub import constants
from looking import kept, llmreg, verdict

from llmreg.errors import LlmregError
from llmreg.hub import cards


def test_a_hub_out_of_reach_is_one_line_with_the_ways_on(chain, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    error = llmreg("check", "me/q4", "--use", "research")
    assert error.exit_code == 2
    assert "cannot be reached" in str(error)
    assert "`llmreg import hub me/q4" in str(error)
    assert "\n" not in str(error)


REFUSALS = [
    (401, {}, "without leave (HTTP 401)"),
    (403, {}, "is gated"),
    (403, {"X-Error-Code": "GatedRepo"}, "is gated"),
    (404, {"X-Error-Code": "RepoNotFound"}, "deleted"),
    (410, {}, "deleted"),
]


@pytest.mark.parametrize(("status", "headers", "words"), REFUSALS)
def test_a_base_that_the_hub_does_not_show_makes_the_verdict_unclear_with_the_reason(
    asked, hub, status, headers, words
):
    asked("me/m", license="apache-2.0", base_model="you/closed")
    hub.fail("you/closed", status=status, headers=headers)
    found = verdict("me/m")
    assert found["verdict"] == "unclear"
    assert words in found["reasons"][0]["text"]
    assert found["reasons"][0]["path"] == ["hub.me--m", "hub.you--closed"]
    asked_for = len(hub.seen)
    assert verdict("me/m") == found
    assert len(hub.seen) == asked_for


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "is gated"), (404, "no model and no dataset me/m"), (401, "no model and no dataset me/m")],
)
def test_a_repository_that_the_hub_does_not_show_is_no_entry(asked, hub, status, words):
    hub.fail("me/m", status=status)
    error = llmreg("check", "me/m", "--use", "research")
    assert (error.exit_code, words in str(error)) == (2, True), str(error)
    assert kept() == []


def test_a_slip_in_a_name_is_corrected_though_the_hub_was_asked(asked):
    error = llmreg("check", "timdettmers/guanac-33b", "--use", "research")
    assert "did you mean 'guanaco-33b'?; the Hub shows no model and no dataset" in str(error)


@pytest.mark.parametrize("answer", [True, False])
def test_the_user_is_asked_where_that_is_wanted(chain, hub, monkeypatch, answer):
    monkeypatch.setenv("LLMREG_HUB", "ask")
    monkeypatch.setattr("llmreg.cli.looking._may_ask", lambda *_: answer)
    done = llmreg("check", "me/q4", "--use", "commercial")
    assert isinstance(done, LlmregError) is not answer
    assert bool(hub.seen) is answer
    monkeypatch.setattr("llmreg.cli.looking._may_ask", lambda *_: pytest.fail("asked again"))
    if answer:
        assert verdict("me/q4")["id"] == "hub.me--q4"


def test_a_gated_base_whose_card_is_hidden_says_so(asked, hub):
    asked("me/m", license="apache-2.0", base_model="you/closed")
    asked("you/closed", license="mit")
    hub.fail("you/closed/resolve/.*/README.md", status=403, headers={"X-Error-Code": "GatedRepo"})
    found = verdict("me/m")
    assert found["verdict"] == "unclear"
    assert "is gated" in found["reasons"][0]["text"]


def test_a_card_that_cannot_be_read_is_never_read_as_saying_nothing(asked, hub):
    asked("me/m", license="apache-2.0", base_model="you/broken")
    hub.add("you/broken", {"README.md": b"---\nlicense: [\x1b[2Jmit\n---\n"})
    found = verdict("me/m")
    assert found["verdict"] == "unclear"
    assert "not valid YAML" in found["reasons"][0]["text"]


def test_what_cannot_be_kept_still_serves(chain, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr("llmreg.cli.looking._index", lambda: tmp_path / "file" / "hub.sqlite")
    done = llmreg("check", "me/tuned", "--use", "commercial")
    assert "is not kept" in done.stderr
    assert "hub.me--tuned for commercial use" in done.stdout


@pytest.mark.parametrize(("status", "words"), [(429, "takes no more requests"), (500, "failed"), (503, "failed")])
def test_what_passes_is_an_error_and_nothing_is_kept(chain, hub, status, words):
    hub.fail("me/base", status=status)
    error = llmreg("check", "me/q4", "--use", "research")
    assert error.exit_code == 1
    assert words in str(error)
    assert f"HTTP {status}" in str(error)
    assert kept() == []
    hub.faults.clear()
    assert verdict("me/q4")["id"] == "hub.me--q4"


def test_one_slip_is_tried_again(chain, hub, naps):
    hub.fail("me/base", status=503, times=1)
    assert verdict("me/q4")["id"] == "hub.me--q4"
    assert naps == [1.0]


def test_a_slow_hub_is_said_to_be_slow(asked, hub, monkeypatch):
    asked("me/m", license="mit")
    monkeypatch.setattr(cards, "_SECONDS", 0.2)
    hub.fail("me/m", pause=1)
    assert "too slow" in str(llmreg("check", "me/m", "--use", "research"))
    assert kept() == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"[]", "no form that is known"),
        (b"{", "no form that is known"),
        (b"[" * 100_000, "no form that is known"),
        (b'{"id": 3}', "no form that is known"),
        (b'{"id": "../../etc"}', "no form that is known"),
        (b'{"id": "me/m", "cardData": 3}', "no mapping"),
        (b'{"id": "me/m", "cardData": {}, "x": "' + b"x" * 2**26 + b'"}', "more than"),
    ],
    ids=["list", "cut", "deep", "number", "climbing", "card", "huge"],
)  # fmt: skip
def test_a_hostile_answer_is_refused(asked, hub, answer, words):
    asked("me/m", license="mit")
    hub.fail("GET /api/models/me/m", body=lambda _: answer)
    error = llmreg("check", "me/m", "--use", "research")
    assert words in str(error)
    assert kept() == []


def test_another_host_is_not_followed_to(asked, hub):
    asked("me/m", license="mit")
    hub.fail("me/m", status=307, headers={"Location": f"{hub.elsewhere}/api/models/me/m"})
    assert "sends its visitors on to http://localhost" in str(llmreg("check", "me/m", "--use", "research"))


def test_a_renamed_repository_is_known_by_both_names(asked, hub):
    asked("new/m", license="mit")
    asked("me/child", license="mit", base_model="old/m")
    hub.fail("GET /api/models/old/m", status=307, headers={"Location": "/api/models/new/m"})
    assert verdict("old/m")["id"] == "hub.new--m"
    asked_for = len(hub.seen)
    assert verdict("old/m")["id"] == "hub.new--m"
    assert verdict("new/m", "--offline")["id"] == "hub.new--m"
    assert len(hub.seen) == asked_for
    assert verdict("me/child")["reasons"][0]["verdict"] != "unclear"


def test_a_name_that_was_given_up_leads_to_the_catalogs_entry(asked, hub):
    asked("huggyllama/llama-7b", license="other")
    asked("me/child", license="mit", base_model="old/llama")
    hub.fail("GET /api/models/old/llama", status=307, headers={"Location": "/api/models/huggyllama/llama-7b"})
    assert verdict("old/llama")["id"] == "llama-7b"
    assert verdict("me/child")["reasons"][0]["path"] == ["hub.me--child", "llama-7b"]


def test_a_look_up_ends_at_its_limit_and_goes_on_next_time(asked, hub, monkeypatch):
    monkeypatch.setattr("llmreg.hub.cards.MOST_REQUESTS", 4)
    for number in range(5):
        asked(f"me/m{number}", license="apache-2.0", base_model=f"me/m{number + 1}")
    asked("me/m5", license="apache-2.0")
    done = llmreg("check", "me/m0", "--use", "commercial")
    assert len(hub.seen) == 4
    assert "a look-up takes at most 4 requests; left out, so that nothing is known of them, are 1:" in done.stderr
    assert "unclear" in done.stdout
    llmreg("check", "me/m2", "--use", "commercial")
    done = llmreg("check", "me/m0", "--use", "commercial")
    assert len(hub.seen) <= 12
    assert "hub.me--m0 for commercial use: allowed" in done.stdout


def test_a_look_up_ends_after_its_time(asked, hub, monkeypatch):
    asked("me/m", license="apache-2.0", base_model="me/base")
    asked("me/base", license="apache-2.0")
    clock = iter([0.0, 1.0, 1.0])
    monkeypatch.setattr("llmreg.hub.cards.time", SimpleNamespace(monotonic=lambda: next(clock, 601.0)))
    done = llmreg("check", "me/m", "--use", "commercial")
    assert (
        "a look-up takes at most 10 minutes; left out, so that nothing is known of them, are 1: me/base;" in done.stderr
    )
    assert "hub.me--m for commercial use: unclear" in done.stdout


def test_the_hubs_wish_for_a_long_pause_is_told_and_not_waited_for(asked, hub, naps):
    asked("me/m", license="mit")
    hub.fail("me/m", status=429, headers={"Retry-After": "200"})
    assert "takes no more requests" in str(llmreg("check", "me/m", "--use", "research"))
    assert naps == []


def test_import_hub_fetches_repositories_with_their_ancestors(chain, hub, tmp_path):
    index = tmp_path / "cards.sqlite"
    done = llmreg("import", "hub", "me/tuned", "datasets/me/rows", "--into", index)
    assert done.exit_code == 0, done.output
    asked_for = len(hub.seen)
    found = verdict("me/tuned", "--catalog", index, "--offline")
    assert found["id"] == "hub.me--tuned"
    assert len(hub.seen) == asked_for
    assert kept() == []


def test_import_hub_offline_says_so(asked, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    error = llmreg("import", "hub", "me/tuned", "--into", tmp_path / "cards.sqlite")
    assert "offline (HF_HUB_OFFLINE=1)" in str(error)
    assert not (tmp_path / "cards.sqlite").exists()
