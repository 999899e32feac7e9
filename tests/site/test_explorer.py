from __future__ import annotations

import random
from collections import Counter
from typing import get_args

import pytest
from explored import chosen, drawn, expected_lines, lines, listed

from browser import CHILDREN, UGLY, scrolls_sideways
from llmreg.drawing import palette
from llmreg.licensing import Checker
from llmreg.lineage import lineage, subgraph
from llmreg.lineage.families import family_of
from llmreg.schema import Asset, Policy
from llmreg.site.style import STATIC
from llmreg.uses import Use

SIZES = [(1440, 900), (390, 844)]


@pytest.fixture(scope="module")
def graph(built_in):
    return lineage(built_in)


@pytest.mark.parametrize("script", sorted(path.name for path in STATIC.glob("*.js")))
def test_every_script_is_one_that_the_browser_can_parse(visit, script):
    page = visit("index.html")
    assert page.evaluate("(text) => Boolean(new Function(text))", (STATIC / script).read_text(encoding="utf-8"))


def test_isolating_shows_exactly_the_ancestors_and_descendants_of_every_entry(visit, graph):
    page = visit("explorer.html")
    found = page.evaluate(
        """(ids) => ids.flatMap((id) => ["up", "down", "both"].map((direction) => {
            explorer.isolate(id, direction);
            const items = [...document.querySelectorAll("#shown li")].map((item) => item.dataset.id);
            return [id, direction, items, explorer.drawn().map(([each]) => each), explorer.edges()];
        }))""",
        sorted(graph),
    )
    assert len(found) == 3 * len(graph)
    for entry_id, direction, items, pictured, edges in found:
        part = subgraph(graph, [entry_id], direction)
        assert sorted(items) == sorted(pictured) == sorted(part), (entry_id, direction)
        assert Counter(map(tuple, edges)) == expected_lines(part), (entry_id, direction)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_depth_counts_edges(visit, graph, depth):
    page = visit("explorer.html")
    for entry_id in ("guanaco-33b", "llama-7b", "zephyr-7b-beta"):
        for direction in ("up", "down", "both"):
            page.evaluate("(args) => explorer.isolate(...args)", [entry_id, direction, depth])
            assert sorted(listed(page)) == sorted(subgraph(graph, [entry_id], direction, depth))


def test_the_colors_are_the_verdicts_of_a_check_for_every_entry_use_and_policy(visit, built_in):
    page = visit("explorer.html")
    checker = Checker(built_in)
    for use in get_args(Use):
        for policy in built_in.ids(Policy):
            page.evaluate("(look) => explorer.show({ view: 'all', ...look })", {"use": use, "policy": policy})
            colors = drawn(page)
            said = dict(
                page.eval_on_selector_all(
                    "#shown li", "items => items.map(({ dataset }) => [dataset.id, dataset.answer])"
                )
            )
            assert sorted(colors) == built_in.ids(Asset)
            for entry_id, color in colors.items():
                if built_in[entry_id].kind == "benchmark":
                    assert (color, said[entry_id]) == ("soft", "-")
                else:
                    assert color == said[entry_id] == checker.check(entry_id, use, policy).verdict


def test_colored_by_kind_each_entry_has_the_color_of_its_kind(visit, built_in):
    page = visit("explorer.html#view=all&color=kind")
    assert drawn(page) == {each: built_in[each].kind for each in built_in.ids(Asset)}
    assert page.locator("[name=use]").is_disabled()


def test_it_opens_on_families_and_a_click_opens_one(visit, built_in):
    page = visit("explorer.html")
    families = Counter(family_of(built_in, each) for each in built_in.ids(Asset))
    sizes = page.eval_on_selector_all(
        "#shown li", "items => items.map(({ dataset }) => [dataset.group, Number(dataset.size)])"
    )
    assert dict(sizes) == families
    page.click("#shown li[data-group=Pythia] button")
    assert sorted(listed(page)) == sorted(each for each in built_in.ids(Asset) if family_of(built_in, each) == "Pythia")
    page.go_back()
    assert len(listed(page)) == len(families)


