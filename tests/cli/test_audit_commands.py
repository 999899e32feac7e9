"""`audit`, `impact` and `diff` as a user meets them."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import yaml
from typer.testing import CliRunner

from llmreg.audit import CHECKS
from llmreg.catalog import Catalog, built_in
from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


def answer(*args):
    return json.loads(llmreg(*args).stdout)


@pytest.fixture
def tracker(tmp_path):
    """Give a catalog folder with what a tracker says of Guanaco, as the flagship case has it."""
    page = {"url": "https://example.org/guanaco", "read": "secondary", "seen": "2026-11-21", "importer": "t"}
    shared = {"source": "t", "sources": {"t": page}}
    entries = {
        "datasets/t.qlora": {"name": "QLoRA", "stub": True},
        "models/t.guanaco": {
            "name": "Guanaco",
            "licenses": {"weights": {"id": "MIT", "source": "t"}},
            "same_as": ["guanaco-33b"],
            "made_from": [
                {"relation": "trained-on", "of": of, "stage": "sft", "source": "t"} for of in ("t.qlora", "oasst1")
            ],
        },
    }
    for name, entry in entries.items():
        path = tmp_path / "catalog" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({**entry, **shared}))
    return tmp_path / "catalog"


def test_the_audit_of_a_tracker_finds_that_guanaco_has_no_base_and_qlora_is_no_dataset(tracker):
    found = answer("audit", "--catalog", tracker, "--json")
    said = {(finding["kind"], finding["id"]) for finding in found["findings"]}
    assert {("no-base", "t.guanaco"), ("method-as-asset", "t.qlora"), ("stub", "t.qlora")} <= said
    (license_,) = [
        finding
        for finding in found["findings"]
        if (finding["kind"], finding["id"], finding["text"]) == ("disagreement", "t.guanaco", "license of the weights")
    ]
    assert [side["says"] for side in license_["sides"]] == ["MIT", "llama-1", "code: MIT"]
    assert license_["sides"][0]["source"] == "https://example.org/guanaco"


def test_the_overview_shows_the_first_and_only_shows_all(built_in):
    overview = llmreg("audit").stdout
    assert "Claims on which sources disagree" in overview
    assert "more: llmreg audit --only unknown" in overview
    whole = llmreg("audit", "--only", "unknown").stdout
    assert "more: llmreg audit" not in whole
    assert whole.count("\n") > overview.count("\n") / 2
    assert "Claims on which" not in whole


def test_the_built_in_catalog_has_none_of_the_faults_it_finds_in_others():
    counts = answer("audit", "--json")["counts"]
    assert list(counts) == list(CHECKS)
    none = ("method-as-asset", "dangling")
    assert {kind: counts[kind] for kind in none} == dict.fromkeys(none, 0)


def test_whatever_the_built_in_catalog_has_without_a_base_says_that_the_base_is_unknown(built_in):
    found = answer("audit", "--only", "no-base", "--json")["findings"]
    base = re.compile("base|checkpoint|weights|language model|pretrained")
    assert [each["id"] for each in found if not any(map(base.search, built_in[each["id"]].unknown))] == []


def test_age_counts_from_the_day_asked_for():
    stale = answer("audit", "--only", "stale", "--as-of", "2028-01-01", "--json")
    assert stale["counts"]["stale"] > 400
    assert answer("audit", "--only", "stale", "--as-of", "2026-12-31", "--stale-after", "30", "--json")["counts"][
        "stale"
    ]


@pytest.mark.parametrize(("name", "begins"), [("a.html", "<!doctype html>"), ("a.md", "# Audit"), ("a.json", "{")])
def test_the_name_of_the_file_tells_the_format(tmp_path, name, begins):
    assert llmreg("audit", "-o", tmp_path / name).stdout == ""
    assert (tmp_path / name).read_text().startswith(begins)
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_the_same_goes_to_a_file_as_to_the_screen(tmp_path):
    for form in ("markdown", "html", "json"):
        llmreg("audit", "--only", "isolated", "--format", form, "-o", tmp_path / "x")
        assert (tmp_path / "x").read_text() == llmreg("audit", "--only", "isolated", "--format", form).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "no-bsae"], "no kind 'no-bsae'; did you mean 'no-base'"),
        (["--format", "xml"], "'xml' cannot be written"),
        (["-o", "x.txt"], "the name of x.txt does not tell it"),
        (["-o", "x", "--format", "table"], "'table' cannot be written; choose one of json, markdown, html"),
        (["--json", "--format", "html"], "exclude each other"),
        (["guanaco-34b"], "no entry has the id 'guanaco-34b'"),
    ],
)
def test_what_audit_cannot_do_is_told(arguments, message):
    with pytest.raises(UsageError, match=message):
        llmreg("audit", *arguments)


def test_an_audit_of_one_entry():
    found = answer("audit", "guanaco-33b", "--json")
    assert {finding["id"] for finding in found["findings"]} == {"guanaco-33b"}
    assert [row["entries"] for row in found["coverage"]] == [1, 1]


def test_markup_in_a_catalog_is_printed_as_it_stands(tmp_path):
    folder = tmp_path / "datasets"
    folder.mkdir()
    (folder / "d.yaml").write_text('{name: "[bold]x[/nope]", unknown: ["[red]rows[/]"]}')
    assert "d: [red]rows[/]" in llmreg("audit", "d", "--catalog", tmp_path).stdout


def test_impact_tells_what_lies_downstream_and_which_recipes_read_it():
    text = llmreg("impact", "oasst1").stdout
    assert "recipes read it" in text
    assert "-(derived-from)-> oasst1" in text
    found = answer("impact", "oasst1", "--json")
    assert found["supposed"] is None
    assert found["changes"] == []
    assert {"guanaco-33b", "oasst1-guanaco"} <= {each["id"] for each in found["downstream"]}


def test_impact_of_withdrawal_and_of_another_license():
    assert "If text-davinci-003 is withdrawn" in llmreg("impact", "text-davinci-003", "--withdrawn").stdout
    found = answer("impact", "llama-7b", "--relicensed", "apache 2.0", "--use", "commercial", "--json")
    assert found["supposed"] == "Apache-2.0"
    assert {"id": "llama-7b", "use": "commercial", "before": "forbidden", "after": "allowed"}.items() <= found[
        "changes"
    ][0].items()


def test_impact_of_a_license_under_any_of_its_names():
    text = llmreg("impact", "hf:cc-by-nc-4.0", "--use", "commercial").stdout
    assert text.startswith("CC-BY-NC-4.0: ")
    assert "rest on it" in text
    text = llmreg("impact", "llama-1", "--relicensed", "llama2", "--use", "commercial").stdout
    assert "If llama2 takes its place" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["oasst1", "--withdrawn", "--relicensed", "MIT"], "exclude each other"),
        (["oasst1", "--relicensed", "MTI"], "no license has the id 'MTI'; did you mean 'MIT'"),
        (["guanaco-34b"], "no entry has the id 'guanaco-34b'; entries whose name begins so: guanaco-13b"),
        (["standard"], "is a policy"),
        (["MIT", "--withdrawn"], "say with --relicensed"),
        (["oasst1", "--policy", "lax", "--withdrawn"], "no policy has the id 'lax'"),
    ],
)
def test_what_impact_cannot_answer_is_told(arguments, message):
    with pytest.raises(LlmregError, match=message):
        llmreg("impact", *arguments)


def test_impact_refuses_a_use_that_does_not_exist():
    result = llmreg("impact", "oasst1", "--use", "fun")
    assert (result.exit_code, result.stdout) == (2, "")


def test_nothing_is_made_from_a_leaf():
    assert "nothing that was made from it" in llmreg("impact", "guanaco-33b-adapter").stdout


def test_diff_shows_both_sides():
    text = llmreg("diff", "guanaco-33b", "guanaco-65b").stdout
    assert "guanaco-33b and guanaco-65b: both model" in text
    assert "adapter llama-33b" in text
    found = answer("diff", "guanaco-33b", "guanaco-65b", "--json")
    assert found["parents_of_a"] == ["adapter llama-33b"]
    assert "recipe.settings.rank" in found["same"]
    with pytest.raises(UsageError, match="did you mean 'guanaco-33b'"):
        llmreg("diff", "guanaco-33c", "guanaco-65b")


def test_diff_writes_small_numbers_as_recipes_do():
    assert re.search(r"training.learning_rate +2e-5 +1e-5\b", llmreg("diff", "alpaca-7b", "alpaca-13b").stdout)


def test_diff_of_an_entry_with_itself_says_so():
    assert "no field differs" in llmreg("diff", "mmlu-5shot", "mmlu-5shot").stdout


def test_the_commands_work_on_every_entry_of_the_catalog(built_in):
    """No entry makes them fail: what hangs on each, and each beside the next."""
    from llmreg.audit import compare, impact
    from llmreg.lineage import lineage_around
    from llmreg.schema import Asset

    ids = built_in.ids(Asset)
    for one, other in zip(ids[::5], ids[1::5], strict=False):
        found, turned = compare(built_in, one, other), compare(built_in, other, one)
        assert not {each.field for each in found.differences} & set(found.same)
        assert {(each.field, each.a, each.b) for each in found.differences} == {
            (each.field, each.b, each.a) for each in turned.differences
        }
        assert (found.parents_of_a, found.parents_of_b) == (turned.parents_of_b, turned.parents_of_a)
        assert [(each.a, each.b) for each in found.verdicts] == [(each.b, each.a) for each in turned.verdicts]
    for one in ids[::9]:
        hangs = impact(built_in, one, withdrawn=True, uses=["commercial"])
        assert {each.id for each in hangs.downstream} == set(lineage_around(built_in, [one], "down")) - {one}
        assert all((each.path[0], each.path[-1]) == (each.id, one) for each in hangs.downstream)
        assert all(each.before != each.after for each in hangs.changes)


def test_a_catalog_folder_without_assets_is_audited(tmp_path, monkeypatch):
    """Everything empty is an answer too."""
    from llmreg.audit import FORMATS, audit

    shutil.copy(built_in() / "catalog.yaml", tmp_path)
    empty = audit(Catalog(tmp_path), Catalog(tmp_path).manifest.date)
    assert {len(found) for found in empty.findings.values()} == {0}
    for form in FORMATS.values():
        assert form(empty)
