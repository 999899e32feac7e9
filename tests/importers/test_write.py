"""Writing: only what changed, nothing that another wrote, old files or new ones at any moment."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmreg.catalog import built_in
from llmreg.catalog.yaml import read
from llmreg.errors import LlmregError, UsageError
from llmreg.importers import write
from llmreg.importers.record import Link, Place, Record

CAMEL = "models/test.camel.yaml"


def camel(**fields):
    return Record(**{"kind": "model", "name": "Camel", "place": Place("table", "row 1"), **fields})


def sand(**fields):
    return Record(kind="dataset", name="Sand", place=Place("table", "row 2"), **fields)


def test_importing_twice_changes_nothing(bring, contents):
    first = bring(camel(), sand())
    before = contents(first.into)
    again = bring(camel(), sand(), seen=date(2027, 7, 7), commit="d" * 40)
    assert contents(again.into) == before
    assert (again.report.changes, again.report.unchanged) == ((), 2)


def test_a_row_that_moved_is_no_change(bring, contents):
    before = contents(bring(camel()).into)
    again = bring(camel(place=Place("table", "row 9")))
    assert (again.what, contents(again.into)) == ({}, before)


def test_what_the_tracker_changed_is_shown_with_its_fields_and_read_anew(bring):
    bring(camel(released="2023", homepage="https://example.org"), sand())
    again = bring(camel(released="2024", developers=("Lab",)), sand(), commit="d" * 40, seen=date(2027, 7, 7))
    (change,) = again.report.changes
    assert (change.file, change.what, change.fields) == (CAMEL, "changed", ("released", "homepage", "developers"))
    source = again["test.camel"].source_of("released")
    assert (source.commit, str(source.seen)) == ("d" * 40, "2027-07-07")


def test_a_number_is_compared_as_the_catalog_reads_it(bring):
    bring(camel(fields={"parameters": 7_000_000_000}), camel(name="Child", links=(Link("finetune", "Parent"),)))
    again = bring(camel(fields={"parameters": 7_000_000_000}), camel(name="Child", links=(Link("finetune", "Parent"),)))
    assert again.what == {}


def test_what_the_tracker_dropped_is_removed(bring):
    bring(camel(), sand())
    again = bring(camel())
    assert again.what == {"datasets/test.sand.yaml": "removed"}
    assert "test.sand" not in again.catalog
    assert bring(camel()).what == {}


def test_a_dry_run_shows_and_writes_nothing(bring, contents):
    done = bring(camel(), dry_run=True)
    assert (done.what, contents(done.into), done.report.written) == ({CAMEL: "added"}, {}, False)
    before = contents(bring(camel()).into)
    done = bring(camel(released="2024"), dry_run=True)
    assert (done.what, contents(done.into)) == ({CAMEL: "changed"}, before)


def test_a_file_edited_by_hand_is_kept_and_reported_every_time(bring):
    path = bring(camel(), sand()).into / CAMEL
    edited = path.read_text() + "# mine\ndescription: mine\n"
    path.write_text(edited)
    for records in ((camel(), sand()), (camel(released="2024"), sand()), (sand(),), (sand(),)):
        again = bring(*records)
        assert again.what == {CAMEL: "kept"}
        assert "edited by hand" in again.report.changes[0].detail
        assert path.read_text() == edited


def test_a_comment_added_by_hand_says_nothing_else_and_stays(bring):
    path = bring(camel()).into / CAMEL
    path.write_text("# mine\n" + path.read_text())
    assert bring(camel()).what == {}
    assert path.read_text().startswith("# mine")


@pytest.mark.parametrize("text", ["name: Mine\n", "name: [\n", "- a list\n", "\ufeff\x00"])
def test_a_file_of_another_s_is_never_touched(bring, tmp_path, text):
    path = tmp_path / "mine" / CAMEL
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert bring(camel()).what == {CAMEL: "kept"}
    assert path.read_text() == text


@pytest.mark.parametrize("writes", range(4))
def test_a_kill_leaves_whole_files_and_the_next_import_knows_its_own(bring, monkeypatch, writes):
    """The writes are the list of what is about to be written, two files, and the list of what was."""
    bring(camel(released="2023"), sand(released="2023"))
    whole, left = write.write_text, iter(range(writes))

    def write_text(path, text):
        if next(left, None) is None:
            raise KeyboardInterrupt
        whole(path, text)

    monkeypatch.setattr(write, "write_text", write_text)
    with pytest.raises(KeyboardInterrupt):
        bring(camel(released="2024"), sand(released="2024"))
    monkeypatch.setattr(write, "write_text", whole)
    again = bring(camel(released="2025"), sand(released="2025"), dry_run=True)
    assert {again[f"test.{name}"].released for name in ("camel", "sand")} <= {"2023", "2024"}
    again = bring(camel(released="2025"), sand(released="2025"))
    assert set(again.what.values()) == {"changed"}
    assert {again[f"test.{name}"].released for name in ("camel", "sand")} == {"2025"}


def test_a_broken_list_of_written_files_is_an_error_that_says_what_to_do(bring):
    memory = bring(camel()).into / ".llmreg-import-test.json"
    for text in ("{", "[]", '{"files": {"../../etc/passwd": ["x"]}}', '{"files": {"models/x.yaml": 7}}'):
        memory.write_text(text)
        with pytest.raises(LlmregError, match="delete it"):
            bring(camel())
    memory.unlink()
    assert bring(camel()).what == {}
    assert CAMEL in json.loads(memory.read_text())["files"]


def test_a_commit_that_is_none_is_refused_and_so_is_a_tracker_without_one(bring):
    with pytest.raises(UsageError, match="hexadecimal"):
        bring(camel(), commit="main")
    with pytest.raises(UsageError, match="commit is not known"):
        bring(camel(), commit=None)


def test_nothing_is_imported_into_the_built_in_catalog():
    with pytest.raises(UsageError, match="a folder of your own"):
        write.Diff(built_in(), "test", {})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), min_size=1), number=st.integers(1, 10**12))
def test_any_text_is_read_back_as_it_was_written(tmp_path, text, number):
    fields = {"name": "x", "description": text.encode(errors="replace").decode(), "rows": number, "stub": True}
    into = tmp_path / str(number)
    write.Diff(into, "test", {"datasets/test.x.yaml": fields}).write()
    again = write.Diff(into, "test", {"datasets/test.x.yaml": fields})
    assert (again.changes, again.unchanged) == ([], 1)
    assert read(into / "datasets" / "test.x.yaml").value["description"] == fields["description"]
    write.Diff(into, "test", {}).write()
