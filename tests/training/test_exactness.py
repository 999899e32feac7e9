"""The promises of exactness, each beside bugs that other engines have had and that must not pass here.

A promise is a function that raises `AssertionError` where it is broken. It is checked on the engine as it is, and then
on the engine with a bug planted, where it must break. Where the bugs come from: README and issues of artidoro/qlora,
lm-sys/FastChat 1290 (samples masked whole), huggingface/transformers 34191 (accumulation), huggingface/trl 1230 (samples
that see each other), tloen/alpaca-lora 72 (resuming).
"""

import json
import os
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from promises import broken, packed

from llmreg.errors import LlmregError
from llmreg.nano.tokenizer import tokenizer as nano_tokenizer
from llmreg.objective import Sample
from llmreg.schema import RecipeData, Training
from llmreg.training import encode, loop
from llmreg.training.batch import collate
from llmreg.training.encode import IGNORED, Example
from llmreg.training.loop import train

HERE = Path(__file__).parent
PROGRAM = runpy.run_path(str(HERE / "artifact_program.py"))
METHODS = PROGRAM["METHODS"]


# The loss mask comes from the spans of tokens, and a sample without a label is an error.


def only_answers_are_learnt(built_in, turns):
    """Every answer with what ends it, and nothing else, has a label; text does not matter."""
    tokenizer = nano_tokenizer()
    data = RecipeData(format="conversation", template="vicuna-v1.1", loss_on="response")
    said = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(turns)]
    (example,) = encode.encode([{"messages": said}], data, Training(), built_in["vicuna-v1.1"], tokenizer)
    learnt = [label for label in example.labels if label != IGNORED]
    assert all(label in (IGNORED, token) for label, token in zip(example.labels, example.input_ids, strict=True))
    assert tokenizer.decode(learnt) == "".join(f" {answer}<end>" for answer in turns[1::2])


def a_sample_without_a_label_is_an_error(built_in):
    data = RecipeData(format="instruction", template="alpaca-stanford", loss_on="response")
    rows = [{"instruction": "short", "output": "a"}, {"instruction": "long " * 99, "output": "a"}]
    try:
        encode.encode(rows, data, Training(sequence_length=200), built_in["alpaca-stanford"], nano_tokenizer())
        said = "nothing"
    except LlmregError as error:
        said = str(error)
    assert said.startswith("row 2: nothing is left to learn from its ")
    assert "lengthen sequence_length" in said


TURNS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=40, deadline=None)
@given(st.lists(TURNS, min_size=2, max_size=6).filter(lambda turns: len(turns) % 2 == 0))
def test_masks_are_exact_whatever_the_text(built_in, turns):
    only_answers_are_learnt(built_in, turns)


def test_a_sample_without_a_label_is_named(built_in):
    a_sample_without_a_label_is_an_error(built_in)


def one_too_many(parts, learn_all):
    """Learn the last token of each question, too, as counting tokens with one that merges does."""
    own = OWN_LABELLED(parts, learn_all)
    after = [label for _, label in own[1:]] + [IGNORED]
    return [
        (token, token if label != IGNORED or nxt != IGNORED else label)
        for (token, label), nxt in zip(own, after, strict=True)
    ]


def first_answer_only(parts, learn_all):
    """Stop at the first answer, as a search for the mark of the answer does."""
    answers = [index for index, (_, answer) in enumerate(parts) if answer]
    return OWN_LABELLED([(ids, answer and index == answers[0]) for index, (ids, answer) in enumerate(parts)], learn_all)


OWN_LABELLED = encode._labelled


@pytest.mark.parametrize("bug", [one_too_many, first_answer_only])
def test_a_wrong_mask_is_found(built_in, monkeypatch, bug):
    turns = ["Hi", "hello", "More?", "no"]
    assert not broken(only_answers_are_learnt, built_in, turns)
    monkeypatch.setattr(encode, "_labelled", bug)
    assert broken(only_answers_are_learnt, built_in, turns)


