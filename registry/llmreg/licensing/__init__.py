"""License verdicts over the lineage: reached from the catalog alone, before any plugin is loaded."""

from __future__ import annotations

from llmreg.licensing.changes import Change, changes
from llmreg.licensing.check import DEFAULT_POLICY, Checker, check
from llmreg.licensing.licensee import Grant, Licensee, read_licensee
from llmreg.licensing.verdict import (
    ANSWERS,
    DISCLAIMER,
    EXIT_CODES,
    Answer,
    Conflict,
    Obligation,
    Reason,
    Verdict,
    worst,
)

__all__ = [
    "ANSWERS", "DEFAULT_POLICY", "DISCLAIMER", "EXIT_CODES", "Answer", "Change", "Checker", "Conflict", "Grant",
    "Licensee", "Obligation", "Reason", "Verdict", "changes", "check", "read_licensee", "worst",
]  # fmt: skip
