from __future__ import annotations

import pytest
from explored import chosen, drawn, listed

from browser import CHILDREN
from llmreg.lineage import lineage, subgraph


@pytest.fixture(scope="module")
def graph(built_in):
    return lineage(built_in)


def test_the_keyboard_walks_along_edges(visit, graph):
    page = visit("explorer.html#focus=guanaco-33b")
    page.focus("#canvas")
    page.keyboard.press("ArrowUp")
    first = chosen(page)
    assert first in set(graph.successors("guanaco-33b"))
    assert first.replace("-", " ").split()[0] in page.text_content("#said").lower()
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "guanaco-33b"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert chosen(page) == first
    page.keyboard.press("Enter")
    assert sorted(listed(page)) == sorted(subgraph(graph, [first], "both"))
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('#title').textContent.endsWith('Guanaco 33B')")
    assert chosen(page) == first


def test_the_keyboard_walks_among_circles_and_opens_them(visit):
    page = visit("explorer.html")
    page.focus("#canvas")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    word = page.text_content("#details h2")
    assert word != listed(page)[0]
    page.keyboard.press("Enter")
    assert page.text_content("#title") == f"Family: {word}"
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('#title').textContent === 'Families'")


def test_tab_reaches_everything_and_what_has_the_focus_is_seen(visit):
    page = visit("explorer.html#focus=guanaco-33b")
    wanted = set(
        page.evaluate("""() => [...document.querySelectorAll("a[href], button, input, select, summary, #canvas")]
        .filter((each) => each.checkVisibility() && !each.disabled).map((each, i) => { each.dataset.tab = i; return String(i); })""")
    )
    reached, unseen = set(), []
    for _ in range(2 * len(wanted)):
        page.keyboard.press("Tab")
        number, outlined = page.evaluate(
            "() => { const at = document.activeElement; return [at.dataset.tab, getComputedStyle(at).outlineStyle !== 'none']; }"
        )
        reached.add(number)
        if number and not outlined:
            unseen.append(number)
    missed = page.evaluate(
        "(missed) => missed.map((each) => document.querySelector(`[data-tab='${each}']`).outerHTML)",
        sorted(wanted - reached),
    )
    assert missed == []
    assert unseen == []


def test_a_stub_is_opened_by_the_keyboard(visit, ugly):
    page = visit("explorer.html#focus=crowd&direction=down", folder=ugly)
    page.focus("#canvas")
    stub = page.evaluate("() => explorer.drawn().length")
    page.keyboard.press("ArrowDown")
    for _ in range(CHILDREN):
        if "more; Enter opens them" in page.text_content("#said"):
            break
        page.keyboard.press("ArrowRight")
    else:
        for _ in range(CHILDREN):
            page.keyboard.press("ArrowLeft")
            if "more; Enter opens them" in page.text_content("#said"):
                break
    page.keyboard.press("Enter")
    assert len(drawn(page)) > stub


def test_the_mouse_the_wheel_and_the_keys_move_the_picture(visit):
    page = visit("explorer.html#view=all")
    box = page.locator("#canvas").bounding_box()
    picture = lambda: page.evaluate("document.querySelector('#canvas').toDataURL()")  # noqa: E731
    pictures = {picture()}

    def moved():
        page.wait_for_timeout(250)
        pictures.add(picture())
        return len(pictures)

    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 240, steps=4)
    page.mouse.up()
    assert moved() == 2
    page.mouse.wheel(0, -300)
    assert moved() == 3
    page.focus("#canvas")
    page.keyboard.press("+")
    assert moved() == 4
    page.keyboard.press("0")
    assert moved() == 4


def test_two_fingers_zoom(visit):
    page = visit("explorer.html#focus=guanaco-33b", width=390, height=844)
    before = page.evaluate("document.querySelector('#canvas').toDataURL()")
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 30), ("touchMove", 60), ("touchMove", 90)):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(250)
    assert page.evaluate("document.querySelector('#canvas').toDataURL()") != before


def test_what_is_touched_is_large_enough(visit):
    page = visit("explorer.html#focus=guanaco-33b", width=390, height=844)
    sizes = page.eval_on_selector_all(
        "main button, main select, main summary, main #views a, main input:not([type=checkbox])",
        "each => each.filter((one) => one.checkVisibility()).map((one) => [one.outerHTML, one.getBoundingClientRect()]).map(([html, { width, height }]) => [html, Math.min(width, height)])",
    )
    assert sizes
    assert [html for html, size in sizes if size < 24] == []
