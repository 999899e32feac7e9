"""The losses and gradients of trl on the same tokens."""

from types import SimpleNamespace

import pytest

from llmreg.objective import Scores
from llmreg_objectives.dpo import Dpo
from llmreg_objectives.kto import Kto
from llmreg_objectives.odds import Orpo, Simpo

pytest.importorskip("trl")
pytestmark = pytest.mark.filterwarnings("ignore")


def rows_of(samples, parts):
    """The samples as trl has them once they are tokens."""
    rows = []
    for sample in samples:
        row = {}
        for part in parts:
            example = sample.parts[part]
            start = example.labels.count(-100)
            row["prompt_ids"] = list(example.input_ids[:start])
            row[f"{part}_ids"] = list(example.input_ids[start:])
        rows.append(row)
    return rows


def options(folder):
    return {
        "output_dir": str(folder), "per_device_train_batch_size": 8, "report_to": "none", "use_cpu": True, "bf16": False,
        "gradient_checkpointing": False, "max_steps": 1, "dataloader_pin_memory": False, "disable_dropout": True,
        "beta": 0.1,
    }  # fmt: skip


def theirs(trainer, model, batch):
    model.train()
    model.zero_grad()
    loss = trainer.compute_loss(model, batch)
    loss.backward()
    return float(loss), {name: value.grad for name, value in model.named_parameters()}


def equal(ours, their_own):
    import torch

    assert ours[0] == pytest.approx(their_own[0], rel=1e-5)
    one, other = (torch.cat([each[1][name].flatten() for name in ours[1]]) for each in (ours, their_own))
    assert (one - other).norm() <= 1e-5 * other.norm()


@pytest.mark.parametrize("loss_type", ["sigmoid", "ipo"])
def test_dpo(stepped, moved, reference, samples_for, tmp_path, loss_type, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    from llmreg.nano.tokenizer import tokenizer

    class Given(DPOTrainer):
        def _prepare_dataset(self, dataset, *_, **__):
            return dataset

    objective = Dpo(loss_type=loss_type)
    samples = samples_for(objective)
    rows, model = rows_of(samples, objective.parts), moved()
    arguments = DPOConfig(**options(tmp_path / "trl"), loss_type=loss_type)
    data = Dataset.from_list(rows)
    trainer = Given(
        model=model, ref_model=reference(), args=arguments, train_dataset=data, processing_class=tokenizer()
    )
    equal(stepped(objective, samples), theirs(trainer, model, trainer.data_collator([dict(row) for row in rows])))


def scores_of(model, samples, parts):
    """The log-probabilities by transformers alone, with gradients."""
    import torch

    found = []
    for sample in samples:
        of_one = {}
        for part in parts:
            example = sample.parts[part]
            logits = model(input_ids=torch.tensor([example.input_ids])).logits[0, :-1].log_softmax(-1)
            labels = torch.tensor(example.labels[1:])
            kept = labels != -100
            of_one[part] = logits[kept].gather(1, labels[kept][:, None])[:, 0]
        found.append(of_one)
    return Scores(samples, found)


def by_hand(model, loss):
    loss.backward()
    return float(loss), {name: value.grad for name, value in model.named_parameters()}


def test_orpo_by_its_own_odds(stepped, moved, samples_for):
    """Its likelihood is that of the answers: over the labels of all of them, as sft counts."""
    import torch
    from trl.experimental.orpo import ORPOTrainer

    samples, model = samples_for(Orpo()), moved()
    scores = scores_of(model, samples, Orpo.parts)
    trainer = SimpleNamespace(beta=0.1, accelerator=SimpleNamespace(device="cpu"))
    losses, *_ = ORPOTrainer.odds_ratio_loss(trainer, scores.means("chosen"), scores.means("rejected"))
    likelihood = -torch.cat([each["chosen"] for each in scores.logps]).mean()
    equal(stepped(Orpo(), samples), by_hand(model, likelihood - losses.mean()))


def test_simpo(stepped, moved, samples_for):
    from trl.experimental.cpo import CPOTrainer

    samples, model = samples_for(Simpo()), moved()
    scores = scores_of(model, samples, Simpo.parts)
    trainer = SimpleNamespace(
        beta=2.0,
        simpo_gamma=1.0,
        loss_type="simpo",
        alpha=0.0,
        label_smoothing=0.0,
        accelerator=SimpleNamespace(device="cpu"),
    )
    losses, *_ = CPOTrainer.cpo_loss(trainer, scores.means("chosen"), scores.means("rejected"))
    equal(stepped(Simpo(), samples), by_hand(model, losses.mean()))


def test_kto(stepped, moved, reference, samples_for, tmp_path, monkeypatch):
    """With the answers to other questions that our samples have, in a batch as trl collates it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import Dataset
    from trl import KTOConfig, KTOTrainer

    from llmreg.nano.tokenizer import tokenizer
    from llmreg.training.batch import collate

    class Given(KTOTrainer):
        def _prepare_dataset(self, dataset, *_, **__):
            return dataset

    objective = Kto(liked_weight=1.5, disliked_weight=0.5)
    samples, model = samples_for(objective, ahead=0.0), moved()
    rows = [
        {"prompt_ids": row["prompt_ids"], "completion_ids": row["answer_ids"], "label": bool(sample.facts["liked"])}
        for row, sample in zip(rows_of(samples, ["answer"]), samples, strict=True)
    ]
    arguments = KTOConfig(**options(tmp_path / "trl"), desirable_weight=1.5, undesirable_weight=0.5)
    trainer = Given(
        model=model, ref_model=reference(), args=arguments, train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer(),
    )  # fmt: skip
    batch = trainer.data_collator([dict(row) for row in rows])
    apart = collate([sample.parts["mismatched"] for sample in samples], 0)
    batch |= {
        "KL_input_ids": apart["input_ids"],
        "KL_attention_mask": apart["attention_mask"],
        "KL_completion_mask": (apart["labels"] != -100).long(),
    }
    equal(stepped(objective, samples), theirs(trainer, model, batch))