def test_a_sample_masked_in_silence_is_found(built_in, monkeypatch):
    own = encode._example

    def silent(*arguments):
        try:
            return own(*arguments)
        except LlmregError:
            return Example((1, 2), (IGNORED, IGNORED))

    monkeypatch.setattr(encode, "_example", silent)
    assert broken(a_sample_without_a_label_is_an_error, built_in)


# Configurations that mean the same take the same steps, to the rounding of float32.

THREE = Training(
    learning_rate=0.3, batch_size=8, micro_batch_size=8, steps=3, optimizer="sgd", schedule="constant", max_grad_norm=0
)
"""Plain gradient descent, so that equal weights mean equal gradients."""


def trajectory(model, examples, folder, **changes):
    outcome = train(model, examples, THREE.model_copy(update=changes), folder, pad_token_id=0)
    return outcome.losses, {name: value.detach() for name, value in model.named_parameters()}


def same_trajectory(one, other):
    import torch

    assert one[0] == pytest.approx(other[0], rel=1e-5)
    for name, value in one[1].items():
        torch.testing.assert_close(value, other[1][name], rtol=1e-4, atol=2e-6, msg=name)


def accumulation_changes_nothing(make_model, examples, folder, architecture="llama", packing=False):
    options = {"packing": packing, "sequence_length": 60, "batch_size": 8}
    found = [
        trajectory(make_model(architecture), examples, folder / str(micro), micro_batch_size=micro, **options)
        for micro in (8, 1, 2)
    ]
    same_trajectory(found[0], found[1])
    same_trajectory(found[0], found[2])


def packing_changes_nothing(make_model, examples, folder):
    """Every step sees all samples: 20 alone, or packed into sequences of 64."""
    size = {"batch_size": 20, "micro_batch_size": 4}
    alone = trajectory(make_model(), examples, folder / "alone", **size)
    packs = len(packed(examples, 64))
    packing = {"packing": True, "sequence_length": 64, "batch_size": packs, "micro_batch_size": 1}
    same_trajectory(trajectory(make_model(), examples, folder / "packed", **packing), alone)


@pytest.mark.parametrize("architecture", ["llama", "gpt-neox", "no-loss-arguments"])
@pytest.mark.parametrize("packing", [False, True])
def test_accumulation_changes_nothing(make_model, examples, tmp_path, architecture, packing):
    accumulation_changes_nothing(make_model, examples, tmp_path, architecture, packing)


def test_packing_changes_nothing(make_model, examples, tmp_path):
    packing_changes_nothing(make_model, examples, tmp_path)


def test_a_loss_that_takes_all_passes_for_alike_is_found(make_model, examples, tmp_path, monkeypatch):
    import transformers

    own = transformers.Trainer.get_batch_samples

    def alike(self, *arguments):
        samples, _ = own(self, *arguments)
        return samples, (samples[0]["labels"][:, 1:] != IGNORED).sum() * len(samples)

    monkeypatch.setattr(transformers.Trainer, "get_batch_samples", alike)
    assert broken(accumulation_changes_nothing, make_model, examples, tmp_path)


def forgetting(samples, length):
    """Pack, and forget where samples begin."""
    rows = packed([sample.parts["answer"] for sample in samples], length)
    return [(Sample({"answer": Example(row.input_ids, row.labels)}),) for row in rows]


def test_packed_samples_that_train_as_one_are_found(make_model, examples, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "pack", forgetting)
    assert broken(packing_changes_nothing, make_model, examples, tmp_path)


TWO = """
import json, os, runpy, sys
from pathlib import Path
import torch
from llmreg.schema import Training
from llmreg.training.loop import train
from llmreg.training.trainer import Exact

torch.set_num_threads(1)
here, folder = Path(sys.argv[1]), Path(sys.argv[2])
fixtures = runpy.run_path(str(here / "conftest.py"))
make_model, examples = (fixtures[name].__wrapped__() for name in ("make_model", "examples"))
examples = examples[:int(sys.argv[4])]
training = Training(**json.loads(sys.argv[3]))
own = Exact.get_batch_samples

def its_own(self, *arguments):
    samples, _ = own(self, *arguments)
    return samples, sum((batch["labels"][:, 1:] != -100).sum() for batch in samples).clamp(min=1) * 2

for bug in ("none", "own labels"):
    if bug != "none":
        Exact.get_batch_samples = its_own
    outcome = train(make_model(), examples, training, folder / bug, pad_token_id=0)
    if os.environ["RANK"] == "0":
        (folder / bug / "counts.json").write_text(json.dumps([outcome.tokens, outcome.label_tokens, outcome.losses]))
torch.distributed.destroy_process_group()
"""


