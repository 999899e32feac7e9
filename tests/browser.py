"""A headless Chromium without a network, and the two pages that run in it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

from llmreg.site.data import data_script
from llmreg.site.style import STATIC, stylesheet
from llmreg.site.templating import frame_of, render

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY = "html[data-ready]"
CHILDREN = 320
"""More than the explorer draws at once."""
UGLY = '<script>alert(1)</script> "quoted" it\'s \\back\nnew line 🦙 שלום </script>'


@contextmanager
def chromium():
    """Start the browser; where there is none, fail in CI and skip elsewhere."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        reason = f"no browser: none of {', '.join(NAMES)} is installed"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def write_pages(folder, catalog):
    """Write the table and the explorer of a catalog, without the pages of its entries."""
    frame = frame_of(catalog)
    for page in ("index.html", "explorer.html"):
        (folder / page).write_text(render(page, frame, page), encoding="utf-8")
    for path in STATIC.iterdir():
        shutil.copy(path, folder)
    (folder / "style.css").write_text(stylesheet(), encoding="utf-8")
    (folder / "data.js").write_text(data_script(catalog), encoding="utf-8")
    return folder


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
