"""The Hub's cards as an index: what rows say, what names mean, and what happens to an import that goes wrong."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from llmreg.audit import audit
from llmreg.catalog import Catalog, built_in
from llmreg.errors import LlmregError, UsageError
from llmreg.importers.hub_index import entry_id, import_hub
from llmreg.licensing import check
from llmreg.licensing.bulk import bulk_check
from llmreg.lineage import lineage, lineage_around, subgraph

DAY = date(2026, 11, 21)
CARDS = [
    {"id": "huggyllama/llama-7b", "cardData": {"license": "other"}},
    {"id": "me/tuned", "cardData": {"license": "apache-2.0", "base_model": "huggyllama/llama-7b", "datasets": ["tatsu-lab/alpaca"]}},
    {"id": "me/lora", "cardData": {"license": "mit", "base_model": "me/tuned", "library_name": "peft"}},
    {"id": "me/gguf", "tags": ["base_model:quantized:me/tuned", "license:llama2"], "createdAt": "2024-05-06T07:08:09Z"},
    {"id": "me/both", "cardData": {"base_model": ["me/tuned", "you/absent"], "license": "other", "license_name": "tongyi-qianwen"}},
    {"id": "me/self", "cardData": {"base_model": "me/self", "license": "my own words"}},
]  # fmt: skip


@pytest.fixture
def imported(tmp_path, built_in):
    def run(cards=CARDS, into="hub.sqlite"):
        path = tmp_path / "cards.jsonl"
        path.write_text("".join(json.dumps(card) + "\n" for card in cards))
        return import_hub(path, tmp_path / into, built_in, seen=DAY), catalog_of(tmp_path / into)

    return run


def catalog_of(index):
    return Catalog(built_in(), index)


def edges(catalog, hub_id):
    return [(edge.relation, edge.of) for edge in catalog[entry_id(hub_id)].edges()]


def test_cards_become_entries_with_typed_edges(imported):
    report, catalog = imported()
    assert (report.rows, report.written) == (6, 6)
    assert edges(catalog, "me/tuned") == [("finetune", "llama-7b"), ("trained-on", "alpaca-52k")]
    assert edges(catalog, "me/lora") == [("adapter", "hub.me--tuned")]
    assert edges(catalog, "me/gguf") == [("quantized", "hub.me--tuned")]
    assert edges(catalog, "me/both") == [("merge", "hub.me--tuned"), ("merge", "hub.you--absent")]
    assert catalog["hub.me--gguf"].released == "2024-05-06"
    assert catalog["hub.me--tuned"].sources["hub"].importer == "hub"


def test_a_card_about_an_entry_of_the_catalog_says_so(imported):
    _, catalog = imported()
    assert catalog["hub.huggyllama--llama-7b"].same_as == ("llama-7b",)


def test_a_base_that_nobody_imported_is_a_stub(imported):
    _, catalog = imported()
    stub = catalog["hub.you--absent"]
    assert (stub.kind, stub.stub) == ("model", True)


@pytest.mark.parametrize(
    ("hub_id", "component", "license_id"),
    [
        ("me/tuned", "weights", "Apache-2.0"),
        ("me/lora", "adapter", "MIT"),
        ("me/both", "weights", "tongyi-qianwen"),
        ("me/self", "weights", "custom"),
        ("huggyllama/llama-7b", "weights", "other"),
    ],
)
def test_licenses_are_known_by_name_and_never_by_resemblance(imported, hub_id, component, license_id):
    _, catalog = imported()
    assert [claim.id for claim in catalog[entry_id(hub_id)].licenses[component]] == [license_id]


def test_a_model_made_from_itself_is_reported_and_has_no_such_edge(imported):
    report, catalog = imported()
    assert report.faults == {"self-loop": 1}
    assert edges(catalog, "me/self") == []


def test_verdicts_run_through_the_index_into_the_catalog_and_at_once(imported):
    _, catalog = imported()
    answer = check(catalog, "hub.me--gguf", "commercial")
    assert answer.verdict == "forbidden"
    assert answer.reasons[0].path == ("hub.me--gguf", "hub.me--tuned", "llama-7b")
    for policy in ("strict", "standard", "permissive"):
        bulk = dict(bulk_check(catalog, "commercial", policy=policy).items())
        ours = [each for each in bulk if each.startswith("hub.")]
        assert len(ours) == 7
        assert {each: bulk[each] for each in ours} == {
            each: check(catalog, each, "commercial", policy=policy).verdict for each in ours
        }


@pytest.mark.parametrize("direction", ["up", "down", "both"])
@pytest.mark.parametrize("depth", [None, 0, 1, 2])
def test_the_graph_around_an_entry_is_that_part_of_the_whole(imported, direction, depth):
    _, catalog = imported()
    whole = lineage(catalog)
    for start in ("hub.me--tuned", "llama-7b"):
        part, cut = lineage_around(catalog, [start], direction, depth), subgraph(whole, [start], direction, depth)
        assert dict(part.nodes(data=True)) == dict(cut.nodes(data=True))
        assert sorted(map(str, part.edges(data=True))) == sorted(map(str, cut.edges(data=True)))


def test_importing_twice_changes_nothing_and_what_changed_upstream_is_counted(imported):
    imported()
    report, _ = imported()
    assert report.written == 0
    changed = [*CARDS[:1], {"id": "me/tuned", "cardData": {"license": "mit"}}, *CARDS[2:]]
    report, catalog = imported(changed)
    assert report.written == 1
    assert edges(catalog, "me/tuned") == []


def test_a_card_that_comes_twice_is_read_once(imported):
    twice = [*CARDS, {"id": "me/lora", "cardData": {"license": "apache-2.0"}}]
    report, catalog = imported(twice)
    assert dict(report.skipped) == {"same-row": 1}
    assert edges(catalog, "me/lora") == [("adapter", "hub.me--tuned")]
    assert imported(twice)[0].written == 0


def test_a_card_that_comes_later_takes_the_place_of_its_stub(imported):
    imported()
    _, catalog = imported([{"id": "you/absent", "cardData": {"license": "mit"}}])
    assert not catalog["hub.you--absent"].stub
    assert edges(catalog, "me/both") == [("merge", "hub.me--tuned"), ("merge", "hub.you--absent")]


def test_a_folder_of_cards(tmp_path, built_in):
    (tmp_path / "cards" / "me" / "m").mkdir(parents=True)
    (tmp_path / "cards" / "me" / "m" / "README.md").write_text("---\nlicense: mit\nbase_model: a/b\n---\n# M\n")
    (tmp_path / "cards" / "me" / "bad").mkdir()
    (tmp_path / "cards" / "me" / "bad" / "README.md").write_text("---\nlicense: [mit\n---\n")
    report = import_hub(tmp_path / "cards", tmp_path / "i.sqlite", built_in, seen=DAY)
    assert dict(report.skipped) == {"wrong-shape": 1}
    assert edges(catalog_of(tmp_path / "i.sqlite"), "me/m") == [("finetune", "hub.a--b")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"id": "a/b"}\n{"id": "a/', "cards.jsonl:2: not a line of JSON; was the file cut off?"),
        (b"[]\n", "cards.jsonl:1: a card is a JSON object"),
        (b'{"id": "a/\xff"}\n', "not UTF-8"),
        (b'{"x": "' + b"a" * 1_100_000 + b'"}\n', "a line longer than"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_nothing_is_lost(tmp_path, built_in, imported, text, message):
    imported()
    (tmp_path / "cards.jsonl").write_bytes(text)
    with pytest.raises(LlmregError, match=message.replace("?", r"\?")):
        import_hub(tmp_path / "cards.jsonl", tmp_path / "hub.sqlite", built_in, seen=DAY)
    assert edges(catalog_of(tmp_path / "hub.sqlite"), "me/lora") == [("adapter", "hub.me--tuned")]


@pytest.mark.parametrize("card", [{}, {"id": 3}, {"id": "../x"}, {"id": "a/b", "cardData": "text"}, {"id": "a b/c"}])
def test_a_row_without_a_usable_name_or_shape_is_left_out(imported, card):
    report, _ = imported([card])
    assert report.skipped.total() == 1


def test_odd_values_inside_a_card_do_not_keep_it_out(imported):
    odd = {"license": [1, None, "mit"], "base_model": ["not an id!", 7], "datasets": {"a": 1}, "license_name": []}
    report, catalog = imported([{"id": "a/b", "cardData": odd, "tags": "x", "createdAt": 5}])
    assert report.faults == {"odd-value": 1}
    assert [claim.id for claim in catalog["hub.a--b"].licenses["weights"]] == ["MIT"]


def test_an_index_has_its_suffix_and_a_damaged_one_is_named(tmp_path, built_in, imported):
    imported()
    with pytest.raises(UsageError, match=r"ends in \.sqlite"):
        import_hub(tmp_path / "cards.jsonl", tmp_path / "hub.db", built_in, seen=DAY)
    (tmp_path / "text.sqlite").write_text("no index " * 1000)
    for use in (lambda path: import_hub(tmp_path / "cards.jsonl", path, built_in, seen=DAY), catalog_of):
        with pytest.raises(LlmregError, match=r"text\.sqlite"):
            use(tmp_path / "text.sqlite")
    with pytest.raises(LlmregError, match="no index at"):
        catalog_of(tmp_path / "absent.sqlite")
    whole = (tmp_path / "hub.sqlite").read_bytes()
    (tmp_path / "cut.sqlite").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LlmregError, match="remove it and import it anew"):
        list(catalog_of(tmp_path / "cut.sqlite").indexes[0].rows("SELECT * FROM entry JOIN edge ON child = num"))


def test_two_imports_do_not_write_at_once(tmp_path, imported, built_in):
    imported()
    other = sqlite3.connect(tmp_path / "hub.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LlmregError, match="another import is writing to it"):
        import_hub(tmp_path / "cards.jsonl", tmp_path / "hub.sqlite", built_in, seen=DAY)
    other.close()


def test_an_import_that_is_killed_leaves_the_old_index(tmp_path, imported):
    imported()
    many = tmp_path / "many.jsonl"
    many.write_text(
        "".join(json.dumps({"id": f"me/m{n}", "cardData": {"base_model": "me/lora"}}) + "\n" for n in range(150_000))
    )
    command = [sys.executable, "-m", "llmreg", "import", "hub", str(many), "--into", str(tmp_path / "hub.sqlite")]
    for patience in (1.0, 1.6, 2.2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(patience)
        process.send_signal(signal.SIGKILL)
        process.wait()
        catalog = catalog_of(tmp_path / "hub.sqlite")
        assert len(catalog.indexes[0]) in (7, 150_007)
        assert edges(catalog, "me/lora") == [("adapter", "hub.me--tuned")]


class Hub(BaseHTTPRequestHandler):
    """Speaks so much of the Hub's API as listing models takes, two to a page."""

    def do_GET(self):
        found = [{"_id": str(n), "id": f"me/m{n}", "tags": ["license:mit"], "createdAt": "2024-01-01T00:00:00.000Z",
                  "private": False, "downloads": 0, "likes": 0} for n in range(2)]  # fmt: skip
        page = json.dumps(found).encode()
        self.send_response(200 if self.path.startswith("/api/models") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *words):
        pass


