"""Write text from elsewhere so that it stays text in every output: one function for each kind of output."""

from __future__ import annotations

import html
import json
import re
from typing import Any

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
"""Control characters and halves of characters."""
_TURNS = "\u202a-\u202e\u2066-\u2069"
"""Marks that turn the direction of what follows: in a terminal of all of it, on a page of their own element alone."""
_UNSHOWN = re.compile(f"[{_CONTROL}{_TURNS}]")
_UNSHOWN_ON_PAGES = re.compile(f"[{_CONTROL}]")
_UNSHOWN_IN_JSON = re.compile(f"[{_CONTROL}{_TURNS}\u2028\u2029]")
_NOT_IN_XML = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""Compiled on first use: that takes longer than all the other patterns together, and most commands write no XML."""
_MARKDOWN = re.compile(r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)|^(?=[#>+=-])|(?<=^\d)(?=[.)])|(?<=^\d\d)(?=[.)])")
"""What Markdown reads as markup in a line; `_` only where it does not stand inside a word."""
_NAME = re.compile(r"[A-Za-z0-9_.+:/-]+")
_FORMULA = re.compile(r"\s*(?:[=+@]|-.)")
_NUMBER = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_MERMAID = '#"<>&`%{}'
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
}
_BIBTEX = {**_TEX, "{": r"\textbraceleft{}", "}": r"\textbraceright{}", '"': "''", "'": "'"}
"""BibTeX counts braces, also those that LaTeX would not."""


def one_line(text: str) -> str:
    """Write a text without line breaks and runs of blanks."""
    return " ".join(text.split())


def terminal(text: str) -> str:
    """Leave a terminal nothing to obey: no escapes, no links, no turns of direction; lines and tabs stay."""
    return _UNSHOWN.sub("\ufffd", text)


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """Write JSON that a terminal shows as it is: what it would obey stands there by its number."""
    separators = None if indent else (",", ":")
    written = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    return _UNSHOWN_IN_JSON.sub(_by_number, written)


def _by_number(found: re.Match[str]) -> str:
    return found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}"


def script(name: str, value: Any) -> str:
    """Write a script that gives a variable a value, in signs that no encoding and no page around it reads otherwise."""
    text = json.dumps(value, separators=(",", ":")).replace("\\", "\\\\").replace("'", "\\'").replace("<", "\\\\u003c")
    return f"{name} = JSON.parse('{text}');\n"


def for_xml(text: str) -> str:
    """Leave out the signs that no XML file may hold, not even escaped."""
    return re.sub(_NOT_IN_XML, "", text)


def markup(text: str) -> str:
    """Write for the text or an attribute of XML and HTML."""
    return html.escape(for_xml(_UNSHOWN_ON_PAGES.sub("\ufffd", text)))


def on_page(value: Any) -> Any:
    """Leave out of what a template shows what no page may hold; the template's engine escapes the rest."""
    return _UNSHOWN_ON_PAGES.sub("\ufffd", value) if type(value) is str else value


def markdown(text: str) -> str:
    """Write on one line so that Markdown shows it letter for letter, and no HTML or formula in it is read."""
    return html.escape(_MARKDOWN.sub(r"\\\g<0>", for_xml(terminal(one_line(text)))), quote=False)


def markdown_code(text: str) -> str:
    """Write a name as code, and words that are more than a name as text."""
    return f"`{text}`" if _NAME.fullmatch(text) else markdown(text)


def latex(text: str) -> str:
    """Write on one line for LaTeX."""
    return "".join(_TEX.get(sign, sign) for sign in for_xml(one_line(text)))


def bibtex(text: str) -> str:
    """Write on one line for a field of BibTeX between braces."""
    return "".join(_BIBTEX.get(sign, sign) for sign in for_xml(one_line(text)))


def cell(value: Any) -> Any:
    """Write for a cell of CSV: what a spreadsheet would reckon with stays text, and numbers stay numbers."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def dot(text: str) -> str:
    """Write between quotes for DOT, where a backslash starts an escape and a label ends its lines with `\\n`."""
    escaped = for_xml(text).replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n")
    return f'"{escaped}"'


def mermaid(text: str) -> str:
    """Write on one line, with what Mermaid reads as its own or as HTML by numbers, in its way."""
    return "".join(f"#{ord(sign)};" if sign in _MERMAID else sign for sign in for_xml(one_line(text)))
