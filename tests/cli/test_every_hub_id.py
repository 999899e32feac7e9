"""Whatever `import hub` lets in, every command can show: by its Hub id and by its entry's id."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llmreg import escaping
from llmreg.catalog import Catalog, roots
from llmreg.cli.app import app
from llmreg.importers.hub_index import import_hub
from llmreg.schema.ids import hub_entry_id, is_hub_id

REAL = Path(__file__).parents[3] / "shared" / "import" / "hf-names-2022" / "hf_model_ids_2022-08-15.txt"
IDS = ["a/b_c", "_a/__b._", "0x/1.5-B", "a/b--c", "a--b", "A/B_C", "gpt2-own", f"{'o' * 96}/{'n' * 96}", "con/nul.txt"]
COMMANDS = [
    ("show", "{}"), ("show", "{}", "--json"), ("check", "{}", "--use", "all"), ("check", "{}", "--use", "commercial", "--json"),
    ("compare", "{}", "llama-7b"), ("diff", "{}", "llama-7b"), ("impact", "{}"), ("audit", *IDS),
    *(("graph", "{}", "--both", "--depth", "1", "--format", name) for name in ("json", "csv", "dot", "mermaid", "graphml")),
    *(("export", name, "{}") for name in ("card", "cyclonedx", "spdx", "bibtex", "cff", "notice")),
]  # fmt: skip


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    cards = [
        {"id": hub_id, "cardData": {"license": "mit", "base_model": [f"base/{hub_id.rpartition('/')[2]}", "./mine"],
                                    "datasets": [f"data/{hub_id.rpartition('/')[2]}", {"x": 1}], "license_name": "camel"}}
        for hub_id in IDS
    ]  # fmt: skip
    (folder / "cards.jsonl").write_text("".join(json.dumps(card) + "\n" for card in cards))
    report = import_hub(
        folder / "cards.jsonl", folder / "hub.sqlite", Catalog(roots.built_in()), seen=date(2026, 11, 21)
    )
    assert report.skipped == {}
    return Catalog(roots.built_in(), folder / "hub.sqlite")


@pytest.fixture(autouse=True)
def _one_catalog(monkeypatch, catalog):
    monkeypatch.setattr("llmreg.catalog.load_catalog", lambda *extra: catalog)


def llmreg(*args):
    return CliRunner().invoke(app, list(args), catch_exceptions=False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_shows_every_repository_that_cards_are_about_or_name(catalog, command):
    named = [each for each in catalog.indexes[0].ids() if any(mark in each for mark in ("base--", "data--", "+"))]
    assert len(named) == 4 * len(IDS)
    for name in [*IDS, *named[::9]] if any("{}" in part for part in command) else IDS[:1]:
        done = llmreg(*(part.format(name) for part in command))
        assert done.exit_code in (0, 3, 4), (name, done.output)
        if len(name) < 100 and command[0] not in ("audit", "diff", "compare"):
            title = catalog[catalog.named(name)].name  # pictures have names alone
            shown = (name, hub_entry_id(name), title, escaping.mermaid(title))
            assert any(each in done.output for each in shown)


def test_lists_hold_them_all():
    for kind in ("models", "datasets"):
        assert llmreg("list", kind, "--json").exit_code == 0
    said = llmreg("list", "models").output
    assert [hub_id for hub_id in IDS if hub_entry_id(hub_id)[:40] not in said] == []
    assert llmreg("path", "a/b_c", "hub.base--b_c").output.startswith("hub.a--b_c -(merge)-> hub.base--b_c")


def test_ids_in_another_case_are_found_where_they_mean_one(catalog):
    assert catalog.named("GPT2-Own") == "hub.gpt2-own"
    assert catalog.named("_A/__B._") == "hub._a--__b._"
    assert catalog.named("a/b--C") == "hub.a--b--c"
    assert (catalog.named("a/b_c"), catalog.named("A/B_C")) == ("hub.a--b_c", "hub.A--B_C")


def test_a_sample_of_real_ids_comes_in_and_is_shown(tmp_path, catalog, monkeypatch):
    if not REAL.is_file():
        pytest.skip(f"no names of the Hub at {REAL}")
    names = REAL.read_text(encoding="utf-8").split()
    assert all(map(is_hub_id, names))
    names = [*names[::100], *[name for name in names if "--" in name]]
    sample = [
        *names[::90],
        *[name for name in names if "_" in name][::40],
        *[name for name in names if "--" in name],
    ]
    (tmp_path / "c.jsonl").write_text(
        "".join(json.dumps({"id": name, "cardData": {"license": "mit"}}) + "\n" for name in names)
    )
    import_hub(tmp_path / "c.jsonl", tmp_path / "hub.sqlite", catalog, seen=date(2026, 11, 21))
    real = Catalog(roots.built_in(), tmp_path / "hub.sqlite")
    monkeypatch.setattr("llmreg.catalog.load_catalog", lambda *extra: real)
    for name in sample:
        for command in (("show", name), ("check", name, "--use", "commercial"), ("export", "cyclonedx", name)):
            assert llmreg(*command).exit_code in (0, 3), command
