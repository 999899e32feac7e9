import gc
import weakref

import pytest

from llmreg.errors import LlmregError
from llmreg.schema import Training
from llmreg.training.loop import train

SGD = Training(learning_rate=1.0, batch_size=8, steps=1, optimizer="sgd", schedule="constant", max_grad_norm=0, seed=1)
SHORT = Training(learning_rate=1e-2, batch_size=4, steps=6, schedule="linear", seed=1)


def test_a_step_follows_the_gradient_of_the_mean_over_the_windows_labels(make_model, examples, tmp_path):
    import torch

    from llmreg.training.batch import collate

    model, twin = make_model(), make_model()
    chosen = examples[:8]
    outcome = train(model, chosen, SGD.model_copy(update={"micro_batch_size": 1}), tmp_path, pad_token_id=0)
    loss = twin(**collate(chosen, 0)).loss  # transformers' own mean over all labels of the batch
    loss.backward()
    assert outcome.losses == pytest.approx([loss.item()], rel=1e-5)
    for (name, value), other in zip(model.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(value, other - other.grad, rtol=1e-4, atol=1e-6, msg=name)


def test_the_outcome_counts_tokens_labels_and_losses(make_model, examples, tmp_path):
    seen = []
    settings = SHORT.model_copy(update={"steps": 10})
    outcome = train(
        make_model(), examples, settings, tmp_path, pad_token_id=0, on_step=lambda step, loss: seen.append((step, loss))
    )
    assert outcome.steps == 10
    assert outcome.tokens == 2 * sum(len(example.input_ids) for example in examples)
    assert outcome.label_tokens == 2 * sum(label != -100 for example in examples for label in example.labels)
    assert seen == list(enumerate(outcome.losses, start=1))
    assert outcome.losses[-1] < outcome.losses[0]
    assert outcome.seconds > 0


def test_the_same_seed_gives_the_same_bits_and_another_does_not(make_model, examples, tmp_path, weights):
    found = []
    for number, seed in enumerate((1, 1, 2)):
        model = make_model(dropout=0.3)
        settings = SHORT.model_copy(update={"seed": seed})
        train(model, examples, settings, tmp_path / str(number), pad_token_id=0)
        found.append(weights(model))
    assert found[0] == found[1] != found[2]


def test_the_data_seed_alone_changes_the_order(make_model, examples, tmp_path):
    losses = []
    for data_seed in (1, 2):
        settings = SHORT.model_copy(update={"data_seed": data_seed})
        losses.append(train(make_model(), examples, settings, tmp_path / str(data_seed), pad_token_id=0).losses)
    assert losses[0] != losses[1]


OPTIMIZERS = ("adamw", "adam", "decoupled_adamw", "sgd", "adamw_bnb_8bit", "paged_adamw_32bit", "paged_adamw_8bit")


@pytest.mark.parametrize(
    "settings",
    [*({"optimizer": name} for name in OPTIMIZERS), {"gradient_checkpointing": True}, {"precision": "bfloat16"}],
    ids=str,
)
def test_every_optimizer_and_precision_learns_without_a_word(make_model, examples, tmp_path, capfd, settings):
    rate = 1.0 if settings.get("optimizer") == "sgd" else 1e-2
    training = SHORT.model_copy(update={"learning_rate": rate, "batch_size": 20, "micro_batch_size": 20, **settings})
    outcome = train(make_model(), examples, training, tmp_path, pad_token_id=0)
    assert outcome.losses[-1] < outcome.losses[0] - 0.1
    assert capfd.readouterr() == ("", "")


def test_gradient_checkpointing_changes_no_bit(make_model, examples, tmp_path, weights):
    found = []
    for on in (False, True):
        model = make_model()
        settings = SHORT.model_copy(update={"gradient_checkpointing": on})
        train(model, examples, settings, tmp_path / str(on), pad_token_id=0)
        found.append(weights(model))
    assert found[0] == found[1]


def test_grouping_by_length_pads_less(make_model, examples, tmp_path):
    from llmreg.training.trainer import Order

    lengths = [len(example.input_ids) for example in examples] * 10

    def padded(order):
        windows = [[lengths[index] for index in order[start : start + 4]] for start in range(0, 200, 4)]
        return sum(max(window) * len(window) for window in windows)

    assert sorted(Order(lengths, 4, 0)) == sorted(Order(lengths, None, 0)) == list(range(200))
    assert padded(list(Order(lengths, 4, 0))) < padded(list(Order(lengths, None, 0)))
    grouped = SHORT.model_copy(update={"group_by_length": True})
    losses = [
        train(make_model(), examples, settings, tmp_path / str(number), pad_token_id=0).losses
        for number, settings in enumerate((SHORT, grouped))
    ]
    assert losses[0] != losses[1]


def test_each_epoch_has_its_own_order():
    from llmreg.training.trainer import Order

    order = Order([1] * 20, None, 0)
    first = list(order)
    assert list(order) == first
    order.set_epoch(1)
    assert list(order) != first


@pytest.mark.parametrize("window", [None, 4])
def test_an_epoch_is_filled_up_to_a_multiple_and_keeps_its_order(window):
    from llmreg.training.trainer import Order

    lengths = list(range(1, 11))
    even, filled = Order(lengths, window, 0), Order(lengths, window, 0, multiple=4)
    assert list(filled) == [*even, 10, 10]
    assert len(filled) == 12
    assert list(Order(lengths, window, 0, multiple=5)) == list(even)


def test_a_model_is_handed_back_as_it_was_but_for_its_weights(make_model, examples, tmp_path):
    from transformers.utils import logging

    model = make_model()
    logging.set_verbosity_info()
    try:
        train(model, examples, SHORT, tmp_path, pad_token_id=0)
        assert model.config.use_cache is True
        assert logging.get_verbosity() == logging.INFO
    finally:
        logging.set_verbosity_warning()


@pytest.mark.parametrize("optimizer", ["adamw", "adamw_bnb_8bit"])
def test_nothing_holds_a_model_that_was_trained(make_model, examples, tmp_path, optimizer):
    model = make_model()
    weights = [weakref.ref(value) for value in model.parameters()]
    train(model, examples, SHORT.model_copy(update={"optimizer": optimizer}), tmp_path, pad_token_id=0)
    del model
    gc.collect()
    assert not any(weight() is not None for weight in weights)


def test_mixed_precision_ends_with_the_training(make_model, examples, tmp_path):
    """Else scores and the comparison with the artifact would be those of 16 bits."""
    import torch

    model, fresh, tokens = make_model(), make_model(), torch.arange(12)[None]
    train(model, examples, SHORT.model_copy(update={"precision": "bfloat16"}), tmp_path, pad_token_id=0)
    fresh.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(model.eval()(tokens).logits, fresh.eval()(tokens).logits)


def test_what_cannot_be_trained_is_refused(make_model, examples, tmp_path):
    model = make_model()
    with pytest.raises(LlmregError, match="no examples were given"):
        train(model, [], SHORT, tmp_path, pad_token_id=0)
    with pytest.raises(LlmregError, match=r"training.sequence_length is not given; packing needs"):
        train(model, examples, SHORT.model_copy(update={"packing": True}), tmp_path, pad_token_id=0)
    with pytest.raises(LlmregError, match="no parameter of the model requires gradients"):
        train(model.requires_grad_(False), examples, SHORT, tmp_path, pad_token_id=0)


def test_a_loss_that_is_no_number_ends_the_run_and_leaves_no_checkpoint_of_it(make_model, examples, tmp_path):
    import torch

    model = make_model()
    torch.nn.init.constant_(model.model.norm.weight, float("nan"))
    with pytest.raises(LlmregError, match=r"the loss is nan at step 1; lower training.learning_rate"):
        train(model, examples, SHORT, tmp_path, pad_token_id=0)
    assert not list(tmp_path.glob("checkpoint-*"))
