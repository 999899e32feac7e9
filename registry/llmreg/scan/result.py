"""The result of a scan: findings, what was left out, and whether it fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from llmreg.licensing import EXIT_CODES
from llmreg.licensing.verdict import ANSWERS, DISCLAIMER, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmreg.licensing import Answer
    from llmreg.scan.finding import Finding
    from llmreg.uses import Use

FailOn = Literal["unclear", "forbidden", "never"]
"""The mildest verdict that fails a scan."""
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Scan:
    """What a scan found."""

    findings: tuple[Finding, ...]
    files: int
    skipped: Mapping[str, int]
    """Files and folders left out, by reason."""
    use: Use
    policy: str
    as_of: str
    catalog_date: str
    accepted: frozenset[str] = frozenset()
    """Fingerprints of findings that a baseline accepts."""

    @property
    def counted(self) -> tuple[Finding, ...]:
        """Return the findings that can fail the scan: uses that no baseline accepts."""
        return tuple(
            each for each in self.findings if each.how != "mentioned" and each.fingerprint not in self.accepted
        )

    def exit_code(self, fail_on: FailOn) -> int:
        """Return 0, 3 or 4: the code of the worst verdict, if it is as bad as `fail_on` or worse."""
        if fail_on == "never":
            return 0
        answer: Answer = worst([each.verdict for each in self.counted])
        return EXIT_CODES[answer] if ANSWERS.index(answer) >= ANSWERS.index(fail_on) else 0

    def summary(self) -> dict[str, Any]:
        """Return the counts and the basis of the scan."""
        verdicts = Counter(each.verdict for each in self.findings)
        return {
            "files": self.files,
            "findings": len(self.findings),
            "entries": len({each.entry for each in self.findings if each.entry}),
            "unknown": len({each.id for each in self.findings if not each.entry}),
            "accepted": sum(each.fingerprint in self.accepted for each in self.findings),
            "verdicts": {answer: verdicts[answer] for answer in ANSWERS},
            "use": self.use,
            "policy": self.policy,
            "as_of": self.as_of,
            "catalog_date": self.catalog_date,
            "disclaimer": DISCLAIMER,
        }

    def to_json(self) -> dict[str, Any]:
        """Return what `llmreg scan --format json` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            "findings": [each.to_json() for each in self.findings],
            "skipped": dict(self.skipped),
            "summary": self.summary(),
        }
