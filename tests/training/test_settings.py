import pytest

from llmreg.errors import LlmregError
from llmreg.schema import Training
from llmreg.training.settings import arguments, assumed, micro_batch, optimizer_override, total_steps

GIVEN = {"learning_rate": 1e-3, "batch_size": 16, "steps": 50}


def mapped(tmp_path, **fields):
    return arguments(Training(**GIVEN | fields), tmp_path, examples=100, save_every=5)


@pytest.mark.parametrize("field", ["learning_rate", "batch_size", "steps"])
def test_what_has_no_default_is_named_if_it_is_missing(tmp_path, field):
    with pytest.raises(LlmregError, match=f"training.{field}.* not? ?.*given|given"):
        mapped(tmp_path, **{field: None})


def test_every_default_that_a_run_leans_on_is_told():
    assert assumed(Training(seed=3, schedule="constant")) == {
        "optimizer": "adamw", "adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8, "weight_decay": 0.0,
        "max_grad_norm": 1.0, "precision": "float32", "gradient_checkpointing": False, "group_by_length": False,
        "packing": False, "data_seed": 3,
    }  # fmt: skip
    assert assumed(Training(**assumed(Training()))) == {}


def test_steps_win_over_epochs_and_an_epochs_last_window_may_be_small():
    assert total_steps(Training(**GIVEN, epochs=3), 100) == 50
    epochs = {"learning_rate": 1e-3, "batch_size": 16}
    assert total_steps(Training(**epochs, epochs=3), 100) == 21
    assert total_steps(Training(**epochs, epochs=0.5), 100) == 4


@pytest.mark.parametrize(
    ("given", "mine"),
    [
        ({"warmup_steps": 7}, 7),
        ({"warmup_ratio": 0.03}, 2),
        ({"warmup_epochs": 2}, 13),
        ({}, 0),
        ({"warmup_steps": 0, "warmup_ratio": 0.5}, 25),
    ],
)
def test_warm_up_is_counted_in_steps_however_it_was_published(tmp_path, given, mine):
    assert mapped(tmp_path, **given).warmup_steps == mine


def test_contradictory_or_impossible_settings_are_refused(tmp_path, monkeypatch):
    with pytest.raises(LlmregError, match=r"training.warmup_steps and training.warmup_ratio both give the warm-up"):
        mapped(tmp_path, warmup_steps=3, warmup_ratio=0.1)
    with pytest.raises(LlmregError, match=r"training.min_learning_rate is not given"):
        mapped(tmp_path, schedule="cosine-with-min-lr")
    with pytest.raises(LlmregError, match=r"training.micro_batch_size of 5 does not divide the 16 sequences"):
        mapped(tmp_path, micro_batch_size=5)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(LlmregError, match=r"training.batch_size of 16 cannot be shared by 3 processes"):
        micro_batch(Training(**GIVEN))


def test_half_precision_on_a_cpu_is_refused(tmp_path):
    import torch

    if torch.accelerator.is_available():
        pytest.skip("this machine has an accelerator")
    with pytest.raises(LlmregError, match="float16 needs a GPU"):
        mapped(tmp_path, precision="float16")


@pytest.mark.parametrize(("batch", "micro"), [(128, 8), (6, 6), (12, 6), (7, 7), (13, 1)])
def test_an_open_micro_batch_is_the_largest_that_fits(batch, micro):
    assert micro_batch(Training(**GIVEN | {"batch_size": batch})) == micro


def test_clipping_can_be_off_and_betas_are_passed_on(tmp_path):
    result = mapped(tmp_path, max_grad_norm=0, adam_beta1=0.8, adam_beta2=0.7, adam_epsilon=1e-5, weight_decay=0.2)
    assert (result.max_grad_norm, result.adam_beta1, result.adam_beta2, result.adam_epsilon) == (0, 0.8, 0.7, 1e-5)
    assert result.weight_decay == 0.2


def test_decoupled_weight_decay_does_not_shrink_with_the_learning_rate(tmp_path):
    result = mapped(tmp_path, optimizer="decoupled_adamw", weight_decay=0.2)
    assert result.weight_decay * result.learning_rate == pytest.approx(0.2)


def test_adam_without_w_decays_through_the_gradient():
    kind, options = optimizer_override(Training(**GIVEN, optimizer="adam", adam_beta1=0.5))
    assert kind.__name__ == "Adam"
    assert options == {"lr": 1e-3, "betas": (0.5, 0.999), "eps": 1e-8}
    assert optimizer_override(Training(**GIVEN)) is None


@pytest.mark.parametrize(
    ("schedule", "halfway", "last"),
    [("constant", 1.0, 1.0), ("constant-with-warmup", 1.0, 1.0), ("linear", 5 / 9, 1 / 9), ("cosine", 0.5868, 0.0302)],
)
def test_schedules_give_the_rates_they_are_named_for(tmp_path, schedule, halfway, last):
    assert rates(mapped(tmp_path, schedule=schedule, steps=10, warmup_steps=1))[5] == pytest.approx(halfway, abs=1e-4)
    assert rates(mapped(tmp_path, schedule=schedule, steps=10, warmup_steps=1))[9] == pytest.approx(last, abs=1e-4)


def test_a_constant_schedule_ignores_the_warm_up(tmp_path):
    assert rates(mapped(tmp_path, schedule="constant", steps=10, warmup_steps=4)) == [1.0] * 10


def test_a_schedule_can_end_above_zero(tmp_path):
    result = rates(mapped(tmp_path, schedule="cosine-with-min-lr", min_learning_rate=0.1, steps=200))
    assert result[-1] == pytest.approx(0.1, abs=1e-3)


def rates(arguments):
    """The learning rate of each step as a share of the highest."""
    import torch
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = get_scheduler(
        arguments.lr_scheduler_type, optimizer, int(arguments.warmup_steps), arguments.max_steps,
        scheduler_specific_kwargs=arguments.lr_scheduler_kwargs,
    )  # fmt: skip
    found = []
    for _ in range(arguments.max_steps):
        found.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return found
