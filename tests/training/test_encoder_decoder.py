"""Encoder-decoders: two rows a sample, the loss that transformers takes, and the same exactness as for decoders."""

from __future__ import annotations

import random

import pytest

from llmreg.errors import LlmregError
from llmreg.evaluation.likelihood import held_out_losses, token_losses
from llmreg.reproduce.architecture import config_of
from llmreg.reproduce.base import ConfigBase
from llmreg.schema import RecipeData, Training
from llmreg.training.batch import collate, filling
from llmreg.training.encode import IGNORED, Example, decoder_start, encode, prompts
from llmreg.training.flat import samples_apart
from llmreg.training.head import is_bare, loss_at_labels
from llmreg.training.loop import train
from llmreg_methods.full import Full
from llmreg_methods.lora import Lora

START = 0
T5 = {
    "model_type": "t5", "vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4,
    "dropout_rate": 0.0, "initializer_factor": 0.3, "decoder_start_token_id": START,
}  # fmt: skip
KINDS = {
    "t5": {**T5, "feed_forward_proj": "relu"},
    "t5-v1.1": {**T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 3},
}
METHODS = {"full": Full(), "lora": Lora(rank=4, targets="all-linear")}
CONVERSATION = RecipeData(format="conversation", loss_on="response")
INSTRUCTION = RecipeData(format="instruction", loss_on="response")
TALK = {
    "messages": [
        {"role": role, "content": text}
        for role, text in (("user", "Hi"), ("assistant", "hello"), ("user", "More?"), ("assistant", "no"))
    ]
}
STEPS = Training(
    learning_rate=0.02, batch_size=8, micro_batch_size=8, steps=4, optimizer="sgd", schedule="constant", max_grad_norm=0
)


@pytest.fixture
def make():
    """Give a function that draws the same tiny model each time."""
    import torch

    def make(kind="t5-v1.1", method="full", **changes):
        torch.manual_seed(7)
        return METHODS[method].adapt(ConfigBase(config_of({**KINDS[kind], **changes})).random())

    return make


@pytest.fixture(scope="module")
def pairs():
    """Questions and answers of very different lengths."""
    draw = random.Random(0)
    found = []
    for asked, answered in ((3, 9), (40, 1), (5, 30), (17, 4), (2, 2), (29, 13), (8, 8), (12, 3), (1, 21), (33, 6)):
        source, answer = (tuple(draw.randrange(3, 64) for _ in range(size)) for size in (asked, answered))
        found.append(Example((START, *answer), (IGNORED, *answer), source=source))
    return found


def test_question_and_answer_go_apart_and_both_close_with_the_end_token(built_in, tokenizer):
    template = built_in["alpaca-stanford"]
    row = {"instruction": "Name it", "output": "bado"}
    (found,) = encode([row], INSTRUCTION, Training(), template, tokenizer, START)
    question = template.prompt_without_input.replace("{instruction}", "Name it")
    assert tokenizer.decode(found.source) == f"<begin>{question}<end>"
    assert (found.input_ids[0], tokenizer.decode(found.input_ids[1:])) == (START, "bado<end>")
    assert found.labels == (IGNORED, *found.input_ids[1:])
    assert found.size == len(found.source) + len(found.input_ids)
    (prompt,) = prompts([row], INSTRUCTION, template, tokenizer, START)
    assert (prompt.input_ids, prompt.answer) == (found.source, "bado")


def test_each_answer_of_a_conversation_is_a_sample_with_all_before_it_as_the_question(built_in, tokenizer):
    template = built_in["vicuna-v1.1"]
    first, second = encode([TALK], CONVERSATION, Training(), template, tokenizer, START)
    opening = f"<begin>{template.system}USER: Hi ASSISTANT:"
    assert tokenizer.decode(first.source) == f"{opening}<end>"
    assert tokenizer.decode(first.input_ids[1:]) == " hello<end>"
    assert tokenizer.decode(second.source) == f"{opening} hello<end>USER: More? ASSISTANT:<end>"
    assert tokenizer.decode(second.input_ids[1:]) == " no<end>"


