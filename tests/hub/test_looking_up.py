"""Any repository of the Hub as an id: looked up with its ancestors, kept, asked for again, and refused in words."""

from __future__ import annotations

import json

import pytest
import yaml
from looking import kept, llmreg, verdict

from llmreg.errors import LlmregError

BY_HAND = {
    "models/q4": {"licenses": {"weights": "MIT"}, "made_from": [("quantized", "merge")]},
    "models/merge": {"licenses": {"weights": "Apache-2.0"}, "made_from": [("merge", "tuned"), ("merge", "other")]},
    "models/tuned": {
        "licenses": {"weights": "MIT"},
        "made_from": [("finetune", "base"), ("trained-on", "rows"), ("trained-on", "alpaca-52k")],
    },
    "models/other": {"licenses": {"weights": "Apache-2.0"}, "made_from": [("finetune", "base")]},
    "models/base": {"licenses": {"weights": "bigscience-openrail-m"}},
    "datasets/rows": {"licenses": {"data": "CC-BY-NC-4.0"}},
}  # fmt: skip


def written_by_hand(folder):
    for name, fields in BY_HAND.items():
        claims = {part: {"id": each, "source": "me"} for part, each in fields["licenses"].items()}
        edges = [
            {"relation": relation, "of": of, "source": "me", **({"stage": "sft"} if relation == "trained-on" else {})}
            for relation, of in fields.get("made_from", ())
        ]
        sources = {"me": {"url": "https://example.org", "read": "live", "seen": "2026-11-30"}}
        entry = {"name": name, "source": "me", "licenses": claims, "made_from": edges, "sources": sources}
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(entry))
    return folder


@pytest.mark.parametrize("use", ["commercial", "research", "redistribution"])
def test_a_chain_has_the_verdict_of_the_same_entries_written_by_hand(chain, tmp_path, use):
    ours = verdict("me/q4", use=use)
    theirs = verdict("q4", "--catalog", written_by_hand(tmp_path / "hand"), use=use)
    told = lambda found: [(each["verdict"], each["license"], each["relations"]) for each in found["reasons"]]  # noqa: E731
    assert (ours["verdict"], told(ours)) == (theirs["verdict"], told(theirs))
    assert {each["text"] for each in ours["obligations"]} == {each["text"] for each in theirs["obligations"]}


def test_the_second_call_asks_for_nothing(chain, hub):
    first = verdict("me/q4")
    asked_for = len(hub.seen)
    assert verdict("me/q4") == first
    assert verdict("https://huggingface.co/me/q4/tree/main") == first
    assert llmreg("path", "me/q4", "me/base").exit_code == 0
    assert len(hub.seen) == asked_for


def test_an_ancestor_is_known_by_itself_from_then_on(chain, hub):
    verdict("me/q4")
    asked_for = len(hub.seen)
    assert verdict("me/tuned", "--offline")["id"] == "hub.me--tuned"
    assert verdict("datasets/me/rows", "--offline")["id"] == "hub.datasets--me--rows"
    assert len(hub.seen) == asked_for


@pytest.mark.parametrize(
    "command", [["show"], ["export", "spdx"], ["graph"], ["impact"], ["compare", "gpt2"], ["export", "card"]]
)
def test_every_command_that_takes_an_id_takes_a_repository(chain, command):
    done = llmreg(*command, "me/tuned")
    assert not isinstance(done, LlmregError), done
    assert done.exit_code == 0
    assert "me--tuned" in done.stdout or "me/tuned" in done.stdout


def test_the_gate_of_a_run_looks_the_same_way(chain):
    error = llmreg("reproduce", "me/q4", "--use", "commercial")
    assert isinstance(error, LlmregError)
    assert "hub.me--q4" in str(error)


def test_an_entry_says_its_revision_and_the_day(asked):
    commit = asked("me/m", license="mit")
    told = json.loads(llmreg("show", "me/m", "--json").stdout)
    assert told["revision"] == commit
    assert told["sources"]["hub"]["read"] == "live"
    assert told["sources"]["hub"]["url"] == "https://huggingface.co/me/m"


def test_a_curated_entry_is_never_asked_for(chain, hub):
    for name in ("guanaco-33b", "timdettmers/guanaco-33b", "https://huggingface.co/huggyllama/llama-7b", "gpt-oss:20b"):
        verdict(name)
        verdict(name, "--refresh")
    assert hub.seen == []


def test_circles_end(asked):
    asked("me/a", license="mit", base_model="me/b")
    asked("me/b", license="mit", base_model="me/a")
    assert verdict("me/a")["id"] == "hub.me--a"
    assert kept() == ["hub.me--a", "hub.me--b"]


def test_an_adapter_names_its_base_in_its_configuration(asked, hub):
    asked("me/lora", license="mit")
    hub.add("me/lora", {"adapter_config.json": b'{"base_model_name_or_path": "huggyllama/llama-7b"}'})
    assert verdict("me/lora")["verdict"] == "forbidden"


def test_a_revision_is_looked_up_by_itself(asked, hub):
    old = asked("me/m", license="cc-by-nc-4.0")
    asked("me/m", license="apache-2.0")
    assert verdict(f"me/m@{old}")["verdict"] == "forbidden"
    assert verdict("me/m")["verdict"] == "allowed"
    assert verdict(f"me/m@{old}", "--offline")["id"] == f"hub.me--m+at-{old}"


def test_refresh_asks_again(asked):
    asked("me/m", license="mit")
    before = verdict("me/m")
    asked("me/m", license="cc-by-nc-4.0")
    assert verdict("me/m") == before
    assert verdict("me/m", "--refresh")["verdict"] == "forbidden"
    assert verdict("me/m")["verdict"] == "forbidden"


def test_refresh_and_offline_exclude_each_other(asked):
    asked("me/m", license="mit")
    assert "exclude each other" in str(llmreg("check", "me/m", "--use", "research", "--refresh", "--offline"))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE=1"),
        ("LLMREG_HUB", "never", "LLMREG_HUB=never"),
        ("LLMREG_HUB", "ask", "LLMREG_HUB=ask, and nobody said yes"),
    ],
)
def test_the_hub_is_not_asked_where_that_is_switched_off(chain, hub, monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)
    said = str(llmreg("check", "me/q4", "--use", "research"))
    assert words in said
    assert "`llmreg import hub me/q4 --into FILE.sqlite`" in said
    assert "`llmreg search q4`" in said
    assert "\n" not in said
    assert hub.seen == []


def test_offline_is_an_option_too(chain, hub):
    error = llmreg("check", "me/q4", "--use", "research", "--offline")
    assert error.exit_code == 2
    assert "(--offline)" in str(error)
    assert hub.seen == []


def test_a_mode_that_does_not_exist_is_refused(chain, monkeypatch):
    monkeypatch.setenv("LLMREG_HUB", "perhaps")
    assert "never, ask, always" in str(llmreg("check", "me/q4", "--use", "research"))
