import dataclasses

import pytest

from llmreg.errors import LlmregError
from llmreg.evaluation.generation import answers, unended
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


def test_an_answer_ends_at_the_templates_own_token_and_at_the_models(make_model, tokenizer, asked):
    model = make_model()
    (whole,) = answers(model, tokenizer, asked[:1], 8)
    third = tokenizer(whole).input_ids[3]
    expected = tokenizer.decode(tokenizer(whole).input_ids[:3]).strip()
    (cut,) = answers(model, tokenizer, [dataclasses.replace(asked[0], ends=(third,))], 8)
    assert (cut, cut.ended, whole.ended) == (expected, True, False)
    model.generation_config.eos_token_id = [2, third]
    assert answers(model, tokenizer, asked[:1], 8) == [expected]


def test_answers_that_were_cut_for_want_of_room_are_counted(make_model, tokenizer, asked):
    given = answers(make_model(), tokenizer, asked, 4)
    assert unended(given) == (f"answers cut for want of room: {sum(not each.ended for each in given)} of 5",)
    assert unended(["told"]) == ()


def test_what_the_template_opens_an_answer_with_is_not_part_of_it(make_model, tokenizer, asked):
    model = make_model()
    (whole,) = answers(model, tokenizer, asked[:1], 8)
    (bare,) = answers(model, tokenizer, [dataclasses.replace(asked[0], opening=f" {whole[:4]} ")], 8)
    assert bare == whole[4:].strip()


def test_no_answer_goes_past_what_a_model_reads(make_model, tokenizer):
    model = make_model("gpt2", context=16)
    prompt = Prompt(tuple(tokenizer("bado " * 5).input_ids), "")
    (given,) = answers(model, tokenizer, [prompt], 40)
    assert given
    assert not given.ended
    with pytest.raises(LlmregError, match="and the model reads 16: there is no room for an answer"):
        answers(model, tokenizer, [Prompt(prompt.input_ids * 3, "")], 40)
