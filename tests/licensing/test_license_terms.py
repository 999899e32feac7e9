"""What licenses of the catalog say of each use, as a model's license: rows that were read from the texts."""

from __future__ import annotations

import pytest

from builders import catalog, claims, dataset, edge, model
from llmreg.licensing import Licensee, check
from llmreg.uses import Use

A, C, U, F = "allowed", "allowed-with-conditions", "unclear", "forbidden"
USES: tuple[Use, ...] = ("research", "commercial", "redistribution", "hosting")

ROWS = {
    "afl-3.0": (A, A, C, C),
    "apple-amlr": (C, F, C, F),
    "apple-ascl": (U, U, U, U),
    "artistic-2.0": (A, A, C, A),
    "bsd-2-clause": (A, A, C, A),
    "bsd-3-clause-clear": (A, A, C, A),
    "bsl-1.0": (A, A, C, A),
    "cc-by-2.0": (C, C, C, A),
    "cc-by-2.5": (C, C, C, A),
    "cc-by-nc-2.0": (C, F, C, C),
    "cc-by-nc-3.0": (C, F, C, C),
    "cc-by-nc-nd-3.0": (C, F, C, C),
    "cc-by-nc-sa-2.0": (C, F, C, C),
    "deepfloyd-if-license": (C, F, C, F),
    "ecl-2.0": (A, A, C, A),
    "epl-1.0": (A, A, C, A),
    "epl-2.0": (A, A, C, A),
    "etalab-2.0": (C, C, C, C),
    "eupl-1.1": (A, A, C, C),
    "eupl-1.2": (A, A, C, C),
    "fair-noncommercial-research-license": (C, F, C, C),
    "gpl-2.0": (A, A, C, A),
    "h-research": (U, U, U, U),
    "intel-research": (U, U, U, U),
    "isc": (A, A, C, A),
    "lgpl-2.1": (A, A, C, A),
    "lgpl-3.0": (A, A, C, A),
    "lgpl-lr": (A, A, C, A),
    "lppl-1.3c": (A, A, C, A),
    "mpl-2.0": (A, A, C, A),
    "ms-pl": (A, A, C, A),
    "ncsa": (A, A, C, A),
    "ofl-1.1": (C, C, C, A),
    "openmdw-1.1": (A, A, C, A),
    "osl-3.0": (A, A, C, C),
    "pddl": (A, A, A, A),
    "postgresql": (A, A, C, A),
    "unlicense": (A, A, A, A),
    "wtfpl": (A, A, A, A),
    "zlib": (A, A, C, A),
    "kimi-k2-modified-mit": (A, C, C, C),
    "kimi-k3-license": (A, C, C, C),
    "minimax-m2-modified-mit": (A, C, C, C),
    "minimax-model-license": (C, C, C, C),
    "minimax-m2.7-nc": (C, F, C, C),
    "exaone-nc": (C, F, C, F),
    "qwen-community-1.0": (A, C, C, C),
    "glm-5.3-license": (A, C, C, C),
    "health-ai-developer-foundations": (C, C, C, C),
    "nvidia-open-model-agreement": (A, A, C, A),
    "nvidia-nemotron-open-model-license": (A, A, C, A),
    "nvidia-ai-foundation-models-community-license": (C, C, C, C),
    "flux-non-commercial-license": (C, F, C, C),
    "ltxv-open-weights": (C, C, C, C),
    "hyperclova-x-seed": (C, C, C, C),
    "open-aleph-1.0": (C, F, C, C),
    "faipl-1.0-sd": (C, C, C, C),
    "upstage-solar-license": (A, A, C, A),
    "minimax-m2.1-modified-mit": (C, C, C, C),
    "0BSD": (U, U, U, U),
    "BUSL-1.1": (U, U, U, U),
}


@pytest.mark.parametrize(("name", "expected"), ROWS.items(), ids=ROWS)
def test_each_use_is_what_the_text_says(name, expected):
    whole = catalog(model("m", licenses=claims(weights=name)))
    assert tuple(check(whole, "m", use).verdict for use in USES) == expected


