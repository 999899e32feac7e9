"""Rules that hold for every lineage, whatever is in it."""

from __future__ import annotations

import random
from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import catalog, claims, dataset, edge, model
from llmreg.licensing import ANSWERS, Grant, Licensee, check
from llmreg.schema import WEIGHT_RELATIONS
from strategies import LICENSES, MISSING, POLICIES, STAGES, USES, lineages

TODAY = date(2026, 11, 21)


def verdict(entries, entry_id, use, policy="standard", **who):
    return check(catalog(*entries), entry_id, use, policy=policy, **who)


def rank(answer):
    return ANSWERS.index(answer.verdict)


@settings(max_examples=80, deadline=None)
@given(lineages(), USES)
def test_strict_is_never_better_than_standard_nor_standard_than_permissive(entries, use):
    permissive, standard, strict = (verdict(entries, entries[-1].id, use, policy) for policy in POLICIES)
    assert rank(permissive) <= rank(standard) <= rank(strict)


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, st.randoms(use_true_random=False))
def test_the_order_of_files_and_edges_changes_nothing(entries, use, chance: random.Random):
    shuffled = [
        entry.model_copy(update={"made_from": tuple(chance.sample(entry.made_from, len(entry.made_from)))})
        for entry in entries
    ]
    chance.shuffle(shuffled)
    assert verdict(shuffled, entries[-1].id, use) == verdict(entries, entries[-1].id, use)


@settings(max_examples=60, deadline=None)
@given(lineages(), USES)
def test_the_path_of_every_reason_note_duty_and_conflict_is_a_path_in_the_graph(entries, use):
    by_id = {entry.id: entry for entry in entries}
    for policy in POLICIES:
        answer = verdict(entries, entries[-1].id, use, policy)
        assert answer.reasons, "a verdict without a reason explains nothing"
        for reason in (*answer.reasons, *answer.notes):
            for child, parent, relation in zip(reason.path[:-1], reason.path[1:], reason.relations, strict=True):
                assert any(e.of == parent and e.relation == relation for e in by_id[child].edges())
        others = [duty.path for duty in answer.obligations]
        others += [path for conflict in answer.conflicts for path in conflict.paths]
        for path in others:
            assert path[0] == entries[-1].id
            for child, parent in pairwise(path):
                assert any(e.of == parent for e in by_id[child].edges())


