"""Random lineages for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from builders import dataset, edge, model, service
from llmreg.schema import WEIGHT_RELATIONS

USES = st.sampled_from(["research", "commercial", "redistribution", "hosting", "train-on-outputs"])
POLICIES = ("permissive", "standard", "strict")
LICENSES = st.sampled_from(
    ["MIT", "Apache-2.0", "CC-BY-SA-3.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC0-1.0", "ODbL-1.0", "GPL-3.0-only", "llama-1",
     "llama2", "llama3.1", "gemma", "bigscience-bloom-rail-1.0", "stabilityai-ai-community", "no-licence", "unknown", "openrail",
     "MIT OR llama-1", "Apache-2.0 AND CC-BY-NC-4.0"]
)  # fmt: skip
STAGES = st.sampled_from(["pretrain", "sft", "preference", "reward", "rl", "multimodal"])
MISSING = st.sampled_from(["no-licence", "unknown", "custom", "other"])
SERVICE = service("api", "openai-tos")


@st.composite
def lineages(draw):
    """A random lineage of models and datasets, each made from earlier ones, and cycles through generated data."""
    entries, models, datasets = [SERVICE], [], []
    for index in range(draw(st.integers(1, 7))):
        if draw(st.booleans()):
            relations = st.sampled_from(["derived-from", "mixture-of"])
            parents = [edge(draw(relations), of) for of in some(draw, datasets)]
            makers = [edge("generated-by", of) for of in some(draw, [*models, "api"])]
            entries.append(dataset(f"d{index}", *parents, *makers, licenses=stated(draw, "data")))
            datasets.append(f"d{index}")
        else:
            relations = st.sampled_from([*WEIGHT_RELATIONS, "distilled", "architecture", "same-tokenizer"])
            edges = [edge(draw(relations), of) for of in some(draw, models)]
            edges += [edge("trained-on", of, draw(STAGES)) for of in some(draw, datasets)]
            entries.append(model(f"m{index}", *edges, licenses=stated(draw, "weights")))
            models.append(f"m{index}")
    return entries


def some(draw, ids):
    return sorted(draw(st.sets(st.sampled_from(ids), max_size=2))) if ids else []


def stated(draw, component):
    """One license, two that contradict each other, or none."""
    return {component: [{"id": draw(LICENSES), "source": "page"} for _ in range(draw(st.integers(1, 2)))]}
