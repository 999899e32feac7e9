"""A tracker's files as a test writes them, an import of them, and the trackers' real data where it is at hand."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from llmreg.catalog import load_catalog, validate
from llmreg.importers import import_tracker
from llmreg.importers.record import Importer

COMMIT = "c0ffee" * 6 + "beef"
REAL = Path(__file__).parents[3] / "shared" / "import"


@pytest.fixture
def tracker(tmp_path):
    """Give a function that writes a tracker's files, `name=text`, into a folder, and gives the folder."""

    def write(files):
        folder = tmp_path / "tracker"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


class Imported:
    """An import's report, and the catalog with the folder it wrote over the built-in one."""

    def __init__(self, report, into):
        self.report = report
        self.into = into
        self.catalog = load_catalog(into)
        self.reasons = {str(skip.place): skip.reason for skip in report.skipped}
        self.faults = [(fault.kind, str(fault.place)) for fault in report.faults]
        self.what = {change.file: change.what for change in report.changes}

    def __getitem__(self, entry_id):
        return self.catalog[entry_id]

    def edges(self, entry_id):
        """Give the edges of an entry as (relation, parent)."""
        return [(edge.relation, edge.of) for edge in self[entry_id].made_from]

    def licenses(self, entry_id):
        """Give what is stated for each component, as ids."""
        return {component: [claim.id for claim in claims] for component, claims in self[entry_id].licenses.items()}

    def problems(self):
        """Give the faults of the files that were written."""
        return [str(problem) for problem in validate(self.catalog) if problem.file.is_relative_to(self.into)]


@pytest.fixture
def run(tmp_path, built_in):
    """Give a function that imports a folder or file into `tmp_path/mine`."""

    def run(name, path, *, seen=date(2026, 11, 21), commit=COMMIT, columns=None, dry_run=False):
        into = tmp_path / "mine"
        into.mkdir(exist_ok=True)
        report = import_tracker(name, path, into, built_in, seen=seen, commit=commit, columns=columns, dry_run=dry_run)
        return Imported(report, into)

    return run


@pytest.fixture
def bring(run, tmp_path, monkeypatch):
    """Give a function that imports items as an importer named `test` would give them."""

    def bring(*items, **options):
        importer = Importer(title="Test", repository="test/test", read=lambda checkout: iter(items))
        monkeypatch.setattr("llmreg.importers.importer_named", lambda name: importer)
        return run("test", tmp_path, **options)

    return bring


@pytest.fixture
def real():
    """Give a function that gives the folder of a tracker's real data, which a variable may name, or skips."""

    def folder(name):
        path = Path(os.environ.get(variable := name.upper().replace("-", "_"), REAL / name))
        if not path.is_dir():
            pytest.skip(f"no data of {name}: it is not beside this checkout, and {variable} names no folder of it")
        return path

    return folder


def _contents(folder):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def contents():
    """Give a function that gives every file of a folder with its bytes and the moment it was written."""
    return _contents


@pytest.fixture
def holds(run, real):
    """Give a function that imports real data twice and checks what holds for every tracker; it gives the import."""

    def check(name, folder, commit=None):
        first = run(name, real(folder), commit=commit)
        assert first.problems() == []
        assert first.report.rows_in >= 0.95 * first.report.rows
        before = _contents(first.into)
        again = run(name, real(folder), commit=commit, seen=date(2027, 1, 1))
        assert again.report.changes == ()
        assert _contents(first.into) == before
        return first

    return check
