"""Verdicts on what was made with outputs, on records of others, and on works inside collections."""

from __future__ import annotations

from datetime import date

import pytest

from builders import catalog, claims, dataset, edge, model, service
from llmreg.licensing import ANSWERS, Checker, Licensee, check

ALLOWED, CONDITIONS, UNCLEAR, FORBIDDEN = ANSWERS
LLAMA = model("llama", licenses=claims(weights="llama-1"))
USES = ("research", "commercial", "redistribution", "hosting", "train-on-outputs")
POLICIES = ("permissive", "standard", "strict")


def verdict(entries, entry_id, use="commercial", policy="standard", **who):
    return check(catalog(*entries), entry_id, use, policy=policy, **who)


def test_a_model_trained_on_outputs_is_a_derivative_where_the_license_says_so():
    teacher = model("teacher", licenses=claims(weights="stabilityai-nc-research"))
    student = model("student", edge("distilled", "teacher"), licenses=claims(weights="MIT"))
    answer = verdict([teacher, student], "student", policy="permissive")
    assert answer.verdict == FORBIDDEN
    assert any(
        duty.license == "stabilityai-nc-research"
        for duty in verdict([teacher, student], "student", "redistribution").obligations
    )


def test_a_naming_duty_travels_through_outputs():
    teacher = model("teacher", licenses=claims(weights="llama3.1"))
    rows = dataset("rows", edge("generated-by", "teacher"), licenses=claims(data="MIT"))
    student = model("student", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    duties = verdict([teacher, rows, student], "student", "redistribution").obligations
    assert ("naming", "llama3.1") in [(duty.duty, duty.license) for duty in duties]


def test_code_and_tokenizer_are_told_apart_from_the_weights():
    other = model("other", licenses=claims(weights="llama-1"))
    child = model("child", edge("same-tokenizer", "other"), licenses=claims(weights="MIT"))
    for policy in POLICIES:
        assert verdict([other, child], "child", policy=policy).verdict == ALLOWED
    assert [note.path for note in verdict([other, child], "child").notes] == [("child", "other")]
    assert verdict([other, child], "child", policy="permissive").notes == ()


def test_terms_of_a_service_bind_whoever_drew_the_outputs():
    entries = [
        service("api", "openai-tos"),
        dataset("d", edge("generated-by", "api"), licenses=claims(data="MIT")),
        model("m", edge("trained-on", "d", "sft"), licenses=claims(weights="MIT")),
    ]
    who = Licensee(as_of=date(2026, 11, 21), generated=("d",))
    for policy in POLICIES:
        assert verdict(entries, "m", policy=policy, licensee=who).verdict == FORBIDDEN
        assert verdict(entries, "m", "research", policy, licensee=who).verdict == CONDITIONS


def test_whoever_makes_the_entry_needs_leave_for_the_data():
    rows = dataset("rows", licenses=claims(data="CC-BY-NC-4.0"))
    trained = model("m", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    whole = catalog(rows, trained)
    for policy in POLICIES:
        assert Checker(whole, acting=True).check("m", "commercial", policy).verdict == FORBIDDEN
        assert Checker(whole, acting=True).check("m", "research", policy).verdict == CONDITIONS
    assert Checker(whole).check("m", "commercial").verdict == UNCLEAR


def test_a_duty_is_told_once_with_the_shortest_way_to_it():
    base = model("base", licenses=claims(weights="MIT"))
    child = model("child", edge("finetune", "base"), licenses=claims(weights="MIT"))
    duties = verdict([base, child], "child", "redistribution").obligations
    assert {(duty.license, duty.path) for duty in duties} == {("MIT", ("child",))}
    assert len({duty.text for duty in duties}) == len(duties)


def test_the_decisive_reason_is_where_a_restriction_began():
    child = model("child", edge("adapter", "llama"), licenses=claims(weights="llama-1"))
    assert [reason.path for reason in verdict([LLAMA, child], "child").reasons] == [("child", "llama"), ("child",)]


def test_names_that_people_use_are_understood_in_claims():
    entries = [model("m", licenses=claims(weights="LicenseRef-scancode-llama-2-license-2023 OR llama 2"))]
    assert {reason.license for reason in verdict(entries, "m").reasons} == {"llama2"}


@pytest.mark.parametrize("contents", ["unknown", "no-licence", "custom", "common-crawl-tou"])
@pytest.mark.parametrize(
    ("stage", "expected"), [("sft", (ALLOWED, ALLOWED, UNCLEAR)), ("pretrain", (ALLOWED, ALLOWED, UNCLEAR))]
)
def test_works_without_a_license_inside_licensed_data_are_noted_on_the_model_and_unclear_under_strict(
    stage, expected, contents
):
    trained = model("m", edge("trained-on", "rows", stage), licenses=claims(weights="MIT"))
    collected = dataset("rows", licenses=claims(data="Apache-2.0", contents=contents))
    answers = tuple(verdict([collected, trained], "m", policy=policy).verdict for policy in POLICIES)
    assert answers == expected
    answer = verdict([collected, trained], "m")
    assert {reason.component for reason in (*answer.reasons, *answer.notes)} == {"weights", "contents"}


@pytest.mark.parametrize("stage", ["sft", "pretrain"])
def test_licensed_works_do_not_license_their_collection(stage):
    trained = model("m", edge("trained-on", "rows", stage), licenses=claims(weights="MIT"))
    bare = dataset("rows", licenses=claims(contents="MIT"))
    assert verdict([bare, trained], "m").verdict == (UNCLEAR if stage == "sft" else ALLOWED)


def test_another_trackers_record_is_never_better_than_the_entry_it_is_about():
    record = model("osai.llama", licenses=claims(weights="MIT"), same_as=("llama",))
    answer = verdict([LLAMA, record], "osai.llama")
    assert (answer.verdict, answer.reasons[0].path, answer.reasons[0].relations) == (
        FORBIDDEN,
        ("osai.llama", "llama"),
        ("same-as",),
    )
    assert [conflict.kind for conflict in answer.conflicts] == ["relicensed"]
    nd = model("nd", licenses=claims(weights="CC-BY-ND-4.0"))
    copy = model("osai.nd", licenses=claims(weights="CC-BY-ND-4.0"), same_as=("nd",))
    assert verdict([nd, copy], "osai.nd", "redistribution").verdict == CONDITIONS


@pytest.mark.parametrize(
    ("use", "expected"),
    [("research", CONDITIONS), ("redistribution", CONDITIONS), ("commercial", UNCLEAR), ("hosting", UNCLEAR)],
)
def test_terms_of_service_on_data_speak_of_doing_business_with_the_model(use, expected):
    rows = dataset("rows", licenses=claims(data="sharegpt-unknown"))
    trained = model("m", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    assert verdict([rows, trained], "m", use).verdict == expected
    assert verdict([rows], "rows", use).verdict == UNCLEAR


def test_outputs_that_a_license_frees_by_name_are_bound_by_the_terms_of_running_the_model_alone():
    codestral = model("codestral", licenses=claims(weights="mnpl"))
    answer = verdict([codestral], "codestral", "train-on-outputs")
    assert answer.verdict == CONDITIONS
    assert "outputs are no derivatives" in answer.reasons[0].text
    assert "outside of production" in answer.reasons[0].text
    open_ = model("open", licenses=claims(weights="OpenMDW-1.0"))
    assert verdict([open_], "open", "train-on-outputs").verdict == ALLOWED
    rows = dataset("rows", edge("generated-by", "codestral"), licenses=claims(data="MIT"))
    trained = model("m", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    assert verdict([codestral, rows, trained], "m").verdict == ALLOWED, "whoever got the outputs ran nothing"


@pytest.mark.parametrize(
    ("developers", "stated", "expected"),
    [
        (("Maker",), {"weights": "MIT", "outputs": "MIT"}, ("allowed-with-conditions", "allowed", "allowed")),
        (("Maker",), {"weights": "MIT"}, ("allowed-with-conditions",) * 3),
        (("Other",), {"weights": "MIT", "outputs": "MIT"}, ("allowed-with-conditions",) * 3),
    ],
)
def test_only_the_maker_of_the_base_can_free_the_outputs_of_what_was_made_from_it(developers, stated, expected):
    base = model("base", licenses=claims(weights="deepseek"), developers=("Maker",))
    tuned = model("tuned", edge("finetune", "base"), licenses=claims(**stated), developers=developers)
    student = model("student", edge("distilled", "tuned"), licenses=claims(weights="Apache-2.0"))
    whole = catalog(base, tuned, student)
    asked = (("tuned", "commercial"), ("tuned", "train-on-outputs"), ("student", "commercial"))
    assert tuple(check(whole, entry, use).verdict for entry, use in asked) == expected


def test_outputs_that_a_base_was_trained_on_bind_whoever_frees_those_of_what_was_made_from_it():
    teacher = model("teacher", licenses=claims(weights="llama3"))
    base = model("base", edge("distilled", "teacher"), licenses=claims(weights="MIT"), developers=("Maker",))
    freed = claims(weights="MIT", outputs="MIT")
    tuned = model("tuned", edge("finetune", "base"), licenses=freed, developers=("Maker",))
    whole = catalog(teacher, base, tuned)
    assert check(whole, "tuned", "commercial").verdict == FORBIDDEN
