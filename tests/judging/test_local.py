"""A model in a folder judges too: greedily, with its own words for a conversation, and known by its weights."""

from __future__ import annotations

import pytest
import tiny

from llmreg.asking.endpoint import NoReplyError
from llmreg.asking.local import LocalJudge
from llmreg.errors import LlmregError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("catalog")
    tiny.write_catalog(root)
    return root.with_name(f"{root.name}-files") / "base"


def test_it_replies_the_same_each_time(folder):
    first, again = (LocalJudge(folder, max_tokens=5).ask("name a color") for _ in range(2))
    assert first == again
    assert first.tokens_in > 0


def test_it_is_called_by_its_folder_and_known_by_its_weights(folder, tmp_path):
    judge = LocalJudge(folder, max_tokens=5)
    assert judge.name == "base"
    assert judge.settings["decoding"] == "greedy"
    copy = tmp_path / "base"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert LocalJudge(copy, max_tokens=5).settings == judge.settings
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert LocalJudge(copy, max_tokens=5).settings["weights"] != judge.settings["weights"]


def test_a_conversation_is_put_into_the_models_own_words(folder, tmp_path):
    copy = tmp_path / "chat"
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    template = "{% for message in messages %}user: {{ message['content'] }}{% endfor %} assistant:"
    (copy / "chat_template.jinja").write_text(template)
    plain, chat = (LocalJudge(each, max_tokens=2).ask("name a color") for each in (folder, copy))
    assert chat.tokens_in > plain.tokens_in


def test_a_prompt_that_leaves_no_room_gets_no_reply(folder):
    with pytest.raises(NoReplyError, match=r"base holds 256 tokens, and this takes .* --max-tokens"):
        LocalJudge(folder, max_tokens=5).ask("word " * 300)


def test_a_folder_that_holds_no_model_is_named(tmp_path):
    with pytest.raises(LlmregError, match=r"no config\.json"):
        LocalJudge(tmp_path, max_tokens=5)
