"""What hangs on an entry or a license, and what changes if it is withdrawn or relicensed."""

from __future__ import annotations

import json

import pytest

from builders import claims, dataset, edge, imported_by, model, service
from llmreg.audit import impact
from llmreg.audit.suppose import relicensed, replaced, states
from llmreg.cli.impact import _basis
from llmreg.errors import LlmregError, UnknownIdError
from llmreg.licensing import Checker


@pytest.fixture
def family(bare):
    """Give a base for research, an adapter on it with its file, an MIT model trained on its outputs, and data."""
    recipe = {"method": "qlora", "data": {"format": "text"}, "source": "page"}
    return bare.over(
        model("base", licenses=claims(weights="llama-1")),
        dataset("rows", licenses=claims(data="CC-BY-NC-4.0")),
        model(
            "tuned",
            edge("adapter", "base"),
            edge("trained-on", "rows", "sft"),
            licenses=claims(adapter="Apache-2.0"),
            recipe=recipe,
        ),
        model("tuned-adapter", file_of="tuned", component="adapter"),
        dataset("outputs", edge("generated-by", "tuned"), licenses=claims(data="MIT")),
        model("pupil", edge("trained-on", "outputs", "sft"), licenses=claims(weights="MIT")),
        model("shaped", edge("architecture", "base"), licenses=claims(weights="MIT")),
        model("free", licenses=claims(weights="MIT")),
    )


def changed(found):
    return {(change.id, change.use): (change.before, change.after) for change in found.changes}


def test_everything_downstream_comes_with_its_way_and_its_shortest_path(family):
    found = {each.id: each for each in impact(family, "base").downstream}
    assert list(found) == ["shaped", "tuned", "tuned-adapter", "outputs", "pupil"]
    assert found["tuned"].way == "weights"
    assert found["tuned-adapter"].way == "base-of-adapter"
    assert found["shaped"].way is None
    assert found["pupil"].path == ("pupil", "outputs", "tuned", "base")
    assert found["pupil"].relations == ("trained-on", "generated-by", "adapter")
    assert found["pupil"].way == "outputs-in-tuning-data"


@pytest.mark.parametrize(("ancestor", "needing"), [("base", {"tuned"}), ("rows", {"tuned"}), ("outputs", set())])
def test_a_recipe_needs_what_it_reads(family, ancestor, needing):
    assert {each.id for each in impact(family, ancestor).downstream if each.needs_it} == needing


def test_withdrawn_a_dataset_is_left_out_of_what_was_made_from_it(family):
    found = impact(family, "rows", withdrawn=True, uses=["commercial"])
    assert found.compared == 4
    assert changed(found) == {
        ("tuned-adapter", "commercial"): ("unclear", "allowed")
    }  # the base binds the others still
    free = family.over(model("base", licenses=claims(weights="MIT")))
    assert changed(impact(free, "rows", withdrawn=True, uses=["commercial"])) == {
        ("tuned", "commercial"): ("unclear", "allowed"),
        ("tuned-adapter", "commercial"): ("unclear", "allowed"),
    }


def test_withdrawn_an_entry_judges_itself_no_more(family):
    assert "base" not in {change.id for change in impact(family, "base", withdrawn=True).changes}


def test_a_model_under_another_license_frees_what_was_made_from_it_and_itself(family):
    found = changed(impact(family, "base", license_id="MIT", uses=["commercial"], policy="permissive"))
    assert found["base", "commercial"] == ("forbidden", "allowed")
    assert found["tuned", "commercial"][0] == "forbidden"
    assert found["tuned", "commercial"][1] != "forbidden"
    assert ("shaped", "commercial") not in found


def test_a_change_says_what_decides_then(family):
    (change,) = impact(family, "free", license_id="llama-1", uses=["commercial"]).changes
    assert (change.before, change.after, change.because.license) == ("allowed", "forbidden", "llama-1")


