"""`llmreg export`: files about an entry that others read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from llmreg.cli.gguf import gguf
from llmreg.cli.groups import App
from llmreg.cli.looking import looks_up
from llmreg.cli.options import (
    CatalogOption,
    JsonOption,
    LicenseeOption,
    PolicyOption,
    Subject,
    Subjects,
    complete_ids,
    licensee_of,
    open_catalog,
    put,
    subject,
)
from llmreg.errors import UsageError
from llmreg.escaping import json_text

export = App(name="export", no_args_is_help=True, help="Write files about an entry that others read.")

OutputOption = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE, not to standard output.")
]

MaybeSubjects = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Entries' ids.", autocompletion=complete_ids, callback=subject),
]
ContactOption = Annotated[
    str | None,
    typer.Option(metavar="CONTACT", help="Who hands the file on and answers for it: a name, or `Name <address>`."),
]


@export.command()
@looks_up
def card(
    entry_id: Subject,
    policy: PolicyOption = "standard",
    output: OutputOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Write the Hugging Face card of a model or a dataset."""
    from llmreg.exporters.card import card as write

    _put(write(open_catalog(catalog), entry_id, policy=policy), output)


@export.command()
@looks_up
def cyclonedx(
    entry_ids: Subjects,
    policy: PolicyOption = "standard",
    spec: Annotated[str, typer.Option("--spec", metavar="VERSION", help="CycloneDX 1.6 or 1.7.")] = "1.6",
    contact: ContactOption = None,
    output: OutputOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Write a CycloneDX bill of materials of one or several entries with their whole lineage."""
    from llmreg.exporters.cyclonedx import VERSIONS
    from llmreg.exporters.cyclonedx import cyclonedx as write

    version = next((each for each in VERSIONS if each == spec), None)
    if version is None:
        raise UsageError(f"--spec {spec}: llmreg writes CycloneDX {' and '.join(VERSIONS)}")
    _put(_json(write(open_catalog(catalog), entry_ids, policy=policy, version=version, contact=contact)), output)


@export.command()
@looks_up
def spdx(
    entry_ids: Subjects,
    policy: PolicyOption = "standard",
    contact: ContactOption = None,
    output: OutputOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Write an SPDX 3.0.1 document of one or several entries with their whole lineage."""
    from llmreg.exporters.spdx import spdx as write

    _put(_json(write(open_catalog(catalog), entry_ids, policy=policy, contact=contact)), output)


@export.command()
@looks_up
def bom(
    entry_ids: MaybeSubjects = None,
    score: Annotated[
        bool, typer.Option("--score", help="Score how complete the bill is, and say what is missing.")
    ] = False,
    contact: ContactOption = None,
    output: OutputOption = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Score bills of materials by the seven clusters of the G7's minimum elements; with no ID, those of all models."""
    from dataclasses import asdict

    from llmreg.exporters.score import page, told
    from llmreg.exporters.score import score as of
    from llmreg.schema import Model

    if not score:
        raise UsageError(
            "export bom only scores: add --score, or write a bill with `llmreg export cyclonedx` or `spdx`"
        )
    entries = open_catalog(catalog)
    scores = [of(entries, each, contact=contact) for each in entry_ids or entries.ids(Model)]
    if json:
        _put(_json([{**asdict(one), "percent": round(one.percent, 1)} for one in scores]), output)
    else:
        _put("".join(map(told, scores)) if entry_ids else page(scores), output)


@export.command()
@looks_up
def bibtex(entry_id: Subject, output: OutputOption = None, catalog: CatalogOption = None) -> None:
    """Write a citation as BibTeX."""
    from llmreg.exporters.citation import bibtex as write

    _put(write(open_catalog(catalog), entry_id), output)


@export.command()
@looks_up
def cff(entry_id: Subject, output: OutputOption = None, catalog: CatalogOption = None) -> None:
    """Write a citation as CITATION.cff."""
    from llmreg.exporters.citation import cff as write

    _put(write(open_catalog(catalog), entry_id), output)


@export.command()
@looks_up
def notice(
    entry_ids: Subjects,
    policy: PolicyOption = "standard",
    licensee: LicenseeOption = None,
    output: OutputOption = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
) -> None:
    """Write a NOTICE file: whose works are in the entries, under which licenses, and what goes with every copy."""
    from llmreg.licensing.notice import notice as gather
    from llmreg.licensing.notice import notice_text

    entries = open_catalog(catalog)
    who = licensee_of(entries, licensee)
    gathered = [gather(entries, each, policy=policy, licensee=who) for each in dict.fromkeys(entry_ids)]
    shown = gathered if len(gathered) > 1 else gathered[0]
    _put(_json(shown) if json else "\n".join(map(notice_text, gathered)), output)


export.command("gguf")(gguf)


def _json(value: Any) -> str:
    return json_text(value) + "\n"


def _put(text: str, output: Path | None) -> None:
    """Write a file whole, or to standard output where none is named."""
    from llmreg.files import write_text

    if output is None:
        put(text)
    else:
        write_text(output, text)


@export.callback()
def _export() -> None:
    pass
