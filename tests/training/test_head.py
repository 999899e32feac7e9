from contextlib import nullcontext

import pytest

from llmreg.training import head
from llmreg.training.batch import collate, filling
from llmreg.training.flat import fill_up, lay_flat, samples_apart
from llmreg.training.head import is_bare, label_logps, logps_at_labels, loss_at_labels, summed_loss


@pytest.fixture
def parts():
    """Hidden states, a head's weight and bias, and targets; more labels than one chunk holds."""
    import torch

    numbers = torch.Generator().manual_seed(0)
    hidden, weight, bias = (torch.randn(shape, generator=numbers) for shape in ((50, 16), (37, 16), (37,)))
    targets = torch.randint(0, 37, (50,), generator=numbers)
    return [each.requires_grad_() for each in (hidden, weight, bias)], targets


@pytest.mark.parametrize("chunk", [1, 16, 50, 999])
@pytest.mark.parametrize("biased", [True, False])
def test_the_loss_and_its_gradients_are_those_of_torch(parts, chunk, biased, monkeypatch):
    import torch
    from torch.nn.functional import cross_entropy, linear

    monkeypatch.setattr(head, "CHUNK", chunk)
    (hidden, weight, bias), targets = parts
    wanted = (hidden, weight, bias) if biased else (hidden, weight)
    given = bias if biased else None
    expected = cross_entropy(linear(hidden, weight, given), targets, reduction="sum")
    ours = summed_loss(hidden, weight, given, targets)
    torch.testing.assert_close(ours, expected)
    for mine, theirs in zip(
        torch.autograd.grad(ours * 0.3, wanted), torch.autograd.grad(expected * 0.3, wanted), strict=True
    ):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("chunk", [1, 16, 50, 999])
@pytest.mark.parametrize("biased", [True, False])
def test_each_labels_log_probability_and_its_gradients_are_those_of_torch(parts, chunk, biased, monkeypatch):
    """Each label has a share of its own in what is differentiated."""
    import torch
    from torch.nn.functional import cross_entropy, linear

    monkeypatch.setattr(head, "CHUNK", chunk)
    (hidden, weight, bias), targets = parts
    wanted = (hidden, weight, bias) if biased else (hidden, weight)
    given, shares = bias if biased else None, torch.linspace(-1, 2, len(targets))
    expected = -cross_entropy(linear(hidden, weight, given), targets, reduction="none")
    ours = label_logps(hidden, weight, given, targets)
    torch.testing.assert_close(ours, expected)
    for mine, theirs in zip(
        torch.autograd.grad((ours * shares).sum(), wanted),
        torch.autograd.grad((expected * shares).sum(), wanted),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


def test_the_summed_loss_is_the_sum_of_the_log_probabilities_and_so_are_its_gradients(parts):
    import torch

    (hidden, weight, bias), targets = parts
    summed = summed_loss(hidden, weight, bias, targets)
    each = -label_logps(hidden, weight, bias, targets).sum()
    torch.testing.assert_close(summed, each)
    for mine, theirs in zip(*(torch.autograd.grad(one, (hidden, weight, bias)) for one in (summed, each)), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_gradients_of_16_bits_are_as_exact_as_torchs_however_many_chunks_they_are_summed_from(parts):
    import torch
    from torch.nn.functional import cross_entropy, linear

    (hidden, weight, _), _ = parts
    hidden, targets = hidden.detach().repeat(200, 1), torch.arange(10_000) % len(weight)

    def gradient(loss, dtype):
        trained = weight.detach().bfloat16().to(dtype).requires_grad_()
        return torch.autograd.grad(loss(hidden.bfloat16().to(dtype), trained), trained)[0].double()

    def torchs(states, trained):
        return cross_entropy(linear(states, trained), targets, reduction="sum")

    right = gradient(torchs, torch.float64)
    ours = gradient(lambda states, trained: summed_loss(states, trained, None, targets), torch.bfloat16)
    theirs = gradient(torchs, torch.bfloat16)
    assert (ours - right).norm() < 1.1 * (theirs - right).norm()


def test_enormous_logits_stay_finite(parts):
    (hidden, weight, _), targets = parts
    assert summed_loss(hidden * 1e4, weight, None, targets).isfinite()


def test_a_frozen_head_gets_no_gradient(parts):
    (hidden, weight, _), targets = parts
    summed_loss(hidden, weight.detach(), None, targets).backward()
    assert weight.grad is None
    assert hidden.grad is not None


@pytest.mark.parametrize("architecture", ["llama", "gpt-neox"])
def test_a_models_loss_is_its_own_and_no_logits_are_made_where_there_is_no_label(make_model, examples, architecture):
    import torch

    model, batch = make_model(architecture), collate(examples, 0)
    labels = batch.pop("labels")
    expected = model(**batch, labels=labels).loss * (labels[:, 1:] != -100).sum()
    assert is_bare(model)
    with loss_at_labels(model, labels, bare=True) as summed:
        outputs = model(**batch)
        torch.testing.assert_close(summed(outputs), expected)
        assert outputs.logits.numel() == 1
    assert model(**batch).logits.shape == (*labels.shape, 64), "the head is back in its place"


@pytest.mark.parametrize("kind", ["hooked", "soft-capped"])
def test_whatever_a_model_does_to_its_logits_counts(make_model, examples, kind):
    """A head with something hooked in, and a model that bends its logits afterwards."""
    import torch
    import transformers

    if kind == "hooked":
        model = make_model()
        model.lm_head.register_forward_hook(lambda _, __, logits: 2 * logits)
    else:
        torch.manual_seed(0)
        model = transformers.Gemma2ForCausalLM(
            transformers.Gemma2Config(
                vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                num_key_value_heads=2, head_dim=8, initializer_range=0.9, final_logit_softcapping=3.0,
            )
        )  # fmt: skip
    batch = collate(examples, 0)
    labels = batch.pop("labels")
    expected = model(**batch, labels=labels).loss * (labels[:, 1:] != -100).sum()
    assert not is_bare(model)
    with loss_at_labels(model, labels, bare=False) as summed:
        torch.testing.assert_close(summed(model(**batch)), expected)


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("architecture", ["llama", "gpt-neox"])
def test_labels_are_scored_in_order_whether_samples_lie_flat_or_side_by_side(make_model, examples, architecture, bare):
    import torch

    def logps_of(batch):
        with logps_at_labels(model, batch.pop("labels"), bare=bare) as logps:
            return logps(model(**batch))

    model, flat = make_model(architecture), lay_flat(fill_up(examples))
    with samples_apart(model, 60) as row:
        row.sizes = flat.pop("bounds").tolist()
        found = logps_of(flat)
    torch.testing.assert_close(found, logps_of(collate(examples, 0)), rtol=1e-4, atol=1e-5)
    assert len(found) == sum(label != -100 for example in examples for label in example.labels)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("scoring", [loss_at_labels, logps_at_labels])
def test_where_there_is_no_label_the_loss_and_all_gradients_are_zero(make_model, examples, bare, flat, scoring):
    """Processes that wait for one another's gradients get some of each parameter."""
    model, nothing = make_model(), [filling(examples[0])] * 2
    with samples_apart(model, 60) if flat else nullcontext() as row:
        batch = lay_flat(fill_up(nothing)) if flat else collate(nothing, 0)
        if flat:
            row.sizes = batch.pop("bounds").tolist()
        with scoring(model, batch.pop("labels"), bare=bare) as scored:
            loss = scored(model(**batch)).sum()
            loss.backward()
    assert loss == 0
    assert all(value.grad is not None and not value.grad.any() for value in model.parameters())
