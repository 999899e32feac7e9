"""Every page says what the catalog says, leads only where there is something, and is fit for every reader."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from typing import get_args
from urllib.parse import unquote

import pytest
from few import write_few

from browser import scrolls_sideways
from builders import SOURCES, claims, dataset, edge, model
from llmreg.catalog import Catalog
from llmreg.catalog.addresses import source_page
from llmreg.licensing import Checker, changes
from llmreg.lineage import lineage, links_of
from llmreg.lineage.graph import subgraph
from llmreg.schema import Asset, Dataset, Entry, License, Model, Policy, Service, Software, Source, Switches, Template
from llmreg.site.build import build
from llmreg.site.facts import plain
from llmreg.site.methods import method_page
from llmreg.site.policies import EFFECTS, QUESTIONS
from llmreg.uses import Use

UGLY = '<script>alert(1)</script> "quoted" it\'s \\back\nnew line 🦙 שלום </script>'
VOID = {"meta", "link", "input", "br"}
IN_SCRIPT = ("index.html", "explorer.html")
"""Pages whose anchors are read by their script."""


class Page(HTMLParser):
    """A page taken apart: that each tag is closed, where it leads, and the words of each part."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.words, self.rows, self.tags = [], [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, given))
        self.links += [given[name] for name in ("href", "src") if name in given]
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            return
        self.words.append(data)
        if self.rows and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self):
        return " ".join("".join(self.words).split())


@cache
def read(path):
    return Page(path.read_text(encoding="utf-8"))


def one_line(text):
    return " ".join(text.split())


def page_of(site, entry):
    folder = {"policy": "policies", "software": "software"}.get(entry.kind, f"{entry.kind}s")
    return read(site / folder / f"{entry.id}.html")


def of_kind(whole, *kinds):
    return [whole[entry_id] for kind in kinds for entry_id in whole.ids(kind)]


def test_every_entry_license_and_method_has_a_page(site, built_in):
    for entry in of_kind(built_in, Entry):
        assert entry.name == UGLY or one_line(entry.name) in page_of(site, entry).text
    for entry in of_kind(built_in, Model):
        assert entry.recipe is None or (site / method_page(entry.recipe.method)).is_file()


def test_every_link_and_anchor_leads_to_something_in_the_folder_or_on_the_web(site):
    lost = [lost for path in sorted(site.rglob("*.html")) for lost in lost_links(site, path)]
    assert lost == []


def lost_links(site, path):
    for link in read(path).links:
        address, _, anchor = link.partition("#")
        if address.startswith(("https://", "http://")):
            continue
        target = (path.parent / unquote(address)).resolve() if address else path
        there = target.is_relative_to(site) and target.is_file()
        if not there or (anchor and target.name not in IN_SCRIPT and unquote(anchor) not in read(target).ids):
            yield path.name, link


def test_no_page_has_an_id_twice(site):
    for path in site.rglob("*.html"):
        assert {name for name, count in Counter(read(path).ids).items() if count > 1} == set(), path


def test_every_page_has_a_title_a_language_and_one_main_heading(site):
    for path in site.rglob("*.html"):
        tags = Counter(tag for tag, _ in read(path).tags)
        assert (tags["h1"], tags["main"], tags["header"]) == (1, 1, 1), path
        assert ("html", {"lang": "en"}) in read(path).tags


def test_nothing_is_loaded_from_elsewhere(site):
    for path in site.rglob("*.html"):
        for tag, given in read(path).tags:
            if tag in ("script", "img", "iframe") or (tag == "link" and given.get("rel") != "canonical"):
                assert not (given.get("src") or given.get("href") or "").startswith(("http", "//")), path


def test_the_page_of_an_asset_states_its_facts_with_their_sources(site, built_in):
    for entry in of_kind(built_in, Asset):
        page = page_of(site, entry)
        for field in entry.claims:
            value = getattr(entry, field)
            if value not in (None, (), {}):
                assert one_line(plain(value)) in page.text, (entry.id, field)
        for stated in entry.license_claims().values():
            assert all(claim.id in page.text and one_line(claim.note or "") in page.text for claim in stated), entry.id
        for unknown in entry.unknown:
            assert one_line(unknown) in page.text
        for disagreement in entry.disagreements:
            assert all(one_line(said.value) in page.text for said in disagreement.says)


def test_a_page_numbers_the_sources_of_its_entry_and_says_how_and_when_each_was_read(site, built_in):
    for entry in of_kind(built_in, Entry):
        page = page_of(site, entry)
        assert [each for each in page.ids if re.fullmatch(r"source-\d+", each)] == [
            f"source-{number}" for number in range(1, len(entry.sources) + 1)
        ]
        for source in entry.sources.values():
            assert f"{one_line(str(source))} " in page.text
            assert source.seen.isoformat() in page.text
            assert source_page(source) is None or source_page(source) in page.links


