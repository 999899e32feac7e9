"""The shapes of entries, one pydantic model for each folder of the catalog."""

from __future__ import annotations

from llmreg.schema.assets import Asset, Benchmark, Dataset, Model, Service, Software, Template
from llmreg.schema.base import (
    FILE_COMPONENTS,
    RELATION_ENDS,
    WEIGHT_RELATIONS,
    Disagreement,
    Edge,
    Entry,
    LicenseClaim,
    Source,
    Strict,
)
from llmreg.schema.dataset_recipe import DatasetRecipe, MakingStep
from llmreg.schema.file_codec import FileCodec
from llmreg.schema.recipe import (
    AnyRecipe,
    Hardware,
    Portion,
    Recipe,
    RecipeData,
    RecipeStage,
    Result,
    StagedRecipe,
    Step,
    Tokenize,
    Training,
)
from llmreg.schema.terms import Duty, License, Manifest, Policy, Switches, UseTerm
from llmreg.uses import Use

FOLDERS: dict[str, type[Entry]] = {
    "models": Model,
    "datasets": Dataset,
    "services": Service,
    "software": Software,
    "licenses": License,
    "policies": Policy,
    "templates": Template,
    "benchmarks": Benchmark,
}
"""The folders of a catalog and the kind of entry each holds."""

__all__ = [
    "FILE_COMPONENTS", "FOLDERS", "RELATION_ENDS", "WEIGHT_RELATIONS", "AnyRecipe", "Asset", "Benchmark", "Dataset",
    "DatasetRecipe", "Disagreement", "Duty", "Edge", "Entry", "FileCodec", "Hardware", "License", "LicenseClaim",
    "MakingStep", "Manifest", "Model", "Policy", "Portion", "Recipe", "RecipeData", "RecipeStage", "Result",
    "Service", "Software", "Source", "StagedRecipe", "Step", "Strict", "Switches", "Template", "Tokenize", "Training",
    "Use", "UseTerm",
]  # fmt: skip
