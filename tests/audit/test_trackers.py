"""The flagship: the audit of an imported tracker finds by itself what makes Guanaco look free."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from llmreg.audit import audit
from llmreg.catalog import load_catalog
from llmreg.importers import NAMES, import_tracker

TODAY = date(2026, 11, 21)
CHECKOUT = Path(os.environ.get("ECOSYSTEM_GRAPHS") or Path(__file__).parents[3] / "ecosystem-graphs")
"""A checkout of stanford-crfm/ecosystem-graphs, which states no license and so is not part of these tests."""
ASSETS = """
- name: Guanaco
  type: model
  organization: A university
  description: Chat models that were fine-tuned on little memory.
  created_date: 2023-05-23
  dependencies: [QLoRA, OASST1]
  license: MIT
- name: Alpaca
  type: model
  organization: Another university
  description: A model fine-tuned to follow instructions.
  created_date: 2023-03-13
  dependencies: [LLaMa, Some instructions]
  license: none
- name: LLaMa
  type: model
  organization: A company
  created_date: 2023-02-24
  dependencies: []
  license: custom
- name: Some instructions
  type: dataset
  created_date: 2023-03-13
  dependencies: []
"""

needs_importer = pytest.mark.skipif("ecosystem-graphs" not in NAMES, reason="there is no importer for it")


def findings(checkout, into):
    import_tracker("ecosystem-graphs", checkout, into, load_catalog(), seen=TODAY, commit="c0ffee0")
    found = audit(load_catalog(into), TODAY, kinds=["no-base", "method-as-asset"]).findings
    return {kind: {finding.id: finding for finding in each} for kind, each in found.items()}


@needs_importer
def test_a_tracker_in_small(tmp_path):
    (tmp_path / "tracker" / "assets").mkdir(parents=True)
    (tmp_path / "tracker" / "assets" / "some.yaml").write_text(ASSETS)
    found = findings(tmp_path / "tracker", tmp_path / "catalog")
    assert [entry_id for entry_id in found["no-base"] if entry_id.startswith("ecosystem-graphs.")] == [
        "ecosystem-graphs.guanaco"
    ]
    assert "it is made with QLoRA, a method" in found["no-base"]["ecosystem-graphs.guanaco"].text
    assert list(found["method-as-asset"]) == ["ecosystem-graphs.qlora"]
    assert found["method-as-asset"]["ecosystem-graphs.qlora"].text.endswith("ecosystem-graphs.guanaco names it")


@needs_importer
@pytest.mark.skipif(
    not (CHECKOUT / "assets").is_dir(), reason="no checkout of Ecosystem Graphs; name one in ECOSYSTEM_GRAPHS"
)
def test_ecosystem_graphs_itself(tmp_path):
    found = findings(CHECKOUT, tmp_path / "catalog")
    assert "ecosystem-graphs.guanaco" in found["no-base"]
    assert "ecosystem-graphs.qlora" in found["method-as-asset"]
    assert len(found["no-base"]) < 40  # of 429 models; what it calls a fault should be one