def test_two_processes_take_the_steps_that_one_takes_and_a_loss_over_its_own_labels_is_found(
    make_model, examples, tmp_path
):
    """Under torchrun with gloo; uneven samples make the processes' label counts differ.

    17 samples are nine micro-batches, so that an epoch ends with one sample for the first process and none for the
    second.
    """
    from safetensors.torch import load_file

    examples = examples[:17]

    program = tmp_path / "two.py"
    program.write_text(textwrap.dedent(TWO))
    training = THREE.model_copy(update={"micro_batch_size": 2, "steps": 7})
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(program)]
    arguments = [str(HERE), str(tmp_path), training.model_dump_json(exclude_none=True), str(len(examples))]
    done = subprocess.run(
        command + arguments, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    model = make_model()
    outcome = train(model, examples, training, tmp_path / "one", pad_token_id=0)
    one = outcome.losses, {name: value.detach() for name, value in model.named_parameters()}

    def two(bug):
        tokens, labels, losses = json.loads((tmp_path / bug / "counts.json").read_text())
        assert (tokens, labels) == (outcome.tokens, outcome.label_tokens)
        return losses, load_file(tmp_path / bug / "checkpoint-7" / "trained.safetensors")

    same_trajectory(two("none"), one)
    assert broken(lambda: same_trajectory(two("own labels"), one))


# A packed sample gets the logits that it gets alone.


def logits(model, batch):
    import torch

    batch.pop("labels")
    with torch.no_grad():
        return model.eval()(**batch, use_cache=False).logits


def packed_samples_get_the_logits_they_get_alone(model, examples, batch_of=collate):
    import torch

    rows = packed(examples, 100)
    assert max(len(one.starts) for one in rows) > 3
    together = logits(model, batch_of(rows, 0))
    for row, one in zip(together, rows, strict=True):
        for start, end in zip(one.starts, (*one.starts[1:], len(one.input_ids)), strict=True):
            sample = Example(one.input_ids[start:end], one.labels[start:end])
            alone = logits(model, collate([sample], 0))[0]
            torch.testing.assert_close(row[start:end], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("architecture", ["llama", "gpt-neox", "llama-adapter-v2"])
def test_a_packed_sample_gets_the_logits_it_gets_alone(make_model, examples, architecture, attention):
    model = adapted(make_model(), attention) if "adapter" in architecture else make_model(architecture)
    model.set_attn_implementation(attention)
    packed_samples_get_the_logits_they_get_alone(model, examples)


def adapted(model, attention):
    """The model with LLaMA-Adapter V2 put in and every gate open, as after training."""
    import torch

    model.set_attn_implementation(attention)
    model = METHODS["llama-adapter-v2"].adapt(model)
    for name, value in model.named_parameters():
        if "gate" in name:
            torch.nn.init.constant_(value, 0.7)
    return model


def masked_too(examples, pad):
    """Add the two-dimensional mask with which transformers takes no notice of positions."""
    import torch

    batch = collate(examples, pad)
    sizes = torch.tensor([len(example.input_ids) for example in examples])
    mask = torch.arange(batch["input_ids"].shape[1])[None] < sizes[:, None]
    return {**batch, "attention_mask": mask.long()}


def counted_through(examples, pad):
    """Count positions through the whole sequence."""
    return collate([Example(one.input_ids, one.labels) for one in examples], pad)


@pytest.mark.parametrize("bug", [masked_too, counted_through])
def test_packed_samples_that_see_each_other_are_found(make_model, examples, bug):
    assert broken(packed_samples_get_the_logits_they_get_alone, make_model(), examples, bug)
