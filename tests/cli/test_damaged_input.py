"""Every command, given damaged input of every kind, ends in a sentence and an exit code that says what happened."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
import typer.main
from damaged import CONTENTS, ends_well, filled, share

from llmreg.cli.app import app


def damaged(folder, name, contents=CONTENTS):
    """Make a file of each kind called `name`, and what stands where a file should."""
    for number, (what, content) in enumerate(contents.items()):
        place = folder / str(number) / name
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        yield what, place
    for what in ("folder", "dangling link", "circle of links", "line\nbreak"):
        place = folder / what / name
        place.parent.mkdir(parents=True)
        if what == "folder":
            place.mkdir()
        elif what == "line\nbreak":
            place.write_bytes(b"{}")
        else:
            place.symlink_to(place if what.startswith("circle") else "/nonexistent/file")
        yield what, place
    yield "missing", folder / "missing" / name
    yield "below a file", folder / "line\nbreak" / name / name
    yield "too long", folder / ("x" * 300)


IN_A_FILE = {
    "list": ("i.sqlite", "list --catalog FILE"),
    "show": ("l.yaml", "show llama-7b --catalog FILE"),
    "check": ("l.yaml", "check llama-2-7b --use commercial --licensee FILE"),
    "compare": ("l.yaml", "compare llama-2-7b --licensee FILE"),
    "policies": ("i.sqlite", "policies --catalog FILE"),
    "validate": ("x.yaml", "validate FILE"),
    "import edges": ("e.csv", "import edges FILE --into OUT"),
    "import hub": ("h.jsonl", "import hub FILE --into OUT.sqlite"),
    "import cyclonedx": ("bom.json", "import cyclonedx FILE --into OUT"),
    "import croissant": ("c.json", "import croissant FILE --into OUT"),
    "import into": ("i.sqlite", "import hub ANSWERS --into FILE"),
    "evaluate elo": ("r.json", "evaluate elo FILE --orders 5 --draws 5"),
    "evaluate relative": ("r.jsonl", "evaluate relative FILE --draws 5"),
    "evaluate agreement": ("r.jsonl", "evaluate agreement FILE --draws 5"),
    "evaluate judge": ("a.jsonl", "evaluate judge FILE ANSWERS --judge m -o OUT --endpoint http://x --accept-unclear --dry-run"),
    "evaluate judge -o": ("o.jsonl", "evaluate judge ANSWERS OTHERS --judge m -o FILE --endpoint http://x --accept-unclear --dry-run"),
    "evaluate judge --cache": ("c.sqlite", "evaluate judge ANSWERS OTHERS --judge m -o OUT --endpoint http://x --accept-unclear --dry-run --cache FILE"),
    "evaluate blind": ("q.jsonl", "evaluate blind ANSWERS OUT --questions FILE -o OUT2"),
    "evaluate model": ("rows.jsonl", "evaluate model OUT --task perplexity --data FILE"),
    "audit results": ("r.jsonl", "audit results --ratings FILE"),
    "site": ("r.jsonl", "site OUT --ratings FILE"),
    "scan": ("b.yaml", "scan ANSWERS --baseline FILE"),
    "reproduce": ("l.yaml", "reproduce llama-2-7b --licensee FILE"),
    "push": ("l.yaml", "push OUT --licensee FILE"),
    "export notice": ("l.yaml", "export notice guanaco-33b --licensee FILE"),
}  # fmt: skip
"""For each command the name of a file, and a command line in whose place FILE stands."""

TO_A_FILE = {
    "export card": ("o.md", "export card guanaco-33b -o FILE"),
    "export cyclonedx": ("o.json", "export cyclonedx guanaco-33b -o FILE"),
    "export spdx": ("o.json", "export spdx guanaco-33b -o FILE"),
    "export bom": ("o.md", "export bom guanaco-33b --score -o FILE"),
    "export bibtex": ("o.bib", "export bibtex guanaco-33b -o FILE"),
    "export cff": ("o.cff", "export cff guanaco-33b -o FILE"),
    "graph": ("o.svg", "graph guanaco-33b --format svg -o FILE"),
    "tree": ("o.svg", "tree --family LLaMA -o FILE"),
    "audit catalog": ("o.html", "audit --only no-base -o FILE"),
    "new method": ("m", "new method some-tuning --into FILE"),
}
"""The same for commands that write to FILE."""

IN_A_FOLDER = {
    "verify": ("run.json", "verify FOLDER"),
    "runs": ("run.json", "runs PARENT"),
    "apply": ("llmreg-delta.json", "apply vicuna-7b-v0 --base FOLDER --delta FOLDER -o OUT"),
    "delta": ("model.safetensors.index.json", "delta FOLDER --base FOLDER -o OUT"),
    "merge": ("adapter_config.json", "merge FOLDER -o OUT --entry guanaco-7b --base FOLDER"),
    "export gguf": ("config.json", "export gguf FOLDER -o OUT.gguf"),
    "evaluate model folder": ("config.json", "evaluate model FOLDER --task perplexity --data ANSWERS"),
    "evaluate model run": ("run.json", "evaluate model FOLDER --task perplexity --data ANSWERS"),
    "evaluate judge folder": ("config.json", "evaluate judge ANSWERS OTHERS --judge FOLDER -o OUT --accept-unclear --dry-run"),
    "push run": ("run.json", "push FOLDER"),
}  # fmt: skip
"""The same with a FOLDER in which the damaged file lies."""

IN_A_CATALOG = {
    "graph": "graph mine", "path": "path mine llama-7b", "impact": "impact llama-7b", "diff": "diff mine llama-7b",
    "rehearse": "rehearse mine", "plan": "plan mine", "check": "check mine --use research", "audit catalog": "audit",
    "show": "show mine --json", "validate": "validate", "compare": "compare mine", "list": "list", "search": "search mine",
    "duties": "duties mine",
}  # fmt: skip
"""Command lines over a catalog with a damaged entry called `mine`."""

NEITHER = {"mcp", "methods"}
"""They take no input, or a client's questions."""


