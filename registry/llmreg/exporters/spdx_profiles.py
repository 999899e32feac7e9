"""What the AI and the Dataset profile of SPDX 3.0.1 want of a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIRED = {
    "ai_AIPackage": (
        "releaseTime", "suppliedBy", "software_downloadLocation", "software_packageVersion", "software_primaryPurpose",
    ),
    "dataset_DatasetPackage": (
        "builtTime", "originatedBy", "releaseTime", "software_downloadLocation", "software_primaryPurpose",
        "dataset_datasetType",
    ),
}  # fmt: skip
"""What the AI and the Dataset profile want of a package (SPDX 3.0.1, classes AIPackage and DatasetPackage)."""
PROFILES = {"ai_AIPackage": "ai", "dataset_DatasetPackage": "dataset"}
"""The profile that each class of package belongs to."""


def lacks(package: dict[str, Any]) -> Iterator[str]:
    """Give what the package's profile wants and the package has not, as `profile property`."""
    for name in REQUIRED.get(package["type"], ()):
        if not package.get(name):
            yield f"{PROFILES[package['type']]} {name}"