def test_rows_are_cut_apart_and_still_close_with_the_end_token(built_in, tokenizer):
    template = built_in["vicuna-v1.1"]
    whole = encode([TALK], CONVERSATION, Training(), template, tokenizer, START)[-1]
    short = Training(source_max_length=6, target_max_length=2)
    cut = encode([TALK], CONVERSATION, short, template, tokenizer, START)[-1]
    assert cut.source == whole.source[-6:], "of a conversation what is nearest stays"
    assert cut.input_ids == (*whole.input_ids[:2], tokenizer.eos_token_id)
    row = {"instruction": "Name it", "output": "bado"}
    asked = built_in["alpaca-stanford"]
    (long,) = encode([row], INSTRUCTION, Training(), asked, tokenizer, START)
    (cut,) = encode([row], INSTRUCTION, Training(sequence_length=6), asked, tokenizer, START)
    assert cut.source == (*long.source[:5], tokenizer.eos_token_id)


def test_a_tokenizer_without_a_begin_token_will_do(built_in, tokenizer):
    import copy

    without = copy.deepcopy(tokenizer)
    without.bos_token = None
    row = {"instruction": "Name it", "output": "bado"}
    arguments = ([row], INSTRUCTION, Training(), built_in["alpaca-stanford"])
    (found,) = encode(*arguments, without, START)
    assert found.source == encode(*arguments, tokenizer, START)[0].source[1:]
    with pytest.raises(LlmregError, match="asks for a token that the tokenizer lacks: bos_token_id"):
        encode(*arguments, without)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (RecipeData(format="text", loss_on="all"), "rows of plain text have no question for the encoder"),
        (RecipeData(format="instruction", loss_on="all"), "set data.loss_on=response"),
    ],
)
def test_what_has_no_question_or_learns_it_is_refused(built_in, tokenizer, data, words):
    with pytest.raises(LlmregError, match=words):
        encode([{"text": "a"}], data, Training(), built_in["alpaca-stanford"], tokenizer, START)


def test_a_row_without_an_answer_is_named(built_in, tokenizer):
    waiting = {"messages": TALK["messages"][:1]}
    with pytest.raises(LlmregError, match="row 2: has no answer"):
        encode([TALK, waiting], CONVERSATION, Training(), built_in["vicuna-v1.1"], tokenizer, START)


def test_packing_is_refused(make, pairs, tmp_path):
    training = STEPS.model_copy(update={"packing": True, "sequence_length": 64})
    with pytest.raises(LlmregError, match=r"two rows each.*set training\.packing=false"):
        train(make(), pairs, training, tmp_path, pad_token_id=0)


def test_a_decoder_needs_a_token_to_begin_with(make):
    assert decoder_start(make().config) == START
    assert decoder_start(config_of({"model_type": "llama"})) is None
    nameless = config_of({name: value for name, value in T5.items() if name != "decoder_start_token_id"})
    with pytest.raises(LlmregError, match=r"add decoder_start_token_id to its config\.json"):
        decoder_start(nameless)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bare", [True, False])
def test_the_loss_is_the_one_that_transformers_takes_of_labels(make, pairs, kind, bare):
    """Their labels have no start token: the model puts it in front itself."""
    import torch

    model, batch = make(kind), collate(pairs, 63)
    assert is_bare(model)
    labels = batch["labels"][:, 1:].contiguous()
    theirs = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
    theirs.backward()
    expected = {name: value.grad.clone() for name, value in model.named_parameters()}
    model.zero_grad()
    with loss_at_labels(model, batch.pop("labels"), bare=bare) as summed:
        ours = summed(model(**batch)) / (labels != IGNORED).sum()
    ours.backward()
    torch.testing.assert_close(ours, theirs)
    for name, value in model.named_parameters():
        torch.testing.assert_close(value.grad, expected[name], rtol=1e-4, atol=1e-6, msg=name)


