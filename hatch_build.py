"""Adds the single files of a wheel to the folders that pyproject.toml lists."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SingleFiles(BuildHookInterface):  # pyright: ignore[reportMissingTypeArgument] of any configuration
    """Map single files into the wheel.

    `sources` in pyproject.toml maps folders only, and `force-include` would copy the files into the environment of a
    checkout too.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map the files, unless the installation is an editable one: that one uses the checkout."""
        if version != "editable":
            build_data["force_include"] |= {
                "prefect.yaml": "essaim/prefect.yaml",
                "essaim/essaim.pth": "essaim.pth",
            }
