"""Open LLMs: tables of a README, one row a family of models or a dataset."""

from __future__ import annotations

HEAD = "# Open LLMs\n| Language Model | Release Date | Checkpoints | Paper/Blog | Params (B) | Context Length | Licence | Try it |\n|---|---|---|---|---|---|---|---|\n"
DATA = "## Data\n| Name | Release Date | Paper/Blog | Dataset | Tokens (T) | License |\n|---|---|---|---|---|---|\n"
SAMPLES = "## Data\n| Name | Release Date | Paper/Blog | Dataset | Samples (K) | License |\n|---|---|---|---|---|---|\n"


def hub(name):
    return f"[{name}](https://huggingface.co/desert/{name})"


def row(
    name="Camel",
    date="2023/05<!--13-->",
    checkpoints="",
    paper="[Paper](https://example.org/p)",
    params="7",
    context="[2048](https://example.org)",
    licence="Apache 2.0",
):
    return f"| {name} | {date} | {checkpoints} | {paper} | {params} | {context} | {licence} | |\n"


def read(tracker, run, *rows, head=HEAD):
    return run("open-llms", tracker({"README.md": head + "".join(rows)}))


def test_each_checkpoint_on_the_hub_is_a_model(tracker, run):
    done = read(
        tracker,
        run,
        row(
            checkpoints=f"{hub('Camel-7B')}, {hub('Camel-13B')}, [code](https://github.com/desert/camel)",
            params="7, 13",
        ),
    )
    camel = done["open-llms.camel-7b"]
    assert (camel.name, camel.hub_id, camel.released, camel.repository) == (
        "Camel-7B",
        "desert/Camel-7B",
        "2023-05",
        "desert/camel",
    )
    assert camel.parameters is None
    assert {"Language Model: Camel", "Params (B): 7, 13"} <= set(camel.notes)
    assert "open-llms.camel-13b" in done.catalog
    assert (done.report.rows, done.report.rows_in) == (1, 1)
    assert done.problems() == []


def test_a_row_with_one_checkpoint_states_its_figures(tracker, run):
    camel = read(tracker, run, row(checkpoints=hub("Camel-7B"), params="6.7"))["open-llms.camel-7b"]
    assert (camel.parameters, camel.context_length) == (6_700_000_000, 2048)


def test_a_row_without_a_hub_id_is_one_model(tracker, run):
    done = read(tracker, run, row(checkpoints="[here](https://example.org)", context="84k (ALiBi)"))
    assert (done["open-llms.camel"].hub_id, done["open-llms.camel"].context_length) == (None, None)


def test_a_license_is_the_words_of_its_link_and_the_rest_a_remark(tracker, run):
    licence = "[Apache 2.0](https://example.org/l) if you have under 100M users"
    done = read(
        tracker,
        run,
        row(licence=licence),
        row("Dromedary", licence="[Custom](https://example.org/l) No usage restrictions"),
    )
    assert done.licenses("open-llms.camel") == {"weights": ["Apache-2.0"]}
    assert "under 100M users" in done["open-llms.camel"].licenses["weights"][0].note
    assert done.licenses("open-llms.dromedary") == {"weights": ["custom"]}


def test_several_licenses_of_several_checkpoints_do_not_say_which_is_whose(tracker, run):
    two = f"{hub('Base')}, {hub('Chat')}"
    done = read(
        tracker, run, row(checkpoints=two, licence="Apache 2.0, CC BY-SA-3.0"), row("One", licence="Apache 2.0, MIT")
    )
    assert done.licenses("open-llms.base") == done.licenses("open-llms.chat") == {"weights": ["unknown"]}
    assert "Apache 2.0, CC BY-SA-3.0" in done["open-llms.chat"].licenses["weights"][0].note
    assert done.licenses("open-llms.one") == {"weights": ["Apache-2.0 AND MIT"]}


def test_datasets_have_rows_or_tokens(tracker, run):
    line = "| Big Sand | 2023/04 | [b](https://example.org) | [sand](https://huggingface.co/datasets/desert/sand) | 1.2 | CC BY-SA-3.0 |\n"
    sand = (done := read(tracker, run, line, head=DATA))["open-llms.sand"]
    assert (sand.kind, sand.aliases, sand.hub_id, sand.tokens) == (
        "dataset",
        ("Big Sand",),
        "desert/sand",
        1_200_000_000_000,
    )
    assert done.licenses("open-llms.sand") == {"data": ["CC-BY-SA-3.0"]}
    assert read(tracker, run, line.replace("1.2", "44,000"), head=SAMPLES)["open-llms.sand"].rows == 44_000_000


def test_a_row_with_too_few_cells_is_read_as_far_as_it_goes(tracker, run):
    done = read(tracker, run, "| Camel | 2023/05 | x | p | 7 | 2048 | MIT |\n")
    assert done.licenses("open-llms.camel") == {"weights": ["MIT"]}
    assert done.faults == [("odd-shape", "README.md line 4")]


def test_rows_that_name_nothing_or_stand_in_another_table_are_left_out(tracker, run):
    done = read(tracker, run, row(), row(name=""), "\n| a | b |\n|---|---|\n| c | d |\n")
    assert done.reasons == {"README.md line 5": "no-name", "README.md line 9": "wrong-shape"}


def test_a_date_that_is_none_is_a_fault(tracker, run):
    assert ("odd-value", "README.md line 4") in read(tracker, run, row(date="soon")).faults


def test_the_list_comes_in_whole(holds):
    done = holds("open-llms", "open-llms")
    assert (done.report.rows, done.report.rows_in) == (82, 82)
    assert done.report.entries == {"datasets": 6, "models": 151}
    assert sum(kind == "odd-shape" for kind, _ in done.faults) == 5