def test_a_file_under_another_license_concerns_its_model_too(family):
    found = changed(impact(family, "tuned-adapter", license_id="llama-1", uses=["commercial"]))
    assert found == {("tuned-adapter", "commercial"): ("unclear", "forbidden")}
    whole = family.over(model("base", licenses=claims(weights="MIT")))
    found = changed(impact(whole, "tuned-adapter", license_id="llama-1", uses=["commercial"]))
    assert {entry_id for entry_id, _ in found} == {"tuned", "tuned-adapter", "outputs", "pupil"}
    after = relicensed(family, "tuned-adapter", "no-licence")["tuned"]
    assert [claim.id for claim in after.licenses["adapter"]] == ["no-licence"]


def test_supposing_changes_no_catalog(family):
    before = family["base"]
    impact(family, "base", license_id="MIT")
    impact(family, "llama-1", license_id="MIT")
    assert family["base"] is before
    assert Checker(family).check("base", "commercial").verdict == "forbidden"


def test_works_inside_a_collection_keep_their_own_license(bare):
    whole = bare.over(dataset("d", licenses=claims(data="MIT", contents="CC-BY-NC-4.0")))
    after = relicensed(whole, "d", "llama2")["d"]
    assert {part: claim[0].id for part, claim in after.license_claims().items()} == {
        "data": "llama2",
        "contents": "CC-BY-NC-4.0",
    }


@pytest.mark.parametrize(
    ("entry", "component"),
    [(model("x"), "weights"), (dataset("x"), "data"), (model("x", licenses=claims(code="MIT")), "weights")],
)
def test_an_entry_without_a_license_gets_one_where_it_decides(bare, entry, component):
    after = relicensed(bare.over(entry), "x", "MIT")["x"]
    assert [claim.id for claim in after.license_claims()[component]] == ["MIT"]


def test_a_service_has_what_its_outputs_were_trained_into_downstream(bare):
    whole = bare.over(
        service("oracle", "openai-tos"),
        dataset("answers", edge("generated-by", "oracle"), licenses=claims(data="MIT")),
        model("m", edge("trained-on", "answers", "sft"), licenses=claims(weights="MIT")),
    )
    found = impact(whole, "oracle", withdrawn=True, uses=["commercial"])
    assert [each.id for each in found.downstream] == ["answers", "m"]
    assert changed(found)["m", "commercial"] == ("unclear", "allowed")


def test_a_license_carries_the_verdicts_of_those_who_state_it_and_of_those_made_from_them(family):
    rests = {(each.id, each.use): each for each in impact(family, "llama-1", uses=["commercial"]).rests}
    assert rests["base", "commercial"].decides
    assert rests["tuned", "commercial"].reason.path == ("tuned", "base")
    assert ("free", "commercial") not in rests
    assert ("shaped", "commercial") not in rests


def test_of_what_decides_a_permission_is_no_part(bare):
    whole = bare.over(model("m", licenses=claims(weights="MIT AND llama-1")))
    (rest,) = impact(whole, "MIT", uses=["commercial"]).rests
    assert (rest.verdict, rest.decides) == ("forbidden", False)
    whole = bare.over(model("m", licenses=claims(weights="MIT")))
    (rest,) = impact(whole, "MIT", uses=["commercial"]).rests
    assert (rest.verdict, rest.decides) == ("allowed", False)


def test_another_license_in_the_place_of_one_changes_what_rests_on_it_and_is_named(family):
    found = impact(family, "llama-1", license_id="llama2", uses=["commercial"], policy="permissive")
    assert changed(found)["base", "commercial"] == ("forbidden", "allowed-with-conditions")
    because = {change.id: change.because.license for change in found.changes if change.because}
    assert because["base"] == "llama2"


def test_a_license_is_found_in_expressions_under_its_aliases_and_where_it_did_not_count(bare):
    whole = bare.over(
        model("either", licenses=claims(weights="llama-1 OR CC-BY-NC-4.0")),
        model("alias", licenses=claims(weights="hf:cc-by-nc-4.0")),
        model("other", licenses=claims(weights="MIT")),
    )
    assert [states(whole, name, "CC-BY-NC-4.0") for name in ("either", "alias", "other")] == [True, True, False]
    found = changed(impact(whole, "CC-BY-NC-4.0", license_id="MIT", uses=["commercial"]))
    assert found == {
        ("either", "commercial"): ("forbidden", "allowed"),
        ("alias", "commercial"): ("forbidden", "allowed"),
    }
    assert replaced(whole, "CC-BY-NC-4.0", "MIT")["CC-BY-NC-4.0"].uses["commercial"].permission == "permitted"


