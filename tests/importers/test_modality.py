"""What a model takes and gives, where its card tells."""

from __future__ import annotations

import pytest

from llmreg.importers.modality import modality


@pytest.mark.parametrize(
    ("tasks", "tags", "architecture", "kinds"),
    [
        (["text-generation"], [], None, ["text"]),
        (["text-generation"], ["text-generation", "llama"], "llama", ["text"]),
        (["image-text-to-text"], [], None, ["text", "image"]),
        (["text-generation"], ["image-text-to-text"], None, ["text", "image"]),
        (["text-generation"], [], "mllama", ["text", "image"]),
        (["text-generation"], ["Vision"], None, []),
        (["any-to-any"], [], "llama", []),
        (["a task of mine"], ["text-generation"], None, []),
        ([7], [], "llama", []),
        ([], ["text-generation"], None, ["text"]),
        ([], [], "llama", ["text"]),
        ([], [], "whisper", ["text", "audio"]),
        ([], [], "something_new", []),
        ([None, ""], [], None, []),
    ],
)
def test_the_modality_is_what_is_stated_and_otherwise_unknown(tasks, tags, architecture, kinds):
    assert modality(tasks, tags, architecture) == kinds