def commands(command, words=()):
    if not hasattr(command, "commands"):
        yield " ".join(words)
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


def test_every_command_is_tried():
    tried = [*IN_A_FILE, *TO_A_FILE, *IN_A_FOLDER, *IN_A_CATALOG, *NEITHER]
    assert [
        each for each in commands(typer.main.get_command(app)) if not any(name.startswith(each) for name in tried)
    ] == []


@pytest.mark.parametrize("tried", IN_A_FILE)
def test_a_damaged_file(tried, tmp_path, answers, llmreg):
    name, words = IN_A_FILE[tried]
    for what, place in share(tried, IN_A_FILE, 3, damaged(tmp_path / "damaged", name)):
        out = tmp_path / "out" / what
        (tmp_path / "out").mkdir(exist_ok=True)
        ends_well(*llmreg(*filled(words, {**answers, "FILE": place, "OUT2": tmp_path / "votes", "OUT": out})))


@pytest.mark.parametrize("tried", TO_A_FILE)
def test_what_is_no_place_to_write_to(tried, tmp_path, llmreg):
    name, words = TO_A_FILE[tried]
    for _, place in share(tried, TO_A_FILE, 2, damaged(tmp_path / "damaged", name, {})):
        ends_well(*llmreg(*filled(words, {"FILE": place})))


