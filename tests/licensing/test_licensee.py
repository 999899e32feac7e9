"""Who asks: figures with their days, territory, purpose, and grants, from a file or from the command line."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from builders import catalog, claims, edge, model
from llmreg.errors import CatalogError, LlmregError
from llmreg.licensing import Licensee, changes, check, read_licensee

TODAY = date(2026, 11, 21)
META = model("meta", licenses=claims(weights="llama2"))


def verdict(entry, use="commercial", **said):
    said = {"as_of": TODAY, **said}
    return check(catalog(META, entry), entry.id, use, licensee=Licensee(**said)).verdict


@pytest.mark.parametrize(
    ("users", "expected"),
    [(700_000_000, "allowed-with-conditions"), (700_000_001, "forbidden"), (None, "allowed-with-conditions")],
)
def test_a_threshold_is_passed_above_it_and_unsaid_figures_leave_a_condition(users, expected):
    said = {} if users is None else {"monthly_users": users}
    assert verdict(META, **said) == expected


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"2023-07-18": 800_000_000}, "forbidden"),
        ({"2023-01": 800_000_000}, "forbidden"),
        ({"2023-01": 800_000_000, "2023-07-01": 600_000_000}, "allowed-with-conditions"),
        ({"2023-07-19": 800_000_000}, "allowed-with-conditions"),
    ],
)
def test_llama_2_asks_for_the_users_on_its_release_date_and_not_for_todays(figures, expected):
    assert verdict(META, monthly_users=figures) == expected


def test_other_thresholds_ask_for_the_figure_of_the_day_that_is_judged_for():
    stable = model("stable", licenses=claims(weights="stabilityai-ai-community"))
    growing = {"2024-01-01": 500_000, "2026-01-01": 2_000_000}
    assert verdict(stable, annual_revenue=growing) == "forbidden"
    assert verdict(stable, annual_revenue=growing, as_of=date(2025, 6, 1)) == "allowed-with-conditions"


@pytest.mark.parametrize(
    ("territory", "modality", "expected"),
    [
        ("FR", ("text", "image"), "forbidden"),
        ("eu", ("text", "image"), "forbidden"),
        ("el", ("text", "image"), "forbidden"),
        ("RE", ("text", "image"), "forbidden"),
        ("UK", ("text", "image"), "allowed-with-conditions"),
        ("fr", ("text",), "allowed-with-conditions"),
        ("FR", (), "unclear"),
        ("US", (), "allowed-with-conditions"),
        (None, (), "allowed-with-conditions"),
        ("US", ("text", "image"), "allowed-with-conditions"),
        (None, ("text", "image"), "allowed-with-conditions"),
    ],
)
def test_llama_3_2_multimodal_is_not_licensed_in_the_european_union(territory, modality, expected):
    vision = model("vision", licenses=claims(weights="llama3.2"), modality=modality)
    assert verdict(vision, territory=territory) == expected


def test_what_is_open_to_research_is_closed_to_a_commercial_purpose():
    llama = model("llama", licenses=claims(weights="llama-1"))
    assert verdict(llama, "research") == "allowed-with-conditions"
    assert verdict(llama, "research", purpose="research") == "allowed-with-conditions"
    assert verdict(llama, "research", purpose="commercial") == "forbidden"


GRANT = {"license": "llama2", "from": "Meta", "evidence": "contract 7", "lifts": ["commercial"], "until": "2027-01-01"}


def test_a_grant_lifts_the_terms_it_names_for_its_time_and_entries_and_is_a_reason():
    big = {"monthly_users": 800_000_000}
    assert verdict(META, **big, grants=[GRANT]) == "allowed"
    assert verdict(META, "hosting", **big, grants=[GRANT]) == "forbidden"
    assert verdict(META, **big, grants=[GRANT], as_of=date(2027, 1, 1)) == "forbidden"
    assert verdict(META, **big, grants=[{**GRANT, "only": ["other"]}]) == "forbidden"
    child = model("child", edge("finetune", "meta"), licenses=claims(weights="MIT"))
    who = Licensee(as_of=TODAY, grants=[GRANT], **big)
    answer = check(catalog(META, child), "child", "commercial", licensee=who)
    assert answer.verdict == "allowed"
    assert answer.reasons[0].grant == "a grant from Meta until 2027-01-01 (contract 7)"
    assert answer.reasons[0].path == ("child", "meta")
    assert answer.obligations, "a grant for a use waives no duty"


def test_a_grant_can_waive_a_duty():
    waived = {**GRANT, "lifts": ["use-restrictions"]}
    before = check(catalog(META), "meta", "commercial").obligations
    after = check(catalog(META), "meta", "commercial", licensee=Licensee(as_of=TODAY, grants=[waived])).obligations
    assert {duty.duty for duty in before} - {duty.duty for duty in after} == {"use-restrictions"}


def test_a_duty_beyond_a_threshold_is_told_unless_one_is_below_it():
    kimi = model("kimi", licenses=claims(weights="kimi-k2-modified-mit"))

    def duties(**said):
        answer = check(catalog(kimi), "kimi", "commercial", licensee=Licensee(as_of=TODAY, **said))
        return [duty.duty for duty in answer.obligations]

    assert "attribution" in duties()
    assert "attribution" in duties(monthly_users=10, monthly_revenue=30_000_000)
    assert "attribution" not in duties(monthly_users=10, monthly_revenue=10)


FILE = """
territory: de
purpose: commercial
monthly-users: {2023-07-18: 800000000, 2024-04: 900000000}
annual_revenue: 5000000
grants:
  - {license: llama2, from: Meta Platforms, evidence: contract 4711, until: 2027-01-01, lifts: [commercial]}
