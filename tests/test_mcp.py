"""An assistant's own client over stdio: it lists the tools, asks, and gets sourced answers and readable errors."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from builders import claims, edge, imported_by, model
from llmreg import finders
from llmreg.api import Catalog, load_catalog
from llmreg.catalog import built_in
from llmreg.errors import LlmregError
from llmreg.mcp import Tools
from llmreg.scan.file import Finder, named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmreg.scan.file import File
    from llmreg.scan.mention import Mention


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(load_catalog(), tmp_path)


def test_a_scan_asks_the_finders_of_plugins_and_names_those_it_cannot_ask(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(file: File) -> Iterator[Mention]:
        return file.mention(file.text.strip(), (1, 1), "model", "config")

    own = finders.load().own
    asked = finders.Finders(own, (Finder("fetch", named(suffixes=(".fetch",)), find),), ("plugin 'odd': oh",))
    monkeypatch.setattr(finders, "load", lambda: asked)
    (tmp_path / "a.fetch").write_text("huggyllama/llama-7b\n")
    said = tools.scan()
    assert [found["entry"] for found in said["findings"]] == ["llama-7b"]
    assert said["not_asked"] == ["plugin 'odd': oh"]


def test_a_client_lists_the_tools_and_gets_a_sourced_verdict(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('from_pretrained("huggyllama/llama-7b")\n')

    async def talk() -> tuple[list[Any], list[Any]]:
        from mcp import Client, StdioServerParameters
        from mcp.client.stdio import stdio_client

        command = ["-m", "llmreg", "mcp", "--root", str(tmp_path)]
        parameters = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
        async with Client(stdio_client(parameters)) as client:
            listed = (await client.list_tools()).tools
            asked = [
                ("check", {"entry": "guanaco-33b", "use": "commercial"}),
                ("scan", {}),
                ("check", {"entry": "no-such-model", "use": "commercial"}),
                ("scan", {"path": "../.."}),
            ]
            return listed, [await client.call_tool(name, arguments) for name, arguments in asked]

    with ThreadPoolExecutor(1) as apart:  # a browser of other tests may have an event loop in this thread
        listed, (verdict, scan, unknown, outside) = apart.submit(asyncio.run, talk()).result()
    assert {tool.name for tool in listed} == {"search", "check", "path", "duties", "impact", "plan", "scan"}
    assert all(tool.annotations.read_only_hint for tool in listed)
    assert verdict.structured_content["verdict"] == "forbidden"
    assert verdict.structured_content["tier"] == "curated"
    assert "scancode-licensedb" in verdict.structured_content["reasons"][0]["source"]
    assert [found["entry"] for found in scan.structured_content["findings"]] == ["llama-7b"]
    assert unknown.is_error
    assert "no-such-model" in unknown.content[0].text
    assert outside.is_error
    assert "outside" in outside.content[0].text


def test_search_gives_tier_and_sources(tools: Tools) -> None:
    found = tools.search("guanaco 33b")["found"][0]
    assert found["id"] == "guanaco-33b"
    assert found["tier"] == "curated"
    assert found["sources"]


def test_a_path_has_the_evidence_of_each_step(tools: Tools) -> None:
    (steps,) = tools.path("guanaco-33b", "oasst1")["paths"]
    assert [step["relation"] for step in steps] == ["trained-on", "derived-from"]
    assert all(step["evidence"] for step in steps)
    assert {step["tier"] for step in steps} == {"curated"}
    assert tools.path("oasst1", "guanaco-33b")["paths"] == []


def test_duties_have_their_clauses(tools: Tools) -> None:
    assert tools.duties("apache-2.0")["duties"]


def test_impact_names_what_depends_on_an_entry(tools: Tools) -> None:
    assert "guanaco-33b" in str(tools.impact("llama-33b"))


@pytest.mark.parametrize("path", ["..", "/etc", "a/../../.."])
def test_a_scan_stays_in_its_folder(path: str, tools: Tools) -> None:
    with pytest.raises(LlmregError, match="outside"):
        tools.scan(path)


def test_a_verdict_has_the_tier_of_what_decided_and_what_others_say(tmp_path: Path) -> None:
    card = imported_by("hub", model("hub.org--m", licenses=claims(weights="MIT"), hub="org/m"))
    mine = model("m", licenses=claims(weights="Apache-2.0"), hub="org/m")
    child = imported_by("hub", model("hub.me--c", edge("finetune", "m"), licenses=claims(weights="MIT")))
    tools = Tools(Catalog(built_in()).over(mine, card, child), tmp_path)
    assert (tools.check("hub.me--c", "commercial")["tier"], tools.check("m", "commercial")["tier"]) == (
        "card",
        "curated",
    )
    (differing,) = tools.check("org/m", "commercial")["differences"]
    assert [said["tier"] for said in differing["says"]] == ["curated", "card"]
    assert tools.plan("guanaco-33b")["rests_on"] == "curated (sources read)"
