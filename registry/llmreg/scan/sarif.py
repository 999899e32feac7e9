"""SARIF 2.1.0, which code scanning reads: a result for each finding, with a fingerprint that outlives moved lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmreg.licensing.verdict import ANSWERS, DISCLAIMER

if TYPE_CHECKING:
    from llmreg.licensing import Answer
    from llmreg.scan.finding import Finding
    from llmreg.scan.result import Scan

_LEVELS: dict[Answer, str] = {
    "allowed": "none",
    "allowed-with-conditions": "note",
    "unclear": "warning",
    "forbidden": "error",
}
_SAYS: dict[Answer, str] = {
    "allowed": "The license allows this use.",
    "allowed-with-conditions": "The license allows this use on conditions.",
    "unclear": "Whether this use is allowed is unclear.",
    "forbidden": "The license forbids this use.",
}
_HOME = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def to_sarif(scan: Scan) -> str:
    """Return the scan as a SARIF log."""
    from llmreg import __version__

    driver = {"name": "llmreg", "version": __version__, "rules": [_rule(answer) for answer in ANSWERS]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder that was scanned."}}},
        "results": [_result(each, scan) for each in scan.findings],
        "properties": {"summary": scan.summary(), "skipped": dict(scan.skipped)},
    }
    return json.dumps({"$schema": _HOME, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(answer: Answer) -> dict[str, Any]:
    return {
        "id": f"model-license/{answer}",
        "shortDescription": {"text": _SAYS[answer]},
        "fullDescription": {"text": f"{_SAYS[answer]} The verdict covers the whole lineage; {DISCLAIMER}."},
        "defaultConfiguration": {"level": _LEVELS[answer]},
    }


def _result(finding: Finding, scan: Scan) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column, "endColumn": finding.column + len(finding.id)}
    result: dict[str, Any] = {
        "ruleId": f"model-license/{finding.verdict}",
        "ruleIndex": ANSWERS.index(finding.verdict),
        "level": _LEVELS[finding.verdict],
        "message": {"text": f"{finding.id} for {scan.use} use: {finding.verdict}. {finding.reason}."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.path), "uriBaseId": "SRCROOT"},
                    "region": region,
                }
            }
        ],
        "partialFingerprints": {"llmreg/v1": finding.fingerprint},
        "properties": {
            "kind": finding.kind,
            "how": finding.how,
            "entry": finding.entry,
            "tier": finding.tier,
            "duties": [*finding.duties],
        },
    }
    if finding.fingerprint in scan.accepted:
        result["suppressions"] = [{"kind": "external", "justification": "accepted by the baseline"}]
    return result
