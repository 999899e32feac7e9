"""Verdicts: how terms travel along each edge under each policy."""

from __future__ import annotations

from datetime import date

import pytest

from builders import catalog, claims, dataset, edge, model, service
from llmreg.errors import LlmregError, UnknownIdError
from llmreg.licensing import ANSWERS, Licensee, check
from llmreg.licensing.bulk import bulk_check
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


@pytest.mark.parametrize("teacher", ["llama-1", "llama2", "tongyi-qianwen", "databricks-open-model-license"])
def test_a_bar_on_outputs_binds_who_drew_them_and_is_disputed_for_who_found_them_in_a_dataset(teacher):
    entries = [
        model("teacher", licenses=claims(weights=teacher)),
        dataset("d", edge("generated-by", "teacher"), licenses=claims(data="MIT")),
        dataset("part", edge("derived-from", "d"), licenses=claims(data="MIT")),
        dataset("mix", edge("mixture-of", "d"), licenses=claims(data="MIT")),
        *(
            model(f"on-{of}", edge("trained-on", of, "sft"), licenses=claims(weights="MIT"))
            for of in ("d", "part", "mix")
        ),
        model("pretrained", edge("trained-on", "d", "pretrain"), licenses=claims(weights="MIT")),
        model("student", edge("distilled", "teacher"), licenses=claims(weights="MIT")),
    ]
    for name in ("d", "part", "mix", "on-d", "on-part", "on-mix", "pretrained"):
        got = tuple(verdict(entries, name, policy=policy).verdict for policy in POLICIES)
        assert got == (ALLOWED, UNCLEAR, FORBIDDEN), name
    drew = Licensee(as_of=date(2026, 11, 21), generated=("d",))
    for policy in POLICIES:
        assert verdict(entries, "student", policy=policy).verdict == FORBIDDEN
        assert verdict(entries, "on-d", policy=policy, licensee=drew).verdict == FORBIDDEN


@pytest.mark.parametrize("teacher", ["llama-1", "llama2", "llama3.1", "qwen", "mrl", "stabilityai-ai-community"])
@pytest.mark.parametrize(("use", "own"), [("research", ALLOWED), ("hosting", ALLOWED), ("redistribution", CONDITIONS)])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_dataset_with_outputs_follows_its_own_license_in_all_but_training(teacher, use, own, policy):
    makers = [model("teacher", licenses=claims(weights=teacher)), service("api", "openai-tos")]
    outputs = [edge("generated-by", maker.id) for maker in makers]
    entries = [*makers, dataset("d", *outputs, licenses=claims(data="MIT"))]
    entries += [dataset("mix", edge("mixture-of", "d"), licenses=claims(data="MIT"))]
    for name in ("d", "mix"):
        answer = verdict(entries, name, use, policy)
        assert answer.verdict == own
        assert "teacher" in {note.path[-1] for note in answer.notes}


@pytest.mark.parametrize("use", ["research", "redistribution", "hosting"])
def test_a_license_that_follows_its_outputs_is_heard_of_a_dataset_too(use):
    entries = [
        model("teacher", licenses=claims(weights="bigscience-bloom-rail-1.0")),
        dataset("d", edge("generated-by", "teacher"), licenses=claims(data="MIT")),
    ]
    for policy in POLICIES:
        assert any(
            reason.license == "bigscience-bloom-rail-1.0" for reason in verdict(entries, "d", use, policy).reasons
        )


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


def test_two_statements_on_one_component_are_a_dispute_that_the_policy_settles():
    disputed = {"weights": [{"id": "Apache-2.0", "source": "page"}, {"id": "CC-BY-NC-4.0", "source": "page"}]}
    entries = [model("m", licenses=disputed)]
    expected = {"permissive": ALLOWED, "standard": UNCLEAR, "strict": FORBIDDEN}
    for policy, answer in expected.items():
        assert verdict(entries, "m", policy=policy).verdict == answer
    reasons = verdict(entries, "m").reasons
    assert [(reason.license, reason.disputed) for reason in reasons] == [("CC-BY-NC-4.0", True), ("Apache-2.0", False)]


