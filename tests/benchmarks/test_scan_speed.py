"""How long a scan of 10,000 files takes, next to `git grep` over the same tree, measured in the same run."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

from llmreg.scan.search import search

FILES = 10_000
RATIO = 40.0
"""`git grep` for one word reads each file once and parses nothing."""
LABELLED = Path(__file__).parents[1] / "scan" / "repository"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Give a git work tree of 10,000 files: Python's own library, and the labelled repository many times over."""
    root = tmp_path_factory.mktemp("large")
    library = sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*.py")) * FILES
    labelled = [path for path in LABELLED.rglob("*") if path.is_file()]
    written = 0
    for number in range(FILES):
        if written >= FILES:
            break
        below = root / f"part{number:03}"
        for path in [*library[number * 50 : number * 50 + 90], *(labelled if number % 10 == 0 else ())][
            : FILES - written
        ]:
            place = below / (path.relative_to(LABELLED) if path in labelled else path.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            written += 1
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
    return root


def test_a_scan_of_ten_thousand_files_keeps_up_with_git_grep(repository):
    grep = min(
        seconds(
            lambda: subprocess.run(
                ["git", "-C", str(repository), "grep", "-c", "from_pretrained"], check=True, stdout=subprocess.DEVNULL
            )
        )
        for _ in range(3)
    )
    ours = min(seconds(lambda: search([repository])) for _ in range(3))
    print(f"\ngit grep {grep:.2f} s, scan {ours:.2f} s, {ours / grep:.1f} x")
    assert ours / grep <= RATIO


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
