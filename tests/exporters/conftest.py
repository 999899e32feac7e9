"""Catalogs as hostile as they come, and the official validator of CycloneDX made once."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from builders import SOURCES, catalog, claims, dataset, edge, model, service
from llmreg.schema import Benchmark, Dataset, Model, Software

HOSTILE = '</script><script>alert("1")</script> \\ {x} $% & # _ ~ ^ | `*` ---\n---\n[a](b) مرحبا 🦙'
"""A name that every format has to quote: markup, line breaks, marks of YAML and TeX, right-to-left, emoji."""
_PLAIN = re.compile(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~/+,=@:-]*)?")
"""Addresses that RFC 3987 takes at a glance: the library's parser needs 40 ms for each."""


@pytest.fixture(scope="session")
def cyclonedx_faults():
    """Give a function that gives the official schema's first fault of a file, or None; the file says its version."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validators = {
        f"{one.value[0]}.{one.value[1]}": JsonStrictValidator(one) for one in (SchemaVersion.V1_6, SchemaVersion.V1_7)
    }
    kept = []
    for validator in validators.values():
        checkers = validator._validator.format_checker.checkers
        slow, raised = checkers["iri-reference"]
        kept.append((checkers, slow, raised))
        checkers["iri-reference"] = (_at_a_glance(slow), raised)

    def faults(text):
        return validators[json.loads(text)["specVersion"]].validate_str(text)

    yield faults
    for checkers, slow, raised in kept:
        checkers["iri-reference"] = (slow, raised)


def _at_a_glance(slow):
    whole = cache(slow)
    return lambda value: bool(_PLAIN.fullmatch(str(value))) or whole(value)


@pytest.fixture(scope="session")
def spdx_faults():
    """Give a function that gives the faults of a document by SPDX's own JSON schema."""
    import lib4sbom
    from jsonschema import Draft202012Validator

    path = Path(lib4sbom.__file__).parent / "schemas/spdx/3.0-schema.json"
    validator = Draft202012Validator(json.loads(path.read_text("utf-8")))
    return lambda document: [one.message for one in validator.iter_errors(document)]


@pytest.fixture(scope="session")
def hostile():
    """A small catalog with every sort of license claim, odd names, an imported record and a cycle of generated data."""
    several = [
        {"id": "ODC-By-1.0", "source": "page", "until": "2023-03"},
        {"id": "CC-BY-NC-4.0", "source": "page", "since": "2023-03", "note": HOSTILE},
        {"id": "MIT OR (Apache-2.0 AND llama-1)", "source": "page"},
    ]
    fields = {"source": "page", "sources": SOURCES}
    tracker = {"x": {"path": "rows.csv", "read": "secondary", "seen": "2026-11-21", "importer": "osai"}}
    return catalog(
        service("api", "openai-tos"),
        Software(id="tool", name="tool", licenses=claims(code="custom"), **fields),
        Benchmark(id="quiz", name="quiz", licenses=claims(data="unknown"), **fields),
        dataset("rows", edge("generated-by", "api"), edge("generated-by", "tuned"), licenses={"data": several}),
        Dataset(id="plain", name="plain", licenses=claims(data="no-licence", contents="openrail"), **fields),
        dataset("mix", edge("mixture-of", "rows"), edge("mixture-of", "plain"), edge("derived-from", "plain")),
        model("base", edge("trained-on", "mix", "pretrain"), licenses=claims(weights="MIT OR Apache-2.0"), hub="a/base"),
        model("other", licenses=claims(weights="unknown", code="gpl"), hub="a/other"),
        Model(
            id="tuned", name=HOSTILE, description=HOSTILE, notes=(HOSTILE,), developers=(HOSTILE, "B"), released="2023",
            licenses=claims(weights="Apache-2.0 AND llama-1", adapter="custom"), hub="a/tuned", revision="0" * 40,
            made_from=[
                edge("merge", "base"), edge("merge", "other"), edge("trained-on", "rows", "sft"),
                edge("trained-on", "rows", "rl"), edge("evaluated-on", "quiz"), edge("uses-code", "tool"),
                edge("same-tokenizer", "base"), {**edge("distilled", "other"), "how": HOSTILE},
            ],
            results=[{"benchmark": "quiz", "metric": HOSTILE, "value": 1.5, "unit": "points", "source": "page",
                      "tolerance": 0.5, "tolerance_source": "stated"}],
            recipe={"method": HOSTILE, "settings": {"x": [1, None, HOSTILE]}, "data": {"format": "text"},
                    "source": "page"},
            **fields,
        ),
        Model(id="tuned-adapter", name="file", file_of="tuned", component="adapter", hub="a/tuned", **fields),
        Model(id="osai.tuned", name="record", same_as=("tuned",), source="x", sources=tracker, hub="a/tuned"),
        Model(id="osai.stub", name="stub", stub=True, source="x", sources=tracker),
        model("bare", edge("finetune", "osai.stub"), edge("adapter", "osai.tuned")),
    )  # fmt: skip


@pytest.fixture(scope="session")
def hostile_ids(hostile):
    return [
        "api", "tool", "quiz", "rows", "plain", "mix", "base", "other", "tuned", "tuned-adapter", "osai.tuned",
        "osai.stub", "bare",
    ]  # fmt: skip
