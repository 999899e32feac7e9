"""The Hub's scale: import, one check from a cold process, and every model's verdict, over a catalog made by a seed.

Relations are drawn as measured over 30,383 edges of the Hub, licenses as over 1,512 models (facts/trackers.md, section 7).
Run with `pytest tests/benchmarks/test_hub_scale.py -s`; `LLMREG_SCALE` sets the number of models.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import time

import networkx as nx
import pytest

from llmreg.catalog import Catalog, built_in

MODELS = int(os.environ.get("LLMREG_SCALE", "2000000"))
RELATIONS = {"finetune": 13_766, "quantized": 11_746, "merge": 4_577, "adapter": 294}
LICENSES = {"apache-2.0": 859, "mit": 313, "other": 60, "cc-by-sa-4.0": 43, "cc-by-nc-4.0": 42, "": 195}
IMPORT_RATIO = 10
"""How many times as long as the floor an import may take; the floor parses each line and stores it as it is."""
CHECK_RATIO = 5
"""How many times as long as `import typer, rich, pydantic` a check of one model may take, each in a cold process."""
SEARCH_RATIO, SCAN_RATIO = 6, 2
"""How many times the CPU time of the imports, and of one look of SQLite at every entry, a search may take together."""
BULK_RATIO = 0.75
"""The share of the time of a walk for each model that all verdicts together may take."""
MEMORY_LIMIT = 4 * 2**30
SAMPLE = 200
"""Models whose verdict is reached by a walk of networkx each, to be extrapolated."""


def cards(path, count):
    """Write model cards: a tenth are roots, the others take earlier models as bases, mostly popular ones; 1.25 edges each."""
    chance = random.Random(0)
    relations = list(RELATIONS)
    weights = [edges / 3 if relation == "merge" else edges for relation, edges in RELATIONS.items()]
    names, shares = list(LICENSES), list(LICENSES.values())
    edges = 0
    with path.open("w") as file:
        for number in range(count):
            data = {}
            if license_id := chance.choices(names, shares)[0]:
                data["license"] = license_id
            if number > 100 and chance.random() > 0.1:
                relation = chance.choices(relations, weights)[0]
                bases = chance.randint(2, 4) if relation == "merge" else 1
                found = {int(number * chance.random() ** 3) for _ in range(bases)}
                data["base_model"] = [f"org{base % 997}/model-{base}" for base in sorted(found)]
                data["base_model_relation"] = relation
                edges += len(found)
            if chance.random() < 0.25:
                data["datasets"] = [f"data{chance.randint(0, 50)}/set-{chance.randint(0, 5000)}"]
                edges += 1
            file.write(json.dumps({"id": f"org{number % 997}/model-{number}", "cardData": data}) + "\n")
    return edges


@pytest.fixture(scope="module")
def scale(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    edges = cards(folder / "cards.jsonl", MODELS)
    index = folder / "hub.sqlite"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "llmreg", "import", "hub", folder / "cards.jsonl", "--into", index], check=True
    )
    taken = time.perf_counter() - began
    floor = stored_as_it_is(folder / "cards.jsonl", folder / "floor.sqlite")
    size = index.stat().st_size
    print(f"\n{MODELS:,} models, {edges:,} edges: {taken:.1f} s, {MODELS / taken:,.0f} rows/s, {size / 2**20:,.0f} MiB")
    print(
        f"parsing and storing the same lines as they are: {floor:.1f} s, the import takes {taken / floor:.1f} times that"
    )
    return index, taken, floor


def stored_as_it_is(cards, into):
    """Time the least that an import has to do: parse each line and put its text into a table by id."""
    began = time.perf_counter()
    with cards.open() as file, sqlite3.connect(into) as store:
        store.execute("CREATE TABLE card (id TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
        store.executemany("INSERT INTO card VALUES (?, ?)", ((json.loads(line)["id"], line) for line in file))
    store.close()
    return time.perf_counter() - began


def test_import_keeps_its_pace(scale):
    _, taken, floor = scale
    assert taken <= IMPORT_RATIO * floor


def test_one_check_from_a_cold_process(scale):
    index, *_ = scale
    number = MODELS - 1
    command = [
        "check",
        f"hub.org{number % 997}--model-{number}",
        "--use",
        "commercial",
        "--catalog",
        str(index),
        "--json",
    ]
    times, floors = [], []
    for _ in range(9):
        seconds, code = cold(["-m", "llmreg", *command])
        assert code in (0, 3, 4)
        times.append(seconds)
        floors.append(cold(["-c", "import typer, rich, pydantic"])[0])
    taken, floor = statistics.median(times), statistics.median(floors)
    print(f"\ncheck, cold: median {taken:.2f} s, {taken / floor:.1f} times its imports")
    assert taken <= CHECK_RATIO * floor


@pytest.mark.parametrize("words", ["model 1234", "modle 1234", "model", "qwrtz vbnm"])
def test_one_search_from_a_cold_process(scale, words):
    """The floor imports what a command imports, and lets SQLite look at the text of every entry once."""
    index, *_ = scale
    imports = "import sys, sqlite3, typer, rich, pydantic"
    query = "SELECT count(*) FROM entry WHERE body LIKE '%1234%'"
    scans = f"{imports}\nsqlite3.connect(sys.argv[1]).execute({query!r}).fetchone()"
    command = ["-m", "llmreg", "search", words, "--catalog", str(index)]
    cold(command)  # fills the cache of the catalog's own entries
    measured = [(processor(command), processor(["-c", imports]), processor(["-c", scans, index])) for _ in range(5)]
    taken, imported, scanned = (statistics.median(times) for times in zip(*measured, strict=True))
    limit = SEARCH_RATIO * imported + SCAN_RATIO * (scanned - imported)
    print(f"\nsearch {words!r}, cold: {taken:.2f} s of CPU time; imports {imported:.2f} s, reading all {scanned:.2f} s")
    assert taken <= limit


def processor(arguments):
    """Return the CPU time of Python in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    cold(arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cold(arguments):
    """Run Python in a process of its own; return the seconds that it took and its exit code."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, check=False)
    return time.perf_counter() - began, done.returncode


def test_every_verdict_at_once(scale):
    index, *_ = scale
    script = (
        "import time, resource, sys\nfrom pathlib import Path\nfrom llmreg.catalog import Catalog, built_in\n"
        "from llmreg.licensing.bulk import bulk_check\nbegan = time.perf_counter()\n"
        "bulk = bulk_check(Catalog(built_in(), Path(sys.argv[1])), 'commercial')\n"
        "print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, bulk.counts())"
    )
    done = subprocess.run([sys.executable, "-c", script, str(index)], capture_output=True, text=True, check=True)
    seconds, memory, counts = done.stdout.split(" ", 2)
    print(f"\nevery verdict: {float(seconds):.1f} s, {int(memory) / 2**30:.1f} GiB, {counts.strip()}")
    walked = by_walking(Catalog(built_in(), index))
    print(f"by a walk of networkx for each: {walked:,.0f} s extrapolated, {walked / float(seconds):,.0f} times as long")
    assert float(seconds) <= BULK_RATIO * walked
    assert int(memory) < MEMORY_LIMIT


def by_walking(catalog):
    """Time `nx.ancestors` and the worst license of a sample of models, on a finished graph; give it for all models."""
    index = catalog.indexes[0]
    graph = nx.DiGraph()
    graph.add_edges_from(index.rows("SELECT parent, child FROM edge"))
    terms = dict(index.rows("SELECT num, terms FROM entry"))
    sample = random.Random(1).sample(sorted(graph), SAMPLE)
    began = time.perf_counter()
    for node in sample:
        max(terms[each] for each in (node, *nx.ancestors(graph, node)))
    return (time.perf_counter() - began) / SAMPLE * MODELS


def test_memory_of_the_importer_does_not_grow_with_the_rows(scale):
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"\nlargest child process: {peak / 2**30:.2f} GiB")
    assert peak < MEMORY_LIMIT
