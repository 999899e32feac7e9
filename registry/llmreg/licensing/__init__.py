"""License verdicts over the lineage: reached from the catalog alone, before any plugin is loaded."""

from __future__ import annotations

from llmreg.licensing.check import DEFAULT_POLICY, check
from llmreg.licensing.terms import Licensee
from llmreg.licensing.verdict import ANSWERS, DISCLAIMER, EXIT_CODES, Answer, Obligation, Reason, Verdict, worst

__all__ = [
    "ANSWERS", "DEFAULT_POLICY", "DISCLAIMER", "EXIT_CODES", "Answer", "Licensee", "Obligation", "Reason", "Verdict",
    "check", "worst",
]  # fmt: skip
