"""What lies on disk as a card: folders of models and adapters, files of weights, a README, the Hub's cache."""

from __future__ import annotations

import json
import struct
from datetime import date

import pytest

from llmreg.catalog import Catalog, built_in
from llmreg.errors import LlmregError
from llmreg.importers.hub_cards import Card, cards
from llmreg.importers.hub_index import import_hub
from llmreg.licensing import check

DAY = date(2026, 11, 30)
LLAMA = "huggyllama/llama-7b"


def text(words):
    raw = words.encode()
    return struct.pack("<Q", len(raw)) + raw


def value(held):
    if isinstance(held, str):
        return struct.pack("<I", 8) + text(held)
    if isinstance(held, list):
        return struct.pack("<IIQ", 9, 8, len(held)) + b"".join(map(text, held))
    return struct.pack("<II", 4, held)


def gguf(**keys):
    pairs = b"".join(text(key.replace("__", ".")) + value(held) for key, held in keys.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + pairs


def safetensors(**said):
    head = json.dumps({"__metadata__": said, "t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(head)) + head + bytes(4)


@pytest.fixture
def folder(tmp_path):
    def write(name, **files):
        place = tmp_path / name
        for path, content in files.items():
            file = place / path.replace("__", "/").replace("_dot_", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return place

    return write


@pytest.fixture
def brought(tmp_path):
    """Give a function that imports a path and returns the one entry that it is about."""

    def run(path):
        index = tmp_path / "i.sqlite"
        import_hub(path, index, Catalog(built_in()), seen=DAY)
        catalog = Catalog(built_in(), index)
        (own,) = [each for each in catalog.indexes[0].ids() if not catalog[each].stub and "+" not in each]
        return catalog, catalog[own]

    return run


def edges(entry):
    return [(edge.relation, edge.of) for edge in entry.edges()]


README = f"---\nlicense: mit\nbase_model: {LLAMA}\n---\n# Mine\n"
ADAPTER = json.dumps({"base_model_name_or_path": LLAMA, "peft_type": "LORA"})


@pytest.mark.parametrize(
    ("files", "opened", "expected"),
    [
        ({"README_dot_md": README}, "", [("finetune", "llama-7b")]),
        ({"README_dot_md": README}, "README.md", [("finetune", "llama-7b")]),
        ({"adapter_config_dot_json": ADAPTER}, "", [("adapter", "llama-7b")]),
        ({"adapter_config_dot_json": ADAPTER}, "adapter_config.json", [("adapter", "llama-7b")]),
        ({"README_dot_md": "# none\n", "adapter_config_dot_json": ADAPTER}, "", [("adapter", "llama-7b")]),
        ({"README_dot_md": README, "adapter_config_dot_json": ADAPTER}, "", [("adapter", "llama-7b")]),
        ({"config_dot_json": json.dumps({"_name_or_path": LLAMA, "model_type": "llama"})}, "", [("finetune", "llama-7b")]),
        ({"model_dot_gguf": gguf(general__base_model__0__repo_url=f"https://huggingface.co/{LLAMA}")}, "model.gguf", [("finetune", "llama-7b")]),
        ({"model_dot_gguf": gguf(general__source__repo_url=f"https://huggingface.co/{LLAMA}")}, "model.gguf", [("quantized", "llama-7b")]),
        ({"model_dot_gguf": gguf(general__datasets=["tatsu-lab/alpaca"])}, "", [("trained-on", "alpaca-52k")]),
        ({"lora_dot_safetensors": safetensors(base_model=LLAMA)}, "lora.safetensors", [("finetune", "llama-7b")]),
        ({"lora_dot_safetensors": safetensors(), "README_dot_md": README}, "lora.safetensors", [("finetune", "llama-7b")]),
    ],
)  # fmt: skip
def test_a_base_is_found_wherever_it_is_written(folder, brought, files, opened, expected):
    catalog, entry = brought(folder("mine", **files) / opened)
    assert edges(entry) == expected
    assert (entry.hub, entry.id.startswith("local.")) == ((), True)
    if expected[0][1] == "llama-7b":
        assert check(catalog, entry.id, "commercial").verdict == "forbidden"


def test_the_license_of_a_gguf_file_is_its_headers(folder, brought):
    path = folder("mine", model_dot_gguf=gguf(general__license="apache-2.0", general__name="x")) / "model.gguf"
    _, entry = brought(path)
    assert [claim.id for claim in entry.licenses["weights"]] == ["Apache-2.0"]
    assert entry.id == "local.model"


def test_header_and_card_that_differ_are_both_heard(folder, brought):
    files = {"model_dot_gguf": gguf(general__license="cc-by-nc-4.0"), "README_dot_md": "---\nlicense: mit\n---\n"}
    _, entry = brought(folder("mine", **files) / "model.gguf")
    assert {claim.id for claim in entry.licenses["weights"]} == {"MIT", "CC-BY-NC-4.0"}


@pytest.mark.parametrize("named", ["/data/models/llama", "./base", ""])
def test_an_adapter_whose_base_lies_on_its_makers_disk_has_a_base_of_which_nothing_is_known(folder, brought, named):
    files = {
        "adapter_config_dot_json": json.dumps({"base_model_name_or_path": named, "peft_type": "LORA"}),
        "README_dot_md": "---\nlicense: mit\n---\n",
    }
    catalog, entry = brought(folder("mine", **files))
    assert [relation for relation, _ in edges(entry)] == ["adapter"]
    assert check(catalog, entry.id, "commercial").verdict == "unclear"


@pytest.mark.parametrize(
    ("name", "kind", "entry_id"),
    [
        ("models--me--tuned", "model", "hub.me--tuned"),
        ("datasets--me--rows", "dataset", "hub.datasets--me--rows"),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_the_hubs_cache_tells_which_repository_it_holds(folder, name, kind, entry_id, depth, brought):
    cache = folder("hub", **{
        f"{name}__refs__main": "b" * 40,
        f"{name}__snapshots__{'a' * 40}__README_dot_md": "---\nlicense: cc-by-nc-4.0\n---\n",
        f"{name}__snapshots__{'b' * 40}__README_dot_md": "---\nlicense: mit\n---\n",
    })  # fmt: skip
    _, entry = brought([cache, cache / name, None, cache / name / "snapshots" / ("b" * 40)][depth])
    assert (entry.id, entry.kind) == (entry_id, kind)
    assert [claim.id for claim in next(iter(entry.licenses.values()))] == ["MIT"]


def test_a_datasets_card_is_a_datasets(folder, brought):
    card = "---\nlicense: cc-by-4.0\ntask_categories: [text-generation]\nsource_datasets: [extended|tatsu-lab/alpaca]\n---\n"
    _, entry = brought(folder("rows", README_dot_md=card))
    assert (entry.kind, edges(entry)) == ("dataset", [("derived-from", "alpaca-52k")])
    assert [claim.id for claim in entry.licenses["data"]] == ["CC-BY-4.0"]


def test_a_pretty_printed_answer_of_the_hubs_is_a_card(folder, brought):
    answer = json.dumps(
        {"id": "me/m", "modelId": "me/m", "cardData": {"license": "mit", "base_model": LLAMA}}, indent=2
    )
    _, entry = brought(folder("x", m_dot_json=answer) / "m.json")
    assert (entry.id, edges(entry)) == ("hub.me--m", [("finetune", "llama-7b")])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.gguf", gguf(general__license="mit", general__name="cut")[:-2]),
        ("m.gguf", b"GGUF"),
        ("m.gguf", b"nothing"),
        ("m.safetensors", safetensors(license="mit")[:20]),
        ("m.safetensors", b""),
        ("m.safetensors", struct.pack("<Q", 2) + b"[]"),
        ("adapter_config.json", b"{"),
        ("adapter_config.json", b"[]"),
        ("config.json", b'{"a": 1, "a": 2}'),
        ("README.md", b"---\nlicense: [\n---\n"),
    ],
)
def test_what_is_broken_is_said_and_never_read_as_saying_nothing(folder, name, content):
    path = folder("mine", **{name.replace(".", "_dot_"): content}) / name
    with pytest.raises(LlmregError):
        list(cards(path))


def test_a_folder_of_many_cards_stays_one(folder):
    root = folder("many", me__a__README_dot_md=README, me__b__README_dot_md=README)
    found = list(cards(root))
    assert [card.value["id"] for card in found if isinstance(card, Card)] == ["me/a", "me/b"]
