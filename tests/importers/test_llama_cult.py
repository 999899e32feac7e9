"""LLaMA-Cult-and-More: a chart of projects."""

from __future__ import annotations

import pytest

HEAD = "## Model Spec\n\n|project|base model|data|finetune|hardware/Cost|\n|---|---|---|---|---|\n"


def read(tracker, run, *rows, head=HEAD):
    return run("llama-cult", tracker({"chart.md": head + "".join(f"|{row}|\n" for row in rows)}))


def test_a_row_becomes_a_model_with_its_base_its_data_and_what_it_took(tracker, run):
    done = read(tracker, run, "[Desert/Ca**mel**](https://github.com/desert/camel)|Sand-7B|dune dialogs|SFT|`$100`")
    camel = done["llama-cult.camel"]
    assert (camel.name, camel.developers, camel.repository) == ("Camel", ("Desert",), "desert/camel")
    assert done.edges("llama-cult.camel") == [
        ("finetune", "llama-cult.sand-7b"), ("trained-on", "llama-cult.dune-dialogs"),
    ]  # fmt: skip
    assert camel.notes[-1] == "hardware/Cost: $100"
    assert (camel.source_of("repository").locator, camel.source_of("repository").license) == ("line 5", "MIT")
    assert done.problems() == []


@pytest.mark.parametrize("how", ["SFT with LoRA", "SFT with LLaMA-Adaptor"])
def test_adapters_are_told_by_the_way_of_tuning(tracker, run, how):
    done = read(tracker, run, f"Camel|LLaMA-7B||{how}|")
    assert done.edges("llama-cult.camel") == [("adapter", "llama-7b")]
    assert done["llama-cult.camel"].made_from[0].how == how


def test_sizes_after_a_name_are_several_bases_and_a_size_alone_is_none(tracker, run):
    done = read(tracker, run, "Camel|LLaMA-7B/13B/30B||SFT|", "Grain|2.7B|sand|SFT|")
    assert done.edges("llama-cult.camel") == [("finetune", f"llama-{size}") for size in ("7b", "13b", "33b")]
    assert done.edges("llama-cult.grain") == [("trained-on", "llama-cult.sand")]


def test_counted_data_is_named_without_its_count_and_same_is_that_of_the_row_above(tracker, run):
    done = read(tracker, run, "Camel||52K Dunes; 2M grains of sand|SFT|", "Camel|| same |SFT|")
    dunes = [("trained-on", "llama-cult.dunes"), ("trained-on", "llama-cult.2m-grains-of-sand")]
    assert done.edges("llama-cult.camel") == done.edges("llama-cult.camel-2") == dunes
    assert done.faults == [("duplicate-name", "chart.md line 6")]


def test_a_row_that_says_only_what_it_supports_is_software(tracker, run):
    done = read(tracker, run, "[MSFT/Camel Drive](https://github.com/desert/drive)|||support SFT, RM, RLHF|")
    assert done["llama-cult.camel-drive"].kind == "software"


def test_a_day_is_read_from_the_link_to_a_post(tracker, run):
    done = read(tracker, run, "[Camel](https://example.org/2023/03/13/camel.html)|Sand|||")
    assert done["llama-cult.camel"].released == "2023-03-13"


def test_short_rows_come_in_and_are_reported(tracker, run):
    done = read(tracker, run, "Camel|Sand-7B")
    assert done.edges("llama-cult.camel") == [("finetune", "llama-cult.sand-7b")]
    assert done.faults == [("odd-shape", "chart.md line 5")]


def test_other_tables_and_nameless_rows_stay_out(tracker, run):
    done = read(tracker, run, "a|b", head="|x|y|\n|---|---|\n")
    assert done.reasons == {"chart.md line 3": "wrong-shape"}
    assert read(tracker, run, "|Sand|||").reasons == {"chart.md line 5": "no-name"}


def test_24_rows_come_in(holds):
    done = holds("llama-cult", "llama-cult-and-more")
    assert (done.report.rows, done.report.rows_in) == (24, 24)
    assert ("adapter", "llama-7b") in done.edges("llama-cult.alpaca-lora")
    assert done["llama-cult.belle-2"].name == "BELLE"
