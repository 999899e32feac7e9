"""An audit as JSON, Markdown and HTML."""

from __future__ import annotations

import json
from datetime import date
from html.parser import HTMLParser

import pytest

from builders import claims, edge, model
from llmreg.audit import CHECKS, FORMATS, audit, coverage, percent
from llmreg.schema import Source

NASTY = "</script><script>alert(1)</script> `*|_[x](javascript:alert(1))\n# heading {braces}"


@pytest.fixture
def nasty(bare):
    """Give the audit of a catalog whose words try to leave their place."""
    source = Source(url="https://example.org", locator='"><img src=x>', read="live", seen="2026-11-21")
    source = source.model_copy(update={"url": "javascript:alert(1)"})  # past the schema, which refuses it
    bad = model("bad", edge("finetune", "nobody")).model_copy(update={"name": NASTY, "unknown": (NASTY,)})
    bad = type(bad)(**{**dict(bad), "sources": {"page": source}})
    return audit(bare.over(bad), date(2026, 11, 21))


class Page(HTMLParser):
    """Keeps the open tags, to see that each is closed, and every tag with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_loads_nothing_and_runs_nothing_of_the_catalogs(nasty):
    text = FORMATS["html"](nasty)
    page = Page(text)
    assert page.open == []
    assert [tag for tag, _ in page.seen].count("script") == 1
    assert not [tag for tag, _ in page.seen if tag in ("img", "link", "iframe")]
    assert not [attributes for _, attributes in page.seen if "src" in attributes]
    assert not [attributes for _, attributes in page.seen if str(attributes.get("href", "")).startswith("javascript")]
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport"' in text


def test_the_page_links_to_sources_and_to_each_kind(bare):
    found = audit(bare.over(model("m", edge("finetune", "nobody"))), date(2026, 11, 21))
    page = Page(FORMATS["html"](found))
    links = {attributes["href"] for tag, attributes in page.seen if tag == "a"}
    assert {"https://example.org/page", *(f"#{kind}" for kind in CHECKS)} <= links
    ids = {attributes.get("id") for tag, attributes in page.seen if tag == "details"}
    assert ids == set(CHECKS)


def test_markdown_keeps_each_finding_on_its_lines(nasty):
    lines = FORMATS["markdown"](nasty).splitlines()
    assert sum(line.startswith("#") for line in lines) == 2 + len(CHECKS)
    (unknown,) = [line for line in lines if line.startswith("- `bad`: \\<")]
    assert "# heading {braces}" in unknown
    assert "\\[x\\](javascript" in unknown


def test_json_holds_what_the_others_show(nasty):
    data = json.loads(json.dumps(nasty.to_json()))
    assert list(data["counts"]) == list(CHECKS)
    assert sum(data["counts"].values()) == len(data["findings"])
    (dangling,) = [finding for finding in data["findings"] if finding["kind"] == "dangling"]
    assert dangling["sides"][0] == {
        "entry": "bad",
        "says": "nobody",
        "source": 'javascript:alert(1) "><img src=x>',
        "read": "live",
        "seen": "2026-11-21",
    }


def test_an_audit_can_be_kept_to_kinds_and_to_entries(bare):
    whole = bare.over(
        model("base", licenses=claims(weights="llama-1")),
        model("m", edge("finetune", "base"), licenses=claims(weights="MIT")),
        model("far"),
    )
    found = audit(whole, date(2026, 11, 21), ids=["base"])
    assert {finding.id for kind in found.findings.values() for finding in kind} == {"m"}
    assert [row.entries for row in found.coverage] == [1, 1]
    assert list(audit(whole, date(2026, 11, 21), kinds=["isolated"]).findings) == ["isolated"]


@pytest.mark.parametrize(
    ("claimed", "words"),
    [((0, 0), "-"), ((1, 1), "100%"), ((0, 9), "0%"), ((1, 900), "<1%"), ((899, 900), ">99%"), ((1, 2), "50%")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(claimed, words):
    part, whole = claimed
    (row,) = coverage([])
    row = type(row)("model", 1, whole, {"live": part, "stored-copy": 0, "secondary": whole - part})
    assert percent(row, "live") == words


def test_every_kind_of_finding_says_what_it_means_and_names_itself(find):
    assert all(check.title and check.meaning.endswith(".") for check in CHECKS.values())


def test_policies_claim_nothing_about_the_world(bare):
    assert [row.kind for row in audit(bare, date(2026, 11, 21), kinds=["stale"]).coverage] == ["license", "all"]
