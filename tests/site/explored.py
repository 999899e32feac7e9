"""What tests of the explorer read from its page."""

from __future__ import annotations

from collections import Counter

from llmreg.drawing import palette


def listed(page):
    return page.eval_on_selector_all("#shown li", "items => items.map((item) => item.dataset.id ?? item.dataset.group)")


def drawn(page):
    return dict(page.evaluate("explorer.drawn()"))


def chosen(page):
    return page.text_content("#details .id")


def lines(page):
    return Counter(map(tuple, page.evaluate("explorer.edges()")))


def expected_lines(part):
    return Counter({(a, b, palette.GROUP_OF[d["relation"]].name) for a, b, d in part.edges(data=True)})
