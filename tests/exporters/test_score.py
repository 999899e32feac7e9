"""The completeness of a bill by the minimum elements of the G7: what is given, and why the rest is missing."""

from __future__ import annotations

from builders import SOURCES, catalog, claims, dataset, edge, model
from llmreg.exporters.score import CLUSTERS, page, score
from llmreg.schema import Model


def why(found, cluster, name):
    (one,) = [each for each in found.elements if (each.cluster, each.name) == (cluster, name)]
    return one.why


def test_every_cluster_is_asked_and_no_element_twice(built_in):
    for entry_id in built_in.ids(Model)[::10]:
        found = score(built_in, entry_id)
        asked = [(one.cluster, one.name) for one in found.elements]
        assert len(asked) == len(set(asked))
        assert {cluster for cluster, _ in asked} == set(CLUSTERS)
        assert 0 < found.percent < 100


def test_what_the_entry_calls_unpublished_is_told_from_what_nobody_wrote():
    silent = Model(id="m", name="m", source="page", sources=SOURCES, unknown=("training data",))
    found = score(catalog(silent), "m")
    assert why(found, "data set properties", "name") == "not published"
    assert why(found, "models", "producer") == "not written"


def test_words_of_something_else_do_not_make_an_element_unpublished(built_in):
    assert "library versions" in built_in["guanaco-33b"].recipe.unknown
    assert why(score(built_in, "guanaco-33b"), "models", "version") == "not written"
    other = Model(id="m", name="m", source="page", sources=SOURCES, unknown=("data order", "training data: 3T tokens"))
    found = score(catalog(other), "m")
    assert why(found, "models", "training properties") == "not written"
    assert why(found, "data set properties", "name") == "not published"


def test_data_counts_as_licensed_only_where_all_of_it_is():
    rows = dataset("rows", licenses=claims(data="MIT"))
    bare = dataset("bare")
    tuned = model("m", edge("trained-on", "rows", "sft"), edge("trained-on", "bare", "sft"))
    alone = model("n", edge("trained-on", "rows", "sft"))
    found = catalog(rows, bare, tuned, alone)
    assert why(score(found, "m"), "data set properties", "license") == "not written"
    assert why(score(found, "n"), "data set properties", "license") == "given"


def test_who_answers_for_the_bill_is_an_element(built_in):
    without, with_ = score(built_in, "guanaco-33b"), score(built_in, "guanaco-33b", contact="Ada <ada@example.org>")
    assert why(without, "metadata", "author") == "not written"
    assert why(with_, "metadata", "author") == "given"
    assert with_.percent > without.percent


def test_the_page_names_the_mean_and_what_is_missing(built_in):
    scores = [score(built_in, each) for each in ("guanaco-33b", "alpaca-7b")]
    written = page(scores)
    assert f"2 models; mean {sum(one.percent for one in scores) / 2:.1f} of 100. Not legal advice." in written
    assert "| author signature | metadata | not written | 2 |" in written
    assert all(f"| {cluster} |" in written for cluster in CLUSTERS)
