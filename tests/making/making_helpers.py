"""What tests of makers share: a catalog with a dataset whose recipe they write, and rows given as files."""

from __future__ import annotations

import json
from random import Random

from builders import SOURCES, catalog, claims, edge
from llmreg.maker import Input, Work
from llmreg.schema import Dataset


def made_of(*steps, parents=("parent",), licenses=None, **recipe):
    """A catalog with the dataset `child`, made by these steps from the dataset `parent`."""
    child = Dataset(
        id="child", name="Child", source="page", sources=SOURCES, licenses=claims(data="Apache-2.0"), format="text",
        made_from=[edge("derived-from", name) for name in parents],
        recipe={"steps": list(steps), "source": "page", **recipe},
    )  # fmt: skip
    others = [
        Dataset(
            id=name, name=name, source="page", sources=SOURCES, licenses=licenses or claims(data="MIT"), format="text"
        )
        for name in parents
    ]
    return catalog(child, *others)


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def work_on(*tables, seed=1, ask=None, names=None):
    """Work on these tables of rows, without a run around it."""
    from llmreg import plugins

    inputs = [
        Input(name, rows) for name, rows in zip(names or [f"t{n}" for n in range(len(tables))], tables, strict=True)
    ]
    return Work(inputs, Random(seed), plugins.load().reader, ask)
