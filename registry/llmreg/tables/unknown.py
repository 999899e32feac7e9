"""What nobody published: which field a word of an entry's `unknown` speaks of, and what is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.schema import Model

if TYPE_CHECKING:
    from llmreg.schema import Asset

_MEANT = {
    "recipe.kind of GPU": "recipe.hardware.gpu",
    "recipe.hours": "recipe.hardware.hours",
    "recipe.training time": "recipe.hardware.hours",
    "recipe.training data": "training data",
}
"""Free words that mean one field."""


class Unknown:
    """The unknowns of one entry, by the dotted name of the field."""

    def __init__(self, asset: Asset) -> None:
        """Read `unknown` of the entry and of its recipe; a field's name may be followed by a colon and words."""
        recipe = asset.recipe if isinstance(asset, Model) else None
        words = [(each, each.partition(":")[0]) for each in asset.unknown]
        words += [(each, f"recipe.{each.partition(':')[0]}") for each in (recipe.unknown if recipe else ())]
        self._fields = [(_MEANT.get(field, field), text) for text, field in words]
        self._told: set[str] = set()

    def about(self, name: str) -> str | None:
        """Give the entry's words on a field that nobody published, or on the part that it belongs to."""
        for field, text in self._fields:
            if name == field or name.startswith(f"{field}."):
                self._told.add(text)
                return text
        return None

    def rest(self) -> tuple[str, ...]:
        """Give the words that no field asked for so far was told by."""
        return tuple(dict.fromkeys(text for _, text in self._fields if text not in self._told))
