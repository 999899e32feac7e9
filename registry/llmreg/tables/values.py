"""How values of the catalog are written in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmreg.schema import Hardware, Result

_BEFORE = {"measured": "", "below": "less than ", "about": "about "}
_UNITS = {"percent": "%", "ratio": "", "count": ""}


def plain(value: Any) -> str:
    """Write a value in one line: lists with commas, `true` and `false`, and no digits that say nothing."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return repr(value).removesuffix(".0") if abs(value) >= 0.001 or not value else _scientific(value)
    return " ".join(str(value).split())


def _scientific(value: float) -> str:
    """Write a small number as recipes do: 2e-5."""
    digits, exponent = f"{value:.15e}".split("e")
    return f"{float(digits):.12g}e{int(exponent)}"


def rounded(count: int) -> str:
    """Write a large number to three digits, as sizes of models and of data are told: 32.5B, 1.2T."""
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if count >= size * 0.9995:
            return f"{count / size:.3g}{letter}"
    return f"{count:,}"


def machines(hardware: Hardware) -> str | None:
    """Say on what something was made, where that was published: `8 x A100-80GB`."""
    several = f"{hardware.gpus} x " if hardware.gpus and hardware.gpus > 1 else ""
    return f"{several}{hardware.gpu}" if hardware.gpu else hardware.note


def hours(hardware: Hardware) -> str | None:
    """Give the published wall-clock hours with how they are meant: `less than 12`."""
    return f"{_BEFORE[hardware.hours_are]}{hardware.hours:g}" if hardware.hours else None


def figure(result: Result) -> str:
    """Give a published figure with the band inside which a re-run counts as the same, and its unit."""
    unit = _UNITS.get(result.unit, f" {result.unit}")
    return f"{plain(result.value)}{f' ± {plain(result.tolerance)}' if result.tolerance else ''}{unit}"
