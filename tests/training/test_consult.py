import json

import pytest

from llmreg.objective import Sample
from llmreg.schema import Training
from llmreg.training.consult import consulted, kept, scored
from llmreg.training.encode import Example
from llmreg_objectives.dpo import Dpo

PLAIN = Training()


@pytest.fixture
def samples(examples):
    long = [example for example in examples if example.label_count > 1]
    return [Sample({"chosen": one, "rejected": other}) for one, other in zip(long[::2], long[1::2], strict=False)]


@pytest.mark.parametrize("architecture", ["llama", "gpt-neox"])
def test_a_model_is_asked_for_the_log_probability_of_every_label(make_model, samples, architecture):
    import torch

    model = make_model(architecture)
    for sample, found in zip(samples, scored(model, samples, Dpo.parts, PLAIN, 0), strict=True):
        for part, example in sample.parts.items():
            logits = model(input_ids=torch.tensor([example.input_ids])).logits[0, :-1].log_softmax(-1)
            expected = [logits[at, label] for at, label in enumerate(example.labels[1:]) if label != -100]
            torch.testing.assert_close(found[part], torch.stack(expected).detach(), rtol=1e-4, atol=1e-5)


def test_asking_leaves_the_model_as_it_was_and_takes_no_dropout(make_model, samples):
    model = make_model(dropout=0.5).train()
    once, again = (consulted(model, samples, Dpo(), "reference", PLAIN, 0) for _ in range(2))
    assert once == again
    assert set(once[0].facts) == {"reference.chosen", "reference.rejected"}
    assert model.training
    assert all(value.grad is None for value in model.parameters())


def test_what_was_asked_is_kept_and_counts_for_the_same_samples_only(tmp_path):
    sample = Sample({"chosen": Example((1, 2), (-100, 2))})
    other = Sample({"chosen": Example((1, 3), (-100, 3))})
    path, asked = tmp_path / "reference.json", []

    def ask(samples):
        asked.append(len(samples))
        return [Sample(each.parts, {"reference.chosen": 0.1 + number}) for number, each in enumerate(samples)]

    first = kept(path, [sample, other], lambda: ask([sample, other]), write=True)
    assert kept(path, [sample, other], lambda: ask([sample, other]), write=True) == first
    assert asked == [2]
    assert kept(path, [other, sample], lambda: ask([other, sample]), write=False) != first
    assert asked == [2, 2]
    assert len(json.loads(path.read_text())["facts"]) == 2
    path.write_text("{")
    assert kept(path, [sample, other], lambda: ask([sample, other]), write=True) == first
    assert asked == [2, 2, 2]
