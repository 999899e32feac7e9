"""Which files of a repository are needed, and which repositories are refused."""

from __future__ import annotations

import pytest

from llmreg.errors import LlmregError
from llmreg.hub.choose import data_files, model_files
from llmreg.hub.listing import File, Listing
from llmreg.hub.repository import Repository


def chosen(choose, *paths, kind="model"):
    repository = Repository("ada/thing", kind)
    listing = Listing(repository, "0" * 40, tuple(File(path, 1, "0" * 40) for path in paths))
    return [file.path for file in choose(listing).files]


def refused(choose, *paths, kind="model"):
    with pytest.raises(LlmregError) as caught:
        chosen(choose, *paths, kind=kind)
    return str(caught.value)


SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.mark.parametrize(
    ("there", "needed"),
    [
        (
            ("README.md", "config.json", "model.safetensors", "tokenizer.json", "modeling_evil.py", ".gitattributes"),
            ["config.json", "model.safetensors", "tokenizer.json"],
        ),
        (
            (*SHARDS, "config.json", "model.safetensors.index.json", "pytorch_model-00001-of-00002.bin", "vocab.txt"),
            ["config.json", *SHARDS, "model.safetensors.index.json", "vocab.txt"],
        ),
        (("config.json", "model.safetensors", *SHARDS), ["config.json", "model.safetensors"]),
        (
            ("config.json", "model.safetensors", "model.fp16.safetensors", "onnx/model.safetensors", "tokenizer.model"),
            ["config.json", "model.safetensors", "tokenizer.model"],
        ),
        (("config.json", "consolidated.safetensors", "model.safetensors"), ["config.json", "model.safetensors"]),
    ],
)
def test_of_a_model_configuration_tokenizer_and_safetensors_are_needed(there, needed):
    assert sorted(chosen(model_files, *there)) == sorted(needed)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (("config.json", "pytorch_model.bin"), "has its weights only as pickles (pytorch_model.bin)"),
        (
            ("config.json", *(f"pytorch_model-0000{n}-of-00005.bin" for n in range(1, 6))),
            "pytorch_model-00003-of-00005.bin and 2 more), which can run code when loaded",
        ),
        (("llama-7b.Q4_K_M.gguf",), "has no model.safetensors (it has llama-7b.Q4_K_M.gguf)"),
        (("adapter_config.json", "adapter_model.safetensors"), "holds an adapter and not a model"),
        (("model.safetensors",), "has no config.json"),
        ((), "ada/thing has no model.safetensors;"),
    ],
)
def test_a_model_without_safetensors_is_refused_by_name(there, words):
    message = refused(model_files, *there)
    assert words in message
    assert "ada/thing" in message


@pytest.mark.parametrize(
    ("there", "needed"),
    [
        (
            ("openassistant_best_replies_train.jsonl", "openassistant_best_replies_eval.jsonl", "README.md"),
            ["openassistant_best_replies_train.jsonl"],
        ),
        (("data/train-00000-of-00001-a09b74b3ef9c3b56.parquet",), ["data/train-00000-of-00001-a09b74b3ef9c3b56.parquet"]),
        (("alpaca_data_cleaned.json", "dataset_infos.json"), ["alpaca_data_cleaned.json"]),
        (("databricks-dolly-15k.jsonl", "README.md"), ["databricks-dolly-15k.jsonl"]),
        (
            ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test-00000-of-00001.parquet"),
            ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
        ),
        (("train.jsonl", "train.parquet", "validation.parquet"), ["train.parquet"]),
        (("contest.jsonl", "test.jsonl"), ["contest.jsonl"]),
        (("train.json", "train.jsonl.gz", "test.jsonl.gz"), ["train.jsonl.gz"]),
        (("data/train-00000-of-00002.json.gz", "data/train-00001-of-00002.json.gz", "state.json.gz"),
         ["data/train-00000-of-00002.json.gz", "data/train-00001-of-00002.json.gz"]),
    ],
)  # fmt: skip
def test_of_a_dataset_the_training_rows_are_needed(there, needed):
    assert chosen(data_files, *there, kind="dataset") == needed


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (("en/train.jsonl", "de/train.jsonl"), "has several tables (de/train.jsonl, en/train.jsonl)"),
        (("a.json", "b.json"), "llmreg does not guess which was meant"),
        (("train.csv.gz",), "has no training rows as parquet, JSON lines or JSON (it has train.csv.gz)"),
        (("test.jsonl", ".gitattributes"), "(it has test.jsonl)"),
        ((), "(it has nothing)"),
    ],
)
def test_a_dataset_whose_rows_cannot_be_told_is_refused(there, words):
    message = refused(data_files, *there, kind="dataset")
    assert words in message
    assert "the dataset ada/thing" in message
    assert "--data FILE" in message
