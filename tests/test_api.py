"""llmreg in Python: the page's examples run, the objects answer as the commands do, and show themselves safely."""

from __future__ import annotations

import doctest
import inspect
import os
import re
import subprocess
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest

import llmreg
from builders import claims, edge, model
from llmreg.api.graph import LARGEST
from llmreg.docs import checkout
from llmreg.licensing import Checker
from llmreg.lineage import lineage_around
from llmreg.lineage.formats import FORMATS
from llmreg.reproduce import record
from llmreg.uses import Use
from reading import Page, shown, words

PAGE = checkout() / "docs" / "in-python.md"
USES = get_args(Use)


@pytest.fixture(scope="module")
def catalog():
    return llmreg.load_catalog()


# The page


def blocks(page):
    """Find the page's examples, each with what it needs."""
    return re.findall(r"(<!-- needs train -->\n)?```python\n(.*?)```", page, re.DOTALL)


def test_the_examples_of_the_page_run_and_show_what_it_shows(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    can_plan = all(map(find_spec, ("torch", "transformers", "peft")))
    found = blocks(PAGE.read_text(encoding="utf-8"))
    assert len(found) >= 9
    example = "\n".join(text for needs, text in found if not needs or can_plan)
    test = doctest.DocTestParser().get_doctest(example, {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) >= 30
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL)
    failures = runner.run(test).failed
    assert failures == 0, capsys.readouterr().out


def test_the_check_of_the_page_sees_a_wrong_value():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(test, out=lambda _: None).failed == 1


# What is public


def test_every_public_name_is_there_and_says_what_it_is():
    for name in llmreg.__all__:
        thing = getattr(llmreg, name)
        assert inspect.getdoc(thing), name
    assert list(llmreg.__all__) == sorted(llmreg.__all__, key=lambda name: (name[0].islower(), name))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        llmreg.nothing  # noqa: B018


def test_every_question_says_what_it_answers():
    for name, method in inspect.getmembers(llmreg.Catalog, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name


def test_the_catalog_loads_nothing_heavy_before_a_graph_is_asked_for():
    code = "import llmreg, sys; c = llmreg.load_catalog(); c.verdicts('guanaco-33b'); c.compare('oasst1'); c.runs()\n"
    code += "print(sorted({'networkx', 'torch', 'numpy', 'jinja2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout.strip() == "[]"


# Lineage


@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_lineage_is_what_graph_exports(catalog, built_in, direction):
    ours = catalog.lineage("llama-7b", "oasst1", direction=direction, depth=2)
    other = lineage_around(built_in, ["llama-7b", "oasst1"], direction, 2)
    assert FORMATS["json"](ours) == FORMATS["json"](other)


def test_lineage_is_a_networkx_graph_whose_copies_are_too(catalog):
    import networkx as nx

    graph = catalog.lineage("guanaco-33b")
    assert isinstance(graph, nx.MultiDiGraph)
    for other in (graph.copy(), graph.subgraph(["guanaco-33b"]), graph.reverse(), nx.freeze(graph.copy())):
        assert isinstance(other, llmreg.Lineage)
    assert repr(graph) == f"<Lineage of guanaco-33b: {len(graph)} entries, {graph.size()} edges>"


def test_a_graph_draws_itself_with_every_entry(catalog):
    graph = catalog.lineage("guanaco-33b")
    picture = graph._repr_svg_()
    ElementTree.fromstring(picture)
    assert all(catalog[entry_id].name in picture for entry_id in graph)
    assert graph.svg({"guanaco-33b": "forbidden"}) != picture


def test_a_large_graph_draws_what_is_nearest(catalog):
    graph = catalog.lineage("llama-7b", "the-pile", "text-davinci-003", direction="both")
    assert len(graph) > LARGEST
    ElementTree.fromstring(graph._repr_svg_())
    assert catalog.lineage()._repr_svg_() is None


# Verdicts


@pytest.mark.parametrize("policy", ["strict", "standard", "permissive"])
def test_verdicts_are_those_of_a_check(catalog, built_in, policy):
    checker = Checker(built_in)
    for entry_id in ("guanaco-33b", "vicuna-13b-v1.1", "oasst1", "text-davinci-003", "guanaco-33b-adapter"):
        found = catalog.verdicts(entry_id, policy=policy)
        assert list(found) == [checker.check(entry_id, use, policy) for use in USES]
        assert found["hosting"] == catalog.check(entry_id, "hosting", policy=policy)


@pytest.mark.parametrize("day", ["2023-05", "2023-05-01", date(2023, 5, 1)])
def test_a_day_is_a_date_or_words(catalog, day):
    verdict = catalog.check("falcon-7b", "commercial", as_of=day)
    assert verdict.as_of == date(2023, 5, 1)
    assert verdict.reasons[0].license == "tii-falcon-llm-1.0"


def test_who_asks_may_be_an_object_or_a_file(catalog, tmp_path):
    file = tmp_path / "us.yaml"
    file.write_text("as-of: 2026-11-21\nterritory: FR\n")
    who = llmreg.Licensee(as_of=date(2026, 11, 21), territory="FR")
    asked = [catalog.check("llama-3.2-11b-vision", "commercial", licensee=each) for each in (who, file, str(file))]
    assert {each.verdict for each in asked} == {"forbidden"}
    assert asked[0] == asked[1] == asked[2]
    assert catalog.check("falcon-7b", "commercial", licensee=who, as_of="2023-05").as_of == date(2023, 5, 1)


def test_an_entry_laid_over_the_catalog_is_checked_anew(catalog):
    own = llmreg.load_catalog()
    assert own.check("falcon-7b", "commercial").verdict == "allowed"
    own.add(model("falcon-7b", edge("finetune", "llama-7b"), licenses=claims(weights="MIT")))
    assert own.check("falcon-7b", "commercial").verdict == "forbidden"


def test_names_stand_for_ids(catalog):
    alias = catalog["llama-2-7b"].aliases[0]
    assert catalog.check(alias, "research").id == "llama-2-7b"
    assert catalog.compare(alias).ids == ("llama-2-7b",)
    assert "llama-2-7b" in catalog.lineage(alias)


# Plans and runs


def run_of(name, **fields):
    """A finished rehearsal with hostile words where a record has free text."""
    recipe = {
        "id": name,
        "method": "lora",
        "settings": {},
        "training": {},
        "data": {"format": "text"},
        "assumed": {"a": "<b>"},
        "overridden": {},
    }
    return record.Run(
        id=name, kind="rehearsal", status="finished", started=fields.pop("started", "2026-11-21T10:00:00+00:00"), command=("llmreg",),
        use="research", verdicts={}, accepted_unclear=False, verdict={}, recipe=recipe, recipe_hash="0", base={}, seed=0,
        environment={}, steps=3, tokens=30, seconds=1.5, artifact_sha256="00",
        comparisons=[{"benchmark": "<script>", "metric": "[bold]m[/]", "unit": "nats", "published": 1.0, "tolerance": 0.1,
                      "measured": 1.05, "outcome": "reproduced", "why": ""}], **fields,
    )  # fmt: skip


@pytest.fixture
def runs(tmp_path, catalog):
    root = Path(os.environ["LLMREG_HOME"]) / "runs"
    for name, started in (("b-001", "2026-11-20T10:00:00+00:00"), ("a-001", "2026-11-21T10:00:00+00:00")):
        (root / name).mkdir(parents=True)
        record.write(root / name, run_of(name, started=started))
    (root / "torn").mkdir()
    (root / "torn" / "run.json").write_text('{"id": "torn"')
    return catalog.runs()


def test_runs_are_found_by_name_oldest_first(runs):
    assert list(runs) == ["b-001", "a-001"]
    assert len(runs) == 2
    assert runs["a-001"].passed
    assert (runs.folder("a-001") / "run.json").is_file()
    assert runs.get("torn") is None
    with pytest.raises(llmreg.UnknownIdError, match="no run has the id 'a-002'; did you mean 'a-001'"):
        runs["a-002"]


def test_runs_are_shown_as_the_command_does(runs, monkeypatch, capsys):
    from llmreg.cli import main

    monkeypatch.setattr("sys.argv", ["llmreg", "runs"])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr()
    assert printed.out
    assert shown(runs).startswith(printed.out)
    assert [" ".join(printed.err.split())] == list(runs.damaged)
    assert re.search(
        r"^a-001 +rehearsal +finished +2026-11-21 10:00 +\[bold\]m\[/\] 1.05 +passed *$", shown(runs), re.M
    )


def test_a_run_shows_its_figure_beside_the_published_one(runs):
    text = words(shown(runs["a-001"]))
    assert "rehearsal of a-001: 3 steps, 30 tokens, 2 s" in text
    assert "<script> [bold]m[/] (nats) 1 ± 0.1 1.05 reproduced" in text


def test_runs_stay_words_in_html(runs):
    for thing in (runs, runs["a-001"]):
        html = thing._repr_html_()
        assert "<script" not in html
        assert "color:#" not in html
        assert "[bold]m[/]" in Page(html).text


def test_no_runs_are_no_error(catalog, tmp_path):
    assert len(catalog.runs(tmp_path / "nowhere")) == 0
    assert repr(catalog.runs()) == "<Runs: none yet>"
    assert shown(catalog.runs()) == "no runs yet; `llmreg reproduce nano-qlora` makes one\n"


# Other questions


def test_impact_audit_and_diff_are_those_of_the_commands(catalog, built_in):
    from llmreg import audit

    assert catalog.impact("the-pile", withdrawn=True) == audit.impact(built_in, "the-pile", withdrawn=True)
    assert catalog.diff("guanaco-33b", "guanaco-65b") == audit.compare(built_in, "guanaco-33b", "guanaco-65b")
    day = built_in.manifest.date
    assert catalog.audit("guanaco-33b").to_json() == audit.audit(built_in, day, ids=["guanaco-33b"]).to_json()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda c: c["guanco-33b"], "did you mean 'guanaco-33b'"),
        (lambda c: c.check("guanco-33b", "hosting"), "did you mean 'guanaco-33b'"),
        (lambda c: c.check("guanaco-33b", "host"), "no use 'host'; did you mean 'hosting'"),
        (lambda c: c.check("guanaco-33b", "hosting", policy="lax"), "no policy has the id 'lax'"),
        (lambda c: c.check("guanaco-33b", "hosting", as_of="soon"), "as_of takes a date"),
        (lambda c: c.check("guanaco-33b", "hosting", licensee="/nowhere.yaml"), "nowhere.yaml"),
        (lambda c: c.check("MIT", "hosting"), "'MIT' is a license"),
        (lambda c: c.lineage("MIT"), "'MIT' is a license: it is no part of the lineage"),
        (lambda c: c.lineage("oasst1", direction="upp"), "no direction 'upp'; did you mean 'up'"),
        (lambda c: c.compare(), "name the entries"),
        (lambda c: c.plan("oasst1"), "oasst1 has no recipe in the catalog, so it cannot be made again"),
        (lambda c: c.plan("MIT"), "only models, their files and datasets are made again"),
        (lambda c: c.plan("oasst1-guanaco", nonsense=1), "nonsense: no such setting"),
    ],
)
def test_a_wrong_question_gets_a_message_and_no_traceback_of_others(catalog, ask, message):
    with pytest.raises(llmreg.LlmregError, match=re.escape(message)):
        ask(catalog)


def test_a_dataset_is_planned_as_the_command_plans_it(catalog):
    plan = catalog.plan("oasst1-guanaco")
    assert (plan.id, bool(plan.recipe.steps)) == ("oasst1-guanaco", True)
    assert catalog.plan("oasst1-guanaco", seed=7).recipe.seed == 7


def test_an_unknown_id_is_a_key_error_with_a_plain_message(catalog):
    assert catalog.get("nothing-like-it") is None
    with pytest.raises(KeyError) as error:
        catalog["nothing-like-it"]
    assert str(error.value).startswith("no entry has the id 'nothing-like-it'; ")
