"""`llmreg import`: every option does what its help says, for every importer."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from llmreg.catalog import Catalog, roots
from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError
from llmreg.importers import HUB, NAMES

COMMIT = "c0ffee0"
README = "---\nlicense: mit\nbase_model: ./mine\n---\n"
CROISSANT = {"@type": "sc:Dataset", "name": "Dunes"}
BOM = {
    "bomFormat": "CycloneDX",
    "components": [{"type": "machine-learning-model", "name": "camel", "bom-ref": "camel"}],
}
FILES = {
    "croissant": {"d.json": json.dumps(CROISSANT)},
    "cyclonedx": {"b.json": json.dumps(BOM)},
    "edges": {"e.csv": "child,parent,relation\ncamel,sand,finetune\n"},
    "epoch": {"notable_ai_models.csv": "Model,Organization,Domain\nCamel,Desert,Language\n"},
    "hub": {"me/m/README.md": README},
}
"""What a tracker may hold; any other is given a folder of its own in its own tests."""


def llmreg(*args):
    return CliRunner().invoke(app, ["import", *map(str, args)], catch_exceptions=False)


@pytest.fixture(params=sorted(FILES))
def tracker(request, tmp_path):
    folder = tmp_path / "tracker"
    for name, text in FILES[request.param].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return request.param, folder, tmp_path / ("mine.sqlite" if request.param == HUB else "mine")


@pytest.fixture(autouse=True)
def _catalog_read_once(request, monkeypatch, built_in):
    if request.node.originalname != "test_catalog_names_the_entries_that_cards_are_about":
        monkeypatch.setattr("llmreg.cli.options.open_catalog", lambda extra: built_in)


def only(into):
    """Give the sources of the imported entries that are no stubs."""
    catalog = Catalog(roots.built_in(), into)
    entries = [catalog[each] for each in catalog.ids() if catalog.path_of(each).is_relative_to(into)]
    assert entries
    return [source for entry in entries if not entry.stub for source in entry.sources.values()]


def test_it_writes_and_says_so(tracker):
    name, folder, into = tracker
    assert llmreg(name, folder, "--into", into).exit_code == 0
    assert only(into)


def test_dry_run_shows_the_same_and_writes_nothing(tracker, tmp_path):
    name, folder, into = tracker
    before = sorted(tmp_path.rglob("*"))
    said = llmreg(name, folder, "--into", into, "--dry-run")
    assert said.exit_code == 0
    assert "nothing was written" in said.stdout
    assert sorted(tmp_path.rglob("*")) == before
    assert said.stdout.replace("; nothing was written", "") == llmreg(name, folder, "--into", into).stdout


def test_dry_run_over_what_is_there_leaves_it(tracker):
    name, folder, into = tracker
    llmreg(name, folder, "--into", into)
    files = [into] if into.is_file() else sorted(path for path in into.rglob("*") if path.is_file())
    before = [path.read_bytes() for path in files]
    for file in FILES[name]:
        (folder / file).write_text(
            (folder / file).read_text().replace("amel", "amel2").replace("unes", "unes2").replace("mit", "llama2")
        )
    assert llmreg(name, folder, "--into", into, "--dry-run").exit_code == 0
    assert [path.read_bytes() for path in files] == before


def test_json_is_json_and_holds_what_the_text_says(tracker):
    name, folder, into = tracker
    said = llmreg(name, folder, "--into", into, "--json", "--dry-run")
    told = json.loads(said.stdout)
    assert told["importer"] == name
    assert json.loads(llmreg(name, folder, "--into", into, "--json").stdout)["importer"] == name


def test_commit_is_the_one_that_is_written(tracker):
    name, folder, into = tracker
    assert llmreg(name, folder, "--into", into, "--commit", COMMIT).exit_code == 0
    assert {source.commit for source in only(into)} == {COMMIT}


def test_without_commit_it_is_the_one_that_the_folder_tells(tracker):
    name, folder, into = tracker
    (folder / "SOURCE.txt").write_text(f"commit: {COMMIT[0] * 40}\n")
    assert llmreg(name, folder, "--into", into).exit_code == 0
    assert {source.commit for source in only(into)} == {COMMIT[0] * 40}


def test_a_commit_that_is_none_is_refused(tracker):
    name, folder, into = tracker
    with pytest.raises(UsageError, match="--commit takes 7 to 40 hexadecimal digits"):
        llmreg(name, folder, "--into", into, "--commit", "main")
    assert not into.exists()


def test_seen_is_the_day_of_reading(tracker):
    name, folder, into = tracker
    assert llmreg(name, folder, "--into", into, "--seen", "2024-02-29").exit_code == 0
    assert {source.seen for source in only(into)} == {date(2024, 2, 29)}


def test_column_names_columns_or_is_refused(tracker):
    name, folder, into = tracker
    if name == "edges":
        (folder / "e.csv").write_text("kind_of,parent,relation\ncamel,sand,finetune\n")
        assert llmreg(name, folder, "--into", into, "--column", "child=kind_of").exit_code == 0
        assert "edges.camel" in Catalog(roots.built_in(), into)
        return
    with pytest.raises(UsageError, match=f"{name} reads .*fixed names; leave --column out"):
        llmreg(name, folder, "--into", into, "--column", "child=x")
    assert not into.exists()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["child=a", "child=b"], "--column names 'child' twice, as 'a' and 'b'"),
        (["child"], "--column takes OURS=THEIRS"),
        (["stage=when"], "no 'when'; name it with --column stage=NAME"),
        (["kid=a"], "no column 'kid' of ours"),
    ],
)
def test_a_column_is_never_passed_over(tmp_path, columns, message):
    (tmp_path / "e.csv").write_text("child,parent,relation\ncamel,sand,finetune\n")
    with pytest.raises(LlmregError, match=message):
        llmreg("edges", tmp_path / "e.csv", "--into", tmp_path / "mine", *(f"--column={one}" for one in columns))


@pytest.mark.parametrize("name", [*NAMES, HUB])
def test_a_path_that_is_not_there_is_named(name, tmp_path):
    with pytest.raises(UsageError, match="absent: no such file or folder"):
        llmreg(
            name,
            tmp_path / "absent",
            "--into",
            tmp_path / "mine.sqlite" if name == HUB else tmp_path / "mine",
            "--commit",
            COMMIT,
        )
    assert [*tmp_path.glob("mine*")] == []


def test_catalog_names_the_entries_that_cards_are_about(tmp_path):
    (tmp_path / "own" / "models").mkdir(parents=True)
    (tmp_path / "own" / "models" / "mine.yaml").write_text(
        "name: Mine\nhub: me/base\nsource: s\nsources:\n  s: {url: 'https://e.org', read: live, seen: 2026-01-01}\n"
    )
    (tmp_path / "c.jsonl").write_text('{"id": "me/m", "cardData": {"base_model": "me/base"}}\n')
    into = tmp_path / "hub.sqlite"
    assert llmreg("hub", tmp_path / "c.jsonl", "--into", into, "--catalog", tmp_path / "own").exit_code == 0
    catalog = Catalog(roots.built_in(), tmp_path / "own", into)
    assert [edge.of for edge in catalog["hub.me--m"].edges()] == ["mine"]


@pytest.mark.parametrize("words", [[], ["--dry-run"], ["--json"]], ids=" ".join)
def test_cards_of_which_none_can_be_read_are_no_success(tmp_path, words):
    for name in ("a", "b"):
        (tmp_path / "cards" / "o" / name).mkdir(parents=True)
        (tmp_path / "cards" / "o" / name / "README.md").write_text("---\nlicense: [\n---\n")
    command = ["import", "hub", str(tmp_path / "cards"), "--into", str(tmp_path / "hub.sqlite"), *words]
    said = CliRunner().invoke(app, command)
    assert isinstance(said.exception, LlmregError)
    assert "no row could be taken in" in str(said.exception)
    assert "o/a/README.md" in said.output
    (tmp_path / "cards" / "o" / "b" / "README.md").write_text("---\nlicense: mit\n---\n")
    assert CliRunner().invoke(app, command).exit_code == 0
