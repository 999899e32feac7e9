import dataclasses

import pytest

from llmreg.evaluation.generation import answers
from llmreg.training.encode import Prompt


@pytest.fixture
def asked(tokenizer):
    texts = ["name", "The license of bado is", "a", "kumbir data mit apache name zan", "Who built lando?"]
    return [Prompt(tuple(tokenizer(text).input_ids), "") for text in texts]


@pytest.mark.parametrize("architecture", ["llama", "gpt-neox"])
@pytest.mark.parametrize("batch", [2, 32])
def test_prompts_of_different_lengths_get_the_answers_they_get_alone(make_model, tokenizer, asked, architecture, batch):
    model = make_model(architecture)
    together = answers(model, tokenizer, asked, 12, batch)
    assert together == [answers(model, tokenizer, [prompt], 12)[0] for prompt in asked]
    assert len(set(together)) > 2


def test_an_answer_ends_at_the_templates_closing_text(make_model, tokenizer, asked):
    model = make_model()
    (whole,) = answers(model, tokenizer, asked[:1], 8)
    end = whole[3]
    (cut,) = answers(model, tokenizer, [dataclasses.replace(asked[0], end=end)], 8)
    assert cut == whole.split(end)[0].strip()


def test_answering_leaves_the_model_as_it_was(make_model, tokenizer, asked):
    model = make_model(dropout=0.5).train()
    assert answers(model, tokenizer, asked, 3) == answers(model, tokenizer, asked, 3)
    assert model.training
