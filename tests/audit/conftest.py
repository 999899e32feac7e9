"""A catalog of licenses and policies alone, and an audit of some entries laid over it."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from llmreg.audit import audit
from llmreg.catalog import Catalog, built_in

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """Give the built-in licenses and policies without any model or dataset."""
    root = tmp_path_factory.mktemp("bare")
    shutil.copy(built_in() / "catalog.yaml", root)
    for folder in ("licenses", "policies"):
        shutil.copytree(built_in() / folder, root / folder)
    return Catalog(root)


@pytest.fixture
def find(bare):
    """Give a function that audits some entries for one kind of finding, and gives what is said of each."""

    def found(kind, *entries, today=TODAY, **options):
        findings = audit(bare.over(*entries), today, kinds=[kind], **options).findings[kind]
        ids = {entry.id for entry in entries}
        return [finding for finding in findings if finding.id in ids]

    return found
