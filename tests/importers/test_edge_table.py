"""Edges: a CSV table of anybody's."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from llmreg.cli.app import app
from llmreg.errors import LlmregError, UsageError


def read(tracker, run, *rows, head="child,parent,relation,stage,how", **options):
    return run("edges", tracker({"edges.csv": "\n".join([head, *rows])}), commit=None, **options)


def test_rows_of_one_child_are_one_entry_with_their_edges(tracker, run):
    done = read(tracker, run, "camel,sand,finetune,,", "camel,dunes,trained-on,sft,with care", "camel,llama-7b,merge,,")
    assert done.edges("edges.camel") == [
        ("finetune", "edges.sand"), ("trained-on", "edges.dunes"), ("merge", "llama-7b"),
    ]  # fmt: skip
    assert (done["edges.camel"].made_from[1].stage, done["edges.camel"].made_from[1].how) == ("sft", "with care")
    assert (done["edges.dunes"].kind, done["edges.dunes"].stub) == ("dataset", True)
    assert (done.report.rows, done.report.rows_in) == (3, 3)
    assert str(done["edges.camel"].sources["edges"]) == "edges edges.csv child camel"
    assert done.problems() == []


def test_names_of_the_form_of_a_hub_id_are_one(tracker, run):
    done = read(tracker, run, "desert/camel,meta-llama/Llama-2-7b-hf,finetune,,", "desert/camel,sand/sand-7b,merge,,")
    camel = done["edges.desert-camel"]
    assert (camel.hub_id, done["edges.sand-sand-7b"].hub_id) == ("desert/camel", "sand/sand-7b")
    assert done.edges("edges.desert-camel")[0] == ("finetune", "llama-2-7b")


def test_columns_may_have_any_names(tracker, run):
    rows = ("sand,camel,quantized",)
    done = read(
        tracker, run, *rows, head="source,target,kind",
        columns={"child": "target", "parent": "source", "relation": "kind"},
    )  # fmt: skip
    assert done.edges("edges.camel") == [("quantized", "edges.sand")]


def test_the_columns_are_named_on_the_command_line(tracker, tmp_path):
    folder = tracker({"e.csv": "model,parent,relation\ncamel,sand,merge\n"})
    args = ["import", "edges", str(folder / "e.csv"), "--into", str(tmp_path / "mine"), "--column", "child=model"]
    result = CliRunner().invoke(app, args, catch_exceptions=False)
    assert "edges: 1 rows, 1 in, 0 out" in result.stdout


@pytest.mark.parametrize(
    ("word", "edge"),
    [
        ("finetuned", ("finetune", None, None)), ("quantised_from", ("quantized", None, None)),
        ("merged", ("merge", None, None)), ("rlhf_from", ("finetune", None, "RLHF")),
        ("Pruned From", ("finetune", None, "pruning")), ("pretrained_on", ("trained-on", "pretrain", None)),
        ("uses_code", ("uses-code", None, None)), ("same_tokenizer_as", ("same-tokenizer", None, None)),
    ],
)  # fmt: skip
def test_other_peoples_words_have_one_place_here(tracker, run, word, edge):
    (found,) = read(tracker, run, f"camel,sand,{word},,")["edges.camel"].made_from
    assert (found.relation, found.stage, found.how) == edge


def test_the_relation_tells_what_kind_the_child_is(tracker, run):
    done = read(tracker, run, "camel,sand,finetune,,", "dunes,camel,generated-by,,", "camel,grains,derived-from,,")
    assert (done["edges.camel"].kind, done["edges.dunes"].kind) == ("model", "dataset")
    assert (done["edges.camel-dataset"].kind, done["edges.camel-dataset"].name) == ("dataset", "camel")


def test_rows_that_no_edge_can_be_stay_out_with_the_reason(tracker, run):
    done = read(tracker, run, "camel,,finetune,,", ",sand,finetune,,", "camel,sand,fintune,,", "camel,d,trained-on,,",
                "camel,d,trained-on,late,")  # fmt: skip
    assert done.reasons == {
        "edges.csv line 2": "no-name", "edges.csv line 3": "no-name", "edges.csv line 4": "refused",
        "edges.csv line 5": "refused", "edges.csv line 6": "refused",
    }  # fmt: skip
    details = [skip.detail for skip in done.report.skipped]
    assert "did you mean 'finetune'" in details[2]
    assert "needs a stage, one of pretrain" in details[3]


def test_loops_and_circles_of_weights_are_notes(tracker, run):
    done = read(tracker, run, "a,a,merge,,", "a,b,finetune,,", "b,c,finetune,,", "c,a,finetune,,")
    assert [kind for kind, _ in done.faults] == ["self-loop", "weight-cycle"]
    assert done.edges("edges.c") == []
    assert done.problems() == []


def test_a_table_without_a_needed_column_says_how_to_name_it(tracker, run):
    with pytest.raises(LlmregError, match=r"no 'parent'; name it with --column parent=NAME"):
        read(tracker, run, "a,b,merge", head="child,base,relation")


def test_a_column_that_is_not_read_is_refused(tracker, run):
    with pytest.raises(UsageError, match="no column 'kid' of ours"):
        read(tracker, run, "a,b,merge,,", columns={"kid": "a"})
    with pytest.raises(UsageError, match="mot reads files whose columns have fixed names"):
        run("mot", tracker({}), columns={"child": "a"})


@pytest.mark.parametrize("written", ["child", "=x", "child="])
def test_a_column_is_given_as_ours_and_theirs(tracker, tmp_path, written):
    args = ["import", "edges", str(tracker({"e.csv": ""})), "--into", str(tmp_path / "mine"), "--column", written]
    with pytest.raises(UsageError, match="--column takes OURS=THEIRS"):
        CliRunner().invoke(app, args, catch_exceptions=False)
