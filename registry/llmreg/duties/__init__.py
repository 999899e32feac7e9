"""Duties by law that hang on what a model was made from: compute of a run against compute of its base."""

from __future__ import annotations

from llmreg.duties.judge import Duties, duties
from llmreg.duties.text import text

__all__ = ["Duties", "duties", "text"]
