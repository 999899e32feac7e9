"""Claims on which sources disagree: recorded in an entry, and between an entry and records about it."""

from __future__ import annotations

import pytest

from builders import claims, dataset, edge, model

TRACKED = {
    "page": {
        "repository": "some/tracker",
        "path": "rows.csv",
        "read": "secondary",
        "seen": "2026-11-21",
        "importer": "t",
    }
}


def record(entry_id, *edges, about="m", **fields):
    entry = model(entry_id, *edges, same_as=(about,) if isinstance(about, str) else about, **fields)
    return type(entry)(**{**dict(entry), "sources": TRACKED})


def disagreed(find, *entries):
    return {
        finding.text: [(side.entry, side.says) for side in finding.sides] for finding in find("disagreement", *entries)
    }


def test_what_an_entry_records_is_told_with_each_side_and_source(find):
    says = [{"value": "16", "source": "page"}, {"value": "32", "source": "page"}]
    recipe = {"method": "qlora", "data": {"format": "text"}, "source": "page"}
    entries = [
        dataset("d", disagreements=[{"about": "rows", "says": says}]),
        model("m", recipe={**recipe, "disagreements": [{"about": "batch size", "says": says}]}),
    ]
    found = find("disagreement", *entries)
    assert [(finding.id, finding.text) for finding in found] == [("d", "rows"), ("m", "batch size")]
    assert [side.says for side in found[0].sides] == ["16", "32"]
    assert all(side.source for finding in found for side in finding.sides)


@pytest.mark.parametrize(
    ("tracker", "entry", "agree"),
    [
        ("2023-03", "2023-03-13", True),
        ("2023", "2023-03", True),
        ("2023-03", "2023-04-28", False),
        ("2022", "2023-03-13", False),
    ],
)
def test_dates_agree_as_far_as_the_less_exact_one_goes(find, tracker, entry, agree):
    found = disagreed(find, record("t.m", released=tracker), model("m", released=entry))
    assert found == ({} if agree else {"released": [("t.m", tracker), ("m", entry)]})


@pytest.mark.parametrize(
    ("tracker", "entry", "agree"),
    [
        (["Meta"], ["Meta AI"], True),
        (["LMSYS", "Stanford"], ["stanford"], True),
        (["Eleuther AI"], ["EleutherAI"], True),
        (["LMSYS"], ["Vicuna team"], False),
        (["Metanoia"], ["Meta"], False),
    ],
)
def test_one_developer_in_common_is_enough(find, tracker, entry, agree):
    found = disagreed(find, record("t.m", developers=tracker), model("m", developers=entry))
    assert bool(found) is not agree


@pytest.mark.parametrize(
    ("tracker", "entry", "agree"),
    [
        ("MIT", "Apache-2.0", False),
        ("hf:mit", "MIT", True),
        ("MIT", "MIT AND Apache-2.0", True),
        ("unknown", "MIT", True),
        ("custom", "MIT", True),
        ("MIT", "unknown", True),
        ("no-licence", "MIT", False),
        ("some words", "MIT", False),
    ],
)
def test_licenses_are_compared_by_what_they_mean_and_ignorance_contradicts_nothing(find, tracker, entry, agree):
    found = disagreed(find, record("t.m", licenses=claims(weights=tracker)), model("m", licenses=claims(weights=entry)))
    assert found == ({} if agree else {"license of the weights": [("t.m", tracker), ("m", entry)]})


def test_a_license_that_the_entry_states_for_another_part_is_shown_as_such(find):
    entry = model("m", licenses=claims(weights="llama-1", code="MIT"))
    found = disagreed(find, record("t.m", licenses=claims(weights="MIT")), entry)
    assert found == {"license of the weights": [("t.m", "MIT"), ("m", "llama-1"), ("m", "code: MIT")]}


def test_parts_are_compared_one_by_one_and_silence_is_no_answer(find):
    assert (
        disagreed(find, record("t.m", licenses=claims(code="MIT")), model("m", licenses=claims(weights="llama-1")))
        == {}
    )


def test_a_license_of_another_time_agrees_for_its_time(find):
    stated = [{"id": "llama2", "source": "page", "until": "2024"}, {"id": "MIT", "source": "page", "since": "2024"}]
    assert (
        disagreed(find, record("t.m", licenses=claims(weights="llama2")), model("m", licenses={"weights": stated}))
        == {}
    )


def base(find, *edges, extra=()):
    entries = [
        model("root"),
        model("middle", edge("finetune", "root")),
        model("other"),
        model("m", edge("adapter", "middle")),
        *extra,
    ]
    return disagreed(find, record("t.m", *edges), *entries)


def test_another_base_is_a_disagreement_and_a_base_of_the_base_is_none(find):
    assert base(find, edge("finetune", "middle")) == base(find, edge("finetune", "root")) == base(find) == {}
    assert base(find, edge("finetune", "other")) == {"base model": [("t.m", "other"), ("m", "middle")]}


def test_a_base_that_is_a_mere_name_to_us_disagrees_with_nothing(find):
    assert base(find, edge("finetune", "t.llama"), extra=[record("t.llama", about=())]) == {}


def test_a_base_is_known_through_the_record_about_it(find):
    assert base(find, edge("finetune", "t.middle"), extra=[record("t.middle", about="middle")]) == {}
    assert "base model" in base(find, edge("finetune", "t.other"), extra=[record("t.other", about="other")])


def test_a_record_about_several_entries_agrees_if_it_agrees_with_one(find):
    sizes = [model("m-7b", released="2023-01"), model("m-13b", released="2023-05")]
    assert disagreed(find, record("t.m", about=("m-7b", "m-13b"), released="2023-05-02"), *sizes) == {}
    found = disagreed(find, record("t.m", about=("m-7b", "m-13b"), released="2022"), *sizes)
    assert found == {"released": [("t.m", "2022"), ("m-7b", "2023-01"), ("m-13b", "2023-05")]}