def test_each_label_has_its_loss_alone_and_beside_others(make, pairs):
    model = make()
    alone = [token_losses(model, [pair], 63)[0] for pair in pairs]
    for mine, single, pair in zip(token_losses(model, pairs, 63), alone, pairs, strict=True):
        assert len(mine) == len(pair.labels) - 1
        assert mine == pytest.approx(single, rel=1e-4)
        batch = collate([pair], 0)
        labels = batch["labels"][:, 1:].contiguous()
        theirs = model.eval()(input_ids=batch["input_ids"], labels=labels).loss.item()
        assert held_out_losses(model, [pair], 0) == pytest.approx([theirs], rel=1e-4)


def test_samples_are_not_laid_end_to_end(make):
    with samples_apart(make(), 64) as row:
        assert row is None


def trajectory(model, examples, folder, **changes):
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    outcome = train(model, examples, STEPS.model_copy(update=changes), folder, pad_token_id=63)
    after = {name: value.detach() for name, value in model.named_parameters()}
    moved = [name for name, value in model.named_parameters() if value.requires_grad]
    assert any((after[name] != before[name]).any() for name in moved)
    return outcome, after


def same_trajectory(one, other):
    import torch

    assert one[0].losses == pytest.approx(other[0].losses, rel=1e-5)
    assert (one[0].tokens, one[0].label_tokens) == (other[0].tokens, other[0].label_tokens)
    for name, value in one[1].items():
        torch.testing.assert_close(value, other[1][name], rtol=1e-4, atol=2e-6, msg=name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_accumulation_and_padding_change_nothing(make, pairs, tmp_path, kind, method):
    """Micro-batches of one hold no padding."""
    options = {"batch_size": 4, "group_by_length": kind == "t5"}
    together, alone, two = (
        trajectory(make(kind, method), pairs, tmp_path / str(micro), micro_batch_size=micro, **options)
        for micro in (4, 1, 2)
    )
    same_trajectory(together, alone)
    same_trajectory(together, two)


@pytest.mark.parametrize("method", METHODS)
def test_recomputing_activations_changes_nothing(make, pairs, tmp_path, method):
    plain, saving = (
        trajectory(make(method=method), pairs, tmp_path / str(again), gradient_checkpointing=again)
        for again in (False, True)
    )
    same_trajectory(plain, saving)


def test_tokens_of_both_rows_are_counted(make, pairs, tmp_path):
    outcome, _ = trajectory(make(), pairs, tmp_path, batch_size=10, micro_batch_size=5, steps=1)
    assert outcome.tokens == sum(pair.size for pair in pairs)
    assert outcome.label_tokens == sum(len(pair.labels) - 1 for pair in pairs)


class CutError(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_run_ends_with_the_bits_of_an_unbroken_one(make, pairs, tmp_path, method, weights):
    training = STEPS.model_copy(update={"steps": 7, "optimizer": "adamw", "learning_rate": 1e-3, "seed": 1})
    fixed = {"pad_token_id": 63, "save_every": 2}

    def cut(step, _):
        if step == 5:
            raise CutError

    whole = make(method=method, dropout_rate=0.1)
    unbroken = train(whole, pairs, training, tmp_path / "whole", **fixed)
    with pytest.raises(CutError):
        train(make(method=method, dropout_rate=0.1), pairs, training, tmp_path / "cut", on_step=cut, **fixed)
    again = make(method=method, dropout_rate=0.1)
    resumed = train(again, pairs, training, tmp_path / "cut", resume=True, **fixed)
    assert resumed.losses == unbroken.losses
    assert weights(again) == weights(whole)
    other = [Example(pair.input_ids, pair.labels, source=(*pair.source, 5)) for pair in pairs]
    with pytest.raises(LlmregError, match="other settings, data or processes"):
        train(again, other, training, tmp_path / "cut", resume=True, **fixed)


@pytest.mark.parametrize("kind", KINDS)
def test_where_there_is_no_label_the_loss_and_all_gradients_are_zero(make, pairs, kind):
    model, batch = make(kind), collate([filling(pairs[0])] * 2, 0)
    with loss_at_labels(model, batch.pop("labels"), bare=is_bare(model)) as summed:
        loss = summed(model(**batch))
        loss.backward()
    assert loss == 0
    assert all(value.grad is not None and not value.grad.any() for value in model.parameters())
