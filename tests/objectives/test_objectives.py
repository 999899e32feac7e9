"""What holds for every objective: how samples are put into passes changes nothing, and planted bugs are found."""

import math

import pytest

from llmreg.objective import Objective, Sample, Scores
from llmreg.schema import Training
from llmreg.training import flat, trainer
from llmreg.training.consult import held_out, scored
from llmreg.training.encode import Example
from llmreg.training.pack import pack
from llmreg_objectives.dpo import Dpo
from llmreg_objectives.kto import Kto
from llmreg_objectives.odds import Orpo, Simpo

PLAIN = Training(precision="float32")

OBJECTIVES = {
    "dpo": Dpo(),
    "ipo": Dpo(loss_type="ipo"),
    "orpo": Orpo(),
    "simpo": Simpo(),
    "kto": Kto(liked_weight=1.5, disliked_weight=0.5),
}
every = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


def passes_change_nothing(stepped, objective, samples):
    """Eight samples at a time, one at a time, packed, and side by side with padding make the same step."""
    whole, slopes = stepped(objective, samples)
    count = len(pack(samples, 60 * len(objective.parts + objective.window_parts)))
    for changes in (
        {"micro_batch_size": 1},
        {"packing": True, "sequence_length": 60, "batch_size": count, "micro_batch_size": 1},
        {"packing": True, "sequence_length": 60, "batch_size": count, "micro_batch_size": count},
    ):
        loss, other = stepped(objective, samples, **changes)
        assert loss == pytest.approx(whole, rel=1e-5)
        assert stepped.close(other, slopes)


@every
def test_how_samples_are_put_into_passes_changes_nothing(stepped, samples_for, objective):
    passes_change_nothing(stepped, objective, samples_for(objective))


@every
def test_samples_side_by_side_make_the_step_that_they_make_end_to_end(stepped, samples_for, objective, monkeypatch):
    samples = samples_for(objective)
    loss, slopes = stepped(objective, samples)
    monkeypatch.setattr(flat, "_replaceable", lambda *_: False)
    padded, other = stepped(objective, samples, micro_batch_size=4)
    assert padded == pytest.approx(loss, rel=1e-5)
    assert stepped.close(other, slopes)


@every
def test_a_step_learns_from_every_sample(stepped, samples_for, objective):
    samples = samples_for(objective)
    _, slopes = stepped(objective, samples)
    _, fewer = stepped(objective, samples[:4], batch_size=4, micro_batch_size=4)
    assert not stepped.close(fewer, slopes)


def its_own_counts(self, scores, counts):
    """Divide each pass by what it holds itself, as a mean over the batch does."""
    return OWN_TOTAL(self, scores, self.counts(LATEST[0]))


OWN_TOTAL, OWN_LOSS, LATEST = Objective.total, trainer.Exact._loss, [[]]
OWN_KTO = Kto.loss


@pytest.mark.parametrize("objective", [Dpo(), Orpo()], ids=["dpo", "orpo"])
def test_a_loss_over_what_a_pass_holds_is_found(stepped, samples_for, objective, monkeypatch):
    def noted(self, samples, found, counts):
        LATEST[0] = samples
        return OWN_LOSS(self, samples, found, counts)

    monkeypatch.setattr(trainer.Exact, "_loss", noted)
    monkeypatch.setattr(Objective, "total", its_own_counts)
    with pytest.raises(AssertionError):
        passes_change_nothing(stepped, objective, samples_for(objective))


def test_a_reference_point_of_each_pass_alone_is_found(stepped, samples_for, monkeypatch):
    def own(self, scores):
        return OWN_KTO(
            self, Scores(scores.samples, scores.logps, {"gain": float(scores.sums("answer").detach().mean()) + 30})
        )

    monkeypatch.setattr(Kto, "loss", own)
    with pytest.raises(AssertionError):
        passes_change_nothing(stepped, Kto(), samples_for(Kto()))


