"""The kinds of values: what every writer takes is let in, and what one of them does not take is refused with a remedy."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, ClassVar, get_args, get_origin, get_type_hints
from xml.etree import ElementTree

import pytest
from cyclonedx.model import XsUri
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from llmreg.catalog.addresses import address
from llmreg.schema import Strict, base, gpus, recipe, terms
from llmreg.schema.values import (
    LARGEST,
    MOST_SIGNS,
    Count,
    Day,
    Exact,
    Link,
    Number,
    PartialDate,
    Positive,
    Repository,
    Settings,
    Text,
    Whole,
    is_link,
    showable,
)


def read(kind, value):
    return TypeAdapter(kind).validate_python(value)


def refusal(kind, value):
    with pytest.raises(ValidationError) as error:
        read(kind, value)
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text, "Camel 7B"), (Text, "名前 🦙‍ مرحبا"), (Text, "two\nlines\twith a tab"), (Text, "<b>&\\{}$%=+@|`"),
        (Exact, ""), (Exact, "\n\n"), (Exact, "### "),
        (Link, "https://example.org"), (Link, "http://example.org:8080/a/b_c~d?x=1&y=%20#L10-L12"),
        (Link, "https://[::1]/x"), (Link, "https://huggingface.co/collections/bigcode/⭐-starcoder"),
        (Link, "HTTPS://EXAMPLE.ORG/(a);b=c,d'e!f*g@h:i"), (Link, "https://example.org/?url=https://x/?y#/wiki?z"),
        (Repository, "artidoro/qlora"), (PartialDate, "1950"), (PartialDate, "2023-05"), (PartialDate, "2024-02-29"),
        (Day, "2026-11-20"), (Whole, "-1"), (Count, str(LARGEST)), (Number, "-1.5e-7"), (Positive, "5e-324"),
    ],
)  # fmt: skip
def test_what_every_writer_takes_is_let_in(kind, value):
    assert str(read(kind, value)) == str(TypeAdapter(kind).validate_python(read(kind, value)))


@pytest.mark.parametrize("value", ["", " ", "\n", "\t \n", "\u200b", "\ufeff\u2060", "\u3164"[:0]])
def test_text_that_shows_nothing_is_empty(value):
    assert "is empty" in refusal(Text, value)


@pytest.mark.parametrize(
    ("value", "sign"),
    [
        ("a\x00", "U+0000"), ("\x1b[31m", "U+001B"), ("\x1b]8;;http://x\x07", "U+001B"), ("a\rb", "U+000D"),
        ("\x7f", "U+007F"), ("\x9b31m", "U+009B"), ("\x85", "U+0085"),
        ("\ud800", "U+D800"), ("\udfff x", "U+DFFF"), ("\ufffe", "U+FFFE"), ("\uffff", "U+FFFF"), ("\U0001ffff", "U+1FFFF"),
    ],
)  # fmt: skip
def test_signs_that_a_writer_cannot_take_are_named(value, sign):
    assert f"holds the sign {sign}" in refusal(Text, value)
    assert sign in refusal(Exact, value)
    assert sign in refusal(Settings, {"x": [value]})


def test_text_is_at_most_some_pages_long():
    assert read(Text, "a" * MOST_SIGNS)
    assert "at most 20,000 signs, not 20,001" in refusal(Text, "a" * (MOST_SIGNS + 1))


@pytest.mark.parametrize(
    "value",
    [
        "https://example.org/#/wiki#top", "https://x#y#z", "https://example.org/a b", "https://example.org/%zz",
        "https://example.org/%2", "https://example.org/#%", "https://", "http:///x", "https://[::1", "https://x:port/",
        "https://user:pw@example.org/", "https://huggingface.co@evil.example/", "javascript:alert(1)", "data:text/html,x",
        "ftp://example.org/x", "//example.org", "example.org", "mailto:a@b", "https://example.org/{x}",
        "https://example.org/<x>", 'https://example.org/"x"', "https://example.org/a|b^c`d", "https://example.org\\x",
        "https://example.org/[x]", " https://example.org", "https://example.org\n", "https://.", "https://-x",
        "https://example.org/\u00a0", f"https://example.org/{'a' * 3000}",
    ],
)  # fmt: skip
def test_no_link_but_one_of_the_web(value):
    assert "takes a link" in refusal(Link, value)
    assert not is_link(value)


@given(st.one_of(st.text(), st.from_regex(r"https?://[ -~é#%\[\]]{1,20}", fullmatch=True)))
def test_what_is_a_link_is_one_for_the_library_of_cyclonedx_too(value):
    if is_link(value):
        assert str(XsUri(address(value))).startswith(("http", "HTTP"))
        assert not any(sign.isspace() for sign in address(value))


@pytest.mark.parametrize(
    "value", ["a", "a/b/c", "https://github.com/a/b", "a/b%", "a /b", "../x/y", "a/b#c", "é/b", "/", ""]
)
def test_a_repository_is_an_owner_and_a_name(value):
    refusal(Repository, value)


@pytest.mark.parametrize(
    "value",
    [
        "0000", "0001-01-01", "0999", "1899", "2101", "9999", "9999-12-31", "2023-02-30", "2023-13", "2023-00", "2023-1",
        "20230101", "٢٠٢٣", "2023-01-01T00:00", "2023 ", "", "10000", "-001",
    ],
)  # fmt: skip
def test_a_date_has_a_year_of_our_time_and_a_day_of_the_calendar(value):
    refusal(PartialDate, value)
    refusal(Day, value)


def test_the_seconds_since_1970_are_no_day():
    for value in ("1700006400", 1700006400, "0", "86400"):
        assert "YYYY-MM-DD" in refusal(Day, value)
    assert read(Day, date(2026, 11, 20)) == date(2026, 11, 20)


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "1e308", "1e999", str(2**53), "9" * 400, "9" * 5000, "x", "٣", ""]
)
def test_a_number_is_finite_and_exact_for_every_reader_of_json(value):
    for kind in (Number, Positive, Whole, Count):
        refusal(kind, value)


@pytest.mark.parametrize("value", ["9" * 30, "9" * 5000, "1e999", "-1e400", "9007199254740993"])
def test_numbers_without_a_declared_type_are_bounded_too(value):
    assert "takes a number between" in refusal(Settings, {"x": {"y": [value]}})


def test_a_key_of_settings_is_text():
    assert "U+0000" in refusal(Settings, {"a\x00": "1"})
    assert "is empty" in refusal(Settings, {" ": "1"})


@given(st.text())
def test_what_is_made_showable_is_shown_by_xml_json_and_utf_8(text):
    shown = showable(text)
    assert read(Exact, shown) == shown
    assert showable(shown) == shown
    mark = ElementTree.Element("x")
    mark.text = shown
    assert (ElementTree.fromstring(ElementTree.tostring(mark)).text or "") == shown
    assert json.loads(json.dumps(shown, ensure_ascii=False).encode()) == shown


def strict_models():
    found = [Strict]
    for model in found:
        found += [
            each for each in model.__subclasses__() if each not in found and each.__module__.startswith("llmreg.schema")
        ]
    assert {base.Entry, recipe.Training, terms.Bound, gpus.Gpu} <= {*found}
    return found[1:]


def bare(hint):
    """The plain types in a field's annotation that none of the kinds of values stands for."""
    if get_origin(hint) in (Annotated, ClassVar):
        return []
    return [hint] if hint in (str, int, float, date) else [each for part in get_args(hint) for each in bare(part)]


@pytest.mark.parametrize("model", strict_models(), ids=lambda model: model.__name__)
def test_every_field_of_every_entry_has_one_of_the_kinds(model):
    hints = get_type_hints(model, include_extras=True)
    assert {name: bare(hints[name]) for name in model.model_fields if bare(hints[name])} == {}
