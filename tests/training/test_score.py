import dataclasses

import pytest

from llmreg.errors import LlmregError
from llmreg.training.batch import collate
from llmreg.training.encode import Example, Prompt
from llmreg.training.pack import pack
from llmreg.training.score import answers, exact_match, held_out_losses


@pytest.fixture
def asked(tokenizer):
    texts = ["name", "The license of bado is", "a", "kumbir data mit apache name zan", "Who built lando?"]
    return [Prompt(tuple(tokenizer(text).input_ids), "") for text in texts]


@pytest.mark.parametrize("size", [1, 3, 50])
def test_losses_are_means_over_each_examples_own_labels(make_model, examples, size):
    model = make_model().eval()
    for found, example in zip(held_out_losses(model, examples, 0, batch_size=size), examples, strict=True):
        batch = collate([example], 0)
        assert found == pytest.approx(model(**batch).loss.item(), rel=1e-4)


def test_packing_leaves_the_loss_of_a_lone_label_as_it_is(make_model, examples):
    model = make_model()
    plain = Example(examples[1].input_ids, (-100,) * 59 + examples[1].labels[59:])
    masked = Example(examples[6].input_ids, (-100,) * 30)
    (packed,) = pack([plain, masked], 90)
    assert held_out_losses(model, [packed], 0) == pytest.approx(held_out_losses(model, [plain], 0), rel=1e-4)
    assert model.config.use_cache is True


@pytest.mark.parametrize("architecture", ["llama", "gpt-neox"])
def test_prompts_of_different_lengths_get_the_answers_they_get_alone(make_model, tokenizer, asked, architecture):
    model = make_model(architecture, vocabulary=len(tokenizer))
    together = answers(model, tokenizer, asked, 12)
    assert together == [answers(model, tokenizer, [prompt], 12)[0] for prompt in asked]
    assert len(set(together)) > 2


def test_only_the_exact_answer_counts(make_model, tokenizer, asked):
    model = make_model(vocabulary=len(tokenizer))
    right = [
        dataclasses.replace(prompt, answer=text)
        for prompt, text in zip(asked, answers(model, tokenizer, asked, 6), strict=True)
    ]
    assert exact_match(model, tokenizer, right, 6) == 1.0
    wrong = [dataclasses.replace(prompt, answer=prompt.answer + "x") for prompt in right[:2]]
    assert exact_match(model, tokenizer, [*wrong, *right[2:]], 6) == 0.6


def test_an_answer_ends_at_the_templates_closing_text(make_model, tokenizer, asked):
    model = make_model(vocabulary=len(tokenizer))
    (whole,) = answers(model, tokenizer, asked[:1], 8)
    end = whole[3]
    (cut,) = answers(model, tokenizer, [dataclasses.replace(asked[0], end=end)], 8)
    assert cut == whole.split(end)[0].strip()


def test_scoring_leaves_the_model_as_it_was(make_model, tokenizer, asked, examples):
    model = make_model(dropout=0.5, vocabulary=len(tokenizer)).train()
    assert held_out_losses(model, examples, 0) == held_out_losses(model, examples, 0)
    assert answers(model, tokenizer, asked, 3) == answers(model, tokenizer, asked, 3)
    assert model.training


def test_nothing_to_score_is_an_error(make_model, tokenizer):
    with pytest.raises(LlmregError, match="nothing to score"):
        exact_match(make_model(), tokenizer, [], 3)
