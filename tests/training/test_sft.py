import pytest

from llmreg.objective import Sample
from llmreg.schema import Training
from llmreg.training.loop import train
from llmreg.training.sft import SFT, Sft

SGD = Training(
    learning_rate=0.3, batch_size=8, steps=3, optimizer="sgd", schedule="constant", max_grad_norm=0, micro_batch_size=2
)


class Unfused(Sft):
    """The same objective by the way that all others go."""

    name = "unfused"
    fused = False


def test_it_counts_labels(examples):
    counts = SFT.counts([Sample({"answer": example}) for example in examples])
    assert counts == {"sft": sum(label != -100 for example in examples for label in example.labels)}


@pytest.mark.parametrize("packing", [False, True])
@pytest.mark.parametrize("architecture", ["llama", "no-loss-arguments"])
def test_its_fast_path_takes_the_steps_that_scores_of_each_label_take(
    make_model, examples, tmp_path, architecture, packing
):
    import torch

    training = SGD.model_copy(update={"packing": packing, "sequence_length": 60})
    both = []
    for objective in (SFT, Unfused()):
        model = make_model(architecture)
        outcome = train(model, examples, training, tmp_path / objective.name, objective=objective, pad_token_id=0)
        both.append((outcome, dict(model.named_parameters())))
    (fast, ours), (slow, theirs) = both
    assert fast.losses == pytest.approx(slow.losses, rel=1e-6)
    assert (fast.tokens, fast.label_tokens) == (slow.tokens, slow.label_tokens)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-5, atol=1e-7)
