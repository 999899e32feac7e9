"""Searching by words: the entry that is meant comes first, slips are forgiven, and filters hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from llmreg.catalog import built_in, cache, load_catalog
from llmreg.catalog.search import search, tokens
from llmreg.cli.app import app
from llmreg.errors import UsageError
from llmreg.importers.hub_index import import_hub
from llmreg.schema import Dataset, License, Model

if TYPE_CHECKING:
    from pathlib import Path

    from llmreg.catalog import Catalog

run = CliRunner().invoke


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("guanaco 33b", "guanaco-33b"),
        ("Guanaco-33B", "guanaco-33b"),
        ("guanco 33b", "guanaco-33b"),
        ("meta-llama/Llama-2-7b-hf", "llama-2-7b"),
        ("llama 2 7b", "llama-2-7b"),
        ("falcon 7b", "falcon-7b"),
        ("alpaca 52k", "alpaca-52k"),
        ("apache 2.0", "Apache-2.0"),
        ("hh rlhf", "anthropic-hh-rlhf"),
        ("zephyr beta", "zephyr-7b-beta"),
    ],
)
def test_what_is_meant_comes_first(words: str, first: str, catalog: Catalog) -> None:
    assert search(catalog, words)[0].id == first


def test_a_number_is_not_the_beginning_of_another(catalog: Catalog) -> None:
    assert all("30b" not in hit.id for hit in search(catalog, "llama 3", limit=5))


def test_every_word_must_be_found(catalog: Catalog) -> None:
    assert search(catalog, "guanaco zzqqxx") == []


def test_a_family_gives_its_members_before_what_speaks_of_it(catalog: Catalog) -> None:
    found = [hit.id for hit in search(catalog, "vicuna", (Model,), limit=6)]
    assert all(entry_id.startswith("vicuna") for entry_id in found)


def test_a_model_comes_before_its_file(catalog: Catalog) -> None:
    found = [hit.id for hit in search(catalog, "guanaco 33b")]
    assert found.index("guanaco-33b") < found.index("guanaco-33b-adapter")


@pytest.mark.parametrize("kind", [Model, Dataset, License])
def test_only_the_kind_that_is_asked_for_is_found(kind: type, catalog: Catalog) -> None:
    found = search(catalog, "open", (kind,), limit=None)
    assert found
    assert all(issubclass(hit.kind, kind) for hit in found)


@pytest.mark.parametrize("words", ["", "  ", "--", "☃"])
def test_no_word_is_a_usage_error(words: str, catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="no word to search for"):
        search(catalog, words)


def test_tokens_keep_versions_and_sizes_whole() -> None:
    assert tokens("Meta-Llama-3.1-8B_Instruct") == ("meta", "llama", "3.1", "8b", "instruct")


def test_rows_of_an_index_are_found_slips_and_signs_too(tmp_path: Path) -> None:
    cards = tmp_path / "cards.jsonl"
    ids = ["ada/verse-llama", "ada/verse_llama-gguf", "bob/100%-sure", "bob/x"]
    cards.write_text(
        "".join(json.dumps({"id": each, "cardData": {"license": "mit"}}) + "\n" for each in ids[:2] + ids[3:])
    )
    import_hub(cards, tmp_path / "hub.sqlite", load_catalog(), seen=load_catalog().manifest.date)
    over = load_catalog(tmp_path / "hub.sqlite")
    assert [hit.id for hit in search(over, "ada verse")][:2] == ["hub.ada--verse-llama", "hub.ada--verse_llama-gguf"]
    assert search(over, "ada vrse")[0].id == "hub.ada--verse-llama"
    assert search(over, "ada %_!") != []  # signs are no words


def test_an_entry_that_changes_is_found_by_its_new_words(tmp_path: Path) -> None:
    file = tmp_path / "own" / "models" / "quux-1b.yaml"
    file.parent.mkdir(parents=True)
    text = (built_in() / "models" / "guanaco-33b.yaml").read_text()
    file.write_text(text)
    named = next(line for line in text.splitlines() if line.startswith("name:"))
    for name in ("Wibblefish", "Wobblefish"):
        file.write_text(text.replace(named, f"name: {name}"))
        cache.write()
        for _ in range(2):  # the second time from the cache
            assert [hit.id for hit in search(load_catalog(tmp_path / "own"), name)] == ["quux-1b"]
            cache.write()


def test_a_cached_catalog_gives_what_a_fresh_one_gives(catalog: Catalog) -> None:
    before = search(catalog, "llama chat", limit=None)
    cache.write()
    assert search(load_catalog(), "llama chat", limit=None) == before


def test_rows_that_only_stand_for_other_entries_are_not_found_twice(tmp_path: Path) -> None:
    cards = tmp_path / "cards.jsonl"
    cards.write_text(json.dumps({"id": "ada/guanaco-33b-x", "cardData": {"base_model": "timdettmers/guanaco-33b"}}))
    import_hub(cards, tmp_path / "hub.sqlite", load_catalog(), seen=load_catalog().manifest.date)
    found = [hit.id for hit in search(load_catalog(tmp_path / "hub.sqlite"), "guanaco 33b", limit=None)]
    assert len(found) == len({*found})
    assert "hub.ada--guanaco-33b-x" in found


def test_the_command_filters_by_license_and_verdict() -> None:
    said = json.loads(run(app, ["search", "7b", "--license", "apache-2.0", "--json", "-n", "500"]).stdout)
    assert said
    assert all("Apache-2.0" in str(row["licenses"]) for row in said)
    free = json.loads(run(app, ["search", "7b", "--verdict", "commercial=allowed", "--json", "-n", "500"]).stdout)
    assert {row["id"] for row in free} >= {"falcon-7b", "mistral-7b-v0.1"}
    assert "llama-7b" not in {row["id"] for row in free}


def test_nothing_found_exits_with_1_and_says_what_to_try() -> None:
    result = run(app, ["search", "zzqqxx"])
    assert result.exit_code == 1
    assert "fewer words" in result.stdout


@pytest.mark.parametrize(
    "options", [["--kind", "modelz"], ["--verdict", "commercial=maybe"], ["--license", "nope-1.0"]]
)
def test_a_wrong_option_is_named(options: list[str]) -> None:
    assert options[1].partition("=")[0] in str(run(app, ["search", "llama", *options]).exception)


def test_no_number_is_taken_for_a_slip_of_another(tmp_path: Path) -> None:
    cards = [{"id": f"org/model-{number}", "cardData": {"license": "mit"}} for number in (1990, 1997)]
    (tmp_path / "cards.jsonl").write_text("\n".join(map(json.dumps, cards)))
    below = load_catalog()
    import_hub(tmp_path / "cards.jsonl", tmp_path / "hub.sqlite", below, seen=below.manifest.date)
    catalog = load_catalog(tmp_path / "hub.sqlite")
    assert [hit.id for hit in search(catalog, "modle 1990")] == ["hub.org--model-1990"]
    assert search(catalog, "model 1999", limit=3) == []
