"""The page of ratings is there where ratings were given, and shows what the statistics say of them."""

from __future__ import annotations

import pytest
from few import write_few

from browser import scrolls_sideways
from llmreg.catalog import Catalog
from llmreg.ratings import read, relative
from llmreg.site.build import build
from llmreg.site.ratings import HERE

ROW = '{{"item": "{item}", "judge": "j", "first": "<b>one</b>", "second": "two", {said}}}\n'


@pytest.fixture
def rated(tmp_path):
    """Give the site of a few entries with pairwise and scored ratings of two systems."""
    names = ("first", "tie", "second")
    said = [f'"winner": "{names[number % 3]}"' for number in range(12)] + ['"scores": [8, 4]'] * 12
    rows = [ROW.format(item=number % 12, said=each) for number, each in enumerate(said)]
    (tmp_path / "rows.jsonl").write_text("".join(rows), encoding="utf-8")
    ratings = read([tmp_path / "rows.jsonl"])
    build(Catalog(write_few(tmp_path / "catalog")), tmp_path / "site", ratings=ratings, reference="two")
    return ratings, tmp_path / "site"


def test_the_page_shows_boards_and_hostile_names_as_words(rated):
    ratings, site = rated
    page = (site / HERE).read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert "<b>one" not in page
    (pooled,) = {round(100 * each.pooled.ratio, 1) for each in relative(ratings.scored, "two")}
    assert f"{pooled}" in page
    assert 'href="ratings.html" aria-current="page"' in page
    assert 'href="ratings.html"' in (site / "about.html").read_text(encoding="utf-8")


def test_the_page_is_accessible(rated, visit, axe):
    _, site = rated
    for width in (1440, 390):
        page = visit(HERE, folder=site, width=width)
        assert axe(page) == []
        assert not scrolls_sideways(page)


def test_without_ratings_there_is_no_page(tmp_path):
    build(Catalog(write_few(tmp_path / "catalog")), tmp_path / "site")
    assert not (tmp_path / "site" / HERE).exists()
    assert HERE not in (tmp_path / "site" / "about.html").read_text(encoding="utf-8")
