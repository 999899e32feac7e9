"""The site is written whole or not at all, the same every time, and over nothing but an older site."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from few import write_few

from builders import SOURCES, claims, edge, model
from llmreg.catalog import Catalog, built_in
from llmreg.catalog.index import write_index
from llmreg.errors import CatalogError, LlmregError, UnknownIdError, UsageError
from llmreg.plugins import Fault, Plugins
from llmreg.reproduce import record
from llmreg.site.build import MARKER, build
from llmreg.site.style import STATIC


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Give the folder of a catalog of a few models."""
    return write_few(tmp_path_factory.mktemp("small"))


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def beside(folder):
    return sorted(path.name for path in folder.parent.iterdir())


def test_the_command_writes_the_same_bytes_as_the_function_whatever_the_seed_of_hashes(site, tmp_path):
    """The command writes with several processes, and the function with one."""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "llmreg", "site", str(tmp_path / "again"), "--no-runs", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    again = contents(tmp_path / "again")
    assert {name for name, content in contents(site).items() if again.get(name) != content} == set()
    pages = sum(name.endswith(".html") for name in again)
    assert json.loads(done.stdout) == {"out": str(tmp_path / "again"), "pages": pages, "files": len(again) - pages}


def test_every_file_that_is_the_same_for_every_catalog_is_there(site):
    static = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.name != "style.css"}
    assert static.items() <= contents(site).items()
    assert "--allowed-with-conditions: " in (site / "style.css").read_text(encoding="utf-8")


def test_an_older_site_is_replaced_and_what_is_gone_from_the_catalog_goes(small, tmp_path):
    whole = Catalog(small)
    build(whole.over(model("gone", licenses=claims(weights="MIT"))), tmp_path / "out")
    assert (tmp_path / "out" / "models" / "gone.html").is_file()
    build(whole, tmp_path / "out")
    assert not (tmp_path / "out" / "models" / "gone.html").exists()
    assert beside(tmp_path / "out") == ["out"]