def test_a_claim_points_to_the_source_that_it_rests_on(site, built_in):
    guanaco = built_in["guanaco-33b"]
    text = (site / "models" / "guanaco-33b.html").read_text(encoding="utf-8")
    number = list(guanaco.sources).index(guanaco.evidence["released"]) + 1
    assert f'<dd>2023-05-23<sup><a href="#source-{number}" aria-label="Source {number}">{number}</a></sup>' in text


def test_every_verdict_on_a_page_is_the_checkers(site, built_in):
    checker = Checker(built_in)
    policies = ("strict", "standard", "permissive")
    for entry in of_kind(built_in, Model, Dataset, Service, Software):
        rows = {row[0]: [re.sub(r"^\W+", "", cell) for cell in row[1:]] for row in page_of(site, entry).rows}
        for use in get_args(Use):
            answers = [checker.check(entry.id, use, policy).verdict.replace("-", " ") for policy in policies]
            assert rows[use] == answers, (entry.id, use)


@pytest.mark.parametrize("entry_id", ["guanaco-33b", "alpaca-7b", "oasst1", "minigpt-4-vicuna-7b", "common-crawl"])
def test_each_use_gives_its_reasons_duties_and_what_would_change_it(site, built_in, entry_id):
    checker, text = Checker(built_in), page_of(site, built_in[entry_id]).text
    for use in get_args(Use):
        verdict = checker.check(entry_id, use)
        for reason in verdict.reasons:
            assert one_line(reason.text) in text
            assert reason.license is None or f"{reason.license} {reason.clause or ''}".strip() in text
        assert all(one_line(duty.text) in text for duty in verdict.obligations)
        assert all(one_line(clash.text) in text for clash in verdict.conflicts)
        assert all(one_line(change.text) in text for change in changes(built_in, verdict, checker.licensee))


def test_parents_and_children_are_listed_with_relation_and_evidence(site, built_in):
    links = [link for entry_id in built_in.ids(Asset) for link in links_of(built_in, entry_id)]
    for link in links:
        for here, other in ((link.child, link.parent), (link.parent, link.child)):
            rows = page_of(site, built_in[here]).rows
            found = [row for row in rows if row[:2] == [link.relation, other] and row[3:] == [link.evidence]]
            assert found, (here, link)


def test_the_picture_shows_the_nearest_and_leads_to_the_rest(site, built_in):
    whole = lineage(built_in)
    for entry_id in ("guanaco-33b", "common-crawl"):
        page = page_of(site, built_in[entry_id])
        drawn = {given["data-id"] for tag, given in page.tags if tag == "g" and "data-id" in given}
        around = set(subgraph(whole, [entry_id], "both"))
        assert entry_id in drawn <= around
        assert f"../explorer.html#focus={entry_id}&direction=both" in page.links
        left_out = len(around) - len(drawn)
        assert (f"+{left_out} more in the explorer" in page.text) == (left_out > 0)


def test_the_page_of_a_dataset_lists_the_models_trained_on_it(site, built_in):
    for entry in of_kind(built_in, Dataset):
        rows = page_of(site, entry).rows
        direct = [
            [model.id, edge.stage, "itself"]
            for model in of_kind(built_in, Model)
            for edge in (built_in[model.file_of] if model.file_of else model).edges()
            if edge.relation == "trained-on" and edge.of == entry.id
        ]
        assert sorted(row[:3] for row in rows if row[2:3] == ["itself"]) == sorted(direct), entry.id


def test_a_recipe_gives_its_settings_and_what_nobody_published(site, built_in):
    for entry in of_kind(built_in, Model):
        if not entry.recipe:
            continue
        text = page_of(site, entry).text
        settings = {**entry.recipe.settings, **entry.recipe.training.model_dump(exclude_none=True)}
        for name, value in settings.items():
            assert f"{name} {plain(value)}" in text, (entry.id, name)
        assert all(one_line(name) in text for name in entry.recipe.unknown)
        hardware = entry.recipe.hardware
        assert hardware is None or hardware.hours is None or f"{plain(hardware.hours)}" in text


def test_published_results_are_on_the_page_of_the_model_and_of_the_benchmark(site, built_in):
    for entry in of_kind(built_in, Model):
        for result in entry.results:
            assert f"{result.value:g}" in page_of(site, entry).text
            assert f"{result.value:g}" in page_of(site, built_in[result.benchmark]).text


def test_the_page_of_a_license_gives_its_terms_and_who_is_under_it(site, built_in):
    words = {
        "permitted": "permitted", "conditional": "conditional", "prohibited": "prohibited", "unclear": "unclear"
    }  # fmt: skip
    stating = {
        (claim.id, entry.id)
        for entry in of_kind(built_in, Asset)
        for claims_ in entry.license_claims().values()
        for claim in claims_
    }
    for license_ in of_kind(built_in, License):
        page = page_of(site, license_)
        rows = {row[0]: row for row in page.rows}
        for use, term in license_.uses.items():
            assert rows[use][1].endswith(words[term.permission]), (license_.id, use)
            assert one_line(rows[use][2]).startswith(one_line(term.text))
            assert rows[use][3] == (term.clause or "")
        assert all(one_line(duty.text) in page.text for duty in license_.duties)
        assert all(one_line(point) in page.text for point in license_.unsure)
        assert {entry for name, entry in stating if name == license_.id} <= set(rows)


