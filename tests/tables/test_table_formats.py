"""A comparison in a terminal, as Markdown, CSV, HTML and LaTeX: all of it, readable, and nothing read as markup."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import catalog, claims, edge, model
from llmreg.tables import compare
from llmreg.tables.files import to_csv, to_markdown
from llmreg.tables.formats import FORMATS
from llmreg.tables.html import fragment, page
from llmreg.tables.latex import escaped, to_latex
from llmreg.tables.values import plain, rounded
from reading import Page, shown

IDS = ["guanaco-33b", "vicuna-13b-v1.5", "llama-2-7b"]
HOSTILE = (
    "</td><script>alert(1)</script> a|b *c* $x_1^2$ 100% #1 & {y} \\end{table} ~ [bold]z[/] \u202egnp 🦙 日本\nnext"
)


@pytest.fixture(scope="module")
def table(built_in):
    return compare(built_in, IDS)


@pytest.fixture(scope="module")
def hostile():
    """Two models of which every text that a cell shows is hostile."""
    licenses = claims(weights="stated-non-commercial")
    licenses["weights"]["note"] = HOSTILE
    recipe = {"method": HOSTILE, "settings": {"x": HOSTILE}, "data": {"format": "text"}, "source": "page",
              "hardware": {"gpu": HOSTILE}, "unknown": [HOSTILE]}  # fmt: skip
    result = {"benchmark": "b", "metric": HOSTILE, "value": 1.5, "unit": "elo", "source": "page", "note": HOSTILE}
    made_from = {**edge("finetune", "base"), "how": HOSTILE}
    base = model("base", licenses=licenses)
    return compare(catalog(base, model("child", made_from, recipe=recipe, results=[result])), ["base", "child"])


# Terminal


@pytest.mark.parametrize("width", [80, 120])
def test_few_entries_stand_in_columns(table, width):
    text = shown(table, width)
    assert max(map(len, text.splitlines())) <= width
    head = text.splitlines()[0].split()
    assert head == IDS
    assert re.search(r"^commercial use +✗ forbidden +\? unclear +≈ conditions *$", text, flags=re.MULTILINE)
    assert re.search(r"^batch size +16 +128 +unknown *$", text, flags=re.MULTILINE)
    assert re.search(r"^sequence length +- +unknown +4096 *$", text, flags=re.MULTILINE)


@pytest.mark.parametrize("width", [80, 120])
def test_many_entries_stand_in_rows_with_a_mark_for_each_use(built_in, width):
    ids = [*IDS, "alpaca-7b", "vicuna-80", "oasst1"]
    text = shown(compare(built_in, ids), width)
    assert max(map(len, text.splitlines())) <= width
    assert [line.split()[0] for line in text.splitlines() if line.startswith(tuple(ids))] == ids
    assert re.search(r"^guanaco-33b .* ≈ ✗ \? ✗ ≈ *$", text, flags=re.MULTILINE)
    assert re.search(r"^vicuna-80 .* - - - - - *$", text, flags=re.MULTILINE)
    assert "✗ forbidden" in " ".join(text.split())


def test_columns_too_narrow_to_read_become_rows(table):
    assert "verdicts for research" in " ".join(shown(table, 50).split())


def test_hostile_words_stay_words_in_a_terminal(hostile):
    assert "[bold]z[/]" in shown(hostile, 400)


# Markdown


def test_markdown_has_a_footnote_for_each_source_and_no_other(table):
    text = to_markdown(table)
    marks = {int(number) for number in re.findall(r"\[\^(\d+)\](?!:)", text)}
    notes = [int(number) for number in re.findall(r"^\[\^(\d+)\]:", text, flags=re.MULTILINE)]
    assert notes == sorted(marks) == list(range(1, len(notes) + 1))
    assert "| **commercial use** | forbidden[^" in text


def cells(line):
    return re.split(r"(?<!\\)\|", line)


@pytest.mark.parametrize("name", ["table", "hostile"])
def test_every_line_of_a_markdown_table_has_a_cell_for_each_entry(name, request):
    shown_table = request.getfixturevalue(name)
    lines = [line for line in to_markdown(shown_table).splitlines() if line.startswith("|")]
    assert len(lines) == len(shown_table.rows) + 2
    assert {len(cells(line)) for line in lines} == {len(shown_table.ids) + 3}


def test_hostile_words_stay_words_in_markdown(hostile):
    text = to_markdown(hostile)
    assert "<script" not in re.sub(r"\\<", "", text)
    assert not re.search(r"(?<![\\*])\*c", text)


# CSV


def test_csv_has_exact_values_and_a_column_for_sources(table):
    rows = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert [row["row"] for row in rows] == [row.key for row in table.rows]
    by_key = {row["row"]: row for row in rows}
    size = by_key["size"]
    assert (size["guanaco-33b"], size["llama-2-7b"]) == ("32528943616", "-")
    assert by_key["training.learning_rate"]["guanaco-33b"] == "0.0001"
    assert by_key["hours"]["guanaco-33b"] == "less than 12"
    assert by_key["training.batch_size"]["llama-2-7b"] == "unknown"
    score = by_key["results.vicuna-80 gpt4-score-relative-to-chatgpt"]
    assert score["guanaco-33b"] == "97.8"
    assert score["guanaco-33b notes"].startswith("97.8 ± 4.4%; ")
    assert score["guanaco-33b source"] == "https://arxiv.org/abs/2305.14314 table 6, stored-copy, 2026-11-21"


# HTML


@pytest.mark.parametrize("write", [page, fragment])
def test_html_is_well_formed_and_tells_every_cell(table, write):
    html = write(table)
    text = " ".join(Page(re.sub(r"<!doctype html>|<meta [^>]*>", "", html)).text.split())
    for row in table.rows:
        for cell in row.cells:
            for fact in cell.facts:
                assert fact.text.replace("-", " ") in text.replace("-", " ")
    assert html.count('scope="col"') == len(IDS)
    assert html.count('scope="row"') == len(table.rows)
    assert html.count("</caption>") == 1


def test_every_mark_of_a_page_leads_to_its_note(table):
    html = page(table)
    targets = re.findall(r'href="#([^"]+)"', html)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(targets) == set(ids)


def test_a_piece_for_a_notebook_has_no_ids_and_no_style_sheet(table):
    html = fragment(table)
    assert " id=" not in html
    assert "<style" not in html


def test_a_page_loads_nothing(table):
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", page(table))


@pytest.mark.parametrize("write", [page, fragment])
def test_hostile_words_stay_words_in_html(hostile, write):
    html = write(hostile)
    assert "<script" not in html
    assert " ".join(HOSTILE.split()) in " ".join(Page(re.sub(r"<!doctype html>|<meta [^>]*>", "", html)).text.split())


def test_an_address_that_is_a_script_is_no_link():
    entry = model("m", released="2023")
    source = entry.sources["page"].model_copy(update={"url": "javascript:alert(1)"})
    table = compare(catalog(entry.model_copy(update={"sources": {"page": source}})), ["m"])
    assert "javascript:alert(1)" in page(table)
    assert 'href="javascript' not in page(table)


# LaTeX


def balanced(text):
    """Tell whether braces that are no escapes close in order."""
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", text.replace(r"\\", "")):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize("name", ["table", "hostile"])
def test_every_line_of_a_latex_table_has_a_cell_for_each_entry(name, request):
    shown_table = request.getfixturevalue(name)
    text = to_latex(shown_table)
    body = text.partition(r"\toprule")[2].partition(r"\bottomrule")[0]
    lines = [line for line in body.splitlines() if line not in ("", r"\midrule")]
    assert len(lines) == len(shown_table.rows) + 1
    for line in lines:
        assert line.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", line)) == len(shown_table.ids)
    assert balanced(text)
    assert [text.count(rf"\begin{{{name}}}") for name in ("table", "tabularx", "minipage")] == [1, 1, 1]
    assert [text.count(rf"\end{{{name}}}") for name in ("table", "tabularx", "minipage")] == [1, 1, 1]


def test_latex_gives_many_entries_a_row_each(built_in):
    text = to_latex(compare(built_in, [*IDS, "alpaca-7b", "falcon-7b"]))
    body = text.partition(r"\midrule")[2].partition(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == 5
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {10}


@given(st.text())
def test_any_words_stay_words_in_latex(words):
    text = escaped(words)
    assert "\n" not in text
    assert balanced(text)
    commands = r"\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textquotedbl|textquotesingle|textasciigrave|allowbreak)\{\}"
    plain_text = re.sub(rf"{commands}|\{{\[\}}|\\[{{}}$&#%_]|\$\\(pm|approx|rightarrow|times|leq|geq)\$", "", text)
    assert not set(plain_text) & set('\\{}$&#%_^~<>|"[')


# All of them


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_the_same_every_time(built_in, name):
    assert FORMATS[name](compare(built_in, IDS)) == FORMATS[name](compare(built_in, IDS))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0001, "1e-4"), (2.5e-5, "2.5e-5"), (0.05, "0.05"), (57.0, "57"), (True, "true"), (1875, "1875"), (52002, "52,002"),
     (["q", "v"], "q, v"), (0.0, "0"), ({"a": 1}, "a 1"), ("two\nlines", "two lines")],
)  # fmt: skip
def test_values_are_written_as_recipes_do(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(999, "999"), (124_439_808, "124M"), (999_600_000, "1B"), (32_528_943_616, "32.5B"), (1_200_000_000_000, "1.2T")],
)
def test_large_numbers_are_rounded_to_three_digits(count, text):
    assert rounded(count) == text
