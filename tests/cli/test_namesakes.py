"""An id of software, a benchmark or a template is never answered for as if it were the model that is called after it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from llmreg.api import load_catalog
from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError
from llmreg.mcp import Tools

DOLLY = "'dolly' is software; models whose name begins so: dolly-v1-6b, dolly-v2-12b, dolly-v2-3b, dolly-v2-7b"
ANSWERS = (
    "check {} --use commercial", "check {} --use all --json", "check {} --use hosting --file", "compare {}",
    "compare llama-7b {} --json", "export card {}", "export cyclonedx {}", "export spdx {}", "export bibtex {}",
    "export cff {}", "export notice {}",
)  # fmt: skip
"""Commands whose answer is a verdict or a document on what is named."""
MAKE_AGAIN = ("plan {}", "plan {} --json", "reproduce {}", "reproduce {} --rehearse")


def llmreg(line):
    return CliRunner().invoke(app, line.split(), catch_exceptions=False)


@pytest.mark.parametrize(
    ("line", "named", "is_a", "models"),
    [
        *((line, "dolly", "software", "dolly-v1-6b, dolly-v2-12b") for line in ANSWERS),
        *((line, "guanaco", "a template", "guanaco-13b, guanaco-33b") for line in ANSWERS),
        (ANSWERS[0], "gpt-neox", "software", "gpt-neox-20b"),
        (ANSWERS[0], "open-flamingo", "software", "openflamingo-3b-vitl-mpt1b"),
        (ANSWERS[0], "fastchat", "software", "fastchat-t5-3b"),
        (ANSWERS[0], "dolly-v2", "a template", "dolly-v2-12b, dolly-v2-3b, dolly-v2-7b"),
    ],
)
def test_no_verdict_and_no_document_is_about_what_models_are_called_after(line, named, is_a, models):
    with pytest.raises(LlmregError) as refused:
        llmreg(line.format(named))
    assert f"{named!r}" in str(refused.value)
    assert f" is {is_a}" in str(refused.value)
    assert f"begins so: {models}" in str(refused.value)


@pytest.mark.parametrize("line", ["check {} --use commercial", "export card {}", "export notice {}"])
@pytest.mark.parametrize(
    ("named", "is_a"), [("MIT", "a license"), ("strict", "a policy"), ("mmlu-5shot", "a benchmark")]
)
def test_what_has_no_verdict_is_called_what_it_is(line, named, is_a):
    with pytest.raises(LlmregError, match=f"'{named}' is {is_a}: "):
        llmreg(line.format(named))


@pytest.mark.parametrize(("named", "is_a"), [("dolly", "software"), ("guanaco", "a template"), ("oasst1", "a dataset")])
def test_where_a_model_is_needed_the_id_of_something_else_is_called_what_it_is(named, is_a):
    with pytest.raises(UsageError, match=f"no model has the id '{named}', which is {is_a}; "):
        llmreg(f"rehearse {named}")


@pytest.mark.parametrize("line", MAKE_AGAIN)
@pytest.mark.parametrize(("named", "is_a"), [("dolly", "software"), ("guanaco", "a template"), ("MIT", "a license")])
def test_what_nobody_makes_again_is_called_what_it_is(line, named, is_a):
    with pytest.raises(UsageError, match=f"'{named}' is {is_a}: only models, their files and datasets are made again"):
        llmreg(line.format(named))


@pytest.mark.parametrize("line", ["path guanaco-33b {}", "path {} llama-7b", "graph {}"])
@pytest.mark.parametrize(("named", "is_a"), [("guanaco", "a template"), ("MIT", "a license")])
def test_what_is_no_part_of_the_lineage_is_called_what_it_is(line, named, is_a):
    with pytest.raises(LlmregError, match=f"'{named}' is {is_a}: it is no part of the lineage"):
        llmreg(line.format(named))


@pytest.mark.parametrize("line", ["graph dolly", "impact dolly", "diff dolly gpt-neox-20b", "show dolly"])
def test_an_answer_about_the_lineage_of_software_tells_of_the_models(line):
    result = llmreg(line)
    assert result.stderr == f"{DOLLY}\n"
    assert "dolly" in result.stdout


@pytest.mark.parametrize("line", [line for line in ANSWERS if "--file" not in line and "card" not in line])
def test_the_software_itself_is_named_with_its_kind(line):
    result = llmreg(line.format("software:dolly"))
    assert result.exit_code == 0
    assert "dolly" in result.stdout.lower()


def test_software_after_which_no_model_is_called_is_checked_and_called_what_it_is():
    result = llmreg("check open-assistant --use commercial")
    assert result.exit_code == 0
    assert "'open-assistant' is software: this is about its code; models made with it have verdicts" in result.stderr


def test_a_kind_before_an_id_must_be_its_own():
    with pytest.raises(UsageError, match="software:dolly-v2-12b: 'dolly-v2-12b' is a model; write dolly-v2-12b"):
        llmreg("check software:dolly-v2-12b --use commercial")
    assert json.loads(llmreg("check model:dolly-v2-12b --use research --json").stdout)["id"] == "dolly-v2-12b"
    with pytest.raises(UsageError, match="no entry has the id 'software:nosuch'"):
        llmreg("check software:nosuch --use research")


@pytest.mark.parametrize("ask", [lambda c: c.check("dolly", "commercial"), lambda c: c.verdicts("gpt-neox")])
def test_python_is_answered_no_other_way(ask):
    with pytest.raises(UsageError, match="is software; models whose name begins so"):
        ask(load_catalog())
    assert load_catalog().check("software:dolly", "commercial").verdict == "allowed"


def test_an_assistant_is_answered_no_other_way(tmp_path):
    with pytest.raises(UsageError, match="'dolly' is software; models whose name begins so"):
        Tools(load_catalog(), tmp_path).check("dolly", "commercial")


def test_weights_stand_under_the_license_of_no_software(tmp_path):
    (tmp_path / "rows.jsonl").write_text("{}\n")
    with pytest.raises(LlmregError, match="only a model or a service judges"):
        llmreg(
            f"evaluate judge {tmp_path}/rows.jsonl {tmp_path}/rows.jsonl --judge x --judge-entry stanford-alpaca "
            f"--endpoint http://127.0.0.1:9 -o {tmp_path}/o"
        )