"""


def test_a_file_says_it_all_and_the_command_line_goes_before_it(tmp_path, built_in):
    path = tmp_path / "licensee.yaml"
    path.write_text(FILE)
    who = read_licensee(path, built_in)
    assert (who.as_of, who.territory, who.purpose) == (built_in.manifest.date, "DE", "commercial")
    assert who.monthly_users == ((date(2023, 7, 18), 800_000_000), (date(2024, 4, 1), 900_000_000))
    assert who.grants[0].by == "Meta Platforms"
    assert read_licensee(path, built_in, territory="us", as_of="2025-01").territory == "US"
    assert read_licensee(path, built_in, as_of="2025-01").as_of == date(2025, 1, 1)
    path.write_text("as-of: 2024-05-01\n")
    assert read_licensee(path, built_in).as_of == date(2024, 5, 1)


SAID = {
    "as_of": ("2024-05-01", "2025-01-02", date(2025, 1, 2)),
    "monthly_users": ("5", 9, ((date.min, 9),)),
    "annual_revenue": ("5", 9, ((date.min, 9),)),
    "monthly_revenue": ("{2024-05: 5}", 9, ((date.min, 9),)),
    "attributable_revenue": ("5", 9, ((date.min, 9),)),
    "territory": ("DE", "us", "US"),
    "purpose": ("research", "commercial", "commercial"),
}
"""For each field what a file says, what the command line says, and what is then read."""


@pytest.mark.parametrize("spell", [str, lambda name: name.replace("_", "-")], ids=["underscore", "dash"])
@pytest.mark.parametrize("field", SAID)
def test_the_command_line_goes_before_the_file_however_that_spells_a_field(field, spell, tmp_path, built_in):
    in_file, said, expected = SAID[field]
    (path := tmp_path / "licensee.yaml").write_text(f"{spell(field)}: {in_file}\n")
    assert getattr(read_licensee(path, built_in, **{field: said}), field) == expected
    assert getattr(read_licensee(path, built_in), field) not in (None, (), expected)


@pytest.mark.parametrize("field", [name for name in Licensee.model_fields if "_" in name])
@pytest.mark.parametrize("said", [{}, {"territory": "DE"}])
def test_a_field_that_a_file_spells_both_ways_is_refused(field, said, tmp_path, built_in):
    (path := tmp_path / "licensee.yaml").write_text(f"{field}: 5\n{field.replace('_', '-')}: 6\n")
    with pytest.raises(CatalogError, match=f"{field.replace('_', '-')} and {field} are one field; leave one out"):
        read_licensee(path, built_in, **{field: 7}, **said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("teritory: DE\n", "licensee.yaml:1: teritory: no such field; did you mean 'territory'?"),
        ("territory: Germany\n", "licensee.yaml:1: territory: takes a two-letter ISO 3166-1 code or EU, not 'Germany'"),
        ("territory: ZZ\n", "territory: takes a code that ISO 3166-1 assigns, or EU, not 'ZZ'; near it are AZ, BZ, CZ"),
        ("territory: [DE]\n", "licensee.yaml:1: territory: takes text"),
        ("purpose: fun\n", "licensee.yaml:1: purpose: takes 'commercial', 'non-commercial' or 'research', not 'fun'"),
        ("purpose: comercial\n", "not 'comercial'; did you mean 'commercial'?"),
        ("as_of: 2024\n", "licensee.yaml:1: as_of: takes a day as YYYY-MM-DD or YYYY-MM, not '2024'"),
        ("\nas-of: soon\n", "licensee.yaml:2: as_of: takes a day as YYYY-MM-DD or YYYY-MM, not 'soon'"),
        ("as-of: 2024-01\nas_of: 2024-02\n", "as-of and as_of are one field; leave one out"),
        *(
            (f"\nmonthly-users: {figure}\n", "licensee.yaml:2: monthly_users: takes a whole number such as 8")
            for figure in ("many", "-1", "1.5", "8e8", '"800,000,000"', "[1, 2]", "{2024-01: many}", "")
        ),
        ("monthly_users: {soon: 1}\n", "licensee.yaml:1: monthly_users: takes a day as YYYY-MM-DD or YYYY-MM, not"),
        ("generated: oasst1\n", "licensee.yaml:1: generated: takes a list, written [a, b], not 'oasst1'"),
        (
            "generated:\n  - oast1\n",
            "licensee.yaml:2: generated.0: no dataset has the id 'oast1'; did you mean 'oasst1'?",
        ),
        ("generated: [mpt-7b]\n", "licensee.yaml:1: generated.0: no dataset has the id 'mpt-7b'"),
        ("grants: [x]\n", "licensee.yaml:1: grants.0: takes a mapping of fields, not 'x'"),
        ("grants:\n  -\n", "licensee.yaml:2: grants.0: takes a mapping of fields, not nothing"),
        (FILE.replace("2027-01-01", "2027"), "licensee.yaml:7: grants.0.until: takes a day as YYYY-MM-DD or YYYY-MM"),
        (FILE.replace("until", "since: 2028-01, until"), "ends on 2027-01-01 and begins on 2028-01-01; so it never"),
        (FILE.replace("until", "only: mpt-7b, until"), "grants.0.only: takes a list, written [a, b], not 'mpt-7b'"),
        (
            FILE.replace("until", "only: [mpt-7], until"),
            "licensee.yaml:7: grants.0.only.0: no entry has the id 'mpt-7'",
        ),
        (FILE.replace("until", "only: [young-geng/koala], until"), "several entries go by 'young-geng/koala'"),
        (
            FILE.replace("llama2", "llama-two"),
            "no license has the id 'llama-two'; entries whose name begins so: llama-1, llama2,",
        ),
        (FILE.replace("llama2", "no-licence"), "has no licensor; name under `only` the entries"),
        (FILE.replace("[commercial]", "[comercial]"), "licensee.yaml:7: grants.0.lifts.0: takes 'research', 'comm"),
        (FILE.replace("[commercial]", "[comercial]"), "not 'comercial'; did you mean 'commercial'?"),
        (
            FILE.replace("[commercial]", "[]"),
            "licensee.yaml:7: grants.0.lifts: is empty; name what the grant lifts: uses",
        ),
        *(
            (text, "licensee.yaml:1: says nothing of who asks; write fields such as")
            for text in ("- a\n", "a\n", "", "#")
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_remedy(tmp_path, built_in, text, message):
    path = tmp_path / "licensee.yaml"
    path.write_text(text)
    with pytest.raises(LlmregError) as caught:
        read_licensee(path, built_in)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value), "one fault, one line"


def test_a_file_may_name_licenses_and_entries_as_people_do(tmp_path, built_in):
    path = tmp_path / "licensee.yaml"
    path.write_text(
        FILE.replace("llama2", "LLaMA 2").replace("until", "only: [mosaicml/mpt-7b], until")
        + "generated: [OpenAssistant/oasst1]\n"
    )
    who = read_licensee(path, built_in)
    assert (who.grants[0].license, who.grants[0].only, who.generated) == ("llama2", ("mpt-7b",), ("oasst1",))


def test_a_purpose_is_one_of_three():
    with pytest.raises(ValidationError):
        Licensee(as_of=TODAY, purpose="fun")


SERVICE = ["model-as-a-service"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "allowed-with-conditions"),
        ({"annual_revenue": 20_000_000, "businesses": SERVICE}, "allowed-with-conditions"),
        ({"annual_revenue": 20_000_001, "businesses": SERVICE}, "forbidden"),
        ({"annual_revenue": 20_000_001, "businesses": SERVICE, "internal_use": True}, "allowed-with-conditions"),
        ({"annual_revenue": 20_000_001, "businesses": ["ai-work-assistant"]}, "allowed-with-conditions"),
        ({"annual_revenue": 20_000_001, "businesses": []}, "allowed-with-conditions"),
        ({"annual_revenue": 20_000_001}, "unclear"),
        ({"businesses": SERVICE}, "allowed-with-conditions"),
    ],
)
def test_a_bound_on_revenue_can_be_for_those_alone_who_offer_a_model_as_a_service(said, expected):
    assert verdict(model("kimi", licenses=claims(weights="kimi-k3-license")), **said) == expected


@pytest.mark.parametrize(
    ("businesses", "expected"),
    [
        (None, "allowed-with-conditions"),
        (SERVICE, "forbidden"),
        (["ai-work-assistant"], "forbidden"),
        ([], "allowed"),
    ],
)
def test_a_business_can_be_the_whole_bound(businesses, expected):
    qwen = model("qwen", licenses=claims(weights="qwen-community-1.0"))
    small = {"monthly_users": 1, "monthly_revenue": 1}
    assert verdict(qwen, businesses=businesses, **small) == expected
    assert verdict(qwen, "research", businesses=businesses, **small) == "allowed"


def test_what_is_open_of_a_bound_is_said_with_what_would_close_it():
    kimi = model("kimi", licenses=claims(weights="kimi-k3-license"))
    who = Licensee(as_of=TODAY, annual_revenue=30_000_000, businesses=SERVICE)
    answer = check(catalog(kimi), "kimi", "hosting", licensee=who)
    assert "whether your purpose is commercial was not said" in answer.reasons[0].text
    told = {(change.text, change.verdict) for change in changes(catalog(kimi), answer, who)}
    assert ("if you did not offer a model as a service", "allowed-with-conditions") in told
    assert ("for a non-commercial purpose", "allowed-with-conditions") in told
    answer = check(catalog(kimi), "kimi", "commercial", licensee=who)
    told = {(change.text, change.verdict) for change in changes(catalog(kimi), answer, who)}
    assert ("if nothing of it reached others", "allowed-with-conditions") in told


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"annual_revenue": 20_000_000}, "allowed"),
        ({"annual_revenue": 200_000_000}, "allowed-with-conditions"),
        ({"annual_revenue": 240_000_001}, "forbidden"),
        ({"annual_revenue": 240_000_001, "monthly_revenue": 1}, "allowed"),
    ],
)
def test_a_month_is_inside_its_year_and_a_year_above_twelve_times_the_bound_has_a_month_above_it(said, expected):
    assert verdict(model("devstral", licenses=claims(weights="mistral-modified-mit")), **said) == expected


def test_a_month_that_earns_more_than_a_year_may_is_enough():
    stable = model("stable", licenses=claims(weights="stabilityai-ai-community"))
    assert verdict(stable, monthly_revenue=1_000_001) == "forbidden"
    assert verdict(stable, monthly_revenue=1_000_000) == "allowed-with-conditions"


def test_what_a_work_earns_is_within_the_revenue_of_the_year():
    falcon = model("falcon", licenses=claims(weights="tii-falcon-llm-1.0"))

    def owes(**said):
        answer = check(catalog(falcon), "falcon", "commercial", licensee=Licensee(as_of=TODAY, **said))
        return "royalty" in {duty.duty for duty in answer.obligations}

    assert owes(annual_revenue=2_000_000)
    assert not owes(annual_revenue=1_000_000)
