"""Write what a reader of a package opens first: README.md, and starters in Python and R."""

import json
from pathlib import Path
from typing import Any

from schemas.package_data import package_path
from tasks.i18n import page_environment
from tasks.packaging.codebook import sentences_about
from tasks.packaging.contents import Contents

_TEMPLATES = package_path("tasks", "packaging", "templates")
_CELL, _WORDS = "# %%\n", "# %% [markdown]\n"
"""What begins a cell of code, and a cell of words, in the template of the notebook."""


def write_starters(contents: Contents, refused: dict[str, str], folder: Path) -> None:
    """Write README.md, `notebooks/start.ipynb` and `notebooks/start.R` in the language of the package.

    Args:
        contents: What the package holds.
        refused: Files that a format could not hold, each with the reason.
        folder: The folder of the package.
    """
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    values = {"contents": contents, "sentences": sentences_about(contents), "refused": refused}
    _write(folder / "README.md", _rendered("README.md.jinja", contents.locale, values))
    _write(notebooks / "start.R", _rendered("start.R.jinja", contents.locale, values))
    cells = _cells(_rendered("start.py.jinja", contents.locale, values))
    _write(notebooks / "start.ipynb", json.dumps(_notebook(cells), ensure_ascii=False, indent=1) + "\n")


def _rendered(template: str, locale: str, values: dict[str, Any]) -> str:
    # The texts are no HTML: nothing is escaped.
    return page_environment(_TEMPLATES, locale).overlay(autoescape=False).get_template(template).render(values)


def _cells(text: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = []
    for number, part in enumerate(
        text.replace(_WORDS, f"\0{_WORDS}").replace(f"\n{_CELL}", f"\n\0{_CELL}").split("\0")
    ):
        if part.startswith(_WORDS):
            words = [
                line.removeprefix("#").removeprefix(" ")
                for line in part.removeprefix(_WORDS).strip().splitlines(keepends=True)
            ]
            cells.append({"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": words})
        elif part.startswith(_CELL):
            code = part.removeprefix(_CELL).strip().splitlines(keepends=True)
            unrun: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
            cells.append({"cell_type": "code", "id": f"cell-{number}", **unrun, "source": code})
    return cells


def _notebook(cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
