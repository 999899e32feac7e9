"""A row that cannot be read takes nothing away from what an earlier import wrote of it."""

from __future__ import annotations

import json

import pytest

from llmreg.errors import LlmregError

UNREADABLE = b"name: \xff\n"


def mot(name, origin=""):
    return f"release: {{name: {name}, origin: {origin or name}, components: [{{name: Model parameters (Final), license: MIT}}]}}\n"


SYSTEM = "system: {{basemodelname: {1}, endmodelname: {0}, endmodellicense: MIT, name: {0}}}\n"
SUMMARY = '{{"{0}": {{"Unique Dataset Identifier": "{0}", "Licenses": [{{"License": "MIT"}}]}}}}'
ASSETS = "- {{type: model, name: {0}, organization: Lab, dependencies: [{1}], license: MIT}}\n"
PROJECT = "project: {{name: {0}, link: 'https://example.org', llmbase: {1}, license: MIT}}\n"
DATASET = '{{"@type": "sc:Dataset", "name": "{0}", "license": "MIT"}}'
BOM = '{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{{"type": "machine-learning-model", "name": "{0}"}}]}}'

FOLDERS = {
    "osai": ("{}.yaml", SYSTEM),
    "mot": ("models/{}.yml", "release: {{name: {0}, origin: {1}, components: []}}\n"),
    "data-provenance": ("data_summaries/{}.json", SUMMARY),
    "ecosystem-graphs": ("assets/{}.yaml", ASSETS),
    "opening-up-chatgpt": ("projects/{}.yaml", PROJECT),
    "croissant": ("{}.json", DATASET),
    "cyclonedx": ("{}.json", BOM),
}
"""Trackers of many files: what a file is called, and what stands in it."""


def written(name, *things):
    file, text = FOLDERS[name]
    return {file.format(thing.lower()): text.format(thing, "Sand") for thing in things}


@pytest.mark.parametrize("name", FOLDERS)
def test_broken_files_are_listed_and_the_others_come_in(name, tracker, run):
    folder = tracker(written(name, "Camel", "Dunes"))
    broken = {"b1": UNREADABLE, "b2": b"[1, 2", "b3": b'"x"', "b4": b"a: {"}
    for each, text in broken.items():
        (folder / FOLDERS[name][0].format(each)).write_bytes(text)
    done = run(name, folder)
    assert (done[f"{name}.camel"].name, done[f"{name}.dunes"].name) == ("Camel", "Dunes")
    for each in broken:
        assert done.reasons[FOLDERS[name][0].format(each)] in ("wrong-shape", "other-kind")
    assert done.problems() == []


@pytest.mark.parametrize("name", FOLDERS)
def test_an_import_of_which_every_file_is_broken_is_an_error_that_names_the_first(name, tracker, run):
    folder = tracker(written(name, "Camel", "Dunes"))
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.write_bytes(UNREADABLE)
    with pytest.raises(LlmregError, match=r"camel\.\w+:?\d*: not UTF-8"):
        run(name, folder)


@pytest.mark.parametrize("name", FOLDERS)
def test_what_was_imported_of_a_file_that_broke_stays(name, tracker, run, contents):
    folder = tracker(written(name, "Camel", "Dunes"))
    first = run(name, folder)
    (file,) = (file for file in first.what if file.endswith("camel.yaml"))
    before = contents(first.into)[file]
    (folder / FOLDERS[name][0].format("camel")).write_bytes(UNREADABLE)
    done = run(name, folder)
    assert (contents(done.into)[file], done.what[file]) == (before, "kept")
    assert done[f"{name}.camel"].name == "Camel"
    assert file not in run(name, tracker(written(name, "Camel", "Dunes"))).what


def test_what_is_dropped_goes_once_the_whole_tracker_reads(tracker, run):
    folder = tracker(written("mot", "Camel", "Dunes", "Oasis"))
    run("mot", folder)
    (folder / "models" / "dunes.yml").unlink()
    (folder / "models" / "camel.yml").write_bytes(UNREADABLE)
    what = run("mot", folder).what
    assert (what["models/mot.camel.yaml"], what["models/mot.dunes.yaml"]) == ("kept", "kept")
    assert run("mot", tracker(written("mot", "Camel"))).what["models/mot.dunes.yaml"] == "removed"


