"""How long verdicts take once the catalog is loaded, beside a walk over the same ancestors by networkx.

Run with `pytest tests/benchmarks`; figures are printed with `-s` and in the report of a failure.
"""

from __future__ import annotations

import statistics
import time
from typing import get_args

import networkx as nx
import pytest

from llmreg.catalog import load_catalog
from llmreg.licensing import Checker, check
from llmreg.lineage import lineage
from llmreg.schema import Dataset, Model, Policy, Service, Software, Use

VERDICT_LIMIT = 0.020
"""Seconds for one verdict, whatever the entry."""
CATALOG_LIMIT = 2.0
"""Seconds for every entry, use and policy."""


@pytest.fixture(scope="module")
def loaded():
    catalog = load_catalog()
    for entry_id in catalog:
        catalog[entry_id]
    return catalog


def seconds(work, rounds=1):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def test_one_verdict_takes_less_than_its_limit(loaded):
    graph = lineage(loaded)
    taken = {each: seconds(lambda each=each: check(loaded, each, "commercial"), 3) for each in loaded.ids(Model)}
    walked = {each: seconds(lambda each=each: nx.ancestors(graph.reverse(copy=False), each), 3) for each in taken}
    slowest = max(taken, key=taken.__getitem__)
    ratio = statistics.median(taken[each] / walked[each] for each in taken)
    print(
        f"\none verdict: median {statistics.median(taken.values()) * 1000:.2f} ms, slowest {slowest} {taken[slowest] * 1000:.1f} ms"
    )
    print(f"median ratio to nx.ancestors on the finished graph: {ratio:.1f}")
    assert taken[slowest] < VERDICT_LIMIT


def test_the_whole_catalog_for_all_uses_and_policies_takes_less_than_its_limit(loaded):
    ids = [entry_id for kind in (Model, Dataset, Service, Software) for entry_id in loaded.ids(kind)]

    def everything():
        checker = Checker(loaded)
        return [
            checker.check(each, use, policy) for each in ids for use in get_args(Use) for policy in loaded.ids(Policy)
        ]

    count, taken = len(everything()), seconds(everything, 3)
    print(f"\n{count} verdicts: {taken:.2f} s, {taken / count * 1000:.2f} ms each")
    assert taken < CATALOG_LIMIT
