"""What views and columns mean, as the dbt project says it: for exports and for the pages of the dictionary."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MODELS = Path(__file__).parent.parent / "dbt_project" / "models"
LAYERS = ("analytics", "marts")
"""The schemas that analysts read, in the order in which they look."""


@dataclass(frozen=True, slots=True)
class Described:
    """A meaning in both languages."""

    fr: str
    en: str

    def said(self, locale: str) -> str:
        """The meaning in `fr` or `en`."""
        return self.fr if locale == "fr" else self.en


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view: dbt's type, what it means, and its values where they are few."""

    name: str
    data_type: str
    meaning: Described
    values: tuple[str, ...]
    is_never_null: bool


@dataclass(frozen=True, slots=True)
class View:
    """A view of `analytics` or a table of `marts`. `grain` names the columns that make a row unique."""

    schema: str
    name: str
    meaning: Described
    grain: tuple[str, ...]
    columns: tuple[ViewColumn, ...]


@cache
def views() -> dict[str, View]:
    """Every view and table that analysts read, by name, in the order of the project's files."""
    found: dict[str, View] = {}
    for schema in LAYERS:
        for path in sorted((MODELS / schema).glob("_*__models.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                found[model["name"]] = _view(schema, model)
    return found


def _view(schema: str, model: dict[str, Any]) -> View:
    (test,) = model["data_tests"]
    return View(
        schema=schema,
        name=model["name"],
        meaning=_described(model),
        grain=tuple(test["sound"]["arguments"]["grain"]),
        columns=tuple(map(_column, model["columns"])),
    )


def _column(column: dict[str, Any]) -> ViewColumn:
    return ViewColumn(
        name=column["name"],
        data_type=column["data_type"],
        meaning=_described(column),
        values=tuple(_meta(column).get("values", ())),
        is_never_null={"type": "not_null"} in column.get("constraints", []),
    )


def _described(node: dict[str, Any]) -> Described:
    return Described(fr=_meta(node).get("fr", ""), en=node["description"])


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return node.get("config", {}).get("meta", {})
