"""`llmreg.lock`: what each name meant when it was last looked at, so that a change does not go unseen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError, UsageError
from llmreg.files import write_text
from llmreg.schema import Asset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmreg.catalog import Catalog
    from llmreg.scan.result import Scan

NAME = "llmreg.lock"
_VERSION = 1
_FIELDS = ("entry", "revision", "license", "verdict")


def pinned(catalog: Catalog, scan: Scan) -> dict[str, dict[str, Any]]:
    """Return for each name the entry that it means, with its revision, licenses and verdict."""
    found: dict[str, dict[str, Any]] = {}
    for finding in scan.findings:
        entry = catalog[finding.entry] if finding.entry else None
        licenses = entry.license_claims() if entry else {}
        found[f"{finding.kind} {finding.id}"] = {
            "entry": finding.entry,
            "revision": entry.revision if isinstance(entry, Asset) else None,
            "license": {part: sorted(claim.id for claim in claims) for part, claims in sorted(licenses.items())},
            "verdict": finding.verdict,
        }
    return dict(sorted(found.items()))


def write_lock(path: Path, catalog: Catalog, scan: Scan) -> None:
    """Write the lock file of a scan, atomically."""
    said = {"schema_version": _VERSION, "use": scan.use, "policy": scan.policy, "names": pinned(catalog, scan)}
    write_text(path, json.dumps(said, indent=1, ensure_ascii=False) + "\n")


def read_lock(path: Path) -> Mapping[str, Any]:
    """Return what a lock file pins; raise `UsageError` where there is none, `LlmregError` where it is broken."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such lock file; `llmreg scan --write-lock` writes one")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["schema_version"] != _VERSION:
            raise LlmregError(f"{path}: written by another version of llmreg; write it again with --write-lock")
        if not all(isinstance(said["names"][name], dict) for name in said["names"]):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LlmregError(f"{path}: not a lock file of llmreg; remove it and write it with --write-lock") from None
    return said  # type: ignore[no-any-return]


def changes(locked: Mapping[str, Any], catalog: Catalog, scan: Scan) -> Iterator[str]:
    """Yield in words what differs from the lock file: names that are new or gone, and what changed of the others."""
    for word in ("use", "policy"):
        if locked.get(word) != getattr(scan, word):
            yield f"the lock is for the {word} {locked.get(word)}, this scan for {getattr(scan, word)}"
    now, then = pinned(catalog, scan), locked["names"]
    for name in sorted(now.keys() | then.keys()):
        if name not in then:
            yield f"{name}: not in the lock"
        elif name not in now:
            yield f"{name}: in the lock, and no longer used"
        else:
            for field in _FIELDS:
                if now[name][field] != then[name].get(field):
                    yield f"{name}: {field} was {_said(then[name].get(field))}, is {_said(now[name][field])}"


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
