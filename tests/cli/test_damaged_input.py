"""Every command, given damaged input of every kind, ends in a sentence and an exit code that says what happened."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct

import pytest
import typer.main
from records import run_with

from llmreg.api import load_catalog as load_catalog_of_users
from llmreg.catalog import cache, load_catalog
from llmreg.cli import main
from llmreg.cli.app import app
from llmreg.licensing.render import as_text

CONTENTS = {
    "empty": b"",
    "blank lines": b"\n\n\n",
    "zeros": b"\0" * 64,
    "binary": bytes(range(256)) * 4,
    "UTF-16": "name: x\n".encode("utf-16"),
    "Latin-1": "name: café\n".encode("latin-1"),
    "null": b"null",
    "number": b"1",
    "not a number": b"NaN",
    "text": b'"x"',
    "list": b"[[1], 2]",
    "mapping": b"{}",
    "cut off": b'{"a": [1, 2',
    "wrong types": b'{"id": ["x"], "text": {"a": 1}, "system": 3, "model_type": 5, "name": [], "files": 7}',
    "surrogates": b'{"id": "\\ud800", "text": "\\udfff", "system": "\\ud800"}',
    "long integer": b'{"a": ' + b"9" * 5000 + b"}",
    "infinite": b'{"a": 1e999, "b": Infinity}',
    "nested lists": b"[" * 100_000,
    "nested mappings": b'{"a":' * 50_000,
    "tag": b"name: !!python/object/apply:os.system [x]\n",
    "anchors": b"a: &a [1]\nb: *a\n",
    "escapes": b"name: \x1b[31m\n",
    "header of safetensors": struct.pack("<Q", 2**40) + b"{}",
}
"""What a file may hold that holds nothing right."""


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


def share(tried, table, of, kinds):
    """Take every `of`-th kind, another for each that is tried: together all are tried, and no test is long."""
    return list(kinds)[[*table].index(tried) % of :: of]


@pytest.fixture(scope="module")
def read_before(tmp_path_factory):
    """A cache in which the whole catalog is, as a user's is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        entries = load_catalog()
        assert all(entries[entry_id] for entry_id in entries)
        cache.write()
        yield str(cache.folder().parent)


