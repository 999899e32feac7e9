"""Pages of an entry whose every text is hostile, in a browser: nothing runs, nothing is fetched, and the words are there."""

from __future__ import annotations

import pytest

from builders import SOURCES, catalog, claims, edge, model
from llmreg.drawing.page import page as picture_page
from llmreg.lineage import lineage_around
from llmreg.plugins import load
from llmreg.site.catalogue import Catalogue
from llmreg.site.data import data_script
from llmreg.site.entries import pages_of
from llmreg.tables import compare
from llmreg.tables.html import page as table_page

HOSTILE = (
    "\"'><script>window.ran = 1</script><img src=x onerror='window.ran = 1'></title></style></svg></textarea>"
    "<svg onload='window.ran = 1'>{{7*7}} ');window.ran=1;// \u202eexe.gpj \x1b[31m --><a href='javascript:window.ran=1'>go</a>"
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """An entry's page, a picture, a comparison and the site's data, with the same text in every field of words."""
    folder = tmp_path_factory.mktemp("hostile")
    child = model(
        "child", {**edge("finetune", "base"), "how": "how"}, licenses=claims(weights="MIT"), developers=("x",),
        recipe={"method": "m", "settings": {"x": "y"}, "data": {"format": "text"}, "source": "page"},
    )  # fmt: skip
    hostile = {
        "name": HOSTILE,
        "description": HOSTILE,
        "notes": (HOSTILE,),
        "developers": (HOSTILE,),
        "unknown": (HOSTILE,),
    }
    recipe = child.recipe.model_copy(update={"method": HOSTILE, "notes": (HOSTILE,), "settings": {"x": HOSTILE}})
    source = child.sources["page"].model_copy(update={"note": HOSTILE, "locator": HOSTILE, "attribution": HOSTILE})
    edges = tuple(one.model_copy(update={"how": HOSTILE}) for one in child.made_from)
    child = child.model_copy(
        update={**hostile, "recipe": recipe, "sources": {**child.sources, "page": source}, "made_from": edges}
    )
    found = catalog(model("base", licenses=claims(weights="llama-1")).model_copy(update={"name": HOSTILE}), child)
    assert child.sources.keys() == SOURCES.keys()
    (folder / "models").mkdir()
    (folder / "models" / "child.html").write_bytes(
        dict(pages_of(Catalogue(found, load()), "child"))["models/child.html"]
    )
    part = lineage_around(found, ["child"], "up")
    (folder / "picture.html").write_text(picture_page(part, focus=["child"], note=HOSTILE), encoding="utf-8")
    (folder / "table.html").write_text(table_page(compare(found, ["child", "base"])), encoding="utf-8")
    script = data_script(found)
    data = f'<!doctype html><meta charset="utf-8"><script>{script}</script>'
    (folder / "data.html").write_text(data, encoding="utf-8")
    return folder


@pytest.mark.parametrize("address", ["models/child.html", "picture.html", "table.html"])
def test_nothing_runs_and_the_words_are_shown(browser, pages, address):
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{pages.as_uri()}/{address}")
    assert page.evaluate("window.ran") is None
    own = page.evaluate(
        "[...document.querySelectorAll('a')].map(link => link.getAttribute('href')).filter(to => /^\\s*javascript/i.test(to))"
    )
    assert own == []
    assert page.evaluate("document.querySelectorAll('img, [onload], [onerror]').length") == 0
    text = page.inner_text("body")
    assert "window.ran = 1" in text
    assert "\x1b" not in page.content()
    assert [url for url in asked if "x" in url.rpartition("/")[2][:1]] == []
    context.close()


def test_the_data_of_the_site_may_stand_in_a_page(browser, pages):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(f"{pages.as_uri()}/data.html")
    assert page.evaluate("window.ran") is None
    assert page.evaluate("LLMREG.name[LLMREG.id.indexOf('child')]") == HOSTILE
    context.close()
