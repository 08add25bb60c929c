"""Copy the reference programme, edit its files, and read the mistakes in them."""

import shutil
from pathlib import Path

import pytest

from schemas.errors import Mistake, ProgrammeError
from tasks.programme import read_programme

REFERENCE = Path(__file__).parents[1] / "examples" / "ais_emploi"
FILES = ("programme.yaml", "structures.csv", "codebook.csv", "crosswalk.csv", "recodes.csv")


def copied(folder: Path) -> Path:
    """Copy the reference programme into a folder, and return it."""
    for name in FILES:
        shutil.copy(REFERENCE / name, folder / name)
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> int:
    """Replace a text that occurs once in a file, and return the line on which it starts."""
    text = (folder / name).read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    (folder / name).write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def mistakes_of(folder: Path) -> list[Mistake]:
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    return error.value.mistakes
