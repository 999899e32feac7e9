"""Cards in files: JSON in any layout, and front matter as the Hub's own library reads it."""

from __future__ import annotations

import json
from datetime import date

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmreg.catalog import Catalog, built_in
from llmreg.errors import LlmregError
from llmreg.importers.hub_cards import Card, cards, front_matter
from llmreg.importers.hub_index import import_hub
from llmreg.importers.record import Skipped
from llmreg.schema import Model
from llmreg.schema.ids import hub_entry_id, is_hub_id

HEAD = "---\nlicense: mit\nbase_model: a/b\n---\n"
SAID = {"license": "mit", "base_model": "a/b"}


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "cards.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return [
            card.value["id"] if isinstance(card, Card) else (card.place.locator, card.detail) for card in cards(path)
        ]

    return read


ONE, TWO = {"id": "a/b", "cardData": {"license": "mit"}}, {"id": "c/d"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ONE) + "\n" + json.dumps(TWO),
        "\n\n" + json.dumps(ONE) + "\n   \n\r\n" + json.dumps(TWO) + "\n\n",
        "\ufeff" + json.dumps(ONE) + "\r\n" + json.dumps(TWO) + "\r\n",
        json.dumps([ONE, TWO]),
        json.dumps([ONE, TWO], indent=2),
        f"[\n{json.dumps(ONE)},\n{json.dumps(TWO)}\n]\n",
        json.dumps(ONE, indent=2) + "\n" + json.dumps(TWO, indent=2),
        "\ufeff\n" + json.dumps([ONE, TWO], indent="\t"),
        "[" + json.dumps(ONE) + " " * 1_100_000 + "," + json.dumps(TWO) + "]",
    ],
)
def test_json_is_read_in_any_layout(read, text):
    assert read(text) == ["a/b", "c/d"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"{", "not a line of JSON: Expecting property name"),
        (b"[1]", "a card is a JSON object with `id`"),
        (b'"text"', "a card is a JSON object with `id`"),
        (b'{"id": "a/b"} {"id": "c/d"}', "more stands behind its end"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b'{"x": "' + b"a" * 1_100_000 + b'"}', "a line longer than 1,000,000 bytes"),
        (b"[" * 100_000, "not a line of JSON"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not a line of JSON"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_row_is_named_and_the_rest_comes_in(read, bad, why, first):
    first = first and not bad.startswith((b"[1", b'{"id": "a'))  # such a file is JSON values one after the other
    good = [json.dumps(one).encode() for one in (ONE, TWO)]
    rows = read(b"\n".join([bad, *good] if first else [good[0], bad, good[1]]) + b"\n")
    (skipped,) = [row for row in rows if isinstance(row, tuple)]
    assert [row for row in rows if isinstance(row, str)] == ["a/b", "c/d"]
    assert skipped[0] == f"line {1 if first else 2}"
    assert why in skipped[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds none"), ("\n \n", "holds none"), ("[]", "holds none"), ("7", "a card is a JSON object"),
        ('{"id": "a/b"}\n{"id": ', "cards.json:2: not a line of JSON; was the file cut off?"),
        ("[1, 2]", "holds none"), ("not\njson\n", "cards.json:1: not a line of JSON"),
    ],
)  # fmt: skip
def test_a_file_without_a_card_or_cut_off_is_refused(read, text, message):
    with pytest.raises(LlmregError) as error:
        read(text)
    assert message in str(error.value)


def test_a_key_that_is_written_twice_is_told_and_no_base_is_lost(tmp_path):
    path = tmp_path / "cards.jsonl"
    path.write_text(
        '{"id": "x/y", "cardData": {"base_model": "a/b", "license": "llama2", "base_model": "c/d", "license": "mit"}}\n'
    )
    (card,) = cards(path)
    assert card.value["cardData"] == {"base_model": ["a/b", "c/d"], "license": "mit"}
    assert set(card.twice) == {"base_model", "license"}


@pytest.mark.parametrize(
    "text",
    [
        HEAD, "\n\n  \n" + HEAD, "\ufeff" + HEAD, "\ufeff\n" + HEAD, HEAD.replace("\n", "\r\n"),
        HEAD + "# Title\n---\nlicense: llama2\n---\n", HEAD.rstrip("\n"), HEAD.replace("---\n# ", "---  \t\n"),
        "---\n# a comment\nlicense: mit  # base_model: x/y\nbase_model: a/b\n---\n",
        "---\nlicense: &l mit\nbase_model: a/b\n---\n", "---\nlicense: 'mit'\nbase_model: >-\n  a/b\n---\n",
    ],
)  # fmt: skip
def test_front_matter_stands_at_the_head(text):
    assert front_matter(text) == (SAID, ())
    assert {key: ModelCard(text.removeprefix("\ufeff")).data.to_dict()[key] for key in SAID} == SAID


