"""What names on the command line mean, wherever an id is taken."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError
from llmreg.importers.hub_index import import_hub


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


@pytest.mark.parametrize("name", ["timdettmers/guanaco-33b", "TimDettmers/Guanaco-33B"])
def test_a_hub_id_means_the_model_and_the_file_that_has_it_too_is_told_apart_from_the_answer(name):
    result = llmreg("check", name, "--use", "commercial", "--json")
    assert json.loads(result.stdout)["id"] == "guanaco-33b"
    assert result.stderr == f"{name} names guanaco-33b-adapter too; taking guanaco-33b\n"
    result = llmreg("check", name, "--use", "commercial", "--json", "--file")
    assert json.loads(result.stdout)["id"] == "guanaco-33b-adapter"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["check", "huggyllama/llama-7b", "MiniGPT-4", "--use", "commercial"], "minigpt-4-vicuna-13b"),
        (["show", "openai/clip-vit-large-patch14"], "CLIP ViT-L/14 (model clip-vit-l-14)"),
        (["show", "apache 2.0"], "(license Apache-2.0)"),
        (["show", "apache 2.0", "--json"], '"id": "Apache-2.0"'),
        (["path", "timdettmers/guanaco-33b", "huggyllama/llama-30b"], "guanaco-33b -(adapter)-> llama-33b"),
        (["graph", "timdettmers/guanaco-33b", "--depth", "1"], '"id": "guanaco-33b"'),
        (["impact", "MiniGPT-4"], "minigpt-4-vicuna-13b"),
        (["impact", "llama 2", "--use", "commercial"], "llama2"),
        (["diff", "mosaicml/mpt-7b", "tiiuae/falcon-7b"], "falcon-7b"),
        (["export", "notice", "mosaicml/mpt-7b"], "(mpt-7b)"),
        (["audit", "MiniGPT-4"], "minigpt-4-vicuna-13b"),
    ],
)
def test_every_command_that_takes_an_id_takes_a_hub_id_and_an_alias(args, expected):
    assert expected in llmreg(*args).stdout


def test_merge_knows_the_entry_of_an_adapter_by_its_hub_id(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.safetensors").touch()
    with pytest.raises(LlmregError, match="does not say where its base is"):
        llmreg("merge", tmp_path, "-o", tmp_path / "out", "--entry", "timdettmers/guanaco-33b")


def test_where_several_entries_go_by_a_name_they_are_listed():
    with pytest.raises(UsageError, match="several entries go by 'young-geng/koala': koala-13b-delta, koala-7b-delta;"):
        llmreg("check", "young-geng/koala", "--use", "research")


def test_a_name_that_nothing_has_is_still_corrected():
    with pytest.raises(LlmregError, match="no entry has the id 'timdettmers/guanac-33b'; did you mean 'guanaco-33b'"):
        llmreg("check", "timdettmers/guanac-33b", "--use", "research")


def test_a_catalog_that_is_named_after_the_ids_is_read_before_them(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.yaml").write_text(
        'name: M\naliases: ["<b>Mine \\"1\\"</b>"]\nsource: page\n'
        'sources: {page: {url: "https://example.org", read: live, seen: 2026-11-21}}\n'
    )
    assert "(model mine)" in llmreg("show", '<B>mine "1"</B>', "--catalog", tmp_path).stdout


def test_a_hub_id_is_found_in_an_index(tmp_path, built_in):
    cards = tmp_path / "cards.jsonl"
    cards.write_text(json.dumps({"id": "Someone/Their-Model", "cardData": {"license": "mit"}}))
    index = tmp_path / "hub.sqlite"
    import_hub(cards, index, built_in, seen=built_in.manifest.date)
    result = llmreg("check", "Someone/Their-Model", "--use", "commercial", "--json", "--catalog", index)
    assert json.loads(result.stdout)["id"] == "hub.Someone--Their-Model"
    with pytest.raises(LlmregError, match="no entry has the id 'Someone/Other'"):
        llmreg("show", "Someone/Other", "--catalog", index)