@pytest.mark.parametrize(
    ("use", "expected"),
    [("redistribution", (CONDITIONS, UNCLEAR, FORBIDDEN)), ("commercial", (ALLOWED, UNCLEAR, UNCLEAR))],
)
def test_works_without_a_license_inside_a_collection_are_apart_from_the_collection(use, expected):
    entries = [dataset("books", licenses=claims(data="no-licence"))]
    entries += [dataset("mix", edge("mixture-of", "books"), licenses=claims(data="MIT"))]
    assert tuple(verdict(entries, "mix", use, policy).verdict for policy in POLICIES) == expected
    stated = [dataset("mix", licenses=claims(data="MIT", contents="no-licence"))]
    assert tuple(verdict(stated, "mix", use, policy).verdict for policy in POLICIES) == expected


def test_a_crawl_is_a_warning_inside_a_dataset_and_unclear_by_itself():
    crawl = dataset("crawl", licenses=claims(data="common-crawl-tou"))
    corpus = dataset("corpus", edge("derived-from", "crawl"), licenses=claims(data="ODC-By-1.0"))
    assert verdict([crawl], "crawl").verdict == UNCLEAR
    answer = verdict([crawl, corpus], "corpus")
    assert (answer.verdict, [note.path for note in answer.notes]) == (CONDITIONS, [("corpus", "crawl")])
    assert verdict([crawl, corpus], "corpus", policy="strict").verdict == UNCLEAR


def test_a_dataset_without_license_that_was_derived_from_binds_in_full():
    entries = [dataset("rows"), dataset("part", edge("derived-from", "rows"), licenses=claims(data="MIT"))]
    assert verdict(entries, "part", policy="permissive").verdict == UNCLEAR


@pytest.mark.parametrize("license_id", ["CDLA-Sharing-1.0", "C-UDA-1.0", "CC0-1.0"])
def test_a_license_that_frees_models_reaches_none(license_id):
    rows = dataset("rows", licenses=claims(data=license_id))
    trained = model("m", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    assert verdict([rows, trained], "m", policy="strict").verdict == ALLOWED


def test_no_derivatives_bars_passing_on_what_was_made_from_it():
    base = model("base", licenses=claims(weights="CC-BY-ND-4.0"))
    child = model("child", edge("finetune", "base"), licenses=claims(weights="CC-BY-ND-4.0"))
    assert verdict([base], "base", "redistribution").verdict == CONDITIONS
    assert verdict([base, child], "child", "redistribution").verdict == FORBIDDEN
    assert verdict([base, child], "child", "research").verdict != FORBIDDEN
    rows = dataset("rows", licenses=claims(data="CC-BY-ND-4.0"))
    trained = model("m", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    answers = tuple(verdict([rows, trained], "m", "redistribution", policy).verdict for policy in POLICIES)
    assert answers == (CONDITIONS, UNCLEAR, FORBIDDEN)


@pytest.mark.parametrize("license_id", ["CC-BY-ND-4.0", "CC-BY-NC-ND-4.0"])
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["converted"], CONDITIONS),
        (["converted", "converted"], CONDITIONS),
        (["quantized"], UNCLEAR),
        (["converted", "quantized"], UNCLEAR),
        (["quantized", "converted"], UNCLEAR),
        (["finetune"], FORBIDDEN),
        (["finetune", "converted"], FORBIDDEN),
        (["converted", "finetune"], FORBIDDEN),
        (["quantized", "merge"], FORBIDDEN),
        (["component"], FORBIDDEN),
    ],
)
def test_another_format_is_no_derivative_and_another_precision_may_be_one(license_id, steps, expected):
    entries = [model("m0", licenses=claims(weights=license_id))]
    for index, step in enumerate(steps):
        entries.append(model(f"m{index + 1}", edge(step, f"m{index}"), licenses=claims(weights=license_id)))
    last = entries[-1].id
    assert verdict(entries, last, "redistribution").verdict == expected
    found = dict(bulk_check(catalog(*entries), "redistribution").items())
    assert found[last] == expected
    clauses = [reason.text for reason in verdict(entries, last, "redistribution").reasons if reason.path[-1] == "m0"]
    assert any("technical changes" in text for text in clauses) == (expected != FORBIDDEN)
    assert verdict(entries, last, "research").verdict == verdict(entries, "m0", "research").verdict


def test_a_license_that_bars_derivatives_and_says_nothing_of_formats_is_not_read_as_allowing_them():
    entries = [model("m0", licenses=claims(weights="microsoft-research-license"))]
    entries.append(model("m1", edge("converted", "m0"), licenses=claims(weights="MIT")))
    assert verdict(entries, "m1", "redistribution").verdict == FORBIDDEN