@pytest.mark.parametrize(
    "text",
    [
        "", "# Title\n", "# Title\n" + HEAD, f"```yaml\n{HEAD}```\n", f"<!--\n{HEAD}-->\n", "x" + HEAD, "---\n---\n", "----\na: b\n----\n",
        "---\n\n---\n", "---\n# only a comment\n---\n", "---\nlicense: mit\n",
        HEAD.replace("\n", "\r"),
    ],
)  # fmt: skip
def test_a_card_without_front_matter_at_its_head_has_no_metadata(text):
    assert front_matter(text) == ({}, ())


@pytest.mark.parametrize(
    "head",
    ["license: [mit", "x: !!tag y", "x: !!python/object:os.system y", "- mit", "just words", "a: 1\n\tb: 2", "x: *nobody",
     "x: 2001-99-99", "x: !!int ''", "x: !!bool maybe", "? [a]\n: b", "a: b: c", "x: \x01", "a: " + "[" * 3000],
)  # fmt: skip
def test_what_the_library_refuses_is_refused_with_the_reason(head):
    text = f"---\n{head}\n---\n"
    with pytest.raises(LlmregError, match="its metadata"):
        front_matter(text)
    with pytest.raises(Exception):  # noqa: B017 - yaml raises whatever Python does
        ModelCard(text)


def test_keys_written_twice_in_front_matter_are_told():
    text = "---\nlicense: llama2\nbase_model: a/b\nlicense: mit\nbase_model:\n- c/d\n---\n"
    assert front_matter(text) == ({"license": "mit", "base_model": ["a/b", ["c/d"]]}, ("license", "base_model"))


def test_one_bad_card_in_a_folder_leaves_the_others(tmp_path):
    for name, data in {
        "me/good": HEAD.encode(), "me/bare": b"# No metadata\n", "me/tag": b"---\nx: !!tag y\n---\n",
        "me/bytes": b"---\nlicense: \xff\n---\n", "me/big": b" " * 16_000_001, "alone": HEAD.encode(),
    }.items():  # fmt: skip
        (tmp_path / "cards" / name).mkdir(parents=True)
        (tmp_path / "cards" / name / "README.md").write_bytes(data)
    (tmp_path / "README.md").write_text(HEAD)
    (tmp_path / "cards" / "me" / "link").mkdir()
    (tmp_path / "cards" / "me" / "link" / "README.md").symlink_to(tmp_path / "README.md")
    rows = [*cards(tmp_path / "cards")]
    assert {row.value["id"]: row.value["cardData"] for row in rows if isinstance(row, Card)} == {
        "me/good": SAID, "me/bare": {}, "alone": SAID,
    }  # fmt: skip
    reasons = {row.place.path: row.detail for row in rows if isinstance(row, Skipped)}
    assert reasons == {
        "me/tag/README.md": "its metadata is not valid YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:tag' at line 2",
        "me/bytes/README.md": "not UTF-8 (byte 13); save the file as UTF-8",
        "me/big/README.md": "larger than 16,000,000 bytes; split it",
        "me/link/README.md": "a link that leads out of the folder; replace it by the file",
    }  # fmt: skip


LLAMA = "meta-llama/Llama-2-7b-hf"


def leaves(value):
    """Give the values in nested lists, the blank ones left out."""
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [] if value in (None, "", {}) else [value]