def test_another_row_of_the_same_name_does_not_take_the_place_of_one_that_cannot_be_read(tracker, run, contents):
    files = {
        "models/a.yml": mot("Camel", "Sand"),
        "models/b.yml": mot("Camel", "Oasis"),
        "models/c.yml": mot("X", "Camel"),
    }
    folder = tracker(files)
    first = run("mot", folder)
    before = contents(first.into)
    assert first["mot.camel"].edges()[0].of == "mot.sand"
    (folder / "models" / "a.yml").write_bytes(UNREADABLE)
    done = run("mot", folder)
    kept = contents(done.into)
    assert kept["models/mot.camel.yaml"] == before["models/mot.camel.yaml"]
    assert done["mot.camel-2"].edges()[0].of == "mot.oasis"


def test_a_row_that_moved_to_another_file_takes_its_own_place(tracker, run):
    folder = tracker({"models/a.yml": mot("Camel", "Sand")})
    run("mot", folder)
    (folder / "models" / "a.yml").write_bytes(UNREADABLE)
    (folder / "models" / "b.yml").write_text(mot("Camel", "Oasis"))
    done = run("mot", folder)
    assert done["mot.camel"].edges()[0].of == "mot.oasis"
    assert "models/mot.camel-2.yaml" not in done.what


def test_a_name_goes_on_meaning_the_row_that_cannot_be_read_now(tracker, run):
    folder = tracker({"models/base.yml": mot("Camel", "Sand"), "models/tuned.yml": mot("Caravan", "Camel")})
    run("mot", folder)
    (folder / "models" / "base.yml").write_bytes(UNREADABLE)
    done = run("mot", folder)
    assert done.edges("mot.caravan") == [("finetune", "mot.camel")]
    assert not done["mot.camel"].stub
    assert done.licenses("mot.camel") == {"weights": ["MIT"]}


HEAD = "Model,Base model,Link\n"
ROWS = {
    "epoch": ("t.csv", HEAD + "Camel,,\nDunes,Camel,\n", HEAD + "Camel,,\nDunes,Camel,,,,\n", "t.csv line 3"),
    "edges": (
        "e.csv",
        "child,parent,relation\ncamel,sand,finetune\ndunes,camel,finetune\n",
        'child,parent,relation\ncamel,sand,finetune\ndunes,"ca"mel,finetune\n',
        "e.csv line 3",
    ),
    "open-llms": (
        "README.md",
        "|Language Model|Checkpoints|Licence|\n|-|-|-|\n|Camel||MIT|\n|Dunes||MIT|\n",
        "|Language Model|Checkpoints|Licence|\n|-|-|-|\n|Camel||MIT|\n|Dunes\udcff||MIT|\n",
        "README.md line 4",
    ),
    "llama-cult": (
        "chart.md",
        "|project|base model|data|finetune|hardware/Cost|\n|-|-|-|-|-|\n|Camel|LLaMA|x|SFT||\n|Dunes|LLaMA|y|SFT||\n",
        "|project|base model|data|finetune|hardware/Cost|\n|-|-|-|-|-|\n|Camel|LLaMA|x|SFT||\n|Dunes\udcff|LLaMA|y|SFT||\n",
        "chart.md line 4",
    ),
    "peatmoss": (
        "groundTruth.json",
        json.dumps({"Camel": {"license": "mit"}, "Dunes": {"upstream_model": "Camel"}}),
        json.dumps({"Camel": {"license": "mit"}, "Dunes": ["upstream_model"]}),
        "groundTruth.json Dunes",
    ),
    "data-provenance": (
        "data_summaries/a.json",
        json.dumps({name: {"Unique Dataset Identifier": name, "Licenses": []} for name in ("Camel", "Dunes")}),
        json.dumps({
            name: {"Unique Dataset Identifier": name, "Licenses": ["MIT"] if name == "Dunes" else []}
            for name in ("Camel", "Dunes")
        }),
        "data_summaries/a.json Dunes",
    ),
}  # fmt: skip
"""Trackers of many rows in a file: the file, whole and with one row broken, and the place of that row."""


