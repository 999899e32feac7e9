"""License expressions such as `Apache-2.0 AND (MIT OR llama-1)`, parsed by the license-expression library."""

from __future__ import annotations

from functools import cache
from typing import Any


def parse(expression: str) -> Any:
    """Parse into the library's tree of AND, OR and symbols; raise `ValueError` for one that is malformed."""
    if expression.replace("-", "").replace(".", "").isalnum():
        return _symbol(expression)
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


def _symbol(license_id: str) -> Any:
    from license_expression import LicenseSymbol

    return LicenseSymbol(license_id)
