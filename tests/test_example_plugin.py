"""A third party's package, installed in an environment of its own, comes in by the door that built-ins use."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import llmreg
from llmreg.cli.new import write_package

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "llmreg-ia3"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Give the interpreter of a fresh environment that sees this one's packages, so that nothing is downloaded."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin" / "python"
    (packages,) = (folder / "lib").glob("python*/site-packages")
    # `addsitedir`, unlike a plain path, also follows the editable installs in there.
    lines = [f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages()]
    (packages / "outer.pth").write_text("".join(lines))
    return python


def run(python, *arguments):
    # llmreg itself may be on the path only, without being installed.
    source = str(Path(llmreg.__file__).parents[1])
    surroundings = {**os.environ, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [str(python), *map(str, arguments)], capture_output=True, text=True, env=surroundings, timeout=300, check=False
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def install(python, folder):
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", folder)


def offered(python):
    listed = json.loads(run(python, "-m", "llmreg", "methods", "--json"))
    return {method["name"]: method for method in listed["methods"]}


def test_the_example_package_installs_and_offers_ia3(environment, tmp_path):
    assert "ia3" not in offered(environment)
    # A copy, because building leaves files behind.
    package = shutil.copytree(EXAMPLE, tmp_path / "llmreg-ia3")
    install(environment, package)
    ia3 = offered(environment)["ia3"]
    assert (ia3["distribution"], ia3["version"], ia3["module"]) == ("llmreg-ia3", "0.1.0", "llmreg_ia3")
    assert [setting["name"] for setting in ia3["settings"]] == ["targets", "feedforward"]
    run(environment, "-m", "pytest", "-q", "-p", "no:cacheprovider", package)


def test_a_package_that_new_method_wrote_installs_works_and_is_offered(environment, tmp_path):
    package = write_package("norm-tuning", tmp_path)
    install(environment, package)
    method = offered(environment)["norm-tuning"]
    assert method["distribution"] == "llmreg-norm-tuning"
    assert method["settings"] == [
        {
            "name": "final",
            "type": "bool",
            "required": False,
            "default": True,
            "description": "Whether the norm after the last layer trains too.",
        }
    ]
    run(environment, "-m", "pytest", "-q", "-p", "no:cacheprovider", package)


def test_the_environment_outside_is_left_alone():
    done = subprocess.run([sys.executable, "-c", "import llmreg_ia3"], capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr
