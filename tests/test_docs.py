"""The documentation is fresh, its links lead somewhere, it names what there is, and what it shows still happens."""

from __future__ import annotations

import inspect
import json
import re
import shlex
import shutil
from typing import get_args

import jsonschema
import pytest
import typer.main
import yaml

import llmreg.docs
from llmreg import hookspecs
from llmreg.catalog import Catalog
from llmreg.cli.app import app
from llmreg.docs import __main__ as program
from llmreg.docs import checkout, commands, pages, schemas, stale
from llmreg.errors import LlmregError
from llmreg.method import Method
from llmreg.objective import Objective
from llmreg.reproduce import invariants
from llmreg.reproduce.record import Run
from llmreg.schema import FOLDERS, RELATION_ENDS, Policy, Switches
from llmreg.schema.base import Stage
from llmreg.schema.terms import Effect, Ground, Outputs
from llmreg.uses import Use

ROOT = checkout()
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "ATTRIBUTION.md", *ROOT.glob("docs/**/*.md")])


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_generated_files_are_fresh():
    assert sorted(map(str, stale(ROOT))) == []


# The generator


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Give a checkout with one page, in which nothing was generated yet."""
    shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    shutil.copytree(ROOT / "docs" / "examples" / "my-catalog", tmp_path / "docs" / "examples" / "my-catalog")
    (tmp_path / "docs" / "page.md").write_text(
        'Before\n<!-- [[[cog console("llmreg path guanaco-7b llama-7b") ]]] -->\nold\n<!-- [[[end]]] -->\nAfter\n'
    )
    (tmp_path / "README.md").write_text("Nothing here is generated.\n")
    monkeypatch.setattr(program, "checkout", lambda: tmp_path)
    return tmp_path


def test_check_names_what_is_stale_and_writes_nothing(small, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["docs", "--check"])
    assert program.main() == 1
    assert "stale docs/page.md\n" in capsys.readouterr().out
    assert "old" in (small / "docs" / "page.md").read_text()
    assert not (small / "ATTRIBUTION.md").exists()


def test_what_was_written_is_fresh(small, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["docs"])
    assert program.main() == 0
    assert "guanaco-7b -(adapter)-> llama-7b\n```\n" in (small / "docs" / "page.md").read_text()
    monkeypatch.setattr("sys.argv", ["docs", "--check"])
    assert program.main() == 0
    assert capsys.readouterr().err == ""


def test_recorded_output_stays_until_it_is_asked_for(small):
    text = 'A\n<!-- [[[cog recorded("llmreg --version") ]]] -->\nas it was\n<!-- [[[end]]] -->\n'
    assert pages.fill(text, small) == text
    assert f"$ llmreg --version\nllmreg {llmreg.__version__}\n" in pages.fill(text, small, slow=True)


def test_a_page_with_a_mistake_is_named(small):
    with pytest.raises(LlmregError, match=r"# Broken: (.|\n)*no_such_word"):
        pages.fill("# Broken\n[[[cog no_such_word() ]]]\n[[[end]]]\n", small)


def test_pages_run_llmreg_and_nothing_else(small):
    with pytest.raises(LlmregError, match="commands of llmreg only"):
        pages.fill('# P\n[[[cog console("ls") ]]]\n[[[end]]]\n', small)


def test_output_shows_exit_codes_and_no_scratch_folder(small):
    call = 'console("llmreg validate nowhere", "llmreg check alpaca-7b --use hosting", lines=1)'
    text = pages.fill(f"# P\n[[[cog {call} ]]]\n[[[end]]]\n", small)
    assert "$ echo $?\n2\n" in text
    assert "[...]\n$ echo $?\n4\n" in text
    assert "/tmp" not in text


def test_an_installed_wheel_says_that_a_checkout_is_needed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(llmreg.docs, "__file__", str(tmp_path / "site-packages" / "llmreg" / "docs" / "__init__.py"))
    monkeypatch.setattr("sys.argv", ["docs"])
    assert program.main() == 1
    assert "clone the repository" in capsys.readouterr().err


# JSON Schemas


class _Editor(yaml.SafeLoader):
    """Reads as editors do: words that look like numbers are numbers, and dates are text."""


_Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def as_editor(text):
    """Give the value as JSON has it: keys are text."""
    return json.loads(json.dumps(yaml.load(text, _Editor)))


def validator(folder):
    schema = json.loads(page(f"schema/{FOLDERS[folder].kind}.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_catalog_file_is_valid_for_an_editor(folder):
    judge = validator(folder)
    files = sorted([*ROOT.glob(f"catalog/{folder}/*.yaml"), *ROOT.glob(f"docs/examples/my-catalog/{folder}/*.yaml")])
    assert files
    faults = [
        f"{path.name}: {error.json_path}: {error.message}"
        for path in files
        for error in judge.iter_errors(as_editor(path.read_text(encoding="utf-8")))
    ]
    assert faults == []


MODEL = """
name: 65
released: 2023
developers: [no]
licenses: {weights: {id: MIT, source: s}, code: [{id: MIT, source: s}]}
made_from: [{relation: finetune, of: other, source: s}]
sources: {s: {url: here, read: live, seen: 2026-11-21}}
"""


@pytest.mark.parametrize(
    ("old", "new", "valid"),
    [
        ("", "", True),
        ("name:", "id: my-model\nname:", False),
        ("name: 65\n", "", False),
        ("released", "relased", False),
        ("relation: finetune", "relation: finetuned", False),
        ("{weights", "{wheels", False),
        (", read: live", "", False),
        ("[{id: MIT, source: s}]", "[]", False),
        ("developers: [no]", "parameters: many", False),
    ],
)
def test_an_editor_sees_a_wrong_field(old, new, valid):
    assert old in MODEL
    assert validator("models").is_valid(as_editor(MODEL.replace(old, new, 1))) is valid


def test_fields_carry_what_the_code_says_of_them():
    schema = json.loads(page("schema/model.schema.json"))
    assert (
        schema["properties"]["hub"]["description"]
        == "Repository id on the Hub; where it had others, a list with the present one first."
    )
    assert schema["properties"]["aliases"]["description"].startswith("Other spellings")
    assert "shares" not in schema["properties"]
    assert schemas.schema_of(FOLDERS["models"]) == schema


# Links


def anchors(path):
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path):
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
    for link in links:
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_site_lists_every_page_and_asks_nobody_for_fonts():
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(site["nav"]) == sorted(path.name for path in ROOT.glob("docs/*.md"))
    assert site["theme"]["font"] is False


# What there is, is named


def _named():
    yield from (("relations.md", f"| `{relation}` |") for relation in RELATION_ENDS)
    yield from (("relations.md", f"`{stage}`") for stage in get_args(Stage))
    yield from (("how-verdicts-are-reached.md", f"| `{effect}` |") for effect in get_args(Effect))
    yield from (("how-verdicts-are-reached.md", f"`{switch}`") for switch in Switches.model_fields)
    yield from (("how-verdicts-are-reached.md", policy) for policy in Catalog(ROOT / "catalog").ids(Policy))
    yield from (("adding-a-license.md", f"`{use}`") for use in get_args(Use))
    yield from (("adding-a-license.md", f"`{value}`") for value in get_args(Outputs))
    yield from (("schema.md", f"| `{folder}` | {kind.kind} |") for folder, kind in FOLDERS.items())
    hooks = [name for name, hook in vars(hookspecs).items() if hasattr(hook, "llmreg_spec")]
    assert hooks
    pages = {
        "register_methods": "writing-a-method.md", "register_finders": "scanning.md",
        "register_makers": "making-datasets.md", "register_codecs": "deltas.md",
    }  # fmt: skip
    yield from ((pages.get(hook, "writing-an-objective.md"), f"`{hook}`") for hook in hooks)
    of_objectives = [
        name for name in (*vars(Objective), *Objective.__annotations__) if not name.startswith(("_", "model_"))
    ]
    assert {"loss", "parts", "reads"} <= set(of_objectives)
    yield from (("writing-an-objective.md", f"| `{name}") for name in dict.fromkeys(of_objectives))
    members = [name for name in (*vars(Method), *Method.__annotations__) if not name.startswith(("_", "model_"))]
    assert {"adapt", "trains", "name"} <= set(members)
    yield from (("writing-a-method.md", f"| `{name}") for name in dict.fromkeys(members))
    yield from (("runs.md", f"`{field}`") for field in Run.model_fields)
    checks = re.findall(r'\bname(?:, shown)? ?= ?"([^"]+)"', inspect.getsource(invariants))
    assert len(set(checks)) >= 7
    yield from (("rehearsals.md", f"| {check} |") for check in dict.fromkeys(checks))
    for name, _ in commands.walk(typer.main.get_command(app), "llmreg"):
        yield "cli.md", f"## {name}\n"


@pytest.mark.parametrize(("name", "words"), list(_named()))
def test_a_page_names_what_there_is(name, words):
    assert words in page(name)


def test_every_ground_is_explained():
    text = page("how-verdicts-are-reached.md")
    through_their_own_switch = {"attribution", "share-alike", "non-commercial", "no-derivatives", "service-terms"}
    assert through_their_own_switch <= set(get_args(Ground))
    assert all(f"`{ground}`" in text for ground in through_their_own_switch)


# What was recorded still happens


def recorded():
    """Find the recorded blocks of all pages, each with its page, its commands and its text."""
    for path in sorted(ROOT.glob("docs/*.md")):
        for call, block in re.findall(
            r"\[\[\[cog recorded\((.*?)\) \]\]\] -->\n(.*?)<!-- \[\[\[end", path.read_text(encoding="utf-8"), re.DOTALL
        ):
            yield path.name, re.findall(r'"([^"]+)"', call), block


@pytest.mark.parametrize(("name", "lines", "block"), list(recorded()))
def test_a_recorded_block_shows_its_commands_and_no_machine(name, lines, block):
    shown = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ llmreg")]
    assert shown == lines
    assert not re.search(r"/(work|root|tmp)/|Traceback", block)


def test_the_recorded_plan_is_what_plan_prints():
    plans = [(lines, block) for _, lines, block in recorded() if lines[0].startswith("llmreg plan")]
    assert plans
    for lines, block in plans:
        text = f"# Plan\n[[[cog recorded({json.dumps(lines[0])}) ]]]\n[[[end]]]\n"
        assert block
        assert block in pages.fill(text, ROOT, slow=True)


def test_the_recorded_reproduction_compares_with_the_figure_in_the_catalog(built_in):
    (block,) = [block for _, lines, block in recorded() if lines == ["llmreg reproduce nano-qlora"]]
    compared = [result for result in built_in["nano-qlora"].results if result.tolerance]
    assert compared
    for result in compared:
        row = (
            rf"^{re.escape(result.benchmark)} +{re.escape(result.metric)} .*?([\d.]+) ± ([\d.]+) +([\d.]+) +reproduced$"
        )
        figures = re.search(row, block, flags=re.MULTILINE)
        assert figures, f"{result.benchmark} {result.metric} is not among the recorded figures"
        published, tolerance, measured = map(float, figures.groups())
        assert (published, tolerance) == (result.value, result.tolerance)
        assert abs(measured - published) <= tolerance


def test_commands_in_plain_blocks_exist():
    known = {name for name, _ in commands.walk(typer.main.get_command(app), "llmreg")}
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        text = path.read_text(encoding="utf-8")
        blocks = "".join(re.findall(r"^```(?:console)?\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE))
        for line in re.findall(r"^(?:\$ )?(llmreg [a-z].*)$", blocks, flags=re.MULTILINE):
            words = shlex.split(line.split("#")[0])
            # `audit` is a group that does without its subcommand.
            assert known & {" ".join(words[:2]), " ".join(words[:3]), f"{' '.join(words[:2])} catalog"}, line
