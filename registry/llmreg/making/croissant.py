"""Describe a dataset that was made in Croissant 1.0, the JSON-LD by which tools load datasets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llmreg.catalog.addresses import license_page
from llmreg.making.card import licenses, licenses_known
from llmreg.making.record import ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog
    from llmreg.making.record import Making
    from llmreg.schema import Dataset

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
"""Names of columns that can stand in an `@id`: readers refuse white space there."""
_TYPES = {bool: "sc:Boolean", int: "sc:Integer", float: "sc:Float", str: "sc:Text"}


def croissant(catalog: Catalog, entry: Dataset, making: Making, row: dict[str, Any], sha256: str) -> str:
    """Return the description; `row` is the first row, whose fields are described, `sha256` that of the file."""
    rehearsed = making.kind == "rehearsal"
    name = f"{entry.name}, {'rehearsed' if rehearsed else 'reproduced'}"
    steps = ", then ".join(step.maker for step in making.steps)
    described: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": f"{making.rows:,} rows, made by llmreg {making.environment['llmreg']} by {steps}.",
        "datePublished": making.finished or making.started,
        "version": "1.0.0",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": ROWS,
                "name": ROWS,
                "contentUrl": ROWS,
                "encodingFormat": "application/jsonlines",
                "sha256": sha256,
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": list(_fields(row))}],
    }
    if not rehearsed:
        names = [license_page(one) or one.name for one in licenses(catalog, making)]
        described["license"] = names if names and licenses_known(making) else "unknown"
        described["prov:wasDerivedFrom"] = [
            {"@type": "prov:Entity", "@id": f"parents/{one.id}", "name": one.id, "description": one.public_source}
            for one in making.inputs
        ]
        described |= {"url": entry.homepage} if entry.homepage else {}
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _fields(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number, (name, value) in enumerate(row.items(), start=1):
        first = _first(value)
        source = {"fileObject": {"@id": ROWS}, "extract": {"column": name}}
        field: dict[str, Any] = {"@type": "cr:Field", "@id": f"rows/{_plain(name, number)}", "name": name}
        field |= {"repeated": True} if isinstance(value, list) else {}
        if isinstance(first, dict):
            if inner := list(_inner(field["@id"], first, source)):
                yield {**field, "subField": inner}
        elif not isinstance(first, list):  # there is no type for a list of lists
            yield {**field, "dataType": _TYPES.get(type(first), "sc:Text"), "source": source}


def _inner(parent: Any, first: dict[str, Any], source: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Describe the plain fields of an object, or of those in a list: readers know one level of them."""
    for name, value in first.items():
        if not isinstance(value, dict | list) and _PLAIN.fullmatch(name):
            yield {
                "@type": "cr:Field",
                "@id": f"{parent}/{name}",
                "name": name,
                "dataType": _TYPES.get(type(value), "sc:Text"),
                "source": {**source, "transform": {"jsonPath": f"$.{name}"}},
            }


def _first(value: Any) -> Any:
    return next(iter(value), None) if isinstance(value, list) else value


def _plain(name: str, number: int) -> str:
    """Return a name as it can stand in an `@id`: no other column has the dot."""
    return name if _PLAIN.fullmatch(name) else f"column.{number}"