def test_a_folder_that_holds_something_else_is_left_alone(small, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(LlmregError, match="is not empty and holds no site"):
        build(Catalog(small), tmp_path)
    with pytest.raises(LlmregError, match="is a file; name a folder"):
        build(Catalog(small), tmp_path / "thesis.tex")
    assert contents(tmp_path) == {"thesis.tex": b"years of work"}


def test_a_killed_build_leaves_the_old_site(small, tmp_path):
    out = tmp_path / "out"
    build(Catalog(small), out)
    before = contents(out)
    script = (
        "import os, signal, sys; from pathlib import Path; from llmreg.catalog import Catalog\n"
        "from llmreg.site.build import build\n"
        "def tell(done, total):\n    if done == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "build(Catalog(Path(sys.argv[1])), Path(sys.argv[2]), tell=tell)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(small), str(out)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert contents(out) == before
    (left,) = (path for path in tmp_path.iterdir() if path != out)
    os.utime(left, (0, 0))
    build(Catalog(small), out)
    assert beside(out) == ["out"]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_full_disk_leaves_the_old_site_and_nothing_beside_it(small, tmp_path, monkeypatch, processes):
    out = tmp_path / "out"
    build(Catalog(small), out)
    before = contents(out)
    write, left = Path.write_bytes, iter(range(10))

    def write_until_full(path, data):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_until_full)
    with pytest.raises(OSError, match="No space left"):
        build(Catalog(small), out, processes=processes)
    assert contents(out) == before
    assert beside(out) == ["out"]


def test_an_index_among_the_layers_is_refused_with_the_remedy(small, tmp_path):
    write_index(tmp_path / "hub.sqlite", [("hub.a", "model", {"name": "a"})], {"source": "page", "sources": SOURCES})
    with pytest.raises(UsageError, match=r"hub\.sqlite is an index .* `--catalog DIR`"):
        build(Catalog(small, tmp_path / "hub.sqlite"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_catalog_that_does_not_hold_together_is_refused_with_its_faults(small, tmp_path):
    shutil.copytree(small, tmp_path / "broken")
    text = "name: Bad\nsource: page\nmade_from:\n  - {relation: finetune, of: nobody, source: page}\n"
    text += "sources:\n  page: {url: 'https://example.org', read: live, seen: 2026-11-21}\n"
    (tmp_path / "broken" / "models" / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"bad\.yaml:4: made_from\.0\.of: no entry has the id 'nobody'"):
        build(Catalog(tmp_path / "broken"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_policy_that_does_not_exist_is_refused(small, tmp_path):
    with pytest.raises(UnknownIdError, match="did you mean 'strict'"):
        build(Catalog(small), tmp_path / "out", policy="strikt")


def test_the_pages_explain_the_policy_that_was_asked_for(small, tmp_path):
    build(Catalog(small), tmp_path / "out", policy="strict")
    assert json.loads((tmp_path / "out" / MARKER).read_text(encoding="utf-8"))["policy"] == "strict"
    page = (tmp_path / "out" / "models" / "nano-lora.html").read_text(encoding="utf-8")
    assert 'Why, under the policy <a href="../policies/strict.html">strict</a>' in page


@pytest.fixture
def own_runs():
    """Two finished runs of nano-lora in the reader's own folder, one of them a rehearsal, and one that is not done."""
    for name, kind, status, measured in (
        ("nano-lora-001", "reproduction", "finished", 61.5),
        ("nano-lora-002", "rehearsal", "finished", 11.25),
        ("nano-lora-003", "reproduction", "running", 12.25),
    ):
        folder = record.home() / "runs" / name
        folder.mkdir(parents=True)
        record.write(folder, run("nano-lora", kind, status, measured))


def run(entry_id, kind, status, measured):
    result = Catalog(built_in())[entry_id].results[0]
    comparison = {
        "benchmark": result.benchmark,
        "metric": result.metric,
        "unit": result.unit,
        "published": result.value,
    }
    resolved = {
        "id": entry_id,
        "method": "lora",
        "settings": {},
        "training": {},
        "data": {"format": "text"},
        "assumed": {},
        "overridden": {},
    }
    return record.Run(
        id=entry_id, kind=kind, status=status, started="2026-11-20T10:00:00+00:00", command=("llmreg", "reproduce", "/secret/path"),
        use="research", verdicts={}, accepted_unclear=False, verdict={}, recipe=resolved, recipe_hash="0", base={}, seed=42, environment={},
        comparisons=[{**comparison, "tolerance": 1.0, "measured": measured, "outcome": "not reproduced", "why": "rows"}],
    )  # fmt: skip


@pytest.mark.usefixtures("own_runs")
def test_finished_reproductions_stand_beside_the_published_figures(small, tmp_path):
    build(Catalog(small), tmp_path / "with")
    page = (tmp_path / "with" / "models" / "nano-lora.html").read_text(encoding="utf-8")
    assert "61.5 %, <strong>not reproduced</strong> <small>nano-lora-001, seed 42, 2026-11-20</small>" in page
    assert "11.25" not in page
    assert "12.25" not in page
    everything = b"".join(contents(tmp_path / "with").values())
    assert b"/secret/path" not in everything
    assert str(record.home()).encode() not in everything


@pytest.mark.usefixtures("own_runs")
def test_without_runs_the_page_shows_published_figures_alone(small, tmp_path):
    build(Catalog(small), tmp_path / "without", runs=False)
    page = (tmp_path / "without" / "models" / "nano-lora.html").read_text(encoding="utf-8")
    assert "Published results</h2>" in page
    assert "61.5" not in page


def test_a_plugin_that_does_not_load_is_told_and_its_methods_say_that_nobody_offers_them(small, tmp_path, monkeypatch):
    broken = Plugins(faults=(Fault("mine", "llmreg-mine 1.0", "<b>does not import</b>"),))
    monkeypatch.setattr("llmreg.site.build.load", lambda: broken)
    build(Catalog(small), tmp_path / "out")
    listed = (tmp_path / "out" / "methods" / "index.html").read_text(encoding="utf-8")
    assert "plugin &#39;mine&#39; of llmreg-mine 1.0: &lt;b&gt;does not import&lt;/b&gt;" in listed
    assert "No plugin that is installed offers this method" in (tmp_path / "out" / "methods" / "lora.html").read_text(
        encoding="utf-8"
    )


def test_a_method_whose_name_is_no_name_of_a_file_has_a_page_all_the_same(small, tmp_path):
    recipe = {"method": "../../dpo & <co>", "data": {"format": "text"}, "source": "page"}
    odd = model("odd", edge("finetune", "nano-base"), licenses=claims(weights="MIT"), recipe=recipe)
    build(Catalog(small).over(odd), tmp_path / "out")
    (page,) = (tmp_path / "out" / "methods").glob("method-*.html")
    assert "<h1>../../dpo &amp; &lt;co&gt;</h1>" in page.read_text(encoding="utf-8")
    assert f'href="../methods/{page.name}"' in (tmp_path / "out" / "models" / "odd.html").read_text(encoding="utf-8")
