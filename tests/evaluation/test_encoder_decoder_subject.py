"""An encoder-decoder put to questions: it reads them with one stack and answers with the other."""

from __future__ import annotations

import pytest
import torch

from llmreg.errors import LlmregError, UsageError
from llmreg.evaluation import lm_eval
from llmreg.evaluation.generation import answers
from llmreg.evaluation.subject import Question, Subject
from llmreg.evaluation.tasks.perplexity import Perplexity, Text
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.base import ConfigBase
from llmreg.training.encode import Prompt

START = 0


@pytest.fixture(scope="module")
def t5(tokenizer):
    """Its weights are large, so that answers differ."""
    torch.manual_seed(7)
    config = config_of(
        {
            "model_type": "t5", "vocab_size": len(tokenizer), "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2,
            "num_heads": 4, "pad_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": START,
            "initializer_factor": 2.0, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False,
        }
    )  # fmt: skip
    return ConfigBase(config).random().eval()


def test_prompts_of_different_lengths_get_the_answers_they_get_alone(t5, tokenizer):
    texts = ["name", "The license of bado is", "a", "kumbir data mit apache name zan", "Who built lando?"]
    asked = [Prompt(tuple(tokenizer(text).input_ids), "") for text in texts]
    together = answers(t5, tokenizer, asked, 12)
    assert together == [answers(t5, tokenizer, [prompt], 12)[0] for prompt in asked]
    assert len(set(together)) > 2


def test_an_answer_takes_the_likeliest_token_each_time(t5, tokenizer):
    asked = tokenizer("Who built lando?", return_tensors="pt").input_ids
    row = [START]
    with torch.no_grad():
        for _ in range(8):
            row.append(int(t5(input_ids=asked, decoder_input_ids=torch.tensor([row])).logits[0, -1].argmax()))
    (found,) = answers(t5, tokenizer, [Prompt(tuple(asked[0].tolist()), "")], 8)
    assert found == tokenizer.decode(row[1:], skip_special_tokens=True).strip()


@pytest.mark.parametrize("template", [None, "alpaca-stanford"])
def test_the_likelihood_of_an_answer_is_that_of_the_decoder_after_its_start_token(t5, tokenizer, built_in, template):
    subject = Subject(t5, tokenizer, built_in[template] if template else None)
    question = "Who built lando?"
    asked = subject.template.prompt_without_input.replace("{instruction}", question) if template else question
    answer = subject.tokens("bado" if template else " bado")
    source = [tokenizer.bos_token_id, *subject.tokens(asked), tokenizer.eos_token_id]
    with torch.no_grad():
        chances = t5(
            input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([[START, *answer[:-1]]])
        ).logits.log_softmax(-1)[0]
    expected = sum(float(chances[place, token]) for place, token in enumerate(answer))
    assert subject.continuations([(Question(question), "bado")]) == pytest.approx([expected], rel=1e-4)
    assert subject.answers([Question(question)], 8) == answers(t5, tokenizer, [Prompt(tuple(source), "")], 8)
    (alone,) = subject.openings(["bado"])
    assert alone != pytest.approx(expected, rel=1e-3)


def test_what_continues_plain_text_is_refused(t5, tokenizer):
    subject = Subject(t5, tokenizer)
    with pytest.raises(UsageError, match="answers and does not continue plain text"):
        Perplexity().score(subject, [Text(text="a b c")])
    with pytest.raises(LlmregError, match=r"this model is an encoder-decoder; take one of llmreg's own tasks"):
        lm_eval.run(subject, ["any"], None, None, None)
