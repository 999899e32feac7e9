"""The catalog for assistants: a Model Context Protocol server over stdio whose tools read and never write.

Every answer says on which sources it rests, and on which tier of evidence.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmreg.api import Catalog
from llmreg.catalog.names import license_named
from llmreg.catalog.tiers import evidence_for, tier_of
from llmreg.errors import LlmregError, UnknownIdError
from llmreg.licensing import DISCLAIMER, Licensee
from llmreg.schema import FOLDERS, Entry
from llmreg.uses import Use

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

Answered = dict[str, Any]
Policy = Literal["strict", "standard", "permissive"]
_INSTRUCTIONS = (
    "A registry of open language models, data sets and licenses with their lineage. Verdicts cover everything a model "
    f"was made from. Cite the sources that an answer names. {DISCLAIMER.capitalize()}."
)


class Tools:
    """What an assistant can ask; each public function is a tool, and its first line tells what it is for."""

    def __init__(self, catalog: Catalog, root: Path) -> None:
        """Answer from this catalog; scans stay below `root`."""
        self._catalog, self._root = catalog, root.resolve()

    def search(self, words: str, kind: str | None = None, limit: int = 10) -> Answered:
        """Find models, datasets, licenses and other entries by name, Hub id, maker or license; slips are forgiven."""
        from llmreg.catalog.search import search

        if kind is not None and kind not in FOLDERS:
            raise UnknownIdError(kind, FOLDERS, "kind")
        kinds = (FOLDERS[kind],) if kind else (Entry,)
        hits = search(self._catalog, words, kinds, limit=max(1, min(limit, 50)))
        return {"found": [self._about(hit.id) for hit in hits]}

    def check(self, entry: str, use: Use, policy: Policy = "standard") -> Answered:
        """Say whether a model or dataset may be used like this, why, and what the user then owes."""
        verdict = self._catalog.check(entry, use, policy=policy)
        return verdict.to_json()

    def path(self, child: str, parent: str) -> Answered:
        """Show how one entry descends from another, with the evidence of every step."""
        from llmreg.lineage import lineage_around, paths, relations

        start, end = self._id(child), self._id(parent)
        graph = lineage_around(self._catalog, [start], "up")
        found = paths(graph, start, end) if end in graph else []
        return {
            "from": start,
            "to": end,
            "paths": [self._steps(graph, steps, relations(graph, steps)) for steps in found],
        }

    def duties(self, license_id: str) -> Answered:
        """Say what a license permits, forbids and asks for, each with its clause."""
        named = license_named(self._catalog, license_id)
        return {**named.model_dump(mode="json", exclude_defaults=True), **self._evidence(named)}

    def impact(self, entry: str, policy: Policy = "standard") -> Answered:
        """Say what depends on an entry or a license, and which verdicts would change without it."""
        found = self._catalog.impact(self._id(entry), withdrawn=True, policy=policy)
        return {**found.to_json(), **self._evidence(self._catalog[self._id(entry)])}

    def plan(self, entry: str, use: Use = "research") -> Answered:
        """Plan making a model again: settings, exact parameter counts, memory, hours and cost, and what is unknown."""
        planned = self._catalog.plan(self._id(entry), use=use).model_dump(mode="json")
        return {**planned, **self._evidence(self._catalog[self._id(entry)])}

    def scan(self, path: str = ".", use: Use = "commercial", policy: Policy = "standard") -> Answered:
        """Find every open model and dataset that the code below a folder uses, with the verdict on each."""
        from llmreg import finders
        from llmreg.scan import scan

        place = (self._root / path).resolve()
        if not place.is_relative_to(self._root):
            raise LlmregError(f"{path} lies outside {self._root}, the folder that this server may read")
        licensee = Licensee(as_of=self._catalog.manifest.date)
        asked = finders.load()
        found = scan(
            self._catalog, [place], use, policy=policy, licensee=licensee, finders=asked.own, others=asked.others
        )
        return {**found.to_json(), "not_asked": list(asked.faults)}

    def _id(self, name: str) -> str:
        """Return the id that a name means; raise `UnknownIdError` with the nearest where nothing has it."""
        found = self._catalog.named(name)
        return found if found in self._catalog else self._catalog[found].id

    def _about(self, entry_id: str) -> Answered:
        entry = self._catalog[entry_id]
        licenses = {part: [claim.id for claim in claims] for part, claims in entry.license_claims().items()}
        named = {"id": entry.id, "kind": entry.kind, "name": entry.name, "hub": getattr(entry, "hub_id", None)}
        return {**named, "licenses": licenses, **self._evidence(entry)}

    def _evidence(self, entry: Entry) -> Answered:
        sources = [f"{source}, {source.read}, seen {source.seen}" for source in entry.sources.values()]
        return {
            "tier": tier_of(entry),
            "rests_on": evidence_for(entry),
            "sources": sources,
            "catalog_date": self._catalog.manifest.date.isoformat(),
        }

    def _steps(self, graph: Any, ids: list[str], relations: list[str]) -> list[Answered]:
        steps = []
        for child, parent, relation in zip(ids, ids[1:], relations, strict=False):
            edges = graph.get_edge_data(child, parent).values()
            evidence = next((edge["evidence"] for edge in edges if edge["relation"] == relation), None)
            tier = graph.nodes[child]["tier"]
            steps.append({"child": child, "relation": relation, "parent": parent, "evidence": evidence, "tier": tier})
        return steps


def tools_of(tools: Tools) -> list[Callable[..., Answered]]:
    """Return the tools, each of which turns llmreg's errors into ones that an assistant reads."""
    return [_told(tool) for name, tool in inspect.getmembers(tools, inspect.ismethod) if not name.startswith("_")]


def _told(tool: Callable[..., Answered]) -> Callable[..., Answered]:
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def answer(*arguments: Any, **named: Any) -> Answered:
        try:
            with redirect_stdout(sys.stderr):  # standard output is the protocol's
                return tool(*arguments, **named)
        except (LlmregError, ModuleNotFoundError) as error:
            raise ToolError(str(error)) from error

    return answer


def server(catalog: Catalog, root: Path) -> MCPServer[Any]:
    """Return the server with all tools, marked as reading only."""
    from mcp.server.mcpserver import MCPServer
    from mcp_types import ToolAnnotations

    from llmreg import __version__

    made: MCPServer[Any] = MCPServer("llmreg", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    for tool in tools_of(Tools(catalog, root)):
        made.add_tool(tool, annotations=reads)
    return made
