"""What views and columns mean, as the dbt project says it: for exports and for the pages of the dictionary."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from schemas.package_data import project_path

MODELS = project_path("dbt_project", "models")
LAYERS = ("analytics", "marts")
"""The schemas that analysts read, in the order in which they look."""

REASON_COLUMNS = {
    "value_number": "missing_reason",
    "value": "missing_reason",
    "printed_value": "printed_missing_reason",
    "held_value": "held_missing_reason",
    "entered_work": "entered_work_missing_reason",
    "in_training": "in_training_missing_reason",
}
"""The number, or yes or no, that is missing, and the column beside it that says why."""


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
    """A column of a view: dbt's type, what it means, and its values where they are few.

    `reason_column` is the one beside it that says why a number, a choice, or a yes or no is missing, if one does.
    """

    name: str
    data_type: str
    meaning: Described
    values: tuple[str, ...] = ()
    is_never_null: bool = False
    reason_column: str | None = None


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
    sound = next(test["sound"] for test in model["data_tests"] if "sound" in test)
    names = {column["name"] for column in model["columns"]}
    return View(
        schema=schema,
        name=model["name"],
        meaning=_described(model),
        grain=tuple(sound["arguments"]["grain"]),
        columns=tuple(_column(column, names) for column in model["columns"]),
    )


def _column(column: dict[str, Any], beside: set[str]) -> ViewColumn:
    reason = REASON_COLUMNS.get(column["name"])
    return ViewColumn(
        name=column["name"],
        data_type=column["data_type"],
        meaning=_described(column),
        values=tuple(_meta(column).get("values", ())),
        is_never_null={"type": "not_null"} in column.get("constraints", []),
        reason_column=reason if reason in beside else None,
    )


def _described(node: dict[str, Any]) -> Described:
    return Described(fr=_meta(node).get("fr", ""), en=node["description"])


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return node.get("config", {}).get("meta", {})
