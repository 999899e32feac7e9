"""Gather the finders that plugins offer to `llmreg scan`; llmreg's own come in by the same hook.

entry points --register_finders--> finders by name, and in words what is wrong with any
"""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pluggy

from llmreg import hookspecs
from llmreg.plugins import GROUP
from llmreg.scan.file import Finder

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = EntryPoint("llmreg", "llmreg.scan.finders", GROUP)
"""What the core itself offers; it needs no announcement."""


@dataclass(frozen=True)
class Finders:
    """The finders that a scan asks."""

    own: tuple[Finder, ...]
    """llmreg's, of which the first that takes a file reads it."""
    others: tuple[Finder, ...]
    """Those of plugins, each of which reads every file that it takes."""
    faults: tuple[str, ...]
    """Why a plugin's finder is not asked."""


def load() -> Finders:
    """Ask every installed plugin for its finders; one that cannot be used is named among the faults."""
    offers: defaultdict[str, list[tuple[str, Finder]]] = defaultdict(list)
    faults: list[str] = []
    with redirect_stdout(sys.stderr):
        for point in (OWN, *sorted(entry_points(group=GROUP), key=lambda each: each.name)):
            provider = "llmreg" if point is OWN else f"plugin {point.name!r} of {_distribution(point)}"
            for offered in _offered(point, provider):
                if isinstance(offered, str):
                    faults.append(offered)
                else:
                    offers[offered.name].append((provider, offered))
    for name, claims in offers.items():
        if len(claims) > 1 and claims[0][0] != "llmreg":
            faults.append(f"{_and(claims)} both offer the finder {name!r}; neither is used: uninstall or rename one")
        elif len(claims) > 1:
            faults.append(f"{_and(claims)} both offer the finder {name!r}; llmreg's is used: rename the other")
    own = [claims[0][1] for claims in offers.values() if claims[0][0] == "llmreg"]
    others = [claims[0][1] for claims in offers.values() if len(claims) == 1 and claims[0][0] != "llmreg"]
    return Finders(tuple(own), tuple(others), tuple(faults))


def _and(claims: list[tuple[str, Finder]]) -> str:
    return " and ".join(provider for provider, _ in claims)


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"


def _offered(point: EntryPoint, provider: str) -> Iterator[Finder | str]:
    """Yield the finders of one plugin, asked in a manager of its own, and in words what is wrong."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(point.load(), name=point.name)
        answers: list[Any] = manager.hook.register_finders()
    except (Exception, SystemExit) as error:
        yield f"{provider}: its finders cannot be had: {type(error).__name__}: {error}"
        return
    for answer in answers:
        if not isinstance(answer, list | tuple):
            yield f"{provider}: register_finders returns no list; let it return a list of llmreg.scan.file.Finder"
            continue
        for each in answer:
            yield each if _is_finder(each) else f"{provider}: {each!r} is no llmreg.scan.file.Finder with a name"


def _is_finder(each: Any) -> bool:
    return isinstance(each, Finder) and isinstance(each.name, str) and bool(each.name)
