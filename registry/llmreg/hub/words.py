"""Make what another machine says fit to be shown: on one line, without control characters and without a secret."""

from __future__ import annotations

import html
import re
import unicodedata
from base64 import b64encode
from urllib.parse import unquote

_LONGEST = 300
"""Characters that are shown."""
_TELLING = 8
"""Letters and digits of a secret that give it away; in a long one, half of them."""
_HIDDEN = "its words repeat the key, so they are not shown"


def shown(text: str, secret: str | None = None) -> str:
    """Return a text as it may be printed; one that repeats the secret in another form is replaced as a whole."""
    line = " ".join("".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text).split())
    if secret:
        line = re.sub(re.escape(secret), "***", line, flags=re.IGNORECASE)
        if _holds(line, secret):
            return _HIDDEN
    return line[:_LONGEST]


def mended(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON can write and no file can hold."""
    return "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)


def _holds(text: str, secret: str) -> bool:
    """Tell whether a text holds a telling part of a secret: in another case, spaced out, backwards or encoded."""
    data = secret.encode()
    forms = [secret, secret[::-1], data.hex(), *(_base64(data, shift) for shift in range(3))]
    texts = {_squeezed(each) for each in _unwrapped(text)}
    return any(part in each for form in forms for part in _parts(_squeezed(form)) for each in texts)


def _parts(word: str) -> list[str]:
    size = max(_TELLING, (len(word) + 1) // 2)
    return [word[start : start + size] for start in range(len(word) - size + 1)]


def _base64(data: bytes, shift: int) -> str:
    """Return how data is written in base64 after `shift` other bytes, without the characters that hang on others."""
    written = b64encode(bytes(shift) + data).decode().rstrip("=")
    return written[(0, 2, 3)[shift] : len(written) - ((shift + len(data)) % 3 > 0)]


def _squeezed(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _unwrapped(text: str) -> list[str]:
    """Return a text and what is left of it without the escapes of addresses, HTML and JSON."""
    escaped = re.sub(r"\\+(?:u00|x)([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return [text, unquote(text), unquote(unquote(text)), html.unescape(text), escaped]
