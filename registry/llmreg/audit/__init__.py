"""Questions about the whole catalog: what it lacks and where it is at odds, what hangs on an entry, how two differ."""

from __future__ import annotations

from llmreg.audit.checks import CHECKS, Check
from llmreg.audit.claims import Claim, Coverage, claims_of, coverage
from llmreg.audit.compare import Comparison, compare
from llmreg.audit.finding import Finding, Side
from llmreg.audit.impact import Changed, Descendant, Impact, Rests, impact
from llmreg.audit.pages import FORMATS, percent
from llmreg.audit.report import STALE_AFTER, Audit, audit
from llmreg.audit.survey import Survey

__all__ = [
    "CHECKS", "FORMATS", "STALE_AFTER", "Audit", "Changed", "Check", "Claim", "Comparison", "Coverage", "Descendant",
    "Finding", "Impact", "Rests", "Side", "Survey", "audit", "claims_of", "compare", "coverage", "impact", "percent",
]  # fmt: skip
