"""The evolution tree: every dated model once, time upwards, labels that never overlap, nothing guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import HOSTILE, SVG, boxes_overlap, legend_of, read, with_class, words_in

from builders import catalog, edge, model
from llmreg.drawing.branches import Branch, Twig, grow
from llmreg.drawing.espalier import TITLE, espalier
from llmreg.drawing.text import width
from llmreg.drawing.tree import tree
from llmreg.lineage.families import families
from llmreg.schema import Model

DATES = st.sampled_from(["2022-11", "2023-01-31", "2023-02", "2023-02-24", "2023-03-13", "2023-04"])


def named(entry_id, *edges, name=None, **fields):
    return model(entry_id, *edges, **fields).model_copy(update={"name": name or entry_id})


def grown(*models, only=True, **options):
    """The branches of these models alone, all of them allowed."""
    entries = catalog(*models)
    return grow(entries, {each.id: "allowed" for each in models} if only else {}, **options)


def labels(found):
    return {branch.name: [twig.label for twig in branch.twigs] for branch in found.branches}


@st.composite
def orchards(draw):
    """Any branches at all: bases that came out later than what was made from them too."""
    branches = []
    for family in range(draw(st.integers(1, 4))):
        twigs = []
        for number in range(draw(st.integers(1, 12))):
            base = draw(st.sampled_from([None, *twigs]))
            label = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
            date = draw(DATES)
            twigs.append(
                Twig(
                    [f"{family}-{number}"],
                    label,
                    date,
                    "allowed",
                    draw(st.sampled_from(["", "qlora"])),
                    base,
                    False,
                    date,
                )
            )
        branches.append(Branch(f"Family {family}", sorted(twigs, key=lambda twig: twig.after)))
    return branches


def title_of(trunk):
    half = width(trunk.name, TITLE, bold=True) / 2
    return trunk.x - half, trunk.foot + 20 - TITLE, trunk.x + half, trunk.foot + 20 + TITLE / 4


@settings(deadline=None)
@given(orchards())
def test_labels_never_overlap(branches):
    placed = espalier(branches)
    boxes = [spot.box for trunk in placed.trunks for spot in trunk.spots]
    boxes += [title_of(trunk) for trunk in placed.trunks if not trunk.bare]
    assert not [pair for pair in combinations(boxes, 2) if boxes_overlap(*pair)]
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= -0.01
        assert right <= placed.width + 0.01
        assert bottom <= placed.height + 0.01


@settings(deadline=None)
@given(orchards())
def test_what_came_out_in_a_later_month_stands_higher(branches):
    spots = [spot for trunk in espalier(branches).trunks for spot in trunk.spots]
    for one, other in combinations(spots, 2):
        if one.twig.month != other.twig.month:
            assert (one.twig.month > other.twig.month) == (one.y < other.y)


def test_labels_of_the_catalog_do_not_overlap(built_in):
    verdicts = dict.fromkeys(built_in.ids(Model), "unclear")
    placed = espalier(grow(built_in, verdicts).branches)
    boxes = [spot.box for trunk in placed.trunks for spot in trunk.spots]
    assert len(boxes) > 60
    assert not [pair for pair in combinations(boxes, 2) if boxes_overlap(*pair)]


def test_every_model_with_a_month_is_drawn_once_and_the_others_are_named(built_in):
    models = [built_in[each] for each in built_in.ids(Model) if not built_in[each].file_of]
    found = grow(built_in, {each.id: "unclear" for each in models})
    drawn = sorted(each for branch in found.branches for twig in branch.twigs for each in twig.ids)
    assert drawn == sorted(each.id for each in models if each.released and len(each.released) >= 7)
    assert len(drawn) + len(found.undated) == len(models)
    svg = read(tree(found, use="redistribution"))
    assert sorted(" ".join(each.get("data-ids") for each in with_class(svg, "node")).split()) == drawn


def test_a_twig_hangs_on_the_nearest_base_that_has_a_date():
    found = grown(
        model("base", released="2023-01"),
        model("between", edge("finetune", "base")),
        model("child", edge("adapter", "between"), released="2023-03-05"),
        model("file-only", edge("trained-on", "oasst1", "sft"), released="2023-03"),
    )
    twigs = {twig.label: twig for branch in found.branches for twig in branch.twigs}
    assert twigs["child"].base is twigs["base"]
    assert twigs["child"].loose
    assert found.undated == ["between"]
    assert twigs["file-only"].base is None
    assert "Not drawn, as no month of release is known: between." in legend_of(tree(found, use="research"))


def test_a_year_alone_is_not_taken_for_a_month():
    found = grown(model("base", released="2023"), model("other", released="2023-01"))
    assert labels(found) == {"other": ["other"]}
    assert found.undated == ["base (2023)"]


def test_sizes_that_came_out_together_share_a_twig_unless_their_verdicts_differ():
    sizes = [named(f"m-{size}", name=f"Mole {size} v2", released="2023-05-01") for size in ("65B", "7B", "13B")]
    assert labels(grown(*sizes)) == {"Mole": ["Mole 7B/13B/65B v2"]}
    found = grow(catalog(*sizes), {"m-65B": "forbidden", "m-7B": "allowed", "m-13B": "allowed"})
    assert sorted(label for each in labels(found).values() for label in each) == ["Mole 65B v2", "Mole 7B/13B v2"]
    late = sizes[0].model_copy(update={"released": "2023-06-01"})
    found = grown(late, *sizes[1:])
    assert sorted(label for each in labels(found).values() for label in each) == ["Mole 65B v2", "Mole 7B/13B v2"]


def test_many_sizes_are_written_as_a_range():
    found = grown(
        *(named(f"m{size}", name=f"Mole {size}", released="2023-05") for size in ("1B", "70M", "12B", "3B", "2.8B"))
    )
    assert labels(found) == {"Mole": ["Mole 70M–12B (5 sizes)"]}


def test_names_without_a_size_never_share_a_twig():
    found = grown(*(named(each, name="Twin", released="2023-05") for each in ("a", "b")))
    assert sum(len(branch.twigs) for branch in found.branches) == 2


def test_a_child_of_the_same_month_stands_above_its_base():
    found = grown(model("base", released="2023-01-20"), model("child", edge("finetune", "base"), released="2023-01"))
    (trunk,) = espalier(found.branches).trunks
    y = {spot.twig.label: spot.y for spot in trunk.spots}
    assert y["child"] < y["base"]


def test_bases_on_a_cycle_are_followed_once():
    found = grown(
        model("a", edge("finetune", "b"), released="2023-01"), model("b", edge("finetune", "a"), released="2023-02")
    )
    assert sorted(twig.label for branch in found.branches for twig in branch.twigs) == ["a", "b"]
    assert tree(found, use="research").startswith("<svg")


def test_files_come_out_with_their_model():
    found = grown(
        model("base", released="2023-01"),
        model("m", edge("adapter", "base"), released="2023-02"),
        model("m-adapter", file_of="m", component="adapter"),
    )
    assert labels(found) == {"base": ["base", "m"]}
    assert found.undated == []


def test_the_time_can_be_narrowed_by_dates_with_parts_missing():
    models = [model(each, released=each[1:]) for each in ("d2022-12-31", "d2023-01", "d2023-03-02", "d2024-01-01")]
    drawn = lambda **options: sorted(twig for each in labels(grown(*models, **options)).values() for twig in each)  # noqa: E731
    assert drawn(since="2023", until="2023") == ["d2023-01", "d2023-03-02"]
    assert drawn(since="2023-03") == ["d2023-03-02", "d2024-01-01"]
    assert drawn(until="2023-03-01") == ["d2022-12-31", "d2023-01"]


def test_a_limit_draws_the_largest_families_and_names_the_others():
    found = grown(
        model("small", released="2023-01"),
        model("large", released="2023-01"),
        model("child", edge("finetune", "large"), released="2023-02"),
        limit=1,
    )
    assert labels(found) == {"large": ["large", "child"]}
    assert found.left_out == ["small"]
    assert "Smaller families, not drawn: small." in legend_of(tree(found, use="research"))


def test_marks_tell_the_verdict_and_the_legend_just_those_that_occur():
    models = [model("base", released="2023-01"), model("m", edge("finetune", "base"), released="2023-02")]
    found = grow(catalog(*models), {"base": "allowed", "m": "forbidden"})
    svg = tree(found, use="redistribution")
    by_id = {each.get("data-ids"): each for each in with_class(read(svg), "node")}
    assert "forbidden" in by_id["m"].get("class").split()
    assert "✗" in words_in(by_id["m"])
    assert "verdict: forbidden" in by_id["m"].find(f"{SVG}title").text
    assert [word for word in legend_of(svg) if "passed on" in word] == [
        "open: may be passed on", "closed: may not be passed on",
    ]  # fmt: skip
    assert "forbidden" in legend_of(tree(found, use="commercial"))


def test_hostile_names_stay_text():
    found = grown(
        named("odd", name=HOSTILE, released="2023-01"), model("m", edge("finetune", "odd"), released="2023-02")
    )
    root = read(tree(found, use="research", title=HOSTILE, note=HOSTILE))
    assert not [each for each in root.iter() if each.tag.rpartition("}")[2] == "script"]


def test_the_same_bytes_whatever_the_order_of_hashing():
    program = (
        "from llmreg.catalog import load_catalog; from llmreg.schema import Model; catalog = load_catalog();"
        "from llmreg.drawing.branches import grow; from llmreg.drawing.tree import tree;"
        "print(tree(grow(catalog, dict.fromkeys(catalog.ids(Model), 'allowed')), use='research'))"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(drawn) == 1


def test_a_family_is_drawn_on_a_page_that_prints_legibly(built_in):
    """At 17 cm of width the smaller family of letters, 9.5 px, stays above 5 points, labels, 12 px, above 7."""
    for family in ("LLaMA", "Pythia"):
        ids = families(built_in, Model)[family]
        found = grow(built_in, dict.fromkeys(ids, "unclear"))
        points_per_px = 17 / 2.54 * 72 / float(read(tree(found, use="redistribution")).get("width"))
        assert 12 * points_per_px > 7
        assert 9.5 * points_per_px > 5
