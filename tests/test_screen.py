"""Whatever a command prints, a terminal only shows it; what goes into a pipe stays as its format has it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import pytest
from typer.testing import CliRunner

import llmreg
import llmreg_methods
from llmreg.cli import options
from llmreg.cli.app import app

HOSTILE = {
    "escape": "a\x1b[31mb", "title": "a\x1b]0;t\x07b", "link": "a\x1b]8;;https://example.org\x1b\\b", "C1": "a\x9b31mb\x9d0;t\x9c",
    "backspaces": "ab\x08\x08", "return": "ab\rc", "bidi": "a\u202eb\u2066c", "bell": "a\x07", "delete": "a\x7fb",
}  # fmt: skip
COMMANDS = (
    "show mine", "show mine --json", "list --json --where id=mine", "list --where id=mine", "list --where name=zzz", "search nothingatall", "graph mine --format csv",
    "graph mine --format dot", "graph mine --format mermaid", "graph mine --format graphml", "graph mine --format svg",
    "graph mine --format html", "graph mine", "path mine llama-7b", "impact llama-7b", "diff mine llama-7b", "compare mine",
    "compare mine --format csv", "compare mine --format markdown", "compare mine --format html", "compare mine --format latex",
    "check mine --use commercial", "check mine llama-7b --use all", "export card mine", "export cyclonedx mine",
    "export spdx mine", "export bibtex mine", "export cff mine", "export notice mine", "audit mine", "audit mine --format markdown",
    "tree --family HOSTILE", "list HOSTILE", "show HOSTILE", "check HOSTILE --use research", "check mine --use HOSTILE",
    "plan mine --set HOSTILE=1", "runs HOSTILE", "verify HOSTILE", "scan HOSTILE", "import HOSTILE x", "policies HOSTILE",
    "list --where HOSTILE=1", "merge HOSTILE -o x", "push HOSTILE", "runs RUNS", "scan RUNS", "check zzz --use research --debug",
)  # fmt: skip
ENTRY = """\
name: {text}
description: {text}
aliases: [{text}]
developers: [{text}]
notes: [{text}]
homepage: https://example.org/
released: 2023-05-01
source: page
licenses: {{weights: {{id: MIT, source: page, note: {text}}}}}
made_from: [{{relation: finetune, of: llama-7b, source: page}}]
sources: {{page: {{url: "https://example.org", read: live, seen: 2026-11-21, note: {text}}}}}
"""
DRIVER = """
import sys
from llmreg.cli import main
for line in sys.argv[1].split("|"):
    sys.argv = ["llmreg", *line.split(" ")]
    try:
        main()
    except SystemExit:
        sys.stdout.flush()
"""
"""Runs command lines one after the other in one process."""
OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[\d?[AK]")
"""The colors of text and the moves of a bar: what llmreg itself has a terminal do."""


def hostile_places(folder):
    """Write an entry with marks that turn text, which catalogs may hold, and files and records with worse in their names."""
    (folder / "catalog" / "models").mkdir(parents=True)
    text = json.dumps("a\u202eb\u2066c")
    (folder / "catalog" / "models" / "mine.yaml").write_text(ENTRY.format(text=text))
    for name in HOSTILE.values():
        place = folder / "runs" / name.replace("/", "-")
        place.mkdir(parents=True)
        (place / "run.json").write_text("{")
        (place / "code.py").write_text(f"AutoModel.from_pretrained('huggyllama/llama-7b') # {name}\n")


def on_a_terminal(lines, folder):
    """Give all that some command lines write to their terminal."""
    ours, theirs = pty.openpty()
    state = {"LLMREG_HOME": str(folder / "home"), "LLMREG_CATALOG": str(folder / "catalog"), "TERM": "xterm-256color"}
    words = [sys.executable, "-c", DRIVER, "|".join(lines)]
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, stdin=theirs, env={**os.environ, **state}, cwd=folder):
        os.close(theirs)
        found = bytearray()
        try:
            while chunk := os.read(ours, 65536):
                found += chunk
        except OSError:  # how Linux ends a terminal that nobody writes to any more
            pass
    os.close(ours)
    return bytes(found).decode("utf-8", "replace").replace("\r\n", "\n")


def test_a_terminal_obeys_nothing_that_stands_in_what_a_command_prints(tmp_path):
    hostile_places(tmp_path)
    lines = [line.replace("RUNS", "runs") for line in COMMANDS if "HOSTILE" not in line]
    lines += [
        line.replace("HOSTILE", HOSTILE[kind])
        for line, kind in zip([each for each in COMMANDS if "HOSTILE" in each], cycle(HOSTILE), strict=False)
    ]
    shown = on_a_terminal(lines, tmp_path)
    assert shown.count("mine") > 30
    assert "a\ufffdb\ufffdc" in shown
    assert {*OBEYED.findall(OURS.sub("", shown))} == set()
    assert "\r" not in OURS.sub("", shown)


@pytest.mark.parametrize("format_", ["csv", "dot", "mermaid", "graphml", "html"])
def test_a_pipe_gets_the_very_bytes_of_a_file(format_, tmp_path, monkeypatch):
    hostile_places(tmp_path)
    words = ["graph", "mine", "--format", format_, "--catalog", str(tmp_path / "catalog")]
    piped = CliRunner().invoke(app, words, catch_exceptions=False).stdout_bytes
    assert CliRunner().invoke(app, [*words, "-o", str(tmp_path / "out")], catch_exceptions=False).exit_code == 0
    assert piped == (tmp_path / "out").read_bytes()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_is_shown_other_signs(text, terminal, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    options.put(f"{text}\r\n")
    shown = capsys.readouterr().out
    assert (shown == f"{text}\r\n") is not terminal
    assert bool(OBEYED.search(shown) or "\r" in shown) is not terminal


RAW = re.compile(r"(typer|click)\.echo\(|(?<![.\w])print\(|sys\.std(out|err)\.write\(|\bConsole\(")
MAY = {
    "cli/options.py": 3,  # print_json, echo and put
    "cli/app.py": 1,  # the version
    "cli/__init__.py": 1,  # "stopped"
    "cli/failures.py": 2, "cli/quick.py": 1, "training/checkpoint.py": 1,  # they escape what they write
}  # fmt: skip
"""How often a module may write past `Screen`, `echo` and `put`."""


def test_nothing_is_written_past_the_place_that_escapes():
    root = Path(llmreg.__file__).parent
    found = {}
    for path in [*root.rglob("*.py"), *Path(llmreg_methods.__file__).parent.rglob("*.py")]:
        name = str(path.relative_to(root)) if path.is_relative_to(root) else path.name
        raw = RAW.findall(path.read_text())
        if raw and "docs" not in path.parts:
            found[name] = len(raw)
    assert found == MAY
