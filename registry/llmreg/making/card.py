"""The data card of a dataset that was made: Hub metadata, what it was made from and how, and what it owes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmreg.catalog.names import license_named
from llmreg.errors import LlmregError
from llmreg.escaping import markdown as text
from llmreg.escaping import markdown_code as code
from llmreg.exporters.card import front_matter, hub_names, license_fields, notes, table
from llmreg.licensing import DISCLAIMER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmreg.catalog import Catalog
    from llmreg.making.record import Making
    from llmreg.schema import Dataset, License


def card(catalog: Catalog, entry: Dataset, making: Making) -> str:
    """Write the card as Markdown with YAML metadata that the Hub's parser reads, from what was done."""
    from huggingface_hub import DatasetCardData

    rehearsal = making.kind == "rehearsal"
    metadata: dict[str, Any] = {"tags": ["llmreg", *(["rehearsal"] if rehearsal else [])]}
    if not rehearsal:
        parents = hub_names(catalog, (one.id for one in making.inputs))
        metadata |= license_fields(licenses(catalog, making)) if licenses_known(making) else {"license": "unknown"}
        metadata |= {"language": list(entry.languages) or None, "source_datasets": parents or None}
    return front_matter(DatasetCardData(**metadata)) + "\n".join(_body(entry, making))


def licenses(catalog: Catalog, making: Making) -> list[License]:
    """Return the licenses by which the verdict was reached, each once."""
    names = dict.fromkeys(reason["license"] for reason in making.verdict["reasons"] if reason["license"])
    found = []
    for name in names:
        try:
            found.append(license_named(catalog, name))
        except LlmregError:
            continue
    return found


def licenses_known(making: Making) -> bool:
    """Tell whether every reason of the verdict rests on a license; else naming some would promise too much."""
    return all(reason["license"] for reason in making.verdict["reasons"])


def _body(entry: Dataset, making: Making) -> Iterator[str]:
    by = f"of {code(making.id)} by llmreg {making.environment['llmreg']}, started {making.started}."
    if making.kind == "rehearsal":
        yield from [f"# {text(entry.name)}, rehearsed", "", f"A rehearsal {by}", ""]
        yield from ["Its rows were made from rows that llmreg made up. They are not the dataset of that name.", ""]
    else:
        yield from [f"# {text(entry.name)}", "", f"A reproduction {by}", ""]
        yield from ["## License verdicts", ""]
        yield from table(("use", "verdict"), making.verdicts.items())
        yield from [
            f"Policy {making.verdict['policy']}, catalog of {making.verdict['catalog_date']}; {DISCLAIMER}.",
            "",
        ]
        yield from notes(f"{duty['text']} ({duty['license']})" for duty in making.verdict["obligations"])
    yield from ["## Made from", ""]
    yield from table(
        ("dataset", "rows", "source"), ((one.id, f"{one.rows:,}", one.public_source) for one in making.inputs)
    )
    yield from ["## Steps", ""]
    yield from table(
        ("step", "maker", "rows read", "rows given"),
        ((f"{n}", step.maker, f"{step.read:,}", f"{step.gave:,}") for n, step in enumerate(making.steps, start=1)),
    )
    yield from _dropped(making)
    if making.recipe.assumed:
        yield from ["Settings that nobody published, and what was taken for them:", ""]
        yield from notes(f"{name}: {value}" for name, value in making.recipe.assumed.items())
    told = making.published_rows and making.kind == "reproduction"
    stated = f"; the catalog states {making.published_rows:,}" if told else ""
    yield from [f"{making.rows:,} rows, SHA-256 {code(making.sha256 or '')}{stated}.", ""]


def _dropped(making: Making) -> Iterator[str]:
    rows = [
        (f"{number}", reason, f"{count:,}")
        for number, step in enumerate(making.steps, start=1)
        for reason, count in step.dropped.items()
    ]
    if rows:
        yield from ["Rows that were left out:", ""]
        yield from table(("step", "reason", "rows"), rows)
