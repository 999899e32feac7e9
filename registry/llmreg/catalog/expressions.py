"""License expressions such as `Apache-2.0 AND (MIT OR llama-1)`, parsed by the license-expression library."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Symbol:
    """A single license id, in the shape of the library's symbols; most claims need no parser."""

    key: str
    args: tuple[()] = ()

    def get_symbols(self) -> list[Symbol]:
        """Give the ids in it: itself."""
        return [self]


def parse(expression: str) -> Any:
    """Parse into the library's tree of AND, OR and symbols; raise `ValueError` for one that is malformed."""
    if not {"AND", "OR", "WITH", "("} & set(expression.upper().replace("(", " ( ").split()):
        return Symbol(expression)
    try:
        return _parser().parse(expression, validate=False, strict=False)
    except Exception as error:  # the library's own errors fail while printing themselves
        raise ValueError(f"{expression!r} is not a license expression ({type(error).__name__})") from None


def license_ids(expression: str) -> list[str]:
    """List the license ids that an expression names, in order."""
    tree = parse(expression)
    return list(dict.fromkeys(symbol.key for symbol in tree.get_symbols()))


@cache
def _parser() -> Any:
    from license_expression import Licensing

    return Licensing()
