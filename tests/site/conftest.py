"""The built site and a browser that opens it from disk, with the network off and every message and request written down."""

from __future__ import annotations

import pytest

from browser import CHILDREN, READY, UGLY, scrolls_sideways, write_pages
from builders import catalog, claims, dataset, edge, imported_by, model
from llmreg.site.build import build

__all__ = ["UGLY", "scrolls_sideways"]


@pytest.fixture(scope="session")
def site(built_in, tmp_path_factory):
    """The whole site of the built-in catalog."""
    folder = tmp_path_factory.mktemp("built") / "site"
    build(built_in, folder, runs=False)
    return folder


@pytest.fixture(scope="session")
def ugly(tmp_path_factory):
    """The two pages of a catalog with a hostile name, a cycle, stubs, every sort of missing license and a crowded base."""
    return write_pages(tmp_path_factory.mktemp("ugly"), ugly_catalog())


def ugly_catalog():
    own = {"licenses": claims(weights="Apache-2.0")}
    return catalog(
        model("ugly", edge("trained-on", "loop-data", "sft"), licenses=claims(weights="MIT")).model_copy(update={"name": UGLY}),
        dataset("loop-data", edge("generated-by", "ugly"), licenses=claims(data="no-licence")),
        model("terms-unknown", licenses=claims(weights="unknown")),
        model("terms-custom", licenses=claims(weights="custom")),
        model("terms-blank"),
        model("terms-either", licenses=claims(weights="MIT OR llama-1")),
        imported_by("osai", model("seen-elsewhere", stub=True, same_as=("crowd",))),
        model("crowd", **own),
        *(model(f"of-crowd-{i}", edge("finetune", "crowd"), **own) for i in range(CHILDREN)),
    )  # fmt: skip


@pytest.fixture
def visit(browser, site):
    """Open pages from disk; at the end no message was written to the console and no request left the folder."""
    contexts, messages, requests = [], [], []

    def go(address, *, folder=site, width=1440, height=900, dark=False):
        scheme = "dark" if dark else "light"
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, offline=True, has_touch=width < 600
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{folder.as_uri()}/{address}")
        if address.startswith(("index.html", "explorer.html")):
            page.wait_for_selector(READY, state="attached")
        return page

    yield go
    for context in contexts:
        context.close()
    assert messages == []
    assert [url for url in requests if not url.startswith("file://")] == []


@pytest.fixture
def axe():
    """Check a page against the rules of WCAG 2.2 AA and the browser's best practice; give what violates them."""
    from axe_playwright_python.sync_playwright import Axe

    def violations(page):
        # with `preload` axe would fetch the stylesheets, which no page from disk may
        found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
        return [(each["id"], each["nodes"][0]["html"], each["nodes"][0]["failureSummary"]) for each in found]

    return violations
