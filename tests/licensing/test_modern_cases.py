"""Models of 2024 to 2026 against verdicts that were decided from the texts of their licenses."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from builders import catalog, claims, dataset, edge, model
from llmreg.licensing import Licensee, check

CASES = yaml.safe_load((Path(__file__).parent / "modern_cases.yaml").read_text())
A, C, U, F = "allowed", "allowed-with-conditions", "unclear", "forbidden"


def asked(whole, entry_id, use, policy="standard", **who):
    return check(whole, entry_id, use, policy=policy, licensee=Licensee(**{"as_of": whole.manifest.date, **who}))


@pytest.mark.parametrize(
    ("name", "use", "expected", "who"),
    [(name, use, expected, who) for name, use, expected, _, who in CASES],
    ids=[f"{name}-{use}-{number}" for number, (name, use, *_) in enumerate(CASES)],
)
def test_a_model_gets_the_verdict_of_its_texts(built_in, name, use, expected, who):
    answer = asked(built_in, built_in.named(name), use, **who)
    assert answer.verdict == expected, [(each.verdict, each.license, each.path) for each in answer.reasons]


MADE = {
    "gguf": [edge("quantized", "qwen2.5-3b-instruct")],
    "lora": [edge("adapter", "mistral-large-instruct-2411")],
    "code-merge": [edge("merge", "llama-3.1-8b-instruct"), edge("merge", "codestral-22b")],
    "vision-merge": [edge("merge", "llama-3.2-11b-vision-instruct"), edge("merge", "qwen2.5-7b-instruct")],
    "plain-merge": [edge("merge", "qwen2.5-7b-instruct"), edge("merge", "qwen3-8b")],
    "awq": [edge("quantized", "gemma-3-27b-it")],
    "nf4": [edge("quantized", "gemma-4-31b-it")],
    "llama-student": [edge("distilled", "llama-3.1-70b-instruct")],
    "llama-3-student": [edge("distilled", "llama-3-70b-instruct")],
    "qwen-student": [edge("distilled", "qwen2.5-72b-instruct")],
    "r1-student": [edge("distilled", "deepseek-r1")],
    "gemma-student": [edge("distilled", "gemma-3-27b-it")],
    "hunyuan-student": [edge("distilled", "hunyuan-7b-instruct")],
    "on-qwen-rows": [edge("trained-on", "qwen-rows", "sft")],
    "on-llama-3-rows": [edge("trained-on", "llama-3-rows", "sft")],
    "on-r1-rows": [edge("trained-on", "r1-rows", "sft")],
    "of-a-distill": [edge("finetune", "deepseek-r1-distill-llama-8b")],
}
ROWS = {"qwen-rows": "qwen2.5-72b-instruct", "llama-3-rows": "llama-3-70b-instruct", "r1-rows": "deepseek-r1"}


@pytest.fixture(scope="module")
def made():
    """Return the built-in catalog with what people make of its models, all of it given out as MIT or Apache-2.0."""
    entries = [
        model(name, *edges, licenses=claims(weights="Apache-2.0"), modality=("text",)) for name, edges in MADE.items()
    ]
    rows = [dataset(name, edge("generated-by", of), licenses=claims(data="MIT")) for name, of in ROWS.items()]
    return catalog(*rows, *entries)


@pytest.mark.parametrize(
    ("name", "use", "expected", "who"),
    [
        ("gguf", "commercial", F, {}),
        ("gguf", "research", C, {}),
        ("lora", "commercial", F, {}),
        ("code-merge", "commercial", F, {}),
        ("code-merge", "research", C, {}),
        ("vision-merge", "commercial", F, {"territory": "FR"}),
        ("vision-merge", "commercial", C, {"territory": "US"}),
        ("plain-merge", "commercial", A, {}),
        ("plain-merge", "redistribution", C, {}),
        ("awq", "commercial", C, {}),
        ("nf4", "commercial", A, {}),
        ("llama-student", "commercial", C, {}),
        ("llama-3-student", "commercial", F, {}),
        ("qwen-student", "commercial", C, {}),
        ("r1-student", "commercial", A, {}),
        ("gemma-student", "commercial", C, {}),
        ("hunyuan-student", "commercial", F, {}),
        ("on-qwen-rows", "commercial", C, {}),
        ("on-llama-3-rows", "commercial", U, {}),
        ("on-llama-3-rows", "commercial", F, {"policy": "strict"}),
        ("on-r1-rows", "commercial", A, {}),
        ("llama-3-rows", "redistribution", C, {}),
        ("of-a-distill", "commercial", C, {}),
        ("of-a-distill", "commercial", F, {"monthly_users": {"2024-07-01": 800_000_000}}),
    ],
)
def test_what_is_made_of_a_model_bears_its_terms_whatever_its_own_card_says(made, name, use, expected, who):
    answer = asked(made, name, use, **who)
    assert answer.verdict == expected, [(each.verdict, each.license, each.path) for each in answer.reasons]
