"""Text from elsewhere stays text: hostile strings in every field of an entry, over every output that llmreg writes."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from builders import SOURCES, catalog, claims, dataset, edge, model
from llmreg import escaping
from llmreg.schema import Model
from showing import everything

HOSTILE = {
    "html": '"><script>alert(1)</script><img src=x onerror=alert(1)><!--',
    "attribute": "x' onmouseover='alert(1)\" onfocus=\"alert(1)",
    "end of everything": "]]></style></title></textarea></script></svg><svg onload=alert(1)>",
    "script": "'); alert(1); //</script>\u2028\\",
    "link": "[click](javascript:alert(1)) <javascript:alert(1)> ![](x)",
    "markdown": "# h\n- a\n| b | c |\n```\n~~~\n<b>*x* _y_ `z` [^1]: $\\frac{1}{2}$",
    "setext": "---\n===",
    "list": "1. one\n+ two",
    "front matter": "---\nlicense: mit\n---\n",
    "yaml": "x: &a [*a, !!python/object:os.system {}] # ",
    "latex": "\\input{/etc/passwd} \\write18{x} $a_1^2$ 100% #1 & ~ \\end{table}",
    "bibtex": "x}, author = {Mallory}, note = {",
    "braces": "}}}{{{ {% raw %} {{ 7 * 7 }}",
    "formula": "=HYPERLINK(\"http://x\";\"y\")",
    "formula at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula plus": "+1+cmd|x", "formula minus": "-2+3+cmd|x", "formula tab": "\t=1+1",
    "dot": 'x"]; evil [label="\\N" URL="javascript:alert(1)"]; //',
    "mermaid": '"]\nend\nclick n0 call alert(1) %%{init: {"theme": "dark"}}%%',
    "rich": "[bold red]x[/] [link=http://x]y[/link] [/nothing] [@click=app.bell]z[/]",
    "control": "a\x00b\x07c\x08d\x1be\x7ff\x85g",
    "escape": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m",
    "osc 8": "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\",
    "bidi": "gpj.\u202eexe \u2066x\u2069 \u202a",
    "no character": "\ufffe\uffff",
    "lines": "a\r\nb\rc\n\nLicense: MIT (MIT)\n",
    "long": "a" * 3000, "many words": "a " * 1500,
}  # fmt: skip
PLAIN = "words"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def fields_of(text):
    """A model and what it is made of, with the same text in every field of words; past the door, as a bug might be."""
    source = SOURCES["page"]
    rows = dataset("rows", licenses=claims(data="CC-BY-4.0"))
    base = model("base", licenses=claims(weights="llama-1"))
    child = Model(
        id="child", name="n", description="d", developers=("x", "y"), aliases=("z",), notes=("n",), unknown=("u",), source="page",
        sources={"page": {**source, "locator": "l", "note": "n", "attribution": "a", "license": "l"},
                 "paper": {"path": "p", "read": "live", "seen": "2026-11-21"}},
        licenses={"weights": {"id": "custom", "source": "page", "note": "n", "words": "w", "link": "l"},
                  "code": {"id": "MIT", "source": "page", "note": "n"}},
        made_from=[{**edge("finetune", "base"), "how": "h"}, {**edge("trained-on", "rows", "sft"), "how": "h"}],
        disagreements=({"about": "a", "says": ({"value": "v", "source": "page"}, {"value": "w", "source": "page"})},),
        recipe={"method": "m", "settings": {"x": "y"}, "data": {"format": "text"}, "source": "page", "software": "s",
                "hardware": {"gpu": "g", "note": "n"}, "unknown": ["u"], "notes": ["n"]},
        results=[{"benchmark": "vicuna-80", "metric": "m", "value": 1.5, "unit": "points", "source": "page", "note": "n"}],
    )  # fmt: skip
    return rows, with_text(base, text, ("name",)), with_text(child, text)


SHORT = re.compile("[a-z]")


def with_text(value, text, names=None):
    """Replace every text of one letter in a frozen model, without asking the schema."""
    if isinstance(value, str):
        return text if SHORT.fullmatch(value) else value
    if isinstance(value, tuple | list):
        return type(value)(with_text(each, text) for each in value)
    if isinstance(value, dict):
        return {key: with_text(each, text) for key, each in value.items()}
    if hasattr(value, "model_copy"):
        fields = names or type(value).model_fields
        changed = {name: text if names else with_text(getattr(value, name), text) for name in fields}
        return value.model_copy(update=changed)
    return value


@cache
def written(text):
    found = catalog(*fields_of(text))
    return {name: (format_, write()) for name, format_, write in everything(found, "child")}


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes: what a text can only change by being read as markup."""

    def __init__(self, text):
        super().__init__()
        self.found, self.links = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *sorted(name for name, _ in attrs)))
        self.links += [value for name, value in attrs if name in ("href", "src", "action") and value]

    def handle_decl(self, decl):
        self.found.append(decl)

    def handle_comment(self, data):
        self.found.append("comment")


def html_structure(text):
    page = Structure(text)
    assert not any(name.startswith("on") for _, *names in page.found if isinstance(names, list) for name in names)
    assert all(re.match(r"(https?://|[\w#./%-]|$)", link) and "javascript:" not in link for link in page.links)
    return {tag for tag, *_ in page.found}


def xml_structure(text):
    return {each.tag for each in ElementTree.fromstring(text).iter()}


