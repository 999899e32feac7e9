"""Every hook is documented, offered under `llmreg`, and shown at work in the documentation or its example packages."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import llmreg
from llmreg import hookspecs

DOCS = Path(__file__).parents[1] / "docs"
HOOKS = [name for name, member in vars(hookspecs).items() if hasattr(member, "llmreg_spec")]


def test_there_are_hooks_to_check():
    assert "register_methods" in HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_the_hook_says_what_it_is_for(hook):
    assert inspect.getdoc(getattr(hookspecs, hook)).endswith(".")


@pytest.mark.parametrize("hook", HOOKS)
def test_the_documentation_implements_and_explains_the_hook(hook):
    pages = [*DOCS.glob("*.md"), *DOCS.glob("examples/*/*.py")]
    assert any(f"def {hook}(" in page.read_text(encoding="utf-8") for page in pages)
    assert any(f"`{hook}`" in page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))


def test_plugins_mark_their_hooks_with_the_public_name():
    assert llmreg.hookimpl is hookspecs.hookimpl
