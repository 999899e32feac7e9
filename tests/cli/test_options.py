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
        (["check", "https://huggingface.co/mosaicml/mpt-7b", "--use", "commercial"], "mpt-7b for commercial use"),
        (["check", "gpt-oss:20b", "--use", "commercial", "--offline"], "gpt-oss-20b for commercial use"),
        (["show", "hf://mosaicml/mpt-7b", "--refresh"], "(model mpt-7b)"),
        (["compare", "hf://mosaicml/mpt-7b", "THUDM/GLM-4.5", "--offline"], "glm-4.5"),
        (["impact", "datasets/tatsu-lab/alpaca", "--offline"], "alpaca-7b"),
        (["graph", "https://huggingface.co/datasets/tatsu-lab/alpaca/tree/main", "--offline"], '"id": "alpaca-52k"'),
        (["export", "notice", "https://hf.co/mosaicml/mpt-7b", "--offline"], "(mpt-7b)"),
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


@pytest.mark.parametrize(
    "command", [["show"], ["graph"], ["impact"], ["compare"], ["plan"], ["check", "--use", "commercial"]]
)
def test_every_command_that_takes_an_id_takes_what_lies_on_disk(tmp_path, command):
    folder = tmp_path / "my adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "huggyllama/llama-7b"}')
    try:
        said = llmreg(*command, folder).output
    except LlmregError as error:  # it has no recipe to plan
        said = str(error)
    assert "local.my-adapter" in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("./nowhere", "no such file or folder"),
        ("/nowhere/README.md", "no such file or folder"),
        ("x" * 5000, "no entry has the id"),
        ("nobody/" + "x" * 90, "the Hub was not asked (LLMREG_HUB=never): `llmreg import hub nobody/x"),
        ("datasets/nobody/rows", "`llmreg import hub datasets/nobody/rows"),
    ],
)
def test_what_is_nowhere_is_said_with_the_way_on(name, words):
    with pytest.raises(UsageError) as caught:
        llmreg("check", name, "--use", "research")
    assert words in str(caught.value)


def test_a_folder_of_many_cards_is_for_import(tmp_path):
    for name in "ab":
        (tmp_path / "me" / name).mkdir(parents=True)
        (tmp_path / "me" / name / "README.md").write_text("---\nlicense: mit\n---\n")
    with pytest.raises(
        UsageError, match="holds several cards; name one of them, or take them in with `llmreg import hub"
    ):
        llmreg("check", tmp_path, "--use", "research")


def test_a_revision_of_an_entry_is_judged_as_the_entry(tmp_path):
    result = llmreg("check", "mosaicml/mpt-7b@v1", "--use", "commercial")
    assert "does not tell v1 apart" in result.stderr
    assert "mpt-7b for commercial use" in result.stdout


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