def test_a_circle_is_opened_by_a_click_on_it(visit, built_in):
    page = visit("explorer.html")
    box = page.locator("#canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    largest = Counter(family_of(built_in, each) for each in built_in.ids(Asset)).most_common(1)[0]
    assert page.text_content("#title") == f"Family: {largest[0]}"
    assert len(listed(page)) == largest[1]


def test_organizations_and_licenses_are_other_views_from_afar(visit):
    page = visit("explorer.html")
    for words, by in (("Organizations", "organization"), ("Licenses", "license")):
        page.click(f"#views a:has-text('{words}')")
        assert page.text_content("#title") == words
        assert f"by={by}" in page.url
        assert page.get_attribute(f"#views a[data-by={by}]", "aria-current") == "page"
    assert "llama-1" in listed(page)


def test_search_isolates_what_is_chosen(visit, graph):
    page = visit("explorer.html")
    page.keyboard.press("/")
    page.keyboard.type("guanaco-33b")
    assert page.get_attribute("#results li:first-child button", "data-id") == "guanaco-33b"
    page.keyboard.press("Enter")
    assert sorted(listed(page)) == sorted(subgraph(graph, ["guanaco-33b"], "both"))
    assert chosen(page) == "guanaco-33b"
    assert page.evaluate("document.activeElement.id") == "canvas"


def test_relations_cut_the_walk_and_other_filters_hide_entries(visit, graph, built_in):
    page = visit("explorer.html#focus=guanaco-33b&direction=up&relations=weights")
    assert sorted(listed(page)) == ["guanaco-33b", "llama-33b"]
    page = visit("explorer.html#focus=guanaco-33b&direction=up&kinds=dataset")
    up = subgraph(graph, ["guanaco-33b"], "up")
    assert sorted(listed(page)) == sorted({each for each in up if built_in[each].kind == "dataset"} | {"guanaco-33b"})
    page = visit("explorer.html#view=all&license=llama-1&from=2023&to=2023")
    assert set(listed(page)) <= {
        each for each in built_in.ids(Asset) if (built_in[each].released or "").startswith("2023")
    }
    assert "guanaco-33b" in listed(page)


def test_the_boxes_of_the_filters_work(visit, built_in):
    page = visit("explorer.html#view=all")
    page.click(".filters summary")
    page.uncheck("[name=kinds][value=model]")
    assert sorted(listed(page)) == sorted(each for each in built_in.ids(Asset) if built_in[each].kind != "model")
    page.check("[name=kinds][value=model]")
    assert len(listed(page)) == len(built_in.ids(Asset))
    assert "kinds" not in page.url


@pytest.mark.parametrize(
    "view",
    ["focus=guanaco-33b&direction=up&depth=1&use=hosting&policy=strict", "view=all&color=kind&kinds=model%2Cdataset", "by=license",
     "group=Pythia&at=pythia-70m", "by=organization&group=-", "focus=llama-7b&relations=weights&from=2023"],
)  # fmt: skip
def test_every_view_is_a_link(visit, view):
    page = visit(f"explorer.html#{view}")
    assert page.url.endswith(f"#{view}") or set(page.url.partition("#")[2].split("&")) == set(view.split("&"))
    first, title, colors = listed(page), page.text_content("#title"), drawn(page)
    page.evaluate("explorer.show({})")
    page.go_back()
    assert (listed(page), page.text_content("#title"), drawn(page)) == (first, title, colors)


def test_a_wrong_link_says_so_and_shows_the_families(visit):
    page = visit("explorer.html#focus=no-such-entry&use=nonsense&depth=x")
    assert page.text_content("#notice") == "No entry has the id no-such-entry."
    assert page.text_content("#title") == "Families"


def test_the_parents_and_children_in_the_panel_lead_on(visit):
    page = visit("explorer.html#focus=guanaco-33b&direction=up")
    assert "adapter" in page.text_content(".relatives li:has([data-go=llama-33b])")
    page.click("[data-go=llama-33b]")
    assert chosen(page) == "llama-33b"
    assert "focus=guanaco-33b" in page.url
    child = page.get_attribute("h3:has-text('Used for') + ul [data-go]:not([data-go=guanaco-33b])", "data-go")
    page.click(f"[data-go='{child}']")
    assert f"focus={child}" in page.url


def test_the_panel_leads_to_the_pages_of_the_entry_and_its_licenses(visit, site):
    page = visit("explorer.html#focus=guanaco-33b")
    links = page.eval_on_selector_all("#details a", "links => links.map((link) => link.getAttribute('href'))")
    assert links == ["models/guanaco-33b.html", "licenses/Apache-2.0.html", "licenses/llama-1.html"]
    assert all((site / link).is_file() for link in links)


def test_the_legend_explains_just_what_is_drawn(visit, built_in):
    page = visit("explorer.html")
    for view in ("focus=guanaco-33b", "focus=mmlu-5shot", "view=all", "group=Pythia", "focus=gpt-4&color=kind", ""):
        page.evaluate("(words) => explorer.show(Object.fromEntries(new URLSearchParams(words)))", view)
        keys = set(page.eval_on_selector_all("#legend li", "items => items.map(({ dataset }) => dataset.key)"))
        if view:
            kinds = {built_in[each].kind for each in drawn(page)}
            colors = set() if "color=kind" in view else set(drawn(page).values())
            assert keys == kinds | colors | {group for _, _, group in lines(page)}
        else:
            assert {"circle", "line"} <= keys <= {"circle", "line", "soft", *palette.VERDICTS}


def test_a_crowd_is_cut_to_the_nearest_and_opens_on_demand(visit, ugly):
    page = visit("explorer.html#focus=crowd&direction=down", folder=ugly)
    assert int(page.get_attribute("#shown", "data-count")) == len(listed(page)) == CHILDREN + 2
    assert len(drawn(page)) == 300
    assert "the picture shows 300" in page.text_content("#howmany")
    assert "stub" in page.eval_on_selector_all("#legend li", "items => items.map(({ dataset }) => dataset.key)")
    page.evaluate("explorer.show({ focus: 'crowd', direction: 'down', open: 'crowd' })")
    assert len(drawn(page)) == CHILDREN + 2
    assert "the picture shows" not in page.text_content("#howmany")


def test_cycles_stubs_and_hostile_names_are_shown_as_they_are(visit, ugly):
    page = visit("explorer.html#focus=ugly", folder=ugly)
    assert sorted(listed(page)) == ["loop-data", "ugly"]
    assert len(lines(page)) == 2
    assert page.text_content("#details h2") == UGLY
    assert page.locator("#details script, #shown script").count() == 0
    page.fill("#search", "seen-elsewhere")
    page.keyboard.press("Enter")
    assert ("seen-elsewhere", "crowd", "weights") in lines(page)


def test_the_colors_follow_the_scheme(visit):
    page = visit("explorer.html#focus=guanaco-33b")
    light = page.evaluate("document.querySelector('#canvas').toDataURL()")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("(light) => document.querySelector('#canvas').toDataURL() !== light", arg=light)


def test_layers_put_parents_above_and_boxes_side_by_side(visit):
    page = visit("explorer.html")
    chance = random.Random(5)
    for _ in range(60):
        count = chance.randint(1, 60)
        links = [[i, chance.randrange(i)] for i in range(1, count) for _ in range(chance.randint(0, 3))]
        size = {"width": 100, "height": 40, "columns": chance.randint(2, 9)}
        places = page.evaluate("(args) => layout.layered(...args)", [count, links, size])
        x, y = places["x"], places["y"]
        assert all(y[child] > y[parent] for child, parent in links)
        pairs = [(a, b) for a in range(count) for b in range(a)]
        assert [(a, b) for a, b in pairs if abs(x[a] - x[b]) < 100 - 1e-6 and abs(y[a] - y[b]) < 40] == []
        assert page.evaluate("(args) => layout.layered(...args)", [count, links, size]) == places


def test_layers_bear_cycles(visit):
    page = visit("explorer.html")
    links = [[0, 1], [1, 2], [2, 0], [3, 2], [3, 3], [0, 4]]
    y = page.evaluate("(links) => layout.layered(5, links, { width: 100, height: 40, columns: 5 }).y", links)
    assert y[0] == y[1] == y[2] > y[4]
    assert y[3] > y[2]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("view", ["", "#focus=guanaco-33b"])
def test_it_is_accessible_and_never_scrolls_sideways(visit, axe, view, width, height, dark):
    page = visit(f"explorer.html{view}", width=width, height=height, dark=dark)
    assert axe(page) == []
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert axe(page) == []
    assert not scrolls_sideways(page)
