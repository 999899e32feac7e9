"""Every hook is documented, offered under `llmreg`, and shown at work in the example package."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import llmreg
from llmreg import hookspecs

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "llmreg-ia3"
HOOKS = [name for name, member in vars(hookspecs).items() if hasattr(member, "llmreg_spec")]


def test_there_are_hooks_to_check():
    assert "register_methods" in HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_the_hook_says_what_it_is_for(hook):
    assert inspect.getdoc(getattr(hookspecs, hook)).endswith(".")


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_package_implements_and_explains_the_hook(hook):
    assert f"def {hook}(" in (EXAMPLE / "llmreg_ia3.py").read_text(encoding="utf-8")
    assert hook in (EXAMPLE / "README.md").read_text(encoding="utf-8")


def test_plugins_mark_their_hooks_with_the_public_name():
    assert llmreg.hookimpl is hookspecs.hookimpl
