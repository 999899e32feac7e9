"""`llmreg list --where`: keys that are known, values in any case, and a license that is that of the thing itself."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.cli.where import KEYS
from llmreg.errors import UsageError


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


def found(kind, *where):
    words = [word for each in where for word in ("--where", each)]
    return {row["id"]: row for row in json.loads(llmreg("list", kind, *words, "--json").stdout)}


@pytest.mark.parametrize("key", ["license", "licenses", "LICENSE"])
@pytest.mark.parametrize("name", ["Apache-2.0", "apache-2.0", "apache 2.0"])
def test_license_means_that_of_the_weights(key, name):
    rows = found("models", f"{key}={name}")
    assert "pythia-12b" in rows
    assert "weights Apache-2.0" in rows["pythia-12b"]["licenses"]
    assert not {"alpaca-13b", "guanaco-33b"} & set(rows)


def test_licenses_of_other_parts_have_keys_of_their_own():
    assert "alpaca-13b" in found("models", "code-license=Apache-2.0")
    assert "guanaco-33b" in found("models", "adapter-license=Apache-2.0")
    assert {"guanaco-33b-adapter"} == {
        id_ for id_ in found("models", "license=Apache-2.0") if id_.startswith("guanaco-33")
    }
    assert "guanaco-33b-adapter" not in found("models", "code-license=MIT")
    assert "oasst1" in found("datasets", "license=apache-2.0")


def test_a_part_of_an_expression_is_a_license_too():
    assert "koala-13b" in found("models", "license=openai-tos")


def test_a_year_and_a_month_mean_their_days():
    year, month = found("models", "released=2023"), found("models", "released=2023-03")
    assert {row["released"][:4] for row in year.values()} == {"2023"}
    assert {row["released"][:7] for row in month.values()} == {"2023-03"}
    assert set(month) < set(year)
    day = next(iter(month.values()))["released"]
    assert found("models", f"released={day}")


@pytest.mark.parametrize(
    ("kind", "where", "one"),
    [
        ("models", "method=QLoRA", "guanaco-33b"),
        ("models", "name=guanaco", "guanaco-33b"),
        ("models", "id=Guanaco-33B", "guanaco-33b"),
        ("models", "hub=TimDettmers/guanaco-33b", "guanaco-33b"),
        ("models", "made-from=llama-33b", "guanaco-33b"),
        ("models", "made_from=huggyllama/llama-30b", "guanaco-33b"),
        ("models", "file_of=guanaco-33b", "guanaco-33b-adapter"),
        ("models", "parameters=32,528,943,616", "llama-33b"),
        ("datasets", "rows=52002", "alpaca-52k"),
        ("licenses", "category=Permissive", "MIT"),
    ],
)
def test_a_value_is_found_in_any_case(kind, where, one):
    assert one in found(kind, where)


def test_several_must_all_hold():
    rows = found("models", "method=qlora", "made-from=llama-33b", "made-from=oasst1-guanaco")
    assert set(rows) == {"guanaco-33b"}


@pytest.mark.parametrize(
    ("kind", "where", "message"),
    [
        ("models", "nonsense=1", "no key 'nonsense'; the keys here are id, name, released, license, code-license,"),
        ("models", "licence=MIT", "no key 'licence'; did you mean 'license'"),
        ("models", "rows=1", "no key 'rows'"),
        ("licenses", "method=lora", "no key 'method'; the keys here are id, name, category"),
        ("methods", "license=MIT", "no key 'license'; the keys here are name, plugin, distribution"),
        ("models", "license", "takes KEY=VALUE, not 'license'"),
        ("models", "license=", "takes KEY=VALUE, not 'license='"),
        ("models", "=MIT", "takes KEY=VALUE"),
        ("models", "license=MTI", "no license has the id 'MTI'; did you mean 'MIT'"),
        ("models", "license=foo", "no license has the id 'foo'; `llmreg list licenses` lists them"),
        ("models", "released=May 2023", "released takes YYYY, YYYY-MM or YYYY-MM-DD"),
        ("models", "parameters=7B", "parameters takes a whole number"),
        ("models", "parameters=" + "9" * 5000, "parameters takes a whole number"),
        ("models", "made-from=lama-7b", "no entry has the id 'lama-7b'; did you mean 'llama-7b'"),
    ],
)
def test_what_cannot_be_is_refused(kind, where, message):
    with pytest.raises(UsageError, match=message):
        llmreg("list", kind, "--where", where)


def test_a_value_that_no_entry_has_says_which_there_are():
    result = llmreg("list", "--where", "method=loar", "--json")
    assert json.loads(result.stdout) == []
    assert "--where method=loar: no entry has this value; there are dpo, full," in result.stderr
    assert "did you mean 'guanaco-33b'" in llmreg("list", "--where", "id=guanco-33b").stderr
    assert llmreg("list", "--where", "method=qlora", "--where", "released=2021").stderr == ""


def test_methods_are_kept_by_their_values_too():
    assert [row["name"] for row in json.loads(llmreg("list", "methods", "--where", "name=LoRA", "--json").stdout)] == [
        "lora"
    ]
    assert llmreg("list", "methods", "--where", "name=x").stdout == "no methods match\n"


def test_the_help_names_every_key():
    said = " ".join(llmreg("list", "--help").stdout.split())
    assert all(key in said for key in KEYS)
