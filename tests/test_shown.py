"""Whatever validate lets in, every command and every exporter can show: real entries with hostile values in them."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from llmreg.catalog.validation import _references
from llmreg.catalog.yaml import read
from llmreg.schema import FOLDERS, Benchmark, Dataset, License, Model, Service, Software
from showing import faults_of_showing

TEXTS = st.one_of(
    st.sampled_from([
        "", " ", "\n", "\x00", "a\x07b", "\x1b[31mred", "\x1b]8;;http://x\x07l", "\x85", "\u2028x", "\ud800", "\ufffe", "\u202ex",
        "<script>alert(1)</script>", "'\"", "=cmd|' /C calc'!A0", "@x", "{{7*7}}", "%%{init: {}}%%", "\\input{x}", "{", "}",
        "$x$", "```", "---", "--- |", "- a", "# h", "1. x", "|", "[a](javascript:alert(1))", "&amp;", "a" * 9000, "a " * 9000,
        "名前", "مرحبا", "🦙" * 50, "null", "true", ": ", "*alias", "\r\nx\r", "\ufeff", "[/bold]", "x\n---\ny",
        "MIT OR GPL-3.0-only", "MIT AND", "mit and apache-2.0", "custom", "unknown", "../x", "a#b#c",
    ]),
    st.text(max_size=30),
)  # fmt: skip
LINKS = st.one_of(
    st.sampled_from([
        "https://example.org/#/wiki#top", "https://example.org/a b", "https://example.org/%zz", "https://", "https://[::1]/",
        "https://x:99999/", "https://a@b/", "javascript:alert(1)", "https://exämple.org/ü", "https://example.org/{x}|^`\\",
        "https://example.org/'", "HTTPS://EXAMPLE.ORG", "https://.", "https://⭐/x", "https://a?#", "https://x/%2", "x/y",
        "https://example.org/(a);b=c,d", f"https://example.org/{'a' * 1900}",
    ]),
    st.from_regex(r"https?://[ -~é]{1,20}", fullmatch=True),
)  # fmt: skip
NUMBERS = st.one_of(
    st.sampled_from(["0", "-1", "1e308", "1e309", "5e-324", "nan", "inf", "9" * 20, "9" * 400, "9" * 5000, "٣", "²", "1_000"]),
    st.integers().map(str), st.floats().map(repr),
)  # fmt: skip
DATES = st.one_of(
    st.sampled_from(["0000", "0001", "9999", "0999-05", "9999-12-31", "2023-02-30", "1700006400", "٢٠٢٣", "1900", "2100-12"]),
    st.dates().map(str),
)  # fmt: skip
KINDS = {
    **dict.fromkeys(("url", "homepage", "link"), LINKS), **dict.fromkeys(("released", "seen", "since", "until"), DATES),
    **dict.fromkeys(("parameters", "rows", "tokens", "value", "tolerance", "hours", "steps", "seed", "context_length"), NUMBERS),
}  # fmt: skip
MORE = ("description", "homepage", "released", "repository", "parameters", "rows", "tokens", "context_length")
"""Fields that are written into entries which lack them."""


def places(value, place=()):
    if isinstance(value, str):
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*place, key))


def written(fields, place, value):
    for step in place[:-1]:
        fields = fields[step]
    fields[place[-1]] = value


@st.composite
def mutated(draw, catalog, kind):
    """A real entry's fields with one to three of its values replaced, or such written behind its own words."""
    entry_id = draw(st.sampled_from(catalog.file_ids(kind)))
    fields = deepcopy(read(catalog.path_of(entry_id)).value)
    found = [*places(fields), *((name,) for name in MORE if name in kind.model_fields and name not in fields)]
    for place in draw(st.lists(st.sampled_from(found), min_size=1, max_size=3, unique=True)):
        usual = KINDS.get(str(place[-1]), TEXTS)
        written(
            fields,
            place,
            draw(st.one_of(usual, usual, st.sampled_from((TEXTS, LINKS, NUMBERS, DATES)).flatmap(lambda x: x))),
        )
    return entry_id, fields


@pytest.mark.parametrize("kind", [Model, Dataset, Service, Software, Benchmark, License], ids=lambda kind: kind.kind)
@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_whatever_is_valid_is_shown_by_everything(kind, data, built_in):
    entry_id, fields = data.draw(mutated(built_in, kind))
    try:
        entry = kind(**{**fields, "id": entry_id})
    except ValidationError:
        return
    catalog = built_in.over(entry)
    if not list(_references(catalog, entry)):
        assert faults_of_showing(catalog, entry_id) == []


def test_every_folder_of_the_catalog_is_shown(built_in):
    for kind in FOLDERS.values():
        entry_id = built_in.file_ids(kind)[0]
        assert faults_of_showing(built_in, entry_id) == [], entry_id
