"""A baseline: findings that somebody accepts, with the reason and until when, so that only new ones fail."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from llmreg.catalog.load import validated
from llmreg.catalog.yaml import read
from llmreg.errors import UsageError
from llmreg.files import write_text
from llmreg.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llmreg.scan.finding import Finding


class Accepted(Strict):
    """One finding that is accepted."""

    fingerprint: str
    id: str
    path: str
    reason: str
    who: str
    until: date | None = None
    """The last day on which it counts; None for good."""


class Baseline(Strict):
    """The findings that are accepted."""

    accepted: tuple[Accepted, ...] = ()


def read_baseline(path: Path, today: date) -> tuple[frozenset[str], list[Accepted]]:
    """Return the fingerprints that are accepted today, and those whose time is over.

    Raises `UsageError` where there is no such file and `CatalogError`, with each line, where it is malformed.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such baseline; `llmreg scan --write-baseline {path}` writes one")
    found = validated(read(path), Baseline, {})
    over = [each for each in found.accepted if each.until and each.until < today]
    return frozenset(each.fingerprint for each in found.accepted if each not in over), over


def write_baseline(path: Path, findings: Iterable[Finding], *, reason: str, who: str, until: date | None) -> int:
    """Accept these findings in a file, next to those that it accepts already; return how many are new."""
    before = validated(read(path), Baseline, {}).accepted if path.is_file() else ()
    known = {each.fingerprint for each in before}
    new = [
        Accepted(fingerprint=each.fingerprint, id=each.id, path=each.path, reason=reason, who=who, until=until)
        for each in findings
        if each.fingerprint not in known
    ]
    rows: list[dict[str, Any]] = [each.model_dump(mode="json", exclude_none=True) for each in (*before, *new)]
    write_text(path, yaml.safe_dump({"accepted": rows}, sort_keys=False, allow_unicode=True, width=110))
    return len(new)
