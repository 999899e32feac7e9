"""The words for a license: a license by its name, `custom`, `unknown`, none, or no claim at all."""

from __future__ import annotations

import pytest

from llmreg.importers.licenses import Licenses
from llmreg.importers.record import Stated


@pytest.mark.parametrize(
    ("written", "license_id"),
    [
        ("Apache 2.0", "Apache-2.0"), ("apache-2.0", "Apache-2.0"), ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("Unspecified", "unknown"), ("unknown", "unknown"), ("none", "no-licence"), ("No License", "no-licence"),
        ("Custom", "custom"), ("Apache 2.0, mostly", "custom"), ("Apach 2.0", "custom"),
    ],
)  # fmt: skip
def test_a_license_is_known_by_its_names_and_by_nothing_like_them(built_in, written, license_id):
    (claim,) = Licenses(built_in).claims([Stated("weights", written)], "key")["weights"]
    assert (claim["id"], claim["source"]) == (license_id, "key")


def test_the_words_are_kept_where_they_are_not_the_id(built_in):
    licenses = Licenses(built_in)
    assert licenses.claims([Stated("code", "MIT")], "key") == {"code": [{"id": "MIT", "source": "key"}]}
    (claim,) = licenses.claims([Stated("code", "Camel Terms", "seen on a wall")], "key")["code"]
    assert (claim["words"], claim["note"]) == ("Camel Terms", "seen on a wall")


@pytest.mark.parametrize("blank", ["", "-", " ", (), ("", "-")])
def test_a_blank_is_no_claim(built_in, blank):
    assert Licenses(built_in).claims([Stated("weights", blank)], "key") == {}


def test_licenses_that_hold_together_are_one_claim(built_in):
    licenses = Licenses(built_in)
    (claim,) = licenses.claims([Stated("data", ("MIT", "Apache 2.0", "mit", ""))], "key")["data"]
    assert claim["id"] == "MIT AND Apache-2.0"


def test_licenses_said_one_by_one_are_several_claims(built_in):
    licenses = Licenses(built_in)
    claims = licenses.claims([Stated("data", "MIT"), Stated("data", "MIT"), Stated("data", "Custom")], "key")
    assert [claim["id"] for claim in claims["data"]] == ["MIT", "custom"]


def test_what_was_read_before_does_not_change_what_words_mean(built_in):
    for order in (["MIT OR foo", "MIT or foo"], ["MIT or foo", "MIT OR foo"]):
        licenses = Licenses(built_in)
        assert {words: licenses.id_of(words) for words in order} == {"MIT OR foo": "MIT OR custom", "MIT or foo": None}