def test_parts_that_are_mixed_up_are_found(stepped, samples_for, monkeypatch):
    """Give each sample the scores of its neighbour's rejected answer."""
    own = trainer.scored

    def mixed(samples, parts, logps, means=None):
        found = own(samples, parts, logps, means)
        turned = [*found.logps[1:], found.logps[0]]
        pairs = zip(found.logps, turned, strict=True)
        return Scores(samples, [{"chosen": one["chosen"], "rejected": two["rejected"]} for one, two in pairs], {})

    monkeypatch.setattr(trainer, "scored", mixed)
    with pytest.raises(AssertionError):
        passes_change_nothing(stepped, Dpo(), samples_for(Dpo()))


@pytest.mark.parametrize(
    ("objective", "expected"),
    [(Dpo(), math.log(2)), (Dpo(beta=3.0), math.log(2)), (Dpo(loss_type="ipo"), 25.0), (Kto(), 0.5)],
    ids=["dpo", "dpo with another beta", "ipo", "kto"],
)
def test_before_the_first_step_the_loss_is_known(stepped, reference, samples_for, objective, expected):
    loss, _ = stepped(objective, samples_for(objective, ahead=0.0), make=reference)
    assert loss == pytest.approx(expected, rel=2e-6)


def test_scores_do_not_depend_on_what_else_is_scored(moved, samples_for, monkeypatch):
    import torch

    model, samples = moved(), samples_for(Dpo())
    together = scored(model, samples, Dpo.parts, PLAIN, 0)
    alone = [scored(model, [sample], Dpo.parts, PLAIN, 0)[0] for sample in samples]
    monkeypatch.setattr(flat, "_replaceable", lambda *_: False)
    padded = scored(model, samples, Dpo.parts, PLAIN, 0)
    for one, other, third in zip(together, alone, padded, strict=True):
        for part in Dpo.parts:
            torch.testing.assert_close(one[part], other[part], rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(one[part], third[part], rtol=1e-5, atol=1e-5)


@every
def test_the_figure_of_samples_held_back_is_their_own_loss(stepped, moved, samples_for, objective):
    """Over all samples its mean is the loss of a step, where each counts alike."""
    samples = samples_for(objective)
    figures = held_out(moved(), samples, objective, PLAIN, 0)
    assert len(figures) == len(samples)
    if objective.name != "orpo":
        assert sum(figures) / len(figures) == pytest.approx(stepped(objective, samples)[0], rel=1e-5)


@every
def test_a_pair_or_answer_is_drafted_from_either_kind_of_row(objective):
    row = {"messages": [{"role": "user", "content": "a"}], "chosen": "b", "rejected": "c"}
    other = {"instruction": "x", "input": "y", "chosen": "z", "rejected": "w"}
    for draft in objective.drafts(row, other):
        assert all(each["messages"][-1]["role"] == "assistant" for each in draft.parts.values())
    for draft in objective.drafts(other, row):
        assert all((each["instruction"], each["input"]) == ("x", "y") for each in draft.parts.values())
    found = [each for draft in objective.drafts(other, row) for each in draft.parts.values()]
    expected = ["z", "b", "w", "c"] if objective.name == "kto" else ["z", "w"]
    assert [each["output"] for each in found] == expected


def test_ktos_reference_point_is_no_less_than_0_and_shifts_both_kinds():
    import torch

    sample = Sample({"answer": Example((1, 2), (-100, 2))}, {"reference.answer": 0.0, "liked": 1.0})
    other = Sample(sample.parts, {**sample.facts, "liked": 0.0})
    for point, used in ((-5.0, 0.0), (2.0, 2.0)):
        scores = Scores([sample, other], [{"answer": torch.tensor([3.0])}] * 2, {"gain": point})
        gain = torch.tensor(0.1 * (3.0 - used))
        expected = (1 - gain.sigmoid()) + (1 - (-gain).sigmoid())
        assert Kto().loss(scores)["kto"] == pytest.approx(float(expected))
