"""`llmreg methods` shows settings as one fills them in, and names what is broken without failing."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Annotated, Literal

import pytest
from pydantic import Field
from typer.testing import CliRunner

import llmreg
from llmreg import plugins
from llmreg.cli.app import app
from llmreg.plugins import Fault, Offer, Plugins


class Sample(llmreg.Method):
    """Does a little.

    And more.
    """

    name = "sample"
    paper = "https://example.org/paper"

    rank: Annotated[int, Field(ge=1, le=64)] = 8
    """Inner [width]."""
    kind: Literal["a", "b"]
    """Which of two."""
    targets: tuple[str, ...] | Literal["all"] = ("q", "v")
    seed: int | None = None
    on: bool = True


FAULT = Fault("broken", "llmreg-broken 1.0", "does not import: ValueError")


@pytest.fixture
def show(monkeypatch):
    def show(*arguments, offers=(Sample,), faults=()):
        found = {
            method.name: Offer("method", method.name, method, "p", "llmreg-sample", "1.0", "llmreg_sample")
            for method in offers
        }
        monkeypatch.setattr(plugins, "load", lambda: Plugins(MappingProxyType(found), faults=tuple(faults)))
        done = CliRunner().invoke(app, ["methods", *arguments], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return done

    return show


def test_json_holds_everything_and_nothing_else_is_on_standard_output(show):
    printed = json.loads(show("--json", faults=[FAULT]).stdout)
    (method,) = printed["methods"]
    settings = {setting.pop("name"): setting for setting in method.pop("settings")}
    assert method == {
        "name": "sample", "summary": "Does a little.", "paper": "https://example.org/paper", "needs_base": True,
        "identity_at_start": True, "plugin": "p", "distribution": "llmreg-sample", "version": "1.0",
        "module": "llmreg_sample",
    }  # fmt: skip
    assert settings["rank"] == {
        "type": "int, >= 1, <= 64", "required": False, "default": 8, "description": "Inner [width].",
    }  # fmt: skip
    assert settings["kind"] == {"type": "a | b", "required": True, "default": None, "description": "Which of two."}
    assert (settings["targets"]["type"], settings["targets"]["default"]) == ("tuple of str | all", ["q", "v"])
    assert (settings["seed"]["type"], settings["seed"]["default"]) == ("int | none", None)
    (fault,) = printed["faults"]
    assert fault == {
        "plugin": "broken", "distribution": "llmreg-broken 1.0", "message": "does not import: ValueError",
        "kind": None, "name": None,
    }  # fmt: skip


def test_the_table_shows_provider_settings_and_defaults(show):
    out = show().stdout
    pieces = (
        "sample", "Does a little.", "llmreg-sample 1.0", "int, >= 1, <= 64", "(needed)", "q, v", "[width]", "true",
    )  # fmt: skip
    assert [piece for piece in pieces if piece not in out] == []
    assert "And more" not in out


def test_a_broken_plugin_is_a_warning_on_standard_error(show):
    done = show(faults=[FAULT])
    assert "warning: plugin 'broken' of llmreg-broken 1.0: does not import" in done.stderr
    assert "broken" not in done.stdout


def test_no_method_at_all_is_said(show):
    assert "no method is installed" in show(offers=()).stderr
