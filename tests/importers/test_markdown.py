"""Tables and links of Markdown files."""

from __future__ import annotations

from llmreg.importers.markdown import cells, links, plain, rows

TEXT = r"""
# Camels <!-- all -->
| Name | Link |
|:---|---:|
| A \| B | [x](https://example.org/a_(b)) |
| short |

no table | here
## More
Name | Size
--- | ---
c | 7 | extra
"""


def table(text):
    return list(rows(enumerate(text.splitlines(), 1)))


def test_rows_have_their_columns_their_line_and_the_heading_above():
    first, short, extra = table(TEXT)
    assert (first.line, first.heading, first["Name"], first["Link"]) == (
        5,
        "Camels",
        "A | B",
        "[x](https://example.org/a_(b))",
    )
    assert (short["Name"], short["Link"], short["Size"]) == ("short", "", "")
    assert (extra.heading, extra["Size"], len(extra.cells)) == ("More", "7", 3)


def test_a_file_without_a_table_has_no_rows():
    assert table("a | b\nc | d\n") == []


def test_cells():
    assert cells("| a | b |") == cells("a | b") == ["a", "b"]
    assert cells("| | b") == ["", "b"]


def test_links_and_what_remains_without_them():
    text = 'see [**A** model](https://example.org/a) and [b [c]](d "title") <br> `x`<!-- hidden -->'
    assert links(text) == [("A model", "https://example.org/a"), ("b [c]", "d")]
    assert plain(text) == "see A model and b [c] x"
    assert plain("[![badge](a.svg)](https://example.org)") == "badge"
