"""What an audit finds: one thing about one entry, with what each side says and on what source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from llmreg.schema import Source


@dataclass(frozen=True)
class Side:
    """What one entry says, and the source that it names."""

    entry: str
    says: str
    source: Source | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the side as `llmreg audit --json` prints it."""
        source = self.source
        return {
            "entry": self.entry,
            "says": self.says,
            "source": str(source) if source else None,
            "read": source.read if source else None,
            "seen": source.seen.isoformat() if source else None,
        }


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should look at."""

    kind: str
    id: str
    text: str
    sides: tuple[Side, ...] = ()

    def concerns(self, ids: Collection[str]) -> bool:
        """Tell whether it is about one of these entries, or one of them is a side of it."""
        return self.id in ids or any(side.entry in ids for side in self.sides)

    def to_json(self) -> dict[str, Any]:
        """Give the finding as `llmreg audit --json` prints it."""
        return {"kind": self.kind, "id": self.id, "text": self.text, "sides": [side.to_json() for side in self.sides]}
