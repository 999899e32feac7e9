"""Epoch AI's notable models: one CSV table."""

from __future__ import annotations

import csv
import io

COLUMNS = (
    "Model", "Organization", "Publication date", "Domain", "Parameters", "Training dataset", "Link", "Base model",
    "Model accessibility", "Accessibility notes", "Training hardware", "Batch size",
)  # fmt: skip


def row(name="Camel", **cells):
    return {
        "Model": name, "Organization": "Desert Lab,Oasis", "Publication date": "2023-05-01",
        "Domain": "Multimodal,Language,Vision", "Parameters": "7000000000.0", "Link": "https://example.org/camel",
        **{column.replace("_", " "): cell for column, cell in cells.items()},
    }  # fmt: skip


def read(tracker, run, *rows, columns=COLUMNS):
    text = io.StringIO()
    table = csv.DictWriter(text, columns)
    table.writeheader()
    table.writerows({column: cell for column, cell in one.items() if column in columns} for one in rows)
    return run("epoch", tracker({"notable-ai-models.csv": text.getvalue()}))


def test_a_row_becomes_a_model_credited_as_epoch_asks(tracker, run):
    done = read(tracker, run, row("Camel\n", Link="https://huggingface.co/desert/camel-7b"))
    camel = done["epoch.camel"]
    assert (camel.name, camel.released, camel.parameters) == ("Camel", "2023-05-01", 7_000_000_000)
    assert (camel.hub_id, camel.modality, camel.developers) == (
        "desert/camel-7b", ("text", "image"), ("Desert Lab", "Oasis"),
    )  # fmt: skip
    source = camel.source_of("released")
    assert (source.locator, source.license, source.attribution) == (
        "line 3", "CC-BY-4.0", "Data: Epoch AI (epochai.org)",
    )  # fmt: skip
    assert done.problems() == []


def test_a_base_model_is_an_edge_that_says_no_more_than_the_table(tracker, run):
    done = read(tracker, run, row("Camel", Base_model="Sand,LLaMA-7B"), row("Sand"))
    assert done.edges("epoch.camel") == [("finetune", "epoch.sand"), ("finetune", "llama-7b")]
    assert "what came from which" in done["epoch.camel"].made_from[0].how


def test_data_tunes_what_has_a_base_and_trains_the_rest(tracker, run):
    done = read(tracker, run, row("Sand", Training_dataset="Dunes"),
                row("Camel", Training_dataset="Dunes", Base_model="Sand"))  # fmt: skip
    assert done["epoch.sand"].made_from[0].stage == "pretrain"
    assert [edge.stage for edge in done["epoch.camel"].made_from] == [None, "sft"]


def test_commas_in_brackets_do_not_part_names_and_what_is_not_told_names_nothing(tracker, run):
    done = read(tracker, run, row(Training_dataset="Book Dunes (Dunes, Old Dunes),Unspecified unreleased"))
    assert done.edges("epoch.camel") == [("trained-on", "epoch.book-dunes-dunes-old-dunes")]
    assert done["epoch.book-dunes-dunes-old-dunes"].name == "Book Dunes (Dunes, Old Dunes)"


def test_how_open_a_model_is_names_no_license(tracker, run):
    done = read(tracker, run, row(Model_accessibility="Open weights (unrestricted)", Accessibility_notes="MIT\nhere"))
    assert done.licenses("epoch.camel") == {}
    assert {"Model accessibility: Open weights (unrestricted)", "Accessibility notes: MIT here"} <= set(
        done["epoch.camel"].notes
    )


def test_a_count_is_rounded_and_what_is_none_is_reported(tracker, run):
    done = read(tracker, run, row("A", Parameters="256999999.99999997"), row("B", Parameters="many"))
    assert (done["epoch.a"].parameters, done["epoch.b"].parameters) == (257_000_000, None)
    assert done.faults == [("odd-value", "notable-ai-models.csv line 3")]


def test_rows_without_a_name_and_other_tables_stay_out(tracker, run):
    assert read(tracker, run, row(""), row("Camel")).reasons == {"notable-ai-models.csv line 2": "no-name"}
    done = read(tracker, run, row(), columns=("Link", "Domain"))
    assert done.reasons == {"notable-ai-models.csv line 2": "wrong-shape"}


def test_976_models_with_138_bases_come_in(holds):
    done = holds("epoch", "epoch-notable-models")
    assert (done.report.rows, done.report.rows_in) == (976, 976)
    assert done.report.edges["finetune"] == 138
