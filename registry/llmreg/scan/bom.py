"""The bill of materials of a repository: CycloneDX 1.6, with the places at which each model or data set is used."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from llmreg.exporters.cyclonedx import bill, component, tool
from llmreg.exporters.dossier import dossier
from llmreg.licensing.verdict import DISCLAIMER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmreg.catalog import Catalog
    from llmreg.scan.finding import Finding
    from llmreg.scan.result import Scan

_TYPES = {"model": "machine-learning-model", "dataset": "data"}


def to_cyclonedx(catalog: Catalog, scan: Scan) -> str:
    """Return the bill as JSON: what an entry stands for with its one concluded license, all else without a license."""
    file = dossier(catalog, scan.policy)
    found = sorted(scan.findings, key=_key)
    parts = [_with_places(_part(file, key, each), each) for key, each in _groups(found)]
    about = {"use": scan.use, "policy": scan.policy, "as-of": scan.as_of, "catalog-date": scan.catalog_date}
    about["disclaimer"] = DISCLAIMER
    metadata = {
        "timestamp": f"{scan.catalog_date}T00:00:00Z",
        "tools": {"components": [tool()]},
        "component": {"type": "application", "bom-ref": "llmreg:scanned", "name": "the scanned repository"},
        "properties": [{"name": f"llmreg:{name}", "value": value} for name, value in about.items()],
    }
    needs = sorted(part["bom-ref"] for part in parts)
    content = {
        "metadata": metadata,
        "components": parts,
        "dependencies": [{"ref": "llmreg:scanned", "dependsOn": needs}],
        "compositions": [{"aggregate": "incomplete", "dependencies": ["llmreg:scanned"]}],
    }
    shown = bill({name: part for name, part in content.items() if part})
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.entry or "", "" if finding.entry else finding.kind, "" if finding.entry else finding.id)


def _groups(found: list[Finding]) -> list[tuple[tuple[str, str, str], list[Finding]]]:
    return [(key, [*several]) for key, several in groupby(found, key=_key)]


def _part(file: Any, key: tuple[str, str, str], found: list[Finding]) -> dict[str, Any]:
    entry, kind, name = key
    if entry:
        # What the entry was made from is in its own bill (`llmreg export cyclonedx`), not in this one.
        return dict(component(file, entry))
    return {"type": _TYPES[found[0].kind], "bom-ref": f"llmreg:unknown:{kind}:{name}", "name": name}


def _with_places(part: dict[str, Any], found: Iterable[Finding]) -> dict[str, Any]:
    places = sorted({(each.path, each.line, each.how, each.id) for each in found})
    first = next(iter(found))
    said = [("use:verdict", first.verdict), ("use:reason", first.reason), ("use:tier", first.tier or "none")]
    properties = [*part.get("properties", ()), *({"name": f"llmreg:{name}", "value": text} for name, text in said)]
    shown = [
        {
            "bom-ref": f"{part['bom-ref']}:{number}",
            "location": path,
            "line": line,
            "additionalContext": f"{how} as {name}",
        }
        for number, (path, line, how, name) in enumerate(places)
    ]
    return {**part, "properties": properties, "evidence": {**part.get("evidence", {}), "occurrences": shown}}
