"""How people name a repository of the Hub or a model of Ollama, and which entry is then meant."""

from __future__ import annotations

import pytest

from llmreg.catalog.references import Reference, ollama_aliases, reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("me/m", Reference("me/m")),
        ("me/m@v1.0", Reference("me/m", None, "v1.0")),
        ("me/m@main", Reference("me/m")),
        ("hf://me/m", Reference("me/m")),
        ("hf://datasets/me/d@abc/data/train.parquet", Reference("me/d", "dataset", "abc")),
        ("https://huggingface.co/me/m", Reference("me/m")),
        ("https://huggingface.co/me/m/", Reference("me/m")),
        ("http://www.hf.co/me/m?library=transformers", Reference("me/m")),
        ("huggingface.co/me/m/tree/v2/sub", Reference("me/m", None, "v2")),
        ("https://huggingface.co/me/m/blob/main/README.md", Reference("me/m")),
        ("https://huggingface.co/datasets/me/d/viewer", Reference("me/d", "dataset")),
        ("https://huggingface.co/gpt2", Reference("gpt2")),
        ("https://huggingface.co/api/models/me/m", Reference("me/m", "model")),
        ("datasets/me/d", Reference("me/d", "dataset")),
        ("gpt2", None),
        ("me/m@", None),
        ("me/m@../../x", None),
        ("me/m/n", None),
        ("./me/m", None),
        ("/tmp/m", None),
        ("https://example.org/me/m", None),
        ("https://huggingface.co/spaces/me/m", None),
        ("https://huggingface.co/docs/hub", None),
        ("", None),
        ("mé/m", None),
        ("a/" + "b" * 500, None),
    ],
)  # fmt: skip
def test_a_repository_is_read_from_every_form_that_people_have(text, expected):
    assert reference(text) == expected


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("llama3.1:8b", ["ollama:llama3.1:8b"]),
        ("ollama:llama3.1:8b", ["ollama:llama3.1:8b"]),
        ("ollama/llama3.1:8b", ["ollama:llama3.1:8b"]),
        ("llama3.1:latest", ["ollama:llama3.1", "ollama:llama3.1:latest"]),
        ("me/m", []),
    ],
)
def test_tags_of_ollama_are_aliases(text, aliases):
    assert ollama_aliases(text) == aliases


@pytest.mark.parametrize(
    ("name", "entry_id"),
    [
        ("https://huggingface.co/TimDettmers/guanaco-33b", "guanaco-33b"),
        ("https://huggingface.co/timdettmers/guanaco-33b/tree/main", "guanaco-33b"),
        ("hf://meta-llama/Llama-3.1-8B", "llama-3.1-8b"),
        ("meta-llama/Meta-Llama-3.1-8B@main", "llama-3.1-8b"),
        ("https://huggingface.co/datasets/tatsu-lab/alpaca", "alpaca-52k"),
        ("gpt-oss:20b", "gpt-oss-20b"),
        ("llama3.1:8b", "llama-3.1-8b-instruct"),
        ("ollama/llama3.3:70b", "llama-3.3-70b-instruct"),
        ("ollama:gpt-oss:20b", "gpt-oss-20b"),
    ],
)
def test_an_entry_of_the_catalog_is_found_by_every_form(built_in, name, entry_id):
    assert built_in.named(name) == entry_id


def test_an_address_of_a_dataset_never_means_a_model(built_in):
    name = "https://huggingface.co/datasets/meta-llama/Llama-3.1-8B"
    assert built_in.named(name) == name