@pytest.mark.parametrize("name", ROWS)
def test_a_broken_row_is_listed_the_others_come_in_and_what_it_brought_before_stays(name, tracker, run, contents):
    file, whole, broken, place = ROWS[name]
    folder = tracker({file: whole})
    first = run(name, folder)
    before = contents(first.into)
    (folder / file).write_bytes(broken.encode(errors="surrogateescape"))
    done = run(name, folder)
    assert done.reasons == {place: "wrong-shape"}
    assert {one: data for one, data in contents(done.into).items() if one in before} == before
    assert (done[f"{name}.camel"].name.casefold(), done[f"{name}.dunes"].name.casefold()) == ("camel", "dunes")


def test_a_quote_that_never_closes_takes_the_rows_after_it_out_and_says_so(tracker, run):
    done = run("epoch", tracker({"t.csv": HEAD + 'Camel,,\n"Dunes,,\nOasis,,\n'}))
    (skip,) = done.report.skipped
    assert str(skip.place) == "t.csv line 3"
    assert "unexpected end of data, up to line 4" in skip.detail


def test_what_stands_after_a_row_that_breaks_off_inside_a_quote_is_not_read_as_rows(tracker, run):
    folder = tracker({"t.csv": ""})
    (folder / "t.csv").write_bytes(HEAD.encode() + b'Oasis,,\n"Camel\n\xff\nx",,\nDunes,,\n')
    done = run("epoch", folder)
    (skip,) = done.report.skipped
    assert str(skip.place) == "t.csv line 3"
    assert "not UTF-8" in skip.detail
    assert "nothing after it is read" in skip.detail
    assert "epoch.oasis" in done.catalog


def test_a_table_without_its_first_line_is_not_read(tracker, run):
    folder = tracker({"t.csv": ""})
    (folder / "t.csv").write_bytes(b"Model,\xff\nCamel,\n")
    with pytest.raises(LlmregError, match=r"t\.csv:1: not UTF-8"):
        run("epoch", folder)


@pytest.mark.parametrize("file", ["groundTruth.json", "all_gh_licenses.json"])
def test_what_a_broken_list_may_tell_of_rows_stays_out_with_it(file, tracker, run, contents):
    files = {
        "mapping.csv": "github.com/a/app,x/model,c,mit\n",
        "groundTruth.json": json.dumps({"x/model": {"upstream_model": "y/base"}}),
        "all_gh_licenses.json": json.dumps({"a/app": ["GPL-3.0"]}),
    }
    folder = tracker(files)
    before = contents(run("peatmoss", folder).into)
    (folder / file).write_text("{")
    done = run("peatmoss", folder)
    assert file in "".join(done.reasons)
    assert {one: data for one, data in contents(done.into).items() if one in before} == before


def test_data_of_the_row_above_is_not_taken_from_further_up(tracker, run):
    head = b"|project|base model|data|finetune|hardware/Cost|\n|-|-|-|-|-|\n"
    folder = tracker({"chart.md": ""})
    (folder / "chart.md").write_bytes(head + b"|A|LLaMA|Alpaca|SFT||\n|B\xff|LLaMA|Own|SFT||\n|C|LLaMA|same|SFT||\n")
    done = run("llama-cult", folder)
    parents = [done[edge.of].name for edge in done["llama-cult.c"].made_from if edge.relation == "trained-on"]
    assert parents == ["the same as in a row above, which cannot be read"]


def test_a_bullet_with_a_line_that_cannot_be_read_stays_out(tracker, run):
    bullet = b"- **%s 2023-5 | EN**\n  - License: MIT\n  - Source: %s\n"
    folder = tracker({"README.md": ""})
    text = b"**Dataset information format\n" + bullet % (b"Camel", b"Reddit") + bullet % (b"Dunes", b"\xff")
    (folder / "README.md").write_bytes(text)
    done = run("awesome-datasets", folder)
    assert list(done.reasons) == ["README.md line 7"]
    assert "awesome-datasets.camel" in done.catalog
    assert "awesome-datasets.dunes" not in done.catalog


def test_what_a_refused_row_says_of_a_child_is_kept_with_it(tracker, run):
    done = run("edges", tracker({"e.csv": "child,parent,relation\ncamel,sand,finetune\ncamel,dunes,blended\n"}))
    assert done["edges.camel"].unknown == ("blended of 'dunes': relation: blended",)
    assert done.reasons == {"e.csv line 3": "refused"}
