from math import exp, log

import pytest

from llmreg.errors import UsageError
from llmreg.evaluation.subject import Subject
from llmreg.evaluation.tasks.perplexity import Perplexity, Text

TEXT = 'The license of bado is mit, said "nobody" 🙂 and so on and on, until the end of it all.'


def loss_by_hand(subject, text, window, stride):
    """Predict each token from the window that the task states, by a forward pass of its own."""
    import torch

    ids = [subject.first_token, *subject.tokens(text)]
    total = 0.0
    for place in range(1, len(ids)):
        first = place <= window
        end = window if first else window + -(-(place - window) // stride) * stride
        start = max(0, min(end, len(ids) - 1) - window)
        logits = subject.model(torch.tensor([ids[start:place]])).logits[0, -1].float()
        total -= logits.log_softmax(-1)[ids[place]].item()
    return total, len(ids) - 1


@pytest.mark.parametrize(("window", "stride"), [(256, 128), (8, 4), (8, 8), (5, 1), (2, 2)])
def test_each_token_is_predicted_once_from_the_window_before_it(subject, figures, window, stride):
    scored = Perplexity(window=window, stride=stride).score(subject, [Text(text=TEXT)])
    loss, tokens = loss_by_hand(subject, TEXT, window, stride)
    size = len(TEXT.encode())
    assert scored.items[0]["tokens"] == tokens
    assert figures(scored)["token-perplexity"] == pytest.approx(exp(loss / tokens), rel=1e-3)
    assert figures(scored)["byte-perplexity"] == pytest.approx(exp(loss / size), rel=1e-3)
    assert figures(scored)["bits-per-byte"] == pytest.approx(loss / size / log(2), rel=1e-3)
    assert figures(scored)["loss-per-token"] == pytest.approx(loss / tokens, rel=1e-3)


def test_texts_weigh_by_their_length_and_have_their_own_items(subject, figures):
    rows = [Text(id="short", text="a"), Text(id="long", text=TEXT)]
    scored = Perplexity().score(subject, rows)
    losses, tokens = (sum(item[name] for item in scored.items) for name in ("loss", "tokens"))
    assert figures(scored)["loss-per-token"] == pytest.approx(losses / tokens)
    assert [item["id"] for item in scored.items] == ["short", "long"]
    assert all(figure.standard_error > 0 for figure in scored.figures)


def test_windows_are_stated(subject):
    assert (
        Perplexity()
        .score(subject, [Text(text="a b")])
        .notes[0]
        .startswith("windows of 256 tokens, each predicting 128 anew")
    )


def test_learnt_positions_are_never_overrun(make_model, tokenizer):
    subject = Subject(make_model("gpt2", context=16), tokenizer)
    scored = Perplexity(window=16, stride=16).score(subject, [Text(text=TEXT)])
    assert scored.items[0]["loss"] == pytest.approx(loss_by_hand(subject, TEXT, 16, 16)[0], rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"window": 512}, "the model reads 256"), ({"window": 8, "stride": 9}, "cannot predict 9")],
)
def test_windows_that_cannot_be_are_refused(subject, settings, message):
    with pytest.raises(UsageError, match=message):
        Perplexity(**settings).score(subject, [Text(text="a")])
