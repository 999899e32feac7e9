"""Real entries of the built-in catalog against cases that were judged from public sources without this program.

The cases are `license-cases.yaml` of the project's research notes; where the notes are absent the test skips.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from llmreg.licensing import Licensee, check

CASES = Path(__file__).parents[3] / "shared" / "facts" / "license-cases.yaml"
cases = yaml.safe_load(CASES.read_text()) if CASES.exists() else []


@pytest.mark.skipif(not cases, reason="the research notes with the cases are not beside this checkout")
def test_there_are_cases():
    assert len(cases) >= 26


JUDGED = [
    (case, policy, case[field])
    for case in cases
    for policy, field in (("standard", "verdict"), ("strict", "verdict_strict"), ("permissive", "verdict_permissive"))
    if field in case
]


@pytest.mark.parametrize(
    ("case", "policy", "expected"), JUDGED, ids=[f"{case['id']}-{policy}" for case, policy, _ in JUDGED]
)
def test_a_case_gets_its_verdict(built_in, case, policy, expected):
    day = date(*map(int, f"{case['as_of']}-01".split("-")[:3])) if "as_of" in case else built_in.manifest.date
    verdict = check(built_in, case["asset"], case["use"], policy=policy, licensee=Licensee(as_of=day))
    assert verdict.verdict == expected, [(reason.verdict, reason.license, reason.path) for reason in verdict.reasons]
    assert all(reason.path[0] == case["asset"] for reason in verdict.reasons)
