"""Locate the files that are installed with the code: templates, catalogues, the dbt project, the example programme.

A wheel is laid out like the repository: each file has the same place beside the packages in both.
"""

from importlib.resources import files
from pathlib import Path

from schemas.errors import DiskError


def package_path(package: str, *parts: str) -> Path:
    """Return the path of a file or folder inside a package.

    Raises:
        DiskError: Essaim was imported from an archive. dbt and the example programme need a folder.
    """
    folder = files(package)
    if not isinstance(folder, Path):
        raise DiskError(
            f"The package {package} was imported from {folder}. Expected a folder. "
            "Install Essaim with pip, pipx or uv, which unpack it (docs/operating.md)."
        )
    return folder.joinpath(*parts)


def project_path(*parts: str) -> Path:
    """Return the path of a file or folder beside the packages: `dbt_project`, `examples`, `prefect.yaml`.

    The path may be read-only: runs must not write there.

    Raises:
        DiskError: Essaim was imported from an archive.
    """
    return package_path("schemas").parent.joinpath(*parts)
