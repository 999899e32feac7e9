"""Citations: nothing that the catalog does not state, in the letters that each format takes."""

from __future__ import annotations

import re

import yaml

from llmreg.exporters import bibtex, cff
from llmreg.schema import Dataset, Model


def test_an_entry_is_cited_by_its_developers_name_date_paper_and_place(built_in):
    assert bibtex(built_in, "guanaco-33b") == (
        "@misc{guanaco-33b,\n"
        "  title = {{Guanaco 33B}},\n"
        "  author = {{University of Washington}},\n"
        "  year = {2023},\n"
        "  month = may,\n"
        "  eprint = {2305.14314},\n"
        "  archiveprefix = {arXiv},\n"
        "  url = {https://huggingface.co/timdettmers/guanaco-33b},\n"
        "  note = {code: https://github.com/artidoro/qlora; guanaco-33b in the llmreg built-in catalog of 2026-11-30},\n"
        "}\n"
    )


def test_every_field_of_bibtex_is_balanced_and_no_author_is_invented(built_in, hostile, hostile_ids):
    for catalog, ids in ((built_in, [*built_in.ids(Model), *built_in.ids(Dataset)]), (hostile, hostile_ids)):
        for entry_id in ids:
            text = bibtex(catalog, entry_id)
            braces = re.sub(r"\\[{}]", "", text)
            assert braces.count("{") == braces.count("}"), entry_id
            assert ("author = " in text) == bool(catalog[entry_id].developers)
            assert all(re.fullmatch(r"  [a-z]+ = .*,", line) for line in text.splitlines()[1:-1])


def test_every_cff_has_the_keys_that_version_1_2_requires(built_in, hostile, hostile_ids):
    for catalog, ids in ((built_in, [*built_in.ids(Model), *built_in.ids(Dataset)]), (hostile, hostile_ids)):
        for entry_id in ids:
            entry, data = catalog[entry_id], yaml.safe_load(cff(catalog, entry_id))
            assert data["cff-version"] == "1.2.0"
            assert data["message"]
            assert data["title"] == " ".join(entry.name.split())
            assert data["type"] == ("dataset" if isinstance(entry, Dataset) else "software")
            names = [" ".join(name.split()) for name in entry.developers]
            assert [author["name"] for author in data["authors"]] == (names or ["developers not recorded"])
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", data.get("date-released", "2023-01-01"))
            assert " " not in data.get("license", "")
            assert not data.get("license", "").startswith("LicenseRef-")
            assert all({"type", "value"} <= set(one) for one in data.get("identifiers", []))


def test_a_license_is_named_only_where_one_listed_license_is_stated(built_in, hostile):
    assert yaml.safe_load(cff(built_in, "alpaca-52k"))["license"] == "CC-BY-NC-4.0"
    for entry_id in ("tuned", "rows", "quiz", "base"):
        assert "license" not in yaml.safe_load(cff(hostile, entry_id))
