"""What would change a verdict: each line is the answer to the question asked again."""

from __future__ import annotations

from datetime import date

from builders import catalog, claims, dataset, edge, model, service
from llmreg.licensing import Licensee, changes, check

TODAY = date(2026, 11, 21)
LLAMA = model("llama", licenses=claims(weights="llama-1"))


def found(entries, entry_id, use="commercial", **said):
    who = Licensee(**{"as_of": TODAY, **said})
    whole = catalog(*entries)
    return {change.text: change.verdict for change in changes(whole, check(whole, entry_id, use, licensee=who), who)}


def test_another_base_of_the_same_architecture():
    again = model("open-llama", edge("architecture", "llama"), licenses=claims(weights="Apache-2.0"))
    child = model("child", edge("adapter", "llama"), licenses=claims(adapter="MIT"))
    assert found([LLAMA, again, child], "child")["if the base were open-llama in place of llama"] == "allowed"


def test_other_data_and_base_and_data_together():
    again = model("open-llama", edge("architecture", "llama"), licenses=claims(weights="Apache-2.0"))
    rows = dataset("rows", licenses=claims(data="CC-BY-NC-4.0"))
    child = model("child", edge("finetune", "llama"), edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    lines = found([LLAMA, again, rows, child], "child")
    assert lines["if the base were open-llama in place of llama"] == "unclear"
    tuned = model("tuned", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    assert found([rows, tuned], "tuned")["if it were not trained on rows"] == "allowed"


def test_another_day():
    changing = {
        "weights": [
            {"id": "CC-BY-NC-4.0", "source": "page", "until": "2023-05-31"},
            {"id": "Apache-2.0", "source": "page", "since": "2023-05-31"},
        ]
    }
    entry = model("m", licenses=changing)
    assert found([entry], "m", as_of=date(2023, 5, 1))["as of 2023-05-31 or later"] == "allowed"
    closing = {
        "weights": [dict(changing["weights"][1], until="2025-01-01"), dict(changing["weights"][0], since="2025-01-01")]
    }
    closing["weights"][1].pop("until")
    assert found([model("m", licenses=closing)], "m")["as of a day before 2025-01-01"] == "allowed"


def test_another_figure_place_or_purpose():
    meta = model("meta", licenses=claims(weights="llama2"))
    line = "with monthly users of at most 700,000,000 on 2023-07-18"
    assert found([meta], "meta", monthly_users=800_000_000)[line] == "allowed-with-conditions"
    vision = model("vision", licenses=claims(weights="llama3.2"), modality=("text", "image"))
    assert found([vision], "vision", territory="DE")["outside EU"] == "allowed-with-conditions"
    lines = found([LLAMA], "llama", "research", purpose="commercial")
    assert lines["for a non-commercial purpose"] == "allowed-with-conditions"


def test_a_grant_another_use_and_another_policy():
    assert found([LLAMA], "llama")["with a grant for commercial from the licensor of llama-1"] == "allowed"
    assert found([LLAMA], "llama")["for research"] == "allowed-with-conditions"
    rows = dataset("rows", edge("generated-by", "api"), licenses=claims(data="MIT"))
    tuned = model("tuned", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    lines = found([service("api", "openai-tos"), rows, tuned], "tuned")
    assert lines["under the permissive policy"] == "allowed"
    assert lines["if it were not trained on rows"] == "allowed"


GRANT = {"license": "llama-1", "from": "Meta", "evidence": "contract 7", "lifts": ["commercial"]}


def test_a_grant_that_lapsed_is_to_be_renewed_and_not_a_matter_of_the_day():
    lapsed = {**GRANT, "until": "2026-11-01"}
    lines = found([LLAMA], "llama", grants=[lapsed])
    assert lines["with the grant from Meta (contract 7) renewed, which lapsed on 2026-11-01"] == "allowed"
    assert not [line for line in lines if "a day before" in line or "licensor" in line]
    assert found([LLAMA], "llama", grants=[lapsed], as_of=date(2026, 10, 31)) == {}
    closing = [
        {"id": "MIT", "source": "page", "until": "2020-01-01"},
        {"id": "llama-1", "source": "page", "since": "2020-01-01", "until": "2026-01-01"},
        {"id": "llama-1", "source": "page", "since": "2026-01-01"},
    ]
    days = [line for line in found([model("m", licenses={"weights": closing})], "m", grants=[lapsed]) if "day" in line]
    assert days == ["as of a day before 2020-01-01"], "the grant opened it in 2025 too, and not the day"


def test_grants_that_lapsed_are_renewed_together_where_no_one_of_them_is_enough():
    grants = [{**GRANT, "until": "2026-11-01"}, {**GRANT, "license": "llama2", "from": "M", "until": "2026-10-01"}]
    entry = model("m", licenses=claims(weights="llama-1 AND llama2"))
    lines = found([entry], "m", grants=grants, monthly_users=800_000_000)
    together = (
        "with the grant from Meta (contract 7) renewed, which lapsed on 2026-11-01, and "
        "with the grant from M (contract 7) renewed, which lapsed on 2026-10-01"
    )
    assert lines[together] == "allowed"


def test_a_grant_that_has_not_begun_is_worth_waiting_for():
    lines = found([LLAMA], "llama", grants=[{**GRANT, "since": "2027-01-01", "until": "2028-01-01"}])
    assert lines["as of 2027-01-01 or later, when the grant from Meta (contract 7) begins"] == "allowed"


def test_nothing_is_asked_of_what_is_allowed():
    assert found([model("m", licenses=claims(weights="MIT"))], "m") == {}


def test_a_missing_license_cannot_be_granted_by_anybody():
    assert not [line for line in found([model("m")], "m") if "grant" in line]
