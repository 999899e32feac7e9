"""`llmreg compare`: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json

import pytest

from llmreg.cli import main
from llmreg.tables import compare
from llmreg.tables.formats import FORMATS


@pytest.fixture
def llmreg(monkeypatch, capsys):
    """Run a command in this process; give its exit code and what it printed on both streams."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["llmreg", *arguments])
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    return run


def as_json(table):
    return json.loads(json.dumps(table.to_json()))


def test_json_is_the_whole_comparison(llmreg, built_in):
    code, out, err = llmreg("compare", "guanaco-33b", "falcon-7b", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == as_json(compare(built_in, ["guanaco-33b", "falcon-7b"]))


@pytest.mark.parametrize("name", ["text", "markdown", "csv", "html", "latex"])
def test_each_format_can_be_written_to_a_file(llmreg, built_in, tmp_path, name):
    file = tmp_path / "table"
    assert llmreg("compare", "oasst1", "alpaca-52k", "--format", name, "-o", str(file)) == (0, "", "")
    assert file.read_text(encoding="utf-8") == FORMATS[name](compare(built_in, ["oasst1", "alpaca-52k"]))


def test_without_a_file_a_format_is_printed(llmreg, built_in):
    assert llmreg("compare", "oasst1", "--format", "csv")[1] == FORMATS["csv"](compare(built_in, ["oasst1"]))


def test_rows_and_policy_are_chosen(llmreg, built_in):
    _, out, _ = llmreg(
        "compare", "alpaca-7b", "--only", "size,verdict", "--only", "method", "--policy", "strict", "--json"
    )
    table = compare(built_in, ["alpaca-7b"], policy="strict", only=["size", "verdict", "method"])
    assert json.loads(out) == as_json(table)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["compare"], 2, "Missing argument"),
        (["compare", "guanco-33b"], 2, "did you mean 'guanaco-33b'"),
        (["compare", "MIT"], 2, "'MIT' is a license"),
        (["compare", "oasst1", "--format", "pdf"], 2, "choose one of text, markdown, csv, html, latex"),
        (["compare", "oasst1", "--only", "licence"], 2, "did you mean 'license'"),
        (["compare", "oasst1", "--json", "--format", "csv"], 2, "exclude each other"),
        (["compare", "oasst1", "--policy", "lax"], 2, "no policy has the id 'lax'"),
    ],
)
def test_wrong_input_gets_a_message_and_a_code(llmreg, arguments, code, words):
    got, out, err = llmreg(*arguments)
    assert (got, out) == (code, "")
    assert words in err
