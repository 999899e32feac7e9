from math import prod

import pytest

from llmreg.evaluation.likelihood import _batches, held_out_losses, token_losses
from llmreg.training.batch import collate
from llmreg.training.encode import Example
from llmreg.training.flat import join


@pytest.mark.parametrize("size", [1, 3, 50])
def test_losses_are_means_over_each_examples_own_labels(make_model, examples, size):
    model = make_model()
    for found, example in zip(held_out_losses(model, examples, 0, batch_size=size), examples, strict=True):
        batch = collate([example], 0)
        assert found == pytest.approx(model(**batch).loss.item(), rel=1e-4)


def test_each_label_has_its_loss_in_order(make_model, examples):
    model = make_model()
    for found, example in zip(token_losses(model, examples, 0), examples, strict=True):
        logits = model(**{name: value for name, value in collate([example], 0).items() if name != "labels"}).logits[0]
        chances = logits.float().softmax(-1)
        expected = [
            chances[place - 1, token].item() for place, token in enumerate(example.labels) if place and token != -100
        ]
        assert prod(expected) == pytest.approx(prod(2.718281828459045**-loss for loss in found), rel=1e-3)
        assert len(found) == len(expected)


def test_packing_leaves_the_loss_of_a_lone_label_as_it_is(make_model, examples):
    model = make_model()
    plain = Example(examples[1].input_ids, (-100,) * 59 + examples[1].labels[59:])
    masked = Example(examples[6].input_ids, (-100,) * 30)
    packed = join([plain, masked])
    assert held_out_losses(model, [packed], 0) == pytest.approx(held_out_losses(model, [plain], 0), rel=1e-4)
    assert model.config.use_cache is True


def test_scoring_leaves_the_model_as_it_was(make_model, examples):
    model = make_model(dropout=0.5).train()
    assert held_out_losses(model, examples, 0) == held_out_losses(model, examples, 0)
    assert model.training


def test_a_text_may_be_one_token_longer_than_the_context(make_model):
    ids = tuple(range(3, 20))
    (found,) = token_losses(make_model("gpt2", context=16), [Example(ids, (-100, *ids[1:]))], 0)
    assert len(found) == 16


def test_batches_hold_like_lengths_and_never_more_than_is_asked():
    sizes = [3, 9000, 5, 5, 4, 1]
    batches = list(_batches(sizes, 2))
    assert sorted(index for batch in batches for index in batch) == list(range(len(sizes)))
    assert batches[0] == [1]
    assert all(len(batch) <= 2 for batch in batches)