NAMES = st.sampled_from([
    "a/b", LLAMA, "gpt2", "./models/x", "https://huggingface.co/a/b", "a/b@main", "a/b, c/d", "None", "yes", "1e3",
    "no", "~", "2024-01-01", "0x1F", "me/m", "мета/x", "a b", "", "[a/b]", "{name: a/b, revision: main}", "'a/b'", '"c/d"', "&x a/b", "!!str a/b",
])  # fmt: skip
LICENSES = st.sampled_from(
    [
        "mit",
        "apache-2.0",
        "other",
        "llama2",
        "[mit, llama2]",
        "no",
        "1.0",
        "{name: mit}",
        "camel",
        "MIT OR Apache-2.0",
        "",
    ]
)
ODD_LINES = [
    "license:\tmit", "license: mit\t# as they say", "license: 'mit' # llama2", "license: &l mit\nlicense_name: *l", "license: |\n  mit",
    "license: >-\n  mit", "license: mit\nlicense: mit", "license: !!str mit", "license: [mit,\n  llama2]", "licence: mit", "License: mit",
    "base_model: &b a/b\ndatasets: *b", "base_model: &b\n- a/b\n- c/d\nfinetuned_from: *b", "base_model: |\n  a/b\n  c/d\n",
    "base_model: >-\n  a/b", "base_model: !!set {a/b, c/d}", "base_model: !!omap [x: a/b]", "base_model: !!binary YS9i", "base_model:\ta/b",
    "base_model:\n  - a/b # c/d", "base_model:\n- - a/b\n  - c/d", "base_model: a/b\nbase_model: c/d", "base_model: {name: a/b, revision: 1.0}",
    "base_model:\n  name: a/b", "base_model: 'a/b\n\n  c/d'", "base_model: *nothing", "base_model: !me a/b", "base_model: !!python/name:os.system",
    "datasets: [a/b, [c/d, {name: e/f, split: train}]]", "datasets:\n- train: a/b\n- test: c/d", "datasets: {a/b: 0.5, c/d: 0.5}",
    "title: '--- not the end'", 'text: "a\\n---\\nb"', "text: |\n  ---\n  base_model: w/w", "text: |\n  ```yaml\n  base_model: w/w\n  ```",
    "--- ", "...", "---", "%YAML 1.1", "1: a", "true: x", "2024-01-01: x", "[a]: b", "? {a: b}\n: c", "a: b: c", "- a", "}", "\t", "'", "a: @b",
    "emoji: \U0001f42a", "x: \x07", "y: \u2028z", "merge: &m {base_model: m/m}\n<<: *m", "<<: [{datasets: m/m}, {license: mit}]",
]  # fmt: skip
LINE = st.one_of(
    st.tuples(st.sampled_from(["base_model", "datasets"]), NAMES).map(": ".join),
    st.tuples(st.sampled_from(["base_model", "datasets"]), st.lists(NAMES, max_size=3)).map(
        lambda pair: f"{pair[0]}:" + "".join(f"\n- {name}" for name in pair[1])
    ),
    st.tuples(st.just("license"), LICENSES).map(": ".join),
    st.sampled_from(["license_name: camel-terms", "license_link: LICENSE", "library_name: peft", "tags: [x, 'base_model:a/z']", "language: no",
                     "base_model_relation: merge", "base_model_relation: odd", "# base_model: not/read", "pipeline_tag: text-generation",
                     "<<: {base_model: m/m}", "? datasets\n: x/y", "base-model: o/o", "dataset: s/s", "widget:\n- text: 'base_model: w/w'"]),
    st.sampled_from(ODD_LINES),
)  # fmt: skip
CARD = st.tuples(
    st.sampled_from(["", "\n", "\ufeff", " \n", "\t\n", "\ufeff\r\n", "<!-- x -->\n", "```\n", "# M\n"]), st.lists(LINE, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["# M\n", "---\nbase_model: t/t\n---\n", ""])
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CARD)
def test_facts_are_those_of_the_hubs_own_library_or_a_fault_names_the_row(tmp_path, parts):
    start, lines, newline, rest = parts
    text = start + newline.join(["---", *"\n".join(lines).split("\n"), "---", rest])
    folder = tmp_path / "cards" / "me" / "m"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_bytes(text.encode())
    (tmp_path / "i.sqlite").unlink(missing_ok=True)
    report = import_hub(tmp_path / "cards", tmp_path / "i.sqlite", CATALOG, seen=date(2026, 11, 21))
    try:
        said = ModelCard(text.removeprefix("\ufeff"), ignore_metadata_errors=True).data.to_dict()
    except TypeError:
        # The Hub takes a key that is no text; the library does not, because it gives keys as names of arguments.
        assert report.rows == 1
        return
    except (ValueError, yaml.YAMLError):
        assert [row.place.path for row in report.rows_skipped] == ["me/m/README.md"]
        return
    model = Catalog(built_in(), tmp_path / "i.sqlite").get_as(Model, "hub.me--m")
    named = [fault.detail for fault in report.rows_with_faults]
    assert all(detail.startswith("me/m: ") for detail in named)
    for field, data in (("base_model", False), ("datasets", True)):
        edges = [edge for edge in model.made_from if (edge.relation == "trained-on") == data]
        parents = {edge.of for edge in edges}
        kind = "dataset" if data else "model"
        for value in leaves(said.get(field)):
            if (
                isinstance(value, str)
                and is_hub_id(value)
                and value not in ("None", "yes", "no", *([] if data else ["me/m"]))
            ):
                assert {"llama-2-7b" if value == LLAMA and not data else hub_entry_id(value, kind)} <= parents, text
            else:
                assert any("+" in parent or parent == hub_entry_id("a/b", kind) for parent in parents) or named, text
    if (
        isinstance(said.get("license"), str)
        and said["license"] in ("mit", "llama2", "apache-2.0")
        and not said.get("license_name")
    ):
        (claim,) = next(iter(model.licenses.values()))
        assert claim.id.casefold() == said["license"]
    stated = any(said.get(key) not in (None, "") for key in ("license", "license_name", "license_link"))
    assert bool(model.licenses) == (stated or any("is read as license" in detail for detail in named))


CATALOG = Catalog(built_in())
