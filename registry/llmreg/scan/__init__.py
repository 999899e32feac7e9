"""Find every open model and data set that a repository uses, and say of each use whether it is allowed.

PATH --tree--> files --finders--> mentions --Judge--> findings --> table, JSON, SARIF, Markdown or a bill of materials
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.scan.finders import FINDERS
from llmreg.scan.finding import Finding, Judge
from llmreg.scan.result import FailOn, Scan
from llmreg.scan.search import search

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.licensing import Licensee
    from llmreg.scan.file import Finder
    from llmreg.uses import Use

__all__ = ["FailOn", "Finding", "Scan", "scan"]


def scan(
    catalog: Catalog,
    paths: Iterable[Path],
    use: Use,
    *,
    policy: str,
    licensee: Licensee,
    accepted: frozenset[str] = frozenset(),
    finders: tuple[Finder, ...] = FINDERS,
    others: tuple[Finder, ...] = (),
) -> Scan:
    """Return every use of a model or data set below these paths, judged for one use under one policy.

    `others` are finders of plugins, asked in addition. `accepted` are fingerprints of findings that do not fail the
    scan. Raises `LlmregError` for a path that is not there.
    """
    found = search(paths, finders, others)
    judge = Judge(catalog, use, policy, licensee)
    return Scan(
        findings=tuple(judge.findings(found.mentions)),
        files=found.files,
        skipped=dict(found.skipped),
        use=use,
        policy=policy,
        as_of=licensee.as_of.isoformat(),
        catalog_date=catalog.manifest.date.isoformat(),
        accepted=accepted,
    )
