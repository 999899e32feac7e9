"""The action and the hook: their own steps are run here, in a repository that uses a model it may not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which `llmreg` is this checkout's program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "llmreg").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m llmreg "$@"\n')
    (folder / "llmreg").chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    (made / "app.py").write_text('from_pretrained("huggyllama/llama-7b")\n')
    subprocess.run(["git", "init", "-q", str(made)], check=True)
    return made


def action() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "action.yml").read_text())


def step(name: str) -> dict[str, Any]:
    return next(each for each in action()["runs"]["steps"] if each.get("name") == name)


def run_scan(repository: Path, program: Mapping[str, str], tmp_path: Path, **inputs: str) -> tuple[int, dict[str, str]]:
    """Run the action's scan as GitHub does, with its inputs' defaults, and give its outputs."""
    given = {name: str(said["default"]) for name, said in action()["inputs"].items()} | inputs
    made = {name: given[value.split("inputs.")[1].split(" ")[0]] for name, value in step("Scan")["env"].items()}
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {**program, **made, **files, "RUNNER_TEMP": str(tmp_path)}
    done = subprocess.run(["bash", "-c", step("Scan")["run"]], cwd=repository, env=environment, check=False)
    lines = Path(files["GITHUB_OUTPUT"]).read_text().splitlines() if Path(files["GITHUB_OUTPUT"]).exists() else []
    return done.returncode, dict(line.split("=", 1) for line in lines)


def test_the_action_reports_and_keeps_the_exit_code(repository: Path, program: dict[str, str], tmp_path: Path) -> None:
    code, outputs = run_scan(repository, program, tmp_path)
    assert (code, outputs["code"]) == (0, "4")
    assert "huggyllama/llama-7b" in Path(outputs["sarif"]).read_text()
    assert "forbidden" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert (
        subprocess.run(["bash", "-c", step("Result")["run"]], env={**program, "CODE": "4"}, check=False).returncode == 4
    )


def test_an_input_is_never_read_as_code(repository: Path, program: dict[str, str], tmp_path: Path) -> None:
    run_scan(repository, program, tmp_path, path="$(touch hacked)", baseline="; touch hacked")
    assert not (repository / "hacked").exists()
    assert all("${{" not in each.get("run", "") for each in action()["runs"]["steps"])


def test_a_wrong_input_fails_the_step(repository: Path, program: dict[str, str], tmp_path: Path) -> None:
    code, _ = run_scan(repository, program, tmp_path, use="anything")
    assert code == 2


def test_the_hook_fails_a_commit_that_uses_what_it_may_not(repository: Path, program: dict[str, str]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["pass_filenames"] is False
    place = repository / ".git" / "hooks" / "pre-commit"
    place.write_text(f"#!/bin/sh\nexec {hook['entry']} --fail-on forbidden\n")
    place.chmod(0o755)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    assert subprocess.run(["git", *who, "commit", "-qm", "x"], cwd=repository, env=program, check=False).returncode != 0
    (repository / "app.py").write_text('from_pretrained("tiiuae/falcon-7b")\n')
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    assert subprocess.run(["git", *who, "commit", "-qm", "x"], cwd=repository, env=program, check=False).returncode == 0
