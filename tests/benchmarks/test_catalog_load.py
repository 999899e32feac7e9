"""How long it takes to load the built-in catalog, in parses of one of its entries, measured in the same run.

At commit 774ef6c, with 815 entries, loading took 6.1 such parses, and reading every entry 262 from the cache and 389 without.
"""

from __future__ import annotations

import time

import pytest
import yaml

from llmreg.catalog import cache, load_catalog
from llmreg.catalog.load import Catalog
from llmreg.catalog.roots import built_in

ROUNDS = 5
LOAD, CACHED, UNCACHED = 6.1, 262, 389
"""Parses of an entry that each took at that commit."""
MORE = 1.3


@pytest.fixture(scope="module")
def parse():
    """Return the CPU time of parsing one entry."""
    text = (built_in() / "models" / "guanaco-33b.yaml").read_text()
    return best(lambda: [yaml.load(text, yaml.CSafeLoader) for _ in range(50)]) / 50


def test_loading_the_catalog_takes_no_longer_than_with_fewer_entries(parse):
    loading = best(load_catalog) / parse
    print(f"\nloading: {loading:.1f} parses")
    assert loading <= MORE * LOAD


def test_reading_every_entry_takes_no_longer_than_with_fewer_entries(parse, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = best(read_all) / parse
    cache.write()
    again = best(read_all) / parse
    print(f"\nreading: {first:.0f} parses, from the cache {again:.0f}")
    assert first <= MORE * UNCACHED
    assert again <= MORE * CACHED


def read_all():
    catalog = Catalog(built_in())
    return [catalog[entry] for entry in catalog]


def best(work):
    """Return the least CPU time of several rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)