def json_structure(text):
    def shape(value):
        if isinstance(value, dict):
            return {key: shape(item) for key, item in value.items()}
        return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__

    assert not CONTROL.search(text.replace("\n", ""))
    return sorted(shape(json.loads(text))) if isinstance(json.loads(text), dict) else None


def csv_structure(text):
    rows = list(csv.reader(io.StringIO(text), strict=True))
    for value in (value for row in rows for value in row):
        assert not re.match(r"\s*[=+@\t\r]|\s*-[^0-9]", value), value
    return [len(row) for row in rows]


def markdown_structure(text):
    body = text.split("\n---\n", 1)[1] if text.startswith("---\n") else text
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    every = [each for token in tokens for each in (token, *(token.children or ()))]
    assert not any(each.type.startswith("html") for each in every)
    assert all("javascript" not in str(each.attrs.get("href", "")) for each in every)
    return {each.type for each in every} - {"softbreak", "text", "code_inline", "strong_open", "strong_close"}


def latex_structure(text):
    return re.findall(r"\\(?:begin|end|input|write)\b\{?\w*", text)


def dot_structure(text):
    import pygraphviz

    graph = pygraphviz.AGraph(string=text)
    assert not any(graph.get_node(node).attr["URL"] for node in graph.nodes())
    return sorted(graph.nodes()), sorted(graph.edges())


def mermaid_structure(text):
    lines = text.splitlines()
    for line in lines[1:]:
        assert re.fullmatch(r'  n\d+(\W+"[^"<>`%{}]*"\W+| -->\|[\w ()-]+\| n\d+)', line), line
    return len(lines)


def terminal_structure(text):
    assert not CONTROL.search(text.replace("\t", ""))


def yaml_structure(text):
    return sorted(yaml.safe_load(text))


STRUCTURES = {
    "json": json_structure, "xml": xml_structure, "csv": csv_structure, "markdown": markdown_structure,
    "front matter": markdown_structure, "latex": latex_structure, "dot": dot_structure, "mermaid": mermaid_structure,
    "html": html_structure, "text": terminal_structure, "yaml": yaml_structure,
}  # fmt: skip
HTML = ("site", "graph html", "check html")
NOT_FOR_A_TERMINAL = ("bibtex", "notice")


def structures(text):
    found = {}
    for name, (format_, output) in written(text).items():
        if name in NOT_FOR_A_TERMINAL:
            continue
        if name == "site":
            output = output[: output.index("</html>")]
        found[name] = STRUCTURES["html" if name in HTML else format_](output)
    return found


@pytest.fixture(scope="module")
def plain():
    return structures(PLAIN)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_changes_the_structure_of_no_output(text, plain):
    found = structures(text)
    assert found.keys() == plain.keys()
    for name, structure in found.items():
        if isinstance(structure, set):
            assert structure <= plain[name], name
        else:
            assert structure == plain[name], name


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_notice_has_the_lines_that_it_has_for_plain_words(text):
    lines = written(text)["notice"][1].splitlines()
    assert [line for line in lines if line.startswith("License: MIT")] == []
    assert sum(set(line) == {"-"} for line in lines if line) <= 3 + ("---" in text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_citation_has_the_fields_that_it_has_for_plain_words(text):
    def fields(entry):
        depth, names = 0, []
        for line in entry.splitlines():
            if depth == 1 and (name := re.match(r"\s*([a-z]+) = ", line)):
                names.append(name[1])
            depth += line.count("{") - line.count("}")
        assert depth == 0
        return names

    assert set(fields(written(text)["bibtex"][1])) <= set(fields(written(PLAIN)["bibtex"][1]))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_words_are_still_there(text):
    node = escaping.one_line(escaping.for_xml(text))
    found = written(text)
    assert node[:40] in escaping.one_line(json.loads(found["graph json"][1])["nodes"][1]["name"]) or CONTROL.search(
        text
    )
    assert (
        yaml.safe_load(found["cff"][1])["title"] == escaping.one_line(text) or CONTROL.search(text) or "\ufffe" in text
    )


@given(st.text())
def test_every_function_gives_what_its_output_can_hold(text):
    assert not CONTROL.search(escaping.terminal(text))
    assert json.loads(escaping.json_text([text])) == [text]
    assert not CONTROL.search(escaping.json_text([text], indent=None))
    assert ElementTree.fromstring(f'<x a="{escaping.markup(text)}">{escaping.markup(text)}</x>').tag == "x"
    assert "\n" not in escaping.markdown(text) + escaping.latex(text) + escaping.bibtex(text) + escaping.mermaid(text)
    assert "<" not in escaping.markdown(text) + escaping.latex(text)
    assert escaping.bibtex(text).count("{") == escaping.bibtex(text).count("}")
    assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', escaping.dot(text))
    assert not re.match(r"\s*[=+@]", escaping.cell(text)[:1])
    assert "</" not in escaping.script("x", text)


def test_numbers_stay_numbers_in_a_table():
    for value in ("-1.5", "+2", "1,000", "-2e-5", "-", 3, None, "2023-05"):
        assert escaping.cell(value) == value


def test_html_of_a_page_holds_no_control_characters():
    for name in ("site", "graph html", "check html", "compare html"):
        _, text = written("a\x00\x1b\u202eb")[name]
        page = text[: text.index("</html>")] if name == "site" else text
        assert not CONTROL.search(page.replace("\u202e", "")), name
