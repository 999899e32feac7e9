"""The license that a card states: a license by its name, an expression, or the author's words with their link."""

from __future__ import annotations

import pytest

from llmreg.importers.hub_license import HubLicenses
from llmreg.importers.licenses import claimed
from llmreg.schema import License


@pytest.fixture(scope="module")
def licenses(built_in):
    return HubLicenses(built_in)


def told(claims):
    return [(claim["id"], claim.get("words"), claim.get("link")) for claim in claims]


HERE = "https://huggingface.co/me/x/blob/main/LICENSE"


@pytest.mark.parametrize(
    ("said", "claims"),
    [
        ({"license": "mit"}, [("MIT", None, None)]),
        ({"license": " MIT "}, [("MIT", None, None)]),
        ({"license": ["apache-2.0", "mit"]}, [("Apache-2.0 AND MIT", None, None)]),
        ({"license": ["mit", ["llama2"]]}, [("MIT AND llama2", None, None)]),
        ({"license": {"name": "llama2", "url": "https://e.org/l"}}, [("llama2", None, "https://e.org/l")]),
        ({"license": "other"}, [("other", None, None)]),
        ({"license": "other", "license_link": "LICENSE"}, [("other", None, HERE)]),
        ({"license": "other", "license_name": "tongyi-qianwen"}, [("tongyi-qianwen", None, None)]),
        ({"license": "other", "license_name": "camel-terms", "license_link": "./LICENSE"}, [("custom", "camel-terms", HERE)]),
        ({"license_name": "camel-terms"}, [("custom", "camel-terms", None)]),
        ({"license_link": "LICENSE"}, [("other", None, HERE)]),
        ({"license": "mit", "license_name": "MIT"}, [("MIT", None, None)]),
        ({"license": "mit", "license_name": "camel-terms"}, [("MIT AND custom", "mit; camel-terms", None)]),
        ({"license": "Apache-2.0 OR MIT"}, [("Apache-2.0 OR MIT", None, None)]),
        ({"license": "mit or apache-2.0"}, [("MIT OR Apache-2.0", None, None)]),
        ({"license": ["MIT OR Apache-2.0", "llama2"]}, [("(MIT OR Apache-2.0) AND llama2", "MIT OR Apache-2.0; llama2", None)]),
        ({"license": "Apache-2.0 WITH LLVM-exception"}, [("Apache-2.0", "Apache-2.0 WITH LLVM-exception", None)]),
        ({"license": "Apache-2.0 WITH Commons-Clause"}, [("custom", "Apache-2.0 WITH Commons-Clause", None)]),
        ({"license": "not mit or apache-2.0"}, [("custom", "not mit or apache-2.0", None)]),
        ({"license": "camel AND MIT"}, [("custom AND MIT", "camel AND MIT", None)]),
        ({"license": "my own words"}, [("custom", "my own words", None)]),
        ({"license": 4.0}, [("custom", "4.0", None)]),
        ({"license": [1, None, "mit"]}, [("MIT", None, None)]),
        ({"license": {"x": 1}}, [("custom", "{'x': 1}", None)]),
        ({"license": None, "license_name": [], "license_link": ""}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_card_states_a_license_in_many_ways(licenses, said, claims):
    assert told(licenses.claims("me/x", said, [])) == claims


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://e.org/a?b=c#d", "https://e.org/a?b=c#d"),
        ("https://e.org/a b", "https://e.org/a%20b"),
        ("https://e.org/#/wiki#top", "https://e.org/#/wiki%23top"),
        ("https://e.org/a%20b", "https://e.org/a%20b"),
        ("LICENSE.md", "https://huggingface.co/me/x/blob/main/LICENSE.md"),
        ("docs/Model License.pdf", "https://huggingface.co/me/x/blob/main/docs/Model%20License.pdf"),
        ("../LICENSE", None),
        ("javascript:alert(1)", None),
        ("see the paper!", None),
    ],
)
def test_a_link_is_an_address_or_stays_in_the_note(licenses, link, page):
    (claim,) = licenses.claims("me/x", {"license": "other", "license_link": link}, [])
    assert claim.get("link") == page
    assert (page is not None) != (claim.get("note") == f"license_link: {link}")


def test_several_owners_call_terms_of_their_own_by_one_name(built_in):
    base = built_in["llama2"].model_dump(mode="json", exclude_defaults=True)
    mine = [
        License(**{**base, "id": f"terms-{owner}", "name": f"Terms of {owner}", "spdx": None, "aliases": [f"hf-name:{owner}/modified-mit"]})
        for owner in ("kim", "max")
    ]  # fmt: skip
    licenses = HubLicenses(built_in.over(*mine))
    said = {"license": "other", "license_name": "modified-mit"}
    assert told(licenses.claims("Kim/base", said, []))[0][0] == "terms-kim"
    assert told(licenses.claims("max/base", said, []))[0][0] == "terms-max"
    assert told(licenses.claims("me/tuned", said, []))[0][0] == "custom"
    linked = {**said, "license_link": "https://huggingface.co/Max/base/blob/main/LICENSE"}
    assert told(licenses.claims("me/tuned", linked, []))[0][0] == "terms-max"


K3 = "https://huggingface.co/moonshotai/Kimi-K3/blob/main/LICENSE"


@pytest.mark.parametrize(
    ("hub_id", "name", "link", "license_id"),
    [
        ("moonshotai/Kimi-K2-Instruct", "modified-mit", None, "kimi-k2-modified-mit"),
        ("moonshotai/Kimi-K2-Instruct", "modified-mit", "LICENSE", "kimi-k2-modified-mit"),
        ("moonshotai/Kimi-K3", "kimi-k3", "LICENSE", "kimi-k3-license"),
        ("me/k3-pruned", "modified-mit", K3, "kimi-k3-license"),
        ("MiniMaxAI/MiniMax-M2", "modified-mit", None, "minimax-m2-modified-mit"),
        (
            "me/m2-nvfp4",
            "modified-mit",
            "https://github.com/MiniMax-AI/MiniMax-M2/blob/main/LICENSE",
            "minimax-m2-modified-mit",
        ),
        ("LGAI-EXAONE/EXAONE-3.5-2.4B-Instruct", "exaone", "LICENSE", "exaone-nc"),
        ("me/x", "modified-mit", "LICENSE", "custom"),
    ],
)
def test_makers_of_modified_licenses_are_known_by_page_and_owner(licenses, hub_id, name, link, license_id):
    said = {"license": "other", "license_name": name, **({"license_link": link} if link else {})}
    (claim,) = licenses.claims(hub_id, said, [])
    assert claim["id"] == license_id
    assert claim.get("words") == (name if name != license_id else None)


def test_tags_that_state_another_license_are_a_second_claim(licenses):
    assert [one["id"] for one in licenses.claims("me/x", {"license": "mit"}, ["license:llama2"])] == ["MIT", "llama2"]
    assert [one["id"] for one in licenses.claims("me/x", {}, ["license:llama2"])] == ["llama2"]
    assert [one["id"] for one in licenses.claims("me/x", {"license": "mit"}, ["license:mit"])] == ["MIT"]


def test_words_that_are_the_id_are_not_said_again():
    assert claimed("MIT AND Apache-2.0", "mit; apache-2.0", "hub") == {"id": "MIT AND Apache-2.0", "source": "hub"}
