from __future__ import annotations

import pytest

from browser import UGLY, scrolls_sideways
from llmreg.lineage.families import family_of
from llmreg.schema import Asset, Model

SIZES = [(1440, 900), (390, 844)]


def rows(page):
    return page.eval_on_selector_all("#rows tr", "rows => rows.map((row) => row.dataset.id)")


def count(page):
    return int(page.get_attribute("#count", "data-count"))


def unfold(page):
    page.eval_on_selector(".fold", "fold => { fold.open = true; }")


def test_every_entry_is_counted_and_the_first_hundred_shown(visit, built_in):
    page = visit("index.html")
    assert count(page) == len(built_in.ids(Asset))
    assert rows(page) == built_in.ids(Asset)[:100]


def test_search_finds_an_id_first_and_every_word_must_occur(visit):
    page = visit("index.html")
    page.fill("[name=q]", "guanaco-33b")
    assert rows(page)[0] == "guanaco-33b"
    page.fill("[name=q]", "33b GUANACO")
    assert rows(page)[0] == "guanaco-33b"
    page.fill("[name=q]", "guanaco zebra")
    assert rows(page) == []
    assert page.inner_text("#count") == "0 entries"


def test_search_finds_an_entry_by_its_alias(visit, built_in):
    entry = next(built_in[each] for each in built_in.ids(Asset) if built_in[each].aliases)
    page = visit("index.html")
    page.fill("[name=q]", entry.aliases[0])
    assert entry.id in rows(page)


def test_each_filter_keeps_just_the_entries_that_have_the_word(visit, built_in):
    page = visit("index.html")
    entries = [built_in[each] for each in built_in.ids(Asset)]
    method = {e.id for e in entries if isinstance(e, Model) and e.recipe and e.recipe.method == "qlora"}
    expected = {
        "kinds": ("service", {e.id for e in entries if e.kind == "service"}),
        "family": ("Pythia", {e.id for e in entries if family_of(built_in, e.id) == "Pythia"}),
        "organization": ("EleutherAI", {e.id for e in entries if "EleutherAI" in e.developers}),
        "method": ("qlora", method),
    }
    for name, (word, ids) in expected.items():
        page.select_option(f"[name={name}]", word)
        assert count(page) == len(ids) > 0
        assert set(rows(page)) == ids
        page.click("#clear")


def test_years_leave_out_entries_without_a_date(visit, built_in):
    page = visit("index.html")
    page.fill("[name=from]", "2022")
    page.fill("[name=to]", "2022")
    dated = {each for each in built_in.ids(Asset) if (built_in[each].released or "").startswith("2022")}
    assert set(rows(page)) == dated


def test_verdicts_filter_by_use_and_policy_and_stand_in_words(visit, built_in):
    from llmreg.licensing import Checker

    page = visit("index.html#use=hosting&verdict=forbidden&policy=strict")
    checker = Checker(built_in)
    judged = [each for each in built_in.ids(Asset) if built_in[each].kind != "benchmark"]
    forbidden = {each for each in judged if checker.check(each, "hosting", "strict").verdict == "forbidden"}
    assert count(page) == len(forbidden)
    cells = page.eval_on_selector_all("#rows tr td.the-hosting", "cells => cells.map((cell) => cell.textContent)")
    assert set(cells) == {"✗forbidden"}


def test_a_benchmark_has_no_verdict_and_says_so(visit):
    page = visit("index.html#q=mmlu-5shot")
    assert page.text_content("#rows tr:first-child td.the-commercial") == "–no verdict"


def test_sorting_turns_around_and_leaves_what_nobody_stated_last(visit, built_in):
    page = visit("index.html#kinds=model")
    page.click("[data-sort=size]")
    largest = max(
        each.parameters or 0 for each in map(built_in.__getitem__, built_in.ids(Asset)) if each.kind == "model"
    )
    assert page.get_attribute("th:has([data-sort=size])", "aria-sort") == "ascending"
    page.click("[data-sort=size]")
    assert page.get_attribute("th:has([data-sort=size])", "aria-sort") == "descending"
    assert built_in[rows(page)[0]].parameters == largest
    assert page.evaluate("document.activeElement.dataset.sort") == "size"
    page.click("#next")
    assert "" in page.eval_on_selector_all("#rows td.the-size", "cells => cells.map((cell) => cell.textContent)")


def test_the_address_holds_what_is_shown(visit):
    page = visit("index.html")
    page.select_option("[name=license]", "llama-1")
    page.fill("[name=q]", "qlora")
    page.click("[data-sort=released]")
    shown, address = rows(page), page.url
    again = visit(f"index.html#{address.partition('#')[2]}")
    assert rows(again) == shown
    assert again.input_value("[name=license]") == "llama-1"
    assert again.input_value("[name=q]") == "qlora"


def test_the_browser_goes_back_to_the_choice_before(visit):
    page = visit("index.html")
    page.select_option("[name=family]", "Pythia")
    pythia = rows(page)
    page.select_option("[name=kinds]", "dataset")
    assert rows(page) == []
    page.go_back()
    assert rows(page) == pythia
    assert page.input_value("[name=kinds]") == ""


def test_pages_turn_and_the_skip_link_changes_nothing(visit, built_in):
    page = visit("index.html")
    page.click("#next")
    assert rows(page) == built_in.ids(Asset)[100:200]
    page.keyboard.press("Home")
    page.evaluate("location.hash = '#main'")
    assert rows(page) == built_in.ids(Asset)[100:200]


def test_every_name_leads_to_its_page(visit, site):
    page = visit("index.html#sort=-released")
    links = page.eval_on_selector_all("#rows a", "links => links.map((link) => link.getAttribute('href'))")
    assert links
    assert [link for link in links if not (site / link).is_file()] == []


def test_a_hostile_name_is_only_text(visit, ugly):
    page = visit("index.html#q=ugly", folder=ugly)
    assert page.text_content("#rows .name") == UGLY
    assert page.locator("#rows script").count() == 0


def test_missing_licenses_stay_apart(visit, ugly):
    page = visit("index.html#q=terms", folder=ugly)
    said = page.eval_on_selector_all(
        "#rows tr",
        "rows => Object.fromEntries(rows.map((row) => [row.dataset.id, row.querySelector('.the-license').textContent]))",
    )
    assert said == {
        "terms-blank": "none recorded",
        "terms-custom": "custom",
        "terms-unknown": "unknown",
        "terms-either": "MIT, llama-1",
    }
    unfold(page)
    page.select_option("[name=license]", "-")
    assert rows(page) == ["terms-blank"]


def test_slash_goes_to_the_search(visit):
    page = visit("index.html")
    page.keyboard.press("/")
    page.keyboard.type("guanaco-33b")
    assert rows(page)[0] == "guanaco-33b"


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_accessible_and_never_scrolls_sideways(visit, axe, width, height, dark):
    page = visit("index.html", width=width, height=height, dark=dark)
    assert axe(page) == []
    unfold(page)
    assert axe(page) == []
    assert not scrolls_sideways(page)


def test_the_evidence_is_a_column_where_it_is_not_all_curated(visit, ugly):
    heads = "#heads [data-sort=tier]"
    assert visit("index.html").query_selector(heads) is None
    page = visit("index.html#q=seen-elsewhere", folder=ugly)
    assert page.inner_text(heads) == "Evidence"
    assert page.inner_text("#rows [data-id=seen-elsewhere] .the-tier") == "tracker"
    page = visit("index.html#q=terms-either", folder=ugly)
    assert page.inner_text("#rows [data-id=terms-either] .the-tier") == "curated"