@pytest.mark.parametrize("name", ["apple-ascl", "h-research", "0BSD"])
def test_a_license_that_nobody_read_says_so_and_goes_by_its_own_name(name):
    whole = catalog(model("m", licenses=claims(weights=name)))
    verdict = check(whole, "m", "commercial")
    assert verdict.reasons[0].license == name
    assert f"{name}: everything: the text was not read" in verdict.unknowns


def test_the_words_and_the_link_of_a_license_that_nobody_knows_are_in_the_reason():
    claim = {"id": "custom", "source": "page", "words": "acme-model-license", "link": "https://example.org/LICENSE"}
    verdict = check(catalog(model("m", licenses={"weights": claim})), "m", "commercial")
    assert verdict.verdict == U
    assert "acme-model-license; https://example.org/LICENSE" in verdict.reasons[0].text


def test_no_right_to_adapt_is_granted_by_no_derivatives_3_0():
    base = model("base", licenses=claims(weights="CC-BY-NC-ND-3.0"))
    made = {step: model(step, edge(step, "base"), licenses=claims(weights="CC-BY-NC-ND-3.0")) for step in STEPS}
    whole = catalog(base, *made.values())
    assert {step: check(whole, step, "research").verdict for step in made} == STEPS


STEPS = {"converted": C, "quantized": U, "finetune": F}


@pytest.mark.parametrize(
    ("name", "figures", "expected"),
    [
        ("kimi-k3-license", {"annual_revenue": 30_000_000}, U),
        (
            "kimi-k3-license",
            {"annual_revenue": 30_000_000, "businesses": ["model-as-a-service"], "purpose": "commercial"},
            F,
        ),
        ("kimi-k3-license", {"annual_revenue": 30_000_000, "businesses": ["model-as-a-service"]}, U),
        (
            "kimi-k3-license",
            {"annual_revenue": 30_000_000, "businesses": ["model-as-a-service"], "purpose": "research"},
            C,
        ),
        ("kimi-k3-license", {"annual_revenue": 30_000_000, "businesses": []}, C),
        ("qwen-community-1.0", {"businesses": ["ai-work-assistant"], "purpose": "commercial"}, F),
        ("qwen-community-1.0", {"businesses": [], "monthly_users": 1, "monthly_revenue": 1}, A),
        ("glm-5.3-license", {"annual_revenue": 30_000_000}, A),
        (
            "glm-5.3-license",
            {"annual_revenue": 10_000_000_001, "businesses": ["model-as-a-service"], "purpose": "commercial"},
            F,
        ),
        (
            "glm-5.3-license",
            {"annual_revenue": 10_000_000_000, "businesses": ["model-as-a-service"], "purpose": "commercial"},
            A,
        ),
        ("lfm-1.0", {"annual_revenue": 10_000_000}, U),
        ("lfm-1.0", {"annual_revenue": 10_000_000, "purpose": "commercial"}, F),
        ("lfm-1.0", {"annual_revenue": 10_000_000, "purpose": "research"}, A),
        ("ltxv-open-weights", {"annual_revenue": 9_999_999}, C),
        ("ltxv-open-weights", {"annual_revenue": 10_000_000, "purpose": "commercial"}, F),
        ("kimi-k3-license", {"annual_revenue": 10_000_000, "monthly_revenue": 1, "monthly_users": 1}, A),
        ("minimax-m2-modified-mit", {"annual_revenue": 40_000_000}, C),
        ("minimax-m2-modified-mit", {"annual_revenue": 1, "monthly_users": 1}, A),
    ],
)
def test_bounds_are_compared(name, figures, expected):
    whole = catalog(model("m", licenses=claims(weights=name)))
    licensee = Licensee(as_of=whole.manifest.date, **figures)
    assert check(whole, "m", "hosting", licensee=licensee).verdict == expected


def test_data_for_the_training_of_ones_own_models_go_to_nobody_else_and_leave_the_models_free():
    rows = dataset("rows", licenses=claims(data="nvidia-data-agreement-2025"))
    tuned = model("tuned", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    whole = catalog(rows, tuned)
    assert tuple(check(whole, "rows", use).verdict for use in USES) == (C, C, F, F)
    assert tuple(check(whole, "tuned", use).verdict for use in USES) == (A, A, C, A)
