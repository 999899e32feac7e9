"""No option of any command loses a value: written twice, alone where it needs another, or beside one that rules it out."""

from __future__ import annotations

import os
import re

import pytest
import typer.main
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.cli.groups import Command
from llmreg.errors import UsageError


def llmreg(*args):
    return CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)


def commands(command, words=()):
    if not hasattr(command, "commands"):
        yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
OPTIONS = [
    (words, option)
    for words, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option"
]
SINGLE = [(words, option) for words, option in OPTIONS if not option.multiple and not option.is_flag]
SWITCHES = [(words, option) for words, option in OPTIONS if option.is_flag and option.secondary_opts]
FLAGS = [(words, option) for words, option in OPTIONS if option.is_flag and not option.secondary_opts]


def name(value):
    return " ".join(value) if isinstance(value, tuple) else max(value.opts, key=len)


def test_there_are_options_of_each_kind_to_try():
    assert len(COMMANDS) > 30
    assert len(SINGLE) > 100
    assert SWITCHES
    assert FLAGS
    assert all(type(command) is Command for command in COMMANDS.values())


@pytest.mark.parametrize(("words", "option"), SINGLE, ids=name)
def test_an_option_of_one_value_that_is_written_twice_is_refused_by_its_name(words, option):
    long, any_ = max(option.opts, key=len), option.opts[0]
    with pytest.raises(UsageError, match=rf"^{re.escape(long)} is written 2 times, and takes one value") as caught:
        llmreg(*words, any_, "a", f"{long}=b" if long.startswith("--") else long)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("words", "option"), SWITCHES, ids=name)
def test_a_switch_and_its_opposite_are_refused(words, option):
    with pytest.raises(UsageError, match="is written 2 times"):
        llmreg(*words, option.opts[0], option.secondary_opts[0])


def test_a_flag_that_is_written_twice_says_the_same():
    assert llmreg("list", "licenses", "--json", "--json").exit_code == 0


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_debug(words, monkeypatch):
    monkeypatch.setenv("LLMREG_DEBUG", "")
    assert llmreg(*words, "--debug", "--help").exit_code == 0
    assert os.environ["LLMREG_DEBUG"] == "1"


def test_debug_may_stand_before_the_command_and_after_a_group(monkeypatch):
    for args in (["--debug", "list", "policies"], ["evaluate", "--debug", "elo", "-h"], ["audit", "--debug", "-h"]):
        monkeypatch.setenv("LLMREG_DEBUG", "")
        assert llmreg(*args).exit_code == 0
        assert os.environ["LLMREG_DEBUG"] == "1"


def test_a_value_that_looks_like_debug_is_a_value(monkeypatch):
    monkeypatch.setenv("LLMREG_DEBUG", "")
    with pytest.raises(UsageError, match="no license has the id '--debug'"):
        llmreg("impact", "llama-7b", "--relicensed", "--debug")
    assert os.environ["LLMREG_DEBUG"] == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("check guanaco-33b --use research --all --file", "--file and --all exclude each other"),
        ("compare llama-7b --json --format csv", "--json and --format exclude each other"),
        ("impact mit --withdrawn --relicensed mit", "--relicensed and --withdrawn exclude each other"),
        ("graph --depth 1", "--depth goes with ID; add ID, or leave --depth out"),
        ("graph --down", "--down goes with ID"),
        ("graph llama-7b --up --down", "--up and --down exclude each other"),
        ("graph llama-7b --both --down", "--down and --both exclude each other"),
        ("graph llama-7b --policy strict", "--policy goes with --use"),
        ("reproduce guanaco-33b --dry-run", "--dry-run goes with --launch"),
        ("reproduce guanaco-33b --gpu h200", "--gpu goes with --launch"),
        ("reproduce guanaco-33b --nodes 2", "--nodes goes with --launch"),
        ("reproduce guanaco-33b --rehearse --base .", "--base and --rehearse exclude each other"),
        ("reproduce guanaco-33b --rehearse --data x", "--data and --rehearse exclude each other"),
        ("reproduce guanaco-33b --rehearse --launch slurm", "--launch and --rehearse exclude each other"),
        ("reproduce guanaco-33b --launch slurm --json", "--json and --launch exclude each other"),
        ("site out --reference x", "--reference goes with --ratings"),
        ("site out --answers x", "--answers goes with --ratings"),
        ("audit results --answers x", "--answers goes with --ratings"),
        ("evaluate model x --lm-eval ,", "--lm-eval: a name is empty"),
        ("evaluate judge x --judge m -o o --key-env K", "--key-env goes with --endpoint"),
        ("evaluate judge x --judge m -o o --seed 3", "--seed goes with --endpoint"),
        ("evaluate elo x --plot a.svg --matrix ./a.svg", "two pictures cannot go into one file"),
        ("list methods --catalog x", "no catalog holds any"),
        ("compare llama-7b --only ,", "--only: a name is empty"),
        ("audit --only stale,,no-base", "--only: a name is empty"),
        ("impact llama-7b --use research,", "--use: a name is empty"),
        ("plan nano-lora --set rank=1 --set rank=2", "--set: rank is given as '1' and as '2'; give one of them"),
        ("evaluate elo x --name a=b --name a=c", "no such file or folder|--name: a is given as 'b' and as 'c'"),
    ],
)  # fmt: skip
def test_an_option_that_would_be_ignored_is_refused(args, message):
    with pytest.raises(UsageError, match=message):
        llmreg(*args.split())


def test_a_list_with_commas_names_several():
    whole = llmreg("audit", "--only", "stale,no-base", "--json").stdout
    assert whole == llmreg("audit", "--only", "stale", "--only", "no-base", "--json").stdout


def test_a_notice_as_json_goes_to_the_file_that_is_named(tmp_path):
    out = tmp_path / "notice.json"
    said = llmreg("export", "notice", "guanaco-33b", "--json", "-o", out)
    assert said.stdout == ""
    assert out.read_text() == llmreg("export", "notice", "guanaco-33b", "--json").stdout
