"""Duties as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmreg.duties.compute import Compute
    from llmreg.duties.judge import Duties


def text(found: Duties) -> str:
    """Write the answer, both figures with what they rest on, and every threshold with its point and date."""
    ratio = "unknown" if found.ratio is None else f"{'at most ' if _lower(found) else ''}{found.ratio:.2g}"
    lines = [
        f"{found.id} under {found.regime.name}: {found.answer}",
        found.why,
        f"compute of the entry's own training: {_figure(found.own)}",
        f"compute of its base: {_figure(found.base)}",
        f"ratio: {ratio}",
        *(
            f"threshold {name}: {f'{rule.flop:.2g} operations' if rule.flop else 'one third'}; {rule.point}; "
            f"since {rule.since}"
            for name, rule in found.regime.rules.items()
        ),
        found.regime.about,
        "Not legal advice.",
    ]
    return "\n".join(lines) + "\n"


def _lower(found: Duties) -> bool:
    return found.base is not None and found.base.at_least


def _figure(one: Compute | None) -> str:
    return "unknown" if one is None else f"{one.flop:.3g} operations ({one.of}; {one.how})"
