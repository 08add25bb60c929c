"""Add single files to the wheel, besides the folders that pyproject.toml lists."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SingleFiles(BuildHookInterface):  # pyright: ignore[reportMissingTypeArgument] of any configuration
    """Map single files into the wheel.

    `sources` in pyproject.toml maps only folders, and `force-include` would also copy the files into the environment of
    an editable installation.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map the files, unless the installation is editable: then the checkout is used."""
        if version != "editable":
            build_data["force_include"] |= {
                "prefect.yaml": "essaim/prefect.yaml",
                "essaim/essaim.pth": "essaim.pth",
            }
