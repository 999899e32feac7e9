"""Pages are fit for every reader: by keyboard, on a phone, in the dark, without scripts."""

from __future__ import annotations

import pytest
from few import write_few

from browser import scrolls_sideways
from llmreg.catalog import Catalog
from llmreg.site.build import build

ONE_OF_EACH = (
    "models/guanaco-33b.html", "models/alpaca-7b-wdiff.html", "datasets/oasst1-guanaco.html", "services/gpt-4.html", "benchmarks/vicuna-80.html",
)  # fmt: skip
SMALL_ONE_OF_EACH = (
    "models/nano-lora.html", "licenses/llama3.1.html", "licenses/openrail.html", "licenses/index.html", "models/index.html", "methods/lora.html",
    "methods/index.html", "templates/alpaca-stanford.html", "policies/standard.html", "audit.html", "about.html",
)  # fmt: skip
"""Pages that grow with the catalog are looked at in a small one; the rules hold for each row alike."""


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """Give the site of a catalog of a few models."""
    folder = tmp_path_factory.mktemp("small")
    build(Catalog(write_few(folder / "catalog")), folder / "site")
    return folder / "site"


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_page_of_each_sort_is_accessible_in_light_and_dark_on_desktop_and_phone(visit, axe, name):
    is_accessible(visit, axe, name, {})


@pytest.mark.parametrize("name", SMALL_ONE_OF_EACH)
def test_a_page_that_grows_with_the_catalog_is_accessible_too(visit, axe, name, small):
    is_accessible(visit, axe, name, {"folder": small})


def is_accessible(visit, axe, name, where):
    for width in (1440, 390):
        for dark in (False, True):
            page = visit(name, width=width, dark=dark, **where)
            page.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
            assert axe(page) == []
            assert not scrolls_sideways(page)


def test_the_list_of_licenses_can_be_filtered(visit):
    page = visit("licenses/index.html")
    page.get_by_role("searchbox").fill("llama 3.1")
    assert page.locator("#rows tr:visible th").all_inner_texts() == ["llama3.1"]


def test_a_link_to_a_use_opens_its_reasons(visit):
    page = visit("models/guanaco-33b.html#use-commercial")
    page.locator("details.use[open]").wait_for()
    assert page.locator("details.use[open]").get_attribute("id") == "use-commercial"
    page.get_by_role("link", name="hosting", exact=True).click()
    page.locator("#use-hosting[open]").wait_for()
    assert page.locator("#use-hosting .reasons").is_visible()


def test_everything_on_a_page_of_an_entry_is_there_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / "models" / "guanaco-33b.html").as_uri())
    page.locator("#use-commercial summary").click()
    assert page.locator("#use-commercial .reasons").is_visible()
    context.close()
