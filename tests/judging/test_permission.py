"""The judge's terms decide before it is asked: what they forbid stops, and so does what nobody looked at."""

from __future__ import annotations

import pytest

from builders import catalog, claims, model, service
from llmreg.asking.permission import UncheckedJudgeError, permit
from llmreg.reproduce.gate import StoppedByLicenseError

JUDGES = catalog(
    service("api", "openai-tos"),
    model("free", licenses=claims(weights="MIT")),
    model("no-training", licenses=claims(weights="llama2")),
    model("research-only", licenses=claims(weights="llama-1")),
    model("nobody-knows", licenses=claims(weights="unknown")),
    model("in-words", licenses=claims(weights="custom")),
    model("label", licenses=claims(weights="openrail")),
    model("none", licenses=claims(weights="no-licence")),
    model("blank"),
)


def answers(judge, *uses, **options):
    return permit(JUDGES, judge, judge, uses or ("research",), **options)


def test_what_the_terms_allow_goes_into_each_rating():
    verdicts, terms = answers("api", "research", "train-on-outputs")
    assert [verdict.use for verdict in verdicts] == ["research", "train-on-outputs"]
    date = JUDGES.manifest.date.isoformat()
    assert terms == {
        "entry": "api", "research": "allowed-with-conditions", "train-on-outputs": "allowed-with-conditions",
        "policy": "standard", "catalog": date,
    }  # fmt: skip


def test_a_judge_that_may_not_train_others_may_judge_for_research():
    answers("no-training", "research")
    with pytest.raises(StoppedByLicenseError, match="--for-training") as caught:
        answers("no-training", "research", "train-on-outputs", accept_unclear=True)
    assert caught.value.exit_code == 4


def test_a_forbidden_use_is_not_hidden_by_an_unclear_one():
    with pytest.raises(StoppedByLicenseError, match="forbidden for commercial") as caught:
        answers("research-only", "research", "commercial", accept_unclear=True)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("judge", ["nobody-knows", "in-words", "label", "none", "blank"])
def test_what_is_unclear_stops_until_it_is_accepted_and_then_is_recorded(judge):
    with pytest.raises(StoppedByLicenseError, match="--accept-unclear") as caught:
        answers(judge)
    assert caught.value.exit_code == 3
    assert answers(judge, accept_unclear=True)[1]["accepted"] is True


def test_a_judge_without_an_entry_is_unclear():
    with pytest.raises(UncheckedJudgeError, match=r"no entry 'stranger'.*--judge-entry") as caught:
        permit(JUDGES, "stranger", None, ["research"])
    assert caught.value.exit_code == 3
    assert permit(JUDGES, "stranger", None, ["research"], accept_unclear=True) == (
        [],
        {"entry": None, "accepted": True},
    )


def test_what_is_allowed_needs_no_acceptance():
    assert "accepted" not in answers("free", accept_unclear=True)[1]
