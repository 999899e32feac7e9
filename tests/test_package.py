"""The package: its style, types and layers, its packaging, and the README's commands."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports", "--no-cache"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_the_code_is_clean(command):
    done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_core_methods_and_catalog(tmp_path):
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in [*ROOT.glob("catalog/**/*.yaml")]:
        assert f"llmreg/_catalog/{path.relative_to(ROOT / 'catalog')}" in names
    for home, name in (("registry", "llmreg"), ("plugins", "llmreg_methods"), ("plugins", "llmreg_objectives")):
        for path in (ROOT / home / name).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert str(path.relative_to(ROOT / home)) in names
    assert not [name for name in names if name.startswith(("tests", "docs", "catalog"))]


def test_a_wheel_finds_its_own_catalog(tmp_path):
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\nfrom llmreg.catalog import built_in, load_catalog\nprint(built_in()); print(len(load_catalog()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    folder, count = done.stdout.split()
    assert folder == str(tmp_path / "site/llmreg/_catalog")
    assert int(count) == len([*ROOT.glob("catalog/*/*.yaml")])


def test_no_two_test_files_share_a_name():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_file_is_too_long_to_read():
    sizes = {
        path: len(path.read_text().splitlines())
        for home in ("registry", "plugins", "tests")
        for path in ROOT.glob(f"{home}/**/*.py")
    }
    assert {str(path) for path, size in sizes.items() if size > 400} == set()


def test_each_module_says_first_what_it_is_for():
    for home in ("registry", "plugins"):
        for path in (ROOT / home).rglob("*.py"):
            assert path.read_text().startswith(('"""', 'r"""')), path


def test_the_readme_has_two_commands_that_do_all_the_set_up():
    text = (ROOT / "README.md").read_text()
    found = dict(re.findall(r"<!-- (\w+) command -->\n```console\n(.+?)\n```\n<!-- end -->", text, re.S))
    assert set(found) == {"main", "test"}
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install ") for command in found.values())
    assert found["main"].endswith("llmreg reproduce nano-qlora")


def test_constraints_pin_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert {canonicalize_name(Requirement(line).name) for line in needed} <= pinned