@settings(max_examples=80, deadline=None)
@given(lineages(), USES, st.sampled_from(POLICIES), LICENSES, st.data())
def test_another_ancestor_never_improves_a_verdict(entries, use, policy, license_id, data):
    last = entries[-1]
    before = verdict(entries, last.id, use, policy)
    if last.kind == "model":
        added = model("x", licenses=claims(weights=license_id))
        link = edge(data.draw(st.sampled_from([*WEIGHT_RELATIONS, "distilled"])), "x")
        if data.draw(st.booleans()):
            added, link = dataset("x", licenses=claims(data=license_id)), edge("trained-on", "x", data.draw(STAGES))
    else:
        added = dataset("x", licenses=claims(data=license_id))
        link = edge(data.draw(st.sampled_from(["derived-from", "mixture-of"])), "x")
    worse = last.model_copy(update={"made_from": (*last.made_from, *model_edges(link))})
    assert rank(verdict([*entries[:-1], added, worse], last.id, use, policy)) >= rank(before)


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, st.sampled_from(POLICIES), LICENSES)
def test_another_restriction_never_improves_a_verdict(entries, use, policy, license_id):
    last = entries[-1]
    both = {
        component: tuple(claim.model_copy(update={"id": f"({claim.id}) AND ({license_id})"}) for claim in several)
        for component, several in last.licenses.items()
    }
    worse = last.model_copy(update={"licenses": both})
    assert rank(verdict([*entries[:-1], worse], last.id, use, policy)) >= rank(verdict(entries, last.id, use, policy))


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, st.sampled_from(POLICIES), st.sampled_from(WEIGHT_RELATIONS))
def test_a_stated_permissive_license_erases_nothing_that_came_with_weights(entries, use, policy, relation):
    parents = [entry for entry in entries if entry.kind == "model"]
    if parents:
        child = model("child", edge(relation, parents[-1].id), licenses=claims(weights="CC0-1.0"))
        parent = verdict(entries, parents[-1].id, use, policy)
        assert rank(verdict([*entries, child], "child", use, policy)) >= rank(parent)


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, MISSING, st.booleans())
def test_a_missing_license_never_yields_allowed(entries, use, license_id, recorded):
    """On the entry, on a weights edge and on fine-tuning data; on pre-training data it is a warning."""
    nothing = claims(weights=license_id) if recorded else {}
    bare = model("bare", licenses=nothing)
    rows = dataset("rows", licenses=claims(data=license_id) if recorded else {})
    on_weights = model("w", edge("finetune", "bare"), licenses=claims(weights="MIT"))
    on_tuning = model("t", edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))
    on_pretraining = model("p", edge("trained-on", "rows", "pretrain"), licenses=claims(weights="CC0-1.0"))
    whole = [*entries, bare, rows, on_weights, on_tuning, on_pretraining]
    for policy in POLICIES:
        for entry_id in ("bare", "w", "t"):
            assert verdict(whole, entry_id, use, policy).verdict != "allowed"
        answer = verdict(whole, "p", use, policy)
        assert answer.verdict == ("unclear" if policy == "strict" else "allowed")
        assert policy == "strict" or answer.notes


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, MISSING, st.sampled_from(["MIT", "CC0-1.0", "Apache-2.0"]))
def test_works_without_a_license_make_their_collection_unclear_and_under_strict_what_was_tuned_on_it(
    entries, use, license_id, collection
):
    rows = dataset("rows", licenses=claims(data=collection, contents=license_id))
    mix = dataset("mix", edge("mixture-of", "rows"), licenses=claims(data=collection))
    tuned = [model(name, edge("trained-on", name, "sft"), licenses=claims(weights="MIT")) for name in ("rows", "mix")]
    whole = [*entries, rows, mix, *(entry.model_copy(update={"id": f"on-{entry.id}"}) for entry in tuned)]
    for policy in ("standard", "strict"):
        for name in ("rows", "mix"):
            assert verdict(whole, name, use, policy).verdict in ("unclear", "forbidden")
            on = verdict(whole, f"on-{name}", use, policy)
            assert on.verdict in (["unclear"] if policy == "strict" else ["allowed", "allowed-with-conditions"])
            assert any(each.component == "contents" for each in (*on.reasons, *on.notes))


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, st.integers(0, 10**10), st.sampled_from(["DE", "US", "EU"]))
def test_saying_that_one_is_bigger_never_helps(entries, use, users, territory):
    small = Licensee(as_of=TODAY, monthly_users=users, annual_revenue=users, territory=territory)
    big = Licensee(as_of=TODAY, monthly_users=2 * users, annual_revenue=2 * users, territory=territory)
    last = entries[-1].id
    assert rank(verdict(entries, last, use, licensee=small)) <= rank(verdict(entries, last, use, licensee=big))


@settings(max_examples=60, deadline=None)
@given(lineages(), USES, st.sampled_from(["llama-1", "llama2", "CC-BY-NC-4.0"]))
def test_a_grant_never_hurts_and_lifts_no_other_license(entries, use, license_id):
    grant = Grant.model_validate({"license": license_id, "from": "them", "evidence": "letter", "lifts": [use]})
    before = verdict(entries, entries[-1].id, use)
    after = verdict(entries, entries[-1].id, use, licensee=Licensee(as_of=TODAY, grants=(grant,)))
    assert rank(after) <= rank(before)
    kept = {(r.license, r.path) for r in before.reasons if r.license != license_id and r.verdict == "forbidden"}
    assert kept <= {(r.license, r.path) for r in after.reasons}


def model_edges(link):
    return model("x", link).made_from
