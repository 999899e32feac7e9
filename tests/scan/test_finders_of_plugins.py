"""Finders come in through a hook: a plugin's is asked next to llmreg's own, and a bad one is named."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

import llmreg
from llmreg import finders
from llmreg.errors import LlmregError
from llmreg.scan.file import Finder, named
from llmreg.scan.finders import FINDERS
from llmreg.scan.search import search

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def words(file: Any) -> Any:
    return file.mention(file.text.strip(), (1, 1), "model", "config")


def broken(file: Any) -> Any:
    raise ZeroDivisionError("oh")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    points: list[EntryPoint] = []
    monkeypatch.setattr(finders, "entry_points", lambda *, group: points)

    def install(name: str, answer: Any) -> None:
        module = types.ModuleType(f"plugin_{name}")
        module.register_finders = llmreg.hookimpl(lambda: answer)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points.append(EntryPoint(name, module.__name__, "llmreg"))

    return install


def test_own_finders_come_in_by_the_hook(install: Callable[..., None]) -> None:
    assert finders.load() == finders.Finders(FINDERS, (), ())


def test_a_finder_of_a_plugin_reads_files_next_to_the_own(install: Callable[..., None], tmp_path: Path) -> None:
    install("good", [Finder("good", named(suffixes=(".fetch", ".py")), words)])
    found = finders.load()
    (tmp_path / "a.fetch").write_text("a-x/b-7b\n")
    (tmp_path / "b.py").write_text('m.from_pretrained("c-x/d-7b")\n')
    mentions = search([tmp_path], found.own, found.others).mentions
    assert [each.id for each in mentions] == ["a-x/b-7b", "c-x/d-7b"]


def test_a_conflict_names_both_providers(install: Callable[..., None]) -> None:
    install("one", [Finder("same", named("x"), words)])
    install("two", [Finder("same", named("x"), words)])
    found = finders.load()
    assert found.others == ()
    (fault,) = found.faults
    assert "'one'" in fault
    assert "'two'" in fault


def test_no_plugin_takes_the_place_of_an_own_finder(install: Callable[..., None]) -> None:
    install("thief", [Finder("python", named("x"), words)])
    found = finders.load()
    assert (found.own, found.others) == (FINDERS, ())
    assert "'thief'" in found.faults[0]


@pytest.mark.parametrize("answer", [None, 3, "x", [3], [Finder], [Finder("", named("x"), words)]])
def test_a_wrong_offer_is_named(answer: Any, install: Callable[..., None]) -> None:
    install("odd", answer)
    found = finders.load()
    assert found.others == ()
    assert answer is None or "'odd'" in found.faults[0]


@pytest.mark.parametrize("finder", [Finder("bad", named("x"), broken), Finder("bad", broken, words)])
def test_a_finder_that_fails_stops_the_scan_by_its_name(finder: Finder, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a-x/b-7b")
    with pytest.raises(LlmregError, match=r"'bad'.*ZeroDivisionError"):
        search([tmp_path], FINDERS, (finder,))
