"""Verdicts: how terms travel along each edge under each policy."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import catalog, claims, dataset, edge, model, service
from llmreg.errors import LlmregError, UnknownIdError
from llmreg.licensing import ANSWERS, Licensee, check
from llmreg.schema import WEIGHT_RELATIONS

ALLOWED, CONDITIONS, UNCLEAR, FORBIDDEN = ANSWERS
LLAMA = model("llama", licenses=claims(weights="llama-1"))
USES = ("research", "commercial", "redistribution", "hosting", "train-on-outputs")
POLICIES = ("permissive", "standard", "strict")


def verdict(entries, entry_id, use="commercial", policy="standard", **who):
    return check(catalog(*entries), entry_id, use, policy=policy, **who)


def test_a_permissive_license_is_allowed_and_still_names_its_reason():
    answer = verdict([model("m", licenses=claims(weights="Apache-2.0"))], "m")
    assert answer.verdict == ALLOWED
    assert [(r.license, r.path) for r in answer.reasons] == [("Apache-2.0", ("m",))]


@pytest.mark.parametrize("relation", WEIGHT_RELATIONS)
@pytest.mark.parametrize("policy", POLICIES)
def test_a_stated_permissive_license_never_erases_what_came_along_a_weights_edge(relation, policy):
    child = model("child", edge(relation, "llama"), licenses=claims(weights="MIT"))
    answer = verdict([LLAMA, child], "child", policy=policy)
    assert answer.verdict == FORBIDDEN
    assert answer.reasons[0].path == ("child", "llama")
    assert answer.reasons[0].relations == (relation,)
    assert answer.reasons[0].clause == "s.2a"


@pytest.mark.parametrize("relation", ["architecture", "same-tokenizer"])
def test_edges_without_weights_carry_nothing(relation):
    child = model("child", edge(relation, "llama"), licenses=claims(weights="MIT"))
    assert verdict([LLAMA, child], "child").verdict == ALLOWED


def test_the_license_of_the_code_never_stands_for_the_weights():
    assert verdict([model("m", licenses=claims(code="MIT"))], "m").verdict == UNCLEAR


@pytest.mark.parametrize("license_id", ["unknown", "custom", "no-licence"])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("policy", POLICIES)
def test_a_missing_license_never_yields_allowed(license_id, use, policy):
    answer = verdict([model("m", licenses=claims(weights=license_id))], "m", use, policy)
    assert answer.verdict in (UNCLEAR, FORBIDDEN)


@pytest.mark.parametrize(
    ("stage", "policy", "expected"),
    [
        ("sft", "permissive", CONDITIONS),
        ("sft", "standard", UNCLEAR),
        ("sft", "strict", UNCLEAR),
        ("pretrain", "permissive", ALLOWED),
        ("pretrain", "standard", ALLOWED),
        ("pretrain", "strict", UNCLEAR),
    ],
)
def test_unlicensed_data_weighs_by_the_stage_that_saw_it(stage, policy, expected):
    entries = [dataset("d"), model("m", edge("trained-on", "d", stage), licenses=claims(weights="MIT"))]
    answer = verdict(entries, "m", policy=policy)
    assert answer.verdict == expected
    assert (answer.verdict == ALLOWED) == bool(answer.notes)


@pytest.mark.parametrize(
    ("license_id", "expected"),
    [
        ("CC-BY-NC-4.0", (ALLOWED, UNCLEAR, FORBIDDEN)),
        ("CC-BY-SA-4.0", (ALLOWED, ALLOWED, CONDITIONS)),
        ("CC0-1.0", (ALLOWED, ALLOWED, ALLOWED)),
    ],
)
def test_data_reaches_weights_as_far_as_the_policy_says(license_id, expected):
    entries = [
        dataset("d", licenses=claims(data=license_id)),
        model("m", edge("trained-on", "d", "sft"), licenses=claims(weights="MIT")),
    ]
    assert tuple(verdict(entries, "m", policy=policy).verdict for policy in POLICIES) == expected


def test_outputs_of_a_service_reach_the_model_through_the_data():
    entries = [
        service("api", "openai-tos"),
        dataset("d", edge("generated-by", "api"), licenses=claims(data="MIT")),
        model("m", edge("trained-on", "d", "sft"), licenses=claims(weights="MIT")),
    ]
    expected = {"permissive": ALLOWED, "standard": UNCLEAR, "strict": FORBIDDEN}
    for policy, answer in expected.items():
        assert verdict(entries, "m", policy=policy).verdict == answer
    reason = verdict(entries, "m").reasons[0]
    assert (reason.path, reason.license, reason.clause) == (("m", "d", "api"), "openai-tos", "s.2(c)(iii)")


@pytest.mark.parametrize("policy", POLICIES)
def test_outputs_of_an_open_model_bind_by_what_its_license_says_of_outputs(policy):
    teacher_made = dataset("d", edge("generated-by", "llama"), licenses=claims(data="MIT"))
    student = model("m", edge("trained-on", "d", "sft"), licenses=claims(weights="MIT"))
    distilled = model("n", edge("distilled", "llama"), licenses=claims(weights="MIT"))
    for entry_id in ("m", "n"):
        assert verdict([LLAMA, teacher_made, student, distilled], entry_id, policy=policy).verdict == FORBIDDEN
        assert verdict([LLAMA, teacher_made, student, distilled], entry_id, "research", policy).verdict == CONDITIONS


def test_a_file_is_judged_apart_from_the_model_it_makes():
    made = model("m", edge("adapter", "llama"), licenses=claims(adapter="Apache-2.0"))
    file = model("m-adapter", file_of="m", component="adapter")
    entries = [LLAMA, made, file]
    assert verdict(entries, "m", "redistribution").verdict == UNCLEAR
    answer = verdict(entries, "m-adapter", "redistribution")
    assert answer.verdict == CONDITIONS
    assert [note.path for note in answer.notes] == [("m-adapter", "llama")]
    assert verdict(entries, "m-adapter", "redistribution", "strict").verdict == UNCLEAR


def test_an_expression_takes_the_best_branch_of_or_and_all_parts_of_and():
    assert verdict([model("m", licenses=claims(weights="MIT OR llama-1"))], "m").verdict == ALLOWED
    answer = verdict([model("m", licenses=claims(weights="MIT AND (Apache-2.0 OR llama-1)"))], "m", "redistribution")
    assert {reason.license for reason in answer.reasons} == {"MIT", "Apache-2.0"}
    assert verdict([model("m", licenses=claims(weights="MIT AND llama-1"))], "m").verdict == FORBIDDEN


def test_a_claim_counts_only_while_it_holds():
    changing = {
        "weights": [
            {"id": "CC-BY-NC-4.0", "source": "page", "until": "2023-05-31"},
            {"id": "Apache-2.0", "source": "page", "since": "2023-05-31"},
        ]
    }
    entries = [model("m", licenses=changing)]
    before, after = (Licensee(as_of=date(2023, 5, day)) for day in (30, 31))
    assert verdict(entries, "m", licensee=before).verdict == FORBIDDEN
    assert verdict(entries, "m", licensee=after).verdict == ALLOWED


def test_duties_add_up_along_the_weights():
    child = model("child", edge("finetune", "llama"), licenses=claims(weights="MIT"))
    duties = verdict([LLAMA, child], "child", "redistribution").obligations
    assert {duty.license for duty in duties} == {"MIT", "llama-1"}
    assert any("LLaMA is licensed under the LLaMA License" in duty.text for duty in duties)


def test_models_that_made_the_data_that_trained_them_end_the_walk():
    entries = [
        model("m", edge("trained-on", "d", "rl"), licenses=claims(weights="MIT")),
        dataset("d", edge("generated-by", "m"), licenses=claims(data="MIT")),
    ]
    assert verdict(entries, "m").verdict == ALLOWED


def test_what_cannot_be_checked_is_named():
    with pytest.raises(UnknownIdError, match="did you mean 'llama'"):
        verdict([LLAMA], "lama")
    with pytest.raises(LlmregError, match="only models, datasets"):
        check(catalog(), "MIT", "commercial")
    with pytest.raises(UnknownIdError, match="no policy has the id 'strictt'; did you mean 'strict'"):
        verdict([LLAMA], "llama", policy="strictt")


LICENSES = st.sampled_from(["MIT", "Apache-2.0", "CC-BY-SA-3.0", "CC-BY-NC-4.0", "llama-1", "no-licence", "unknown"])


@st.composite
def lineages(draw):
    """A random lineage of models and datasets, each only on earlier ones, and cycles through generated data."""
    entries, models, datasets = [], [], []
    for index in range(draw(st.integers(1, 7))):
        if draw(st.booleans()):
            parents = (
                [edge("derived-from", of) for of in draw(st.sets(st.sampled_from(datasets), max_size=2))]
                if datasets
                else []
            )
            makers = (
                [edge("generated-by", of) for of in draw(st.sets(st.sampled_from(models), max_size=2))]
                if models
                else []
            )
            entries.append(dataset(f"d{index}", *parents, *makers, licenses=claims(data=draw(LICENSES))))
            datasets.append(f"d{index}")
        else:
            bases = draw(st.sets(st.sampled_from(models), max_size=2)) if models else set()
            seen = draw(st.sets(st.sampled_from(datasets), max_size=2)) if datasets else set()
            edges = [edge(draw(st.sampled_from([*WEIGHT_RELATIONS, "distilled"])), of) for of in sorted(bases)]
            edges += [edge("trained-on", of, draw(st.sampled_from(["pretrain", "sft", "rl"]))) for of in sorted(seen)]
            entries.append(model(f"m{index}", *edges, licenses=claims(weights=draw(LICENSES))))
            models.append(f"m{index}")
    return entries


def rank(answer):
    return ANSWERS.index(answer.verdict)


@settings(max_examples=60, deadline=None)
@given(lineages(), st.sampled_from(USES), st.randoms(use_true_random=False))
def test_rules_that_hold_for_every_lineage(entries, use, chance: random.Random):
    last = entries[-1].id
    permissive, standard, strict = (verdict(entries, last, use, policy) for policy in POLICIES)
    assert rank(permissive) <= rank(standard) <= rank(strict)

    shuffled = [
        entry.model_copy(update={"made_from": tuple(chance.sample(entry.made_from, len(entry.made_from)))})
        for entry in entries
    ]
    chance.shuffle(shuffled)
    assert verdict(shuffled, last, use) == standard

    by_id = {entry.id: entry for entry in entries}
    for reason in (*strict.reasons, *standard.notes):
        for child, parent, relation in zip(reason.path[:-1], reason.path[1:], reason.relations, strict=True):
            assert any(e.of == parent and e.relation == relation for e in by_id[child].edges())

    if entries[-1].kind == "model":
        worse = entries[-1].model_copy(
            update={"made_from": (*entries[-1].made_from, *model("x", edge("finetune", "llama")).made_from)}
        )
        assert rank(verdict([LLAMA, *entries[:-1], worse], last, use)) >= rank(standard)
