"""How many tokens a model reads, and what is said of longer samples."""

from __future__ import annotations

import pytest
import transformers

from llmreg.errors import LlmregError
from llmreg.training.context import Context, check_samples, context_of
from llmreg.training.encode import Example

SIZES = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 96}


def config(model_type, **more):
    return transformers.AutoConfig.for_model(model_type, **SIZES, **more)


def rope(kind, factor, **more):
    return {"rope_parameters": {"rope_type": kind, "factor": factor, "rope_theta": 1e4, **more}}


@pytest.mark.parametrize(
    ("model_type", "settings", "context"),
    [
        ("gpt2", {"n_positions": 40}, Context(40, "n_positions", False)),
        ("gptj", {"n_positions": 40}, Context(40, "n_positions", False)),
        ("opt", {"max_position_embeddings": 40}, Context(40, "max_position_embeddings", False)),
        ("mpt", {"max_seq_len": 40}, Context(40, "max_seq_len", False)),
        ("llama", {"max_position_embeddings": 40}, Context(40, "max_position_embeddings", True)),
        ("gpt_neox", {"max_position_embeddings": 40}, Context(40, "max_position_embeddings", True)),
        ("falcon", {"max_position_embeddings": 40}, Context(40, "max_position_embeddings", True)),
        ("falcon", {"max_position_embeddings": 40, "alibi": True}, None),
        ("bloom", {}, None),
        ("t5", {"is_encoder_decoder": True}, None),
        ("llama", {"max_position_embeddings": 40, **rope("linear", 4.0)}, Context(160, "max_position_embeddings", True)),
        ("llama", {"max_position_embeddings": 40, **rope("dynamic", 2.0)}, Context(80, "max_position_embeddings", True)),
        (
            "llama",
            {"max_position_embeddings": 40, **rope("yarn", 2.0, original_max_position_embeddings=40)},
            Context(80, "max_position_embeddings", True),
        ),
        (
            "llama",
            {"max_position_embeddings": 320, **rope("yarn", 8.0, original_max_position_embeddings=40)},
            Context(320, "max_position_embeddings", True),
        ),
    ],
)  # fmt: skip
def test_the_context_is_what_the_configuration_says(model_type, settings, context):
    assert context_of(config(model_type, **settings)) == context


def sample(length, source=None):
    ids = tuple(range(length))
    return Example(ids, ids, source=None if source is None else tuple(range(source)))


def test_the_longest_sample_may_fill_the_context_and_no_more():
    rows = [{"text": "short"}, {"text": "long"}]
    gpt2 = config("gpt2", n_positions=40)
    assert check_samples([sample(3), sample(40)], rows, gpt2, None) == ""
    assert check_samples([], [], gpt2, None) == ""
    with pytest.raises(LlmregError) as caught:
        check_samples([sample(3), sample(41)], rows, gpt2, None)
    assert str(caught.value) == (
        "row 2: takes 41 tokens, and the model reads 40 (n_positions in its config.json); cut what is longer with "
        "training.sequence_length=40, or take long rows out"
    )


def test_where_a_row_gives_several_samples_the_sample_is_counted():
    with pytest.raises(LlmregError, match=r"^sample 2: takes 41 tokens"):
        check_samples([sample(3), sample(2, source=41)], [{}], config("gpt2", n_positions=40), None)


def test_a_recipe_may_train_beyond_the_context_where_positions_are_computed():
    longer = [sample(50)]
    assert check_samples(longer, [{}], config("llama", max_position_embeddings=40), 64) == (
        "rows take up to 50 tokens, as the recipe's sequence_length allows, and the base was made for 40 "
        "(max_position_embeddings)"
    )
    with pytest.raises(LlmregError, match="the model reads 40"):
        check_samples(longer, [{}], config("llama", max_position_embeddings=40), None)
    with pytest.raises(LlmregError, match="the model reads 40"):
        check_samples(longer, [{}], config("gpt2", n_positions=40), 64)