@pytest.mark.parametrize("tried", IN_A_FOLDER)
def test_a_folder_with_a_damaged_file(tried, tmp_path, answers, llmreg):
    name, words = IN_A_FOLDER[tried]
    for _, place in share(tried, IN_A_FOLDER, 3, damaged(tmp_path / "damaged", name)):
        folder = place.parent
        if place.parent.is_dir() and name != "run.json":
            (folder / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
            (folder / "adapter_model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
        places = {**answers, "FOLDER": folder, "PARENT": folder.parent, "OUT": tmp_path / "out"}
        ends_well(*llmreg(*filled(words, places)), at_the_last_door=True)
        shutil.rmtree(tmp_path / "out", ignore_errors=True)


@pytest.mark.parametrize("tried", IN_A_CATALOG)
def test_a_catalog_with_a_damaged_entry(tried, tmp_path, llmreg):
    for what, place in share(tried, IN_A_CATALOG, 5, damaged(tmp_path / "damaged", "mine.yaml")):
        if what not in ("missing", "below a file", "too long"):
            catalog = tmp_path / "catalogs" / what
            (catalog / "models").mkdir(parents=True)
            place.rename(catalog / "models" / "mine.yaml")
            code, told = llmreg(*IN_A_CATALOG[tried].split(), "--catalog", catalog)
            ends_well(code, told)
            if "mine" in IN_A_CATALOG[tried]:
                assert code in (1, 5)
                assert "mine.yaml:" in told.err + told.out or tried == "rehearse"


INDEXES = {
    "of another program": ["CREATE TABLE meta (a)"],
    "without fields": ["CREATE TABLE meta (key, value)", "INSERT INTO meta VALUES ('format', '1')"],
    "with fields cut off": [
        "CREATE TABLE meta (key, value)", "INSERT INTO meta VALUES ('format', '1'), ('shared', '{'), ('kinds', '[]')",
    ],
    "with an unknown kind": [
        "CREATE TABLE meta (key, value)",
        "INSERT INTO meta VALUES ('format', '1'), ('shared', '{}'), ('kinds', '[\"zebra\"]')",
    ],
    "with damaged entries": [
        "CREATE TABLE meta (key, value)",
        "INSERT INTO meta VALUES ('format', '1'), ('shared', '{}'), ('kinds', '[\"model\"]')",
        "CREATE TABLE entry (num, id, kind, terms, body)",
        "INSERT INTO entry VALUES (1, 'mine', 'model', 1, '{'), (2, 'second', 'model', 1, '[]'), (3, 'third', 'zebra', 1, '{}')",
        "CREATE TABLE terms (num, body)", "INSERT INTO terms VALUES (1, '{')",
    ],
}  # fmt: skip


@pytest.mark.parametrize("what", INDEXES)
def test_a_damaged_index(what, tmp_path, llmreg):
    index = tmp_path / "an odd?name%20#.sqlite"
    with sqlite3.connect(index) as database:
        for statement in INDEXES[what]:
            database.execute(statement)
    database.close()
    for words in (
        "list",
        "check mine --use research",
        "check second --use hosting",
        "show third",
        "check --all --use all",
        "audit",
    ):
        code, told = llmreg(*words.split(), "--catalog", index)
        ends_well(code, told)
        assert code == 1
        assert f"{index} " in told.err


USERS = ("LLMREG_HOME", "LLMREG_CATALOG", "XDG_CACHE_HOME")


@pytest.mark.parametrize("variable", USERS)
def test_a_damaged_folder_of_the_users(variable, tmp_path, llmreg, monkeypatch):
    for _, place in share(variable, USERS, 3, damaged(tmp_path / "damaged", "folder")):
        monkeypatch.setenv(variable, str(place))
        ends_well(*llmreg("runs"))
        ends_well(*llmreg("show", "llama-7b"))


WORDS = (
    "",
    " ",
    "x" * 5000,
    "\udcff",
    "..",
    "/",
    "a\nb",
    "%s{}",
    "[bold]x[/]",
    "\x1b[31m",
    "\u202e",
    "-1",
    "9" * 5000,
    "nan",
)

TAKE_WORDS = (
    "check W --use research", "check llama-7b --use W", "check llama-7b --use research --policy W",
    "check llama-7b --use research --as-of W", "check llama-7b --use research --territory W",
    "check llama-7b --use research --monthly-users W", "show W", "graph W", "graph llama-7b --depth W", "path W W",
    "diff W llama-7b", "compare W", "compare llama-7b --only W", "impact llama-7b --relicensed W", "plan W",
    "plan nano-lora --set W", "plan nano-lora --set rank=W", "rehearse W", "audit W", "audit --only W",
    "audit --stale-after W", "audit --as-of W", "policies W", "tree --family W", "tree --since W", "list W",
    "list --where W", "list --where license=W", "list --where made-from=W", "new method W", "verify W", "merge W -o W",
    "push W", "apply W --base W --delta W -o W", "delta W --base W -o W", "import W W --into W", "evaluate elo W", "export card W", "reproduce W", "runs W",
)  # fmt: skip


@pytest.mark.parametrize("words", TAKE_WORDS)
def test_odd_words(words, tmp_path, llmreg, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for word in share(words, TAKE_WORDS, 7, WORDS):
        code, told = llmreg(*(each.replace("W", word) for each in words.split()))
        ends_well(code, told)
        assert "\x1b[31m" not in told.err