@pytest.fixture
def llmreg(monkeypatch, capsys, read_before):
    """Run a command, and give its exit code and what it told."""
    monkeypatch.delenv("LLMREG_DEBUG", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", read_before)

    def run(*words):
        monkeypatch.setattr("sys.argv", ["llmreg", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code or 0, capsys.readouterr()

    return run


def ends_well(code, told, *, at_the_last_door=False):
    assert code in range(6)
    assert "Traceback" not in told.err + told.out
    assert code == 0 or (told.err + told.out).strip()
    assert at_the_last_door or "could not go on" not in told.err, told.err


ANSWERS = '{"id": "1", "text": "a", "system": "m"}\n{"id": "2", "text": "b", "system": "m"}\n'
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


@pytest.fixture
def answers(tmp_path):
    (tmp_path / "answers.jsonl").write_text(ANSWERS)
    (tmp_path / "others.jsonl").write_text(ANSWERS.replace('"m"', '"n"'))
    return {"ANSWERS": tmp_path / "answers.jsonl", "OTHERS": tmp_path / "others.jsonl"}


def filled(words, places):
    return [next((str(place) + word.removeprefix(key) for key, place in places.items() if word.startswith(key)), word) for word in words.split()]  # fmt: skip


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
    "push W", "import W W --into W", "evaluate elo W", "export card W", "reproduce W", "runs W",
)  # fmt: skip


@pytest.mark.parametrize("words", TAKE_WORDS)
def test_odd_words(words, tmp_path, llmreg, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for word in share(words, TAKE_WORDS, 7, WORDS):
        code, told = llmreg(*(each.replace("W", word) for each in words.split()))
        ends_well(code, told)
        assert "\x1b[31m" not in told.err


BESIDE = {
    "config.json": ['{"model_type": "llama", "hidden_size": "x"}', '{"model_type": "llama", "vocab_size": -1}', '{"model_type": []}'],
    "generation_config.json": ['{"eos_token_id": "x"}', '{"eos_token_id": {"a": 1}}', '{"max_new_tokens": []}', '{"do_sample": 7}'],
    "tokenizer_config.json": [
        '{"eos_token": 5}', '{"added_tokens_decoder": 7}', '{"added_tokens_decoder": {"x": {}}}', '{"model_max_length": "x"}',
        '{"tokenizer_class": 5}', '{"tokenizer_class": "Nosuch"}', '{"extra_special_tokens": 1}', '{"chat_template": 5}', '{"chat_template": "{% for"}',
    ],
    "special_tokens_map.json": ['{"eos_token": 7}', '{"eos_token": {"a": 1}}', '{"additional_special_tokens": 1}'],
    "added_tokens.json": ['{"a": "b"}', '{"a": -1}'],
    "tokenizer.json": ['{"model": 5}', '{"version": "1.0", "model": {"type": "BPE", "vocab": 5, "merges": []}}'],
    "model.safetensors.index.json": ['{"weight_map": 5}'],
    "prompt_template.json": ['{"id": 5}', '{"id": "x", "prompt": []}'],
    "adapter_config.json": ['{"peft_type": 5}', '{"peft_type": "LORA", "r": "x"}', '{"peft_type": "LORA", "r": 4, "lora_alpha": [8]}'],
}  # fmt: skip
"""Files that lie next to weights or in an artifact, with JSON in which something is of the wrong kind."""
READ_THEM = {
    "evaluate model": "evaluate model BASE --task perplexity --data ANSWERS",
    "evaluate judge": "evaluate judge ANSWERS OTHERS --judge BASE -o OUT.jsonl --accept-unclear",
    "export gguf": "export gguf BASE -o OUT.gguf",
    "merge onto it": "merge ADAPTER -o OUT --entry nano-lora --base BASE",
    "merge it": "merge BASE -o OUT --entry nano-lora --base WHOLE",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tiny model and an adapter for it, as nano-lora's recipe makes one."""
    import torch

    from llmreg.nano.tokenizer import tokenizer
    from llmreg.plugins import load
    from llmreg.reproduce.architecture import config_of
    from llmreg.reproduce.base import FolderBase
    from llmreg.reproduce.rehearse import write_base

    folder = tmp_path_factory.mktemp("whole")
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    write_base(config_of({"model_type": "llama", "vocab_size": len(tokenizer()), **sizes}), folder / "base")
    tokenizer().save_pretrained(folder / "base")
    recipe = load_catalog()["nano-lora"].recipe
    method = load().build(recipe.method, recipe.settings)
    adapted = method.adapt(method.load(FolderBase(folder / "base")))
    with torch.no_grad():
        for name, part in adapted.named_parameters():
            if method.trains(name):
                part.add_(0.01)
    method.save(adapted, folder / "adapter")
    return folder


OF_MODELS = ("config.json", "generation_config.json", "model.safetensors.index.json")
PAIRS = [
    (tried, name)
    for tried in READ_THEM
    for name in BESIDE
    if name not in (OF_MODELS if tried == "merge it" else ("adapter_config.json",))
]


@pytest.mark.parametrize(("tried", "name"), PAIRS)
def test_a_damaged_file_beside_good_weights(tried, name, whole, tmp_path, answers, llmreg):
    contents = {each: each.encode() for each in BESIDE[name]}
    if tried in ("evaluate model", "merge it"):
        contents |= {what: CONTENTS[what] for what in share(name, BESIDE, 5, CONTENTS)}
    for number, (what, content) in enumerate(contents.items()):
        place = tmp_path / str(number)
        shutil.copytree(whole / ("adapter" if tried == "merge it" else "base"), place)
        (place / name).write_bytes(content)
        places = {
            **answers,
            "BASE": place,
            "ADAPTER": whole / "adapter",
            "WHOLE": whole / "base",
            "OUT": tmp_path / f"out{number}",
        }
        code, told = llmreg(*filled(READ_THEM[tried], places))
        ends_well(code, told)
        assert code == 0 or f"{place}" in told.err.partition("error: ")[2], (what, told.err)
        assert code == 0 or not places["OUT"].exists()


REMEDY = "restore the file from a copy, or take the folder away and run it again"


@pytest.mark.parametrize("words", [["runs", "HOME"], ["runs", "HOME", "--json"], ["runs"]], ids=" ".join)
def test_damaged_records_are_named_and_the_other_runs_are_shown(words, tmp_path, llmreg, monkeypatch):
    monkeypatch.setenv("LLMREG_HOME", str(tmp_path))
    runs, contents = tmp_path / "runs", {str(number): content for number, content in enumerate(CONTENTS.values())}
    whole = run_with(id="nano-lora").model_dump(mode="json")
    contents |= {
        f"with {key}": json.dumps({**whole, key: []}).encode() for key in ("id", "status", "recipe", "verdicts")
    }
    contents["made"] = json.dumps(whole).encode()
    for name, content in contents.items():
        (runs / name).mkdir(parents=True)
        (runs / name / "run.json").write_bytes(content)
    (runs / "folder" / "run.json").mkdir(parents=True)
    code, told = llmreg(*(str(runs) if word == "HOME" else word for word in words))
    assert code == 0
    assert "made" in told.out
    for name in [*contents.keys() - {"made"}, "folder"]:
        (line,) = [each for each in told.err.splitlines() if f"{runs / name / 'run.json'} " in each]
        assert line.startswith("passed over: ")
        assert line.endswith(REMEDY)
    assert f"{runs / 'with status' / 'run.json'} is damaged or of another version: status: " in told.err
    assert len(told.err.splitlines()) == len(contents)


def test_a_folder_of_runs_that_is_not_there_is_no_empty_one(tmp_path, llmreg):
    code, told = llmreg("runs", tmp_path / "nosuch")
    assert code == 2
    assert f"no folder {tmp_path / 'nosuch'}" in told.err
    assert llmreg("runs")[0] == 0


def test_python_has_the_damaged_records_too(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{")
    found = load_catalog_of_users().runs(tmp_path)
    assert len(found) == 0
    (sentence,) = found.damaged
    assert str(tmp_path / "bad" / "run.json") in sentence
    assert str(tmp_path / "bad" / "run.json").split("/")[-2] in as_text(found, 500)
