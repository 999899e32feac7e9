"""Read rows of data from files, and give them an identity."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from llmreg.errors import LlmregError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines, a JSON array or a parquet file; raise `LlmregError` with the line or row that is broken."""
    if not path.is_file():
        raise LlmregError(f"no data file at {path}; give the path of a JSON lines, JSON or parquet file")
    rows = _parquet(path) if path.suffix == ".parquet" else _json(path)
    if not rows:
        raise LlmregError(f"{path} holds no rows")
    return rows


def fingerprint(rows: Iterable[Mapping[str, Any]]) -> str:
    """Give the SHA-256 of the rows as JSON lines: keys sorted, no spaces, UTF-8, a newline after each row."""
    digest = hashlib.sha256()
    for number, row in enumerate(rows, start=1):
        try:
            line = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise LlmregError(
                f"row {number} cannot be written as JSON: {error}; keep text, numbers and lists"
            ) from None
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _json(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
        raise LlmregError(f"{path} is not UTF-8 text ({where}); convert it, or name a parquet file *.parquet") from None
    if text.lstrip().startswith("["):
        return _array(path, text)
    # Only "\n" ends a JSON line; str.splitlines would also cut at characters that JSON strings may hold.
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return [_object(_parsed(path, line, number), f"{path}:{number}") for number, line in lines]


def _array(path: Path, text: str) -> list[dict[str, Any]]:
    return [_object(row, f"{path}: row {number}") for number, row in enumerate(_parsed(path, text, 1), start=1)]


def _parsed(path: Path, text: str, first_line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise LlmregError(f"{path}:{line}: is not JSON: {error.msg} at column {error.colno}") from None


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LlmregError(f"{place}: a row is an object of fields, not {json.dumps(value, ensure_ascii=False)[:40]}")
    return value


def _parquet(path: Path) -> list[dict[str, Any]]:
    import tempfile

    import datasets
    import pyarrow as pa  # type: ignore[import-untyped]

    with tempfile.TemporaryDirectory() as cache:
        try:
            table = datasets.Dataset.from_parquet(str(path), cache_dir=cache, keep_in_memory=True)
        except (pa.ArrowInvalid, datasets.exceptions.DatasetGenerationError) as error:
            raise LlmregError(f"{path} is not a parquet file: {error.__cause__ or error}") from None
    return list(table)
