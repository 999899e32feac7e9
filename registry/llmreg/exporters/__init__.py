"""Files about an entry that others read: bills of materials, cards and citations."""

from __future__ import annotations

from llmreg.exporters.card import card
from llmreg.exporters.citation import bibtex, cff
from llmreg.exporters.cyclonedx import cyclonedx
from llmreg.exporters.spdx import spdx

__all__ = ["bibtex", "card", "cff", "cyclonedx", "spdx"]
