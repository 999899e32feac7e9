"""The runs recorded on a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from llmreg.errors import UnknownIdError
from llmreg.reproduce.record import Run, all_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import RenderableType


class Runs(Mapping[str, Run]):
    """Runs by name, oldest first: `runs["nano-qlora-001"].comparisons`."""

    def __init__(self, folders: dict[str, Path], records: dict[str, Run], damaged: tuple[str, ...] = ()) -> None:
        """Keep the folder and the record of each run, and a sentence about each record that cannot be read."""
        self._folders, self._records = folders, records
        self.damaged = damaged

    @classmethod
    def below(cls, root: Path | None = None) -> Runs:
        """Give the runs below a folder; `damaged` names the records that cannot be read."""
        damaged: list[str] = []
        found = all_runs(root, damaged.append)
        return cls({path.name: path for path, _ in found}, {path.name: run for path, run in found}, tuple(damaged))

    def __getitem__(self, name: str) -> Run:
        """Give the record of a run; raise `UnknownIdError` for a wrong name."""
        if name not in self._records:
            raise UnknownIdError(name, self._records, "run")
        return self._records[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether a run has this name."""
        return name in self._records

    def __iter__(self) -> Iterator[str]:
        """Give the names, oldest run first."""
        return iter(self._records)

    def __len__(self) -> int:
        """Count the runs."""
        return len(self._records)

    def folder(self, name: str) -> Path:
        """Give the folder with the run's artifact, card and record; raise `UnknownIdError` for a wrong name."""
        self[name]
        return self._folders[name]

    def __rich__(self) -> RenderableType:
        """Show a row for each run, as `llmreg runs` does."""
        from rich.console import Group

        from llmreg.reproduce.render import runs_table

        return Group(runs_table(self), *self.damaged)

    def _repr_html_(self) -> str:
        from llmreg.reproduce.render import as_html

        return as_html(self)

    def __repr__(self) -> str:
        """Name the runs."""
        return f"<Runs: {', '.join(self) or 'none yet'}>"
