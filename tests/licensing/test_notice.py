"""NOTICE files: what must go with copies, gathered from the lineage."""

from __future__ import annotations

from builders import catalog, claims, dataset, edge, imported_by, model
from llmreg.licensing.notice import notice, notice_text

LLAMA = model("llama", licenses=claims(weights="llama2"), developers=("Meta",), hub="meta-llama/Llama-2-7b")
ROWS = dataset("rows", licenses=claims(data="CC-BY-SA-4.0"), developers=("Somebody",))
CHILD = model("child", edge("finetune", "llama"), edge("trained-on", "rows", "sft"), licenses=claims(weights="MIT"))


def test_it_names_works_licenses_notices_and_duties_of_what_binds():
    gathered = notice(catalog(LLAMA, ROWS, CHILD), "child")
    assert [work["id"] for work in gathered["binding"]] == ["child", "llama"]
    text = notice_text(gathered)
    assert "Llama 2 is licensed under the LLAMA 2 Community License" in text
    assert "Comes in by: child -(finetune)-> llama" in text
    assert "By Meta.\nhttps://huggingface.co/meta-llama/Llama-2-7b" in text


def test_data_is_credited_apart_unless_it_binds():
    gathered = notice(catalog(LLAMA, ROWS, CHILD), "child")
    assert [work["id"] for work in gathered["others"]] == ["rows"]
    assert "- rows, by Somebody: Creative Commons Attribution-ShareAlike 4.0 International." in notice_text(gathered)
    strict = notice(catalog(LLAMA, ROWS, CHILD), "child", policy="strict")
    assert "rows" in [work["id"] for work in strict["binding"]]


def test_a_work_without_license_is_said_to_have_none():
    assert "no license stated" in notice_text(
        notice(
            catalog(
                ROWS, dataset("bare"), model("m", edge("trained-on", "bare", "sft"), licenses=claims(weights="MIT"))
            ),
            "m",
        )
    )


def test_a_notice_says_on_what_it_rests_and_of_each_work_that_nobody_checked():
    card = imported_by("hub", model("c", edge("finetune", "llama"), licenses=claims(weights="MIT")))
    rests = "from the author's card of c, read 2026-11-21"
    gathered = notice(catalog(LLAMA, card), "c")
    assert (gathered["tier"], gathered["evidence"]) == ("card", rests)
    assert {work["id"]: work["tier"] for work in gathered["binding"]} == {"c": "card", "llama": "curated"}
    text = " ".join(notice_text(gathered).split())
    assert f"evidence: {rests}; not legal advice" in text
    assert text.count(f"Evidence: {rests}.") == 1
    curated = " ".join(notice_text(notice(catalog(LLAMA, ROWS, CHILD), "child")).split())
    assert "evidence: curated (sources read); not legal advice" in curated
    assert "Evidence:" not in curated
    learnt = notice(catalog(imported_by("epoch", ROWS), CHILD, LLAMA), "child")
    assert "Evidence: from a row of epoch on rows, read 2026-11-21." in " ".join(notice_text(learnt).split())


def test_each_license_is_named_with_the_address_of_its_text(built_in):
    gathered = notice(built_in, "guanaco-33b")
    links = {each["id"]: each["link"] for work in gathered["binding"] for each in work["licenses"]}
    assert links["Apache-2.0"] == "https://spdx.org/licenses/Apache-2.0.html"
    assert links["llama-1"].startswith("https://github.com/aboutcode-org/scancode-licensedb/")
    text = notice_text(gathered)
    assert all(link in text for link in links.values())


def test_a_word_in_place_of_a_license_has_no_address():
    bare = catalog(model("m", licenses=claims(weights="no-licence")))
    (work,) = notice(bare, "m")["binding"]
    assert [each["link"] for each in work["licenses"]] == [None]
