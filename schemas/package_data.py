"""Find the files that are installed with the code: templates, catalogues, the dbt project, the example programme.

A wheel is laid out like the repository, so that a file has the same place beside the packages in both.
"""

from importlib.resources import files
from pathlib import Path

from schemas.errors import DiskError


def package_path(package: str, *parts: str) -> Path:
    """Return the path of a file or folder inside a package.

    Raises:
        DiskError: Essaim was imported from an archive. dbt needs a folder, and so does the example programme.
    """
    found = files(package)
    if not isinstance(found, Path):
        raise DiskError(
            f"The package {package} was imported from {found}, which is not a folder. "
            "Install Essaim with pip, pipx or uv, which unpack it (docs/operating.md)."
        )
    return found.joinpath(*parts)


def project_path(*parts: str) -> Path:
    """Return the path of a file or folder beside the packages: `dbt_project`, `examples`, `prefect.yaml`.

    It may be read-only: nothing is written there by a run.

    Raises:
        DiskError: Essaim was imported from an archive.
    """
    return package_path("schemas").parent.joinpath(*parts)
