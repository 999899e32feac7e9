"""Put entries side by side: each row in which any of them has something to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmreg.catalog.tiers import tier_of
from llmreg.errors import UsageError, did_you_mean
from llmreg.licensing import DEFAULT_POLICY, Checker
from llmreg.schema import Asset
from llmreg.tables.cells import ABSENT, ComparisonTable, Row
from llmreg.tables.rows import GROUPS, Asked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from llmreg.catalog import Catalog
    from llmreg.licensing import Licensee


def compare(
    catalog: Catalog,
    ids: Iterable[str],
    *,
    policy: str = DEFAULT_POLICY,
    licensee: Licensee | None = None,
    only: Collection[str] = (),
) -> ComparisonTable:
    """Put entries side by side, their verdicts under this policy for this licensee; `only` names groups or rows.

    Raises `UnknownIdError` for a wrong id, `UsageError` for a wrong row, and `LlmregError` for an entry that is nothing
    one uses: a license, a policy, a template.
    """
    checker = Checker(catalog, licensee)
    assets = [_asset(catalog, entry_id) for entry_id in dict.fromkeys(ids)]
    if not assets:
        raise UsageError("name the entries to compare")
    rows = list(_rows([Asked(checker, policy, asset) for asset in assets]))
    return ComparisonTable(
        ids=tuple(asset.id for asset in assets),
        names=tuple(asset.name for asset in assets),
        kinds=tuple(asset.kind for asset in assets),
        tiers=tuple(tier_of(asset) for asset in assets),
        rows=tuple(_chosen(rows, only)),
        policy=policy,
        as_of=checker.licensee.as_of,
        catalog_date=catalog.manifest.date,
    )


def _asset(catalog: Catalog, entry_id: str) -> Asset:
    return catalog.among((Asset,), entry_id, "only what one uses is compared; try `llmreg diff`")


def _rows(asked: list[Asked]) -> Iterator[Row]:
    alike = len({each.asset.kind for each in asked}) == 1
    curated = all(tier_of(each.asset) == "curated" for each in asked)
    for group, say in GROUPS.items():
        said = [{key: (label, cell) for key, label, cell in say(each)} for each in asked]
        if (alike and group == "kind") or (curated and group == "evidence"):
            continue
        labels = {key: label for found in said for key, (label, _) in found.items()}
        for key in _merged(said):
            yield Row(group, key, labels[key], tuple(found.get(key, ("", ABSENT))[1] for found in said))


def _merged(lists: Iterable[Iterable[str]]) -> list[str]:
    """Give the keys of all lists, each after the one that it follows in the list that names it first."""
    order: list[str] = []
    for keys in lists:
        place = 0
        for key in keys:
            if key not in order:
                order.insert(place, key)
            place = order.index(key) + 1
    return order


def _chosen(rows: list[Row], only: Collection[str]) -> list[Row]:
    known = dict.fromkeys([*GROUPS, *(row.key for row in rows)])
    for name in only:
        if name not in known:
            raise UsageError(f"no row {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}")
    return [row for row in rows if not only or row.group in only or row.key in only]
