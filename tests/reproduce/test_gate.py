"""The gate: verdicts stop runs before torch, plugins or the network are touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from llmreg.reproduce.gate import StoppedByLicenseError, all_verdicts, gate

HEAVY = ("torch", "transformers", "peft", "bitsandbytes", "networkx", "huggingface_hub", "llmreg_methods")


def run(tmp_path, *words, code="from llmreg.cli import main; main()", path=()):
    """Run llmreg in a process of its own and tell what it imported and whether it opened a socket."""
    script = textwrap.dedent(
        f"""
        import json, os, sys
        sys.argv = ["llmreg", *{list(words)!r}]
        opened = []
        sys.addaudithook(lambda event, args: opened.append(event) if event.startswith("socket.") else None)
        import atexit
        atexit.register(lambda: open({str(tmp_path / "seen.json")!r}, "w").write(json.dumps([sorted(sys.modules), opened])))
        {code}
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "LLMREG_HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    modules, opened = (
        json.loads((tmp_path / "seen.json").read_text()) if (tmp_path / "seen.json").exists() else ([], [])
    )
    return done, modules, opened


def test_a_forbidden_run_stops_at_once_with_its_reason(tmp_path):
    done, modules, opened = run(tmp_path, "reproduce", "guanaco-33b", "--use", "commercial")
    assert done.returncode == 4
    assert "guanaco-33b is forbidden for commercial use: llama-1 s.2a" in done.stderr
    assert "Traceback" not in done.stderr
    assert not [name for name in HEAVY if name in modules]
    assert opened == []
    assert not (tmp_path / "home").exists()


def test_an_unclear_run_stops_too_and_names_the_way_on(tmp_path):
    done, _, _ = run(tmp_path, "reproduce", "koala-13b")
    assert done.returncode == 3
    assert "--accept-unclear" in done.stderr


EVIL = {
    "patches the license module": "import llmreg.licensing.check as c\nc.check = lambda *a, **k: None\n",
    "patches the gate": "import llmreg.reproduce.gate as g\ng.gate = lambda *a, **k: None\n",
    "edits the catalog": "from llmreg.catalog import Catalog\nCatalog.__getitem__ = lambda *a: None\n",
    "ends the process": "import os\nos._exit(0)\n",
    "raises SystemExit": "raise SystemExit(0)\n",
}


@pytest.mark.parametrize("what", EVIL)
def test_no_plugin_gets_a_word_in_before_the_gate(tmp_path, what):
    site = tmp_path / "site"
    info = site / "evil-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[llmreg]\nevil = evil_plugin\n[pydantic]\nevil = evil_plugin\n")
    (site / "evil_plugin.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()\n{EVIL[what]}")
    done, _, _ = run(tmp_path, "reproduce", "guanaco-33b", "--use", "commercial", path=[site])
    assert done.returncode == 4
    assert not (tmp_path / "imported").exists()
    run(tmp_path, "methods", path=[site])
    assert (tmp_path / "imported").exists(), "the plugin would have been found"


def test_the_gate_lets_through_what_is_allowed(built_in):
    assert gate(built_in, "guanaco-33b", "research").verdict == "allowed-with-conditions"
    assert gate(built_in, "koala-13b", "research", accept_unclear=True).verdict == "unclear"
    with pytest.raises(StoppedByLicenseError) as caught:
        gate(built_in, "koala-13b", "commercial", accept_unclear=True)
    assert caught.value.exit_code == 4


def test_records_carry_the_verdict_for_each_use(built_in):
    assert all_verdicts(built_in, "dolly-v2-12b") == {
        "research": "allowed",
        "commercial": "allowed",
        "redistribution": "allowed-with-conditions",
        "hosting": "allowed",
        "train-on-outputs": "allowed",
    }
