"""Records of datasets that were made: `making.json` says what was read, what each step did and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from llmreg.errors import LlmregError
from llmreg.files import write_text
from llmreg.making.inputs import Used
from llmreg.making.recipe import ResolvedMaking
from llmreg.reproduce.record import home
from llmreg.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = "making.json"
ARTIFACT = "artifact"
ROWS = "rows.jsonl"


class StepDone(Strict):
    """What one step did: what it read is what it used and what it dropped, together."""

    maker: str
    read: int
    used: int
    dropped: dict[str, int]
    """Rows that were read and not used, by the reason."""
    gave: int
    notes: dict[str, int] = {}
    """What was mended or drawn again, and how often."""


class Asked(Strict):
    """What a making asked a generator."""

    generator: dict[str, Any]
    """Which model it was and all that its replies hang on."""
    calls: int
    kept: int
    """How many of the replies were there already, and cost nothing."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    """As the endpoint counted them; none where it did not."""
    cost_usd: float | None = None
    """Of the calls that were paid, at the prices that were given."""
    permission: dict[str, Any] = {}
    """What the generator's terms say of training on its outputs."""


class Making(Strict):
    """One execution of a dataset's recipe."""

    schema_version: Literal[1] = 1
    id: str
    kind: Literal["reproduction", "rehearsal"]
    status: Literal["running", "finished"]
    started: str
    finished: str | None = None
    seconds: float | None = None
    command: tuple[str, ...]
    use: str
    verdicts: dict[str, str]
    accepted_unclear: bool
    verdict: dict[str, Any]
    """The verdict of the gate, whole."""
    recipe: ResolvedMaking
    identity: str
    """Hash of the recipe, the inputs and the generator."""
    inputs: tuple[Used, ...] = ()
    environment: dict[str, Any]
    steps: tuple[StepDone, ...] = ()
    asked: Asked | None = None
    rows: int | None = None
    published_rows: int | None = None
    """How many the catalog states."""
    sha256: str | None = None
    """Of the rows, as a dataset's entry has it."""
    files: dict[str, str] = {}
    """SHA-256 of each file of the artifact."""

    @property
    def outcome(self) -> str:
        """Say in a word how it came out; nothing while it is running."""
        return "made" if self.status == "finished" else ""


def write(folder: Path, making: Making) -> None:
    """Write the record whole or leave the old one."""
    write_text(folder / RECORD, making.model_dump_json(indent=2) + "\n")


def is_making(folder: Path) -> bool:
    """Tell whether a folder holds a dataset that was made, rather than a run of a model's recipe."""
    return (folder / RECORD).is_file()


def read(folder: Path) -> Making:
    """Read a record; raise `LlmregError` if the folder has none or it is damaged."""
    path = folder / RECORD
    try:
        return Making.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LlmregError(f"{folder} has no {RECORD}; `llmreg runs` lists what was made here") from None
    except OSError as error:
        raise LlmregError(f"{path} cannot be read: {error.strerror}; restore it from a copy") from None
    except (ValidationError, UnicodeDecodeError) as error:
        fault = str(error).splitlines()[0]
        raise LlmregError(f"{path} is damaged or of another version: {fault}; restore it from a copy") from None


def all_makings(root: Path | None = None, tell: Callable[[str], object] | None = None) -> list[tuple[Path, Making]]:
    """Return the makings below `root` (by default where runs are kept), oldest first."""
    folder = root or home() / "runs"
    found = []
    for path in sorted(folder.glob(f"*/{RECORD}")) if folder.is_dir() else ():
        try:
            found.append((path.parent, read(path.parent)))
        except LlmregError as error:
            if tell:
                tell(f"passed over: {error}")
    return sorted(found, key=lambda pair: pair[1].started)
