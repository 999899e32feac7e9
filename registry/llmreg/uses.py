"""What somebody does with a model or a dataset; apart, so that the command line knows the words at once."""

from __future__ import annotations

from typing import Literal

Use = Literal["research", "commercial", "redistribution", "hosting", "train-on-outputs"]
"""What somebody wants to do with a model or a dataset."""
Business = Literal["model-as-a-service", "ai-work-assistant"]
"""Businesses that licenses name: to let others run or fine-tune models; a product of AI for coding or office work."""
