"""How questions become tokens: through a template, or as plain text; and the likelihood of answers to them."""

import pytest

from llmreg.catalog import load_catalog
from llmreg.errors import LlmregError
from llmreg.evaluation.subject import Question, Subject


def likelihood(model, context, answer):
    """The log-likelihood of one token after another, each by a forward pass of its own."""
    import torch

    total, ids = 0.0, list(context)
    for token in answer:
        total += model(torch.tensor([ids])).logits[0, -1].float().log_softmax(-1)[token].item()
        ids.append(token)
    return total


def test_the_likelihood_of_an_answer_is_the_product_over_its_tokens(subject, tokenizer):
    pairs = [(Question("What is its name? Answer:"), "bado"), (Question("x"), "the model 🙂"), (Question("x"), "is")]
    for (question, answer), found in zip(pairs, subject.continuations(pairs), strict=True):
        context, tokens = tokenizer(question.text).input_ids, tokenizer(" " + answer).input_ids
        assert found == pytest.approx(likelihood(subject.model, [1, *context], tokens), rel=1e-4)


def test_answers_to_nothing_follow_the_token_that_begins_texts(subject, tokenizer):
    (found,) = subject.openings(["bado"])
    assert found == pytest.approx(likelihood(subject.model, [1], tokenizer(" bado").input_ids), rel=1e-4)


def test_question_and_answer_are_tokenized_as_one_text(make_model, tokenizer):
    """A space that ends the question belongs to the answer's first token, as it would in running text."""
    subject = Subject(make_model(), tokenizer)
    assert subject._example(Question("Answer: "), "x").labels[-1] == tokenizer("  x").input_ids[-1]
    one = subject._example(Question("Answer:"), "the model")
    assert [token for token in one.labels if token != -100] == tokenizer(" the model").input_ids


def test_a_template_puts_question_and_answer_into_its_own_words(make_model, tokenizer):
    template = load_catalog()["nano-question"]
    example = Subject(make_model(), tokenizer, template)._example(Question("What is it?", "bado"), "mit")
    assert tokenizer.decode(example.input_ids) == "<begin>Input: bado Question: What is it? Answer: mit"
    assert tokenizer.decode([token for token in example.labels if token != -100]) == " mit"


def test_text_that_looks_like_a_special_token_stays_text(subject, tokenizer):
    example = subject._example(Question("a <end> b"), "<pad>")
    assert not {0, 2} & set(example.input_ids)
    assert tokenizer.decode(example.input_ids[1:]) == "a <end> b <pad>"


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_neither_likelihoods_nor_answers_hang_on_the_batch(make_model, tokenizer, batch):
    questions = [Question("What is its license?" + " bado" * count) for count in range(6)]
    alone, together = (Subject(make_model(), tokenizer, batch_size=size) for size in (1, batch))
    assert together.answers(questions, 6) == alone.answers(questions, 6)
    pairs = [(question, "mit") for question in questions]
    assert together.continuations(pairs) == pytest.approx(alone.continuations(pairs), rel=1e-5)


def test_questions_longer_than_the_context_are_refused(make_model, tokenizer):
    subject = Subject(make_model(context=32), tokenizer)
    with pytest.raises(
        LlmregError, match=r"question 2 takes .* tokens .*, and the model reads 32; give fewer examples"
    ):
        subject.continuations([(Question("a"), "b"), (Question("bado " * 40), "b")])
    with pytest.raises(LlmregError, match="the model reads 32"):
        subject.answers([Question("a")], 40)


def test_a_tokenizer_without_begin_token_takes_the_end_token_before_a_lone_answer(make_model, tokenizer):
    from copy import deepcopy

    bare = deepcopy(tokenizer)
    bare.bos_token = None
    assert Subject(make_model(), bare).first_token == 2
    assert Subject(make_model(), bare)._example(Question("a"), "b").input_ids[0] != 1