def test_a_circle_of_data_has_no_end_to_fall_off(bare):
    whole = bare.over(
        model("m", edge("trained-on", "d", "sft"), licenses=claims(weights="MIT")),
        dataset("d", edge("generated-by", "m"), licenses=claims(data="MIT")),
    )
    assert [each.id for each in impact(whole, "m", withdrawn=True).downstream] == ["d"]


def test_wrong_questions_are_told_so(family):
    with pytest.raises(UnknownIdError):
        impact(family, "bass")
    with pytest.raises(LlmregError, match="'standard' is a policy: nothing is made from it"):
        impact(family, "standard")
    with pytest.raises(LlmregError, match="'MIT' is a license: say with --relicensed"):
        impact(family, "MIT", withdrawn=True)


def test_it_can_be_written_as_json(family):
    data = json.loads(json.dumps(impact(family, "base", license_id="MIT").to_json()))
    assert data["downstream"][1] == {
        "id": "tuned",
        "kind": "model",
        "way": "weights",
        "path": ["tuned", "base"],
        "relations": ["adapter"],
        "needs_it": True,
    }
    assert {"id", "use", "before", "after", "because"} == set(data["changes"][0])
    data = json.loads(json.dumps(impact(family, "llama-1").to_json()))
    assert {"id", "use", "verdict", "reason", "decides"} == set(data["rests"][0])


def test_the_pile_and_llama_of_the_built_in_catalog(built_in):
    pile = impact(built_in, "the-pile", withdrawn=True)
    assert {"pythia-12b", "dolly-v2-12b", "the-pile-deduped", "oasst-sft-4-pythia-12b"} <= {
        each.id for each in pile.downstream
    }
    llama = impact(built_in, "llama-1", license_id="llama2", uses=["commercial"])
    assert changed(llama)["guanaco-33b", "commercial"] == ("forbidden", "allowed-with-conditions")


def test_what_an_index_holds_is_downstream_too(bare, tmp_path):
    from llmreg.catalog import Catalog
    from llmreg.catalog.index import write_index

    page = {"url": "https://example.org", "read": "live", "seen": "2026-11-21"}
    rows = [
        (name, "model", {"name": name, "made_from": [{"relation": "finetune", "of": of, "source": "hub"}]})
        for name, of in (("hub.child", "llama"), ("hub.grandchild", "hub.child"))
    ]
    rows.append(("llama", "model", {"name": "llama", "licenses": {"weights": {"id": "llama-1", "source": "hub"}}}))
    write_index(tmp_path / "hub.sqlite", rows, {"source": "hub", "sources": {"hub": page}})
    whole = Catalog(*bare.roots, tmp_path / "hub.sqlite")
    found = impact(whole, "llama", withdrawn=True, uses=["commercial"])
    assert [(each.id, each.path[1:]) for each in found.downstream] == [
        ("hub.child", ("llama",)),
        ("hub.grandchild", ("hub.child", "llama")),
    ]
    assert {change.after for change in found.changes} == {"unclear"}  # they state no license of their own


def test_the_evidence_behind_what_is_named_is_said(family):
    assert _basis(impact(family, "base")) == "curated (sources read)"
    more = family.over(imported_by("hub", model("held", edge("finetune", "base"), licenses=claims(weights="MIT"))))
    found = impact(more, "base")
    assert found.to_json()["tiers"]["held"] == "card"
    assert _basis(found) == "held card, all others curated"
    many = more.over(*(imported_by("hub", model(f"m{each}", edge("finetune", "base"))) for each in range(20)))
    named = len(impact(many, "base").tiers)
    assert _basis(impact(many, "base")) == f"21 of {named} entries are not curated; --json has the tier of each"
