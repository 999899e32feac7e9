"""PeaTMOSS: a table of uses, the licenses of repositories, and cards read by hand."""

from __future__ import annotations

import json

CARD = {
    "datasets": ["https://huggingface.co/datasets/desert/dunes", "desert/grains", "sand of the sea", "", "desert/grains"],
    "license": "mit", "github": "https://github.com/desert/camel", "upstream_model": "Sand / sand-7b",
    "parameter_count": "1.2 B", "hyper_parameters": {"epochs": "8", "batch_size": 4, "optimizer": ""},
    "hardware": "8 camels",
}  # fmt: skip


def use(app="desert/caravan", model="desert/camel", license_="apache-2.0"):
    return f"github.com/{app},{model},https://huggingface.co/{model},{license_}\n"


def read(tracker, run, *uses, cards=None, found=None):
    files = {"a/mapping.csv": "".join(uses), "b/groundTruth.json": json.dumps(cards or {})}
    return run("peatmoss", tracker({**files, "a/all_gh_licenses.json": json.dumps(found or {})}))


def test_both_sides_of_a_use_come_in_each_once(tracker, run):
    done = read(tracker, run, use(), use(model="sand"), use("desert/other"), found={"desert/caravan": ["mit"]})
    camel, caravan = done["peatmoss.desert-camel"], done["peatmoss.desert-caravan"]
    assert (camel.kind, camel.name, camel.hub_id) == ("model", "desert/camel", "desert/camel")
    assert done.licenses("peatmoss.desert-camel") == {"weights": ["Apache-2.0"]}
    assert (caravan.kind, caravan.repository, caravan.notes) == (
        "software", "desert/caravan", ("uses: desert/camel, sand",),
    )  # fmt: skip
    assert done.licenses("peatmoss.desert-caravan") == {"code": ["MIT"]}
    assert (done.report.rows, done.report.rows_in, done.report.entries) == (3, 3, {"models": 2, "software": 2})
    assert camel.source_of("hub").locator == "model desert/camel"
    assert done.problems() == []


def test_rows_that_give_a_model_two_licenses_are_two_claims(tracker, run):
    done = read(tracker, run, use(), use("desert/other", license_="bsd-3-clause"))
    assert done.licenses("peatmoss.desert-camel") == {"weights": ["Apache-2.0", "BSD-3-Clause"]}


def test_a_repository_whose_license_nobody_found_states_none(tracker, run):
    done = read(tracker, run, use(), use("desert/other"), found={"desert/caravan": None, "desert/other": ["mit", "x"]})
    assert done.licenses("peatmoss.desert-caravan") == {}
    assert done.licenses("peatmoss.desert-other") == {"code": ["MIT AND custom"]}


def test_a_card_gives_lineage_settings_and_a_license_beside_that_of_the_table(tracker, run):
    done = read(tracker, run, use(), cards={"desert/camel": CARD})
    camel = done["peatmoss.desert-camel"]
    assert [(edge.relation, edge.of, edge.stage) for edge in camel.made_from] == [
        ("finetune", "peatmoss.sand-sand-7b", None),
        ("trained-on", "peatmoss.desert-dunes", "sft"),
        ("trained-on", "peatmoss.desert-grains", "sft"),
        ("trained-on", "peatmoss.sand-of-the-sea", "sft"),
    ]
    assert done["peatmoss.sand-sand-7b"].hub_id == "Sand/sand-7b"
    assert (camel.parameters, camel.repository) == (1_200_000_000, "desert/camel")
    assert done.licenses("peatmoss.desert-camel") == {"weights": ["MIT", "Apache-2.0"]}
    assert camel.notes == ("hyper_parameters: epochs: 8; batch_size: 4", "hardware: 8 camels")
    assert camel.source_of("hub").path == "b/groundTruth.json"
    assert (done.report.rows, done.report.rows_in) == (2, 2)


def test_a_model_without_an_upstream_was_trained_on_its_data(tracker, run):
    done = read(tracker, run, cards={"desert/camel": {**CARD, "upstream_model": " ", "datasets": "dunes"}})
    (edge,) = done["peatmoss.desert-camel"].made_from
    assert (edge.of, edge.stage) == ("peatmoss.dunes", "pretrain")


def test_broken_rows_stay_out_and_missing_files_are_told(tracker, run):
    done = run("peatmoss", tracker({"mapping.csv": use() + "github.com/a/b,c\n" + use(model="")}))
    assert done.reasons == {"mapping.csv line 2": "wrong-shape", "mapping.csv line 3": "no-name"}
    assert done.faults == [("missing-file", "mapping.csv")] * 2


def test_22861_uses_and_50_cards_come_in(run, real):
    done = run("peatmoss", real("peatmoss"), commit=None, dry_run=True)
    assert (done.report.rows, done.report.rows_in) == (22_861 + 50, 22_861 + 50)
    assert done.report.entries == {"models": 1540, "software": 7956}


def test_its_first_thousand_uses_hold_and_a_second_import_changes_nothing(tracker, run, real):
    # All of them would be ten thousand files.
    uses, cards = (next(real("peatmoss").rglob(name)).read_text() for name in ("mapping.csv", "groundTruth.json"))
    folder = tracker({"mapping.csv": "".join(uses.splitlines(keepends=True)[:1000]), "groundTruth.json": cards})
    first = run("peatmoss", folder)
    assert first.problems() == []
    assert (first.report.rows, first.report.rows_in) == (1050, 1050)
    assert run("peatmoss", folder).report.changes == ()