def test_live_asks_the_hub_itself(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    command = [
        sys.executable,
        "-m",
        "llmreg",
        "import",
        "hub",
        "live",
        "--into",
        str(tmp_path / "hub.sqlite"),
        "--json",
    ]
    endpoint = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(command, env={**os.environ, **endpoint}, capture_output=True, text=True, check=False)
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 2
    assert [claim.id for claim in catalog_of(tmp_path / "hub.sqlite")["hub.me--m1"].licenses["weights"]] == ["MIT"]


def test_live_without_a_hub_is_a_plain_error(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    command = [sys.executable, "-m", "llmreg", "import", "hub", "live", "--into", str(tmp_path / "hub.sqlite")]
    endpoint = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}/elsewhere", "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(command, env={**os.environ, **endpoint}, capture_output=True, text=True, check=False)
    server.shutdown()
    server.server_close()
    assert done.returncode == 1
    assert "the Hub could not be read" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("hub.sqlite*")) == []


def test_an_audit_without_ids_surveys_the_index_in_the_file_itself(imported):
    circle = [
        {"id": "c/a", "cardData": {"base_model": "c/b"}, "createdAt": "2024-01-01T00:00:00Z"},
        {"id": "c/b", "cardData": {"base_model": "c/a"}, "createdAt": "2024-02-01T00:00:00Z"},
        {"id": "c/child", "cardData": {"base_model": "c/a", "license": "mit"}},
    ]
    _, catalog = imported([*CARDS, *circle])
    (found,) = audit(catalog, DAY).indexes
    assert (found.entries, found.stubs, found.unlicensed) == ({"model": 10}, 1, 2)
    assert (found.anachronisms, found.anachronism_examples) == (1, ("hub.c--a -> hub.c--b",))
    assert (found.in_cycles, set(found.cycle_examples)) == (3, {"hub.c--a", "hub.c--b", "hub.c--child"})


def test_an_audit_looks_at_the_rows_that_are_named_and_at_all_files(imported):
    _, catalog = imported()
    found = audit(catalog, DAY, kinds=("contradicted-license", "stub"), ids=("hub.me--gguf", "hub.you--absent"))
    assert [finding.id for finding in found.findings["contradicted-license"]] == ["hub.me--gguf"]
    assert [finding.id for finding in found.findings["stub"]] == ["hub.you--absent"]
