"""Rows learnt by heart: exact match and multiple choice agree through every template of the catalog."""

from __future__ import annotations

import functools
from types import SimpleNamespace

import pytest

from llmreg.catalog import load_catalog
from llmreg.evaluation.metrics import ON_HELD_OUT_ROWS, HeldOut
from llmreg.evaluation.subject import Question, Subject
from llmreg.evaluation.tasks.exact_match import ExactMatch, Instruction
from llmreg.evaluation.tasks.multiple_choice import Choice, MultipleChoice
from llmreg.schema import RecipeData, Template, Training
from llmreg.training.batch import collate
from llmreg.training.encode import encode
from llmreg.training.layout import Layout

CATALOG = load_catalog()
ASKED = [name for name in CATALOG.ids(Template) if "{text}" not in CATALOG.get_as(Template, name).prompt]
ANSWERS = ["Red, green and blue.", "-1.5", "(none)", " ".join(map(str, range(34)))]
ROWS = [{"instruction": f"What is number {n}?\nAnswer:", "output": answer} for n, answer in enumerate(ANSWERS)]
CHATML = {
    "system": "<|im_start|>system\nYou help.<|im_end|>\n",
    "prompt": "<|im_start|>user\n{instruction}<|im_end|>\n<|im_start|>assistant\n",
    "response": "{output}",
    "turn_end": "<|im_end|>\n",
    "begin_token": False,
    "end_token": False,
}
"""ChatML, in which the end of an answer is a token and the tokenizer's own end token is never written."""


def written(**fields):
    draft = Template.model_construct(**fields)
    sources = {"here": {"path": "tests", "read": "live", "seen": "2026-11-30"}}
    return Template(id="own", name="own", source="here", sources=sources, sha256=draft.content_hash(), **fields)


FORMS = {name: CATALOG.get_as(Template, name) for name in ASKED} | {
    "chatml": written(**CHATML),
    "chatml-joined": written(**CHATML, tokenize="joined"),
    "answer opened by a token": written(
        prompt="<|im_start|>user\n{instruction}<|im_end|>\n",
        end_token=False,
        response="<|im_start|>assistant\n{output}<|im_end|>",
    ),
    "end in the response": written(prompt="Q {instruction} A", response=" {output} <|im_end|>", end_token=False),
}


AFTER_SPECIAL = ("chatml-joined", "qlora-plain")
"""Templates that are asked with a tokenizer, too, that puts no space in front of text after a special token."""


@pytest.fixture(scope="module")
def words():
    """Return a function that gives a tokenizer with SentencePiece's spaces and the special tokens of templates."""
    return functools.cache(tokenizer_with)


def tokenizer_with(space):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    rows = [text for row in ROWS for text in row.values()]
    forms = [text for form in FORMS.values() for text in form.model_dump().values() if isinstance(text, str)]
    backend = Tokenizer(models.BPE(unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace("▁")
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False, limit_alphabet=200
    )
    backend.train_from_iterator([*rows, *forms * 3], trainer)
    backend.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme=space, split=False)
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(content=" ", left=1)]
    )
    made = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    declared = dict.fromkeys(name for form in FORMS.values() for name in form.special_tokens)
    made.add_special_tokens({"extra_special_tokens": ["<|im_start|>", "<|im_end|>", *declared]})
    return made


def learnt(words, template, rows=ROWS):
    """A tiny model that has learnt the rows by heart."""
    import torch
    import transformers

    torch.manual_seed(1)
    config = transformers.LlamaConfig(
        vocab_size=len(words), hidden_size=48, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=768, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    data = RecipeData(format="instruction", loss_on="response")
    batch = collate(encode(rows, data, Training(), template, words), 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0)
    for _ in range(250):
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.01:
            break
    assert loss.item() < 0.05
    return model.eval()


@pytest.mark.parametrize(
    ("name", "space"), [*((name, "always") for name in FORMS), *((name, "first") for name in AFTER_SPECIAL)]
)
def test_exact_match_and_multiple_choice_agree_on_rows_learnt_by_heart(words, figures, name, space):
    template, words = FORMS[name], words(space)
    model = learnt(words, template)
    subject = Subject(model, words, template)
    found = ExactMatch().score(subject, [Instruction(**row) for row in ROWS])
    assert figures(found)["exact-match"] == 100, [item["given"] for item in found.items]
    assert found.notes == ()
    questions = [row["instruction"].removesuffix("\nAnswer:") for row in ROWS]
    choices = [Choice(question=text, choices=ANSWERS, answer=number) for number, text in enumerate(questions)]
    assert figures(MultipleChoice().score(subject, choices))["accuracy"] == 100
    held = HeldOut(ROWS, RecipeData(format="instruction", loss_on="response"), Training(), template)
    figure = ON_HELD_OUT_ROWS["exact-match"](model, words, held)
    assert (figure.value, figure.notes) == (100, ())


FAVOURED = "Yes", "Yes, but"
"""An answer that is the start of another, for which only what ends it speaks."""


@pytest.mark.parametrize(("name", "end"), [("alpaca-stanford", "</s>"), ("chatml", "<|im_end|>")])
@pytest.mark.parametrize("right", FAVOURED)
def test_an_answer_that_begins_another_is_told_by_what_ends_it(words, figures, name, end, right):
    """Without what ends it, the shorter answer is never the less likely one."""
    template, words = FORMS[name], words("always")
    rows = [{"instruction": "Is it?\nAnswer:", "output": right}]
    subject = Subject(learnt(words, template, rows), words, template)
    choice = Choice(question="Is it?", choices=FAVOURED, answer=FAVOURED.index(right))
    assert figures(ExactMatch().score(subject, [Instruction(**row) for row in rows]))["exact-match"] == 100
    assert figures(MultipleChoice().score(subject, [choice]))["accuracy"] == 100
    alone = figures(MultipleChoice(ended=False).score(subject, [choice]))["accuracy"]
    assert alone == (100 if right == "Yes" else 0)
    scored = subject._example(Question("Is it?"), right, ended=True).labels
    assert (scored[-1], scored.count(scored[-1])) == (words.convert_tokens_to_ids(end), 1)


@pytest.mark.parametrize("name", list(FORMS))
def test_an_answer_is_scored_with_the_tokens_that_are_learnt(words, name):
    """What ends it is the last of them; what the template writes after that decides nothing."""
    template, words = FORMS[name], words("always")
    (row,) = encode(ROWS[:1], RecipeData(format="instruction", loss_on="response"), Training(), template, words)
    decoder = SimpleNamespace(config=SimpleNamespace(is_encoder_decoder=False))
    asked = Question(ROWS[0]["instruction"])
    _, scored = Subject(decoder, words, template)._through(asked, ROWS[0]["output"], ended=True)
    labels = [token for token in row.labels if token != -100]
    ends = Layout(template, "instruction", words).ends
    until = next((place for place, token in enumerate(labels, 1) if token in ends), len(labels))
    assert scored == labels[:until]


def test_an_answer_with_less_room_than_it_takes_is_counted(words, figures):
    """Of four answers the last one is longer than the room that a user gives."""
    model, words = learnt(words("always"), FORMS["vicuna-v1.1"]), words("always")
    found = ExactMatch(max_new_tokens=24).score(
        Subject(model, words, FORMS["vicuna-v1.1"]), [Instruction(**row) for row in ROWS]
    )
    assert figures(found)["exact-match"] == 75
    assert found.notes == ("answers cut for want of room: 1 of 4",)
