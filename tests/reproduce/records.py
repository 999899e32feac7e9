"""Records of runs that nobody made."""

from __future__ import annotations

from llmreg.reproduce.recipe import Resolved
from llmreg.reproduce.record import Run
from llmreg.schema import RecipeData, Training


def run_with(*checks, **fields):
    """A finished rehearsal with these checks."""
    recipe = Resolved(
        id="x", method="lora", settings={}, training=Training(), data=RecipeData(format="text"), assumed={}, overridden={}
    )  # fmt: skip
    known = {
        "id": "x", "kind": "rehearsal", "status": "finished", "started": "2026-11-20T10:00:00+00:00",
        "command": ("llmreg",), "use": "research", "verdicts": {}, "accepted_unclear": False,
        "verdict": {"verdict": "allowed"}, "recipe": recipe, "recipe_hash": "0", "base": {}, "seed": 0,
        "environment": {}, "steps": 3, "tokens": 30, "seconds": 1.5, "held_out_loss_before": 2.5,
        "held_out_loss_after": 2.1,
    }  # fmt: skip
    return Run(**known | {"checks": checks} | fields)