def test_labels_say_that_they_are_labels_and_no_license_that_nothing_is_granted(site, built_in):
    for license_ in of_kind(built_in, License):
        text = page_of(site, license_).text
        assert ("This is a label that people write" in text) == (license_.category == "label")
        assert ("No license: nothing is granted beyond" in text) == (license_.category == "none")


def test_the_page_of_a_template_holds_its_bytes(browser, site, built_in):
    context = browser.new_context(offline=True)
    for template in of_kind(built_in, Template):
        page = context.new_page()
        page.goto((site / "templates" / f"{template.id}.html").as_uri())
        shown = page.eval_on_selector_all("pre.wrap", "all => all.map(each => each.textContent)")
        parts = (template.system, template.prompt, template.prompt_without_input, template.response, template.turn_end)
        assert shown == [part for part in parts if part]
    context.close()


def test_every_switch_of_a_policy_is_put_as_a_question(site, built_in):
    assert set(QUESTIONS) == set(Switches.model_fields)
    for policy in of_kind(built_in, Policy):
        answers = [getattr(policy.switches, name) for name in Switches.model_fields]
        assert set(answers) <= set(EFFECTS)
        column = ["strict", "standard", "permissive"].index(policy.id) + 1
        assert [row[column] for row in page_of(site, policy).rows[1:]] == answers


def test_no_page_names_the_machine_it_was_built_on(site, tmp_path):
    from llmreg.site import build as module

    places = (str(site.parent), str(tmp_path), module.__file__.rpartition("/registry/")[0])
    for path in site.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not any(place in text for place in places if place), path


def test_hostile_words_stay_words(tmp_path, visit):
    code = {"url": "javascript:alert(1)"}  # past the schema, which refuses it
    source = {"page": Source(**{**SOURCES["page"], "locator": UGLY, "note": UGLY}).model_copy(update=code)}
    recipe = {
        "method": "<b>m</b>",
        "settings": {UGLY: UGLY},
        "data": {"format": "text"},
        "notes": [UGLY],
        "source": "page",
    }
    bad = model(
        "bad",
        edge("finetune", "nano-base"),
        edge("trained-on", "loop", "sft"),
        licenses=claims(weights="MIT"),
        recipe=recipe,
    )
    bad = type(bad)(
        **{
            **dict(bad),
            "name": UGLY,
            "aliases": (UGLY,),
            "unknown": (UGLY,),
            "notes": (UGLY,),
            "developers": (UGLY,),
            "sources": source,
        }
    ).model_copy(update={"homepage": code["url"]})
    out = tmp_path / "ugly"
    whole = Catalog(write_few(tmp_path / "few"))
    build(whole.over(bad, dataset("loop", edge("generated-by", "bad")), model("child", edge("finetune", "bad"))), out)
    for name in ("models/bad.html", "models/child.html", "datasets/loop.html", "models/index.html", "audit.html"):
        page = read(out / name)
        assert not [link for link in page.links if link.startswith("javascript")]
        assert one_line(UGLY) in page.text
        shown = visit(name, folder=out)
        assert shown.evaluate("document.scripts.length") == sum(tag == "script" for tag, _ in page.tags)
        assert not scrolls_sideways(visit(name, folder=out, width=390))


def test_an_imported_catalog_with_stubs_same_as_cycles_and_missing_licenses_has_its_pages(tmp_path):
    told = {"page": Source(**SOURCES["page"], importer="osai")}
    thing = model("osai.thing", edge("finetune", "osai.base"), same_as=("mine",))
    entries = (
        thing.model_copy(update={"sources": told}),
        model("osai.base", stub=True).model_copy(update={"sources": told}),
        model("mine", edge("trained-on", "circle", "sft"), licenses=claims(weights="custom")),
        dataset("circle", edge("generated-by", "mine"), licenses=claims(data="unknown")),
        model("bare"),
    )
    out = tmp_path / "out"
    build(Catalog(write_few(tmp_path / "few")).over(*entries), out)
    assert [lost for path in out.rglob("*.html") for lost in lost_links(out, path)] == []
    thing, base, circle = (
        read(out / name).text for name in ("models/osai.thing.html", "models/osai.base.html", "datasets/circle.html")
    )
    assert "another tracker's record" in thing
    assert "Another's record of mine" in thing
    assert "Others only name this model" in base
    assert "data: unknown" in circle
    assert "Evidence: from a row of osai on osai.thing, read 2026-11-21" in thing
    mine = read(out / "models" / "mine.html").text
    assert "Evidence: curated (sources read)" in mine
    assert "osai.thing, from a row of osai on osai.thing, read 2026-11-21: osai.base" in mine
    listed = read(out / "models" / "index.html").text
    assert "Evidence" in listed
    assert "tracker" in listed
    assert "weights: custom" in read(out / "models" / "mine.html").text
    assert "no license recorded" in read(out / "models" / "bare.html").text
    assert "Nothing is recorded of what it was made from" in read(out / "models" / "bare.html").text
