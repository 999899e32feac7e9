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
    """Parse into the library's tree of AND, OR and symbols.

    Raise `ValueError` for one that is malformed or holds `WITH`: a license with an exception is an entry of its own.
    """
    if not {"AND", "OR", "WITH", "("} & set(expression.upper().replace("(", " ( ").split()):
        return Symbol(expression)
    tree = parse_any(expression)
    if any(hasattr(symbol, "exception_symbol") for symbol in tree.get_symbols()):
        raise ValueError(f"{expression!r} holds WITH: give the license with its exception an entry, and name that")
    return tree


def parse_any(expression: str) -> Any:
    """Parse into the library's tree, `WITH` too; raise `ValueError` for one that is malformed."""
    try:
        return _parser().parse(expression, validate=False, strict=False)
    except Exception as error:  # the library's own errors fail while printing themselves
        raise ValueError(f"{expression!r} is not a license expression ({type(error).__name__})") from None


def is_exception(name: str) -> bool:
    """Tell whether SPDX lists this as an exception, which adds permissions to a license and takes none away."""
    from license_expression import get_spdx_licensing

    symbol = get_spdx_licensing().known_symbols.get(name)
    return bool(symbol and symbol.is_exception)


def license_ids(expression: str) -> list[str]:
    """List the license ids that an expression names, in order."""
    tree = parse(expression)
    return list(dict.fromkeys(symbol.key for symbol in tree.get_symbols()))


@cache
def _parser() -> Any:
    from license_expression import Licensing

    return Licensing()
